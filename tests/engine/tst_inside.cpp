// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; execution
#include "support/Docker.h"

#include <isol8/execution/LocalEngine.h>

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSignalSpy>
#include <QTest>

#include <memory>

using namespace isol8;
using namespace Qt::StringLiterals;

namespace {

// Run inside, once: everything about the sandbox that a program can see of its walls, as one JSON object.
const char *Probe = R"PY(
import ctypes, errno, json, os, resource, socket, struct
facts = {}
status = dict(l.rstrip('\n').split(':\t', 1) for l in open('/proc/self/status') if ':\t' in l)
for key in ('CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb', 'NoNewPrivs', 'Seccomp', 'Uid', 'Gid', 'Groups'):
    facts[key] = status[key].strip()
facts['mounts'] = {}
for line in open('/proc/self/mountinfo'):
    left, right = line.split(' - ')
    fields = left.split()
    fstype, source, superopts = right.split()[:3]
    facts['mounts'][fields[4]] = {'options': fields[5], 'type': fstype, 'super': superopts, 'source': source}
def size(path):
    s = os.statvfs(path)
    return s.f_blocks * s.f_frsize
facts['size'] = {p: size(p) for p in ('/sandbox', '/tmp', '/dev/shm')}
def writable(path):
    name = os.path.join(path, 'isol8-probe')
    try:
        open(name, 'w').close(); os.unlink(name); return True
    except OSError as e:
        return False
facts['writable'] = sorted({p for p in [r for r, d, f in os.walk('/', onerror=None) if not r.startswith(('/proc', '/sys'))] if writable(p)})
def can(f):
    try:
        f(); return 'yes'
    except OSError as e:
        return errno.errorcode.get(e.errno, str(e.errno))
    except Exception as e:
        return type(e).__name__
facts['vsock'] = can(lambda: socket.socket(40, socket.SOCK_STREAM))
facts['raw'] = can(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))
facts['packet'] = can(lambda: socket.socket(17, socket.SOCK_RAW, 3))
facts['alg'] = can(lambda: socket.socket(38, socket.SOCK_SEQPACKET))
facts['netlink'] = can(lambda: socket.socket(16, socket.SOCK_RAW, 0))
facts['connect'] = can(lambda: socket.create_connection(('192.0.2.1', 80), 2))
facts['localhost'] = socket.gethostbyname('localhost')
facts['ownname'] = socket.gethostbyname(socket.gethostname())
def loopback():
    s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()
    c = socket.create_connection(s.getsockname()); c.close(); s.close()
facts['loopback'] = can(loopback)
libc = ctypes.CDLL(None, use_errno=True)
def syscall(number, *args):
    ctypes.set_errno(0)
    r = libc.syscall(number, *args)
    return 'yes' if r >= 0 else errno.errorcode[ctypes.get_errno()]
facts['syscalls'] = {
    'io_uring_setup': syscall(425, 1, ctypes.create_string_buffer(128)), 'unshare_user': syscall(272, 0x10000000), 'unshare_net': syscall(272, 0x40000000),
    'setns': syscall(308, 0, 0), 'mount': syscall(165, b'none', b'/tmp', b'tmpfs', 0, 0), 'umount2': syscall(166, b'/tmp', 0),
    'bpf': syscall(321, 0, 0, 0), 'userfaultfd': syscall(323, 0), 'perf_event_open': syscall(298, ctypes.create_string_buffer(128), 0, -1, -1, 0),
    'keyctl': syscall(250, 0, -3, 0), 'add_key': syscall(248, b'user', b'x', b'x', 1, -3), 'request_key': syscall(249, b'user', b'x', 0, 0),
    'kexec_load': syscall(246, 0, 0, 0, 0), 'init_module': syscall(175, 0, 0, b''), 'finit_module': syscall(313, 0, b'', 0), 'delete_module': syscall(176, b'x', 0),
    'ptrace_init': syscall(101, 16, 1, 0, 0), 'process_vm_readv': syscall(310, 1, 0, 0, 0, 0, 0), 'open_by_handle_at': syscall(304, 0, 0, 0),
    'reboot': syscall(169, 0, 0, 0, 0), 'swapon': syscall(167, b'/x', 0), 'acct': syscall(163, 0), 'settimeofday': syscall(164, 0, 0),
    'clock_settime': syscall(227, 0, ctypes.create_string_buffer(16)), 'pivot_root': syscall(155, b'/', b'/'), 'chroot': syscall(161, b'/'),
    'clone_newuser': syscall(56, 0x10000000 | 17, 0, 0, 0, 0), 'open_tree': syscall(428, -100, b'/', 1), 'fsopen': syscall(430, b'tmpfs', 0),
    'iopl': syscall(172, 3), 'syslog': syscall(103, 3, 0, 0), 'mknod_device': syscall(133, b'/tmp/dev', 0o20666, 0x103),
}
facts['init'] = {name: can(lambda: open('/proc/1/' + name, 'rb').read(64)) for name in ('mem', 'environ', 'maps', 'auxv', 'stack', 'syscall')}
facts['init'].update({name: can(lambda: os.listdir('/proc/1/' + name)) for name in ('fd', 'fdinfo', 'map_files', 'task/1/fd')})
facts['init'].update({name: can(lambda: os.readlink('/proc/1/' + name)) for name in ('exe', 'root', 'cwd')})
facts['kill_init'] = can(lambda: os.kill(1, 9))
facts['init_cmdline'] = open('/proc/1/cmdline').read().replace('\0', ' ').strip()
facts['fds'] = sorted(int(f) for f in os.listdir('/proc/self/fd'))
for name in ('NOFILE', 'CORE', 'NPROC'):
    facts['rlimit_' + name] = resource.getrlimit(getattr(resource, 'RLIMIT_' + name))
facts['pid'], facts['ppid'], facts['sid'], facts['pgid'] = os.getpid(), os.getppid(), os.getsid(0), os.getpgid(0)
facts['processes'] = sorted(int(p) for p in os.listdir('/proc') if p.isdigit())
facts['devices'] = sorted(l.split(':')[0].strip() for l in open('/proc/net/dev') if ':' in l)
facts['environ'] = dict(os.environ)
facts['cwd'] = os.getcwd()
facts['cgroup'] = open('/proc/self/cgroup').read()
facts['oom_score_adj'] = open('/proc/self/oom_score_adj').read().strip()
facts['umask'] = os.umask(0o22)
def cg(*paths):
    for p in paths:
        try: return open('/sys/fs/cgroup/' + p).read().strip()
        except OSError: pass
facts['memory'] = cg('memory/memory.limit_in_bytes', 'memory.max')
facts['memsw'] = cg('memory/memory.memsw.limit_in_bytes', 'memory.swap.max')
facts['pids'] = cg('pids/pids.max', 'pids.max')
facts['cpu'] = (cg('cpu/cpu.cfs_quota_us') or '') + ' ' + (cg('cpu/cpu.cfs_period_us') or '') if cg('cpu/cpu.cfs_quota_us') else cg('cpu.max')
facts['cgroup_writable'] = can(lambda: os.mkdir('/sys/fs/cgroup/memory/x') if os.path.isdir('/sys/fs/cgroup/memory') else os.mkdir('/sys/fs/cgroup/x'))
facts['suid'] = [os.path.join(r, f) for r, d, fs in os.walk('/') if not r.startswith(('/proc', '/sys')) for f in fs
                 if not os.path.islink(os.path.join(r, f)) and os.lstat(os.path.join(r, f)).st_mode & 0o6000]
facts['docker_sock'] = os.path.exists('/var/run/docker.sock') or os.path.exists('/run/docker.sock')
open('/sandbox/x.sh', 'w').write('#!/bin/sh\nexit 0\n'); os.chmod('/sandbox/x.sh', 0o755)
open('/tmp/x.sh', 'w').write('#!/bin/sh\nexit 0\n'); os.chmod('/tmp/x.sh', 0o755)
facts['exec_sandbox'] = os.spawnl(os.P_WAIT, '/sandbox/x.sh', 'x')
facts['exec_tmp'] = can(lambda: os.execv('/tmp/x.sh', ['x'])) 
print(json.dumps(facts))
)PY";

} // namespace

/*
    Section 3 of the specification, line by line, as the program itself sees it.
*/
class tst_inside : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void facts_data();
    void facts();
    void mounts_data();
    void mounts();
    void syscalls_data();
    void syscalls();
    void initIsClosed_data();
    void initIsClosed();
    void writablePlaces();
    void fileDescriptors();
    void labels();
    void cleanupTestCase();

private:
    std::unique_ptr<LocalEngine> m_engine;
    QJsonObject m_facts;
};

void tst_inside::initTestCase()
{
    m_engine = std::make_unique<LocalEngine>();
    RunRequest request;
    request.code = QByteArray(Probe);
    Run *run = m_engine->execute(request);
    QSignalSpy finished(run, &Run::finished);
    QVERIFY(finished.wait(60000));
    QVERIFY2(run->result().exitCode == 0,
             QByteArray(run->result().stderrText + run->result().error.toUtf8()).constData());
    m_facts = QJsonDocument::fromJson(run->result().stdoutText).object();
    QVERIFY(!m_facts.isEmpty());
    run->deleteLater();
}

void tst_inside::cleanupTestCase()
{
    const QString id = m_engine->id();
    m_engine.reset();
    QVERIFY(dockertest::gone(id));
}

void tst_inside::facts_data()
{
    QTest::addColumn<QString>("key");
    QTest::addColumn<QJsonValue>("value");
    const auto row = [](const char *name, const QString &key, const QJsonValue &value) {
        QTest::newRow(name) << key << value;
    };
    for (const char *set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"})
        row(set, QString::fromLatin1(set), u"0000000000000000"_s);
    row("no new privileges", u"NoNewPrivs"_s, u"1"_s);
    row("seccomp filters", u"Seccomp"_s, u"2"_s);
    row("uid", u"Uid"_s, u"1000\t1000\t1000\t1000"_s);
    row("gid", u"Gid"_s, u"1000\t1000\t1000\t1000"_s);
    row("memory", u"memory"_s, u"536870912"_s);
    row("pids", u"pids"_s, u"64"_s);
    row("cpu", u"cpu"_s, u"100000 100000"_s);
    row("cgroups are read-only", u"cgroup_writable"_s, u"EROFS"_s);
    row("network devices", u"devices"_s, QJsonArray{u"lo"_s});
    row("loopback works", u"loopback"_s, u"yes"_s);
    row("localhost resolves", u"localhost"_s, u"127.0.0.1"_s);
    row("its own name resolves", u"ownname"_s, u"127.0.0.1"_s);
    row("vsock", u"vsock"_s, u"EPERM"_s);
    row("raw sockets", u"raw"_s, u"EPERM"_s);
    row("packet sockets", u"packet"_s, u"EPERM"_s);
    row("kernel crypto sockets", u"alg"_s, u"EPERM"_s);
    row("the network", u"connect"_s, u"ENETUNREACH"_s);
    row("no core dumps", u"rlimit_CORE"_s, QJsonArray{0, 0});
    row("open files", u"rlimit_NOFILE"_s, QJsonArray{1024, 1024});
    row("working directory", u"cwd"_s, u"/sandbox"_s);
    row("killed before init", u"oom_score_adj"_s, u"1000"_s);
    row("umask", u"umask"_s, 0022);
    row("init cannot be signalled", u"kill_init"_s, u"EPERM"_s);
    row("nothing in init's arguments", u"init_cmdline"_s, u"/.isol8/isol8-init"_s);
    row("no setuid files", u"suid"_s, QJsonArray());
    row("no Docker socket", u"docker_sock"_s, false);
    row("/sandbox is executable", u"exec_sandbox"_s, 0);
    row("/tmp is not", u"exec_tmp"_s, u"EACCES"_s);
}

void tst_inside::facts()
{
    QFETCH(QString, key);
    QFETCH(QJsonValue, value);
    if (key == u"cpu" && m_facts.value(u"cgroup"_s).toString().startsWith(u"0::"))
        value = u"100000 100000"_s;
    QCOMPARE(m_facts.value(key), value);
}

void tst_inside::mounts_data()
{
    QTest::addColumn<QString>("path");
    QTest::addColumn<QStringList>("with");
    QTest::addColumn<QStringList>("without");
    QTest::addColumn<qint64>("size");
    QTest::newRow("/") << u"/"_s << QStringList{u"ro"_s} << QStringList{} << qint64(0);
    QTest::newRow("/sandbox") << u"/sandbox"_s << QStringList{u"rw"_s, u"nosuid"_s, u"nodev"_s}
                              << QStringList{u"noexec"_s} << 512 * MiB;
    QTest::newRow("/tmp") << u"/tmp"_s << QStringList{u"rw"_s, u"nosuid"_s, u"nodev"_s, u"noexec"_s} << QStringList{}
                          << 256 * MiB;
    QTest::newRow("/dev/shm") << u"/dev/shm"_s << QStringList{u"nosuid"_s, u"nodev"_s, u"noexec"_s} << QStringList{}
                              << qint64(ShmSize);
    QTest::newRow("init") << u"/.isol8/isol8-init"_s << QStringList{u"ro"_s} << QStringList{} << qint64(0);
    QTest::newRow("hosts") << u"/etc/hosts"_s << QStringList{u"ro"_s} << QStringList{} << qint64(0);
}

void tst_inside::mounts()
{
    QFETCH(QString, path);
    QFETCH(QStringList, with);
    QFETCH(QStringList, without);
    QFETCH(qint64, size);
    const QJsonObject mount = m_facts.value(u"mounts"_s)[path].toObject();
    QVERIFY2(!mount.isEmpty(), qPrintable(path));
    const QStringList options = mount.value(u"options"_s).toString().split(u',');
    for (const QString &option : std::as_const(with))
        QVERIFY2(options.contains(option), qPrintable(option + u" missing: "_s + options.join(u',')));
    for (const QString &option : std::as_const(without))
        QVERIFY2(!options.contains(option), qPrintable(option));
    if (size) {
        QCOMPARE(mount.value(u"type"_s).toString(), u"tmpfs"_s);
        QCOMPARE(qint64(m_facts.value(u"size"_s)[path].toDouble()), size);
    }
}

void tst_inside::syscalls_data()
{
    QTest::addColumn<QString>("name");
    for (const char *name : {"io_uring_setup",
                             "unshare_user",
                             "unshare_net",
                             "setns",
                             "mount",
                             "umount2",
                             "bpf",
                             "userfaultfd",
                             "perf_event_open",
                             "keyctl",
                             "add_key",
                             "request_key",
                             "kexec_load",
                             "init_module",
                             "finit_module",
                             "delete_module",
                             "ptrace_init",
                             "process_vm_readv",
                             "open_by_handle_at",
                             "reboot",
                             "swapon",
                             "acct",
                             "settimeofday",
                             "clock_settime",
                             "pivot_root",
                             "chroot",
                             "clone_newuser",
                             "open_tree",
                             "fsopen",
                             "iopl",
                             "syslog",
                             "mknod_device"})
        QTest::newRow(name) << QString::fromLatin1(name);
}

void tst_inside::syscalls()
{
    QFETCH(QString, name);
    const QString outcome = m_facts.value(u"syscalls"_s)[name].toString();
    QVERIFY2(outcome == u"EPERM" || outcome == u"ENOSYS", qPrintable(outcome));
}

void tst_inside::initIsClosed_data()
{
    QTest::addColumn<QString>("name");
    for (const char *name :
         {"mem", "environ", "maps", "auxv", "stack", "syscall", "fd", "map_files", "task/1/fd", "exe", "root", "cwd"})
        QTest::newRow(name) << QString::fromLatin1(name);
}

void tst_inside::initIsClosed()
{
    QFETCH(QString, name);
    const QString outcome = m_facts.value(u"init"_s)[name].toString();
    QVERIFY2(outcome == u"EACCES" || outcome == u"EPERM" || outcome == u"ENOENT", qPrintable(outcome));
}

void tst_inside::writablePlaces()
{
    // /dev/mqueue takes queues only; nothing else may appear here.
    const QStringList allowed{u"/sandbox"_s, u"/tmp"_s, u"/dev/shm"_s, u"/dev/mqueue"_s};
    const QJsonArray places = m_facts.value(u"writable"_s).toArray();
    QVERIFY(places.contains(u"/sandbox"_s));
    for (const QJsonValue &place : places)
        QVERIFY2(allowed.contains(place.toString()), qPrintable(place.toString()));
}

void tst_inside::fileDescriptors()
{
    const QJsonArray fds = m_facts.value(u"fds"_s).toArray();
    // 0, 1, 2 and the one that lists the directory.
    QVERIFY(fds.size() <= 4);
    QVERIFY(fds.last().toInt() <= 4);
    QCOMPARE(m_facts.value(u"ppid"_s).toInt(), 1);
    QCOMPARE(m_facts.value(u"sid"_s), m_facts.value(u"pid"_s));
    QCOMPARE(m_facts.value(u"pgid"_s), m_facts.value(u"pid"_s));
    QCOMPARE(m_facts.value(u"processes"_s).toArray().size(), 2);
    QVERIFY(!m_facts.value(u"cgroup"_s).toString().contains(u"docker"));
}

void tst_inside::labels()
{
    RunRequest request;
    request.code = QByteArray("import time\ntime.sleep(30)");
    Run *run = m_engine->execute(request, {}, u"somebody"_s);
    QSignalSpy started(run, &Run::started);
    QVERIFY(started.wait(20000));
    const auto ids = dockertest::containers(u"org.isol8.owner"_s, u"somebody"_s);
    QCOMPARE(ids.size(), 1);
    const QByteArray text = dockertest::docker(
        {u"inspect"_s, u"--format"_s, u"{{json .Config.Labels}}"_s, QString::fromLatin1(ids.first())});
    const QJsonObject labels = QJsonDocument::fromJson(text).object();
    QCOMPARE(labels.value(u"org.isol8"_s).toString(), m_engine->id());
    QCOMPARE(labels.value(u"org.isol8.purpose"_s).toString(), u"run"_s);
    delete run;
}

QTEST_GUILESS_MAIN(tst_inside)
#include "tst_inside.moc"
