// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; service; websockets
#include "support/TcpService.h"

#include <QSet>
#include <QUrl>
#include <QWebSocket>

#include <memory>
#include <vector>

using namespace servicetest;
using namespace Qt::StringLiterals;

namespace {

QJsonObject inSession(const QString &session, const QString &code)
{
    QJsonObject body = python(code, {}, {{u"runtime"_s, u"python"_s}});
    body.insert(u"sessionId"_s, session);
    return body;
}

// The text of a stream's stdout, and the result that its exit carries.
struct Streamed
{
    QString out;
    QJsonObject result;
    QJsonObject exit;
};

Streamed streamed(const QByteArray &body)
{
    Streamed streamed;
    for (const QByteArray &part : body.split('\n')) {
        const QJsonObject event = QJsonDocument::fromJson(part.mid(6)).object();
        if (event.value(u"type"_s).toString() == u"stdout")
            streamed.out += event.value(u"data"_s).toString();
        if (event.value(u"type"_s).toString() == u"exit") {
            streamed.exit = event;
            streamed.result = event.value(u"result"_s).toObject();
        }
    }
    return streamed;
}

} // namespace

/*
    What the TypeScript isol8 gets wrong, each a test. Where another test holds it already, it is named here:

     1 outputs of runs at once in a session are mixed       oneSessionAtOnce
     2 first calls at once make several containers          firstCallsAtOnce
     3 SIGTERM deletes images and others' containers        tst_serve::drains
     4 a tenant sees, reads and deletes another's session   tenants
     5 SIGKILL leaves unlabelled containers                 killed (and tst_servicelife::killedAtAnyMoment)
     6 files leak from one pooled run into the next         pooledRunsLeaveNothing (and tst_reuse::nothingLeaks)
     7 secrets in streams, inspect and command lines        secrets (and tst_output_filter)
     8 a request sets host network, seccomp, 16 GB          tst_requestpolicy, tst_remotepolicy
     9 file names reach a shell; GET /file reads anything   fileNames (and tst_service::filesRefused)
    10 a timeout ends differently by each route             timeouts
    11 a silent program outlives its client                 tst_service::closedConnectionCancels
    12 300 KB of code are too long                          longCode
    13 streams are not cut off; 150 MB break the connection truncatedStream, hugeBody
    14 bad requests are a plain 500                         badRequests (and tst_service::refused)
    15 characters cut at chunks become U+FFFD               cutCharacters
    16 x = 42, then print(x): NameError                     stateHolds
*/
class tst_serveregressions : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void oneSessionAtOnce();
    void firstCallsAtOnce();
    void tenants();
    void pooledRunsLeaveNothing();
    void secrets();
    void fileNames_data();
    void fileNames();
    void timeouts_data();
    void timeouts();
    void longCode();
    void truncatedStream();
    void hugeBody();
    void badRequests_data();
    void badRequests();
    void cutCharacters();
    void stateHolds();
    void killed();

private:
    //! All at the same time, each on a connection of its own.
    QList<Answer> atOnce(const QList<QJsonObject> &bodies);
    [[nodiscard]] Answer get(const QByteArray &target) const
    {
        return m_service.askTcp("GET " + target + " HTTP/1.1\r\nHost: x\r\n" + TcpService::Key + "\r\n");
    }

    TcpService m_service;
};

void tst_serveregressions::initTestCase()
{
    m_service.configure(R"({"poolStrategy": "fast", "poolSize": {"clean": 1, "dirty": 2}})");
    QVERIFY2(m_service.startTcp(), m_service.said.constData());
}

QList<Answer> tst_serveregressions::atOnce(const QList<QJsonObject> &bodies)
{
    std::vector<std::unique_ptr<QTcpSocket>> sockets;
    for (const QJsonObject &body : bodies) {
        sockets.push_back(std::make_unique<QTcpSocket>());
        sockets.back()->connectToHost(QHostAddress::LocalHost, m_service.port);
        sockets.back()->write(post("/execute", body, TcpService::Key + "Connection: close\r\n"));
    }
    QList<Answer> answers;
    for (const auto &socket : sockets) {
        QByteArray bytes;
        const auto ended = [&] {
            bytes += socket->readAll();
            return socket->state() == QAbstractSocket::UnconnectedState;
        };
        if (!QTest::qWaitFor(ended, 120000))
            qWarning("no answer");
        answers.append(parseAnswer(bytes + socket->readAll()));
    }
    return answers;
}

void tst_serveregressions::oneSessionAtOnce()
{
    QList<QJsonObject> bodies;
    for (int i = 0; i < 12; ++i)
        bodies.append(
            inSession(u"shared"_s, u"import time\nprint('begin %1')\ntime.sleep(0.02)\nprint('end %1')"_s.arg(i)));
    const QList<Answer> answers = atOnce(bodies);
    for (int i = 0; i < answers.size(); ++i)
        QCOMPARE(answers[i].json().value(u"stdout"_s).toString(), u"begin %1\nend %1\n"_s.arg(i));
}

void tst_serveregressions::firstCallsAtOnce()
{
    const QList<Answer> answers =
        atOnce(QList<QJsonObject>(6, inSession(u"new"_s, u"n = globals().get('n', 0) + 1\nprint(n)"_s)));
    QSet<QString> containers;
    QSet<QString> counted;
    for (const Answer &answer : answers) {
        QVERIFY2(answer.status == 200, answer.body.constData());
        containers.insert(answer.json().value(u"containerId"_s).toString());
        counted.insert(answer.json().value(u"stdout"_s).toString().trimmed());
    }
    QCOMPARE(containers.size(), 1);
    QCOMPARE(counted, (QSet<QString>{u"1"_s, u"2"_s, u"3"_s, u"4"_s, u"5"_s, u"6"_s}));
    QCOMPARE(dockertest::containers(u"org.isol8.session"_s, u"new"_s).size(), 1);
}

void tst_serveregressions::tenants()
{
    QCOMPARE(
        m_service.run(inSession(u"mine"_s, u"open('/sandbox/a', 'w').write('a')"_s), "/execute?tenantId=ann").status,
        200);
    QCOMPARE(get("/sessions?tenantId=bob").json().value(u"sessions"_s).toArray().size(), 0);
    QCOMPARE(get("/sessions?tenantId=ann").json().value(u"sessions"_s).toArray().size(), 1);
    QCOMPARE(get("/file?sessionId=mine&path=/sandbox/a&tenantId=bob").status, 404);
    QCOMPARE(
        m_service.askTcp("DELETE /session/mine?tenantId=bob HTTP/1.1\r\nHost: x\r\n" + TcpService::Key + "\r\n").status,
        200);
    QCOMPARE(get("/file?sessionId=mine&path=/sandbox/a&tenantId=ann").status, 200);
}

void tst_serveregressions::pooledRunsLeaveNothing()
{
    const QString places = u"/tmp /dev/shm /sandbox /dev/mqueue"_s;
    for (int i = 0; i < 3; ++i) {
        const Answer answer = m_service.run(
            {{u"request"_s,
              QJsonObject{{u"cmd"_s, u"ls -A %1; for d in %1; do echo left > $d/left; done"_s.arg(places)},
                          {u"runtime"_s, u"python"_s}}}});
        QVERIFY2(answer.status == 200 && !answer.json().value(u"stdout"_s).toString().contains(u"left"),
                 answer.body.constData());
    }
}

void tst_serveregressions::secrets()
{
    const QByteArray secret = "hush-of-a-regression";
    QTcpSocket socket;
    socket.connectToHost(QHostAddress::LocalHost, m_service.port);
    const QString code =
        u"import os, sys, time\ns = os.environ['PASSWORD']\nsys.stdout.write(s[:7]); sys.stdout.flush()\n"
        "time.sleep(0.1)\nsys.stdout.write(s[7:]); sys.stdout.flush()\nprint('!')\n"
        "time.sleep(3)"_s;
    socket.write(post("/execute/stream",
                      python(code, {{u"secrets"_s, QJsonObject{{u"PASSWORD"_s, QString::fromLatin1(secret)}}}}),
                      TcpService::Key + "Connection: close\r\n"));
    QByteArray bytes;
    QTRY_VERIFY2_WITH_TIMEOUT((bytes += socket.readAll()).contains('!'), bytes.constData(), 30000);
    QStringList ids;
    for (const QByteArray &id : dockertest::containers(u"org.isol8"_s, m_service.engineId))
        ids.append(QString::fromLatin1(id));
    QVERIFY(!ids.isEmpty());
    const QByteArray inspected = dockertest::docker(QStringList{u"inspect"_s} + ids);
    QVERIFY(inspected.contains("Config") && !inspected.contains(secret));
    const QStringList processes = QDir(u"/proc"_s).entryList({u"[1-9]*"_s}, QDir::Dirs);
    for (const QString &process : processes) {
        QFile arguments(u"/proc/%1/cmdline"_s.arg(process));
        if (arguments.open(QIODevice::ReadOnly))
            QVERIFY2(!arguments.readAll().contains(secret), qPrintable(process));
    }
    QTRY_VERIFY_WITH_TIMEOUT((bytes += socket.readAll(), socket.state() == QAbstractSocket::UnconnectedState), 30000);
    const Streamed stream = streamed(parseAnswer(bytes).body);
    QCOMPARE(stream.out, u"***!\n"_s);
    QVERIFY2(!bytes.contains("hush-of") && !bytes.contains("a-regression"), bytes.constData());
}

void tst_serveregressions::fileNames_data()
{
    QTest::addColumn<QString>("path");
    QTest::addColumn<int>("status");
    QTest::newRow("blanks") << u"/sandbox/a name with  blanks.txt"_s << 200;
    QTest::newRow("a shell's words") << u"/sandbox/$(touch pwned);`touch pwned`&touch pwned|x>y'\"*.txt"_s << 200;
    QTest::newRow("a dash") << u"/sandbox/-rf"_s << 200;
    QTest::newRow("passwd") << u"/etc/passwd"_s << 400;
    QTest::newRow("passwd by dots") << u"/sandbox/../etc/passwd"_s << 400;
    QTest::newRow("init's memory") << u"/proc/1/mem"_s << 400;
}

void tst_serveregressions::fileNames()
{
    QFETCH(QString, path);
    QFETCH(int, status);
    QCOMPARE(m_service.run(inSession(u"names"_s, u"pass"_s)).status, 200);
    const QByteArray content = QByteArray("content").toBase64();
    const Answer put = m_service.run(
        {{u"sessionId"_s, u"names"_s}, {u"path"_s, path}, {u"content"_s, QString::fromLatin1(content)}}, "/file");
    QVERIFY2(put.status == status, put.body.constData());
    const Answer got = get("/file?sessionId=names&path=" + QUrl::toPercentEncoding(path));
    QVERIFY2(got.status == status, got.body.constData());
    if (status == 200)
        QCOMPARE(got.json().value(u"content"_s).toString().toLatin1(), content);
    const Answer pwned = m_service.run(inSession(u"names"_s, u"import os\nprint(os.path.exists('/sandbox/pwned'))"_s));
    QCOMPARE(pwned.json().value(u"stdout"_s).toString(), u"False\n"_s);
}

void tst_serveregressions::timeouts_data()
{
    QTest::addColumn<QByteArray>("route");
    QTest::newRow("execute") << QByteArray("/execute");
    QTest::newRow("stream") << QByteArray("/execute/stream");
    QTest::newRow("ws") << QByteArray("/execute/ws");
}

void tst_serveregressions::timeouts()
{
    QFETCH(QByteArray, route);
    const auto resultOf = [&](QJsonObject body) {
        if (route == "/execute")
            return m_service.run(body).json();
        if (route == "/execute/stream")
            return streamed(m_service.run(body, route).body).result;
        QNetworkRequest request(QUrl(u"ws://127.0.0.1:%1/execute/ws"_s.arg(m_service.port)));
        request.setRawHeader("Authorization", "Bearer sesame");
        QWebSocket socket;
        QJsonObject result;
        bool closed = false;
        connect(&socket, &QWebSocket::textMessageReceived, this, [&](const QString &text) {
            result = QJsonDocument::fromJson(text.toUtf8()).object().value(u"result"_s).toObject();
        });
        connect(&socket, &QWebSocket::disconnected, this, [&] { closed = true; });
        connect(&socket, &QWebSocket::connected, this, [&] {
            body.insert(u"type"_s, u"execute"_s);
            socket.sendTextMessage(QString::fromUtf8(QJsonDocument(body).toJson()));
        });
        socket.open(request);
        return QTest::qWaitFor([&] { return closed; }, 60000) ? result : QJsonObject();
    };
    // The child that has left its session dies with the rest.
    const QJsonObject late = resultOf({{u"request"_s, QJsonObject{{u"cmd"_s, u"setsid sleep 98765 & sleep 98765"_s}}},
                                       {u"options"_s, QJsonObject{{u"timeoutMs"_s, 500}}}});
    QCOMPARE(late.value(u"reason"_s).toString(), u"timeout"_s);
    QCOMPARE(late.value(u"exitCode"_s).toInt(), 124);
    const auto sleeps = [] {
        const QStringList processes = QDir(u"/proc"_s).entryList({u"[1-9]*"_s}, QDir::Dirs);
        return std::any_of(processes.begin(), processes.end(), [](const QString &process) {
            QFile arguments(u"/proc/%1/cmdline"_s.arg(process));
            return arguments.open(QIODevice::ReadOnly) && arguments.readAll() == QByteArray("sleep\098765\0", 12);
        });
    };
    QTRY_VERIFY_WITH_TIMEOUT(!sleeps(), 5000);
    const QJsonObject large =
        resultOf(python(u"x = 'm' * 500000000"_s, {{u"memoryLimit"_s, u"100m"_s}, {u"timeoutMs"_s, 20000}}));
    QCOMPARE(large.value(u"reason"_s).toString(), u"oom"_s);
    QCOMPARE(large.value(u"exitCode"_s).toInt(), 137);
}

void tst_serveregressions::longCode()
{
    const QString code = u"# "_s + QString(300 * 1024, u'x') + u"\nprint('ran')"_s;
    const Answer answer = m_service.run(python(code));
    QCOMPARE(answer.json().value(u"stdout"_s).toString(), u"ran\n"_s);
    QCOMPARE(answer.json().value(u"exitCode"_s).toInt(-1), 0);
}

void tst_serveregressions::truncatedStream()
{
    const QString code = u"for i in range(20000): print('x' * 99)"_s;
    const QJsonObject body = python(code, {{u"maxOutputSize"_s, 5000}});
    const Streamed stream = streamed(m_service.run(body, "/execute/stream").body);
    const QJsonObject buffered = m_service.run(body).json();
    QVERIFY(stream.result.value(u"truncated"_s).toBool());
    QCOMPARE(stream.out, buffered.value(u"stdout"_s).toString());
    QVERIFY2(stream.out.size() < 6000, QByteArray::number(stream.out.size()).constData());
}

void tst_serveregressions::hugeBody()
{
    QTcpSocket socket;
    socket.connectToHost(QHostAddress::LocalHost, m_service.port);
    socket.write("POST /execute HTTP/1.1\r\nHost: x\r\n" + TcpService::Key + "Content-Length: 150000000\r\n\r\n");
    const QByteArray part(1000000, 'x');
    for (int i = 0; i < 150 && socket.state() == QAbstractSocket::ConnectedState && socket.bytesAvailable() == 0; ++i) {
        socket.write(part);
        socket.waitForBytesWritten(1000);
        socket.waitForReadyRead(0);
    }
    QByteArray bytes;
    QTRY_VERIFY2_WITH_TIMEOUT((bytes += socket.readAll()).contains("too_large"), bytes.constData(), 10000);
    QVERIFY(bytes.startsWith("HTTP/1.1 413 "));
    QCOMPARE(get("/health").status, 200);
}

void tst_serveregressions::badRequests_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QString>("code");
    QTest::newRow("no JSON") << QByteArray("{") << u"bad_request"_s;
    QTest::newRow("no request") << QByteArray("{}") << u"bad_request"_s;
    QTest::newRow("unknown runtime") << QByteArray(R"({"request": {"code": "x", "runtime": "cobol"}})")
                                     << u"unknown_runtime"_s;
}

void tst_serveregressions::badRequests()
{
    QFETCH(QByteArray, body);
    QFETCH(QString, code);
    const Answer answer = m_service.askTcp("POST /execute HTTP/1.1\r\nHost: x\r\n" + TcpService::Key +
                                           "Content-Length: " + QByteArray::number(body.size()) + "\r\n\r\n" + body);
    QCOMPARE(answer.status, 400);
    QVERIFY(answer.head.contains("application/json"));
    QCOMPARE(answer.json().value(u"code"_s).toString(), code);
    QVERIFY(!answer.json().value(u"error"_s).toString().isEmpty());
}

void tst_serveregressions::cutCharacters()
{
    const QString code = u"import sys, time\nfor b in 'h\u00e4 \u20ac \U0001F600'.encode():\n"
                         "    sys.stdout.buffer.write(bytes([b])); sys.stdout.buffer.flush(); time.sleep(0.02)"_s;
    const QByteArray body = m_service.run(python(code), "/execute/stream").body;
    QCOMPARE(streamed(body).out, u"h\u00e4 \u20ac \U0001F600"_s);
    QVERIFY(!body.contains("\xef\xbf\xbd"));
}

void tst_serveregressions::stateHolds()
{
    QCOMPARE(m_service.run(inSession(u"state"_s, u"x = 42"_s)).status, 200);
    const Answer answer = m_service.run(inSession(u"state"_s, u"print(x)"_s));
    QCOMPARE(answer.json().value(u"stdout"_s).toString(), u"42\n"_s);
}

// Last: with all the sessions of the tests before, and a run under way.
void tst_serveregressions::killed()
{
    QTcpSocket socket;
    socket.connectToHost(QHostAddress::LocalHost, m_service.port);
    socket.write(
        post("/execute/stream", python(u"import time\nprint('begun', flush=True)\ntime.sleep(60)"_s), TcpService::Key));
    QByteArray bytes;
    QTRY_VERIFY_WITH_TIMEOUT((bytes += socket.readAll()).contains("begun"), 30000);
    QVERIFY(m_service.containers() > 1);
    QCOMPARE(m_service.stop(SIGKILL), -1);
    QVERIFY2(m_service.nothingLeft(15000), "a container has outlived its service");
}

QTEST_GUILESS_MAIN(tst_serveregressions)
#include "tst_serveregressions.moc"
