// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QByteArrayView>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

// What the targets' functions are made of.
namespace isol8::fuzz {

inline void demand(bool holds, const char *what)
{
    if (holds)
        return;
    std::fprintf(stderr, "fuzz: %s\n", what);
    std::abort();
}

//! \a input in pieces of which the first has \a cut bytes; in one piece for 0. Until \a feed says false.
template<class Feed> void inPieces(QByteArrayView input, quint8 cut, Feed &&feed)
{
    qsizetype size = cut == 0 ? input.size() : cut;
    while (!input.isEmpty()) {
        size = std::min<qsizetype>(std::max<qsizetype>(size, 1), input.size());
        if (!feed(input.first(size)))
            return;
        input = input.sliced(size);
        size = size * 2 % 61 + 1;
    }
}

//! Takes the first byte, which says how the rest is cut.
inline quint8 cutOf(QByteArrayView &input)
{
    if (input.isEmpty())
        return 0;
    const auto cut = quint8(input.front());
    input = input.sliced(1);
    return cut;
}

} // namespace isol8::fuzz
