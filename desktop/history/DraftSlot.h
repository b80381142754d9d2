// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>

#include <memory>

QT_BEGIN_NAMESPACE
class QLockFile;
QT_END_NAMESPACE

namespace isol8::desktop {

/*!
    Where the program that is being written is kept: each window has a place of its own, held by a lock file for as long
    as its process lives, so that two do not write over each other's.
*/
class DraftSlot
{
public:
    explicit DraftSlot(QString folder);
    ~DraftSlot();

    //! From 1; the same one once it was taken. The first that nobody holds of \a kept, which have a program, else of
    //! all.
    int number(const QList<int> &kept);

private:
    bool take(int number);

    QString m_folder;
    std::unique_ptr<QLockFile> m_lock;
    int m_number = 0;
};

} // namespace isol8::desktop
