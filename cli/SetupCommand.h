// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cli/BuildElsewhere.h>
#include <cli/Command.h>
#include <cli/ProgressLine.h>
#include <cli/ServiceFlags.h>
#include <cli/Signals.h>
#include <isol8/builder/ImageBuilds.h>
#include <isol8/image/ImageSetup.h>

#include <QElapsedTimer>
#include <QJsonArray>

#include <memory>

namespace isol8::cli {

//! `isol8 setup`: a check-up of Docker, then the images that are missing or stale, then those that the configuration
//! wants built. Or a service's images, made by it.
class SetupCommand : public Command
{
    Q_OBJECT

public:
    CLI::App *setUp(CLI::App &root) override;
    void run(const CommandContext &context) override;

private:
    void setUpElsewhere(const remote::ServiceEndpoint &service);
    void showChecks(const QList<CheckItem> &items);
    void showProgress(const QString &image, const QString &sentence, int percent);
    void showReady(const ImageState &state, bool built);
    void buildOthers();
    void showBuilt(const CustomImage &image, bool built);
    void end(const Error &error);
    void say(const QString &line) { m_line.say(line); }

    CLI::Option *m_runtimes = nullptr;
    CLI::Option *m_force = nullptr;
    CLI::Option *m_json = nullptr;
    ServiceFlags m_service;

    std::unique_ptr<docker::Client> m_client;
    std::unique_ptr<ImageSetup> m_setup;
    std::unique_ptr<ImageBuilds> m_builds;
    std::unique_ptr<BuildElsewhere> m_elsewhere; //!< instead of all these
    std::unique_ptr<Signals> m_signals;
    QList<CustomRecipe> m_recipes; //!< the configuration's prebuiltImages
    RuntimeRegistry m_registry;
    ProgressLine m_line;
    QElapsedTimer m_since; //!< of the image under way
    QString m_image;
    QJsonArray m_checks;
    QJsonArray m_images;
    bool m_debug = false;
    int m_built = 0;
};

} // namespace isol8::cli
