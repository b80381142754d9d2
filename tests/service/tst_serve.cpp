// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; service; websockets
#include "support/Certificates.h"
#include "support/Cli.h"
#include "support/Signals.h"
#include "support/TcpService.h"
#include "support/TerminalSession.h"

#include <isol8/base/UnixSignals.h>

#include <QCryptographicHash>
#include <QFileInfo>
#include <QSslSocket>
#include <QStandardPaths>
#include <QTcpServer>
#include <QWebSocket>

using namespace servicetest;
using namespace Qt::StringLiterals;

namespace {

QByteArray get(const QByteArray &path, const QByteArray &fields = {})
{
    return "GET " + path + " HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n";
}

QByteArray bearer(const QByteArray &key)
{
    return "Authorization: Bearer " + key + "\r\n";
}

void write(const QString &path, const QByteArray &content)
{
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(content);
}

} // namespace

/*
    `isol8 serve` on a server, from its command line to its end.
*/
class tst_serve : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void keys_data();
    void keys();
    void keysOfWebSockets();
    void bodyOfAStranger();
    void wrongUsage_data();
    void wrongUsage();
    void keyIsNotShown();
    void keyFile();
    void takenPort();
    void takenPortOnATerminal();
    void configOfTheFolder();
    void readsItsConfigAgain();
    void goesOverToAnotherLog();
    void ignoredHangup();
    void tls();
    void logs();
    void drains();
    void socketActivation();
    void unit();
};

void tst_serve::keys_data()
{
    QTest::addColumn<QByteArray>("request");
    QTest::addColumn<int>("status");
    QTest::newRow("health") << get("/health") << 200;
    QTest::newRow("health with a wrong key") << get("/health", bearer("wrong")) << 200;
    QTest::newRow("none") << get("/sessions") << 401;
    QTest::newRow("empty") << get("/sessions", "Authorization: Bearer \r\n") << 401;
    QTest::newRow("another scheme") << get("/sessions", "Authorization: Basic c2VzYW1l\r\n") << 401;
    QTest::newRow("in the query") << get("/sessions?key=sesame") << 401;
    QTest::newRow("wrong") << get("/sessions", bearer("wrong")) << 403;
    QTest::newRow("a part of it") << get("/sessions", bearer("sesam")) << 403;
    QTest::newRow("more than it") << get("/sessions", bearer("sesame ")) << 200;
    QTest::newRow("longer") << get("/sessions", bearer("sesame1")) << 403;
    QTest::newRow("in capitals") << get("/sessions", bearer("SESAME")) << 403;
    QTest::newRow("right") << get("/sessions", bearer("sesame")) << 200;
    QTest::newRow("right, scheme in small letters") << get("/sessions", "authorization: bearer sesame\r\n") << 200;
    QTest::newRow("unknown path") << get("/nowhere", bearer("sesame")) << 404;
    QTest::newRow("run without") << post("/execute", python(u"print(1)"_s)) << 401;
    QTest::newRow("stream with a wrong one") << post("/execute/stream", python(u"print(1)"_s), bearer("wrong")) << 403;
}

void tst_serve::keys()
{
    static TcpService service;
    if (service.process.state() == QProcess::NotRunning)
        QVERIFY2(service.startTcp(), service.said.constData());
    QFETCH(QByteArray, request);
    QFETCH(int, status);
    const Answer answer = service.askTcp(request);
    QVERIFY2(answer.status == status, answer.body.constData());
    QCOMPARE(answer.head.contains("WWW-Authenticate: Bearer"), status == 401);
    if (status >= 400)
        QVERIFY(!answer.json().value(u"code"_s).toString().isEmpty());
    if (qstrcmp(QTest::currentDataTag(), "stream with a wrong one") == 0)
        QCOMPARE(service.stop(SIGTERM), 0);
}

void tst_serve::keysOfWebSockets()
{
    TcpService service;
    QVERIFY2(service.startTcp(), service.said.constData());
    const QByteArray upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    QCOMPARE(service.askTcp(get("/execute/ws", upgrade)).status, 401);
    QCOMPARE(service.askTcp(get("/execute/ws", upgrade + bearer("wrong"))).status, 403);
    QNetworkRequest request(QUrl(u"ws://127.0.0.1:%1/execute/ws"_s.arg(service.port)));
    request.setRawHeader("Authorization", "Bearer sesame");
    QWebSocket socket;
    socket.open(request);
    QTRY_COMPARE_WITH_TIMEOUT(socket.state(), QAbstractSocket::ConnectedState, 10000);
}

// It is told before it sends, and nothing of it is kept.
void tst_serve::bodyOfAStranger()
{
    TcpService service;
    QVERIFY2(service.startTcp(), service.said.constData());
    std::vector<std::unique_ptr<QTcpSocket>> strangers;
    for (int i = 0; i < 20; ++i) {
        strangers.push_back(std::make_unique<QTcpSocket>());
        strangers.back()->connectToHost(QHostAddress::LocalHost, service.port);
        strangers.back()->write("POST /execute HTTP/1.1\r\nHost: x\r\n" + bearer("wrong") +
                                "Content-Length: 15000000\r\n\r\n" + QByteArray(14000000, 'x'));
    }
    for (const auto &stranger : strangers) {
        QByteArray received;
        QTRY_VERIFY2_WITH_TIMEOUT((received += stranger->readAll()).contains("403 Forbidden"), received.constData(),
                                  20000);
    }
    QFile status(u"/proc/%1/status"_s.arg(service.process.processId()));
    QVERIFY(status.open(QIODevice::ReadOnly));
    const QByteArray text = status.readAll();
    const qint64 kib = text.mid(text.indexOf("VmHWM:") + 6, 16).simplified().split(' ').first().toLongLong();
    QVERIFY2(kib > 1000, text.constData());
#ifndef __SANITIZE_ADDRESS__ // which keeps what was freed
    QVERIFY2(kib < 100000, text.constData());
#endif
}

void tst_serve::wrongUsage_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<int>("exitCode");
    QTest::addColumn<QByteArray>("sentence");
    const QString key = u"--key=sesame"_s;
    QTest::newRow("no key") << QStringList{} << 1 << QByteArray("--key-file");
    QTest::newRow("empty key") << QStringList{u"--key"_s, QString()} << 2 << QByteArray("--key is empty");
    QTest::newRow("key with a blank") << QStringList{u"--key"_s, u"a b"_s} << 2 << QByteArray("visible ASCII");
    QTest::newRow("two keys") << QStringList{key, u"--key-file"_s, u"x"_s} << 2 << QByteArray("one of them");
    QTest::newRow("no such key file") << QStringList{u"--key-file"_s, u"/nowhere"_s} << 1 << QByteArray("/nowhere");
    QTest::newRow("empty key file") << QStringList{u"--key-file"_s, u"/dev/null"_s} << 2 << QByteArray("/dev/null");
    QTest::newRow("port") << QStringList{key, u"-p"_s, u"70000"_s} << 2 << QByteArray("--port");
    QTest::newRow("address") << QStringList{key, u"-p"_s, u"0"_s, u"--bind"_s, u"here"_s} << 2 << QByteArray("here");
    QTest::newRow("address of another") << QStringList{key, u"-p"_s, u"0"_s, u"--bind"_s, u"192.0.2.1"_s} << 1
                                        << QByteArray("192.0.2.1");
    QTest::newRow("half of TLS") << QStringList{key, u"--tls-cert"_s, u"x"_s} << 2 << QByteArray("go together");
    QTest::newRow("connections") << QStringList{key, u"--max-connections"_s, u"0"_s} << 2
                                 << QByteArray("--max-connections");
    QTest::newRow("idle") << QStringList{key, u"--idle"_s, u"3s"_s} << 2 << QByteArray("--local");
    QTest::newRow("local and a port") << QStringList{u"--local"_s, u"-p"_s, u"1"_s} << 2 << QByteArray("--local");
    QTest::newRow("local and a key") << QStringList{u"--local"_s, key} << 2 << QByteArray("--local");
    QTest::newRow("prewarm") << QStringList{key, u"--prewarm"_s, u"cobol"_s} << 1 << QByteArray("cobol");
}

void tst_serve::wrongUsage()
{
    QFETCH(QStringList, arguments);
    QFETCH(int, exitCode);
    QFETCH(QByteArray, sentence);
    TcpService service;
    service.environment.remove(u"ISOL8_API_KEY"_s);
    const auto outcome = clitest::isol8(QStringList{u"serve"_s} + arguments, {}, {}, service.environment);
    QVERIFY2(outcome.exitCode == exitCode, outcome.err.constData());
    QVERIFY2(outcome.err.startsWith("isol8: ") && outcome.err.contains(sentence) && outcome.err.count('\n') == 1,
             outcome.err.constData());
    QCOMPARE(outcome.out, QByteArray());
}

void tst_serve::keyIsNotShown()
{
    TcpService service;
    service.environment.remove(u"ISOL8_API_KEY"_s);
    QProcess process;
    process.setProcessEnvironment(service.environment);
    process.start(clitest::binary(),
                  {u"serve"_s, u"-k"_s, u"sesame"_s, u"-p"_s, u"0"_s, u"--prewarm"_s, QString(), u"--auth-db"_s});
    QByteArray line;
    QTRY_VERIFY_WITH_TIMEOUT((line += process.readAllStandardOutput()).startsWith("http://127.0.0.1:"), 20000);
    QFile arguments(u"/proc/%1/cmdline"_s.arg(process.processId()));
    QVERIFY(arguments.open(QIODevice::ReadOnly));
    const QByteArray shown = arguments.readAll();
    QVERIFY2(shown.contains("isol8-service") && !shown.contains("sesame"), shown.constData());
    service.port = quint16(line.trimmed().split(':').last().toUInt());
    QCOMPARE(service.askTcp(get("/sessions", TcpService::Key)).status, 200);
    process.terminate();
    QVERIFY(process.waitForFinished(20000));
    QCOMPARE(process.exitCode(), 0);
}

void tst_serve::keyFile()
{
    TcpService service;
    service.environment.remove(u"ISOL8_API_KEY"_s);
    const QString path = service.runtimeFolder() + u"/key"_s;
    write(path, "of-a-file\n");
    QFile::setPermissions(path, QFile::ReadOwner | QFile::ReadOther);
    QVERIFY2(service.startTcp({u"--key-file"_s, path}), service.said.constData());
    QCOMPARE(service.askTcp(get("/sessions", bearer("of-a-file"))).status, 200);
    QTRY_VERIFY2(service.said.contains("chmod 600"), service.said.constData());
}

void tst_serve::takenPort()
{
    QTcpServer other;
    QVERIFY(other.listen(QHostAddress::LocalHost));
    TcpService service;
    service.environment.insert(u"ISOL8_PORT"_s, QString::number(other.serverPort()));
    const auto outcome = clitest::isol8({u"serve"_s}, {}, {}, service.environment);
    QCOMPARE(outcome.exitCode, 1);
    QCOMPARE(outcome.err, u"isol8: Port %1 of 127.0.0.1 is taken by another program; choose another by --port, or let "
                          "--port 0 pick one.\n"_s.arg(other.serverPort())
                              .toLatin1());
}

void tst_serve::takenPortOnATerminal()
{
    QTcpServer other;
    QVERIFY(other.listen(QHostAddress::LocalHost));
    TcpService service;
    const QString port = QString::number(other.serverPort());
    const QStringList arguments{u"serve"_s, u"-p"_s, port, u"--prewarm"_s, QString()};
    TerminalSession no(arguments, service.environment);
    QVERIFY2(no.shows("Port " + port.toLatin1() + " is taken"), no.screen.constData());
    no.type("n\n");
    QCOMPARE(no.end(), 1);

    TerminalSession yes(arguments, service.environment);
    QVERIFY2(yes.shows("[Y/n]"), yes.screen.constData());
    yes.type("\n");
    for (int i = 0; i < 20 && !yes.shows("http://127.0.0.1:", 1000); ++i) {
        if (yes.screen.endsWith("[Y/n] ")) // the next is taken, too
            yes.type("\n");
    }
    QVERIFY2(yes.screen.contains("http://127.0.0.1:"), yes.screen.constData());
    yes.type("\x03");
    QCOMPARE(yes.end(), 0);
}

void tst_serve::configOfTheFolder()
{
    TcpService service;
    service.configure(R"({"poolSize": 0, "limits": {"memoryLimit": "100m"}})");
    write(service.runtimeFolder() + u"/isol8.config.json"_s, R"({"poolSize": 0, "limits": {"memoryLimit": "200m"}})");
    service.process.setWorkingDirectory(service.runtimeFolder());
    QVERIFY2(service.startTcp(), service.said.constData());
    const QString limit = u"import os\nfor path in ('/sys/fs/cgroup/memory.max', "
                          "'/sys/fs/cgroup/memory/memory.limit_in_bytes'):\n"
                          "    if os.path.exists(path): print(open(path).read().strip())"_s;
    const Answer answer = service.run(python(limit, {{u"memoryLimit"_s, u"1g"_s}}));
    QVERIFY2(answer.json().value(u"stdout"_s).toString() == u"%1\n"_s.arg(200 * 1024 * 1024), answer.body.constData());
}

void tst_serve::readsItsConfigAgain()
{
    TcpService service;
    service.configure(R"({"poolSize": 0})");
    QVERIFY2(service.startTcp(), service.said.constData());
    const QJsonObject body = python(u"print(1)"_s, {{u"priority"_s, 5}});
    QCOMPARE(service.run(body).status, 403);
    const auto hup = [&] { processtest::sendSignal(service.process, SIGHUP); };

    service.configure(R"({"poolSize": 3, "maxConcurrent": 2, "service": {"allow": ["priority"]}})");
    hup();
    QTRY_VERIFY2(service.said.contains("read again: service.\n"), service.said.constData());
    QTRY_VERIFY2(service.said.contains("changed of maxConcurrent, poolSize counts from the next start."),
                 service.said.constData());
    QCOMPARE(service.run(body).status, 200);

    service.configure(R"({"servicex": 1})");
    hup();
    QTRY_VERIFY2(service.said.contains("stays as it was") && service.said.contains("servicex"),
                 service.said.constData());
    QCOMPARE(service.run(body).status, 200);
    QCOMPARE(service.stop(SIGTERM), 0);
}

// Refusals are records, too, with what they were for; and a log that is configured anew is gone over to.
void tst_serve::goesOverToAnotherLog()
{
    TcpService service;
    const QString first = service.runtimeFolder() + u"/first"_s;
    const QString second = service.runtimeFolder() + u"/second"_s;
    const auto configure = [&](const QString &folder, bool enabled) {
        const QJsonObject audit{{u"enabled"_s, enabled}, {u"logDir"_s, folder}};
        service.configure(QJsonDocument(QJsonObject{{u"poolSize"_s, 0}, {u"audit"_s, audit}}).toJson());
    };
    const auto hup = [&] {
        service.said.clear();
        processtest::sendSignal(service.process, SIGHUP);
        return QTest::qWaitFor([&] { return service.said.contains("read again"); }, 30000);
    };
    const auto records = [](const QString &folder) {
        QList<QJsonObject> list;
        QFile file(folder + u"/executions.log"_s);
        const QByteArray text = file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
        for (const QByteArray &line : text.split('\n')) {
            if (!line.isEmpty())
                list.append(QJsonDocument::fromJson(line).object());
        }
        return list;
    };
    configure(first, true);
    QVERIFY2(service.startTcp(), service.said.constData());
    const QString code = u"print('never')"_s;
    const QString hash =
        QString::fromLatin1(QCryptographicHash::hash(code.toUtf8(), QCryptographicHash::Sha256).toHex());
    QCOMPARE(service.run(python(code, {{u"network"_s, u"host"_s}})).status, 403);
    QCOMPARE(records(first).size(), 1);
    QJsonObject record = records(first).last();
    QCOMPARE(record.value(u"reason"_s), QJsonValue(u"refused"_s));
    QCOMPARE(record.value(u"errorCode"_s), QJsonValue(u"not_allowed"_s));
    QVERIFY(record.value(u"error"_s).toString().contains(u"network: host"));
    QCOMPARE(record.value(u"codeHash"_s), QJsonValue(hash));
    QCOMPARE(record.value(u"userId"_s), QJsonValue(u"master"_s));
    QCOMPARE(record.value(u"tenantId"_s), QJsonValue(u"default"_s));
    QCOMPARE(service.run(python(code, {{u"image"_s, u"debian:bookworm"_s}})).status, 403);
    QTRY_COMPARE(records(first).size(), 2);
    record = records(first).last();
    QCOMPARE(record.value(u"errorCode"_s), QJsonValue(u"not_allowed"_s));
    QVERIFY(record.value(u"error"_s).toString().contains(u"options.image"));
    // The image that it would be anyway, by its id.
    const QByteArray id = dockertest::docker({u"inspect"_s, u"--format={{.Id}}"_s, u"isol8:python"_s}).trimmed();
    const Answer byId = service.run(python(u"print('by id')"_s, {{u"image"_s, QString::fromLatin1(id)}}));
    QVERIFY2(byId.json().value(u"stdout"_s).toString() == u"by id\n", byId.body.constData());
    QTRY_COMPARE(records(first).size(), 3);
    QVERIFY(!records(first).last().contains(u"errorCode"_s));

    configure(second, true);
    QVERIFY2(hup() && service.said.contains("audit"), service.said.constData());
    QCOMPARE(service.run(python(code, {{u"persist"_s, true}})).status, 403);
    QCOMPARE(records(second).size(), 1);
    QCOMPARE(records(first).size(), 3);
    // One that cannot be is not gone over to.
    write(service.runtimeFolder() + u"/file"_s, "x");
    configure(service.runtimeFolder() + u"/file"_s, true);
    QVERIFY2(hup() && service.said.contains("stays where it was"), service.said.constData());
    QCOMPARE(service.run(python(code, {{u"persist"_s, true}})).status, 403);
    QCOMPARE(records(second).size(), 2);
    configure(second, false);
    QVERIFY(hup());
    QCOMPARE(service.run(python(code, {{u"persist"_s, true}})).status, 403);
    QCOMPARE(records(second).size(), 2);

    // Of these only who has no key is counted as one without.
    const Answer metrics = service.askTcp(get("/metrics", TcpService::Key));
    QVERIFY2(metrics.body.contains("isol8_auth_refusals_total{status=\"403\"} 0\n"), metrics.body.constData());
    QCOMPARE(service.askTcp(get("/sessions", bearer("wrong"))).status, 403);
    QCOMPARE(service.askTcp(get("/sessions")).status, 401);
    const QByteArray after = service.askTcp(get("/metrics", TcpService::Key)).body;
    QVERIFY2(after.contains("isol8_auth_refusals_total{status=\"403\"} 1\n") &&
                 after.contains("isol8_auth_refusals_total{status=\"401\"} 1\n"),
             after.constData());
    QCOMPARE(service.stop(SIGTERM), 0);
}

// nohup: also when signals have been waited for before, as while images are built.
void tst_serve::ignoredHangup()
{
    std::signal(SIGHUP, SIG_IGN);
    const auto isIgnored = [] {
        struct sigaction action = {};
        return ::sigaction(SIGHUP, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
    };
    for (int i = 0; i < 2; ++i) {
        isol8::UnixSignals signalsOf({SIGHUP, SIGUSR2});
        QVERIFY(isIgnored());
    }
    QVERIFY(isIgnored());
    struct sigaction other = {};
    QCOMPARE(::sigaction(SIGUSR2, nullptr, &other), 0);
    QVERIFY(other.sa_handler == SIG_DFL);
    std::signal(SIGHUP, SIG_DFL);
}

void tst_serve::tls()
{
    using isol8::test::Certificates;
    if (!Certificates::possible())
        QSKIP("no openssl, or Qt without TLS");
    Certificates certificates;
    QVERIFY(certificates.makeAuthority(u"ca"_s));
    QVERIFY(certificates.makeCertificate(u"one"_s, u"ca"_s, u"one"_s, u"IP:127.0.0.1"_s, true));
    QVERIFY(certificates.makeCertificate(u"two"_s, u"ca"_s, u"two"_s, u"IP:127.0.0.1"_s, true));
    const QString certificate = certificates.path() + u"/server.crt"_s;
    const QString key = certificates.path() + u"/server.key"_s;
    const auto put = [&](const QString &name) {
        write(certificate, certificates.read(name + u".crt"_s));
        write(key, certificates.read(name + u".key"_s));
    };
    put(u"one"_s);
    TcpService service;
    QVERIFY2(service.startTcp({u"--tls-cert"_s, certificate, u"--tls-key"_s, key}), service.said.constData());
    QVERIFY(service.url.startsWith(u"https://127.0.0.1:"));
    const auto ask = [&](const QByteArray &request, QString *subject) {
        QSslSocket socket;
        QSslConfiguration configuration = QSslConfiguration::defaultConfiguration();
        configuration.setCaCertificates({QSslCertificate(certificates.read(u"ca.crt"_s))});
        socket.setSslConfiguration(configuration);
        socket.connectToHostEncrypted(u"127.0.0.1"_s, service.port);
        socket.waitForEncrypted(10000);
        *subject = socket.peerCertificate().subjectInfo(QSslCertificate::CommonName).value(0);
        QByteArray closing = request;
        closing.insert(closing.indexOf("\r\n") + 2, "Connection: close\r\n");
        socket.write(closing);
        QByteArray bytes;
        while (socket.waitForReadyRead(30000))
            bytes += socket.readAll();
        return parseAnswer(bytes + socket.readAll());
    };
    QString subject;
    const Answer answer = ask(post("/execute", python(u"print('secret')"_s), TcpService::Key), &subject);
    QCOMPARE(answer.json().value(u"stdout"_s).toString(), u"secret\n"_s);
    QCOMPARE(subject, u"one"_s);
    QCOMPARE(ask(get("/sessions"), &subject).status, 401);

    put(u"two"_s);
    processtest::sendSignal(service.process, SIGHUP);
    QTRY_VERIFY_WITH_TIMEOUT((static_cast<void>(ask(get("/health"), &subject)), subject == u"two"_s), 10000);
    QCOMPARE(service.stop(SIGTERM), 0);
}

// Neither keys nor secrets nor code nor output, with everything told that there is to tell.
void tst_serve::logs()
{
    TcpService service;
    service.configure(R"({"poolSize": 0})");
    QVERIFY2(service.startTcp({u"--access-log"_s, u"--debug"_s}), service.said.constData());
    const QJsonObject options{{u"secrets"_s, QJsonObject{{u"PASSWORD"_s, u"hushhush1"_s}}}};
    QCOMPARE(service.run(python(u"print('the outp' + 'ut') # the program"_s, options)).status, 200);
    QCOMPARE(service.askTcp(get("/sessions?token=hushhush2&tenantId=acme", bearer("wrong-hushhush3"))).status, 403);
    QCOMPARE(service.askTcp(get("/sessions?token=hushhush2&tenantId=acme", TcpService::Key)).status, 200);
    QCOMPARE(service.askTcp(post("/execute", {{u"request"_s, u"hushhush4"_s}}, TcpService::Key)).status, 400);
    QCOMPARE(service.stop(SIGTERM), 0);
    service.said += service.process.readAllStandardError();
    static const QRegularExpression line(
        u"(?m)^20\\d\\d-\\d\\d-\\d\\dT[\\d:.]+Z POST /execute 200 \\d+ms default \\d+$"_s);
    const QString said = QString::fromUtf8(service.said);
    QVERIFY2(line.match(said).hasMatch(), service.said.constData());
    QVERIFY2(said.contains(u" GET /sessions 403 "), service.said.constData());
    QVERIFY2(said.contains(u"ms acme "), service.said.constData());
    for (const QString &hidden : {u"hushhush"_s, u"sesame"_s, u"the output"_s, u"the program"_s})
        QVERIFY2(!said.contains(hidden), service.said.constData());
}

void tst_serve::drains()
{
    TcpService service;
    TcpService other;
    service.configure(R"({"poolSize": 0, "service": {"drainMs": 20000}})");
    other.configure(R"({"poolSize": 0})");
    QVERIFY2(service.startTcp() && other.startTcp(), service.said.constData());
    QCOMPARE(other.run({{u"request"_s, QJsonObject{{u"code"_s, u"x = 42"_s}}}, {u"sessionId"_s, u"kept"_s}}).status,
             200);
    const QByteArray images = dockertest::docker(
        {u"images"_s, u"-q"_s, u"--filter"_s, u"label=org.isol8.image"_s, u"--filter"_s, u"reference=isol8:*"_s});
    QTcpSocket running;
    running.connectToHost(QHostAddress::LocalHost, service.port);
    running.write(post("/execute/stream",
                       python(u"import time\nprint('begun', flush=True)\ntime.sleep(2)\nprint('done')"_s),
                       TcpService::Key));
    QByteArray bytes;
    QTRY_VERIFY_WITH_TIMEOUT((bytes += running.readAll()).contains("begun"), 20000);
    QTcpSocket idle;
    idle.connectToHost(QHostAddress::LocalHost, service.port);
    QVERIFY(idle.waitForConnected(5000));
    processtest::sendSignal(service.process, SIGTERM);
    const auto isRefused = [&] {
        QTcpSocket late;
        late.connectToHost(QHostAddress::LocalHost, service.port);
        return !late.waitForConnected(1000);
    };
    QTRY_VERIFY(isRefused());
    QTRY_VERIFY_WITH_TIMEOUT((bytes += running.readAll()).contains("\"exit\""), 20000);
    QVERIFY2(bytes.contains("done") && bytes.contains("\"reason\":\"completed\""), bytes.constData());
    QTRY_COMPARE_WITH_TIMEOUT(service.process.state(), QProcess::NotRunning, 20000);
    QCOMPARE(service.process.exitCode(), 0);
    QCOMPARE(service.containers(), 0);
    // What is not its own is left alone: images, and what another service keeps.
    QCOMPARE(dockertest::docker({u"images"_s, u"-q"_s, u"--filter"_s, u"label=org.isol8.image"_s, u"--filter"_s,
                                 u"reference=isol8:*"_s}),
             images);
    QVERIFY(!images.isEmpty());
    const Answer answer =
        other.run({{u"request"_s, QJsonObject{{u"code"_s, u"print(x)"_s}}}, {u"sessionId"_s, u"kept"_s}});
    QCOMPARE(answer.json().value(u"stdout"_s).toString(), u"42\n"_s);
    QCOMPARE(other.stop(SIGTERM), 0);
}

void tst_serve::socketActivation()
{
    const QString program = QStandardPaths::findExecutable(u"systemd-socket-activate"_s);
    if (program.isEmpty())
        QSKIP("systemd-socket-activate is not installed");
    TcpService service;
    {
        QTcpServer probe;
        QVERIFY(probe.listen(QHostAddress::LocalHost));
        service.port = probe.serverPort();
    }
    QProcess process;
    process.setProcessEnvironment(service.environment);
    process.start(program, {u"--listen=127.0.0.1:%1"_s.arg(service.port), u"--setenv=HOME"_s,
                            u"--setenv=ISOL8_API_KEY"_s, ServiceProcess::binary(), u"--prewarm"_s, QString()});
    QVERIFY(process.waitForStarted());
    QTRY_VERIFY_WITH_TIMEOUT(service.askTcp(get("/health")).status == 200, 20000);
    process.terminate();
    QVERIFY(process.waitForFinished(20000));
    QCOMPARE(process.exitCode(), 0);
}

void tst_serve::unit()
{
    const QString program = QStandardPaths::findExecutable(u"systemd-analyze"_s);
    if (program.isEmpty())
        QSKIP("systemd-analyze is not installed");
    QFile source(QStringLiteral(ISOL8_SOURCE_DIR) + u"/resources/systemd/isol8-server.service.in"_s);
    QVERIFY(source.open(QIODevice::ReadOnly));
    QTemporaryDir folder;
    const QString path = folder.filePath(u"isol8-server.service"_s);
    write(path, source.readAll().replace("@CMAKE_INSTALL_FULL_BINDIR@", qgetenv("ISOL8_BIN")));
    QProcess process;
    process.start(program, {u"verify"_s, u"--man=no"_s, u"--recursive-errors=no"_s, path});
    QVERIFY(process.waitForFinished(60000));
    const QByteArray problems = process.readAllStandardError();
    QVERIFY2(process.exitCode() == 0 && !problems.contains("isol8-server.service:"), problems.constData());
}

QTEST_GUILESS_MAIN(tst_serve)
#include "tst_serve.moc"
