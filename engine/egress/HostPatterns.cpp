// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/egress/HostPatterns.h>

#include <isol8/egress/Host.h>
#include <isol8/egress/HostPresets.h>
#include <isol8/egress/PatternOutline.h>

#include <QSet>

#include <algorithm>
#include <vector>

#include <re2/re2.h>

using namespace Qt::StringLiterals;

namespace isol8::egress {

namespace {

constexpr qint64 PatternMemory = 64 * 1024; // bytes of a compiled pattern's states

struct PatternResult
{
    QByteArray literal;
    std::unique_ptr<const RE2> expression; //!< instead
    int cost = 0;
    QString problem;
};

re2::StringPiece piece(const QByteArray &bytes)
{
    return {bytes.constData(), static_cast<size_t>(bytes.size())};
}

bool isName(const QString &pattern)
{
    return std::all_of(pattern.begin(), pattern.end(), [](QChar c) {
        return c.isLetterOrNumber() || c == u'.' || c == u'-' || c == u'\u3002' ||
               c.category() == QChar::Mark_NonSpacing;
    });
}

// "[::1]" is also an expression, for one character; nobody means that.
bool isLiteral(const QString &pattern)
{
    return isName(pattern) || (pattern.startsWith(u'[') && parseHost(pattern.toUtf8()).value);
}

QString describe(const RE2 &expression)
{
    const auto part = QString::fromStdString(expression.error_arg()).left(64);
    switch (expression.error_code()) {
    case RE2::ErrorBadPerlOp:
        return u"it uses \"%1\", and these patterns (RE2) have no look-around"_s.arg(part);
    case RE2::ErrorBadEscape:
        return u"it uses \"%1\", and these patterns (RE2) have no back-references and few escapes"_s.arg(part);
    case RE2::ErrorRepeatArgument:
        return u"there is nothing in front of \"%1\" to repeat (any name below a domain is .*\\.example\\.com)"_s.arg(
            part);
    case RE2::ErrorMissingParen:
        return u"a closing parenthesis is missing"_s;
    case RE2::ErrorMissingBracket:
        return u"a closing bracket is missing"_s;
    case RE2::ErrorPatternTooLarge:
        return u"it is too large when compiled"_s;
    default:
        return QString::fromStdString(expression.error()).left(200);
    }
}

PatternResult problem(const QString &what)
{
    return {{}, {}, 0, what};
}

PatternResult compilePattern(const QString &text)
{
    if (text.isEmpty())
        return problem(u"it is empty"_s);
    if (text.size() > HostPatterns::PatternLimit)
        return problem(u"it is longer than %1 characters"_s.arg(HostPatterns::PatternLimit));
    const QByteArray bytes = text.toUtf8();
    if (isLiteral(text)) {
        Parsed<Host> host = parseHost(bytes);
        return host.value ? PatternResult{host.value->text, {}, 0, {}}
                          : problem(u"it is no host name (%1)"_s.arg(host.refusal.sentence));
    }
    if (std::any_of(bytes.begin(), bytes.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }))
        return problem(u"expressions see international names in their ASCII form (xn--…), so write that"_s);
    // Before RE2 sees it: to find out that one is too large takes RE2 many milliseconds.
    const PatternOutline outline = PatternOutline::of(bytes);
    if (!outline.problem.isEmpty())
        return problem(outline.problem);
    if (outline.cost > HostPatterns::CostLimit)
        return problem(u"it is too large when compiled"_s);
    RE2::Options options(RE2::Latin1);
    options.set_case_sensitive(false);
    options.set_log_errors(false);
    options.set_max_mem(PatternMemory);
    auto expression = std::make_unique<const RE2>(piece(bytes), options);
    if (!expression->ok())
        return problem(describe(*expression));
    return {{}, std::move(expression), outline.cost, {}};
}

QString presetProblem(const QString &text)
{
    return presetOf(text) ? QString() : u"there is no preset of that name; isol8 presets lists those that there are"_s;
}

} // namespace

struct HostPatterns::List
{
    QStringList texts;
    QSet<QByteArray> names;
    std::vector<std::unique_ptr<const RE2>> expressions;
    qint64 cost = 0;
};

// Large ones are an operator's own, so that no stranger's request makes them leave.
struct HostPatterns::Memory
{
    static constexpr qsizetype Most = 16;
    static constexpr qint64 Large = 20'000;

    QList<std::shared_ptr<const List>> lists; // those that were used last come last

    std::shared_ptr<const List> find(const QStringList &texts)
    {
        for (qsizetype i = lists.size() - 1; i >= 0; --i) {
            if (lists[i]->texts == texts) {
                lists.move(i, lists.size() - 1);
                return lists.constLast();
            }
        }
        return nullptr;
    }
    void add(std::shared_ptr<const List> list)
    {
        lists.append(std::move(list));
        if (lists.size() <= Most)
            return;
        const auto small =
            std::find_if(lists.cbegin(), lists.cend(), [](const auto &known) { return known->cost < Large; });
        lists.erase(small == lists.cend() ? lists.cbegin() : small);
    }
};

Result<HostPatterns> HostPatterns::compile(const QStringList &patterns)
{
    HostPatterns result;
    if (patterns.isEmpty())
        return result;
    thread_local Memory memory;
    result.m_list = memory.find(patterns);
    if (result.m_list)
        return result;
    auto list = std::make_shared<List>();
    list->texts = patterns;
    QStringList expanded;
    for (const QString &text : patterns) {
        if (const HostPreset *preset = presetOf(text))
            expanded.append(preset->hosts);
        else
            expanded.append(text);
    }
    for (const QString &text : std::as_const(expanded)) {
        PatternResult pattern = asksForPreset(text) ? problem(presetProblem(text)) : compilePattern(text);
        if (!pattern.problem.isEmpty())
            return fail(errors::BadValue,
                        u"The host pattern \"%1\" cannot be used: %2."_s.arg(text.left(64), pattern.problem));
        list->cost += pattern.cost;
        if (pattern.expression)
            list->expressions.push_back(std::move(pattern.expression));
        else
            list->names.insert(pattern.literal);
    }
    result.m_list = list;
    memory.add(std::move(list));
    return result;
}

bool HostPatterns::matches(const QByteArray &host) const
{
    return m_list && (m_list->names.contains(host) ||
                      std::any_of(m_list->expressions.begin(), m_list->expressions.end(),
                                  [&](const auto &expression) { return RE2::FullMatch(piece(host), *expression); }));
}

QString patternProblem(const QString &pattern)
{
    return asksForPreset(pattern) ? presetProblem(pattern) : compilePattern(pattern).problem;
}

int patternCost(const QString &pattern)
{
    if (isLiteral(pattern) || asksForPreset(pattern))
        return 0; // a preset is ours
    return pattern.size() > HostPatterns::PatternLimit ? HostPatterns::CostLimit + 1
                                                       : PatternOutline::of(pattern.toUtf8()).cost;
}

} // namespace isol8::egress
