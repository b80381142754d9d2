// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cli/Command.h>

namespace isol8::cli {

//! `isol8 logout`: forgets the keys that `isol8 login` has kept.
class LogoutCommand : public Command
{
    Q_OBJECT

public:
    using Command::Command;

    CLI::App *setUp(CLI::App &root) override;
    void run(const CommandContext &context) override;

private:
    CLI::Option *m_host = nullptr;
};

} // namespace isol8::cli
