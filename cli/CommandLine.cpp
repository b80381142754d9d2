// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/CommandLine.h>

#include <cli/ArgumentScan.h>
#include <cli/ExitCodes.h>
#include <cli/Terminal.h>

#include <QLoggingCategory>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::cli {

namespace {

void setUpHelp(CLI::App *app)
{
    app->set_help_flag("-h,--help", "Show this help");
    app->get_formatter()->column_width(28);
    for (CLI::App *sub : app->get_subcommands([](CLI::App *) { return true; })) {
        sub->fallthrough();
        setUpHelp(sub);
    }
}

// "\xff.py", at most 64 bytes of it.
QString escaped(const std::string &text)
{
    QString shown;
    for (const char c : text.substr(0, 64)) {
        if (c >= ' ' && c <= '~')
            shown += QLatin1Char(c);
        else
            shown += u"\\x%1"_s.arg(uint(static_cast<unsigned char>(c)), 2, 16, QLatin1Char('0'));
    }
    return shown;
}

} // namespace

CommandLine::CommandLine(std::vector<std::unique_ptr<Command>> commands)
    : m_root("Runs code that nobody trusts, in Docker containers that leave nothing behind.", "isol8")
    , m_commands(std::move(commands))
{
    m_root.option_defaults()->always_capture_default(false);
    m_config = value(&m_root, "--config", "FILE",
                     "Configuration to use instead of ./isol8.config.json or ~/.isol8/config.json");
    m_debug = flag(&m_root, "--debug", "Tell on stderr what isol8 does");
    m_version = flag(&m_root, "--version", "Show the version");
    m_root.footer(
        "'isol8 COMMAND --help' tells more, with examples. --config and --debug may stand behind a command, too.");
    for (const auto &command : m_commands)
        m_apps.push_back(command->setUp(m_root));
    m_root.require_subcommand(0, 1);
    setUpHelp(&m_root);
}

const Command *CommandLine::commandOf(const CLI::App *app) const
{
    for (; app; app = app->get_parent()) {
        const auto found = std::find(m_apps.begin(), m_apps.end(), app);
        if (found != m_apps.end())
            return m_commands[std::size_t(found - m_apps.begin())].get();
    }
    return nullptr;
}

int CommandLine::wrongUsage(const QString &sentence, const CLI::App *app) const
{
    printError(sentence);
    printNote(u"See '%1 --help'."_s.arg(fullName(app)));
    return WrongUsage;
}

std::variant<CommandLine::Chosen, int> CommandLine::parse(const std::vector<std::string> &arguments)
{
    for (const std::string &argument : arguments) {
        if (!QUtf8StringView(argument.data(), qsizetype(argument.size())).isValidUtf8())
            return wrongUsage(u"The argument \"%1\" is not UTF-8 text, and isol8 takes no other; rename the file, or "
                              u"hand the data over on stdin."_s.arg(escaped(argument)),
                              &m_root);
    }
    const ArgumentScan scan = scanArguments(m_root, arguments, [this](const CLI::App *app) { return commandOf(app); });
    if (scan.wantsHelp) {
        const CLI::App *around = scan.app->get_parent();
        const std::string help = scan.app->help(around ? fullName(around).toStdString() : std::string());
        return printData(QString::fromStdString(help)) ? Success : Failure;
    }
    if (!scan.problem.isEmpty())
        return wrongUsage(scan.problem, scan.app);
    try {
        std::vector<std::string> reversed(scan.own.rbegin(), scan.own.rend());
        m_root.parse(std::move(reversed));
    } catch (const CLI::ParseError &error) {
        return wrongUsage(QString::fromLocal8Bit(error.what()) + u'.', scan.app);
    }
    if (given(m_version))
        return printData(u"isol8 " ISOL8_VERSION "\n"_s) ? Success : Failure;
    if (scan.app == &m_root) {
        printNote(QString::fromStdString(m_root.help()).trimmed());
        return WrongUsage;
    }
    auto *command = const_cast<Command *>(commandOf(scan.app));
    return Chosen{command, {text(m_config), given(m_debug), scan.programArguments}};
}

void setUpLogging(bool debug)
{
    QLoggingCategory::setFilterRules(debug ? u"isol8.*=true"_s : u"isol8.*.debug=false\nisol8.*.info=false"_s);
    qSetMessagePattern(debug ? u"%{time process} %{category}: %{message}"_s : u"isol8: %{message}"_s);
}

} // namespace isol8::cli
