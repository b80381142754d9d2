// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; http
#include "support/Cli.h"
#include "support/ServiceProcess.h"
#include "support/Signals.h"

#include <QCryptographicHash>
#include <QFileInfo>
#include <QLocalServer>
#include <QRegularExpression>
#include <QTimer>

#include <csignal>

#include <sys/stat.h>
#include <sys/types.h>

using namespace servicetest;
using namespace Qt::StringLiterals;
using clitest::isol8;

/*
    `isol8 run` with a background engine: the same to its user as without, whatever becomes of the engine.
*/
class tst_clibackground : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();

    void same_data();
    void same();
    void saysSoWithDebug();
    void environmentSwitchesItOff();
    void callersConfiguration();
    void callersLanguages();
    void doesWithout_data();
    void doesWithout();
    void goneBeforeTheRunIsTaken();
    void stoppedEngine();
    void diesInMidRun();
    void ctrlC();
    void closedPipe();
    void slowReader();
    void ps();
    void serveTurnsIntoTheService();
    void serveWithoutAKey();

private:
    clitest::Outcome run(const QStringList &arguments, const QByteArray &input = {})
    {
        return isol8(QStringList{u"run"_s} + arguments, input, m_folder->path(), m_service->environment);
    }
    bool usesBackground()
    {
        return run({u"--debug"_s, u"-e"_s, u"print(1)"_s}).err.contains("running in the background engine");
    }

    std::unique_ptr<ServiceProcess> m_service;
    std::unique_ptr<QTemporaryDir> m_folder;
};

void tst_clibackground::init()
{
    m_service = std::make_unique<ServiceProcess>();
    m_folder = std::make_unique<QTemporaryDir>();
}

void tst_clibackground::cleanup()
{
    if (m_service->process.state() != QProcess::NotRunning) {
        m_service->stop(SIGTERM);
        QVERIFY(m_service->nothingLeft());
    }
    m_service.reset();
}

void tst_clibackground::same_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QByteArray>("input");
    const auto row = [](const char *name, const QStringList &arguments, const QByteArray &input = {}) {
        QTest::newRow(name) << arguments << input;
    };
    row("hello", {u"-e"_s, u"print('h\u00e4llo')"_s});
    row("exit code", {u"-e"_s, u"import sys; print('e', file=sys.stderr); sys.exit(9)"_s});
    row("killed", {u"--cmd"_s, u"kill -SEGV $$"_s});
    row("timeout", {u"--timeout"_s, u"600ms"_s, u"-e"_s, u"while True: pass"_s});
    row("wrong runtime", {u"-r"_s, u"cobol"_s, u"-e"_s, u"x"_s});
    row("limit too low", {u"--memory"_s, u"1k"_s, u"-e"_s, u"x"_s});
    row("no image", {u"--image"_s, u"isol8:nowhere"_s, u"-e"_s, u"x"_s});
    row("traceback", {u"-e"_s, u"def f(): raise ValueError('no')\nf()"_s});
    row("program from stdin", {}, "print(6 * 7)");
    row("stdin", {u"--stdin"_s, u"-"_s, u"-e"_s, u"import sys; print(sys.stdin.buffer.read())"_s},
        QByteArray("\0\xff\x80 x", 5));
    row("interactive", {u"-i"_s, u"-e"_s, u"import sys\nfor l in sys.stdin: print('got', l.strip())"_s}, "a\nb\n");
    row("arguments", {u"--cmd"_s, u"echo $HOME"_s});
    row("no stream", {u"--no-stream"_s, u"-e"_s, u"import sys; print(1); print(2, file=sys.stderr)"_s});
    row("truncated", {u"--max-output"_s, u"100"_s, u"-e"_s, u"print('x' * 1000)"_s});
    row("secret", {u"--secret"_s, u"K=hidden-value"_s, u"-e"_s, u"import os; print(os.environ['K'])"_s});
    row("much", {u"--max-output"_s, u"50m"_s, u"-e"_s, u"for i in range(20): print('y' * 1000000)"_s});
}

void tst_clibackground::same()
{
    QFETCH(QStringList, arguments);
    QFETCH(QByteArray, input);
    const auto without = run(arguments, input);
    QVERIFY(m_service->start({u"--prewarm"_s, QString()}));
    const auto with = run(arguments, input);
    QCOMPARE(with.exitCode, without.exitCode);
    QCOMPARE(with.err, without.err);
    QVERIFY(with.out == without.out);
}

void tst_clibackground::saysSoWithDebug()
{
    QVERIFY(!usesBackground());
    QVERIFY(m_service->start({u"--prewarm"_s, QString()}));
    QVERIFY(usesBackground());
    QCOMPARE(run({u"-e"_s, u"print(1)"_s}).err, QByteArray());
}

void tst_clibackground::environmentSwitchesItOff()
{
    QVERIFY(m_service->start({u"--prewarm"_s, QString()}));
    m_service->environment.insert(u"ISOL8_ENGINE"_s, u"local"_s);
    QVERIFY(!usesBackground());
    m_service->environment.insert(u"ISOL8_ENGINE"_s, u"auto"_s);
    QVERIFY(usesBackground());
    m_service->environment.insert(u"ISOL8_ENGINE"_s, u"sparkle"_s);
    const auto outcome = run({u"-e"_s, u"print(1)"_s});
    QCOMPARE(outcome.exitCode, 2);
    QVERIFY(outcome.err.contains("ISOL8_ENGINE"));
}

// The configuration of the folder in which `isol8 run` is called, and not the one that the engine was started with.
void tst_clibackground::callersConfiguration()
{
    m_service->configure(R"({"defaults": {"timeoutMs": 400}, "limits": {"memoryLimit": "64m"}})");
    QVERIFY(m_service->start({u"--prewarm"_s, QString()}));
    QFile file(m_folder->filePath(u"isol8.config.json"_s));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(R"({"defaults": {"memoryLimit": "90m"}, "limits": {"tmpSize": "20m"}})");
    file.close();
    QVERIFY(usesBackground());
    const auto outcome = run({u"--tmp-size"_s, u"99m"_s, u"-e"_s,
                              u"import time, shutil\ntime.sleep(1)\nprint(shutil.disk_usage('/tmp').total >> 20)"_s});
    QCOMPARE(outcome.out, QByteArray("20\n"));
    QCOMPARE(outcome.err, QByteArray("isol8: tmpSize was lowered to the configured limit.\n"));
    QCOMPARE(run({u"-e"_s, u"x = bytearray(75 << 20); print('fits')"_s}).out, QByteArray("fits\n"));
    const auto big = run({u"-e"_s, u"x = bytearray(95 << 20); print('fits')"_s});
    QCOMPARE(big.exitCode, 137);
    QVERIFY2(big.err.contains("90m"), big.err.constData());
}

// Those of the folder in which it is called: the engine need not know them, and what it has of its own does not count.
void tst_clibackground::callersLanguages()
{
    const auto runtimes = [](const QByteArray &python, const QByteArray &more) {
        return QByteArray(R"JSON({"poolSize": 0, "runtimes": {"python": {"image": "isol8:python", "extensions": [".py"],
                  "command": ["python3", "-c", "print(\"NAME\")", "{file}"]}MORE}})JSON")
            .replace("NAME", python)
            .replace("MORE", more);
    };
    m_service->configure(runtimes("the engine's", {}));
    QVERIFY(m_service->start({u"--prewarm"_s, QString()}));
    m_service->configure("{\"poolSize\": 0}"); // read by the callers from here on
    QVERIFY(usesBackground());
    QCOMPARE(run({u"-e"_s, u"print('built in')"_s}).out, QByteArray("built in\n"));
    QFile file(m_folder->filePath(u"isol8.config.json"_s));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(runtimes("the caller's", R"JSON(, "sh": {"image": "isol8:bash", "extensions": [".shell"],
                                                    "command": ["bash", "--posix", "{file}"]})JSON"));
    file.close();
    QVERIFY(usesBackground());
    QCOMPARE(run({u"-e"_s, u"print('built in')"_s}).out, QByteArray("the caller's\n"));
    const auto sh = run({u"--debug"_s, u"-r"_s, u"sh"_s, u"-e"_s, u"shopt -qo posix && echo strict"_s});
    QCOMPARE(sh.out, QByteArray("strict\n"));
    QVERIFY(sh.err.contains("running in the background engine"));
}

void tst_clibackground::doesWithout_data()
{
    QTest::addColumn<QString>("what");
    for (const QString &what :
         {u"stale socket"_s, u"no socket but a file"_s, u"folder that others may write"_s, u"other version"_s,
          u"other daemon"_s, u"garbage"_s, u"closes at once"_s, u"other network"_s})
        QTest::addRow("%s", qPrintable(what)) << what;
}

void tst_clibackground::doesWithout()
{
    QFETCH(QString, what);
    QLocalServer server;
    QByteArray answer;
    connect(&server, &QLocalServer::newConnection, &server, [&] {
        QLocalSocket *socket = server.nextPendingConnection();
        connect(socket, &QLocalSocket::readyRead, socket, [&, socket] {
            socket->readAll();
            socket->write(answer);
            socket->flush();
            socket->disconnectFromServer();
        });
    });
    const QString folder = QFileInfo(m_service->socketPath()).path();
    if (what == u"stale socket") {
        QVERIFY(m_service->start({u"--prewarm"_s, QString()}));
        m_service->stop(SIGKILL);
        QVERIFY(QFileInfo::exists(m_service->socketPath()));
    } else if (what == u"folder that others may write" || what == u"other daemon" || what == u"other network") {
        QVERIFY(m_service->start({u"--prewarm"_s, QString()}));
        if (what == u"other daemon") {
            QVERIFY(QFile::link(u"/var/run/docker.sock"_s, m_folder->filePath(u"d.sock"_s)));
            m_service->environment.insert(u"DOCKER_HOST"_s, u"unix://"_s + m_folder->filePath(u"d.sock"_s));
        } else if (what == u"other network") {
            QFile file(m_folder->filePath(u"isol8.config.json"_s));
            QVERIFY(file.open(QIODevice::WriteOnly));
            file.write(R"({"network": {"ports": [8443], "blacklist": ["evil.example"]}})");
        } else {
            QCOMPARE(::chmod(folder.toLocal8Bit().constData(), 0777), 0);
        }
    } else {
        QVERIFY(QDir().mkpath(folder));
        QFile::setPermissions(folder, QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        if (what == u"no socket but a file") {
            QFile file(m_service->socketPath());
            QVERIFY(file.open(QIODevice::WriteOnly));
        } else {
            const QByteArray body = R"({"error":"Other version.","code":"other_engine"})";
            if (what == u"other version")
                answer = "HTTP/1.1 412 X\r\nContent-Length: " + QByteArray::number(body.size()) + "\r\n\r\n" + body;
            else if (what == u"garbage")
                answer = "SSH-2.0-hello\r\n\r\n";
            QVERIFY(server.listen(m_service->socketPath()));
        }
    }
    // The server of this process must answer while isol8 runs.
    QProcess process;
    process.setProcessEnvironment(m_service->environment);
    process.setWorkingDirectory(m_folder->path());
    process.start(clitest::binary(), {u"run"_s, u"-e"_s, u"print('works')"_s});
    QTRY_COMPARE_WITH_TIMEOUT(process.state(), QProcess::NotRunning, 30000);
    QCOMPARE(process.readAllStandardOutput(), QByteArray("works\n"));
    QCOMPARE(process.readAllStandardError(), QByteArray());
    if (server.isListening())
        return;
    const QByteArray log = run({u"--debug"_s, u"-e"_s, u"print(1)"_s}).err;
    QVERIFY(!log.contains("running in the background engine"));
    if (what == u"other network")
        QVERIFY2(log.contains("other settings than the caller has: network.blacklist, network.ports."),
                 log.constData());
}

// Takes the connection and dies before it takes the run; what was typed meanwhile is not lost.
void tst_clibackground::goneBeforeTheRunIsTaken()
{
    QVERIFY(QDir().mkpath(QFileInfo(m_service->socketPath()).path()));
    QFile::setPermissions(QFileInfo(m_service->socketPath()).path(),
                          QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    QLocalServer server;
    QVERIFY(server.listen(m_service->socketPath()));
    bool upgraded = false;
    connect(&server, &QLocalServer::newConnection, &server, [&] {
        QLocalSocket *socket = server.nextPendingConnection();
        connect(socket, &QLocalSocket::readyRead, socket, [&, socket] {
            const QByteArray request = socket->readAll();
            const qsizetype at = request.indexOf("Sec-WebSocket-Key: ");
            if (at < 0) {
                QTimer::singleShot(300, socket, [socket] { socket->abort(); });
                return;
            }
            QCryptographicHash hash(QCryptographicHash::Sha1);
            hash.addData(QByteArray(request.mid(at + 19, 24) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
            socket->write("HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
                          hash.result().toBase64() + "\r\n\r\n");
            upgraded = true;
        });
    });
    QProcess process;
    process.setProcessEnvironment(m_service->environment);
    process.start(clitest::binary(), {u"run"_s, u"-i"_s, u"-e"_s, u"import sys; print(sys.stdin.read())"_s});
    process.write("typed early");
    process.closeWriteChannel();
    QTRY_COMPARE_WITH_TIMEOUT(process.state(), QProcess::NotRunning, 30000);
    QVERIFY(upgraded);
    QCOMPARE(process.readAllStandardOutput(), QByteArray("typed early\n"));
    QCOMPARE(process.readAllStandardError(), QByteArray());
}

void tst_clibackground::stoppedEngine()
{
    QVERIFY(m_service->start({u"--prewarm"_s, QString()}));
    processtest::sendSignal(m_service->process, SIGSTOP);
    const auto outcome = run({u"-e"_s, u"print('works')"_s});
    processtest::sendSignal(m_service->process, SIGCONT);
    QCOMPARE(outcome.out, QByteArray("works\n"));
    QCOMPARE(outcome.err, QByteArray());
}

void tst_clibackground::diesInMidRun()
{
    QVERIFY(m_service->start({u"--prewarm"_s, QString()}));
    QProcess process;
    process.setProcessEnvironment(m_service->environment);
    process.start(clitest::binary(), {u"run"_s, u"-e"_s, u"print('up', flush=True)\nimport time; time.sleep(60)"_s});
    QTRY_VERIFY_WITH_TIMEOUT(process.bytesAvailable() > 0, 20000);
    m_service->stop(SIGKILL);
    QTRY_COMPARE_WITH_TIMEOUT(process.state(), QProcess::NotRunning, 5000);
    QCOMPARE(process.exitCode(), 125);
    QVERIFY(process.readAllStandardError().contains("broke in the middle of the run"));
    QVERIFY(m_service->nothingLeft());
    QCOMPARE(run({u"-e"_s, u"print('works')"_s}).out, QByteArray("works\n"));
}

void tst_clibackground::ctrlC()
{
    QVERIFY(m_service->start({u"--prewarm"_s, QString()}));
    QProcess process;
    process.setProcessEnvironment(m_service->environment);
    process.start(clitest::binary(), {u"run"_s, u"-e"_s, u"print('up', flush=True)\nimport time; time.sleep(60)"_s});
    QTRY_VERIFY_WITH_TIMEOUT(process.bytesAvailable() > 0, 20000);
    processtest::sendSignal(process, SIGINT);
    QTRY_COMPARE_WITH_TIMEOUT(process.state(), QProcess::NotRunning, 5000);
    QCOMPARE(process.exitCode(), 130);
    QVERIFY(m_service->nothingLeft());
}

void tst_clibackground::closedPipe()
{
    QVERIFY(m_service->start({u"--prewarm"_s, QString()}));
    QProcess shell;
    shell.setProcessEnvironment(m_service->environment);
    shell.start(u"bash"_s,
                {u"-c"_s, u"'%1' run --max-output 1g --timeout 60s -e 'while True: print(\"y\")' | head -c 10"_s.arg(
                              clitest::binary())});
    QVERIFY(shell.waitForFinished(20000));
    QCOMPARE(shell.readAllStandardOutput(), QByteArray("y\ny\ny\ny\ny\n"));
    QVERIFY(m_service->nothingLeft());
}

// A pager that is left alone for longer than closing a connection may take: it gets all in the end.
void tst_clibackground::slowReader()
{
    QVERIFY(m_service->start({u"--prewarm"_s, QString()}));
    for (const QString &megabytes : {u"1"_s, u"4"_s}) {
        QProcess shell;
        shell.setProcessEnvironment(m_service->environment);
        shell.start(
            u"bash"_s,
            {u"-c"_s,
             u"'%1' run --max-output 1g -e 'for i in range(%2): print(\"x\" * 999999)' | (sleep 5; wc -c)"_s.arg(
                 clitest::binary(), megabytes)});
        QVERIFY(shell.waitForFinished(30000));
        QCOMPARE(shell.readAllStandardOutput().trimmed(), megabytes.toLatin1() + "000000");
    }
}

// What runs here, with the sandbox that it runs in; of others on this daemon it may tell more.
void tst_clibackground::ps()
{
    QVERIFY(m_service->start());
    QProcess process;
    process.setProcessEnvironment(m_service->environment);
    process.setWorkingDirectory(m_folder->path());
    process.start(clitest::binary(), {u"run"_s, u"-r"_s, u"bash"_s, u"-e"_s, u"echo up; sleep 60"_s});
    QByteArray out;
    QTRY_VERIFY_WITH_TIMEOUT((out += process.readAllStandardOutput()).contains("up"), 20000);
    const auto table = isol8({u"ps"_s}, {}, m_folder->path(), m_service->environment);
    QCOMPARE(table.exitCode, 0);
    QVERIFY2(
        QRegularExpression(u"^RUN +RUNTIME +STATE +AGE\n[0-9a-f-]{36} +bash +running +\\d+ s\n\nSANDBOX +PURPOSE"_s)
            .match(QString::fromUtf8(table.out))
            .hasMatch(),
        table.out.constData());
    QVERIFY2(QRegularExpression(u"\n[0-9a-f]{12} +run +bash +running +\\d+ s +.* background\n"_s)
                 .match(QString::fromUtf8(table.out))
                 .hasMatch(),
             table.out.constData());
    const auto json = isol8({u"ps"_s, u"--json"_s}, {}, m_folder->path(), m_service->environment);
    const QJsonObject object = QJsonDocument::fromJson(json.out).object();
    QCOMPARE(object.value(u"engine"_s).toString(), m_service->engineId);
    QCOMPARE(object.value(u"runs"_s).toArray().size(), 1);
    qsizetype ours = 0;
    for (const QJsonValue &sandbox : object.value(u"sandboxes"_s).toArray())
        ours += sandbox[u"engine"_s].toString() == m_service->engineId;
    QCOMPARE(ours, m_service->containers());
    process.terminate();
    QVERIFY(process.waitForFinished(20000));
}

void tst_clibackground::serveTurnsIntoTheService()
{
    QProcess process;
    process.setProcessEnvironment(m_service->environment);
    process.start(clitest::binary(), {u"serve"_s, u"--local"_s, u"--idle"_s, u"2s"_s, u"--prewarm"_s, QString()});
    QVERIFY(process.waitForStarted());
    const qint64 pid = process.processId();
    QTRY_VERIFY_WITH_TIMEOUT(QFileInfo::exists(m_service->socketPath()), 10000);
    QCOMPARE(QFileInfo(u"/proc/%1/exe"_s.arg(pid)).symLinkTarget(),
             QFileInfo(ServiceProcess::binary()).canonicalFilePath());
    QVERIFY(usesBackground());
    QTRY_COMPARE_WITH_TIMEOUT(process.state(), QProcess::NotRunning, 20000);
    QCOMPARE(process.exitCode(), 0);
}

void tst_clibackground::serveWithoutAKey()
{
    const auto outcome = isol8({u"serve"_s});
    QCOMPARE(outcome.exitCode, 1);
    QVERIFY2(outcome.err.contains("--key-file") && outcome.err.contains("--local"), outcome.err.constData());
}

QTEST_GUILESS_MAIN(tst_clibackground)
#include "tst_clibackground.moc"
