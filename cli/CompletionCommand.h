// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cli/Command.h>

namespace isol8::cli {

//! `isol8 completion SHELL`: a script that completes isol8's commands and flags.
class CompletionCommand : public Command
{
    Q_OBJECT

public:
    CLI::App *setUp(CLI::App &root) override;
    void run(const CommandContext &context) override;

private:
    const CLI::App *m_root = nullptr;
    CLI::Option *m_shell = nullptr;
};

} // namespace isol8::cli
