// SPDX-License-Identifier: GPL-3.0-or-later
#include "Mutator.h"

#include <algorithm>
#include <array>

namespace isol8::fuzz {

Mutator::Mutator(quint64 seed, QList<QByteArray> corpus, std::span<const char *const> words)
    : m_random(seed)
    , m_corpus(std::move(corpus))
    , m_words(words)
{
    if (m_corpus.isEmpty())
        m_corpus.append(QByteArray());
}

qsizetype Mutator::below(qsizetype end)
{
    return end <= 0 ? 0 : qsizetype(m_random() % quint64(end));
}

QByteArray Mutator::next()
{
    QByteArray input = m_corpus[below(m_corpus.size())];
    for (qsizetype changes = 1 + below(8); changes > 0; --changes)
        change(&input);
    input.truncate(LongestInput);
    // What was made is sometimes where the next begins, so that changes add up.
    if (below(16) == 0)
        m_corpus.size() < 256 ? m_corpus.append(input) : void(m_corpus[below(m_corpus.size())] = input);
    return input;
}

void Mutator::change(QByteArray *input)
{
    static constexpr std::array<unsigned char, 10> edges{0, 1, 0x7f, 0x80, 0xff, '\n', '\r', ' ', '"', '\\'};
    const qsizetype at = below(input->size() + 1);
    const qsizetype size = std::min<qsizetype>(1 + below(16), input->size() - at);
    switch (below(10)) {
    case 0: // a bit
        if (at < input->size())
            (*input)[at] = char(input->at(at) ^ (1 << below(8)));
        break;
    case 1: // a byte, to one that means something
        if (at < input->size())
            (*input)[at] = char(edges[size_t(below(qsizetype(edges.size())))]);
        break;
    case 2: // a byte, to any
        input->insert(at, char(below(256)));
        break;
    case 3: // a piece less
        input->remove(at, size);
        break;
    case 4: // a piece twice, or many times
        input->insert(at, input->mid(at, size).repeated(1 + below(below(8) == 0 ? 200 : 3)));
        break;
    case 5: // a piece of another
    {
        const QByteArray &other = m_corpus[below(m_corpus.size())];
        const qsizetype from = below(other.size() + 1);
        input->insert(at, other.mid(from, 1 + below(64)));
        break;
    }
    case 6: // a big-endian number
        if (at + 4 <= input->size()) {
            const quint32 values[] = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff, quint32(input->size() - at), 65536};
            const quint32 value = values[below(std::size(values))];
            for (int i = 0; i < 4; ++i)
                (*input)[at + i] = char(value >> (24 - 8 * i));
        }
        break;
    case 7: // the end is elsewhere
        if (below(4) == 0)
            input->truncate(at);
        break;
    default: // a word
        if (!m_words.empty())
            input->insert(at, m_words[size_t(below(qsizetype(m_words.size())))]);
    }
}

} // namespace isol8::fuzz
