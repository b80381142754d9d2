// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cli/Command.h>
#include <cli/ServiceFlags.h>
#include <isol8/image/CustomImage.h>
#include <isol8/remote/ServiceClient.h>

#include <QJsonObject>

#include <memory>

namespace isol8::cli {

//! What --json says of a custom image.
[[nodiscard]] QJsonObject imageObject(const CustomImage &image, const QString &tag);

//! `isol8 list-custom`: the images that `isol8 build` has made, here or at a service.
class ListCustomCommand : public Command
{
    Q_OBJECT

public:
    CLI::App *setUp(CLI::App &root) override;
    void run(const CommandContext &context) override;

private:
    [[nodiscard]] Result<void> begin();
    void end(const Error &error);
    void show(const QList<CustomImage> &images);

    ServiceFlags m_service;
    CLI::Option *m_json = nullptr;
    std::unique_ptr<docker::Client> m_client;
    std::unique_ptr<remote::ServiceClient> m_elsewhere; //!< instead
};

} // namespace isol8::cli
