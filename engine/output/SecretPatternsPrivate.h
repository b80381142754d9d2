// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/output/OutputFilter.h>
#include <isol8/output/PatternAutomaton.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace isol8 {

/*!
    Says quickly where no pattern begins: a bit for each hash of the four bytes with which one may. False alarms are
    possible, misses are not.
*/
class PatternFilter
{
public:
    void add(const char *fourBytes)
    {
        const quint32 h = hash(fourBytes);
        m_bits[h / 64] |= quint64(1) << (h % 64);
    }
    //! The first place from \a at on where a pattern may begin, or where fewer than four bytes are left.
    [[nodiscard]] qsizetype next(QByteArrayView text, qsizetype at) const
    {
        const char *bytes = text.data();
        for (const qsizetype end = text.size() - 3; at < end; ++at)
            if (const quint32 h = hash(bytes + at); (m_bits[h / 64] >> (h % 64)) & 1)
                break;
        return at;
    }

private:
    static quint32 hash(const char *bytes)
    {
        quint32 v;
        std::memcpy(&v, bytes, sizeof v);
        return (v * 0x9e3779b1U) >> 16;
    }
    std::array<quint64, 1024> m_bits{};
};

class SecretPatterns::Private
{
public:
    explicit Private(const QList<QByteArray> &secrets);

    static bool isLineBreak(char c) { return c == '\n' || c == '\r'; }
    //! Encoders wrap base64 into lines: so many bytes of line breaks in a row are passed over inside a pattern.
    static constexpr int LineBreak = 2;
    //! Least of a pattern that is held back at a line's end, or taken for a secret where the source was cut.
    static constexpr quint32 Telling = 4;
    //! How many of a pattern's first bytes may be seen when they stand alone for a while: not those that tell much.
    [[nodiscard]] quint32 untelling() const { return quint32(std::clamp<qsizetype>(shortest / 4, 1, Telling - 1)); }

    PatternAutomaton plain;
    PatternAutomaton base64; // of text without its line breaks
    PatternFilter filter;
    qsizetype longest = 0;
    qsizetype shortest = 0; // 0: there are none
};

} // namespace isol8
