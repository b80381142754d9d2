// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/FileController.h>

#include <isol8/execution/FieldReader.h>
#include <service/Answers.h>
#include <service/ExecuteMessage.h>

#include <QJsonArray>

using namespace Qt::StringLiterals;

namespace isol8::service {

namespace {

struct NewFile
{
    QString sessionId;
    QString path;
    QByteArray content;
    std::optional<uint> mode;
};

Result<NewFile> readFile(const QByteArray &body)
{
    const auto object = parseObject(body);
    if (!object)
        return fail(object.error());
    NewFile file;
    FieldReader reader(*object, {});
    reader.read(u"sessionId"_s, &file.sessionId);
    reader.read(u"path"_s, &file.path);
    std::optional<int> mode;
    reader.read(u"mode"_s, &mode, 0, 0777);
    const QJsonValue content = reader.value(u"content"_s);
    if (!content.isUndefined() && !content.isString())
        reader.complain(reader.pathOf(u"content"_s), u"a text"_s, content);
    if (reader.error())
        return fail(*reader.error());
    if (file.sessionId.isEmpty() || file.path.isEmpty() || content.isUndefined())
        return fail(errors::BadRequest, u"sessionId, path and content (base64) are needed."_s);
    auto decoded =
        QByteArray::fromBase64Encoding(content.toString().toLatin1(), QByteArray::AbortOnBase64DecodingErrors);
    if (!decoded)
        return fail(errors::BadRequest, u"content is not valid base64."_s);
    file.content = std::move(decoded.decoded);
    if (mode)
        file.mode = uint(*mode);
    return file;
}

} // namespace

FileController::FileController(Engine *engine, Router *router, QObject *parent)
    : QObject(parent)
    , m_engine(engine)
{
    router->add("POST", u"/file"_s, [this](Exchange *exchange) { put(exchange); });
    router->add("GET", u"/file"_s, [this](Exchange *exchange) { get(exchange); });
    router->add("GET", u"/session/<arg>/files"_s, [this](Exchange *exchange) { list(exchange); });
    router->add("DELETE", u"/session/<arg>/files"_s, [this](Exchange *exchange) { remove(exchange); });
    router->add("POST", u"/session/<arg>/snapshots"_s, [this](Exchange *exchange) { save(exchange); });
    router->add("GET", u"/snapshots"_s, [this](Exchange *exchange) { listSaved(exchange); });
    router->add("DELETE", u"/snapshots/<arg>"_s, [this](Exchange *exchange) {
        m_engine->removeSnapshot(exchange->caller().tenant, exchange->arguments().constFirst(), okTo(exchange));
    });
}

void FileController::put(Exchange *exchange)
{
    if (const auto file = readFile(exchange->takeBody()); !file)
        answerError(exchange, file.error());
    else
        m_engine->putFile(exchange->caller().tenant, file->sessionId, file->path, file->content, file->mode,
                          okTo(exchange));
}

void FileController::get(Exchange *exchange)
{
    const Query query(exchange);
    const QString session = query.value(u"sessionId"_s);
    const QString path = query.path();
    if (session.isEmpty() || path.isEmpty())
        return answerBadRequest(exchange, u"sessionId and path are needed, as /file?sessionId=work&path=a.txt."_s);
    m_engine->getFile(exchange->caller().tenant, session, path,
                      {exchange, [exchange](const Result<QByteArray> &content) {
                           if (content)
                               exchange->respondJson(200, {{u"content"_s, QString::fromLatin1(content->toBase64())}});
                           else
                               answerError(exchange, content.error());
                       }});
}

void FileController::list(Exchange *exchange)
{
    const Query query(exchange);
    const QString path = query.path();
    const auto recursive = query.flag(u"recursive"_s);
    if (!recursive)
        return answerError(exchange, recursive.error());
    m_engine->listFiles(exchange->caller().tenant, exchange->arguments().constFirst(),
                        path.isEmpty() ? u"/sandbox"_s : path, *recursive,
                        {exchange, [exchange](const Result<QList<SessionFile>> &files) {
                             if (!files)
                                 return answerError(exchange, files.error());
                             QJsonArray list;
                             for (const SessionFile &file : *files)
                                 list.append(toJson(file));
                             exchange->respondJson(200, {{u"files"_s, list}});
                         }});
}

void FileController::remove(Exchange *exchange)
{
    const QString path = Query(exchange).path();
    if (path.isEmpty())
        return answerBadRequest(exchange, u"path is needed: what to remove."_s);
    m_engine->removeFile(exchange->caller().tenant, exchange->arguments().constFirst(), path, okTo(exchange));
}

void FileController::save(Exchange *exchange)
{
    const auto body = parseObject(exchange->takeBody());
    if (!body)
        return answerError(exchange, body.error());
    QString name;
    FieldReader reader(*body, {});
    reader.read(u"name"_s, &name);
    if (reader.error())
        return answerError(exchange, *reader.error());
    if (name.isEmpty())
        return answerBadRequest(exchange, u"name is needed: what the snapshot is to be called."_s);
    if (!m_ledger)
        return saveAs(exchange, name);
    const QString tenant = exchange->caller().tenant;
    m_engine->snapshots(tenant, {exchange, [this, exchange, name, tenant](const Result<QList<SnapshotInfo>> &there) {
                                     if (!there)
                                         return answerError(exchange, there.error());
                                     const auto may = m_ledger->admitSnapshot(there->size() + m_saving.value(tenant),
                                                                              exchange->caller());
                                     if (!may)
                                         return answerError(exchange, may.error());
                                     saveAs(exchange, name);
                                 }});
}

void FileController::saveAs(Exchange *exchange, const QString &name)
{
    const QString tenant = exchange->caller().tenant;
    ++m_saving[tenant];
    connect(exchange, &QObject::destroyed, this, [this, tenant] {
        if (--m_saving[tenant] == 0)
            m_saving.remove(tenant);
    });
    m_engine->saveSnapshot(tenant, exchange->arguments().constFirst(), name,
                           {exchange, [exchange](const Result<SnapshotInfo> &saved) {
                                if (saved)
                                    exchange->respondJson(200, saved->toJson());
                                else
                                    answerError(exchange, saved.error());
                            }});
}

void FileController::listSaved(Exchange *exchange)
{
    m_engine->snapshots(exchange->caller().tenant, {exchange, [exchange](const Result<QList<SnapshotInfo>> &snapshots) {
                                                        if (!snapshots)
                                                            return answerError(exchange, snapshots.error());
                                                        QJsonArray list;
                                                        for (const SnapshotInfo &snapshot : *snapshots)
                                                            list.append(snapshot.toJson());
                                                        exchange->respondJson(200, {{u"snapshots"_s, list}});
                                                    }});
}

} // namespace isol8::service
