// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QByteArrayView>

namespace isol8 {

//! Text of at most \a room bytes: what does not fit is dropped, never in the middle of a character, and nothing follows
//! it.
class LimitedText
{
public:
    explicit LimitedText(qint64 room)
        : m_room(room)
    {
    }

    //! \a text is valid UTF-8, or it may be cut between any two bytes.
    void append(QByteArrayView text);
    [[nodiscard]] bool isFull() const { return m_full; }
    [[nodiscard]] bool atLineStart() const { return m_last == '\n'; }
    [[nodiscard]] qint64 room() const { return m_room; }
    //! What was appended since the last call.
    [[nodiscard]] QByteArray take() { return std::exchange(m_text, {}); }
    void reserve(qsizetype bytes) { m_text.reserve(bytes); }

private:
    QByteArray m_text;
    qint64 m_room;
    char m_last = '\n';
    bool m_full = false;
};

/*!
    Makes a byte stream valid UTF-8: each maximal part that is no character and cannot become one is one U+FFFD, as
    Unicode recommends and browsers do. A character cut by a chunk's edge is joined.
*/
class Utf8Sanitizer
{
public:
    void feed(QByteArrayView bytes, LimitedText &text);
    //! The stream's end. \a cut: a character that is not complete was cut by whoever cut the stream, and is left out.
    void finish(bool cut, LimitedText &text);

private:
    [[nodiscard]] qsizetype complete(QByteArrayView bytes, LimitedText &text);

    char m_begun[4]{};
    int m_size = 0; // of m_begun: a character's beginning, incomplete
};

} // namespace isol8
