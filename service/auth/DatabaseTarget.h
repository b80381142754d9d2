// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>

namespace isol8::service {

/*!
    Which database keys are kept in, and how it is reached.

    - a path: an SQLite file there; empty: ~/.isol8/auth.db
    - `postgres://USER:PASSWORD@HOST:PORT/NAME`, also `postgresql://`, with `?host=` (a socket's folder), `sslmode`,
      `sslrootcert`, `sslcert` and `sslkey` as libpq has them
    - `mysql://USER:PASSWORD@HOST:PORT/NAME`, also `mariadb://`, with `?socket=` (a socket's path), `ssl-ca`, `ssl-cert`
      and `ssl-key`
*/
struct DatabaseTarget
{
    enum class Kind { Sqlite, Postgres, MySql };

    Kind kind = Kind::Sqlite;
    QString file = {}; //!< absolute
    QString host = {};
    int port = -1;
    QString user = {};
    QString password = {};
    QString name = {};
    QString options = {}; //!< as QSqlDatabase::setConnectOptions() takes them

    //! auth_database; what it says repeats nothing of \a text, which may hold a password.
    [[nodiscard]] static Result<DatabaseTarget> parse(const QString &text);
};

} // namespace isol8::service
