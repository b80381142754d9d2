// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/base/Nearest.h>

#include <QList>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

constexpr qsizetype LongestWord = 64;

// Damerau-Levenshtein, restricted to swaps of neighbours; three rows of the table are enough.
qsizetype distance(QStringView a, QStringView b)
{
    QList<qsizetype> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
    for (qsizetype j = 0; j <= b.size(); ++j)
        above[j] = j;
    for (qsizetype i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (qsizetype j = 1; j <= b.size(); ++j) {
            const qsizetype change = a[i - 1] == b[j - 1] ? 0 : 1;
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + change});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before.swap(above);
        above.swap(row);
    }
    return above[b.size()];
}

} // namespace

QString nearest(QStringView word, const QStringList &candidates)
{
    if (word.isEmpty() || word.size() > LongestWord)
        return {};
    const QString wanted = word.toString().toLower();
    QString best;
    qsizetype bestDistance = std::max<qsizetype>(1, std::min<qsizetype>(3, wanted.size() / 3)) + 1;
    for (const QString &candidate : candidates) {
        if (candidate.size() > LongestWord)
            continue;
        const QString lower = candidate.toLower();
        qsizetype d = distance(wanted, lower);
        // A part of the word, as "memory" for "memoryLimit" or "timeout" for "timeoutMs".
        if (d > 0 && wanted.size() >= 3 && (lower.startsWith(wanted) || wanted.startsWith(lower)))
            d = 1;
        if (d < bestDistance) {
            best = candidate;
            bestDistance = d;
        }
    }
    return best;
}

QString didYouMean(QStringView word, const QStringList &candidates)
{
    const QString near = nearest(word, candidates);
    return near.isEmpty() ? QString() : u" Did you mean \"%1\"?"_s.arg(near);
}

} // namespace isol8
