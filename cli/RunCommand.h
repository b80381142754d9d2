// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cli/RunArguments.h>
#include <isol8/audit/Auditor.h>

#include <functional>
#include <memory>

namespace isol8 {
class Engine;
}

namespace isol8::cli {

class BackgroundStart;
class OutputFile;
class RunRecorder;
struct RunDisplay;

//! `isol8 run`: a program in a sandbox of its own, its output here, its exit code ours. And `isol8 shell`, where that
//! is a shell.
class RunCommand : public Command
{
    Q_OBJECT

public:
    enum class Kind { Run, Shell };
    explicit RunCommand(Kind kind = Kind::Run);
    ~RunCommand() override;

    CLI::App *setUp(CLI::App &root) override
    {
        return m_kind == Kind::Shell ? m_flags.setUpShell(root) : m_flags.setUp(root);
    }
    void run(const CommandContext &context) override;
    [[nodiscard]] bool takesProgramArguments() const override { return true; }
    [[nodiscard]] bool ownsTheRest(const QString &positional) const override;

private:
    [[nodiscard]] Result<void> begin(const CommandContext &context);
    void start(Engine *engine, const RunArguments &arguments, const RunDisplay &display, bool background);
    [[nodiscard]] Result<void> makeLocal();
    void audited(Run *run, const RunRequest &request, const RunOptions &options);

    Kind m_kind;
    RunFlags m_flags;
    std::function<std::unique_ptr<Engine>()> m_local; //!< an engine without the background engine
    std::unique_ptr<Engine> m_engine;
    BackgroundStart *m_start = nullptr;
    std::shared_ptr<Engine> m_sessions; //!< the background engine, which has them
    std::unique_ptr<OutputFile> m_outFile;
    std::unique_ptr<audit::Auditor> m_auditor; //!< null: no records are kept
    std::unique_ptr<RunRecorder> m_recorder;
};

} // namespace isol8::cli
