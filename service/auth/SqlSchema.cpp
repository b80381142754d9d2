// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/auth/SqlSchema.h>

#include <service/auth/AuthErrors.h>

#include <QSqlDatabase>
#include <QSqlError>
#include <QSqlQuery>

#include <utility>
#include <vector>

using namespace Qt::StringLiterals;

namespace isol8::service {

namespace {

using Kind = DatabaseTarget::Kind;

// What is one's own by name is compared byte by byte: MySQL takes "Acme" for "acme" otherwise.
QString tableEnd(Kind kind)
{
    return kind == Kind::MySql ? u") ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"_s : u")"_s;
}

const std::vector<QStringList> &steps()
{
    static const std::vector<QStringList> all{
        {u"CREATE TABLE IF NOT EXISTS isol8_keys ("
         "id VARCHAR(36) NOT NULL PRIMARY KEY, "
         "digest VARCHAR(64) NOT NULL UNIQUE, "
         "prefix VARCHAR(32) NOT NULL, "
         "name VARCHAR(100) NOT NULL, "
         "tenant VARCHAR(64) NOT NULL, "
         "created_at BIGINT NOT NULL, "
         "expires_at BIGINT NOT NULL, "
         "last_used_at BIGINT NOT NULL, "
         "revoked SMALLINT NOT NULL"_s},
        {u"CREATE TABLE IF NOT EXISTS isol8_quotas ("
         "key_id VARCHAR(36) NOT NULL PRIMARY KEY, "
         "runs_per_minute INTEGER NOT NULL, "
         "concurrent_runs INTEGER NOT NULL, "
         "cpu_seconds_per_day BIGINT NOT NULL"_s,
         u"CREATE TABLE IF NOT EXISTS isol8_cpu ("
         "key_id VARCHAR(36) NOT NULL, "
         "day BIGINT NOT NULL, "
         "cpu_ms BIGINT NOT NULL, "
         "PRIMARY KEY (key_id, day)"_s},
        {u"CREATE TABLE IF NOT EXISTS isol8_keeping ("
         "key_id VARCHAR(36) NOT NULL PRIMARY KEY, "
         "sessions INTEGER NOT NULL, "
         "snapshots INTEGER NOT NULL"_s},
    };
    return all;
}

Result<void> execute(QSqlQuery *query, const QString &statement)
{
    if (query->exec(statement))
        return {};
    return databaseFailure(query->lastError());
}

Result<int> doneSteps(QSqlQuery *query)
{
    if (const auto read = execute(query, u"SELECT MAX(version) FROM isol8_schema"_s); !read)
        return fail(read.error());
    const int done = query->next() ? query->value(0).toInt() : 0;
    query->finish();
    if (done > schemaVersion())
        return fail(autherrors::AuthDatabase,
                    u"The key database was made by a newer isol8; use that one, or another database."_s);
    return done;
}

Result<void> catchUp(const QSqlDatabase &database, Kind kind)
{
    QSqlQuery query(database);
    const QString begun = u"CREATE TABLE IF NOT EXISTS isol8_schema (version INTEGER NOT NULL PRIMARY KEY"_s;
    if (auto made = execute(&query, begun + tableEnd(kind)); !made)
        return made;
    const auto done = doneSteps(&query);
    if (!done)
        return fail(done.error());
    for (int step = *done; step < schemaVersion(); ++step) {
        for (const QString &table : steps()[size_t(step)]) {
            if (auto made = execute(&query, table + tableEnd(kind)); !made)
                return made;
        }
        if (auto noted = execute(&query, u"INSERT INTO isol8_schema (version) VALUES (%1)"_s.arg(step + 1)); !noted)
            return noted;
    }
    return {};
}

// PostgreSQL and SQLite do it all or not at all; there the transaction's lock goes with it.
Result<void> begin(QSqlQuery *query, Kind kind)
{
    if (kind == Kind::Sqlite)
        return execute(query, u"BEGIN IMMEDIATE"_s);
    if (kind == Kind::Postgres) {
        if (auto begun = execute(query, u"BEGIN"_s); !begun)
            return begun;
        return execute(query, u"SELECT pg_advisory_xact_lock(1769172792)"_s); // any number that nobody else takes
    }
    if (auto asked = execute(query, u"SELECT GET_LOCK('isol8_schema', 10)"_s); !asked)
        return asked;
    if (query->next() && query->value(0).toInt() == 1)
        return {};
    return fail(autherrors::AuthUnavailable, u"Another isol8 works on the key database's tables; try again."_s);
}

} // namespace

int schemaVersion()
{
    return int(steps().size());
}

tl::unexpected<Error> databaseFailure(const QSqlError &error)
{
    return fail(autherrors::AuthUnavailable,
                error.type() == QSqlError::ConnectionError
                    ? u"The key database cannot be reached; try again in a moment."_s
                    : u"The key database does not do what it is asked; try again in a moment."_s,
                error.text().simplified().left(500));
}

Result<void> migrate(const QSqlDatabase &database, Kind kind)
{
    // Most often there is nothing to do, and nobody to be kept waiting for that.
    if (QSqlQuery look(database); look.exec(u"SELECT MAX(version) FROM isol8_schema"_s)) {
        if (look.next() && look.value(0).toInt() == schemaVersion())
            return {};
    }
    QSqlQuery query(database);
    if (auto begun = begin(&query, kind); !begun)
        return begun;
    query.finish();
    auto done = catchUp(database, kind);
    if (kind == Kind::MySql)
        query.exec(u"SELECT RELEASE_LOCK('isol8_schema')"_s);
    else if (!query.exec(done ? u"COMMIT"_s : u"ROLLBACK"_s) && done)
        return databaseFailure(query.lastError());
    return done;
}

} // namespace isol8::service
