// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/remote/RemoteEngine.h>

#include <isol8/base/FileNames.h>
#include <isol8/execution/Explicit.h>
#include <isol8/execution/Validate.h>
#include <isol8/remote/RemoteRun.h>
#include <isol8/remote/RemoteTransfer.h>
#include <isol8/remote/ServiceClient.h>
#include <isol8/remote/SocketOpening.h>

#include <QJsonArray>
#include <QJsonDocument>
#include <QPointer>
#include <QThread>
#include <QTimer>
#include <QUrl>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

// "path=" of a query.
QByteArray pathQuery(const QString &path)
{
    return "path=" + fileNameToBytes(path).toPercentEncoding();
}

// Of a file as base64, and what is around it.
constexpr qint64 FileAnswerLimit = Engine::MaxGet / 3 * 4 + 64 * KiB;
// Of a listing.
constexpr qint64 ListAnswerLimit = 512 * MiB;

Result<void> doneOrError(const Result<QJsonObject> &answer)
{
    return answer ? Result<void>() : fail(answer.error());
}

QByteArray sessionTarget(const QString &id, const QByteArray &action = {})
{
    return "/session/" + QUrl::toPercentEncoding(id) + action;
}

// Of /session/:id/files/PATH, where a relative one counts from /sandbox. Proxies join slashes that follow each other.
QByteArray fileTarget(const QString &session, const QString &path)
{
    const QByteArray name = fileNameToBytes(path.startsWith(u"/sandbox/") ? path.sliced(9) : path);
    QByteArray encoded = name.toPercentEncoding("/");
    if (encoded.startsWith('/'))
        encoded.replace(0, 1, "%2F");
    return sessionTarget(session, "/files/") + encoded;
}

QByteArray modeQuery(std::optional<uint> mode)
{
    return mode ? "?mode=0" + QByteArray::number(*mode, 8) : QByteArray();
}

// The language of that name, where the caller has its own.
QJsonObject runtimeOf(const QString &name, const Config &config)
{
    const auto found = config.runtimes.constFind(name);
    return found == config.runtimes.constEnd() ? QJsonObject() : QJsonObject{{name, found.value()}};
}

std::shared_ptr<remote::Peer> peerOf(const RemoteEngineOptions &options)
{
    auto peer = options.service ? remote::peerOf(*options.service) : std::make_shared<remote::Peer>();
    peer->patience = options.patience;
    if (options.service)
        return peer;
    peer->address = options.address;
    if (options.context)
        peer->headers.append(http::Header{EngineContextField, options.context->token()});
    return peer;
}

} // namespace

class RemoteEngine::Private
{
public:
    explicit Private(RemoteEngineOptions engineOptions)
        : options(std::move(engineOptions))
        , peer(peerOf(options))
        , runtimes(RuntimeRegistry::builtIn())
    {
        if (options.service)
            options.context.reset();
        if (!options.context)
            return;
        if (auto extended = runtimes.extendedBy(options.context->config.runtimes))
            runtimes = std::move(*extended);
        else
            unusable = extended.error();
    }

    using Question = remote::ServiceClient::Question;

    //! One request and its answer. \a context is the engine.
    void ask(QObject *context, const Question &question, std::function<void(const Result<QJsonObject> &)> done)
    {
        if (!client)
            client = std::make_unique<remote::ServiceClient>(peer);
        client->ask(question, {context, std::move(done)});
    }

    RemoteEngineOptions options;
    std::shared_ptr<remote::Peer> peer;
    std::unique_ptr<remote::ServiceClient> client; //!< for all but runs
    RuntimeRegistry runtimes;
    std::optional<Error> unusable;
    std::unique_ptr<http::WebSocket> ready; //!< for the next run
    std::unique_ptr<SocketOpening> opening; //!< start() is under way
};

RemoteEngine::RemoteEngine(RemoteEngineOptions options, QObject *parent)
    : Engine(parent)
    , d(std::make_unique<Private>(std::move(options)))
{
}

RemoteEngine::~RemoteEngine()
{
    qDeleteAll(findChildren<RemoteRun *>(Qt::FindDirectChildrenOnly));
}

void RemoteEngine::start(const QStringList &, Callback<void> done)
{
    if (d->unusable) {
        QTimer::singleShot(0, this, [done, error = *d->unusable] { done(fail(error)); });
        return;
    }
    d->opening = std::make_unique<SocketOpening>(*d->peer, RemoteRun::path());
    connect(d->opening.get(), &SocketOpening::opened, this, [this, done] {
        d->ready = d->opening->takeSocket();
        connect(d->ready.get(), &http::WebSocket::closed, this, [this] { d->ready.release()->deleteLater(); });
        d->opening.release()->deleteLater();
        done({});
    });
    connect(d->opening.get(), &SocketOpening::failed, this, [this, done](const Error &error) {
        const bool upgradeAlone = d->opening->isUpgradeRefused() && d->peer->isElsewhere();
        d->opening.release()->deleteLater();
        if (!upgradeAlone)
            return done(fail(error));
        d->ask(this, {"GET", "/sessions"}, [this, done](const Result<QJsonObject> &answer) {
            d->peer->withoutSockets = answer.has_value();
            done(doneOrError(answer));
        });
    });
}

Run *RemoteEngine::execute(const RunRequest &request, const RunOptions &options, const QString &)
{
    RemoteRunPlan plan{request, options, false, {}, d->peer};
    // What is wrong in itself is said as LocalEngine says it, and before JSON makes it something else.
    std::optional<Error> wrong = d->unusable;
    if (const auto valid = validate(request); !valid && !wrong)
        wrong = valid.error();
    if (const auto valid = validate(options); !valid && !wrong)
        wrong = valid.error();
    if (d->options.context && !wrong) {
        auto said = makeExplicit(request, options, d->runtimes, d->options.context->config, LimitsApplied::Configured,
                                 double(QThread::idealThreadCount()));
        if (said) {
            plan.request = std::move(said->request);
            plan.options = std::move(said->options);
            plan.limited = std::move(said->limited);
            plan.isExplicit = true;
            plan.options.runtimes = runtimeOf(plan.request.runtime, d->options.context->config);
        } else {
            wrong = said.error();
        }
    }
    if (wrong)
        return new RemoteRun(*wrong, this);
    if (d->ready)
        d->ready->disconnect(this);
    return new RemoteRun(std::move(plan), std::move(d->ready), this);
}

void RemoteEngine::sessions(const QString &, Callback<QList<SessionInfo>> done)
{
    d->ask(this, {"GET", "/sessions"}, [done](const Result<QJsonObject> &answer) {
        if (!answer) {
            done(fail(answer.error()));
            return;
        }
        QList<SessionInfo> list;
        const QJsonArray sessions = answer->value("sessions"_L1).toArray();
        for (const QJsonValue &session : sessions)
            list.append(sessionInfoFromJson(session.toObject()));
        done(list);
    });
}

void RemoteEngine::removeSession(const QString &, const QString &id, Callback<bool> done)
{
    d->ask(this, {"DELETE", sessionTarget(id)}, [done](const Result<QJsonObject> &answer) {
        if (answer)
            done(answer->value("removed"_L1).toBool(true));
        else
            done(fail(answer.error()));
    });
}

void RemoteEngine::setSessionPaused(const QString &, const QString &id, bool paused, Callback<void> done)
{
    d->ask(this, {"POST", sessionTarget(id, paused ? "/pause" : "/resume")},
           [done](const Result<QJsonObject> &answer) { done(doneOrError(answer)); });
}

void RemoteEngine::putFile(const QString &, const QString &session, const QString &path, const QByteArray &content,
                           std::optional<uint> mode, Callback<void> done)
{
    if (content.size() > MaxPut) {
        QTimer::singleShot(0, this, [done, path] { done(fail(tooLargeToPut(path))); });
        return;
    }
    QJsonObject body{
        {u"sessionId"_s, session}, {u"path"_s, path}, {u"content"_s, QString::fromLatin1(content.toBase64())}};
    if (mode)
        body.insert(u"mode"_s, int(*mode));
    d->ask(this, {"POST", "/file", body}, [done](const Result<QJsonObject> &answer) { done(doneOrError(answer)); });
}

void RemoteEngine::getFile(const QString &, const QString &session, const QString &path, Callback<QByteArray> done)
{
    const auto take = [done](const Result<QJsonObject> &answer) {
        if (!answer) {
            done(fail(answer.error()));
            return;
        }
        auto content = QByteArray::fromBase64Encoding(answer->value("content"_L1).toString().toLatin1(),
                                                      QByteArray::AbortOnBase64DecodingErrors);
        if (content)
            done(std::move(content.decoded));
        else
            done(fail(errors::EngineUnreachable, u"The isol8 engine's answer cannot be read."_s));
    };
    d->ask(this,
           {"GET", "/file?sessionId=" + QUrl::toPercentEncoding(session) + '&' + pathQuery(path), {}, FileAnswerLimit},
           take);
}

void RemoteEngine::listFiles(const QString &, const QString &session, const QString &path, bool recursive,
                             Callback<QList<SessionFile>> done)
{
    const auto take = [done](const Result<QJsonObject> &answer) {
        if (!answer) {
            done(fail(answer.error()));
            return;
        }
        QList<SessionFile> list;
        const QJsonArray files = answer->value("files"_L1).toArray();
        for (const QJsonValue &file : files)
            list.append(sessionFileFromJson(file.toObject()));
        done(list);
    };
    const QByteArray query = pathQuery(path) + (recursive ? "&recursive=true" : "");
    d->ask(this, {"GET", sessionTarget(session, "/files?") + query, {}, ListAnswerLimit}, take);
}

void RemoteEngine::removeFile(const QString &, const QString &session, const QString &path, Callback<void> done)
{
    d->ask(this, {"DELETE", sessionTarget(session, "/files?") + pathQuery(path)},
           [done](const Result<QJsonObject> &answer) { done(doneOrError(answer)); });
}

void RemoteEngine::makeDirectory(const QString &, const QString &session, const QString &path, std::optional<uint> mode,
                                 Callback<void> done)
{
    const QByteArray target = fileTarget(session, path.endsWith(u'/') ? path : QString(path + u'/'));
    d->ask(this, {"PUT", target + modeQuery(mode)},
           [done](const Result<QJsonObject> &answer) { done(doneOrError(answer)); });
}

Upload *RemoteEngine::uploadFile(const QString &, const QString &session, const UploadTarget &target, QObject *parent)
{
    QByteArray query = modeQuery(target.mode);
    if (target.mtimeMs > 0)
        query += (query.isEmpty() ? "?mtimeMs=" : "&mtimeMs=") + QByteArray::number(target.mtimeMs);
    return new remote::RemoteUpload(*d->peer, fileTarget(session, target.path) + query, parent);
}

Download *RemoteEngine::downloadFile(const QString &, const QString &session, const QString &path, QObject *parent)
{
    return new remote::RemoteDownload(*d->peer, fileTarget(session, path), path, parent);
}

Upload *RemoteEngine::uploadDirectory(const QString &, const QString &session, const QString &path, QObject *parent)
{
    return new remote::RemoteUpload(*d->peer, sessionTarget(session, "/files.tar?") + pathQuery(path), parent);
}

Download *RemoteEngine::downloadDirectory(const QString &, const QString &session, const QString &path, QObject *parent)
{
    return new remote::RemoteDownload(*d->peer, sessionTarget(session, "/files.tar?") + pathQuery(path), path, parent);
}

void RemoteEngine::sandboxes(const QString &, bool, Callback<QList<SandboxInfo>> done)
{
    d->ask(this, {"GET", "/sandboxes"}, [done](const Result<QJsonObject> &answer) {
        if (!answer) {
            done(fail(answer.error()));
            return;
        }
        QList<SandboxInfo> list;
        const QJsonArray found = answer->value("sandboxes"_L1).toArray();
        for (const QJsonValue &sandbox : found)
            list.append(sandboxInfoFromJson(sandbox.toObject()));
        done(list);
    });
}

void RemoteEngine::saveSnapshot(const QString &, const QString &session, const QString &name,
                                Callback<SnapshotInfo> done)
{
    const auto take = [done](const Result<QJsonObject> &answer) {
        if (answer)
            done(snapshotInfoFromJson(*answer));
        else
            done(fail(answer.error()));
    };
    d->ask(this,
           {"POST", sessionTarget(session, "/snapshots"), {{u"name"_s, name}}, http::DefaultBodyLimit, milliseconds(0)},
           take);
}

void RemoteEngine::snapshots(const QString &, Callback<QList<SnapshotInfo>> done)
{
    d->ask(this, {"GET", "/snapshots"}, [done](const Result<QJsonObject> &answer) {
        if (!answer) {
            done(fail(answer.error()));
            return;
        }
        QList<SnapshotInfo> list;
        const QJsonArray found = answer->value("snapshots"_L1).toArray();
        for (const QJsonValue &snapshot : found)
            list.append(snapshotInfoFromJson(snapshot.toObject()));
        done(list);
    });
}

void RemoteEngine::removeSnapshot(const QString &, const QString &name, Callback<void> done)
{
    d->ask(this, {"DELETE", "/snapshots/" + QUrl::toPercentEncoding(name)},
           [done](const Result<QJsonObject> &answer) { done(doneOrError(answer)); });
}

void RemoteEngine::stop(Callback<void> done)
{
    d->opening.reset();
    d->ready.reset();
    const auto runs = findChildren<RemoteRun *>(Qt::FindDirectChildrenOnly);
    for (RemoteRun *run : runs)
        run->cancel();
    QTimer::singleShot(0, this, [done] { done({}); });
}

bool isNotTaken(const QString &errorCode)
{
    return errorCode == errors::EngineUnreachable || errorCode == errors::OtherEngine;
}

} // namespace isol8
