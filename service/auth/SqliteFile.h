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

} // namespace isol8::service
