// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cli/RunArguments.h>

#include <memory>

namespace isol8 {
class LocalEngine;
}

namespace isol8::cli {

//! `isol8 run`: a program in a sandbox of its own, its output here, its exit code ours.
class RunCommand : public Command
{
    Q_OBJECT

public:
    RunCommand();
    ~RunCommand() override;

    CLI::App *setUp(CLI::App &root) override { return m_flags.setUp(root); }
    void run(const CommandContext &context) override;
    [[nodiscard]] bool takesProgramArguments() const override { return true; }
    [[nodiscard]] bool ownsTheRest(const QString &positional) const override;
    [[nodiscard]] QString explainFlag(const QString &flag) const override { return RunFlags::explainFlag(flag); }

private:
    [[nodiscard]] Result<void> begin(const CommandContext &context);

    RunFlags m_flags;
    std::unique_ptr<LocalEngine> m_engine;
};

} // namespace isol8::cli
