// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/Table.h>

#include <algorithm>

namespace isol8::cli {

QString table(const QList<QStringList> &rows)
{
    QList<qsizetype> widths;
    for (const QStringList &row : rows) {
        for (qsizetype i = 0; i < row.size(); ++i) {
            if (i == widths.size())
                widths.append(0);
            widths[i] = std::max(widths[i], row[i].size());
        }
    }
    QString text;
    for (const QStringList &row : rows) {
        for (qsizetype i = 0; i < row.size(); ++i)
            text += i + 1 == row.size() ? QString(row[i] + u'\n') : row[i].leftJustified(widths[i] + 2);
    }
    return text;
}

} // namespace isol8::cli
