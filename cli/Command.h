// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QString>
#include <QStringList>

#include <CLI/CLI.hpp>

namespace isol8::cli {

//! What every command is told when it runs.
struct CommandContext
{
    QString configPath;           //!< --config; empty: not given
    bool debug = false;           //!< --debug
    QStringList programArguments; //!< of a command that takes them
};

/*!
    A command of isol8: a file of its own, listed in main.cpp. It lives in three steps.

    1. setUp() adds its CLI11 subcommand to the root, with its flags bound to members and its examples in the footer.
   This happens at every start, also for --help, and before there is a QCoreApplication: no work, no QObject that needs
   an event loop. value() and flag() of this header are how flags are added, so that all behave alike.
    2. After the command line has been read, run() is called from the event loop when the command was chosen. It may
   return at once and go on by signals.
    3. finished() with the exit code ends the program. Sentences for people go to stderr before that, by Terminal.h.
*/
class Command : public QObject
{
    Q_OBJECT

public:
    using QObject::QObject;

    virtual CLI::App *setUp(CLI::App &root) = 0;
    virtual void run(const CommandContext &context) = 0;

    //! Whether "--" and what follows it, and what follows the first argument, are a program's arguments and not the
    //! command's.
    [[nodiscard]] virtual bool takesProgramArguments() const { return false; }
    //! Whether everything behind this first positional argument belongs to the program, flags and all.
    [[nodiscard]] virtual bool ownsTheRest(const QString &positional) const
    {
        Q_UNUSED(positional)
        return false;
    }

Q_SIGNALS:
    void finished(int exitCode);
};

enum class Times {
    Once,
    Many, //!< a value each time
    Lists //!< several values each time, up to the next flag
};

/*!
    A flag with a value: \a names as CLI11 wants them ("-r,--runtime"). \a type is what help shows; "a|b|c" are choices
   and FILE and DIR paths, for completion, too. Read it by text() or texts(): as written, with none of CLI11's
   conversions.
*/
inline CLI::Option *value(CLI::App *app, const std::string &names, const std::string &type,
                          const std::string &description, Times times = Times::Once)
{
    CLI::Option *option = app->add_option_function<std::vector<std::string>>(
        names, [](const std::vector<std::string> &) {}, description);
    option->type_name(type)->expected(1)->allow_extra_args(false);
    if (times == Times::Lists)
        option->expected(1, 4096)->allow_extra_args(true);
    if (times != Times::Once)
        option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    return option;
}

inline CLI::Option *flag(CLI::App *app, const std::string &names, const std::string &description)
{
    return app->add_flag(names, description);
}

[[nodiscard]] inline bool given(const CLI::Option *option)
{
    return option && option->count() > 0; // null: the command has no such flag
}
[[nodiscard]] inline QByteArray bytes(const CLI::Option *option)
{
    return given(option) ? QByteArray::fromStdString(option->results().back()) : QByteArray();
}
[[nodiscard]] inline QString text(const CLI::Option *option)
{
    return QString::fromLocal8Bit(bytes(option));
}
[[nodiscard]] inline QStringList texts(const CLI::Option *option)
{
    QStringList list;
    for (const std::string &result : given(option) ? option->results() : std::vector<std::string>())
        list.append(QString::fromLocal8Bit(result));
    return list;
}

} // namespace isol8::cli
