// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cli/BuildElsewhere.h>
#include <cli/Command.h>
#include <cli/ProgressLine.h>
#include <cli/ServiceFlags.h>
#include <cli/Signals.h>
#include <isol8/builder/ImageBuild.h>

#include <QElapsedTimer>

#include <memory>

namespace isol8::cli {

//! `isol8 build`: a custom image of a runtime with packages and a setup script, here or at a service.
class BuildCommand : public Command
{
    Q_OBJECT

public:
    CLI::App *setUp(CLI::App &root) override;
    void run(const CommandContext &context) override;

private:
    [[nodiscard]] Result<void> begin(const CommandContext &context);
    [[nodiscard]] Result<void> buildHere(const CommandContext &context, const QString &script);
    void buildElsewhere(const remote::ServiceEndpoint &service, const QString &script);
    template<class Build> void follow(Build *build);
    void end(const Error &error);
    void report(bool built, qint64 size, QJsonObject image);
    [[nodiscard]] QString baseName() const { return given(m_base) ? text(m_base) : QStringLiteral("bash"); }

    ServiceFlags m_service;
    CLI::Option *m_base = nullptr;
    CLI::Option *m_install = nullptr;
    CLI::Option *m_apt = nullptr;
    CLI::Option *m_setup = nullptr;
    CLI::Option *m_tag = nullptr;
    CLI::Option *m_force = nullptr;
    CLI::Option *m_json = nullptr;

    std::unique_ptr<docker::Client> m_client;
    std::unique_ptr<ImageBuild> m_build;
    std::unique_ptr<BuildElsewhere> m_elsewhere;
    std::unique_ptr<Signals> m_signals;
    ProgressLine m_line;
    QElapsedTimer m_since;
    QString m_name;
    bool m_debug = false;
};

} // namespace isol8::cli
