// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; service; websockets
#include "support/ServiceProcess.h"

#include <QSignalSpy>
#include <QTcpServer>
#include <QTcpSocket>
#include <QWebSocket>

using namespace servicetest;
using namespace Qt::StringLiterals;

namespace {

// The events of a stream, "type/phase data" each; exit's without its result.
QStringList eventsOf(const QByteArray &body)
{
    QStringList events;
    for (const QByteArray &part : body.split('\n')) {
        if (!part.startsWith("data: "))
            continue;
        const QJsonObject event = QJsonDocument::fromJson(part.sliced(6)).object();
        events.append(event.value(u"type"_s).toString() + u'/' + event.value(u"phase"_s).toString() + u' ' +
                      event.value(u"data"_s).toString());
    }
    return events;
}

// Joined where several of a kind follow each other: where output is cut is not told.
QStringList joined(const QStringList &events)
{
    QStringList result;
    QString last;
    for (const QString &event : events) {
        const QString kind = event.section(u' ', 0, 0);
        if (kind == last)
            result.last() += event.section(u' ', 1);
        else
            result.append(event);
        last = kind;
    }
    return result;
}

// Qt's WebSocket client through a bridge from TCP to the Unix socket.
class SocketClient : public QObject
{
public:
    explicit SocketClient(const QString &path)
    {
        connect(&m_bridge, &QTcpServer::newConnection, this, [this, path] {
            QTcpSocket *from = m_bridge.nextPendingConnection();
            auto *to = new QLocalSocket(from);
            to->connectToServer(path);
            connect(from, &QTcpSocket::readyRead, to, [from, to] { to->write(from->readAll()); });
            connect(to, &QLocalSocket::readyRead, from, [from, to] { from->write(to->readAll()); });
            connect(to, &QLocalSocket::disconnected, from, [from] { from->disconnectFromHost(); });
            connect(from, &QTcpSocket::disconnected, to, [to] { to->abort(); });
        });
        m_bridge.listen(QHostAddress::LocalHost);
        connect(&socket, &QWebSocket::textMessageReceived, this, [this](const QString &text) {
            const QJsonObject event = QJsonDocument::fromJson(text.toUtf8()).object();
            events.append(event.value(u"type"_s).toString() + u'/' + event.value(u"phase"_s).toString() + u' ' +
                          event.value(u"data"_s).toString());
            last = event;
        });
        connect(&socket, &QWebSocket::disconnected, this, [this] { closed = true; });
        socket.open(QUrl(u"ws://127.0.0.1:%1/execute/ws"_s.arg(m_bridge.serverPort())));
    }
    bool connected()
    {
        return QTest::qWaitFor([this] { return socket.state() == QAbstractSocket::ConnectedState; }, 5000);
    }
    void send(const QJsonObject &message)
    {
        socket.sendTextMessage(QString::fromUtf8(QJsonDocument(message).toJson(QJsonDocument::Compact)));
    }
    void execute(QJsonObject message)
    {
        message.insert(u"type"_s, u"execute"_s);
        send(message);
    }
    [[nodiscard]] QString output() const { return joined(events).value(0).section(u' ', 1); }

    QWebSocket socket;
    QStringList events;
    QJsonObject last;
    bool closed = false;

private:
    QTcpServer m_bridge;
};

} // namespace

/*
    The background engine as its clients see it: section 9 of the specification over its socket.
*/
class tst_service : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void health();
    void results_data();
    void results();
    void refused_data();
    void refused();
    void allOptionsOfALocalRun();
    void streams_data();
    void streams();
    void streamIsRefusedWithItsStatus();
    void outputComesAsItIsWritten();
    void heartbeatsOnAQuietStream();
    void closedConnectionCancels_data();
    void closedConnectionCancels();
    void keepAlive();
    void fiftyAtOnce();
    void clientThatNeverReads();
    void largeBody();
    void interactiveSocket();
    void socketExtras();
    void socketTerminal();
    void runs();
    void files();
    void filesRefused_data();
    void filesRefused();
    void socketErrors_data();
    void socketErrors();
    void socketStdinBackPressure();
    void cleanupTestCase();

private:
    ServiceProcess m_service;
};

void tst_service::initTestCase()
{
    m_service.configure(R"({"poolSize": 0, "limits": {"memoryLimit": "600m"}})");
    QVERIFY(m_service.start({u"--prewarm"_s, QString(), u"--write-timeout"_s, u"2s"_s}));
}

void tst_service::cleanupTestCase()
{
    QVERIFY2(m_service.nothingLeft(), "a container was left behind by a run");
    QCOMPARE(m_service.stop(SIGTERM), 0);
}

void tst_service::health()
{
    const Answer answer = m_service.ask("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
    QCOMPARE(answer.status, 200);
    QCOMPARE(answer.json().value(u"status"_s).toString(), u"ok"_s);
    QCOMPARE(answer.json().value(u"images"_s).toObject().value(u"python"_s).toBool(), true);
    QCOMPARE(answer.json().value(u"docker"_s).toObject().value(u"reachable"_s).toBool(), true);
    QVERIFY(
        answer.head.contains(QByteArray("Server: isol8/" + answer.json().value(u"version"_s).toString().toLatin1())));
}

void tst_service::results_data()
{
    QTest::addColumn<QJsonObject>("body");
    QTest::addColumn<QJsonObject>("expected"); // members of the result
    QTest::newRow("hello") << python(u"print('h\u00e4llo')"_s)
                           << QJsonObject{
                                  {u"stdout"_s, u"h\u00e4llo\n"_s}, {u"exitCode"_s, 0}, {u"reason"_s, u"completed"_s}};
    QTest::newRow("fails") << python(u"import sys; sys.stderr.write('e'); sys.exit(3)"_s)
                           << QJsonObject{{u"stderr"_s, u"e"_s}, {u"exitCode"_s, 3}, {u"reason"_s, u"completed"_s}};
    QTest::newRow("timeout") << python(u"while True: pass"_s, {{u"timeoutMs"_s, 700}})
                             << QJsonObject{{u"exitCode"_s, 124}, {u"reason"_s, u"timeout"_s}};
    QTest::newRow("command") << QJsonObject{{u"request"_s, QJsonObject{{u"cmd"_s, u"echo $0 $USER"_s}}}}
                             << QJsonObject{{u"stdout"_s, u"isol8 sandbox\n"_s}, {u"runtime"_s, u"bash"_s}};
    QTest::newRow("stdin") << python(u"print(input() + input())"_s, {}, {{u"stdin"_s, u"a\nb"_s}})
                           << QJsonObject{{u"stdout"_s, u"ab\n"_s}};
    QTest::newRow("no stdin") << python(u"import sys; print(len(sys.stdin.read()))"_s)
                              << QJsonObject{{u"stdout"_s, u"0\n"_s}};
    QTest::newRow("files") << python(u"print(open('/sandbox/a').read()); open('b', 'w').write('B')"_s, {},
                                     {{u"files"_s, QJsonObject{{u"/sandbox/a"_s, u"A"_s}}},
                                      {u"outputPaths"_s, QJsonArray{u"/sandbox/b"_s}}})
                           << QJsonObject{{u"stdout"_s, u"A\n"_s},
                                          {u"files"_s, QJsonObject{{u"/sandbox/b"_s, u"Qg=="_s}}}};
    QTest::newRow("limited") << python(u"print(1)"_s, {{u"memoryLimit"_s, u"4g"_s}})
                             << QJsonObject{{u"limited"_s, QJsonArray{u"memoryLimit"_s}}, {u"exitCode"_s, 0}};
    QTest::newRow("setup that fails") << python(u"print(1)"_s, {}, {{u"setupScript"_s, u"echo no; exit 9"_s}})
                                      << QJsonObject{{u"exitCode"_s, 9},
                                                     {u"reason"_s, u"setup_failed"_s},
                                                     {u"stdout"_s, u"no\n"_s}};
    QTest::newRow("unknown keys are ignored")
        << QJsonObject{{u"request"_s, QJsonObject{{u"code"_s, u"print(1)"_s}, {u"sparkle"_s, 1}}},
                       {u"options"_s, QJsonObject{{u"audit"_s, QJsonObject()}, {u"poolSize"_s, 7}, {u"debug"_s, true}}}}
        << QJsonObject{{u"stdout"_s, u"1\n"_s}};
}

void tst_service::results()
{
    QFETCH(QJsonObject, body);
    QFETCH(QJsonObject, expected);
    const Answer answer = m_service.ask(post("/execute", body));
    QCOMPARE(answer.status, 200);
    QVERIFY(answer.head.contains("Content-Type: application/json"));
    for (auto it = expected.begin(); it != expected.end(); ++it)
        QCOMPARE(answer.json().value(it.key()), it.value());
}

void tst_service::refused_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<int>("status");
    QTest::addColumn<QString>("code");
    QTest::addColumn<QString>("path"); // that the sentence names
    const auto row = [](const char *name, const QByteArray &body, int status, const QString &code,
                        const QString &path) { QTest::newRow(name) << body << status << code << path; };
    row("no JSON", "{\"request\": ", 400, u"bad_request"_s, u"byte"_s);
    row("empty", "", 400, u"bad_request"_s, u"JSON"_s);
    row("a list", "[]", 400, u"bad_request"_s, u"object"_s);
    row("no request", "{}", 400, u"bad_request"_s, u"request is missing"_s);
    row("request of a wrong type", R"({"request": 3})", 400, u"bad_request"_s, u"request must"_s);
    row("options of a wrong type", R"({"request": {"code": "x"}, "options": []})", 400, u"bad_request"_s,
        u"options must"_s);
    row("nothing to run", R"({"request": {}})", 400, u"bad_request"_s, u"request.code"_s);
    row("two things to run", R"({"request": {"code": "x", "cmd": "y"}})", 400, u"bad_request"_s, u"request.code"_s);
    row("code of a wrong type", R"({"request": {"code": 3}})", 400, u"bad_request"_s, u"request.code"_s);
    row("variable of a wrong type", R"({"request": {"code": "x", "env": {"A": 1}}})", 400, u"bad_request"_s,
        u"request.env.A"_s);
    row("file of a wrong type", R"({"request": {"code": "x", "files": {"/sandbox/a": 1}}})", 400, u"bad_request"_s,
        u"request.files./sandbox/a"_s);
    row("unknown runtime", R"({"request": {"code": "x", "runtime": "cobol"}})", 400, u"unknown_runtime"_s,
        u"request.runtime"_s);
    row("limit of a wrong type", R"({"request": {"code": "x"}, "options": {"pidsLimit": "many"}})", 400,
        u"bad_request"_s, u"options.pidsLimit"_s);
    row("limit too low", R"({"request": {"code": "x"}, "options": {"memoryLimit": "1k"}})", 400, u"limit_too_low"_s,
        u"memoryLimit"_s);
    row("path outside", R"({"request": {"code": "x", "workdir": "/etc"}})", 400, u"bad_path"_s, u"workdir"_s);
    row("short secret", R"({"request": {"code": "x"}, "options": {"secrets": {"K": "a"}}})", 400, u"bad_secret"_s,
        u"K"_s);
    row("session", R"({"request": {"code": "x"}, "sessionId": 5})", 400, u"bad_request"_s, u"sessionId"_s);
    row("events of a wrong type", R"({"request": {"code": "x"}, "events": 3})", 400, u"bad_request"_s, u"events"_s);
    row("no name of a session", R"({"request": {"code": "x"}, "sessionId": "../s"})", 400, u"bad_request"_s,
        u"sessionId"_s);
    row("image that is not there", R"({"request": {"code": "x"}, "options": {"image": "isol8:nowhere"}})", 503,
        u"image_missing"_s, u"isol8:nowhere"_s);
    row("isolation that is not there", R"({"request": {"code": "x"}, "options": {"isolation": "nowhere"}})", 503, {},
        u"nowhere"_s);
}

void tst_service::refused()
{
    QFETCH(QByteArray, body);
    QFETCH(int, status);
    QFETCH(QString, code);
    QFETCH(QString, path);
    for (const QByteArray route : {"/execute", "/execute/stream"}) {
        const Answer answer = m_service.ask("POST " + route + " HTTP/1.1\r\nHost: x\r\nContent-Length: " +
                                            QByteArray::number(body.size()) + "\r\n\r\n" + body);
        const QString sentence = answer.json().value(u"error"_s).toString();
        QVERIFY2(answer.status == status, answer.body.constData());
        if (!code.isEmpty())
            QCOMPARE(answer.json().value(u"code"_s).toString(), code);
        QVERIFY2(sentence.contains(path), qPrintable(sentence));
        QVERIFY(!answer.json().value(u"code"_s).toString().isEmpty());
    }
}

// The one who asks is the one whose engine it is: what a service refuses to strangers is his to ask for.
void tst_service::allOptionsOfALocalRun()
{
    const QJsonObject options{{u"security"_s, QJsonObject{{u"seccomp"_s, u"unconfined"_s}}},
                              {u"readonlyRootFs"_s, false},
                              {u"image"_s, u"isol8:bash"_s},
                              {u"priority"_s, 3}};
    const QJsonObject body{{u"request"_s, QJsonObject{{u"cmd"_s, u"grep Seccomp: /proc/1/status; echo x"_s}}},
                           {u"options"_s, options}};
    const Answer answer = m_service.ask(post("/execute", body));
    QVERIFY2(answer.status == 200 && answer.json().value(u"exitCode"_s).toInt(-1) == 0, answer.body.constData());
}

void tst_service::streams_data()
{
    QTest::addColumn<QJsonObject>("body");
    QTest::addColumn<QStringList>("expected");
    QTest::newRow("both")
        << python(u"import sys\nprint('a', flush=True)\nsys.stderr.write('b\\n'); sys.stderr.flush()\nsys.exit(2)"_s)
        << QStringList{u"stdout/code a\n"_s, u"stderr/code b\n"_s, u"exit/code 2"_s};
    QTest::newRow("silent") << python(u"pass"_s) << QStringList{u"exit/code 0"_s};
    QTest::newRow("setup") << python(u"print('p')"_s, {}, {{u"setupScript"_s, u"echo s"_s}})
                           << QStringList{u"stdout/setup s\n"_s, u"stdout/code p\n"_s, u"exit/code 0"_s};
    QTest::newRow("setup that fails")
        << python(u"print('p')"_s, {}, {{u"setupScript"_s, u"echo s; exit 7"_s}})
        << QStringList{u"stdout/setup s\n"_s,
                       u"error/setup The setup script failed with exit code 7; the program was not started."_s,
                       u"exit/setup 7"_s};
    QTest::newRow("timeout") << python(u"print('x', flush=True)\nwhile True: pass"_s, {{u"timeoutMs"_s, 700}})
                             << QStringList{u"stdout/code x\n"_s, u"exit/code 124"_s};
}

void tst_service::streams()
{
    QFETCH(QJsonObject, body);
    QFETCH(QStringList, expected);
    const Answer answer = m_service.ask(post("/execute/stream", body));
    QCOMPARE(answer.status, 200);
    QVERIFY(answer.head.contains("Content-Type: text/event-stream"));
    QCOMPARE(joined(eventsOf(answer.body)), expected);
    // The format to the byte, and the result with the last event.
    for (const QByteArray &event : answer.body.trimmed().split('\n')) {
        if (!event.isEmpty() && event != ":")
            QVERIFY2(event.startsWith("data: {\"type\":\""), event.constData());
    }
    const QByteArray last = answer.body.trimmed().split('\n').last();
    const QJsonObject result = QJsonDocument::fromJson(last.sliced(6)).object().value(u"result"_s).toObject();
    QCOMPARE(QString::number(result.value(u"exitCode"_s).toInt()), expected.last().section(u' ', 1));
    QVERIFY(!result.contains(u"stdout"_s));
    QVERIFY(answer.body.endsWith("}\n\n"));
}

void tst_service::streamIsRefusedWithItsStatus()
{
    const Answer answer =
        m_service.ask(post("/execute/stream", python(u"x"_s, {{u"mode"_s, u"persistent"_s}, {u"persist"_s, true}})));
    QCOMPARE(answer.status, 403);
    QCOMPARE(answer.json().value(u"code"_s).toString(), u"not_allowed"_s);
}

void tst_service::outputComesAsItIsWritten()
{
    QLocalSocket socket;
    socket.connectToServer(m_service.socketPath());
    socket.write(post("/execute/stream", python(u"import time\nprint('first', flush=True)\ntime.sleep(30)"_s)));
    QByteArray bytes;
    QTRY_VERIFY_WITH_TIMEOUT((bytes += socket.readAll()).contains("first"), 10000);
    socket.abort();
    QVERIFY(m_service.nothingLeft());
}

void tst_service::heartbeatsOnAQuietStream()
{
    QLocalSocket socket;
    socket.connectToServer(m_service.socketPath());
    socket.write(post("/execute/stream", python(u"import time; time.sleep(25)"_s, {{u"timeoutMs"_s, 30000}})));
    QByteArray bytes;
    QTRY_VERIFY_WITH_TIMEOUT((bytes += socket.readAll()).contains("\r\n:\n\n\r\n"), 20000);
}

void tst_service::closedConnectionCancels_data()
{
    QTest::addColumn<QString>("route");
    QTest::newRow("execute") << u"/execute"_s;
    QTest::newRow("stream") << u"/execute/stream"_s;
    QTest::newRow("socket") << u"/execute/ws"_s;
}

void tst_service::closedConnectionCancels()
{
    QFETCH(QString, route);
    QVERIFY(m_service.nothingLeft());
    const QJsonObject body = python(u"import time; time.sleep(60)"_s, {{u"timeoutMs"_s, 60000}});
    if (route == u"/execute/ws") {
        SocketClient client(m_service.socketPath());
        QVERIFY(client.connected());
        client.execute(body);
        QTRY_COMPARE_WITH_TIMEOUT(m_service.containers(), 1, 5000);
        client.socket.abort();
        QTRY_VERIFY(m_service.nothingLeft());
        return;
    }
    QLocalSocket socket;
    socket.connectToServer(m_service.socketPath());
    socket.write(post(route.toLatin1(), body));
    socket.waitForBytesWritten(1000);
    QTRY_COMPARE_WITH_TIMEOUT(m_service.containers(), 1, 5000);
    socket.abort();
    QVERIFY(m_service.nothingLeft());
}

void tst_service::keepAlive()
{
    QLocalSocket socket;
    socket.connectToServer(m_service.socketPath());
    for (const QString &text : {u"one"_s, u"two"_s}) {
        socket.write(post("/execute", python(u"print('%1')"_s.arg(text))));
        QByteArray bytes;
        QTRY_VERIFY_WITH_TIMEOUT((bytes += socket.readAll()).contains(QByteArray(text.toLatin1() + "\\n")), 20000);
    }
    // A stream leaves the connection as good as it was.
    socket.write(post("/execute/stream", python(u"print('three')"_s)) + "GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
    QByteArray bytes;
    QTRY_VERIFY_WITH_TIMEOUT((bytes += socket.readAll()).contains("\"status\":\"ok\""), 20000);
    QVERIFY(bytes.indexOf("three") < bytes.indexOf("\"status\":\"ok\""));
}

void tst_service::fiftyAtOnce()
{
    std::vector<std::unique_ptr<QLocalSocket>> sockets;
    std::vector<QByteArray> answers(50);
    for (int i = 0; i < 50; ++i) {
        sockets.push_back(std::make_unique<QLocalSocket>());
        sockets.back()->connectToServer(m_service.socketPath());
        const QJsonObject body{{u"request"_s, QJsonObject{{u"cmd"_s, u"echo run %1"_s.arg(i)}}}};
        sockets.back()->write(post(i % 2 ? "/execute" : "/execute/stream", body));
    }
    const auto complete = [&](int i) {
        answers[size_t(i)] += sockets[size_t(i)]->readAll();
        return answers[size_t(i)].contains(QByteArray("run " + QByteArray::number(i) + "\\n")) &&
               answers[size_t(i)].contains("containerId");
    };
    for (int i = 0; i < 50; ++i)
        QTRY_VERIFY2_WITH_TIMEOUT(complete(i), answers[size_t(i)].constData(), 120000);
}

void tst_service::clientThatNeverReads()
{
    QLocalSocket stuck;
    stuck.setReadBufferSize(1024);
    stuck.connectToServer(m_service.socketPath());
    stuck.write(post("/execute/stream", python(u"import sys\nwhile True: sys.stdout.write('x' * 100000)"_s,
                                               {{u"timeoutMs"_s, 60000}, {u"maxOutputSize"_s, u"1g"_s}})));
    stuck.waitForBytesWritten(1000);
    QTRY_COMPARE_WITH_TIMEOUT(m_service.containers(), 1, 5000);
    // Others are served.
    QCOMPARE(m_service.ask(post("/execute", python(u"print(1)"_s))).json().value(u"stdout"_s).toString(), u"1\n"_s);
    QFile status(u"/proc/%1/status"_s.arg(m_service.process.processId()));
    QVERIFY(status.open(QIODevice::ReadOnly));
    const QByteArray text = status.readAll();
    const qint64 kib = text.mid(text.indexOf("VmHWM:") + 6, 16).simplified().split(' ').first().toLongLong();
    QVERIFY2(kib > 1000, text.constData());
#ifndef __SANITIZE_ADDRESS__ // which keeps what was freed
    QVERIFY2(kib < 80000, text.constData());
#endif
    // It is given up, and its run with it.
    QVERIFY2(m_service.nothingLeft(15000), "the run of a client that does not read goes on");
}

void tst_service::largeBody()
{
    QJsonObject body = python(u"import os; print(os.path.getsize('/sandbox/a'))"_s, {},
                              {{u"files"_s, QJsonObject{{u"/sandbox/a"_s, QString(10000000, u'x')}}}});
    QCOMPARE(m_service.ask(post("/execute", body)).json().value(u"stdout"_s).toString(), u"10000000\n"_s);
    const Answer answer = m_service.ask("POST /execute HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n\r\n");
    QCOMPARE(answer.status, 413);
    QCOMPARE(answer.json().value(u"code"_s).toString(), u"too_large"_s);
}

void tst_service::interactiveSocket()
{
    SocketClient client(m_service.socketPath());
    QVERIFY(client.connected());
    client.execute(python(u"import signal, sys\n"
                          "signal.signal(signal.SIGINT, lambda *a: print('interrupted', flush=True))\n"
                          "print('ready', flush=True)\n"
                          "for line in sys.stdin: print('got', line.strip(), flush=True)\n"
                          "print('end', flush=True)\nsys.exit(4)"_s));
    QTRY_COMPARE_WITH_TIMEOUT(client.output(), u"ready\n"_s, 10000);
    client.send({{u"type"_s, u"stdin"_s}, {u"data"_s, u"hello\n"_s}});
    QTRY_COMPARE(client.output(), u"ready\ngot hello\n"_s);
    client.socket.sendBinaryMessage("bytes\n");
    QTRY_COMPARE(client.output(), u"ready\ngot hello\ngot bytes\n"_s);
    client.send({{u"type"_s, u"signal"_s}, {u"signal"_s, u"SIGINT"_s}});
    QTRY_VERIFY(client.output().endsWith(u"interrupted\n"));
    for (const QString &wrong : {u"SIGNONSENSE"_s, u"SIGALRM"_s, u"SIGSTOP"_s}) { // none that would end what watches it
        client.send({{u"type"_s, u"signal"_s}, {u"signal"_s, wrong}});
        QTRY_VERIFY(client.events.last().startsWith(u"error/code signal must be"_s));
        client.events.removeLast();
    }
    client.send({{u"type"_s, u"eof"_s}});
    QTRY_VERIFY_WITH_TIMEOUT(client.closed, 10000);
    QCOMPARE(joined(client.events).last(), u"exit/code 4"_s);
    QVERIFY(client.output().endsWith(u"end\n"));
    QCOMPARE(int(client.socket.closeCode()), 1000);
    QCOMPARE(client.last.value(u"result"_s).toObject().value(u"reason"_s).toString(), u"completed"_s);
    QVERIFY(!client.last.value(u"result"_s).toObject().contains(u"stdout"_s));
}

void tst_service::socketExtras()
{
    SocketClient client(m_service.socketPath());
    QVERIFY(client.connected());
    QJsonObject body = python(u"print('x')"_s, {}, {{u"setupScript"_s, u"true"_s}});
    body.insert(u"events"_s, QJsonArray{u"accepted"_s, u"progress"_s, u"started"_s, u"unheard-of"_s});
    body.insert(u"collect"_s, true);
    client.execute(body);
    QTRY_VERIFY_WITH_TIMEOUT(client.closed, 20000);
    const QString id = client.last.value(u"result"_s).toObject().value(u"executionId"_s).toString();
    const QStringList expected{u"accepted/setup "_s + id, u"progress/setup The setup script"_s, u"started/code "_s,
                               u"stdout/code x\n"_s, u"exit/code 0"_s};
    QCOMPARE(joined(client.events), expected);
    QCOMPARE(client.last.value(u"result"_s).toObject().value(u"stdout"_s).toString(), u"x\n"_s);
}

void tst_service::socketTerminal()
{
    SocketClient client(m_service.socketPath());
    QVERIFY(client.connected());
    QJsonObject body{{u"request"_s, QJsonObject{{u"cmd"_s, u"stty size; read x; stty size"_s}}}};
    body.insert(u"terminal"_s, QJsonObject{{u"cols"_s, 33}, {u"rows"_s, 11}});
    client.execute(body);
    QTRY_VERIFY_WITH_TIMEOUT(client.output().contains(u"11 33"_s), 10000);
    client.send({{u"type"_s, u"resize"_s}, {u"cols"_s, 44}, {u"rows"_s, 22}});
    client.send({{u"type"_s, u"stdin"_s}, {u"data"_s, u"\n"_s}});
    QTRY_VERIFY_WITH_TIMEOUT(client.closed, 10000);
    QVERIFY2(client.output().contains(u"22 44"_s), qPrintable(client.output()));

    // Its bytes are text here, however they come.
    SocketClient bytes(m_service.socketPath());
    QVERIFY(bytes.connected());
    body.insert(u"request"_s,
                QJsonObject{{u"cmd"_s, u"printf 'a\\303'; read x; printf '\\266\\377b'; printf '\\342\\202'"_s}});
    bytes.execute(body);
    QTRY_COMPARE_WITH_TIMEOUT(bytes.output(), u"a"_s, 10000);
    bytes.send({{u"type"_s, u"stdin"_s}, {u"data"_s, u"\n"_s}});
    QTRY_VERIFY_WITH_TIMEOUT(bytes.closed, 10000);
    QCOMPARE(bytes.output(), u"a\ufffd\r\n\ufffd\ufffdb\ufffd"_s); // the echo came in between
}

// What runs now, and nothing that has ended.
void tst_service::runs()
{
    const auto list = [&] {
        return m_service.ask("GET /runs HTTP/1.1\r\nHost: x\r\n\r\n").json().value(u"runs"_s).toArray();
    };
    QCOMPARE(list().size(), 0);
    SocketClient client(m_service.socketPath());
    QVERIFY(client.connected());
    QJsonObject body{{u"request"_s, QJsonObject{{u"cmd"_s, u"echo up; read x"_s}}}};
    body.insert(u"events"_s, QJsonArray{u"accepted"_s});
    client.execute(body);
    QTRY_VERIFY_WITH_TIMEOUT(client.events.contains(u"stdout/code up\n"_s), 10000);
    QCOMPARE(list().size(), 1);
    const QJsonObject run = list().first().toObject();
    QVERIFY(client.events.first().endsWith(run.value(u"id"_s).toString()));
    QCOMPARE(run.value(u"runtime"_s).toString(), u"bash"_s);
    QCOMPARE(run.value(u"state"_s).toString(), u"running"_s);
    QVERIFY(QDateTime::fromString(run.value(u"startedAt"_s).toString(), Qt::ISODateWithMs).isValid());
    client.send({{u"type"_s, u"eof"_s}});
    QTRY_VERIFY_WITH_TIMEOUT(client.closed, 10000);
    QTRY_COMPARE(list().size(), 0);
}

void tst_service::files()
{
    QJsonObject body = python(u"print('up')"_s);
    body.insert(u"sessionId"_s, u"files"_s);
    QCOMPARE(m_service.ask(post("/execute", body)).status, 200);
    Answer answer = m_service.ask(
        post("/file", {{u"sessionId"_s, u"files"_s}, {u"path"_s, u"d/a b+c"_s}, {u"content"_s, u"AAH/"_s}}));
    QCOMPARE(answer.status, 200);
    QCOMPARE(answer.json(), (QJsonObject{{u"ok"_s, true}}));
    // As URLSearchParams writes it, and as encodeURIComponent does.
    for (const QByteArray path : {"d%2Fa+b%2Bc", "/sandbox/d/a%20b%2Bc"}) {
        answer = m_service.ask("GET /file?sessionId=files&path=" + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
        QCOMPARE(answer.status, 200);
        QCOMPARE(answer.json(), (QJsonObject{{u"content"_s, u"AAH/"_s}}));
    }
    const auto paths = [&](const QByteArray &query) {
        QStringList found;
        const Answer listed = m_service.ask("GET /session/files/files" + query + " HTTP/1.1\r\nHost: x\r\n\r\n");
        for (const QJsonValue &file : listed.json().value(u"files"_s).toArray())
            found.append(file[u"type"_s].toString() + u' ' + file[u"path"_s].toString() + u' ' +
                         QString::number(file[u"size"_s].toInt(-1)) + u' ' +
                         QString::number(file[u"mode"_s].toInt(), 8));
        return found;
    };
    QVERIFY(paths("").join(u'\n').contains(u"directory /sandbox/d "_s));
    QCOMPARE(paths("?path=d"), QStringList{u"file /sandbox/d/a b+c 3 644"_s});
    QVERIFY(paths("?recursive=true").contains(u"file /sandbox/d/a b+c 3 644"_s));
    QVERIFY(!paths("?recursive=false").contains(u"file /sandbox/d/a b+c 3 644"_s));
    const QByteArray away = "DELETE /session/files/files?path=d HTTP/1.1\r\nHost: x\r\n\r\n";
    QCOMPARE(m_service.ask(away).json(), (QJsonObject{{u"ok"_s, true}}));
    QCOMPARE(m_service.ask(away).status, 404);
    QCOMPARE(m_service.ask("DELETE /session/files HTTP/1.1\r\nHost: x\r\n\r\n").status, 200);
}

void tst_service::filesRefused_data()
{
    QTest::addColumn<QByteArray>("request");
    QTest::addColumn<int>("status");
    QTest::addColumn<QString>("code");
    const auto file = [](const QJsonObject &changes) {
        QJsonObject body{{u"sessionId"_s, u"none"_s}, {u"path"_s, u"a"_s}, {u"content"_s, u""_s}};
        for (auto it = changes.begin(); it != changes.end(); ++it)
            body.insert(it.key(), it.value());
        return post("/file", body);
    };
    const QByteArray end = " HTTP/1.1\r\nHost: x\r\n\r\n";
    const QString bad = u"bad_request"_s;
    QTest::newRow("put, unknown session") << file({}) << 404 << u"unknown_session"_s;
    QTest::newRow("put, path is a number") << file({{u"path"_s, 1}}) << 400 << bad;
    QTest::newRow("put, session is a number") << file({{u"sessionId"_s, 1}}) << 400 << bad;
    QTest::newRow("put, content is an object") << file({{u"content"_s, QJsonObject()}}) << 400 << bad;
    QTest::newRow("put, content is null") << file({{u"content"_s, QJsonValue::Null}}) << 400 << bad;
    QTest::newRow("put, no base64") << file({{u"content"_s, u"!"_s}}) << 400 << bad;
    QTest::newRow("put, mode") << file({{u"mode"_s, 01000}}) << 400 << bad;
    QTest::newRow("put, no JSON") << QByteArray("POST /file HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n{") << 400
                                  << bad;
    QTest::newRow("get, unknown session") << "GET /file?sessionId=none&path=a" + end << 404 << u"unknown_session"_s;
    QTest::newRow("get, no path") << "GET /file?sessionId=none" + end << 400 << bad;
    QTest::newRow("get, no session") << "GET /file?path=a" + end << 400 << bad;
    QTest::newRow("list, unknown session") << "GET /session/none/files" + end << 404 << u"unknown_session"_s;
    QTest::newRow("list, recursive") << "GET /session/none/files?recursive=maybe" + end << 400 << bad;
    QTest::newRow("remove, no path") << "DELETE /session/none/files" + end << 400 << bad;
    const auto saved = [](const QJsonObject &body) { return post("/session/none/snapshots", body); };
    QTest::newRow("save, unknown session") << saved({{u"name"_s, u"a"_s}}) << 404 << u"unknown_session"_s;
    QTest::newRow("save, no name") << saved({}) << 400 << bad;
    QTest::newRow("save, name is a number") << saved({{u"name"_s, 1}}) << 400 << bad;
    QTest::newRow("no such snapshot") << "DELETE /snapshots/none-of-that-name" + end << 404 << u"not_found"_s;
    QTest::newRow("no name of a snapshot") << "DELETE /snapshots/.a" + end << 400 << u"bad_value"_s;
    const auto from = [](const QJsonObject &more) {
        QJsonObject body = python(u"1"_s);
        for (auto it = more.begin(); it != more.end(); ++it)
            body.insert(it.key(), it.value());
        return post("/execute", body);
    };
    QTest::newRow("from none") << from({{u"snapshot"_s, u"none-of-that-name"_s}, {u"sessionId"_s, u"new"_s}}) << 404
                               << u"not_found"_s;
    QTest::newRow("from one, no session") << from({{u"snapshot"_s, u"a"_s}}) << 400 << bad;
    QTest::newRow("from a number") << from({{u"snapshot"_s, 1}, {u"sessionId"_s, u"new"_s}}) << 400 << bad;
    QTest::newRow("remove, unknown session")
        << "DELETE /session/none/files?path=a" + end << 404 << u"unknown_session"_s;
}

void tst_service::filesRefused()
{
    QFETCH(QByteArray, request);
    QFETCH(int, status);
    QFETCH(QString, code);
    const Answer answer = m_service.ask(request);
    QCOMPARE(answer.status, status);
    QCOMPARE(answer.json().value(u"code"_s).toString(), code);
    QVERIFY(!answer.json().value(u"error"_s).toString().isEmpty());
}

void tst_service::socketErrors_data()
{
    QTest::addColumn<QString>("message");
    QTest::addColumn<QStringList>("expected"); // what each event begins with
    QTest::addColumn<int>("closeCode");        // 0: it goes on
    QTest::newRow("no JSON") << u"hello"_s << QStringList{u"error/setup A message is not a JSON object."_s} << 1003;
    QTest::newRow("a list") << u"[]"_s << QStringList{u"error/setup A message is not"_s} << 1003;
    QTest::newRow("refused") << u"{\"type\": \"execute\", \"request\": {\"code\": 3}}"_s
                             << QStringList{u"error/setup request.code must be"_s, u"exit/setup 125"_s} << 1000;
    QTest::newRow("unknown runtime")
        << u"{\"type\": \"execute\", \"request\": {\"code\": \"x\", \"runtime\": \"cobol\"}}"_s
        << QStringList{u"error/setup request.runtime"_s, u"exit/setup 125"_s} << 1000;
    QTest::newRow("limit too low")
        << u"{\"type\": \"execute\", \"request\": {\"code\": \"x\"}, \"options\": {\"memoryLimit\": \"1k\"}}"_s
        << QStringList{u"error/setup memoryLimit"_s, u"exit/setup 125"_s} << 1000;
    QTest::newRow("stdin first") << u"{\"type\": \"stdin\", \"data\": \"x\"}"_s
                                 << QStringList{u"error/setup Nothing runs yet"_s} << 0;
}

void tst_service::socketErrors()
{
    QFETCH(QString, message);
    QFETCH(QStringList, expected);
    QFETCH(int, closeCode);
    SocketClient client(m_service.socketPath());
    QVERIFY(client.connected());
    client.socket.sendTextMessage(message);
    QTRY_COMPARE_WITH_TIMEOUT(client.events.size(), expected.size(), 5000);
    for (qsizetype i = 0; i < expected.size(); ++i)
        QVERIFY2(client.events[i].startsWith(expected[i]), qPrintable(client.events[i]));
    if (closeCode == 0) {
        QVERIFY(!client.closed);
        return;
    }
    QTRY_VERIFY(client.closed);
    QCOMPARE(int(client.socket.closeCode()), closeCode);
}

// A program that does not read: what is sent waits at its sender, and a client that leaves is noticed all the same.
void tst_service::socketStdinBackPressure()
{
    SocketClient client(m_service.socketPath());
    QVERIFY(client.connected());
    client.execute(python(u"import time; print('ready', flush=True); time.sleep(60)"_s, {{u"timeoutMs"_s, 60000}}));
    QTRY_COMPARE_WITH_TIMEOUT(client.output(), u"ready\n"_s, 10000);
    const auto residentKiB = [this] {
        QFile status(u"/proc/%1/statm"_s.arg(m_service.process.processId()));
        return status.open(QIODevice::ReadOnly) ? status.readAll().split(' ').value(1).toLongLong() * 4 : 0;
    };
    const qint64 before = residentKiB();
    for (int i = 0; i < 400; ++i)
        client.socket.sendBinaryMessage(QByteArray(100000, 'x'));
    QTest::qWait(1500);
    QVERIFY2(residentKiB() - before < 15000, QByteArray::number(residentKiB() - before).constData());
    QCOMPARE(m_service.containers(), 1);
    client.socket.abort();
    QTRY_VERIFY_WITH_TIMEOUT(m_service.containers() == 0, 8000);
}

QTEST_GUILESS_MAIN(tst_service)
#include "tst_service.moc"
