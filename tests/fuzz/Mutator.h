// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QList>

#include <random>
#include <span>

namespace isol8::fuzz {

/*!
    Inputs made from others: bits, bytes and numbers changed, pieces cut, doubled, moved, taken from another input, or
    from the \a words of a target. The same for the same seed. It knows nothing of what its inputs reach, as libFuzzer
   does.
*/
class Mutator
{
public:
    Mutator(quint64 seed, QList<QByteArray> corpus, std::span<const char *const> words);

    [[nodiscard]] QByteArray next();

    static constexpr qsizetype LongestInput = 4096;

private:
    void change(QByteArray *input);
    [[nodiscard]] qsizetype below(qsizetype end);

    std::mt19937_64 m_random;
    QList<QByteArray> m_corpus;
    std::span<const char *const> m_words;
};

} // namespace isol8::fuzz
