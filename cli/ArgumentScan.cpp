// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/ArgumentScan.h>

#include <isol8/base/Nearest.h>

#include <map>

using namespace Qt::StringLiterals;

namespace isol8::cli {

namespace {

bool takesValue(const CLI::Option *option)
{
    return option->get_items_expected_max() > 0;
}

QString shownName(const CLI::Option *option)
{
    const auto &names = option->get_lnames();
    return names.empty() ? u"-%1"_s.arg(QString::fromStdString(option->get_snames().front()))
                         : u"--%1"_s.arg(QString::fromStdString(names.front()));
}

class Scanner
{
public:
    Scanner(const CLI::App &root, const std::vector<std::string> &arguments,
            const std::function<const Command *(const CLI::App *)> &commandOf)
        : m_arguments(arguments)
        , m_commandOf(commandOf)
    {
        m_scan.app = &root;
    }

    ArgumentScan scan()
    {
        while (m_at < m_arguments.size() && m_scan.problem.isEmpty() && !m_scan.wantsHelp) {
            const std::string argument = m_arguments[m_at];
            if (argument == "--" && command() && command()->takesProgramArguments()) {
                takeRest(m_at + 1);
                break;
            }
            m_scan.own.push_back(argument);
            ++m_at;
            if (m_flagsEnded)
                positional(argument);
            else if (argument == "--")
                m_flagsEnded = true;
            else if (argument.starts_with("--") && argument.size() > 2)
                longFlag(argument);
            else if (argument.starts_with("-") && argument.size() > 1)
                shortFlags(argument);
            else
                positional(argument);
        }
        return std::move(m_scan);
    }

private:
    const Command *command() const { return m_commandOf(m_scan.app); }

    void takeRest(std::size_t from)
    {
        for (; from < m_arguments.size(); ++from)
            m_scan.programArguments.append(QString::fromLocal8Bit(m_arguments[from]));
        m_at = m_arguments.size();
    }

    const CLI::Option *find(const std::string &name) const
    {
        for (const CLI::App *app = m_scan.app; app; app = app->get_parent()) {
            if (const CLI::Option *option = app->get_option_no_throw(name))
                return option;
        }
        return nullptr;
    }

    void longFlag(const std::string &argument)
    {
        const std::string name = argument.substr(0, argument.find('='));
        const CLI::Option *option = find(name);
        if (!option)
            unknown(QString::fromLocal8Bit(name));
        else if (option->check_lname("help"))
            m_scan.wantsHelp = true;
        else
            seen(option, argument.find('=') != std::string::npos);
    }

    void shortFlags(const std::string &argument)
    {
        for (std::size_t i = 1; i < argument.size() && m_scan.problem.isEmpty(); ++i) {
            const CLI::Option *option = find(std::string("-") + argument[i]);
            if (!option) {
                unknown(u'-' + QString(QLatin1Char(argument[i])));
                return;
            }
            if (option->check_sname("h")) {
                m_scan.wantsHelp = true;
                return;
            }
            seen(option, takesValue(option) && i + 1 < argument.size());
            if (takesValue(option))
                return;
        }
    }

    void seen(const CLI::Option *option, bool hasValue)
    {
        const bool once = takesValue(option) && option->get_multi_option_policy() == CLI::MultiOptionPolicy::Throw;
        if (++m_counts[option] > 1 && once) {
            m_scan.problem = u"%1 is given more than once; give it once."_s.arg(shownName(option));
            return;
        }
        if (!takesValue(option) || hasValue)
            return;
        const bool isNext = m_at < m_arguments.size() && !m_arguments[m_at].starts_with("-");
        if (option->get_items_expected_min() == 0 && !isNext)
            return;
        if (m_at == m_arguments.size()) {
            m_scan.problem =
                u"%1 needs a value: %1 %2."_s.arg(shownName(option), QString::fromStdString(option->get_type_name()));
            return;
        }
        m_scan.own.push_back(m_arguments[m_at++]);
        while (option->get_allow_extra_args() && m_at < m_arguments.size() && !m_arguments[m_at].starts_with("-"))
            m_scan.own.push_back(m_arguments[m_at++]);
    }

    void unknown(const QString &flag)
    {
        QStringList names;
        for (const CLI::App *app = m_scan.app; app; app = app->get_parent()) {
            for (const CLI::Option *option :
                 app->get_options([](const CLI::Option *o) { return o->nonpositional(); })) {
                for (const std::string &name : option->get_lnames())
                    names.append(u"--"_s + QString::fromStdString(name));
            }
        }
        m_scan.problem = u"%1 has no flag %2.%3"_s.arg(fullName(m_scan.app), flag.left(64),
                                                       flag.startsWith(u"--") ? didYouMean(flag, names) : QString());
    }

    void positional(const std::string &argument)
    {
        const QString shown = QString::fromLocal8Bit(argument);
        const auto commands = m_scan.app->get_subcommands([](const CLI::App *) { return true; });
        for (const CLI::App *sub : commands) {
            if (sub->get_name() == argument && m_positionals == 0 && !m_flagsEnded) {
                m_scan.app = sub;
                return;
            }
        }
        const auto expected = m_scan.app->get_options([](const CLI::Option *o) { return o->get_positional(); });
        if (expected.empty()) {
            QStringList names;
            for (const CLI::App *sub : commands)
                names.append(QString::fromStdString(sub->get_name()));
            m_scan.problem = names.isEmpty()
                                 ? u"%1 takes no argument \"%2\"."_s.arg(fullName(m_scan.app), shown.left(64))
                                 : u"%1 has no command \"%2\"."_s.arg(fullName(m_scan.app), shown.left(64)) +
                                       didYouMean(shown, names);
            return;
        }
        const bool many = command() && command()->takesProgramArguments();
        if (++m_positionals > 1 && many) {
            m_scan.own.pop_back();
            m_scan.programArguments.append(shown);
        } else if (m_positionals > expected.size() && expected.back()->get_items_expected_max() < 2) {
            m_scan.problem = u"%1 takes no further argument \"%2\"."_s.arg(fullName(m_scan.app), shown.left(64));
        } else if (m_positionals == 1 && command() && command()->ownsTheRest(shown)) {
            takeRest(m_at < m_arguments.size() && m_arguments[m_at] == "--" ? m_at + 1 : m_at);
        }
    }

    const std::vector<std::string> &m_arguments;
    const std::function<const Command *(const CLI::App *)> &m_commandOf;
    std::size_t m_at = 0;
    std::size_t m_positionals = 0;
    bool m_flagsEnded = false; //!< by "--"
    std::map<const CLI::Option *, int> m_counts;
    ArgumentScan m_scan;
};

} // namespace

ArgumentScan scanArguments(const CLI::App &root, const std::vector<std::string> &arguments,
                           const std::function<const Command *(const CLI::App *)> &commandOf)
{
    return Scanner(root, arguments, commandOf).scan();
}

QString fullName(const CLI::App *app)
{
    QString name = QString::fromStdString(app->get_name());
    for (app = app->get_parent(); app; app = app->get_parent())
        name.prepend(QString::fromStdString(app->get_name()) + u' ');
    return name;
}

} // namespace isol8::cli
