// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>
#include <QStringList>

#include <CLI/CLI.hpp>

namespace isol8::cli {

//! What completion needs to know of a command line; made from CLI11's own tree, so that it is never stale.
struct CommandTree
{
    struct Flag
    {
        QStringList names; //!< "-r", "--runtime"
        QString description;
        bool takesValue = false;
        QStringList choices; //!< of the value
        bool isFile = false;
        bool isFolder = false;
    };

    QString name; //!< "check"
    QString path; //!< "config check"; empty: the root
    QString description;
    QList<Flag> flags;      //!< its own and those of the commands around it
    QStringList choices;    //!< of its first argument
    bool takesFile = false; //!< as an argument
    QList<CommandTree> commands;
};

[[nodiscard]] CommandTree describe(const CLI::App &root);

[[nodiscard]] QString bashCompletion(const CommandTree &root);
[[nodiscard]] QString zshCompletion(const CommandTree &root);
[[nodiscard]] QString fishCompletion(const CommandTree &root);

} // namespace isol8::cli
