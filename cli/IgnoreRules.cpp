// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/IgnoreRules.h>

using namespace Qt::StringLiterals;

namespace isol8::cli {

namespace {

// "[!a-z]" at the start of \a pattern, as a regular expression; empty where the bracket is never closed.
QString characterClass(QStringView pattern, qsizetype *length)
{
    qsizetype end = 1;
    if (end < pattern.size() && (pattern[end] == u'!' || pattern[end] == u'^'))
        ++end;
    if (end < pattern.size() && pattern[end] == u']')
        ++end;
    while (end < pattern.size() && pattern[end] != u']')
        end += pattern[end] == u'\\' ? 2 : 1;
    if (end >= pattern.size())
        return {};
    *length = end + 1;
    QString content = pattern.sliced(1, end - 1).toString();
    const bool negated = content.startsWith(u'!') || content.startsWith(u'^');
    if (negated)
        content.remove(0, 1);
    content.replace(u'[', u"\\["_s);
    if (content.startsWith(u']'))
        content.prepend(u'\\');
    return (negated ? u"[^/"_s : u"["_s) + content + u']';
}

QRegularExpression compile(QStringView glob)
{
    QString expression;
    for (qsizetype i = 0; i < glob.size();) {
        const QStringView rest = glob.sliced(i);
        qsizetype length = 1;
        if (rest.startsWith(u"**/") && (i == 0 || glob[i - 1] == u'/')) {
            expression += u"(?:.*/)?"_s;
            length = 3;
        } else if (rest == u"**" && i > 0 && glob[i - 1] == u'/') {
            expression += u".+"_s;
            length = 2;
        } else if (rest[0] == u'*') {
            expression += u"[^/]*"_s;
            while (length < rest.size() && rest[length] == u'*')
                ++length;
        } else if (rest[0] == u'?') {
            expression += u"[^/]"_s;
        } else if (const QString set = rest[0] == u'[' ? characterClass(rest, &length) : QString(); !set.isEmpty()) {
            expression += set;
        } else if (rest[0] == u'\\' && rest.size() > 1) {
            expression += QRegularExpression::escape(rest.sliced(1, 1));
            length = 2;
        } else {
            expression += QRegularExpression::escape(rest.first(1));
        }
        i += length;
    }
    return QRegularExpression(QRegularExpression::anchoredPattern(expression),
                              QRegularExpression::DotMatchesEverythingOption);
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
        rule.expression = compile(tied ? line.toString() : u"**/"_s + line);
        if (rule.expression.isValid())
            m_rules.append(rule);
    }
}

bool IgnoreRules::ignores(const QString &path, bool isFolder) const
{
    for (auto rule = m_rules.crbegin(); rule != m_rules.crend(); ++rule) {
        if ((isFolder || !rule->foldersOnly) && rule->expression.match(path).hasMatch())
            return !rule->takesBack;
    }
    return false;
}

} // namespace isol8::cli
