// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/config/JsonOutline.h>

#include <QJsonArray>
#include <QJsonDocument>
#include <QSet>
#include <QUtf8StringView>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}
bool isLetter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}

void advance(TextPosition *position, char c)
{
    if (c == '\n') {
        ++position->line;
        position->column = 1;
    } else if ((uchar(c) & 0xC0) != 0x80) {
        ++position->column;
    }
}

// A strict recursive descent over RFC 8259. Every method returns false once a problem is found.
class Scanner
{
public:
    explicit Scanner(QByteArrayView text)
        : m_text(text)
    {
    }

    JsonOutline scan()
    {
        if (startsWith("\xFF\xFE") || startsWith("\xFE\xFF")) {
            problem(0, u"The file is UTF-16; save it as UTF-8."_s);
        } else {
            if (startsWith("\xEF\xBB\xBF"))
                m_at = 3;
            if (skipSpace() && atEnd())
                problem(m_at, u"The file is empty; write {} for the defaults."_s);
            else if (!m_outline.problem && value({}, 0) && skipSpace() && !atEnd())
                problem(m_at, u"There is something behind the last brace; remove it."_s);
        }
        return std::move(m_outline);
    }

private:
    bool atEnd() const { return m_at >= m_text.size(); }
    char peek() const { return atEnd() ? '\0' : m_text[m_at]; }
    bool startsWith(QByteArrayView what) const { return m_text.sliced(m_at).startsWith(what); }

    bool problem(qsizetype offset, const QString &sentence)
    {
        if (!m_outline.problem)
            m_outline.problem = JsonProblem{positionAt(m_text, offset), sentence};
        return false;
    }

    bool ended(const QString &what)
    {
        return problem(m_text.size(), u"The file ends where %1 is expected."_s.arg(what));
    }

    // positionAt() of ever larger offsets, without counting from the start each time.
    TextPosition mark(qsizetype offset)
    {
        for (; m_marked < offset; ++m_marked)
            advance(&m_mark, m_text[m_marked]);
        return m_mark;
    }

    bool skipSpace()
    {
        while (!atEnd() && (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r'))
            ++m_at;
        if (startsWith("//") || startsWith("/*") || peek() == '#')
            return problem(m_at, u"JSON has no comments; remove it."_s);
        return true;
    }

    bool value(const QString &path, int depth)
    {
        if (depth > MaxJsonDepth)
            return problem(m_at, u"There are more than %1 levels."_s.arg(MaxJsonDepth));
        if (atEnd())
            return ended(u"a value"_s);
        switch (peek()) {
        case '{':
            return object(path, depth);
        case '[':
            return array(path, depth);
        case '"':
            return string(nullptr);
        default:
            return isDigit(peek()) || peek() == '-' || peek() == '+' || peek() == '.' ? number() : word();
        }
    }

    bool object(const QString &path, int depth)
    {
        QSet<QString> seen;
        ++m_at;
        if (!skipSpace())
            return false;
        if (peek() == '}' && !atEnd()) {
            ++m_at;
            return true;
        }
        for (;;) {
            const qsizetype start = m_at;
            QString key;
            if (!keyAt(&key))
                return false;
            const QString keyPath = path.isEmpty() ? key : path + u'.' + key;
            if (seen.contains(key))
                return problem(start, u"The key %1 is given twice; keep one."_s.arg(keyPath));
            if (m_outline.keys.size() >= MaxJsonKeys)
                return problem(start, u"There are more than %1 keys."_s.arg(MaxJsonKeys));
            seen.insert(key);
            m_outline.keys.insert(keyPath, mark(start));
            if (!skipSpace())
                return false;
            if (atEnd())
                return ended(u"a colon"_s);
            if (peek() != ':')
                return problem(m_at, u"A colon is missing behind \"%1\"."_s.arg(key));
            ++m_at;
            if (!skipSpace() || !value(keyPath, depth + 1))
                return false;
            if (const auto more = next('}'))
                return *more;
        }
    }

    bool array(const QString &path, int depth)
    {
        ++m_at;
        if (!skipSpace())
            return false;
        if (peek() == ']' && !atEnd()) {
            ++m_at;
            return true;
        }
        for (qsizetype index = 0;; ++index) {
            if (!value(u"%1[%2]"_s.arg(path).arg(index), depth + 1))
                return false;
            if (const auto more = next(']'))
                return *more;
        }
    }

    // Behind a member or an item. No value: there is another one.
    std::optional<bool> next(char closing)
    {
        const QChar bracket = QLatin1Char(closing);
        if (!skipSpace())
            return false;
        if (atEnd())
            return ended(u"%1"_s.arg(bracket));
        if (peek() == closing) {
            ++m_at;
            return true;
        }
        if (peek() != ',')
            return problem(m_at, u"A comma or %1 is missing here."_s.arg(bracket));
        const qsizetype comma = m_at++;
        if (!skipSpace())
            return false;
        if (peek() == closing && !atEnd())
            return problem(comma, u"There is a comma before %1; remove it."_s.arg(bracket));
        if (peek() == ',')
            return problem(m_at, u"There are two commas; remove one."_s);
        return std::nullopt;
    }

    bool keyAt(QString *key)
    {
        if (atEnd())
            return ended(u"a key or }"_s);
        if (peek() == '"')
            return string(key);
        if (peek() == '\'')
            return problem(m_at, u"Texts stand in double quotes: \"…\"."_s);
        if (isLetter(peek()))
            return problem(m_at, u"A key stands in double quotes: \"%1\"."_s.arg(QString::fromLatin1(letters())));
        return problem(m_at, u"A key in double quotes is expected here."_s);
    }

    QByteArray letters() const
    {
        qsizetype end = m_at;
        while (end < m_text.size() && end - m_at < 64 && (isLetter(m_text[end]) || isDigit(m_text[end])))
            ++end;
        return m_text.sliced(m_at, end - m_at).toByteArray();
    }

    bool string(QString *decoded)
    {
        const qsizetype start = m_at++;
        while (!atEnd() && peek() != '"') {
            const auto c = uchar(peek());
            if (c < 0x20)
                return problem(m_at, c == '\n' || c == '\r'
                                         ? u"A text is not closed on its line; a quote is missing."_s
                                         : u"A text contains a control character; write it as \\u%1."_s.arg(
                                               int(c), 4, 16, QLatin1Char('0')));
            if (c == '\\' && !escape())
                return false;
            ++m_at;
        }
        if (atEnd())
            return problem(start, u"A text is not closed; a quote is missing."_s);
        ++m_at;
        const QByteArrayView raw = m_text.sliced(start, m_at - start);
        if (!QUtf8StringView(raw.data(), raw.size()).isValidUtf8())
            return problem(start, u"A text is not valid UTF-8."_s);
        if (decoded)
            *decoded = QJsonDocument::fromJson("[" + raw.toByteArray() + "]").array().first().toString();
        return true;
    }

    // At a backslash; ends at the escape's last byte.
    bool escape()
    {
        const qsizetype start = m_at++;
        if (peek() != 'u')
            return (!atEnd() && QByteArrayView("\"\\/bfnrt").contains(peek())) ||
                   problem(start, u"\\ begins an escape that JSON does not know; write \\\\ for a backslash."_s);
        for (int i = 0; i < 4; ++i) {
            ++m_at;
            const char c = peek();
            if (!isDigit(c) && !(c >= 'a' && c <= 'f') && !(c >= 'A' && c <= 'F'))
                return problem(start, u"\\u needs four hexadecimal digits."_s);
        }
        return true;
    }

    bool number()
    {
        const qsizetype start = m_at;
        const auto bad = [&] {
            return problem(start, u"This is not a number as JSON writes it, such as 512 or 0.5."_s);
        };
        const auto digits = [&] {
            const qsizetype from = m_at;
            while (isDigit(peek()))
                ++m_at;
            return m_at > from;
        };
        if (peek() == '-')
            ++m_at;
        const bool zero = peek() == '0';
        const qsizetype first = m_at;
        if (!digits() || (zero && m_at - first > 1))
            return bad();
        if (peek() == '.') {
            ++m_at;
            if (!digits())
                return bad();
        }
        if (peek() == 'e' || peek() == 'E') {
            ++m_at;
            if (peek() == '+' || peek() == '-')
                ++m_at;
            if (!digits())
                return bad();
        }
        if (isLetter(peek()))
            return problem(start, u"A size with a unit is a text; put it in double quotes, as in \"512m\"."_s);
        return true;
    }

    bool word()
    {
        const QByteArray text = letters();
        for (const char *known : {"true", "false", "null"}) {
            if (text == known) {
                m_at += text.size();
                return true;
            }
        }
        if (peek() == '\'')
            return problem(m_at, u"Texts stand in double quotes: \"…\"."_s);
        if (peek() == ',' || peek() == '}' || peek() == ']')
            return problem(m_at, u"A value is missing here."_s);
        if (text.isEmpty())
            return problem(m_at, u"A value is expected here."_s);
        const QByteArray lower = text.toLower();
        if (lower == "true" || lower == "false" || lower == "null")
            return problem(m_at, u"Write %1 in small letters."_s.arg(QString::fromLatin1(lower)));
        return problem(m_at, u"A text stands in double quotes: \"%1\"."_s.arg(QString::fromLatin1(text)));
    }

    QByteArrayView m_text;
    qsizetype m_at = 0;
    qsizetype m_marked = 0;
    TextPosition m_mark;
    JsonOutline m_outline;
};

} // namespace

TextPosition positionAt(QByteArrayView text, qsizetype offset)
{
    TextPosition position;
    for (const char c : text.first(std::clamp<qsizetype>(offset, 0, text.size())))
        advance(&position, c);
    return position;
}

JsonOutline outlineJson(QByteArrayView text)
{
    return Scanner(text).scan();
}

std::optional<TextPosition> positionOf(const JsonOutline &outline, QString path)
{
    while (!path.isEmpty()) {
        const auto found = outline.keys.constFind(path);
        if (found != outline.keys.constEnd())
            return *found;
        path.truncate(std::max<qsizetype>(0, std::max(path.lastIndexOf(u'.'), path.lastIndexOf(u'['))));
    }
    return std::nullopt;
}

} // namespace isol8
