// SPDX-License-Identifier: GPL-3.0-or-later
// test: fake; remote execution
#include "support/Await.h"
#include "support/Certificates.h"
#include "support/ScriptServer.h"

#include <isol8/http/WebSocketFrames.h>
#include <isol8/remote/Peer.h>
#include <isol8/remote/RemoteEngine.h>

#include <QJsonDocument>
#include <QJsonObject>
#include <QPointer>
#include <QSignalSpy>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>

#include <memory>

using namespace isol8;
using namespace isol8::test;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

namespace {

RunRequest program(const QByteArray &code = "print(1)")
{
    RunRequest request;
    request.code = code;
    return request;
}

const QByteArray StreamHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";

//! An answer of server-sent events.
QByteArray streamOf(const QByteArrayList &events)
{
    QByteArray bytes = StreamHead;
    for (const QByteArray &json : events)
        bytes += "data: " + json + "\n\n";
    return bytes;
}

} // namespace

/*
    What a RemoteEngine makes of a service elsewhere, of what stands before it, and of what is none: all that a real one
    does not say on demand. tst_remoteengine has the real one.
*/
class tst_remoteservice : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void refusals_data();
    void refusals();
    void refusedNow();
    void refusedForLong();
    void postIsNotRepeated();
    void runWaits();
    void runWaitsForItsQuota();
    void keyStaysHere();
    void whatIsSent();
    void noKeyNoField();
    void deadIdleConnection();
    void uploads();
    void uploadIsRefused();
    void downloads();
    void downloadBreaks();
    void eventStream();
    void eventStreamBreaks_data();
    void eventStreamBreaks();
    void eventStreamIsCancelled();
    void eventStreamDeletedInASlot();
    void startFindsNoWebSocket();
    void needsWebSocket_data();
    void needsWebSocket();
    void trust_data();
    void trust();
    void noTlsThere();
    void proxy();

private:
    std::unique_ptr<RemoteEngine> engineOf(const QString &url, const QByteArray &key = "the-key")
    {
        auto service = remote::ServiceEndpoint::parse(url);
        if (!service)
            return {};
        service->key = key;
        RemoteEngineOptions options;
        options.service = *service;
        options.patience = 20s;
        return std::make_unique<RemoteEngine>(options);
    }
    static Result<QList<SessionInfo>> sessions(RemoteEngine *engine)
    {
        return await<QList<SessionInfo>>([engine](const auto &done) { engine->sessions({}, done); });
    }
    static RunResult run(RemoteEngine *engine, const RunRequest &request = program(), const RunOptions &options = {})
    {
        const std::unique_ptr<Run> run(engine->execute(request, options));
        QSignalSpy finished(run.get(), &Run::finished);
        return finished.wait(30000) ? run->result() : RunResult();
    }
};

void tst_remoteservice::refusals_data()
{
    QTest::addColumn<QByteArray>("answer");
    QTest::addColumn<QString>("code");
    QTest::addColumn<QString>("says");
    const auto text = [](QStringView code) { return code.toString(); };
    QTest::newRow("401") << ScriptServer::error(401, "missing_key", "A key is needed.") << u"missing_key"_s
                         << u"A key is needed."_s;
    QTest::newRow("403, a proxy's") << ScriptServer::answer(403, "<html>") << text(remote::errors::Forbidden)
                                    << u"does not take this key"_s;
    QTest::newRow("403, the policy's") << ScriptServer::error(403, "not_allowed", "priority may not be set.")
                                       << text(errors::NotAllowed) << u"priority may not be set."_s;
    QTest::newRow("404, no service") << ScriptServer::answer(404, "<html>no</html>") << text(errors::EngineUnreachable)
                                     << u"is no isol8 service. (HTTP status 404)"_s;
    QTest::newRow("413") << ScriptServer::answer(413, {}) << text(errors::TooLarge) << u"more than the service"_s;
    QTest::newRow("429") << ScriptServer::error(429, "quota", "10 runs a minute.", "Retry-After: 60\r\n") << u"quota"_s
                         << u"try again in 60 s. (10 runs a minute.)"_s;
    QTest::newRow("429, bare") << ScriptServer::answer(429, {}) << text(remote::errors::TooMany)
                               << u"try again later"_s;
    QTest::newRow("503") << ScriptServer::error(503, "queue_full", "Too many wait.") << text(errors::QueueFull)
                         << u"Too many wait."_s;
    QTest::newRow("502, a proxy's") << ScriptServer::answer(502, "bad gateway") << text(errors::EngineUnreachable)
                                    << u"is no isol8 service. (HTTP status 502)"_s;
    QTest::newRow("200 of something else")
        << ScriptServer::answer(200, "<html>") << text(errors::EngineUnreachable) << u"is no isol8 service"_s;
    QTest::newRow("no HTTP") << QByteArray("SSH-2.0-x\r\n") << text(errors::EngineUnreachable)
                             << u"is no isol8 service"_s;
    QTest::newRow("closes") << QByteArray() << text(errors::EngineUnreachable) << u"cannot be reached"_s;
}

void tst_remoteservice::refusals()
{
    QFETCH(QByteArray, answer);
    QFETCH(QString, code);
    QFETCH(QString, says);
    ScriptServer server([&](const QByteArray &, const QByteArray &) { return answer; });
    const auto engine = engineOf(server.url());
    const auto told = sessions(engine.get());
    QVERIFY(!told);
    const QString sentence = told.error().detail.isEmpty()
                                 ? told.error().message
                                 : told.error().message + u" ("_s + told.error().detail + u')';
    QCOMPARE(told.error().code, code);
    QVERIFY2(sentence.contains(says), qPrintable(sentence));
    QVERIFY(!sentence.contains(u"the-key"_s));

    const RunResult result = run(engine.get());
    QCOMPARE(toString(result.reason), toString(Reason::Internal));
    QCOMPARE(result.exitCode, 125);
    QCOMPARE(result.errorCode, code);
    QVERIFY2(result.error.contains(says), qPrintable(result.error));

    const auto started = await<void>([&](const auto &done) { engine->start({}, done); });
    QVERIFY(!started);
    QCOMPARE(started.error().code, code);
}

void tst_remoteservice::refusedNow()
{
    int left = 2;
    ScriptServer server([&](const QByteArray &, const QByteArray &) -> ScriptServer::Reply {
        if (left-- > 0)
            return ScriptServer::answer(left == 1 ? 429 : 503, {}, "Retry-After: 0\r\n");
        return ScriptServer::answer(200, R"({"sessions": [{"id": "a"}]})");
    });
    const auto told = sessions(engineOf(server.url()).get());
    QVERIFY2(told, describe(told));
    QCOMPARE(told->size(), 1);
    QCOMPARE(server.heads.size(), 3);
}

void tst_remoteservice::refusedForLong()
{
    ScriptServer server(
        [](const QByteArray &, const QByteArray &) { return ScriptServer::answer(429, {}, "Retry-After: 0\r\n"); });
    const auto told = sessions(engineOf(server.url()).get());
    QVERIFY(!told);
    QCOMPARE(told.error().code, remote::errors::TooMany.toString());
    QCOMPARE(server.heads.size(), 1 + remote::MostRetries);
}

// It may have begun.
void tst_remoteservice::postIsNotRepeated()
{
    ScriptServer server([](const QByteArray &, const QByteArray &) {
        return ScriptServer::error(503, "docker_lost", "Docker is gone.", "Retry-After: 0\r\n");
    });
    const auto engine = engineOf(server.url());
    const auto put = await<void>([&](const auto &done) { engine->putFile({}, u"s"_s, u"p"_s, "x", {}, done); });
    QVERIFY(!put);
    QCOMPARE(put.error().code, errors::DockerLost.toString());
    QCOMPARE(server.heads.size(), 1);
}

void tst_remoteservice::runWaits()
{
    int left = 2;
    ScriptServer server([&](const QByteArray &head, const QByteArray &) -> ScriptServer::Reply {
        if (left-- > 0)
            return ScriptServer::answer(429, {}, "Retry-After: 0\r\n");
        if (head.startsWith("GET"))
            return ScriptServer::answer(426, {});
        return streamOf({R"({"type":"exit","data":"3","phase":"code","result":{"exitCode":3}})"});
    });
    const auto engine = engineOf(server.url());
    const std::unique_ptr<Run> run(engine->execute(program()));
    QSignalSpy progress(run.get(), &Run::progress);
    QSignalSpy finished(run.get(), &Run::finished);
    QVERIFY(finished.wait(20000));
    QCOMPARE(run->result().exitCode, 3);
    QCOMPARE(progress.size(), 2);
    QVERIFY(progress[0][0].toString().contains(u"the next attempt is in 1 s"_s));
}

// A service that has taken the WebSocket says it by events.
void tst_remoteservice::runWaitsForItsQuota()
{
    const auto event = [](const QByteArray &json) {
        return http::webSocketFrame(http::WebSocketRole::Server, http::WebSocketOpcode::Text, json);
    };
    ScriptServer server;
    server.script = [&](const QByteArray &head, const QByteArray &) {
        const QByteArray key = head.mid(head.indexOf("Sec-WebSocket-Key: ") + 19, 24);
        QByteArray bytes = "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ";
        bytes += http::webSocketAccept(key) + "\r\n\r\n";
        if (server.heads.size() == 1)
            bytes +=
                event(R"({"type":"error","data":"10 a minute.","phase":"setup","code":"over_quota"})") +
                event(
                    R"({"type":"exit","data":"125","phase":"setup","result":{"exitCode":125,"reason":"setup_failed","errorCode":"over_quota"}})");
        else
            bytes += event(R"({"type":"exit","data":"3","phase":"code","result":{"exitCode":3}})");
        return ScriptServer::Reply(bytes, false);
    };
    const auto engine = engineOf(server.url());
    const std::unique_ptr<Run> run(engine->execute(program()));
    QSignalSpy progress(run.get(), &Run::progress);
    QSignalSpy finished(run.get(), &Run::finished);
    QVERIFY(finished.wait(20000));
    QCOMPARE(run->result().exitCode, 3);
    QCOMPARE(progress.size(), 1);
    QCOMPARE(server.heads.size(), 2);
}

void tst_remoteservice::keyStaysHere()
{
    ScriptServer other;
    ScriptServer server([&](const QByteArray &, const QByteArray &) {
        return ScriptServer::answer(307, {}, "Location: " + other.url().toLatin1() + "/sessions\r\n");
    });
    const auto engine = engineOf(server.url());
    const auto told = sessions(engine.get());
    QVERIFY(!told);
    QVERIFY2(told.error().message.contains(u"is not followed"_s) && told.error().message.contains(other.url()),
             describe(told));
    QVERIFY(run(engine.get()).error.contains(u"is not followed"_s));
    QCOMPARE(server.heads.size(), 2);
    QCOMPARE(other.connections, 0);
}

void tst_remoteservice::whatIsSent()
{
    ScriptServer server(
        [](const QByteArray &, const QByteArray &) { return ScriptServer::answer(200, R"({"sessions": []})"); });
    QVERIFY(sessions(engineOf(server.url() + u"/a%20b/"_s).get()));
    const QByteArray head = server.heads.value(0);
    QVERIFY2(head.startsWith("GET /a%20b/sessions HTTP/1.1\r\n"), head.constData());
    QVERIFY2(head.contains("\r\nAuthorization: Bearer the-key\r\n"), head.constData());
    const QByteArray host = "\r\nHost: 127.0.0.1:" + QByteArray::number(server.port()) + "\r\n";
    QVERIFY2(head.contains(host), head.constData());
    QVERIFY2(!head.contains("Isol8-Context"), head.constData());
}

void tst_remoteservice::noKeyNoField()
{
    ScriptServer server([](const QByteArray &, const QByteArray &) { return ScriptServer::answer(401, {}); });
    const auto told = sessions(engineOf(server.url(), {}).get());
    QVERIFY(!told);
    QCOMPARE(told.error().code, remote::errors::Unauthorized.toString());
    QVERIFY2(told.error().message.contains(u"isol8 login --host "_s + server.url()), describe(told));
    QVERIFY(!server.heads.value(0).contains("Authorization"));
}

// It is kept, and the service ends it without having said so.
void tst_remoteservice::deadIdleConnection()
{
    int count = 0;
    ScriptServer server([&](const QByteArray &, const QByteArray &) -> ScriptServer::Reply {
        ++count;
        if (count == 2)
            return QByteArray();
        return {ScriptServer::answer(200, R"({"sessions": []})"), false};
    });
    const auto engine = engineOf(server.url());
    QVERIFY(sessions(engine.get()));
    QVERIFY(sessions(engine.get()));
    QCOMPARE(count, 3);
    QCOMPARE(server.connections, 2);
}

void tst_remoteservice::uploads()
{
    QTcpServer server;
    QVERIFY(server.listen(QHostAddress::LocalHost));
    QByteArray sent;
    connect(&server, &QTcpServer::newConnection, &server, [&] {
        QTcpSocket *socket = server.nextPendingConnection();
        connect(socket, &QTcpSocket::readyRead, socket, [&sent, socket] {
            sent += socket->readAll();
            if (sent.endsWith("\r\n0\r\n\r\n"))
                socket->write(ScriptServer::answer(200, R"({"ok":true})"));
        });
    });
    const auto engine = engineOf(u"http://127.0.0.1:%1/x"_s.arg(server.serverPort()));
    const std::unique_ptr<Upload> upload(engine->uploadFile({}, u"s 1"_s, {u"/tmp/d/a \u00e4"_s, 0750, 1000}, nullptr));
    QSignalSpy finished(upload.get(), &Upload::finished);
    QSignalSpy taken(upload.get(), &Upload::taken);
    QVERIFY(taken.wait(20000));
    const QByteArray part(200000, 'x');
    for (int i = 0; i < 20; ++i) {
        upload->write(part);
        QVERIFY(upload->bytesPending() > 0);
        QTRY_VERIFY_WITH_TIMEOUT(upload->bytesPending() <= Upload::HighWater, 20000);
    }
    QCOMPARE(finished.size(), 0);
    upload->finish();
    QVERIFY(finished.wait(20000));
    QCOMPARE(finished[0][0].value<Error>().code, QString());
    QVERIFY2(sent.startsWith("PUT /x/session/s%201/files/%2Ftmp/d/a%20%C3%A4?mode=0750&mtimeMs=1000 HTTP/1.1\r\n"),
             sent.left(200).constData());
    QCOMPARE(sent.count('x'), 20 * 200000 + sent.left(sent.indexOf("\r\n\r\n")).count('x'));
}

void tst_remoteservice::uploadIsRefused()
{
    ScriptServer server([](const QByteArray &, const QByteArray &) {
        return ScriptServer::error(404, "unknown_session", "There is no session s.");
    });
    const auto engine = engineOf(server.url());
    const std::unique_ptr<Upload> upload(engine->uploadDirectory({}, u"s"_s, u"a b"_s, nullptr));
    QSignalSpy finished(upload.get(), &Upload::finished);
    upload->write("not read any more");
    QVERIFY(finished.wait(20000));
    QCOMPARE(finished[0][0].value<Error>().code, errors::UnknownSession.toString());
    QVERIFY(server.heads[0].startsWith("PUT /session/s/files.tar?path=a%20b "));
}

void tst_remoteservice::downloads()
{
    const QByteArray content = QByteArray("\0\xff", 2).repeated(500000);
    ScriptServer server([&](const QByteArray &, const QByteArray &) {
        return ScriptServer::answer(200, content,
                                    "X-Isol8-Mode: 0640\r\nLast-Modified: Wed, 21 Oct 2015 07:28:00 GMT\r\n");
    });
    const auto engine = engineOf(server.url());
    const std::unique_ptr<Download> download(engine->downloadFile({}, u"s"_s, u"/sandbox/d/f"_s, nullptr));
    QSignalSpy opened(download.get(), &Download::opened);
    QSignalSpy finished(download.get(), &Download::finished);
    QByteArray got;
    connect(download.get(), &Download::data, this, [&](const QByteArray &bytes) { got += bytes; });
    connect(download.get(), &Download::opened, this, [&] { download->setPaused(true); });
    QVERIFY(opened.wait(20000));
    const auto file = opened[0][0].value<SessionFile>();
    QCOMPARE(file.size, content.size());
    QCOMPARE(file.mode, 0640U);
    QCOMPARE(file.mtimeMs, 1445412480000);
    // Paused, nothing comes and nothing ends.
    QTest::qWait(50);
    QCOMPARE(got.size(), 0);
    QCOMPARE(finished.size(), 0);
    download->setPaused(false);
    QVERIFY(finished.wait(20000));
    QCOMPARE(finished[0][0].value<Error>().code, QString());
    QVERIFY(got == content);
    QVERIFY(server.heads[0].startsWith("GET /session/s/files/d/f "));
}

void tst_remoteservice::downloadBreaks()
{
    ScriptServer server([](const QByteArray &, const QByteArray &) {
        return QByteArray("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
    });
    const auto engine = engineOf(server.url());
    const std::unique_ptr<Download> download(engine->downloadDirectory({}, u"s"_s, u"d"_s, nullptr));
    QSignalSpy finished(download.get(), &Download::finished);
    QVERIFY(finished.wait(20000));
    QCOMPARE(finished[0][0].value<Error>().code, errors::EngineLost.toString());
}

void tst_remoteservice::eventStream()
{
    QByteArray body;
    ScriptServer server([&](const QByteArray &head, const QByteArray &sent) -> ScriptServer::Reply {
        if (head.startsWith("GET"))
            return ScriptServer::error(426, "upgrade_required", "This address speaks WebSocket.");
        body = sent;
        return streamOf(
            {R"({"type":"queued","data":"2","phase":"setup"})",
             R"({"type":"stdout","data":"from setup","phase":"setup"})",
             R"({"type":"started","data":"","phase":"code"})", R"({"type":"of the future","data":"x","phase":"code"})",
             R"({"type":"stdout","data":"a\n","phase":"code"})", R"({"type":"stderr","data":"e","phase":"code"})",
             R"({"type":"stdout","data":"b","phase":"code"})",
             R"({"type":"exit","data":"7","phase":"code","result":{"exitCode":7,"reason":"completed","limited":["timeoutMs"]}})"});
    });
    const auto engine = engineOf(server.url());
    RunRequest request = program();
    request.stdinData = "t\xc3\xa4xt";
    for (int i = 0; i < 2; ++i) {
        const std::unique_ptr<Run> run(engine->execute(request, {}));
        QSignalSpy queued(run.get(), &Run::queued);
        QSignalSpy started(run.get(), &Run::started);
        QSignalSpy finished(run.get(), &Run::finished);
        QVERIFY(finished.wait(20000));
        QCOMPARE(queued.value(0).value(0).toInt(), 2);
        QCOMPARE(started.size(), 1);
        QCOMPARE(run->result().exitCode, 7);
        QCOMPARE(run->result().stdoutText, QByteArray("a\nb"));
        QCOMPARE(run->result().stderrText, QByteArray("e"));
        QCOMPARE(run->result().limited, QStringList{u"timeoutMs"_s});
        const QJsonObject message = QJsonDocument::fromJson(body).object();
        QCOMPARE(message[u"request"_s][u"stdin"_s].toString(), u"t\u00e4xt"_s);
        QVERIFY(!message[u"explicit"_s].toBool());
    }
    // The second did not try again what had failed.
    QCOMPARE(server.heads.size(), 3);
    QVERIFY(server.heads[1].contains("Authorization: Bearer the-key"));
}

void tst_remoteservice::eventStreamBreaks_data()
{
    QTest::addColumn<QByteArray>("answer");
    QTest::addColumn<QString>("code");
    const QString lost = errors::EngineLost.toString();
    QTest::newRow("at once") << StreamHead << lost;
    QTest::newRow("in the middle") << streamOf({R"({"type":"stdout","data":"a","phase":"code"})"}) << lost;
    QTest::newRow("in an event") << streamOf({}) + R"(data: {"type":"exi)" << lost;
    QTest::newRow("no event") << streamOf({"[]"}) << lost;
    QTest::newRow("a result that is none")
        << streamOf({R"({"type":"exit","data":"0","phase":"code","result":{"exitCode":"x"}})"}) << lost;
    QTest::newRow("no stream") << ScriptServer::answer(200, "{}") << errors::EngineUnreachable.toString();
    QTest::newRow("refused") << ScriptServer::error(403, "not_allowed", "No.") << errors::NotAllowed.toString();
}

void tst_remoteservice::eventStreamBreaks()
{
    QFETCH(QByteArray, answer);
    QFETCH(QString, code);
    ScriptServer server([&](const QByteArray &head, const QByteArray &) {
        return head.startsWith("GET") ? ScriptServer::answer(426, {}) : answer;
    });
    const RunResult result = run(engineOf(server.url()).get());
    QCOMPARE(toString(result.reason), toString(Reason::Internal));
    QCOMPARE(result.errorCode, code);
    QVERIFY(!result.error.isEmpty());
}

void tst_remoteservice::eventStreamIsCancelled()
{
    ScriptServer server([](const QByteArray &head, const QByteArray &) -> ScriptServer::Reply {
        if (head.startsWith("GET"))
            return ScriptServer::answer(426, {});
        return {streamOf({R"({"type":"started","data":"","phase":"code"})"}), false};
    });
    const auto engine = engineOf(server.url());
    const std::unique_ptr<Run> run(engine->execute(program()));
    QSignalSpy started(run.get(), &Run::started);
    QSignalSpy finished(run.get(), &Run::finished);
    QVERIFY(started.wait(20000));
    run->cancel();
    QCOMPARE(finished.size(), 0);
    QVERIFY(finished.wait(5000));
    QCOMPARE(toString(run->result().reason), toString(Reason::Cancelled));
}

void tst_remoteservice::eventStreamDeletedInASlot()
{
    ScriptServer server([](const QByteArray &head, const QByteArray &) -> ScriptServer::Reply {
        if (head.startsWith("GET"))
            return ScriptServer::answer(426, {});
        const QByteArray one = R"({"type":"stdout","data":"a","phase":"code"})";
        return streamOf({one, one, R"({"type":"exit","data":"0","phase":"code","result":{}})"});
    });
    const auto engine = engineOf(server.url());
    const QPointer<Run> first(engine->execute(program()));
    connect(first, &Run::output, this, [first] { delete first; });
    QTRY_VERIFY_WITH_TIMEOUT(!first, 20000);
    const QPointer<Run> second(engine->execute(program()));
    connect(second, &Run::finished, this, [second] { delete second; });
    QTRY_VERIFY_WITH_TIMEOUT(!second, 20000);
}

void tst_remoteservice::startFindsNoWebSocket()
{
    ScriptServer server([](const QByteArray &head, const QByteArray &) {
        if (head.startsWith("GET /execute/ws"))
            return ScriptServer::answer(404, "<html>");
        if (head.startsWith("GET /sessions"))
            return ScriptServer::answer(200, R"({"sessions": []})");
        return streamOf({R"({"type":"exit","data":"0","phase":"code","result":{"exitCode":0}})"});
    });
    const auto engine = engineOf(server.url());
    const auto started = await<void>([&](const auto &done) { engine->start({}, done); });
    QVERIFY2(started, describe(started));
    QCOMPARE(run(engine.get()).exitCode, 0);
    QCOMPARE(server.heads.size(), 3);
}

void tst_remoteservice::needsWebSocket_data()
{
    QTest::addColumn<RunRequest>("request");
    QTest::addColumn<bool>("terminal");
    RunRequest request = program();
    QTest::newRow("a terminal") << request << true;
    request.stdinData = "\xff";
    QTest::newRow("stdin that is no text") << request << false;
    request = program();
    request.interactiveStdin = true;
    QTest::newRow("stdin that is typed") << request << false;
}

void tst_remoteservice::needsWebSocket()
{
    QFETCH(RunRequest, request);
    QFETCH(bool, terminal);
    ScriptServer server([](const QByteArray &, const QByteArray &) { return ScriptServer::answer(426, {}); });
    RunOptions options;
    options.pty = terminal;
    const RunResult result = run(engineOf(server.url()).get(), request, options);
    QCOMPARE(result.errorCode, remote::errors::NeedsSocket.toString());
    QVERIFY2(result.error.contains(u"No WebSocket gets through to "_s + server.url()), qPrintable(result.error));
    QCOMPARE(server.heads.size(), 1);
}

void tst_remoteservice::trust_data()
{
    QTest::addColumn<QString>("certificate");
    QTest::addColumn<QString>("authorities");
    QTest::addColumn<QString>("host");
    QTest::addColumn<QString>("says"); // empty: it is trusted
    const QString ip = u"127.0.0.1"_s;
    QTest::newRow("trusted") << u"server"_s << u"ca.crt"_s << ip << QString();
    QTest::newRow("by name") << u"server"_s << u"ca.crt"_s << u"localhost"_s << QString();
    QTest::newRow("the system's authorities alone") << u"server"_s << QString() << ip << u"certificate"_s;
    QTest::newRow("another authority") << u"server"_s << u"otherca.crt"_s << ip << u"certificate"_s;
    QTest::newRow("another host's") << u"elsewhere"_s << u"ca.crt"_s << ip << u"host name"_s;
    QTest::newRow("no such file") << u"server"_s << u"missing.crt"_s << ip << u"missing.crt"_s;
    QTest::newRow("a file without certificates") << u"server"_s << u"ca.key"_s << ip << u"holds no certificate"_s;
}

void tst_remoteservice::trust()
{
    if (!Certificates::possible())
        QSKIP("no openssl, or Qt without TLS");
    static Certificates certificates;
    static const bool made =
        certificates.makeAuthority(u"ca"_s) && certificates.makeAuthority(u"otherca"_s) &&
        certificates.makeCertificate(u"server"_s, u"ca"_s, u"isol8"_s, u"IP:127.0.0.1,DNS:localhost"_s, false) &&
        certificates.makeCertificate(u"elsewhere"_s, u"ca"_s, u"isol8"_s, u"DNS:elsewhere.example"_s, false);
    QVERIFY(made);
    QFETCH(QString, certificate);
    QFETCH(QString, authorities);
    QFETCH(QString, host);
    QFETCH(QString, says);
    ScriptServer server(
        [](const QByteArray &head, const QByteArray &) {
            return head.startsWith("GET /sessions") ? ScriptServer::answer(200, R"({"sessions": []})")
                                                    : ScriptServer::answer(403, {});
        },
        certificates.serverConfiguration(certificate, false));
    auto service = remote::ServiceEndpoint::parse(server.url(host));
    QVERIFY(service);
    service->key = "the-key";
    if (!authorities.isEmpty())
        service->address.authorities = certificates.path() + u'/' + authorities;
    RemoteEngineOptions options;
    options.service = *service;
    RemoteEngine engine(options);
    const auto told = sessions(&engine);
    const RunResult result = run(&engine);
    if (says.isEmpty()) {
        QVERIFY2(told, describe(told));
        QCOMPARE(result.errorCode, remote::errors::Forbidden.toString());
        return;
    }
    QVERIFY(!told);
    QCOMPARE(told.error().code, remote::errors::Untrusted.toString());
    QCOMPARE(result.errorCode, remote::errors::Untrusted.toString());
    QVERIFY2(result.error.contains(says), qPrintable(result.error));
    QVERIFY2(result.error.contains(u"There is no trusted connection to "_s + server.url(host)),
             qPrintable(result.error));
    QCOMPARE(server.heads.size(), 0); // nor did the key leave
}

void tst_remoteservice::noTlsThere()
{
    ScriptServer server;
    server.greeting = ScriptServer::answer(400, {});
    const auto told = sessions(engineOf(server.url().replace(u"http:"_s, u"https:"_s)).get());
    QVERIFY(!told);
    QVERIFY2(told.error().message.contains(u"no trusted connection"_s), describe(told));
    QCOMPARE(server.heads.size(), 0);
}

void tst_remoteservice::proxy()
{
    // What stands behind it is played by the proxy itself.
    ScriptServer server([](const QByteArray &head, const QByteArray &) -> ScriptServer::Reply {
        if (head.startsWith("CONNECT"))
            return {"HTTP/1.1 200 OK\r\n\r\n", false};
        return ScriptServer::answer(200, R"({"sessions": [{"id": "behind"}]})");
    });
    auto service = remote::ServiceEndpoint::parse(u"http://isol8.test:3000"_s);
    QVERIFY(service);
    service->key = "the-key";
    QProcessEnvironment environment;
    environment.insert(u"http_proxy"_s, u"http://user:word@127.0.0.1:%1"_s.arg(server.port()));
    service->address.proxy = remote::proxyFor(*service, environment);
    RemoteEngineOptions options;
    options.service = *service;
    RemoteEngine engine(options);
    const auto told = sessions(&engine);
    QVERIFY2(told, describe(told));
    QCOMPARE(told->value(0).id, u"behind"_s);
    QVERIFY(server.heads[0].startsWith("CONNECT isol8.test:3000 HTTP/1.1\r\n"));
    QVERIFY(!server.heads[0].contains("the-key"));
    QVERIFY(server.heads[1].startsWith("GET /sessions HTTP/1.1\r\nHost: isol8.test:3000\r\n"));
}

QTEST_GUILESS_MAIN(tst_remoteservice)
#include "tst_remoteservice.moc"
