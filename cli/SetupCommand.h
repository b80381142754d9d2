// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cli/Command.h>
#include <cli/Signals.h>
#include <isol8/image/ImageSetup.h>

#include <QElapsedTimer>
#include <QJsonArray>

#include <memory>

namespace isol8::cli {

//! `isol8 setup`: a check-up of Docker, then the images that are missing or stale.
class SetupCommand : public Command
{
    Q_OBJECT

public:
    CLI::App *setUp(CLI::App &root) override;
    void run(const CommandContext &context) override;

private:
    void showChecks(const QList<CheckItem> &items);
    void showProgress(const QString &image, const QString &sentence, int percent);
    void showReady(const ImageState &state, bool built);
    void end(const Error &error);
    void say(const QString &line);

    CLI::Option *m_runtimes = nullptr;
    CLI::Option *m_force = nullptr;
    CLI::Option *m_json = nullptr;

    std::unique_ptr<docker::Client> m_client;
    std::unique_ptr<ImageSetup> m_setup;
    std::unique_ptr<Signals> m_signals;
    QElapsedTimer m_since; //!< of the image under way
    QString m_image;
    QString m_sentence;
    QJsonArray m_checks;
    QJsonArray m_images;
    bool m_debug = false;
    bool m_line = false; //!< a line of progress stands on the terminal, without its end
    int m_built = 0;
};

} // namespace isol8::cli
