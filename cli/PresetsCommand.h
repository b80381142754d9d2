// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cli/Command.h>

namespace isol8::cli {

//! `isol8 presets`: the names that stand for well-known hosts in --allow and --deny.
class PresetsCommand : public Command
{
    Q_OBJECT

public:
    CLI::App *setUp(CLI::App &root) override;
    void run(const CommandContext &context) override;

private:
    CLI::Option *m_json = nullptr;
};

} // namespace isol8::cli
