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

} // namespace isol8::service
