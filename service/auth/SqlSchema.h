// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>
#include <service/auth/DatabaseTarget.h>

class QSqlDatabase;
class QSqlError;

namespace isol8::service {

/*!
    Makes the tables of \a database, or those that an older isol8 did not have: `isol8_schema` holds how many of the
   steps were done. One service at a time does that, and each step may be done again, since MySQL has no way back from
   half of one. auth_database where a newer isol8 has been there.
*/
[[nodiscard]] Result<void> migrate(const QSqlDatabase &database, DatabaseTarget::Kind kind);
//! How many steps there are.
[[nodiscard]] int schemaVersion();

//! auth_unavailable with the driver's words as detail.
[[nodiscard]] tl::unexpected<Error> databaseFailure(const QSqlError &error);

} // namespace isol8::service
