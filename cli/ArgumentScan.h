// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cli/Command.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace isol8::cli {

/*!
    A first look at the command line, before CLI11 reads it: it finds the command, takes the program's own arguments
   away, and finds the words for what is wrong (CLI11's are not made for people). Pure but for what \a commandOf's
   Command does.
*/
struct ArgumentScan
{
    std::vector<std::string> own;  //!< for CLI11, in order
    QStringList programArguments;  //!< behind "--", behind the first argument, or all behind a script that owns them
    const CLI::App *app = nullptr; //!< the innermost command that was named
    bool wantsHelp = false;
    QString problem; //!< a sentence; empty: none was found
};

//! \a commandOf gives the Command that set up an innermost app, or null.
[[nodiscard]] ArgumentScan scanArguments(const CLI::App &root, const std::vector<std::string> &arguments,
                                         const std::function<const Command *(const CLI::App *)> &commandOf);

//! "isol8 config check": how an app is called.
[[nodiscard]] QString fullName(const CLI::App *app);

} // namespace isol8::cli
