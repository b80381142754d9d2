// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; service
#include "support/Cli.h"
#include "support/ServiceProcess.h"
#include "support/Signals.h"

#include <isol8/docker/Endpoint.h>

#include <QFileInfo>
#include <QLocalServer>
#include <QStandardPaths>

#include <cerrno>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

using namespace servicetest;
using namespace Qt::StringLiterals;

namespace {

const QStringList Cold{u"--prewarm"_s, QString()};

QJsonObject sleeper(int seconds)
{
    return python(u"import time; print('up', flush=True); time.sleep(%1); print('done')"_s.arg(seconds),
                  {{u"timeoutMs"_s, 60000}});
}

// A stream whose program is up.
std::unique_ptr<QLocalSocket> startSleeping(const ServiceProcess &service, int seconds)
{
    auto socket = std::make_unique<QLocalSocket>();
    socket->connectToServer(service.socketPath());
    socket->write(post("/execute/stream", sleeper(seconds)));
    QByteArray bytes;
    if (!QTest::qWaitFor([&] { return (bytes += socket->readAll()).contains("\"up"); }, 20000))
        return {};
    return socket;
}

} // namespace

/*
    The background engine's beginning and end: one a user, nobody else's, and nothing left of it however it ends.
*/
class tst_servicelife : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void socketAndFolder();
    void onlyOne();
    void staleSocket();
    void leavesAnothersSocket();
    void folderOfOthers();
    void otherUser();
    void wrongUsage_data();
    void wrongUsage();
    void endsWhenIdle();
    void connectionKeepsItUp();
    void drains();
    void drainsNotForEver();
    void secondSignal();
    void killedAtAnyMoment_data();
    void killedAtAnyMoment();
    void socketActivation();
    void tellsSystemd();
    void prewarmedSandboxIsUsed();
    void dockerComesAndGoes();
};

void tst_servicelife::socketAndFolder()
{
    ServiceProcess service;
    QVERIFY(service.start(Cold));
    struct stat info = {};
    QCOMPARE(::stat(service.socketPath().toLocal8Bit().constData(), &info), 0);
    QCOMPARE(int(info.st_mode & 07777), 0600);
    QCOMPARE(::stat(QFileInfo(service.socketPath()).path().toLocal8Bit().constData(), &info), 0);
    QCOMPARE(int(info.st_mode & 07777), 0700);
    QCOMPARE(service.stop(SIGTERM), 0);
    QVERIFY(!QFileInfo::exists(service.socketPath()));
}

void tst_servicelife::onlyOne()
{
    ServiceProcess service;
    QVERIFY(service.start(Cold));
    QProcess second;
    second.setProcessEnvironment(service.environment);
    second.start(ServiceProcess::binary(), {u"--local"_s});
    QVERIFY(second.waitForFinished(10000));
    QCOMPARE(second.exitCode(), 1);
    QVERIFY(second.readAllStandardError().contains("running already"));
    QCOMPARE(service.ask("GET /health HTTP/1.1\r\nHost: x\r\n\r\n").status, 200);
}

void tst_servicelife::staleSocket()
{
    ServiceProcess service;
    QVERIFY(service.start(Cold));
    QCOMPARE(service.stop(SIGKILL), -1);
    QVERIFY(QFileInfo::exists(service.socketPath()));
    QVERIFY(service.start(Cold));
    QCOMPARE(service.ask("GET /health HTTP/1.1\r\nHost: x\r\n\r\n").status, 200);
}

// What systemd does when its isol8.socket starts while an engine has been started by hand.
void tst_servicelife::leavesAnothersSocket()
{
    ServiceProcess service;
    QVERIFY(service.start(Cold));
    QVERIFY(QFile::remove(service.socketPath()));
    QLocalServer other;
    QVERIFY(other.listen(service.socketPath()));
    QCOMPARE(service.stop(SIGTERM), 0);
    QVERIFY(QFileInfo::exists(service.socketPath()));
    QLocalSocket client;
    client.connectToServer(service.socketPath());
    QVERIFY(client.waitForConnected(5000));
}

void tst_servicelife::folderOfOthers()
{
    ServiceProcess service;
    const QString folder = QFileInfo(service.socketPath()).path();
    QVERIFY(QDir().mkpath(folder));
    QCOMPARE(::chmod(folder.toLocal8Bit().constData(), 0777), 0);
    QVERIFY(!service.start(Cold));
    QCOMPARE(service.process.exitCode(), 1);
}

// Where the permissions of folder and socket are not in the way, the peer's uid is.
void tst_servicelife::otherUser()
{
    if (::geteuid() != 0)
        QSKIP("needs root, to become somebody else");
    ServiceProcess service;
    QVERIFY(service.start(Cold));
    const QString folder = QFileInfo(service.socketPath()).path();
    for (const QString &path :
         {QFileInfo(service.runtimeFolder()).path(), service.runtimeFolder(), folder, service.socketPath()})
        QCOMPARE(::chmod(path.toLocal8Bit().constData(), 0777), 0);
    const QString probe =
        u"import socket,sys\ns = socket.socket(socket.AF_UNIX)\ns.settimeout(10)\ns.connect(sys.argv[1])\n"
        "try:\n s.sendall(b'GET /health HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n')\n print(len(s.recv(100)))\n"
        "except (BrokenPipeError, ConnectionResetError): print(0)"_s;
    const auto connects = [&](const QStringList &prefix) -> QByteArray {
        QProcess python;
        python.start(prefix.value(0, u"/usr/bin/python3"_s),
                     prefix.mid(1) + (prefix.isEmpty() ? QStringList() : QStringList{u"/usr/bin/python3"_s}) +
                         QStringList{u"-c"_s, probe, service.socketPath()});
        python.waitForFinished(20000);
        return python.readAllStandardOutput().trimmed() + python.readAllStandardError().right(200);
    };
    QCOMPARE(connects({u"setpriv"_s, u"--reuid=65534"_s, u"--regid=65534"_s, u"--clear-groups"_s}), QByteArray("0"));
    QCOMPARE(connects({}), QByteArray("100"));
}

void tst_servicelife::wrongUsage_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<int>("exitCode");
    QTest::addColumn<QByteArray>("sentence");
    QTest::newRow("no key") << QStringList{} << 1 << QByteArray("--key-file");
    QTest::newRow("idle") << QStringList{u"--local"_s, u"--idle"_s, u"soon"_s} << 2 << QByteArray("--idle");
    QTest::newRow("body") << QStringList{u"--local"_s, u"--max-body"_s, u"big"_s} << 2 << QByteArray("--max-body");
    QTest::newRow("runtime") << QStringList{u"--local"_s, u"--prewarm"_s, u"cobol"_s} << 1 << QByteArray("cobol");
    QTest::newRow("flag") << QStringList{u"--local"_s, u"--sparkle"_s} << 2 << QByteArray("--sparkle");
    QTest::newRow("config") << QStringList{u"--local"_s, u"--config"_s, u"/nowhere"_s} << 1 << QByteArray("/nowhere");
}

void tst_servicelife::wrongUsage()
{
    QFETCH(QStringList, arguments);
    QFETCH(int, exitCode);
    QFETCH(QByteArray, sentence);
    ServiceProcess service;
    QProcess process;
    process.setProcessEnvironment(service.environment);
    process.start(ServiceProcess::binary(), arguments);
    QTRY_COMPARE_WITH_TIMEOUT(process.state(), QProcess::NotRunning, 10000);
    const QByteArray text = process.readAllStandardError();
    QVERIFY2(process.exitCode() == exitCode, text.constData());
    QVERIFY2(text.contains(sentence), text.constData());
}

void tst_servicelife::endsWhenIdle()
{
    ServiceProcess service;
    QVERIFY(service.start(Cold + QStringList{u"--idle"_s, u"500ms"_s}));
    QTRY_COMPARE_WITH_TIMEOUT(service.process.state(), QProcess::NotRunning, 15000);
    QCOMPARE(service.process.exitCode(), 0);
    QVERIFY(!QFileInfo::exists(service.socketPath()));
    QVERIFY(service.nothingLeft());
}

void tst_servicelife::connectionKeepsItUp()
{
    ServiceProcess service;
    QVERIFY(service.start(Cold + QStringList{u"--idle"_s, u"500ms"_s}));
    const auto run = startSleeping(service, 2);
    QVERIFY(run);
    QByteArray bytes;
    QTRY_VERIFY_WITH_TIMEOUT((bytes += run->readAll()).contains("exit"), 20000);
    QVERIFY(bytes.contains("done"));
    run->abort();
    QTRY_COMPARE_WITH_TIMEOUT(service.process.state(), QProcess::NotRunning, 15000);
    QCOMPARE(service.process.exitCode(), 0);
}

void tst_servicelife::drains()
{
    ServiceProcess service;
    QVERIFY(service.start());
    const auto run = startSleeping(service, 2);
    QVERIFY(run);
    processtest::sendSignal(service.process, SIGTERM);
    // Nobody new, and who looks sees that at once.
    QTRY_VERIFY(!QFileInfo::exists(service.socketPath()));
    QByteArray bytes;
    QTRY_VERIFY_WITH_TIMEOUT((bytes += run->readAll()).contains("\"exit\""), 20000);
    QVERIFY2(bytes.contains("done") && bytes.contains("\"reason\":\"completed\""), bytes.constData());
    QTRY_COMPARE_WITH_TIMEOUT(service.process.state(), QProcess::NotRunning, 20000);
    QCOMPARE(service.process.exitCode(), 0);
    // It waited for Docker.
    QCOMPARE(service.containers(), 0);
}

void tst_servicelife::drainsNotForEver()
{
    ServiceProcess service;
    service.configure(R"({"service": {"drainMs": 700}})");
    QVERIFY(service.start(Cold));
    const auto run = startSleeping(service, 60);
    QVERIFY(run);
    QElapsedTimer clock;
    clock.start();
    processtest::sendSignal(service.process, SIGTERM);
    QByteArray bytes;
    QTRY_VERIFY_WITH_TIMEOUT((bytes += run->readAll()).contains("\"reason\":\"cancelled\""), 15000);
    QTRY_COMPARE_WITH_TIMEOUT(service.process.state(), QProcess::NotRunning, 20000);
    QVERIFY(clock.elapsed() >= 700);
    QCOMPARE(service.process.exitCode(), 0);
    QCOMPARE(service.containers(), 0);
}

void tst_servicelife::secondSignal()
{
    ServiceProcess service;
    QVERIFY(service.start(Cold));
    const auto run = startSleeping(service, 60);
    QVERIFY(run);
    processtest::sendSignal(service.process, SIGTERM);
    QTRY_VERIFY(!QFileInfo::exists(service.socketPath()));
    QElapsedTimer clock;
    clock.start();
    QCOMPARE(service.stop(SIGINT, 9000), 0);
    QCOMPARE(service.containers(), 0);
}

void tst_servicelife::killedAtAnyMoment_data()
{
    QTest::addColumn<int>("ms");
    for (const int ms : {0, 5, 15, 30, 60, 100, 150, 200, 250, 300, 400, 600})
        QTest::addRow("after %d ms", ms) << ms;
}

// From its start, with a sandbox being prewarmed and a run asked for at once; afterwards `isol8 run` works as ever.
void tst_servicelife::killedAtAnyMoment()
{
    QFETCH(int, ms);
    ServiceProcess service;
    QVERIFY(service.start({}));
    QLocalSocket run;
    run.connectToServer(service.socketPath());
    run.write(post("/execute/stream", sleeper(30)));
    run.waitForBytesWritten(1000);
    QTest::qWait(ms);
    service.stop(SIGKILL);
    QVERIFY2(service.nothingLeft(15000), "a container outlived the engine"); // 3 s where nothing else runs
    const auto outcome = clitest::isol8({u"run"_s, u"--cmd"_s, u"echo works"_s}, {}, {}, service.environment);
    QCOMPARE(outcome.out, QByteArray("works\n"));
    QCOMPARE(outcome.err, QByteArray());
}

void tst_servicelife::socketActivation()
{
    const QString program = QStandardPaths::findExecutable(u"systemd-socket-activate"_s);
    if (program.isEmpty())
        QSKIP("systemd-socket-activate is not installed");
    ServiceProcess service;
    QVERIFY(QDir().mkpath(QFileInfo(service.socketPath()).path()));
    QProcess process;
    process.setProcessEnvironment(service.environment);
    process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    process.start(program,
                  {u"--listen="_s + service.socketPath(), u"--setenv=XDG_RUNTIME_DIR"_s, u"--setenv=HOME"_s,
                   ServiceProcess::binary(), u"--local"_s, u"--prewarm"_s, QString(), u"--idle"_s, u"500ms"_s});
    QVERIFY(process.waitForStarted());
    QTRY_VERIFY(QFileInfo::exists(service.socketPath()));
    const Answer answer = service.ask(post("/execute", python(u"print('activated')"_s)));
    QCOMPARE(answer.json().value(u"stdout"_s).toString(), u"activated\n"_s);
    // It ends, and leaves systemd its socket.
    QTRY_COMPARE_WITH_TIMEOUT(process.state(), QProcess::NotRunning, 15000);
    QCOMPARE(process.exitCode(), 0);
    QVERIFY(QFileInfo::exists(service.socketPath()));
}

void tst_servicelife::tellsSystemd()
{
    ServiceProcess service;
    const QString path = service.runtimeFolder() + u"/notify"_s;
    const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    qstrncpy(address.sun_path, path.toLocal8Bit().constData(), sizeof address.sun_path);
    QCOMPARE(::bind(fd, reinterpret_cast<sockaddr *>(&address), sizeof address), 0);
    service.environment.insert(u"NOTIFY_SOCKET"_s, path);
    QVERIFY(service.start(Cold));
    QByteArray told;
    const auto hears = [&](QByteArrayView what) {
        char buffer[1000];
        ssize_t size = 0;
        while ((size = ::recv(fd, buffer, sizeof buffer, 0)) > 0)
            told.append(buffer, size).append('\n');
        return told.contains(what);
    };
    QTRY_VERIFY(hears("READY=1"));
    processtest::sendSignal(service.process, SIGTERM);
    QTRY_VERIFY(hears("STOPPING=1"));
    QTRY_COMPARE_WITH_TIMEOUT(service.process.state(), QProcess::NotRunning, 10000);
    ::close(fd);
}

void tst_servicelife::prewarmedSandboxIsUsed()
{
    ServiceProcess service;
    QVERIFY(service.start({}));
    QTRY_VERIFY_WITH_TIMEOUT(service.containers() >= 1, 10000);
    const QList<QByteArray> prewarmed = dockertest::containers(u"org.isol8"_s, service.engineId);
    // By the command's way, whose options are written out in full: the same sandbox must fit, as soon as it is started.
    QByteArray out;
    const auto usesPrewarmed = [&] {
        out = clitest::isol8({u"run"_s, u"--json"_s, u"-e"_s, u"print(1)"_s}, {}, {}, service.environment).out;
        const QJsonObject result = QJsonDocument::fromJson(out).object();
        return prewarmed.contains(result.value(u"containerId"_s).toString().toLatin1());
    };
    bool used = false;
    for (int i = 0; i < 10 && !used; ++i)
        used = usesPrewarmed();
    QVERIFY2(used, out.constData());
}

void tst_servicelife::dockerComesAndGoes()
{
    const auto endpoint = isol8::docker::Endpoint::discover(QProcessEnvironment::systemEnvironment());
    if (!endpoint || endpoint->kind != isol8::docker::Endpoint::Kind::Unix)
        QSKIP("needs a daemon on a Unix socket");
    ServiceProcess service;
    const QString path = service.runtimeFolder() + u"/docker.sock"_s;
    service.environment.insert(u"DOCKER_HOST"_s, u"unix://"_s + path);
    const QByteArray health = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";
    QVERIFY(service.start({}));
    Answer answer = service.ask(health);
    QCOMPARE(answer.status, 503);
    QCOMPARE(answer.json().value(u"code"_s).toString(), u"docker_unreachable"_s);
    for (const QByteArray route : {"/execute", "/execute/stream"}) {
        answer = service.ask(post(route, python(u"print(1)"_s)));
        QCOMPARE(answer.status, 503);
        QCOMPARE(answer.json().value(u"code"_s).toString(), u"docker_unreachable"_s);
        QVERIFY(answer.head.contains("Retry-After:"));
    }
    QVERIFY(QFile::link(endpoint->path, path));
    QTRY_COMPARE_WITH_TIMEOUT(service.ask(health).status, 200, 10000);
    QCOMPARE(service.ask(post("/execute", python(u"print(1)"_s))).json().value(u"stdout"_s).toString(), u"1\n"_s);
    QVERIFY(QFile::remove(path));
    QCOMPARE(service.stop(SIGTERM), 0);
    QVERIFY(service.nothingLeft());
}

QTEST_GUILESS_MAIN(tst_servicelife)
#include "tst_servicelife.moc"
