// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/output/Utf8Sanitizer.h>

#include <algorithm>
#include <cstring>

namespace isol8 {

namespace {

constexpr QByteArrayView Replacement("\xef\xbf\xbd");

bool isContinuation(char c)
{
    return (uchar(c) & 0xc0) == 0x80;
}

struct Lead
{
    int length = 0; // of the character; 0: no character begins so
    uchar low = 0x80;
    uchar high = 0xbf; // what the second byte may be
};

Lead lead(uchar c)
{
    if (c >= 0xc2 && c <= 0xdf)
        return {2};
    if (c >= 0xe0 && c <= 0xef)
        return {3, uchar(c == 0xe0 ? 0xa0 : 0x80), uchar(c == 0xed ? 0x9f : 0xbf)};
    if (c >= 0xf0 && c <= 0xf4)
        return {4, uchar(c == 0xf0 ? 0x90 : 0x80), uchar(c == 0xf4 ? 0x8f : 0xbf)};
    return {};
}

struct Character
{
    int length = 0;   // 0: not valid
    int prefix = 1;   // else bytes that belong together
    bool cut = false; // more bytes could complete it
};

// The character that begins with a byte past ASCII.
Character character(const char *bytes, qsizetype size)
{
    const Lead first = lead(uchar(bytes[0]));
    if (first.length == 0)
        return {};
    for (int i = 1; i < first.length; ++i) {
        if (i == size)
            return {0, i, true};
        const auto c = uchar(bytes[i]);
        if (i == 1 ? c < first.low || c > first.high : !isContinuation(bytes[i]))
            return {0, i, false};
    }
    return {first.length, first.length, false};
}

// The first byte past ASCII from \a at on.
qsizetype skipAscii(QByteArrayView bytes, qsizetype at)
{
    constexpr quint64 high = 0x8080808080808080;
    quint64 words[4];
    while (bytes.size() - at >= qsizetype(sizeof words)) {
        std::memcpy(words, bytes.data() + at, sizeof words);
        if ((words[0] | words[1] | words[2] | words[3]) & high)
            break;
        at += qsizetype(sizeof words);
    }
    while (at < bytes.size() && uchar(bytes[at]) < 0x80)
        ++at;
    return at;
}

} // namespace

void LimitedText::append(QByteArrayView text)
{
    if (m_full || text.isEmpty())
        return;
    if (text.size() > m_room) {
        m_full = true;
        auto fits = qsizetype(m_room);
        while (fits > 0 && isContinuation(text[fits]))
            --fits;
        text = text.first(fits);
        if (text.isEmpty())
            return;
    }
    m_room -= text.size();
    m_last = text.back();
    m_text.append(text);
}

void Utf8Sanitizer::feed(QByteArrayView bytes, LimitedText &text)
{
    qsizetype shown = m_size ? complete(bytes, text) : 0;
    qsizetype at = shown;
    while ((at = skipAscii(bytes, at)) < bytes.size()) {
        const Character c = character(bytes.data() + at, bytes.size() - at);
        if (c.length) {
            at += c.length;
            continue;
        }
        text.append(bytes.sliced(shown, at - shown));
        if (c.cut) {
            m_size = c.prefix;
            std::memcpy(m_begun, bytes.data() + at, size_t(c.prefix));
            return;
        }
        text.append(Replacement);
        at += c.prefix;
        shown = at;
    }
    text.append(bytes.sliced(shown));
}

// Goes on with the character that the last chunk began; returns what it took of \a bytes.
qsizetype Utf8Sanitizer::complete(QByteArrayView bytes, LimitedText &text)
{
    for (qsizetype i = 0; i < bytes.size(); ++i) {
        m_begun[m_size] = bytes[i];
        const Character c = character(m_begun, m_size + 1);
        if (c.length) {
            text.append(QByteArrayView(m_begun, c.length));
            m_size = 0;
            return i + 1;
        }
        if (!c.cut) { // the byte does not belong to it
            text.append(Replacement);
            m_size = 0;
            return i;
        }
        ++m_size;
    }
    return bytes.size();
}

void Utf8Sanitizer::finish(bool cut, LimitedText &text)
{
    if (m_size && !cut)
        text.append(Replacement);
    m_size = 0;
}

} // namespace isol8
