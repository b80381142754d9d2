// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cli/Command.h>

#include <memory>
#include <variant>
#include <vector>

namespace isol8::cli {

/*!
    The whole command line of isol8: the root with its global flags, and the commands. Help, version and wrong usage are
   answered here, without an event loop.
*/
class CommandLine
{
public:
    explicit CommandLine(std::vector<std::unique_ptr<Command>> commands);

    struct Chosen
    {
        Command *command;
        CommandContext context;
    };
    //! What to run, or the exit code where everything has been said.
    [[nodiscard]] std::variant<Chosen, int> parse(const std::vector<std::string> &arguments);

    [[nodiscard]] const CLI::App &root() const { return m_root; }

private:
    [[nodiscard]] const Command *commandOf(const CLI::App *app) const;
    int wrongUsage(const QString &sentence, const CLI::App *app) const;

    CLI::App m_root;
    CLI::Option *m_config;
    CLI::Option *m_debug;
    CLI::Option *m_version;
    std::vector<std::unique_ptr<Command>> m_commands;
    std::vector<const CLI::App *> m_apps; //!< of each command
};

//! Turns isol8's own log messages on (to stderr) or off.
void setUpLogging(bool debug);

} // namespace isol8::cli
