// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/output/SecretScanner.h>

#include <algorithm>

namespace isol8 {

void SecretScanner::feed(QByteArrayView chunk, ByteSink &sink)
{
    const quint64 begin = m_read;
    for (qsizetype i = 0; i < chunk.size(); ++i) {
        if (m_plain == PatternAutomaton::Start && m_base64 == PatternAutomaton::Start) {
            i = m_patterns->filter.next(chunk, i);
            if (i == chunk.size())
                break;
        }
        step(chunk[i], begin + quint64(i) + 1);
    }
    m_read = begin + quint64(chunk.size());
    release(heldFrom(), chunk, begin, sink);
}

void SecretScanner::pause(ByteSink &sink)
{
    // Every match that is still to come begins at heldFrom() or behind it, now and at each earlier pause.
    release(std::min(m_read, heldFrom() + m_patterns->untelling()), {}, m_read, sink);
}

void SecretScanner::finish(bool cut, ByteSink &sink)
{
    const quint32 plain = m_patterns->plain.depth(m_plain);
    const quint32 base64 = m_patterns->base64.depth(m_base64);
    if (cut && plain >= SecretPatterns::Private::Telling)
        hide(m_read - plain, m_read);
    if (cut && base64 >= SecretPatterns::Private::Telling)
        hide(base64Begin(base64, m_read), m_read);
    release(m_read, {}, m_read, sink);
    m_plain = m_base64 = PatternAutomaton::Start;
}

void SecretScanner::step(char byte, quint64 end)
{
    m_plain = m_patterns->plain.step(m_plain, byte);
    if (const quint32 length = m_patterns->plain.match(m_plain))
        hide(end - length, end);
    stepBase64(byte, end);
}

void SecretScanner::stepBase64(char byte, quint64 end)
{
    const PatternAutomaton &automaton = m_patterns->base64;
    if (m_base64 != PatternAutomaton::Start && SecretPatterns::Private::isLineBreak(byte) &&
        m_breakLength < SecretPatterns::Private::LineBreak) {
        ++m_breakLength;
        m_lineBreaks.push_back(m_characters);
        if (automaton.depth(m_base64) < SecretPatterns::Private::Telling)
            m_shown = end;
        return;
    }
    m_breakLength = 0;
    m_base64 = automaton.step(m_base64, byte);
    ++m_characters;
    if (m_base64 == PatternAutomaton::Start) {
        m_lineBreaks.clear();
        return;
    }
    while (!m_lineBreaks.empty() && m_lineBreaks.front() <= m_characters - automaton.depth(m_base64))
        m_lineBreaks.pop_front();
    if (const quint32 length = automaton.match(m_base64))
        hide(base64Begin(length, end), end);
}

// Where the last \a length characters of base64 before \a end begin.
quint64 SecretScanner::base64Begin(quint32 length, quint64 end) const
{
    const quint64 before = m_characters - length;
    const auto inside = std::upper_bound(m_lineBreaks.begin(), m_lineBreaks.end(), before);
    return std::max(end - length - quint64(m_lineBreaks.end() - inside), m_shown);
}

void SecretScanner::hide(quint64 begin, quint64 end)
{
    while (!m_masks.empty() && m_masks.back().end > begin) {
        begin = std::min(begin, m_masks.back().begin);
        m_masks.pop_back();
    }
    if (begin < end)
        m_masks.push_back({begin, end});
}

// No match that is still to come begins before this.
quint64 SecretScanner::heldFrom() const
{
    const quint32 plain = m_patterns->plain.depth(m_plain);
    const quint32 base64 = m_patterns->base64.depth(m_base64);
    return std::min(m_read - plain, base64 ? base64Begin(base64, m_read) : m_read);
}

void SecretScanner::release(quint64 until, QByteArrayView chunk, quint64 chunkBegin, ByteSink &sink)
{
    const auto show = [&](quint64 to) {
        m_hiddenLast = m_hiddenLast && to <= m_released;
        const quint64 heldBegin = chunkBegin - quint64(m_held.size());
        if (m_released < chunkBegin && m_released < to)
            sink.put(QByteArrayView(m_held).sliced(qsizetype(m_released - heldBegin),
                                                   qsizetype(std::min(to, chunkBegin) - m_released)));
        const quint64 from = std::max(m_released, chunkBegin);
        if (from < to)
            sink.put(chunk.sliced(qsizetype(from - chunkBegin), qsizetype(to - from)));
        m_released = std::max(m_released, to);
    };
    while (!m_masks.empty() && m_masks.front().begin <= until) {
        const Mask mask = m_masks.front();
        m_masks.pop_front();
        if (mask.begin >= m_released || !m_hiddenLast) { // else it prolongs one that was shown as hidden already
            show(mask.begin);
            sink.put("***");
        }
        m_hiddenLast = true;
        m_released = std::max(m_released, mask.end);
    }
    show(until);

    if (m_released >= chunkBegin) {
        m_held = chunk.sliced(qsizetype(m_released - chunkBegin)).toByteArray();
    } else {
        m_held.remove(0, m_held.size() - qsizetype(chunkBegin - m_released));
        m_held.append(chunk);
    }
}

} // namespace isol8
