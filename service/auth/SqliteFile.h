// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>

namespace isol8::service {

/*!
    Makes the file \a path for its owner alone (0600), and its folder (0700) where that is missing; SQLite gives the
   files beside it the same. auth_database where the file is another user's or no plain one, or where anybody could put
    another in its place.
*/
[[nodiscard]] Result<void> prepareSqliteFile(const QString &path);

//! Which file a path names, whatever that is called later. Two are the same when these are.
struct FileIdentity
{
    quint64 device = 0;
    quint64 inode = 0; //!< 0: there is none
    friend bool operator==(const FileIdentity &, const FileIdentity &) = default;
};
[[nodiscard]] FileIdentity identityOf(const QString &path);

//! The files that SQLite keeps beside a database: what is written to it, and not in it yet.
struct SqliteCompanions
{
    FileIdentity log;   //!< "-wal"
    FileIdentity index; //!< "-shm"
};
[[nodiscard]] SqliteCompanions companionsOf(const QString &path);
/*!
    Removes those of \a left that are still beside \a path, which is another database than theirs: SQLite would take
   them for its own, and show what was in the old one. auth_unavailable where that cannot be done.
*/
[[nodiscard]] Result<void> removeCompanions(const QString &path, const SqliteCompanions &left);

} // namespace isol8::service
