// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cli/Command.h>
#include <cli/RunRecord.h>
#include <cli/ServiceFlags.h>
#include <isol8/docker/Client.h>
#include <isol8/execution/Engine.h>
#include <isol8/remote/ServiceClient.h>

#include <memory>

namespace isol8::cli {

/*!
    `isol8 replay FILE`: runs what `isol8 run --record FILE` wrote down again, here or at a service, and says what
   differs. 0: nothing; 1: something; 125: it could not be run; 2: the file is no record, or asks for what a file may
   not decide.
*/
class ReplayCommand : public Command
{
    Q_OBJECT

public:
    using Command::Command;

    CLI::App *setUp(CLI::App &root) override;
    void run(const CommandContext &context) override;

private:
    [[nodiscard]] Result<void> begin(const CommandContext &context);
    [[nodiscard]] Result<void> readSecrets();
    void compareImage();
    void compareImageThere();
    void imageFound(const QString &id);
    void execute();
    void ended(const RunResult &result);
    void end(const Error &error);

    CLI::Option *m_file = nullptr;
    CLI::Option *m_secret = nullptr;
    CLI::Option *m_asRecorded = nullptr;
    CLI::Option *m_json = nullptr;
    ServiceFlags m_service;
    RunRecord m_record;
    QStringList m_differences;
    bool m_imageCompared = true;
    std::unique_ptr<docker::Client> m_client;           //!< of this machine
    std::unique_ptr<remote::ServiceClient> m_elsewhere; //!< instead
    std::unique_ptr<Engine> m_engine;
};

} // namespace isol8::cli
