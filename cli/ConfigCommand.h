// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cli/Command.h>

namespace isol8::cli {

//! `isol8 config`: what is configured and where from; `config check`; `config schema`.
class ConfigCommand : public Command
{
    Q_OBJECT

public:
    CLI::App *setUp(CLI::App &root) override;
    void run(const CommandContext &context) override;

private:
    int show(const QString &configPath) const;
    int check(const QString &configPath) const;

    CLI::App *m_check = nullptr;
    CLI::App *m_schema = nullptr;
    CLI::Option *m_json = nullptr;
    CLI::Option *m_origins = nullptr;
    CLI::Option *m_file = nullptr;
};

} // namespace isol8::cli
