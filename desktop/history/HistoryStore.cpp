// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/history/HistoryStore.h>

#include <desktop/core/ConnectionSpec.h>
#include <desktop/output/OutputDocument.h>

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QSqlDatabase>
#include <QSqlError>
#include <QSqlQuery>
#include <QUuid>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

namespace {

QString kept(const QByteArray &output)
{
    if (output.size() <= HistoryStore::MaxOutput)
        return QString::fromUtf8(output);
    const qsizetype half = HistoryStore::MaxOutput / 2;
    return QString::fromUtf8(output.left(half)) + u"\n…\n"_s + QString::fromUtf8(output.right(half));
}

HistoryRow rowOf(const QSqlQuery &query)
{
    HistoryRow row;
    row.id = query.value(0).toLongLong();
    row.started = QDateTime::fromMSecsSinceEpoch(query.value(1).toLongLong(), Qt::UTC);
    row.title = query.value(2).toString();
    row.runtime = query.value(3).toString();
    row.connection = query.value(4).toString();
    row.reason = reasonFromString(query.value(5).toString()).value_or(Reason::Internal);
    row.exitCode = query.value(6).toInt();
    row.durationMs = query.value(7).toLongLong();
    row.peakMemoryMB = query.value(8).toDouble();
    return row;
}

// A program that says nothing else is for this computer.
QString placeOf(const QString &connection)
{
    return connection.isEmpty() ? LocalId.toString() : connection;
}

constexpr qsizetype MaxWaiting = 500;
constexpr milliseconds RetryEvery{500};

QString columns()
{
    return u"r.id, r.started, r.title, r.runtime, r.connection, r.reason, r.exit_code, r.duration_ms, r.peak_mb"_s;
}

bool isDamage(const QSqlError &error)
{
    const QString code = error.nativeErrorCode();
    return code == "11"_L1 || code == "26"_L1 || code == "267"_L1; // corrupt, no database, corrupt virtual table
}

} // namespace

HistoryStore::HistoryStore(const QString &path, QObject *parent)
    : QObject(parent)
    , m_path(path)
    , m_connection(QUuid::createUuid().toString())
    , m_slot(QFileInfo(path).absolutePath())
{
    m_retry.setSingleShot(true);
    m_retry.setInterval(RetryEvery);
    connect(&m_retry, &QTimer::timeout, this, &HistoryStore::writeWaiting);
    QDir().mkpath(QFileInfo(path).absolutePath());
    // A window waits for nobody: what is locked is tried again.
    QSqlDatabase::addDatabase(u"QSQLITE"_s, m_connection).setConnectOptions(u"QSQLITE_BUSY_TIMEOUT=100"_s);
    QSqlError error = open(path);
    if (isDamage(error))
        error = setAside();
    if (error.isValid()) {
        m_problem = tr("The history cannot be kept: %1").arg(error.text());
        (void)open(u":memory:"_s);
    }
}

HistoryStore::~HistoryStore()
{
    if (!m_waiting.isEmpty() || m_waitingDraft) {
        QSqlQuery(QSqlDatabase::database(m_connection)).exec(u"PRAGMA busy_timeout=2000"_s);
        writeWaiting();
    }
    QSqlDatabase::database(m_connection).close();
    QSqlDatabase::removeDatabase(m_connection);
}

QSqlError HistoryStore::open(const QString &name)
{
    QSqlDatabase database = QSqlDatabase::database(m_connection, false);
    database.close();
    database.setDatabaseName(name);
    if (!database.open())
        return database.lastError();
    QFile::setPermissions(name, QFile::ReadOwner | QFile::WriteOwner);
    return prepare();
}

// What can be read of it is for its owner to find out; it is nothing to write into.
QSqlError HistoryStore::setAside()
{
    QSqlDatabase::database(m_connection, false).close();
    const QString stem = m_path.endsWith(".db"_L1) ? m_path.chopped(3) : m_path;
    const QString aside = stem + QDateTime::currentDateTime().toString(u"'-damaged-'yyyyMMdd-HHmmss-zzz'.db'"_s);
    for (const QString &suffix : {QString(), u"-wal"_s, u"-shm"_s})
        QFile::rename(m_path + suffix, aside + suffix);
    m_problem = tr("The history was damaged. What there was of it is in %1; a new one was begun.").arg(aside);
    return open(m_path);
}

QSqlError HistoryStore::prepare()
{
    QSqlQuery query(QSqlDatabase::database(m_connection));
    const QStringList statements{
        u"PRAGMA journal_mode=WAL"_s,
        u"PRAGMA synchronous=NORMAL"_s,
        u"CREATE TABLE IF NOT EXISTS runs (id INTEGER PRIMARY KEY, started INTEGER, title TEXT, runtime TEXT, "
        u"connection TEXT, reason TEXT, exit_code INTEGER, duration_ms INTEGER, peak_mb REAL)"_s,
        u"CREATE INDEX IF NOT EXISTS runs_started ON runs (started)"_s,
        u"CREATE TABLE IF NOT EXISTS sessions (id INTEGER PRIMARY KEY, connection TEXT, session TEXT)"_s,
        u"CREATE INDEX IF NOT EXISTS sessions_name ON sessions (connection, session)"_s,
        u"CREATE TABLE IF NOT EXISTS details (id INTEGER PRIMARY KEY, program TEXT, output TEXT, error_output TEXT, "
        u"error TEXT)"_s,
        u"CREATE TABLE IF NOT EXISTS drafts (slot INTEGER PRIMARY KEY, program TEXT)"_s,
        u"CREATE TABLE IF NOT EXISTS replaced (id INTEGER PRIMARY KEY, program TEXT)"_s,
    };
    for (const QString &statement : statements) {
        if (!query.exec(statement))
            return query.lastError();
    }
    // One of a time when there was one for all windows.
    if (query.exec(u"INSERT OR IGNORE INTO drafts SELECT 1, program FROM draft"_s))
        query.exec(u"DROP TABLE draft"_s);
    // Every three characters of what is searched; an SQLite without it looks through the texts.
    m_fullText = query.exec(u"CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(text, tokenize='trigram')"_s);
    return {};
}

QSqlError HistoryStore::insert(const Program &program, const RunResult &result, qint64 *id)
{
    const QSqlDatabase database = QSqlDatabase::database(m_connection);
    QSqlQuery query(database);
    query.prepare(u"INSERT INTO runs (started, title, runtime, connection, reason, exit_code, duration_ms, peak_mb) "
                  u"VALUES (?, ?, ?, ?, ?, ?, ?, ?)"_s);
    query.addBindValue(
        (result.timestamp.isValid() ? result.timestamp : QDateTime::currentDateTimeUtc()).toMSecsSinceEpoch());
    query.addBindValue(program.title());
    query.addBindValue(program.request.runtime);
    query.addBindValue(program.connection);
    query.addBindValue(toString(result.reason));
    query.addBindValue(result.exitCode);
    query.addBindValue(result.durationMs);
    query.addBindValue(result.resourceUsage.peakMemoryMB);
    if (!query.exec())
        return query.lastError();
    *id = query.lastInsertId().toLongLong();
    const QString session = result.sessionId.isEmpty() ? program.options.sessionId : result.sessionId;
    if (!session.isEmpty()) {
        query.prepare(u"INSERT INTO sessions (id, connection, session) VALUES (?, ?, ?)"_s);
        query.addBindValue(*id);
        query.addBindValue(placeOf(program.connection));
        query.addBindValue(session);
        if (!query.exec())
            return query.lastError();
    }
    const QString output = kept(result.stdoutText);
    const QString errorOutput = kept(result.stderrText);
    query.prepare(u"INSERT INTO details (id, program, output, error_output, error) VALUES (?, ?, ?, ?, ?)"_s);
    query.addBindValue(*id);
    query.addBindValue(QString::fromUtf8(QJsonDocument(program.toJson()).toJson(QJsonDocument::Compact)));
    query.addBindValue(output);
    query.addBindValue(errorOutput);
    query.addBindValue(result.error);
    if (!query.exec())
        return query.lastError();
    if (!m_fullText)
        return {};
    query.prepare(u"INSERT INTO words (rowid, text) VALUES (?, ?)"_s);
    query.addBindValue(*id);
    query.addBindValue(
        QString(program.request.runtime + u'\n' + program.code() + u'\n' + output + u'\n' + errorOutput));
    return query.exec() ? QSqlError() : query.lastError();
}

QSqlError HistoryStore::write(const Program &program, const RunResult &result, qint64 *id)
{
    QSqlDatabase database = QSqlDatabase::database(m_connection);
    if (!database.transaction())
        return database.lastError();
    QSqlError error = insert(program, result, id);
    if (!error.isValid() && !database.commit())
        error = database.lastError();
    if (error.isValid())
        database.rollback();
    return error;
}

qint64 HistoryStore::add(const Program &program, const RunResult &result)
{
    qint64 id = 0;
    const QSqlError error = m_waiting.isEmpty() ? write(program, result, &id) : QSqlError();
    if (m_waiting.isEmpty() && !error.isValid()) {
        Q_EMIT changed();
        return id;
    }
    RunResult brief = result;
    brief.stdoutText = kept(result.stdoutText).toUtf8();
    brief.stderrText = kept(result.stderrText).toUtf8();
    brief.files.clear();
    brief.results = {};
    m_waiting.append({program, brief});
    if (m_waiting.size() > MaxWaiting)
        m_waiting.removeFirst();
    if (error.isValid())
        failed(error);
    return 0;
}

void HistoryStore::failed(const QSqlError &error)
{
    if (isDamage(error)) {
        if (const QSqlError other = setAside(); other.isValid()) {
            m_problem = tr("The history cannot be kept: %1").arg(other.text());
            (void)open(u":memory:"_s);
        }
        m_retry.start(0);
    } else {
        m_trouble = tr("The history cannot be written now: %1. It is tried again by itself.").arg(error.databaseText());
        m_retry.start(RetryEvery);
    }
    Q_EMIT problemChanged();
}

void HistoryStore::writeWaiting()
{
    const bool runs = !m_waiting.isEmpty();
    QSqlError error;
    qint64 id = 0;
    while (!error.isValid() && !m_waiting.isEmpty()) {
        error = write(m_waiting.constFirst().first, m_waiting.constFirst().second, &id);
        if (!error.isValid())
            m_waiting.removeFirst();
    }
    if (!error.isValid() && m_waitingDraft)
        error = writeDraft(*m_waitingDraft);
    if (error.isValid()) {
        failed(error);
        return;
    }
    m_waitingDraft.reset();
    m_trouble.clear();
    if (runs)
        Q_EMIT changed();
    Q_EMIT problemChanged();
}

void HistoryStore::addMany(const QList<std::pair<Program, RunResult>> &runs)
{
    QSqlDatabase database = QSqlDatabase::database(m_connection);
    database.transaction();
    qint64 id = 0;
    for (const auto &[program, result] : runs)
        (void)insert(program, result, &id);
    database.commit();
    Q_EMIT changed();
}

QList<HistoryRow> HistoryStore::rows(const QString &search, int offset, int limit) const
{
    QSqlQuery query(QSqlDatabase::database(m_connection));
    query.setForwardOnly(true);
    const QString order = u" ORDER BY r.id DESC LIMIT ? OFFSET ?"_s;
    const QString text = search.trimmed();
    if (text.isEmpty()) {
        query.prepare(u"SELECT "_s + columns() + u" FROM runs r"_s + order);
    } else if (m_fullText && text.size() >= 3) {
        // From the words, newest first, and no further than the page: what all runs have is found as soon as what one
        // has.
        query.prepare(u"SELECT "_s + columns() +
                      u" FROM words CROSS JOIN runs r ON r.id = words.rowid WHERE words MATCH ? "
                      u"ORDER BY words.rowid DESC LIMIT ? OFFSET ?"_s);
        query.addBindValue(QString(u'"' + QString(text).replace(u'"', u"\"\""_s) + u'"'));
    } else {
        query.prepare(u"SELECT "_s + columns() +
                      u" FROM runs r WHERE r.title LIKE ? ESCAPE '\\' OR r.runtime LIKE ? ESCAPE '\\'"_s + order);
        QString pattern = text;
        pattern.replace(u'\\', u"\\\\"_s).replace(u'%', u"\\%"_s).replace(u'_', u"\\_"_s);
        pattern = u'%' + pattern + u'%';
        query.addBindValue(pattern);
        query.addBindValue(pattern);
    }
    query.addBindValue(limit);
    query.addBindValue(offset);
    QList<HistoryRow> rows;
    query.exec();
    while (query.next())
        rows.append(rowOf(query));
    return rows;
}

QList<HistoryRow> HistoryStore::ofSession(const QString &connection, const QString &session, int limit) const
{
    QSqlQuery query(QSqlDatabase::database(m_connection));
    query.setForwardOnly(true);
    query.prepare(u"SELECT "_s + columns() +
                  u" FROM sessions s JOIN runs r ON r.id = s.id WHERE s.connection = ? AND s.session = ? "
                  u"ORDER BY r.id DESC LIMIT ?"_s);
    query.addBindValue(placeOf(connection));
    query.addBindValue(session);
    query.addBindValue(limit);
    QList<HistoryRow> rows;
    query.exec();
    while (query.next())
        rows.append(rowOf(query));
    return rows;
}

QString HistoryEntry::wholeText() const
{
    QString text = program.code();
    if (!text.endsWith(u'\n'))
        text += u'\n';
    const auto part = [&](const QString &title, const QString &body) {
        if (!body.isEmpty())
            text += u"\n── "_s + title + u" ──\n"_s + body;
    };
    // As it looked: colours and what was written over are no text.
    const auto shown = [](const QString &written) {
        OutputDocument document;
        document.append(OutputKind::Out, written.toUtf8());
        return document.text();
    };
    part(HistoryStore::tr("Output"), shown(output));
    part(HistoryStore::tr("Errors"), shown(errorOutput));
    part(HistoryStore::tr("What isol8 said"), error);
    return text;
}

std::optional<HistoryEntry> HistoryStore::entry(qint64 id) const
{
    QSqlQuery query(QSqlDatabase::database(m_connection));
    query.prepare(u"SELECT "_s + columns() +
                  u", d.program, d.output, d.error_output, d.error FROM runs r JOIN details d ON d.id = r.id "
                  u"WHERE r.id = ?"_s);
    query.addBindValue(id);
    if (!query.exec() || !query.next())
        return std::nullopt;
    HistoryEntry entry;
    entry.row = rowOf(query);
    const auto program = Program::fromJson(QJsonDocument::fromJson(query.value(9).toString().toUtf8()).object());
    if (!program)
        return std::nullopt;
    entry.program = *program;
    entry.output = query.value(10).toString();
    entry.errorOutput = query.value(11).toString();
    entry.error = query.value(12).toString();
    return entry;
}

void HistoryStore::remove(const QList<qint64> &ids)
{
    QSqlDatabase database = QSqlDatabase::database(m_connection);
    database.transaction();
    QSqlQuery query(database);
    for (const qint64 id : ids) {
        for (const QString &statement :
             {u"DELETE FROM runs WHERE id = ?"_s, u"DELETE FROM details WHERE id = ?"_s,
              u"DELETE FROM sessions WHERE id = ?"_s, u"DELETE FROM words WHERE rowid = ?"_s}) {
            query.prepare(statement);
            query.addBindValue(id);
            query.exec();
        }
    }
    database.commit();
    Q_EMIT changed();
}

} // namespace isol8::desktop
