// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/egress/PatternOutline.h>

#include <QRegularExpression>

#include <algorithm>
#include <vector>

using namespace Qt::StringLiterals;

namespace isol8::egress {

namespace {

constexpr int Largest = 1'000'000; // what is more counts as much

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

bool isLetter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

class Reader
{
public:
    explicit Reader(QByteArrayView text)
        : m_text(text)
    {
    }

    PatternOutline read()
    {
        while (m_at < m_text.size() && m_problem.isEmpty())
            step();
        while (m_groups.size() > 1)
            close();
        if (m_problem.isEmpty() && m_colons == 1 && endsInPort())
            m_problem = u"it names a port; leave that out, the ports are in network.ports"_s;
        return {int(m_groups.front().cost), m_problem};
    }

private:
    struct Group
    {
        qint64 cost = 0;
        qint64 last = 0; // of what a repetition behind it repeats
    };

    void step()
    {
        const char c = m_text[m_at++];
        switch (c) {
        case '\\':
            return escape();
        case '[':
            return characterClass();
        case '(':
            return open();
        case ')':
            return close();
        case '{':
            return repetition();
        case '*':
        case '+':
        case '?':
        case '|':
        case '^':
        case '$':
            return add(1, true);
        case '.':
            return add(1);
        default:
            return literal(c);
        }
    }

    void add(qint64 cost, bool keepsLast = false)
    {
        Group &group = m_groups.back();
        group.cost = std::min<qint64>(group.cost + cost, Largest);
        if (!keepsLast)
            group.last = cost;
    }

    void literal(char c)
    {
        add(1);
        m_colons += c == ':' ? 1 : 0;
        if (isLetter(c) || isDigit(c) || c == '.' || c == '-' || c == '_' || c == ':')
            return;
        if (c == ' ' || (c >= '\t' && c <= '\r'))
            m_problem = u"it has a blank, and no host's name has one"_s;
        else if (c == '/')
            m_problem = u"it has a slash, and no host's name has one; leave out scheme, port and path"_s;
        else
            m_problem = u"it has \"%1\", and no host's name has that"_s.arg(QLatin1Char(c >= ' ' ? c : '?'));
    }

    void escape()
    {
        const char c = m_at < m_text.size() ? m_text[m_at++] : 'z';
        if (c == 'Q')
            return quoted();
        if (c == 'p' || c == 'P') {
            m_problem = u"it uses \"\\%1\", and host names are ASCII"_s.arg(QLatin1Char(c));
            return;
        }
        if (c == 'x' && m_at < m_text.size() && m_text[m_at] == '{')
            m_at = std::max(m_text.indexOf('}', m_at), m_at) + 1;
        if (c == 's' || c == 't' || c == 'n' || c == 'r' || c == 'f' || c == 'v')
            return literal(' ');
        if (isLetter(c) || isDigit(c))
            return add(c == 'w' || c == 'W' ? 4 : 1);
        literal(c);
    }

    void quoted()
    {
        while (m_at < m_text.size() && m_problem.isEmpty()) {
            if (m_text.sliced(m_at).startsWith("\\E")) {
                m_at += 2;
                return;
            }
            literal(m_text[m_at++]);
        }
    }

    // Its ranges are as many at most as half of what it is written with, and each is a step.
    void characterClass()
    {
        const qsizetype begin = m_at;
        if (m_at < m_text.size() && m_text[m_at] == '^')
            ++m_at;
        for (bool first = true; m_at < m_text.size(); first = false) {
            const char c = m_text[m_at++];
            if (c == ']' && !first)
                break;
            if (c == '\\' && m_at < m_text.size()) {
                const char escaped = m_text[m_at++];
                if (escaped == 'p' || escaped == 'P')
                    m_problem = u"it uses \"\\%1\", and host names are ASCII"_s.arg(QLatin1Char(escaped));
            } else if (c == '[' && m_at < m_text.size() && m_text[m_at] == ':') {
                if (const qsizetype end = m_text.indexOf(":]", m_at); end >= 0)
                    m_at = end + 2;
            }
        }
        add((m_at - begin) / 2 + 1);
    }

    void open()
    {
        m_groups.emplace_back();
        add(2);
        if (m_at >= m_text.size() || m_text[m_at] != '?')
            return;
        // "(?:", "(?i)", "(?P<name>": up to where it begins.
        while (m_at < m_text.size() && m_text[m_at] != ':' && m_text[m_at] != '>' && m_text[m_at] != ')')
            ++m_at;
        if (m_at < m_text.size() && m_text[m_at] != ')')
            ++m_at;
    }

    void close()
    {
        if (m_groups.size() == 1)
            return;
        const qint64 cost = m_groups.back().cost;
        m_groups.pop_back();
        add(cost);
    }

    void repetition()
    {
        static const QRegularExpression pattern(u"\\A(\\d{1,9})(,(\\d{0,9}))?\\}"_s);
        const auto match = pattern.match(QString::fromLatin1(m_text.sliced(m_at)));
        if (!match.hasMatch())
            return literal('{');
        m_at += match.capturedLength();
        const qint64 times = std::max(match.captured(1).toLongLong(), match.captured(3).toLongLong());
        Group &group = m_groups.back();
        const qint64 more = std::min<qint64>(group.last * std::max<qint64>(times - 1, 0), Largest);
        group.cost = std::min<qint64>(group.cost + more, Largest);
        group.last = std::min<qint64>(group.last + more, Largest);
    }

    // An address of IPv6 has two colons at least.
    [[nodiscard]] bool endsInPort() const
    {
        static const QRegularExpression pattern(u":(\\d+|\\\\d[+*]|\\[0-9\\][+*])\\$?\\z"_s);
        return pattern.match(QString::fromLatin1(m_text)).hasMatch();
    }

    QByteArrayView m_text;
    qsizetype m_at = 0;
    std::vector<Group> m_groups{1};
    int m_colons = 0;
    QString m_problem;
};

} // namespace

PatternOutline PatternOutline::of(QByteArrayView expression)
{
    return Reader(expression).read();
}

} // namespace isol8::egress
