// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cli/Command.h>
#include <isol8/image/CustomImage.h>

#include <QJsonObject>

#include <memory>

namespace isol8::cli {

//! What --json says of a custom image.
[[nodiscard]] QJsonObject imageObject(const CustomImage &image, const QString &tag);

//! `isol8 list-custom`: the images that `isol8 build` has made.
class ListCustomCommand : public Command
{
    Q_OBJECT

public:
    CLI::App *setUp(CLI::App &root) override;
    void run(const CommandContext &context) override;

private:
    void show(const QList<CustomImage> &images);

    CLI::Option *m_json = nullptr;
    std::unique_ptr<docker::Client> m_client;
};

} // namespace isol8::cli
