// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/IgnoreRules.h>

#include <re2/re2.h>

#include <string>
#include <string_view>

using namespace Qt::StringLiterals;

namespace isol8::cli {

namespace {

// "[!a-z]" at the start of \a pattern, as a regular expression; empty where the bracket is never closed.
std::string characterClass(std::string_view pattern, std::size_t *length)
{
    std::size_t at = 1;
    const bool negated = at < pattern.size() && (pattern[at] == '!' || pattern[at] == '^');
    at += negated ? 1 : 0;
    std::string content;
    for (const std::size_t first = at; at < pattern.size() && (pattern[at] != ']' || at == first); ++at) {
        const bool escaped = pattern[at] == '\\' && at + 1 < pattern.size();
        at += escaped ? 1 : 0;
        const char c = pattern[at];
        // A hyphen between two characters is a range's.
        if (escaped || c == '[' || c == ']' || c == '\\' || c == '^')
            content += re2::RE2::QuoteMeta(re2::StringPiece(&c, 1));
        else
            content += c;
    }
    if (at >= pattern.size())
        return {};
    *length = at + 1;
    return (negated ? "[^/" : "[") + content + ']';
}

std::shared_ptr<const re2::RE2> compile(std::string_view glob)
{
    std::string expression;
    for (std::size_t i = 0; i < glob.size();) {
        const std::string_view rest = glob.substr(i);
        std::size_t length = 1;
        if (rest.substr(0, 3) == "**/" && (i == 0 || glob[i - 1] == '/')) {
            expression += "(?:.*/)?";
            length = 3;
        } else if (rest == "**" && i > 0 && glob[i - 1] == '/') {
            expression += ".+";
            length = 2;
        } else if (rest[0] == '*') {
            expression += "[^/]*";
            while (length < rest.size() && rest[length] == '*')
                ++length;
        } else if (rest[0] == '?') {
            expression += "[^/]";
        } else if (const std::string set = rest[0] == '[' ? characterClass(rest, &length) : std::string();
                   !set.empty()) {
            expression += set;
        } else {
            const bool escaped = rest[0] == '\\' && rest.size() > 1;
            // Bytes of a character that is not ASCII stand as they are.
            expression += re2::RE2::QuoteMeta(re2::StringPiece(rest.data() + (escaped ? 1 : 0), 1));
            length = escaped ? 2 : 1;
        }
        i += length;
    }
    re2::RE2::Options options;
    options.set_dot_nl(true);
    options.set_log_errors(false);
    return std::make_shared<const re2::RE2>(expression, options);
}

} // namespace

IgnoreRules IgnoreRules::standard()
{
    IgnoreRules rules;
    rules.add(u".git\nnode_modules/\n__pycache__/\n.venv/\nvenv/\n.tox/\n.isol8ignore\n");
    return rules;
}

void IgnoreRules::add(QStringView text)
{
    for (QStringView line : text.split(u'\n')) {
        if (line.endsWith(u'\r'))
            line.chop(1);
        while (line.endsWith(u' ') && !line.endsWith(u"\\ "))
            line.chop(1);
        if (line.isEmpty() || line.startsWith(u'#'))
            continue;
        Rule rule;
        rule.takesBack = line.startsWith(u'!');
        if (rule.takesBack)
            line = line.sliced(1);
        rule.foldersOnly = line.endsWith(u'/');
        if (rule.foldersOnly)
            line.chop(1);
        const bool tied = line.contains(u'/');
        if (line.startsWith(u'/'))
            line = line.sliced(1);
        if (line.isEmpty())
            continue;
        const QByteArray glob = (tied ? QByteArray() : QByteArray("**/")) + line.toUtf8();
        rule.expression = compile({glob.constData(), std::size_t(glob.size())});
        if (rule.expression->ok())
            m_rules.append(rule);
    }
}

bool IgnoreRules::ignores(const QString &path, bool isFolder) const
{
    const QByteArray name = path.toUtf8();
    const re2::StringPiece bytes(name.constData(), std::size_t(name.size()));
    for (auto rule = m_rules.crbegin(); rule != m_rules.crend(); ++rule) {
        if ((isFolder || !rule->foldersOnly) && re2::RE2::FullMatch(bytes, *rule->expression))
            return !rule->takesBack;
    }
    return false;
}

} // namespace isol8::cli
