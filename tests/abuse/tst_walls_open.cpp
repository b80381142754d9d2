// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker,abuse; isolation
// Each wall of ours is taken away, and the probes that it held back must get through: so it is that wall that holds,
// and a probe that would say "held" of anything is found out.
#include "support/Cli.h"
#include "support/WeakDocker.h"

#include <isol8/isolation/IsolationCheck.h>

#include <QJsonDocument>
#include <QSignalSpy>
#include <QTest>

#include <algorithm>

using namespace isol8;
using namespace Qt::StringLiterals;
using test::WeakDocker;

namespace {

using Host = std::function<void(QJsonObject &host)>;

constexpr int Patience = 120'000;

std::function<void(QJsonObject &)> inHost(const Host &change)
{
    return [change](QJsonObject &create) {
        QJsonObject host = create.value(u"HostConfig"_s).toObject();
        change(host);
        create.insert(u"HostConfig"_s, host);
    };
}

std::function<void(QJsonObject &)> with(const QString &key, const QJsonValue &value)
{
    return inHost([=](QJsonObject &host) { host.insert(key, value); });
}

std::function<void(QJsonObject &)> withMount(const QString &source, const QString &target)
{
    return inHost([=](QJsonObject &host) {
        QJsonArray mounts = host.value(u"Mounts"_s).toArray();
        mounts.append(QJsonObject{{u"Type"_s, u"bind"_s}, {u"Source"_s, source}, {u"Target"_s, target}});
        host.insert(u"Mounts"_s, mounts);
    });
}

std::function<void(QJsonObject &)> withTmpfs(const QString &path, const QString &options)
{
    return inHost([=](QJsonObject &host) {
        QJsonObject tmpfs = host.value(u"Tmpfs"_s).toObject();
        tmpfs.insert(path, options);
        host.insert(u"Tmpfs"_s, tmpfs);
    });
}

std::function<void(QJsonObject &)> withUlimit(const QString &name, qint64 value)
{
    return inHost([=](QJsonObject &host) {
        QJsonArray limits = host.value(u"Ulimits"_s).toArray();
        for (QJsonValueRef limit : limits) {
            if (limit.toObject().value(u"Name"_s) == name)
                limit = QJsonObject{{u"Name"_s, name}, {u"Soft"_s, value}, {u"Hard"_s, value}};
        }
        host.insert(u"Ulimits"_s, limits);
    });
}

const auto withoutProfile = with(u"SecurityOpt"_s, QJsonArray{u"no-new-privileges:true"_s, u"seccomp=unconfined"_s});

void bridged(QJsonObject &create)
{
    create.insert(u"NetworkDisabled"_s, false);
    with(u"NetworkMode"_s, u"bridge"_s)(create);
}

void namedAsTheMachine(QJsonObject &create)
{
    create.remove(u"Hostname"_s);
    with(u"UTSMode"_s, u"host"_s)(create);
}

// Its fields in the order of a row.
struct Removal
{
    const char *name;
    std::function<void(QJsonObject &)> weaken;
    QString open; //!< of isol8-init
    QStringList walls;
    QStringList through; //!< names of probes that then are open
    QStringList held;    //!< names of probes that still are held, by another wall
};

QList<Removal> removals()
{
    return {
        {"no seccomp at all",
         withoutProfile,
         u"filter"_s,
         {u"calls"_s, u"user"_s},
         {u"keyring: keyctl"_s, u"kcmp"_s, u"io_uring_enter"_s, u"socket: vsock, hidden in the high word"_s,
          u"process_vm_readv"_s, u"runs behind a filter of system calls"_s},
         {u"chroot"_s, u"pivot_root"_s}},
        {"no profile, but init's filter",
         withoutProfile,
         {},
         {u"calls"_s},
         {u"keyring: keyctl"_s},
         {u"io_uring_setup"_s, u"io_uring_enter"_s, u"socket: vsock"_s}},
        {"no filter of init's, but the profile",
         nullptr,
         u"filter"_s,
         {u"calls"_s},
         {},
         {u"io_uring_setup"_s, u"socket: vsock"_s, u"keyring: keyctl"_s}},
        {"capabilities",
         nullptr,
         u"capabilities"_s,
         {u"user"_s},
         {u"has no capability: CapEff"_s, u"has no capability: CapBnd"_s, u"become root"_s},
         {u"is not root"_s}},
        {"root, undumpable init",
         nullptr,
         u"user"_s,
         {u"user"_s, u"init"_s},
         {u"is not root"_s},
         {u"read /proc/1/mem"_s, u"read /proc/1/environ"_s}},
        {"root, dumpable init",
         nullptr,
         u"user,dumpable"_s,
         {u"user"_s, u"init"_s},
         {u"is not root"_s, u"read /proc/1/environ"_s},
         {}},
        {"no_new_privs",
         inHost([](QJsonObject &host) {
             QJsonArray options;
             for (const QJsonValue &option : host.value(u"SecurityOpt"_s).toArray()) {
                 if (!option.toString().startsWith(u"no-new"))
                     options.append(option);
             }
             host.insert(u"SecurityOpt"_s, options);
         }),
         u"nnp,filter"_s,
         {u"user"_s},
         {u"cannot gain rights by a file"_s},
         {u"become root"_s}},
        {"read-only root",
         with(u"ReadonlyRootfs"_s, false),
         {},
         {u"root"_s},
         {u"the root file system is read-only"_s},
         {}},
        {"noexec of /tmp",
         withTmpfs(u"/tmp"_s, u"rw,exec,nosuid,nodev,size=1m,mode=1777"_s),
         {},
         {u"root"_s},
         {u"run a program from /tmp"_s},
         {u"run a program from /dev/shm"_s}},
        {"nosuid of /sandbox",
         withTmpfs(u"/sandbox"_s, u"rw,exec,suid,dev,size=9m,mode=0755,uid=1000,gid=1000"_s),
         {},
         {u"root"_s},
         {u"/sandbox has no devices and no setuid"_s},
         {u"give a file to root"_s}},
        {"a folder of the machine",
         withMount(u"/var/tmp"_s, u"/mnt"_s),
         {},
         {u"root"_s},
         {u"nothing of the host is mounted"_s, u"no other mount is writable"_s},
         {}},
        {"Docker's socket",
         withMount(u"/var/run/docker.sock"_s, u"/run/docker.sock"_s),
         {},
         {u"network"_s},
         {u"no socket of the machine's services is there"_s},
         {u"connect to a public address"_s}},
        {"a device",
         with(u"Devices"_s, QJsonArray{QJsonObject{{u"PathOnHost"_s, u"/dev/kmsg"_s},
                                                   {u"PathInContainer"_s, u"/dev/kmsg"_s},
                                                   {u"CgroupPermissions"_s, u"r"_s}}}),
         {},
         {u"devices"_s},
         {u"/dev has only the harmless ones"_s},
         {u"make a node of the memory's device"_s}},
        {"masked paths", with(u"MaskedPaths"_s, QJsonArray{}), {}, {u"kernel"_s}, {u"look into /sys/firmware"_s}, {}},
        {"read-only paths",
         with(u"ReadonlyPaths"_s, QJsonArray{}),
         {},
         {u"kernel"_s},
         {u"/proc/sys is read-only"_s},
         {u"write /proc/sys/kernel/core_pattern"_s, u"write /proc/sysrq-trigger"_s}},
        {"cgroup namespace",
         with(u"CgroupnsMode"_s, u"host"_s),
         {},
         {u"namespaces"_s},
         {u"its place among the machine's cgroups is hidden"_s},
         {}},
        {"UTS namespace", namedAsTheMachine, {}, {u"namespaces"_s}, {u"the machine's name is hidden"_s}, {}},
        {"disabled network", bridged, {}, {u"network"_s}, {u"it has the loopback device alone"_s}, {}},
        {"limit of processes", with(u"PidsLimit"_s, 120), {}, {u"processes"_s}, {u"a fork bomb"_s}, {}},
        {"limit of memory",
         inHost([](QJsonObject &host) {
             host.insert(u"Memory"_s, 300 * MiB);
             host.insert(u"MemorySwap"_s, 300 * MiB);
         }),
         {},
         {u"memory"_s},
         {u"use more memory than there is"_s},
         {}},
        {"size of /sandbox",
         withTmpfs(u"/sandbox"_s, u"rw,exec,nosuid,nodev,size=40m,mode=0755,uid=1000,gid=1000"_s),
         {},
         {u"disk"_s},
         {u"fill /sandbox"_s},
         {u"fill /tmp"_s}},
        {"limit of open files",
         withUlimit(u"nofile"_s, 4096),
         {},
         {u"limits"_s},
         {u"open files are limited"_s, u"open more files than it may"_s},
         {}},
        {"limit of core dumps", withUlimit(u"core"_s, -1), u"core"_s, {u"limits"_s}, {u"core dumps are off"_s}, {}},
        {"limit of locked memory",
         withUlimit(u"memlock"_s, 4 * MiB),
         {},
         {u"limits"_s},
         {u"locked memory is limited"_s, u"keep a megabyte in memory (mlock)"_s},
         {}},
    };
}

} // namespace

class tst_walls_open : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void nothingTakenAway();
    void takenAway_data();
    void takenAway();
    void refusedBeforeAnything_data();
    void refusedBeforeAnything();
    void openDoor();
    void asTheUserSeesIt();

private:
    static QMap<QString, Probe> probesOf(const QList<WallReport> &reports);
    static QList<WallReport> check(const LocalEngineOptions &options, const QStringList &walls);
};

void tst_walls_open::initTestCase()
{
    QVERIFY2(QFile::exists(QStringLiteral(ISOL8_BINARY_DIR "/tests/isol8-init-open")), "build isol8-init-open");
}

QMap<QString, Probe> tst_walls_open::probesOf(const QList<WallReport> &reports)
{
    QMap<QString, Probe> probes;
    for (const WallReport &report : reports) {
        for (const Probe &probe : report.probes)
            probes.insert(probe.name, probe);
    }
    return probes;
}

QList<WallReport> tst_walls_open::check(const LocalEngineOptions &options, const QStringList &walls)
{
    IsolationCheck check(options, u"bash"_s);
    QSignalSpy finished(&check, &IsolationCheck::finished);
    check.start(walls);
    if (!finished.wait(Patience))
        return {};
    return finished.first().first().value<QList<WallReport>>();
}

// Through the same daemon and with the same init everything holds: what opens is what the rows take away.
void tst_walls_open::nothingTakenAway()
{
    WeakDocker docker;
    const auto reports = check({{}, LimitsApplied::Configured, docker.endpoint()}, {});
    QCOMPARE(reports.size(), walls().size());
    for (const WallReport &report : reports) {
        for (const Probe &probe : report.probes)
            QVERIFY2(probe.outcome == Probe::Outcome::Held,
                     qPrintable(report.wall.id + u": "_s + probe.name + u": "_s + probe.found));
        QVERIFY2(report.grade() == WallReport::Grade::Holds, qPrintable(report.wall.id));
    }
    QVERIFY(docker.created > 0);
}

void tst_walls_open::takenAway_data()
{
    QTest::addColumn<qsizetype>("index");
    const auto list = removals();
    for (qsizetype i = 0; i < list.size(); ++i)
        QTest::newRow(list[i].name) << i;
}

void tst_walls_open::takenAway()
{
    QFETCH(qsizetype, index);
    const Removal removal = removals().at(index);
    if (qstrcmp(removal.name, "a device") == 0 && !QFile::exists(u"/dev/kmsg"_s))
        QSKIP("this machine has no /dev/kmsg");
    WeakDocker docker;
    docker.weaken = removal.weaken;
    docker.open = removal.open;
    const auto reports = check({{}, LimitsApplied::Configured, docker.endpoint()}, removal.walls);
    const auto probes = probesOf(reports);
    for (const QString &name : removal.through) {
        QVERIFY2(probes.contains(name), qPrintable(name));
        QVERIFY2(probes[name].outcome == Probe::Outcome::Open, qPrintable(name + u": "_s + probes[name].found));
    }
    for (const QString &name : removal.held) {
        QVERIFY2(probes.contains(name), qPrintable(name));
        QVERIFY2(probes[name].outcome == Probe::Outcome::Held, qPrintable(name + u": "_s + probes[name].found));
    }
    const bool open = std::any_of(reports.begin(), reports.end(),
                                  [](const WallReport &r) { return r.grade() == WallReport::Grade::Open; });
    QCOMPARE(open, !removal.through.isEmpty());
}

// With the product's init, which says how it is, nothing is run in a sandbox that lacks a wall that it can see.
void tst_walls_open::refusedBeforeAnything_data()
{
    QTest::addColumn<QString>("row");
    for (const char *row : {"no seccomp at all", "read-only root", "noexec of /tmp", "a folder of the machine",
                            "disabled network", "limit of processes", "limit of memory", "limit of open files"})
        QTest::newRow(row) << QString::fromLatin1(row);
}

void tst_walls_open::refusedBeforeAnything()
{
    QFETCH(QString, row);
    const auto list = removals();
    const auto removal =
        std::find_if(list.begin(), list.end(), [&](const Removal &r) { return row == QLatin1StringView(r.name); });
    QVERIFY(removal != list.end());
    WeakDocker docker;
    docker.weaken = removal->weaken;
    docker.lies = false;
    LocalEngine engine({{}, LimitsApplied::Configured, docker.endpoint()});
    RunRequest request;
    request.runtime = u"bash"_s;
    request.cmd = u"echo it ran"_s;
    Run *run = engine.execute(request);
    QSignalSpy finished(run, &Run::finished);
    QVERIFY(finished.wait(Patience));
    QCOMPARE(run->result().errorCode, errors::WallMissing.toString());
    QCOMPARE(run->result().exitCode, 125);
    QVERIFY(run->result().stdoutText.isEmpty());
}

// The rule about addresses is the engine's own: a configuration is what takes it away.
void tst_walls_open::openDoor()
{
    LocalEngineOptions options;
    options.endpoint = WeakDocker().endpoint();
    options.endpoint->path = u"/var/run/docker.sock"_s;
    options.config.network.allowPrivate = {u"127.0.0.1:80"_s};
    const auto probes = probesOf(check(options, {u"door"_s}));
    QVERIFY2(probes.value(u"tunnel to the machine's loopback"_s).outcome == Probe::Outcome::Open,
             qPrintable(probes.value(u"tunnel to the machine's loopback"_s).found));
    QCOMPARE(probes.value(u"tunnel to the cloud's metadata"_s).outcome, Probe::Outcome::Held);
}

void tst_walls_open::asTheUserSeesIt()
{
    WeakDocker docker;
    docker.weaken = with(u"CgroupnsMode"_s, u"host"_s);
    QProcess process;
    auto environment = QProcessEnvironment::systemEnvironment();
    environment.insert(u"DOCKER_HOST"_s, docker.address());
    process.setProcessEnvironment(environment);
    process.start(clitest::binary(),
                  {u"doctor"_s, u"--isolation"_s, u"--wall"_s, u"namespaces"_s, u"--wall"_s, u"user"_s, u"--json"_s});
    QVERIFY(QTest::qWaitFor([&] { return process.state() == QProcess::NotRunning; }, Patience));
    QCOMPARE(process.exitCode(), 1);
    const QJsonObject result = QJsonDocument::fromJson(process.readAllStandardOutput()).object();
    QCOMPARE(result.value(u"ok"_s), QJsonValue(false));
    QCOMPARE(result.value(u"walls"_s)[0][u"id"], QJsonValue(u"user"_s));
    QCOMPARE(result.value(u"walls"_s)[0][u"grade"], QJsonValue(u"holds"_s));
    QCOMPARE(result.value(u"walls"_s)[1][u"id"], QJsonValue(u"namespaces"_s));
    QCOMPARE(result.value(u"walls"_s)[1][u"grade"], QJsonValue(u"open"_s));
    QVERIFY(!result.value(u"host"_s).toArray().isEmpty());
}

QTEST_GUILESS_MAIN(tst_walls_open)
#include "tst_walls_open.moc"
