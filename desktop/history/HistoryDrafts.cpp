// SPDX-License-Identifier: GPL-3.0-or-later
// Programs that are in no file yet.
#include <desktop/history/HistoryStore.h>

#include <QJsonDocument>
#include <QSqlDatabase>
#include <QSqlQuery>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

namespace {

QString textOf(const Program &program)
{
    QJsonObject object = program.toJson();
    object.insert(u"path"_s, program.path);
    return QString::fromUtf8(QJsonDocument(object).toJson(QJsonDocument::Compact));
}

std::optional<Program> programOf(const QString &text)
{
    const QJsonObject object = QJsonDocument::fromJson(text.toUtf8()).object();
    auto program = Program::fromJson(object);
    if (!program)
        return std::nullopt;
    program->path = object.value(u"path"_s).toString();
    return *program;
}

} // namespace

QList<std::pair<int, Program>> HistoryStore::keptDrafts() const
{
    QSqlQuery query(QSqlDatabase::database(m_connection));
    QList<std::pair<int, Program>> list;
    query.exec(u"SELECT slot, program FROM drafts ORDER BY slot"_s);
    while (query.next()) {
        if (const auto program = programOf(query.value(1).toString()))
            list.append({query.value(0).toInt(), *program});
    }
    return list;
}

QList<Program> HistoryStore::drafts() const
{
    QList<Program> list;
    for (const auto &[slot, program] : keptDrafts())
        list.append(program);
    return list;
}

std::optional<Program> HistoryStore::draft()
{
    const auto all = keptDrafts();
    QList<int> kept;
    for (const auto &[slot, program] : all)
        kept.append(slot);
    const int mine = m_slot.number(kept);
    const auto at = std::find_if(all.begin(), all.end(), [&](const auto &draft) { return draft.first == mine; });
    return at == all.end() ? std::nullopt : std::optional(at->second);
}

QSqlError HistoryStore::writeDraft(const Program &program)
{
    QSqlQuery query(QSqlDatabase::database(m_connection));
    query.prepare(u"INSERT OR REPLACE INTO drafts (slot, program) VALUES (?, ?)"_s);
    query.addBindValue(m_slot.number({}));
    query.addBindValue(textOf(program));
    return query.exec() ? QSqlError() : query.lastError();
}

void HistoryStore::saveDraft(const Program &program)
{
    const QSqlError error = writeDraft(program);
    m_waitingDraft = error.isValid() ? std::optional(program) : std::nullopt;
    if (error.isValid())
        failed(error);
}

void HistoryStore::keepReplaced(const Program &program)
{
    QSqlQuery query(QSqlDatabase::database(m_connection));
    query.prepare(u"INSERT INTO replaced (program) VALUES (?)"_s);
    query.addBindValue(textOf(program));
    if (query.exec())
        query.exec(u"DELETE FROM replaced WHERE id <= (SELECT MAX(id) FROM replaced) - %1"_s.arg(MaxReplaced));
}

std::optional<Program> HistoryStore::takeReplaced()
{
    QSqlQuery query(QSqlDatabase::database(m_connection));
    if (!query.exec(u"SELECT id, program FROM replaced ORDER BY id DESC LIMIT 1"_s) || !query.next())
        return std::nullopt;
    const qint64 id = query.value(0).toLongLong();
    const auto program = programOf(query.value(1).toString());
    query.exec(u"DELETE FROM replaced WHERE id = %1"_s.arg(id));
    return program;
}

bool HistoryStore::hasReplaced() const
{
    QSqlQuery query(QSqlDatabase::database(m_connection));
    return query.exec(u"SELECT 1 FROM replaced LIMIT 1"_s) && query.next();
}

} // namespace isol8::desktop
