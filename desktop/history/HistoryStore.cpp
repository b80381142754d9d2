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

QString columns()
{
    return u"r.id, r.started, r.title, r.runtime, r.connection, r.reason, r.exit_code, r.duration_ms, r.peak_mb"_s;
}

} // namespace

HistoryStore::HistoryStore(const QString &path, QObject *parent)
    : QObject(parent)
    , m_connection(QUuid::createUuid().toString())
{
    QDir().mkpath(QFileInfo(path).absolutePath());
    auto database = QSqlDatabase::addDatabase(u"QSQLITE"_s, m_connection);
    database.setDatabaseName(path);
    if (!database.open()) {
        m_problem = tr("The history cannot be kept: %1").arg(database.lastError().text());
        return;
    }
    QFile::setPermissions(path, QFile::ReadOwner | QFile::WriteOwner);
    prepare();
}

HistoryStore::~HistoryStore()
{
    QSqlDatabase::database(m_connection).close();
    QSqlDatabase::removeDatabase(m_connection);
}

void HistoryStore::prepare()
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
        u"CREATE TABLE IF NOT EXISTS draft (id INTEGER PRIMARY KEY CHECK (id = 1), program TEXT)"_s,
    };
    for (const QString &statement : statements) {
        if (!query.exec(statement)) {
            m_problem = tr("The history cannot be kept: %1").arg(query.lastError().text());
            return;
        }
    }
    // Every three characters of what is searched; an SQLite without it looks through the texts.
    m_fullText = query.exec(u"CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(text, tokenize='trigram')"_s);
}

bool HistoryStore::insert(const Program &program, const RunResult &result, qint64 *id)
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
        return false;
    *id = query.lastInsertId().toLongLong();
    const QString session = result.sessionId.isEmpty() ? program.options.sessionId : result.sessionId;
    if (!session.isEmpty()) {
        query.prepare(u"INSERT INTO sessions (id, connection, session) VALUES (?, ?, ?)"_s);
        query.addBindValue(*id);
        query.addBindValue(placeOf(program.connection));
        query.addBindValue(session);
        if (!query.exec())
            return false;
    }
    const QString output = kept(result.stdoutText);
    const QString errorOutput = kept(result.stderrText);
    query.prepare(u"INSERT INTO details (id, program, output, error_output, error) VALUES (?, ?, ?, ?, ?)"_s);
    query.addBindValue(*id);
    query.addBindValue(QString::fromUtf8(QJsonDocument(program.toJson()).toJson(QJsonDocument::Compact)));
    query.addBindValue(output);
    query.addBindValue(errorOutput);
    query.addBindValue(result.error);
    if (!query.exec() || !m_fullText)
        return !m_fullText;
    query.prepare(u"INSERT INTO words (rowid, text) VALUES (?, ?)"_s);
    query.addBindValue(*id);
    query.addBindValue(
        QString(program.request.runtime + u'\n' + program.code() + u'\n' + output + u'\n' + errorOutput));
    return query.exec();
}

qint64 HistoryStore::add(const Program &program, const RunResult &result)
{
    QSqlDatabase database = QSqlDatabase::database(m_connection);
    qint64 id = 0;
    database.transaction();
    if (!insert(program, result, &id) || !database.commit()) {
        database.rollback();
        return 0;
    }
    Q_EMIT changed();
    return id;
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

void HistoryStore::saveDraft(const Program &program)
{
    QSqlQuery query(QSqlDatabase::database(m_connection));
    QJsonObject object = program.toJson();
    object.insert(u"path"_s, program.path);
    query.prepare(u"INSERT OR REPLACE INTO draft (id, program) VALUES (1, ?)"_s);
    query.addBindValue(QString::fromUtf8(QJsonDocument(object).toJson(QJsonDocument::Compact)));
    query.exec();
}

std::optional<Program> HistoryStore::draft() const
{
    QSqlQuery query(QSqlDatabase::database(m_connection));
    if (!query.exec(u"SELECT program FROM draft WHERE id = 1"_s) || !query.next())
        return std::nullopt;
    const QJsonObject object = QJsonDocument::fromJson(query.value(0).toString().toUtf8()).object();
    auto program = Program::fromJson(object);
    if (!program)
        return std::nullopt;
    program->path = object.value(u"path"_s).toString();
    return *program;
}

} // namespace isol8::desktop
