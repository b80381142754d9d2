// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; policy
/*
    The create request before a real daemon: it is accepted, what it asks for is what a process inside finds, and the
    strict profile does what tst_seccomp says. policy_probe.c takes init's place, in an image of empty folders.
*/
#include <isol8/policy/SandboxSpec.h>

#include <isol8/guest/protocol.h>

#include <QCoreApplication>
#include <QJsonArray>
#include <QJsonDocument>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

using namespace isol8;
using namespace Qt::StringLiterals;

Q_DECLARE_METATYPE(SandboxSpec)

namespace {

struct Answer
{
    int status = 0;
    QJsonObject body;
    QString message;
};

// What the daemon says to \a request until it closes.
QByteArray exchange(const QByteArray &request)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, "/var/run/docker.sock");
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval patience{60, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    QByteArray answer;
    if (::connect(fd, reinterpret_cast<sockaddr *>(&address), sizeof address) == 0 &&
        ::send(fd, request.constData(), size_t(request.size()), MSG_NOSIGNAL) == request.size()) {
        char buffer[16384];
        ssize_t n;
        while ((n = ::recv(fd, buffer, sizeof buffer, 0)) > 0)
            answer.append(buffer, n);
    }
    ::close(fd);
    return answer;
}

// One request by HTTP/1.0, which the daemon answers without chunks and then closes.
Answer ask(const QByteArray &method, const QByteArray &path, const QJsonObject &body)
{
    const QByteArray text = QJsonDocument(body).toJson(QJsonDocument::Compact);
    const QByteArray answer =
        exchange(method + ' ' + path + " HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: " +
                 QByteArray::number(text.size()) + "\r\n\r\n" + text);
    Answer result;
    result.status = answer.mid(9, 3).toInt();
    result.body = QJsonDocument::fromJson(answer.mid(answer.indexOf("\r\n\r\n") + 4)).object();
    result.message = result.body[u"message"_s].toString();
    return result;
}

struct Ended
{
    int code = -1;
    QByteArray output;
};

Ended run(const QString &program, const QStringList &arguments)
{
    QProcess process;
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start(program, arguments, QIODevice::ReadOnly);
    const bool done = process.waitForFinished(120000);
    return {done && process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1, process.readAll()};
}

struct Report
{
    guest::HelloMessage hello;
    QMap<QString, QString> facts;
    int calls = 0;
    QStringList surprises; // calls that did not end as wanted
};

Report parse(const QByteArray &output)
{
    Report report;
    for (const QByteArray &line : output.split('\n')) {
        if (line.startsWith("fact ")) {
            const qsizetype equals = line.indexOf('=');
            const QByteArray key = line.mid(5, equals - 5), value = line.mid(equals + 1);
            report.hello.facts.emplace_back(key.toStdString(), value.toStdString());
            report.facts.insert(QString::fromUtf8(key), QString::fromUtf8(value));
        } else if (line.startsWith("call ")) {
            ++report.calls;
            const QList<QByteArray> words = line.split(' ');
            const int got = words.value(3).toInt(), wanted = words.value(4).toInt();
            if (wanted == -1 ? got == 0 : got != wanted)
                report.surprises.append(QString::fromUtf8(line));
        }
    }
    return report;
}

} // namespace

class tst_policy_docker : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanupTestCase();
    void walls_data();
    void walls();
    void weakerRequestIsNoticed_data();
    void weakerRequestIsNoticed();
    void profileIsWhatDenies();
    void removal();
    void volume();
    void absentIsolation();

private:
    [[nodiscard]] SandboxSpec spec() const;
    [[nodiscard]] SandboxIdentity identity() const;
    Report start(const QJsonObject &request, QString *id = nullptr);

    QTemporaryDir m_folder{QDir::tempPath() + u"/isol8-policy-XXXXXX"_s};
    QString m_image;
    QString m_probe;
};

void tst_policy_docker::initTestCase()
{
    if (ask("GET", "/_ping", {}).status != 200)
        QSKIP("no Docker daemon answers at /var/run/docker.sock");
    m_probe = m_folder.filePath(u"isol8-init"_s);
    const Ended compiled = run(u"cc"_s, {u"-std=gnu11"_s, u"-static"_s, u"-O1"_s, u"-pthread"_s, u"-o"_s, m_probe,
                                         QStringLiteral(ISOL8_SOURCE_DIR "/tests/engine/policy_probe.c")});
    QVERIFY2(compiled.code == 0, compiled.output.constData());

    QVERIFY(QDir(m_folder.path()).mkpath(u"root/etc"_s));
    QFile hosts(m_folder.filePath(u"hosts"_s));
    QVERIFY(hosts.open(QIODevice::WriteOnly) && hosts.write("127.0.0.1 localhost\n") > 0);
    const QString tar = m_folder.filePath(u"root.tar"_s);
    QCOMPARE(run(u"tar"_s, {u"-C"_s, m_folder.filePath(u"root"_s), u"-cf"_s, tar, u"."_s}).code, 0);
    m_image = u"isol8-test-policy:%1"_s.arg(QCoreApplication::applicationPid());
    const Ended imported = run(u"docker"_s, {u"import"_s, tar, m_image});
    QVERIFY2(imported.code == 0, imported.output.constData());
}

void tst_policy_docker::cleanupTestCase()
{
    if (!m_image.isEmpty())
        run(u"docker"_s, {u"rmi"_s, u"-f"_s, m_image});
}

SandboxSpec tst_policy_docker::spec() const
{
    SandboxSpec s;
    s.image = m_image;
    s.runtime = u"probe"_s;
    s.seccompProfile = seccompProfile(SeccompMode::Strict, {}).value();
    return s;
}

SandboxIdentity tst_policy_docker::identity() const
{
    SandboxIdentity id;
    id.engineId = u"tst_policy_docker"_s;
    id.owner = u"test"_s;
    id.purpose = u"run"_s;
    id.initPath = m_probe;
    id.hostsPath = m_folder.filePath(u"hosts"_s);
    return id;
}

// Creates, starts, and returns what the probe printed until its end.
Report tst_policy_docker::start(const QJsonObject &request, QString *id)
{
    const Answer created = ask("POST", "/v1.40/containers/create", request);
    if (created.status != 201) {
        qWarning("create: %d %s", created.status, qPrintable(created.message));
        return {};
    }
    const QString container = created.body[u"Id"_s].toString();
    const Ended ended = run(u"docker"_s, {u"start"_s, u"--attach"_s, container});
    if (!ended.output.startsWith("fact ")) {
        qWarning("start: %d %s", ended.code, ended.output.constData());
        run(u"docker"_s, {u"rm"_s, u"-f"_s, container});
    }
    if (id)
        *id = container;
    return parse(ended.output);
}

void tst_policy_docker::walls_data()
{
    QTest::addColumn<SandboxSpec>("spec");
    SandboxSpec s = spec();
    QTest::newRow("defaults") << s;
    s.network = Network::Filtered;
    QTest::newRow("filtered") << s;
    s.network = Network::Host;
    QTest::newRow("host network") << s;
    s = spec();
    s.memory = 100000001;
    s.cpus = 0.33;
    s.pids = 20;
    s.sandboxSize = 1000001;
    s.tmpSize = 70000;
    QTest::newRow("odd limits") << s;
    s = spec();
    s.memory = MinimumMemory;
    s.cpus = 0.05;
    s.pids = MinimumPids;
    s.sandboxSize = s.tmpSize = 64 * KiB;
    QTest::newRow("least limits") << s;
    s = spec();
    s.memory = 64 * GiB;
    s.pids = 4194304;
    s.sandboxSize = 32 * GiB;
    QTest::newRow("big limits") << s;
    s = spec();
    s.readonlyRoot = false;
    QTest::newRow("writable root") << s;
    s = spec();
    s.isolation = u"runc"_s;
    QTest::newRow("runc by name") << s;
}

void tst_policy_docker::walls()
{
    QFETCH(SandboxSpec, spec);
    QVERIFY(checkSpec(spec));
    const Report report = start(createRequest(spec, identity()));
    const auto verified = verifyWalls(spec, report.hello);
    QVERIFY2(verified, qPrintable(verified ? QString() : verified.error().message));
    QVERIFY2(report.surprises.isEmpty(), qPrintable(report.surprises.join(u'\n')));
    QVERIFY(report.calls > 150);
    if (spec.network != Network::Host)
        QCOMPARE(report.facts[u"hosts"_s], u"127.0.0.1 localhost"_s);
}

void tst_policy_docker::weakerRequestIsNoticed_data()
{
    QTest::addColumn<QString>("key"); // of HostConfig
    QTest::addColumn<QJsonValue>("value");
    QTest::addColumn<QString>("word");
    const auto row = [](const char *name, const QString &key, const QJsonValue &value, const QString &word) {
        QTest::newRow(name) << key << value << word;
    };
    row("memory", u"Memory"_s, qint64(600 * MiB), u"memoryLimit"_s);
    row("no memory limit", u"Memory"_s, 0, u"memoryLimit"_s);
    row("swap", u"MemorySwap"_s, qint64(1 * GiB), u"swap"_s);
    row("processes", u"PidsLimit"_s, 1000, u"pidsLimit"_s);
    row("CPUs", u"NanoCpus"_s, 2000000000, u"cpuLimit"_s);
    row("root", u"ReadonlyRootfs"_s, false, u"read-only root"_s);
    row("shared memory", u"ShmSize"_s, qint64(64 * MiB), u"/dev/shm"_s);
    row("tmpfs", u"Tmpfs"_s, QJsonObject{{u"/sandbox"_s, u"rw,exec,nosuid,nodev"_s}, {u"/tmp"_s, QString()}},
        u"/sandbox"_s);
    row("no seccomp", u"SecurityOpt"_s, QJsonArray{u"no-new-privileges:true"_s, u"seccomp=unconfined"_s}, u"seccomp"_s);
    row("new privileges", u"SecurityOpt"_s, QJsonArray(), u"no-new-privileges"_s);
    row("capabilities", u"CapDrop"_s, QJsonArray(), u"bounding"_s);
    row("ulimits", u"Ulimits"_s, QJsonArray(), u"open files"_s);
}

void tst_policy_docker::weakerRequestIsNoticed()
{
    QFETCH(QString, key);
    QFETCH(QJsonValue, value);
    QFETCH(QString, word);
    QJsonObject request = createRequest(spec(), identity());
    QJsonObject host = request[u"HostConfig"_s].toObject();
    QVERIFY(host.contains(key));
    host[key] = value;
    if (key == u"Memory"_s)
        host[u"MemorySwap"_s] = value;
    request[u"HostConfig"_s] = host;
    const Report report = start(request);
    QVERIFY(!report.facts.isEmpty());
    const auto verified = verifyWalls(spec(), report.hello);
    QVERIFY(!verified);
    QVERIFY2(verified.error().message.contains(word), qPrintable(verified.error().message));
}

// Without it many of the calls would succeed: the probe's errnos are the profile's doing.
void tst_policy_docker::profileIsWhatDenies()
{
    SandboxSpec s = spec();
    s.seccomp = SeccompMode::Unconfined;
    s.seccompProfile.clear();
    const Report report = start(createRequest(s, identity()));
    QVERIFY(verifyWalls(s, report.hello));
    QVERIFY(!verifyWalls(spec(), report.hello));
    QVERIFY2(report.surprises.size() > 40, qPrintable(report.surprises.join(u'\n')));
}

void tst_policy_docker::removal()
{
    SandboxSpec s = spec();
    QString id;
    start(createRequest(s, identity()), &id);
    QTRY_COMPARE_WITH_TIMEOUT(ask("GET", "/containers/" + id.toUtf8() + "/json", {}).status, 404, 10000);

    s.keep = true;
    start(createRequest(s, identity()), &id);
    const Answer kept = ask("GET", "/containers/" + id.toUtf8() + "/json", {});
    ask("DELETE", "/containers/" + id.toUtf8() + "?force=1", {});
    QCOMPARE(kept.status, 200);
    const QJsonObject labels = kept.body[u"Config"_s][u"Labels"_s].toObject();
    QCOMPARE(labels[u"org.isol8"_s].toString(), u"tst_policy_docker"_s);
    QCOMPARE(labels[u"org.isol8.owner"_s].toString(), u"test"_s);
    QVERIFY(kept.body[u"NetworkSettings"_s][u"IPAddress"_s].toString().isEmpty());
}

// The guest's files by a volume, as for a daemon on another machine.
void tst_policy_docker::volume()
{
    SandboxIdentity id = identity();
    id.guestVolume = u"isol8-test-policy-%1"_s.arg(QCoreApplication::applicationPid());
    id.initPath.clear();
    id.hostsPath.clear();
    const QString seed = id.guestVolume + u"-seed"_s;
    run(u"docker"_s, {u"create"_s, u"--name"_s, seed, u"-v"_s, id.guestVolume + u":/guest"_s, m_image, u"/x"_s});
    run(u"docker"_s, {u"cp"_s, m_probe, seed + u":/guest/isol8-init"_s});
    const Report report = start(createRequest(spec(), id));
    run(u"docker"_s, {u"rm"_s, u"-f"_s, seed});
    QTRY_COMPARE_WITH_TIMEOUT(run(u"docker"_s, {u"volume"_s, u"rm"_s, u"-f"_s, id.guestVolume}).code, 0, 10000);
    const auto verified = verifyWalls(spec(), report.hello);
    QVERIFY2(verified, qPrintable(verified ? QString() : verified.error().message));
}

void tst_policy_docker::absentIsolation()
{
    SandboxSpec s = spec();
    s.isolation = u"no-such-runtime"_s;
    const Answer answer = ask("POST", "/v1.40/containers/create", createRequest(s, identity()));
    QCOMPARE(answer.status, 400);
    QVERIFY2(answer.message.contains(u"no-such-runtime"), qPrintable(answer.message));
}

QTEST_GUILESS_MAIN(tst_policy_docker)
#include "tst_policy_docker.moc"
