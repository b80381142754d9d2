// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cli/Command.h>
#include <cli/ServiceFlags.h>
#include <cli/SessionFilesCommand.h>
#include <cli/SessionSnapshotsCommand.h>
#include <isol8/execution/Engine.h>

#include <functional>
#include <memory>

namespace isol8::cli {

//! `isol8 session …`: the sessions of a service elsewhere, or of the background engine. Never starts one: where none
//! runs there are no sessions.
class SessionCommand : public Command
{
    Q_OBJECT

public:
    using Command::Command;

    CLI::App *setUp(CLI::App &root) override;
    void run(const CommandContext &context) override;

private:
    void connectThen(const CommandContext &context, std::function<void()> next);
    void list();
    void stop();
    void setPaused(const QString &id, bool paused);
    void fail(const Error &error);

    ServiceFlags m_service;
    CLI::App *m_list = nullptr, *m_stop = nullptr, *m_pause = nullptr, *m_resume = nullptr;
    CLI::Option *m_json = nullptr, *m_all = nullptr;
    CLI::Option *m_stopNames = nullptr, *m_pauseName = nullptr, *m_resumeName = nullptr;
    SessionFilesCommand m_filesCommand;
    SessionSnapshotsCommand m_snapshotsCommand;
    std::unique_ptr<Engine> m_engine;
    QStringList m_left; //!< to be stopped
    int m_exitCode = 0;
};

} // namespace isol8::cli
