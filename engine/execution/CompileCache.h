// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Units.h>
#include <isol8/guest/protocol.h>

#include <QByteArray>
#include <QCache>

namespace isol8 {

/*!
    What compile steps have made, in memory: the same source, compiled by the same command in the same image for the
   same owner, is not compiled again. The least recently used goes first. What it holds came out of a sandbox; it only
   ever goes into one that would have made the same.
*/
class CompileCache
{
public:
    static constexpr qint64 MaxProgram = 16 * MiB;
    static constexpr qint64 MaxBytes = 128 * MiB;

    //! Everything that bears on what a compile step makes, given that it sees no other file. Pure.
    [[nodiscard]] static QByteArray key(const QString &image, const guest::RunMessage &compiler,
                                        const QByteArray &source);

    //! Null: not known.
    [[nodiscard]] const QByteArray *find(const QString &owner, const QByteArray &key) const;
    void insert(const QString &owner, const QByteArray &key, const QByteArray &program);

private:
    QCache<QByteArray, QByteArray> m_programs{int(MaxBytes / KiB)};
};

} // namespace isol8
