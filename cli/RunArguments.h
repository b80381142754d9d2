// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cli/Command.h>
#include <cli/ServiceFlags.h>
#include <isol8/execution/RunRequest.h>
#include <isol8/runtime/Runtime.h>

#include <QProcessEnvironment>

#include <functional>

namespace isol8::cli {

//! What `isol8 run` was told, read and checked.
struct RunArguments
{
    RunRequest request;
    RunOptions options;
    bool stream = true;        //!< output as it comes; off: all at the end
    QString outFile;           //!< stdout goes there; empty: to stdout
    QStringList getPaths;      //!< files of the sandbox to bring here; in request.outputPaths, too
    bool json = false;         //!< print the result as JSON
    bool interactive = false;  //!< stdin goes to the program as it comes: with -i, and what is typed into -t
    bool terminal = false;     //!< the program gets a terminal
    bool namedSession = false; //!< --session-id
    QString recordFile;        //!< what happened is written there; empty: nowhere
    QStringList notes;         //!< to tell on stderr: what --files left out
};

//! What reading the flags of `run` needs from around it.
struct RunSurroundings
{
    const RuntimeRegistry *registry = nullptr;
    QProcessEnvironment environment;
    //! stdin to its end; called at most once. \a waitingFor says for what, for a person at a terminal: "a python
    //! program".
    std::function<Result<QByteArray>(qint64 limit, const QString &waitingFor)> readStdin;
    bool stdinIsTerminal = false;
    bool isElsewhere = false; //!< it is to run at a service
};

/*!
    The flags of `isol8 run`, and of `isol8 shell`, which has those of them that make sense there. setUp() adds the
    subcommand; after the command line has been read, read() makes of it what
   the engine wants. An error's code tells wrong usage from a failure (exitCodeFor()).
*/
class RunFlags
{
public:
    CLI::App *setUp(CLI::App &root);
    CLI::App *setUpShell(CLI::App &root);
    [[nodiscard]] Result<RunArguments> read(const QStringList &programArguments,
                                            const RunSurroundings &surroundings) const;

    [[nodiscard]] const ServiceFlags &service() const { return m_service; }
    //! As it was written.
    [[nodiscard]] QString runtimeName() const { return text(m_runtime); }

private:
    [[nodiscard]] Result<void> readProgram(const QStringList &programArguments, const RunSurroundings &surroundings,
                                           RunArguments *arguments) const;
    //! The program of `shell`, and that of `run -t` with nothing else to run.
    [[nodiscard]] Result<void> readShell(const QStringList &command, const RunSurroundings &surroundings,
                                         RunArguments *arguments) const;
    [[nodiscard]] Result<void> readRepl(const Runtime &runtime, RunArguments *arguments) const;
    [[nodiscard]] bool isRuntimeOpen() const;
    void readTerminal(const RunSurroundings &surroundings, RunArguments *arguments) const;
    //! The sources that are given, "--eval" and the like; the file is not among them.
    [[nodiscard]] QStringList givenSources() const;
    [[nodiscard]] Result<void> readUrl(const RunSurroundings &surroundings, RunRequest *request) const;
    [[nodiscard]] Result<void> readInputs(const RunSurroundings &surroundings, RunArguments *arguments) const;
    [[nodiscard]] Result<void> readLimits(RunOptions *options) const;
    [[nodiscard]] Result<void> checkElsewhere() const;
    void addSourceFlags(CLI::App *app);
    void addInputFlags(CLI::App *app);
    void addSessionFlags(CLI::App *app);
    void addSandboxFlags(CLI::App *app);
    void addOutputFlags(CLI::App *app);

    bool m_isShell = false;
    ServiceFlags m_service;
    CLI::Option *m_file = nullptr, *m_eval = nullptr, *m_cmd = nullptr, *m_runtime = nullptr;
    CLI::Option *m_url = nullptr, *m_github = nullptr, *m_gist = nullptr, *m_hash = nullptr, *m_insecure = nullptr;
    CLI::Option *m_stdin = nullptr, *m_workdir = nullptr, *m_env = nullptr, *m_secret = nullptr, *m_files = nullptr,
                *m_agentFlags = nullptr;
    CLI::Option *m_interactive = nullptr, *m_terminal = nullptr;
    CLI::Option *m_install = nullptr, *m_setup = nullptr;
    CLI::Option *m_allow = nullptr, *m_deny = nullptr, *m_logNetwork = nullptr;
    CLI::Option *m_net = nullptr, *m_timeout = nullptr, *m_memory = nullptr, *m_cpu = nullptr, *m_pids = nullptr,
                *m_sandboxSize = nullptr, *m_tmpSize = nullptr;
    CLI::Option *m_image = nullptr, *m_isolation = nullptr, *m_persist = nullptr, *m_persistent = nullptr,
                *m_sessionId = nullptr, *m_results = nullptr, *m_fromSnapshot = nullptr;
    CLI::Option *m_maxOutput = nullptr, *m_noStream = nullptr, *m_json = nullptr, *m_out = nullptr, *m_get = nullptr;
    CLI::Option *m_record = nullptr;
};

} // namespace isol8::cli
