// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cli/Command.h>
#include <cli/ServiceFlags.h>
#include <isol8/docker/Client.h>
#include <isol8/execution/LocalEngine.h>
#include <isol8/image/CheckUp.h>

#include <QJsonArray>

#include <memory>

namespace isol8::cli {

class IsolationDoctor;
class ServiceDoctor;

/*!
    `isol8 doctor`: looks at everything a run stands on, one thing after the other, and says how to mend what is wrong:
    the configuration, Docker, the images, and at last a real sandbox, whose walls are checked from inside. 0 when runs
    work, 1 when they will not. With --isolation: IsolationDoctor; with --host: ServiceDoctor.
*/
class DoctorCommand : public Command
{
    Q_OBJECT

public:
    DoctorCommand();
    ~DoctorCommand() override;

    CLI::App *setUp(CLI::App &root) override;
    void run(const CommandContext &context) override;

private:
    [[nodiscard]] bool isWrongUsage(bool elsewhere);
    void checkDaemon();
    void checkImages();
    void checkSandbox(const QString &runtime);
    void sandboxEnded(const RunResult &result);
    void report(const CheckItem &item);
    void end();

    CLI::Option *m_json = nullptr;
    CLI::Option *m_isolation = nullptr;
    CLI::Option *m_walls = nullptr;
    ServiceFlags m_service;
    std::unique_ptr<IsolationDoctor> m_isolationDoctor;
    std::unique_ptr<ServiceDoctor> m_serviceDoctor;
    std::unique_ptr<docker::Client> m_client;
    std::unique_ptr<LocalEngine> m_engine;
    Config m_config;
    QJsonArray m_items;
    bool m_problem = false;
};

} // namespace isol8::cli
