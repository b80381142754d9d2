// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/output/OutputDocument.h>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

namespace {

constexpr char Escape = 0x1b;
constexpr qsizetype LongestEscape = 4096;

bool isPlain(char c)
{
    return quint8(c) >= 0x20 && c != 0x7f;
}

// A colour of SGR 38 or 48, whose parameters begin at \a i.
int extendedColour(const QList<QByteArray> &list, qsizetype *i)
{
    const int form = list.value(*i + 1).toInt();
    if (form == 5) {
        *i += 2;
        return std::clamp(list.value(*i).toInt(), 0, 255);
    }
    if (form == 2) {
        *i += 4;
        const auto part = [&](qsizetype at) { return std::clamp(list.value(at).toInt(), 0, 255); };
        return 0x1000000 | part(*i - 2) << 16 | part(*i - 1) << 8 | part(*i);
    }
    return -1;
}

} // namespace

OutputLine &OutputDocument::current()
{
    if (m_lines.empty())
        m_lines.emplace_back();
    return m_lines.back();
}

void OutputDocument::append(OutputKind kind, const QByteArray &utf8)
{
    Parser &parser = m_parsers[int(kind)];
    parser.style.kind = kind;
    QByteArray joined;
    if (!parser.pending.isEmpty()) {
        joined = std::exchange(parser.pending, {}) + utf8;
    }
    const QByteArray &bytes = joined.isEmpty() ? utf8 : joined;
    const char *at = bytes.constData();
    const char *const end = at + bytes.size();
    while (at < end) {
        const char *stop = std::find_if_not(at, end, isPlain);
        if (stop != at) {
            put(QString::fromUtf8(at, stop - at), parser.style);
            at = stop;
            continue;
        }
        if (*at != Escape) {
            control(*at++, parser);
            continue;
        }
        const qsizetype taken = escape(at, end, parser);
        if (taken == 0) {
            parser.pending = QByteArray(at, end - at);
            break;
        }
        at += taken;
    }
    trim();
}

void OutputDocument::note(const QString &sentence)
{
    if (!m_lines.empty() && !m_lines.back().text.isEmpty())
        newLine();
    TextStyle style;
    style.kind = OutputKind::Note;
    put(sentence, style);
    newLine();
    trim();
}

void OutputDocument::clear()
{
    *this = OutputDocument();
}

void OutputDocument::put(const QString &text, const TextStyle &style)
{
    qsizetype from = 0;
    while (from < text.size()) {
        if (m_column >= MaxLine)
            newLine();
        OutputLine &line = current();
        const qsizetype size = std::min(text.size() - from, MaxLine - m_column);
        const QStringView part = QStringView(text).mid(from, size);
        if (m_column > line.text.size()) {
            m_chars += m_column - line.text.size();
            line.text.resize(m_column, u' ');
        }
        if (m_column == line.text.size()) {
            if (line.spans.isEmpty() || line.spans.last().style != style)
                line.spans.append({m_column, style});
            line.text += part;
            m_chars += size;
        } else {
            const qsizetype over = std::min(size, line.text.size() - m_column);
            line.text.replace(m_column, over, part.toString());
            m_chars += size - over;
            // What stood there before keeps its style behind what was written over it.
            TextStyle behind = line.spans.isEmpty() ? style : line.spans.first().style;
            for (const StyleSpan &span : std::as_const(line.spans)) {
                if (span.start <= m_column + over)
                    behind = span.style;
            }
            line.spans.removeIf(
                [&](const StyleSpan &span) { return span.start >= m_column && span.start <= m_column + over; });
            const auto place = std::find_if(line.spans.begin(), line.spans.end(),
                                            [&](const StyleSpan &span) { return span.start > m_column; });
            const auto index = place - line.spans.begin();
            line.spans.insert(index, {m_column, style});
            if (m_column + size < line.text.size())
                line.spans.insert(index + 1, {m_column + size, behind});
        }
        m_column += size;
        from += size;
        m_longest = std::max(m_longest, line.text.size());
    }
}

void OutputDocument::newLine()
{
    (void)current();
    m_lines.emplace_back();
    m_column = 0;
    m_chars += 1;
}

void OutputDocument::control(char c, Parser &)
{
    switch (c) {
    case '\n':
        newLine();
        break;
    case '\r':
        m_column = 0;
        break;
    case '\b':
        m_column = std::max<qsizetype>(0, m_column - 1);
        break;
    case '\t':
        put(QString(8 - m_column % 8, u' '),
            m_lines.empty() || current().spans.isEmpty() ? TextStyle() : current().spans.last().style);
        break;
    default:
        break;
    }
}

qsizetype OutputDocument::escape(const char *begin, const char *bytesEnd, Parser &parser)
{
    // One that does not end is dropped as far as a long one could go, however its bytes come.
    const char *const end = std::min(bytesEnd, begin + LongestEscape);
    const qsizetype unfinished = end - begin == LongestEscape ? LongestEscape : 0;
    if (end - begin < 2)
        return 0;
    if (begin[1] == ']' || begin[1] == 'P') { // a text up to BEL or ST
        for (const char *at = begin + 2; at < end; ++at) {
            if (*at == '\a')
                return at + 1 - begin;
            if (*at == Escape && at + 1 < end)
                return at + 2 - begin;
        }
        return unfinished;
    }
    if (begin[1] != '[')
        return 2;
    const char *at = begin + 2;
    while (at < end && quint8(*at) >= 0x20 && quint8(*at) < 0x40)
        ++at;
    if (at == end)
        return unfinished;
    const QByteArray parameters(begin + 2, at - begin - 2);
    if (*at == 'm')
        style(parameters, &parser.style);
    else if (*at == 'K')
        eraseInLine(parameters.toInt());
    else if (*at == 'G')
        m_column = std::clamp<qsizetype>(parameters.toInt() - 1, 0, MaxLine - 1);
    return at + 1 - begin;
}

void OutputDocument::style(const QByteArray &parameters, TextStyle *style) const
{
    QByteArray normal = parameters;
    const QList<QByteArray> list = normal.replace(':', ';').split(';');
    for (qsizetype i = 0; i < list.size(); ++i) {
        const int code = list.at(i).toInt();
        if (code == 0)
            *style = TextStyle{.kind = style->kind};
        else if (code == 1)
            style->bold = true;
        else if (code == 3)
            style->italic = true;
        else if (code == 4)
            style->underline = true;
        else if (code == 7)
            style->inverse = true;
        else if (code == 22)
            style->bold = false;
        else if (code == 23)
            style->italic = false;
        else if (code == 24)
            style->underline = false;
        else if (code == 27)
            style->inverse = false;
        else if (code >= 30 && code <= 37)
            style->foreground = code - 30;
        else if (code == 38)
            style->foreground = extendedColour(list, &i);
        else if (code == 39)
            style->foreground = -1;
        else if (code >= 40 && code <= 47)
            style->background = code - 40;
        else if (code == 48)
            style->background = extendedColour(list, &i);
        else if (code == 49)
            style->background = -1;
        else if (code >= 90 && code <= 97)
            style->foreground = code - 90 + 8;
        else if (code >= 100 && code <= 107)
            style->background = code - 100 + 8;
    }
}

void OutputDocument::eraseInLine(int mode)
{
    OutputLine &line = current();
    if (mode == 0 && m_column < line.text.size()) {
        m_chars -= line.text.size() - m_column;
        line.text.truncate(m_column);
        line.spans.removeIf([&](const StyleSpan &span) { return span.start >= m_column && span.start > 0; });
    } else if (mode == 1 || mode == 2) {
        const qsizetype until = mode == 2 ? line.text.size() : std::min(m_column + 1, line.text.size());
        for (qsizetype i = 0; i < until; ++i)
            line.text[i] = u' ';
    }
}

void OutputDocument::trim()
{
    while (lineCount() > MaxLines || (m_chars > MaxChars && m_lines.size() > 1)) {
        m_chars -= m_lines.front().text.size() + 1;
        m_lines.pop_front();
        ++m_dropped;
    }
}

QString OutputDocument::text() const
{
    QString all;
    all.reserve(m_chars);
    for (size_t i = 0; i < m_lines.size(); ++i) {
        all += m_lines[i].text;
        if (i + 1 < m_lines.size())
            all += u'\n';
    }
    return all;
}

} // namespace isol8::desktop
