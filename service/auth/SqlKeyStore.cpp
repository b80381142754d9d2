// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/auth/SqlKeyStore.h>

#include <service/auth/AuthErrors.h>
#include <service/auth/SqlSchema.h>
#include <service/auth/SqliteFile.h>

#include <QSqlDatabase>
#include <QSqlError>
#include <QSqlQuery>
#include <QUuid>

using namespace Qt::StringLiterals;

namespace isol8::service {

namespace {

using Kind = DatabaseTarget::Kind;

QString driverOf(Kind kind)
{
    return kind == Kind::Sqlite ? u"QSQLITE"_s : kind == Kind::Postgres ? u"QPSQL"_s : u"QMYSQL"_s;
}

QString packageOf(Kind kind)
{
    return kind == Kind::Sqlite     ? u"libqt6sql6-sqlite"_s
           : kind == Kind::Postgres ? u"libqt6sql6-psql"_s
                                    : u"libqt6sql6-mysql"_s;
}

QString placeholders(qsizetype count)
{
    QString text = u"?"_s;
    for (qsizetype i = 1; i < count; ++i)
        text += u", ?"_s;
    return text;
}

KeyRecord recordOf(const QSqlQuery &query)
{
    KeyRecord record;
    record.id = query.value(0).toString();
    record.digest = QByteArray::fromHex(query.value(1).toString().toLatin1());
    record.prefix = query.value(2).toString();
    record.name = query.value(3).toString();
    record.tenant = query.value(4).toString();
    record.createdAt = query.value(5).toLongLong();
    record.expiresAt = query.value(6).toLongLong();
    record.lastUsedAt = query.value(7).toLongLong();
    record.revoked = query.value(8).toInt() != 0;
    record.quota = {query.value(9).toInt(), query.value(10).toInt(), query.value(11).toLongLong(),
                    query.value(12).toInt(), query.value(13).toInt()};
    record.cpuMs = query.value(14).toLongLong();
    return record;
}

} // namespace

SqlKeyStore::SqlKeyStore(DatabaseTarget target)
    : m_target(std::move(target))
{
}

SqlKeyStore::~SqlKeyStore()
{
    disconnect();
}

QSqlDatabase SqlKeyStore::database() const
{
    return QSqlDatabase::database(m_connection, false);
}

Result<void> SqlKeyStore::connect()
{
    const QString driver = driverOf(m_target.kind);
    if (!QSqlDatabase::isDriverAvailable(driver))
        return fail(autherrors::AuthDatabase,
                    u"Qt's driver for the key database is missing: install %1."_s.arg(packageOf(m_target.kind)));
    if (m_target.kind == Kind::Sqlite) {
        // One that was there is not made anew: without its keys everybody would be refused, and nobody told why.
        if (m_file.inode != 0 && identityOf(m_target.file).inode == 0)
            return fail(autherrors::AuthUnavailable,
                        u"The key database %1 is gone; put it back, or start the service anew."_s.arg(m_target.file));
        if (auto prepared = prepareSqliteFile(m_target.file); !prepared)
            return prepared;
        if (m_file.inode != 0 && identityOf(m_target.file) != m_file) {
            if (auto removed = removeCompanions(m_target.file, m_companions); !removed)
                return removed;
        }
    }
    m_connection = u"isol8-keys-"_s + QUuid::createUuid().toString(QUuid::WithoutBraces);
    auto connected = [this, &driver]() -> Result<void> {
        QSqlDatabase made = QSqlDatabase::addDatabase(driver, m_connection);
        made.setHostName(m_target.host);
        made.setPort(m_target.port);
        made.setUserName(m_target.user);
        made.setPassword(m_target.password);
        made.setDatabaseName(m_target.kind == Kind::Sqlite ? m_target.file : m_target.name);
        made.setConnectOptions(m_target.kind == Kind::Sqlite ? u"QSQLITE_BUSY_TIMEOUT=5000"_s : m_target.options);
        if (!made.open())
            return databaseFailure(made.lastError());
        if (m_target.kind == Kind::Sqlite)
            m_file = identityOf(m_target.file);
        if (auto settled = settle(made); !settled)
            return settled;
        return migrate(made, m_target.kind);
    }();
    if (!connected)
        disconnect();
    else if (m_target.kind == Kind::Sqlite)
        m_companions = companionsOf(m_target.file);
    return connected;
}

// Whatever a server waits for, it does not take this thread with it.
Result<void> SqlKeyStore::settle(const QSqlDatabase &database) const
{
    QStringList statements;
    if (m_target.kind == Kind::Sqlite)
        statements = {u"PRAGMA journal_mode = WAL"_s, u"PRAGMA synchronous = FULL"_s};
    else if (m_target.kind == Kind::Postgres)
        statements = {u"SET statement_timeout = 5000"_s, u"SET client_min_messages = warning"_s};
    else
        statements = {u"SET SESSION innodb_lock_wait_timeout = 5"_s};
    QSqlQuery query(database);
    for (const QString &statement : std::as_const(statements)) {
        if (!query.exec(statement))
            return databaseFailure(query.lastError());
    }
    return {};
}

void SqlKeyStore::disconnect()
{
    if (m_connection.isEmpty())
        return;
    database().close();
    QSqlDatabase::removeDatabase(std::exchange(m_connection, {}));
}

Result<void> SqlKeyStore::checkFile()
{
    if (m_target.kind != Kind::Sqlite || m_connection.isEmpty())
        return {};
    const SqliteCompanions companions = companionsOf(m_target.file);
    if (identityOf(m_target.file) == m_file) {
        m_companions = companions;
        return {};
    }
    disconnect();
    return connect();
}

bool SqlKeyStore::stillReads() const
{
    QSqlQuery query(database());
    return m_target.kind == Kind::Sqlite && query.exec(u"SELECT MAX(version) FROM isol8_schema"_s) && query.next();
}

template<class T> Result<T> SqlKeyStore::attempt(const std::function<Result<T>()> &work)
{
    if (const auto there = checkFile(); !there)
        return fail(there.error());
    const bool isOld = !m_connection.isEmpty();
    if (!isOld) {
        if (const auto connected = connect(); !connected)
            return fail(connected.error());
    }
    Result<T> done = work();
    if (done || stillReads())
        return done;
    disconnect();
    return isOld ? attempt(work) : done;
}

Result<void> SqlKeyStore::execute(QSqlQuery *query, const QString &statement, const Values &values) const
{
    if (!query->prepare(statement))
        return databaseFailure(query->lastError());
    for (const QVariant &value : values)
        query->addBindValue(value);
    if (!query->exec())
        return databaseFailure(query->lastError());
    return {};
}

Result<void> SqlKeyStore::execute(const QString &statement, const Values &values) const
{
    QSqlQuery query(database());
    return execute(&query, statement, values);
}

Result<void> SqlKeyStore::inTransaction(const std::function<Result<void>()> &work) const
{
    QSqlDatabase connection = database();
    if (!connection.transaction())
        return databaseFailure(connection.lastError());
    if (auto done = work(); !done) {
        connection.rollback();
        return done;
    }
    if (!connection.commit())
        return databaseFailure(connection.lastError());
    return {};
}

Result<void> SqlKeyStore::open()
{
    return attempt<void>([] { return Result<void>(); });
}

Result<QList<KeyRecord>> SqlKeyStore::select(const QString &condition, const Values &values, qint64 day) const
{
    QSqlQuery query(database());
    query.setForwardOnly(true);
    const QString statement =
        u"SELECT k.id, k.digest, k.prefix, k.name, k.tenant, k.created_at, k.expires_at, k.last_used_at, k.revoked, "
        "q.runs_per_minute, q.concurrent_runs, q.cpu_seconds_per_day, h.sessions, h.snapshots, c.cpu_ms "
        "FROM isol8_keys k LEFT JOIN isol8_quotas q ON q.key_id = k.id LEFT JOIN isol8_keeping h ON h.key_id = k.id "
        "LEFT JOIN isol8_cpu c ON c.key_id = k.id AND c.day = ? "_s +
        condition;
    if (const auto done = execute(&query, statement, Values{day} + values); !done)
        return fail(done.error());
    QList<KeyRecord> records;
    while (query.next())
        records.append(recordOf(query));
    if (query.lastError().isValid())
        return databaseFailure(query.lastError());
    return records;
}

Result<QList<KeyRecord>> SqlKeyStore::find(const QList<QByteArray> &digests, qint64 day)
{
    if (digests.isEmpty())
        return QList<KeyRecord>();
    Values values;
    for (const QByteArray &digest : digests)
        values.append(QString::fromLatin1(digest.toHex()));
    return attempt<QList<KeyRecord>>(
        [&] { return select(u"WHERE k.digest IN (%1)"_s.arg(placeholders(digests.size())), values, day); });
}

Result<QList<KeyRecord>> SqlKeyStore::list(const std::optional<QString> &tenant)
{
    const QString order = u"ORDER BY k.created_at DESC, k.id"_s;
    return attempt<QList<KeyRecord>>(
        [&] { return tenant ? select(u"WHERE k.tenant = ? "_s + order, {*tenant}, 0) : select(order, {}, 0); });
}

Result<void> SqlKeyStore::insert(const KeyRecord &record)
{
    return attempt<void>([&] {
        return inTransaction([&]() -> Result<void> {
            const auto added =
                execute(u"INSERT INTO isol8_keys (id, digest, prefix, name, tenant, created_at, expires_at, "
                        u"last_used_at, revoked) "
                        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"_s,
                        {record.id, QString::fromLatin1(record.digest.toHex()), record.prefix, record.name,
                         record.tenant, record.createdAt, record.expiresAt, record.lastUsedAt, record.revoked ? 1 : 0});
            const Quota &quota = record.quota;
            if (!added || !quota.isSet())
                return added;
            auto limited =
                execute(u"INSERT INTO isol8_quotas (key_id, runs_per_minute, concurrent_runs, cpu_seconds_per_day) "
                        "VALUES (?, ?, ?, ?)"_s,
                        {record.id, quota.runsPerMinute, quota.concurrentRuns, quota.cpuSecondsPerDay});
            if (!limited || (quota.sessions == 0 && quota.snapshots == 0))
                return limited;
            return execute(u"INSERT INTO isol8_keeping (key_id, sessions, snapshots) VALUES (?, ?, ?)"_s,
                           {record.id, quota.sessions, quota.snapshots});
        });
    });
}

Result<bool> SqlKeyStore::revoke(const QString &id)
{
    return attempt<bool>([&]() -> Result<bool> {
        if (const auto done = execute(u"UPDATE isol8_keys SET revoked = 1 WHERE id = ?"_s, {id}); !done)
            return fail(done.error());
        QSqlQuery query(database());
        if (const auto done = execute(&query, u"SELECT revoked FROM isol8_keys WHERE id = ?"_s, {id}); !done)
            return fail(done.error());
        return query.next();
    });
}

Result<void> SqlKeyStore::note(const KeyNotes &notes)
{
    // A key that is gone gets no line, so that none is left over. PostgreSQL wants to know what it is given.
    const QString number = m_target.kind == Kind::Postgres ? u"CAST(? AS BIGINT)"_s : u"?"_s;
    const QString adding =
        u"INSERT INTO isol8_cpu (key_id, day, cpu_ms) SELECT id, %1, %1 FROM isol8_keys WHERE id = ? "_s.arg(number);
    const QString statement =
        adding + (m_target.kind == Kind::MySql
                      ? u"ON DUPLICATE KEY UPDATE cpu_ms = cpu_ms + VALUES(cpu_ms)"_s
                      : u"ON CONFLICT (key_id, day) DO UPDATE SET cpu_ms = isol8_cpu.cpu_ms + excluded.cpu_ms"_s);
    return attempt<void>([&] {
        return inTransaction([&]() -> Result<void> {
            for (auto used = notes.usedAt.cbegin(); used != notes.usedAt.cend(); ++used) {
                const auto done = execute(u"UPDATE isol8_keys SET last_used_at = ? WHERE id = ? AND last_used_at < ?"_s,
                                          {used.value(), used.key(), used.value()});
                if (!done)
                    return done;
            }
            for (auto cpu = notes.cpuMs.cbegin(); cpu != notes.cpuMs.cend(); ++cpu) {
                if (auto done = execute(statement, {notes.day, cpu.value(), cpu.key()}); !done)
                    return done;
            }
            return {};
        });
    });
}

Result<void> SqlKeyStore::sweep(qint64 now)
{
    return attempt<void>([&] {
        return inTransaction([&]() -> Result<void> {
            const QString gone = u"NOT IN (SELECT id FROM isol8_keys)"_s;
            if (auto done = execute(u"DELETE FROM isol8_keys WHERE expires_at <= ?"_s, {now}); !done)
                return done;
            for (const QString &table : {u"isol8_quotas"_s, u"isol8_keeping"_s}) {
                if (auto done = execute(u"DELETE FROM "_s + table + u" WHERE key_id "_s + gone, {}); !done)
                    return done;
            }
            return execute(u"DELETE FROM isol8_cpu WHERE day < ? OR key_id "_s + gone, {dayOf(now)});
        });
    });
}

} // namespace isol8::service
