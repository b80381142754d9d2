// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QList>
#include <QString>

#include <deque>

namespace isol8::desktop {

enum class OutputKind : quint8 {
    Out,
    Err,
    Note //!< what isol8 says
};

//! Colours: -1 the view's own; 0 to 255 of the terminal palette; from 0x1000000 on RGB in the low 24 bits.
struct TextStyle
{
    int foreground = -1;
    int background = -1;
    bool bold = false;
    bool italic = false;
    bool underline = false;
    bool inverse = false;
    OutputKind kind = OutputKind::Out;

    friend bool operator==(const TextStyle &, const TextStyle &) = default;
};

struct StyleSpan
{
    qsizetype start = 0; //!< holds from here to the next span
    TextStyle style;
};

struct OutputLine
{
    QString text;
    QList<StyleSpan> spans; //!< by start; the first starts at 0 where there is text
};

/*!
    What a program has written, as lines with colours; the newest MaxLines and MaxChars of it. Understood of a
   terminal's language: colours and styles, carriage return, backspace, tab, erase in line; the rest is dropped. Pure,
   and quick enough for tens of megabytes a second.
*/
class OutputDocument
{
public:
    void append(OutputKind kind, const QByteArray &utf8);
    //! A line of our own.
    void note(const QString &sentence);
    void clear();

    [[nodiscard]] qsizetype lineCount() const { return qsizetype(m_lines.size()); }
    [[nodiscard]] const OutputLine &line(qsizetype index) const { return m_lines[size_t(index)]; }
    //! How many lines have been dropped at the top: line(i) is the program's line dropped() + i.
    [[nodiscard]] qint64 dropped() const { return m_dropped; }
    [[nodiscard]] qsizetype longest() const { return m_longest; }
    [[nodiscard]] QString text() const;
    //! Of one kind alone: what a comparison and a history need.
    [[nodiscard]] qint64 chars() const { return m_chars; }

    static constexpr qsizetype MaxLines = 50'000;
    static constexpr qint64 MaxChars = 8'000'000;
    static constexpr qsizetype MaxLine = 16'000; //!< a longer one is broken

private:
    struct Parser
    {
        QByteArray pending; //!< an escape sequence that has begun
        TextStyle style;
    };

    void put(const QString &text, const TextStyle &style);
    void newLine();
    void control(char c, Parser &parser);
    //! Bytes that the escape sequence at \a begin takes; 0: it is not whole yet.
    qsizetype escape(const char *begin, const char *end, Parser &parser);
    void style(const QByteArray &parameters, TextStyle *style) const;
    void eraseInLine(int mode);
    void trim();
    [[nodiscard]] OutputLine &current();

    std::deque<OutputLine> m_lines;
    Parser m_parsers[3];
    qsizetype m_column = 0;
    qsizetype m_longest = 0;
    qint64 m_dropped = 0;
    qint64 m_chars = 0;
};

} // namespace isol8::desktop
