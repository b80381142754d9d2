// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/output/PatternAutomaton.h>
#include <isol8/output/SecretPatternsPrivate.h>

#include <deque>

namespace isol8 {

//! Takes bytes as they become final.
class ByteSink
{
public:
    virtual void put(QByteArrayView bytes) = 0;

protected:
    ~ByteSink() = default;
};

/*!
    Replaces the patterns of a stream by "***". Every byte that belongs to a match is hidden; matches that overlap
    become one "***". Bytes are held back while they may be the beginning of a match, so the result does not depend
    on the chunks.

    Base64 is matched with its line breaks left out. Of a match that is broken within its first three
    characters, these three stay visible: else each line that ends in a character with which some pattern begins would
   be held back until the next one.
*/
class SecretScanner
{
public:
    explicit SecretScanner(const SecretPatterns::Private *patterns)
        : m_patterns(patterns)
    {
    }

    void feed(QByteArrayView chunk, ByteSink &sink);
    //! Nothing comes for a while: shows what of the held bytes tells little of a secret. Where one goes on behind them,
    //! the rest of it is hidden.
    void pause(ByteSink &sink);
    [[nodiscard]] bool isHolding() const { return m_released < m_read; }
    //! \a cut: the stream went on, so a match that has begun with at least four bytes is hidden too.
    void finish(bool cut, ByteSink &sink);

private:
    struct Mask
    {
        quint64 begin;
        quint64 end;
    };

    void step(char byte, quint64 end);
    void stepBase64(char byte, quint64 end);
    void hide(quint64 begin, quint64 end);
    [[nodiscard]] quint64 base64Begin(quint32 length, quint64 end) const;
    [[nodiscard]] quint64 heldFrom() const;
    void release(quint64 until, QByteArrayView chunk, quint64 chunkBegin, ByteSink &sink);

    const SecretPatterns::Private *m_patterns;
    PatternAutomaton::State m_plain = PatternAutomaton::Start;
    PatternAutomaton::State m_base64 = PatternAutomaton::Start;

    // Positions count bytes from the stream's beginning.
    quint64 m_read = 0;        // what the automata have seen
    quint64 m_released = 0;    // what is final: shown or hidden
    bool m_hiddenLast = false; // what ends at m_released was hidden
    QByteArray m_held;         // m_released to m_read
    std::deque<Mask> m_masks;  // found and not final, in order, apart

    quint64 m_characters = 0;         // of base64, line breaks left out
    std::deque<quint64> m_lineBreaks; // m_characters at each byte of a line break inside what has begun
    int m_breakLength = 0;            // bytes of the line break that is being passed over
    quint64 m_shown = 0;              // base64 before this is not hidden any more
};

} // namespace isol8
