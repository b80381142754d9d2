// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; execution
// Sandboxes that serve more than one run (poolStrategy fast): what a run leaves, the next does not see; whose they are;
// what happens to those that cannot be proven clean.
#include "support/Docker.h"

#include <isol8/execution/LocalEngine.h>

#include <QRandomGenerator>
#include <QSet>
#include <QTest>

#include <memory>

using namespace isol8;
using namespace Qt::StringLiterals;

namespace {

struct Leak
{
    const char *name;
    const char *code;
};

// Each leaves something behind, as thoroughly as it can.
const Leak leaks[] = {
    {"files", "import os\nfor d in ('/sandbox', '/tmp', '/dev/shm'):\n  os.makedirs(d + '/a/.b', exist_ok=True)\n  "
              "open(d + '/a/.b/f', 'w').write('x')\n  os.symlink('/etc', d + '/link'); os.mkfifo(d + '/pipe')"},
    {"shut folders", "import os\nos.makedirs('/tmp/x/y'); open('/tmp/x/y/z', 'w'); os.chmod('/tmp/x/y', 0); "
                     "os.chmod('/tmp/x', 0); os.chmod('/sandbox', 0)"},
    {"the program's own file", "import os\nos.remove('/sandbox/main.py'); os.mkdir('/sandbox/main.py')"},
    {"a link for the program's file",
     "import os\nos.remove('/sandbox/main.py'); os.symlink('/tmp/elsewhere', '/sandbox/main.py')"},
    {"modules",
     "import os\nopen('/sandbox/json.py', 'w').write('raise SystemExit(9)'); open('/sandbox/sitecustomize.py', "
     "'w').write('raise SystemExit(9)'); os.makedirs('/sandbox/.local/lib/python3.11/site-packages'); "
     "open('/sandbox/.local/lib/python3.11/site-packages/x.pth', 'w').write('import os; os._exit(9)')"},
    {"imported modules",
     "import json, decimal, threading, asyncio, sqlite3\njson.loads = None\nimport os\nos.getcwd = lambda: "
     "'changed'\nimport sys\nsys.modules['os'].sep = '#'\nsys.path.insert(0, '/nowhere'); sys.setrecursionlimit(77)"},
    {"builtins", "import builtins\nbuiltins.print = lambda *a: None\nbuiltins.extra = 1"},
    {"environment", "import os\nos.environ['LEAK'] = '1'; os.environ.pop('HOME')\nos.putenv('LEAK2', '1')"},
    {"umask and folder", "import os\nos.umask(0o777); os.mkdir('/tmp/d'); os.chdir('/tmp/d')"},
    {"processes", "import os, time\nfor _ in range(5):\n  if os.fork() == 0:\n    os.setsid()\n    for fd in (0, 1, "
                  "2): os.close(fd)\n    time.sleep(60)"},
    {"processes that ignore",
     "import os, signal, time\nfor s in range(1, 31):\n  try: signal.signal(s, signal.SIG_IGN)\n  except OSError: "
     "pass\nif os.fork() == 0:\n  os.setsid()\n  for fd in (0, 1, 2): os.close(fd)\n  while True: time.sleep(1)"},
    {"a stopped process", "import os, signal\nif os.fork() == 0:\n  os.setsid()\n  for fd in (0, 1, 2): os.close(fd)\n "
                          " os.kill(os.getpid(), signal.SIGSTOP)"},
    {"listening sockets",
     "import os, socket, time\nif os.fork() == 0:\n  os.setsid()\n  for fd in (0, 1, 2): os.close(fd)\n  s = "
     "socket.socket(); s.bind(('127.0.0.1', 8080)); s.listen()\n  u = socket.socket(socket.AF_UNIX); "
     "u.bind('\\0abstract'); u.listen()\n  time.sleep(60)\nelse: time.sleep(0.1)"},
    {"used ports", "import socket\ns = socket.socket(); s.bind(('127.0.0.1', 8081)); s.listen()\nc = "
                   "socket.create_connection(('127.0.0.1', 8081)); a, _ = s.accept()\na.close(); c.close(); s.close()"},
    {"shared memory", "import mmap, os\nfd = os.open('/dev/shm/leak', os.O_RDWR | os.O_CREAT)\nos.ftruncate(fd, 1 << "
                      "20)\nm = mmap.mmap(fd, 1 << 20); m[:4] = b'leak'"},
    {"System V", "import ctypes\nc = ctypes.CDLL(None)\nprint(c.shmget(4711, 4096, 0o1666) >= 0, c.semget(4711, 3, "
                 "0o1666) >= 0, c.msgget(4711, 0o1666) >= 0)"},
    {"message queue", "import ctypes, os\nc = ctypes.CDLL('librt.so.1')\nprint(c.mq_open(b'/leak', os.O_CREAT | "
                      "os.O_RDWR, 0o600, None) >= 0)"},
    {"limits", "import resource\nfor n in ('NOFILE', 'NPROC', 'FSIZE', 'STACK', 'AS'):\n  r = getattr(resource, "
               "'RLIMIT_' + n)\n  try: resource.setrlimit(r, (1 << 26, 1 << 26) if n != 'NOFILE' else (20, 20))\n  "
               "except (OSError, ValueError): pass"},
    {"limits of others",
     "import os, resource\nfor p in os.listdir('/proc'):\n  if p.isdigit() and int(p) != os.getpid():\n    for call in "
     "(lambda: resource.prlimit(int(p), resource.RLIMIT_NOFILE, (5, 5)), lambda: os.setpriority(os.PRIO_PROCESS, "
     "int(p), 19), lambda: os.sched_setaffinity(int(p), {0}), lambda: os.kill(int(p), 19), lambda: os.kill(int(p), "
     "10)):\n      try: call()\n      except OSError: pass"},
    {"priority", "import os\nos.nice(10)\nos.sched_setaffinity(0, {0})"},
    {"timers",
     "import signal\nsignal.setitimer(signal.ITIMER_REAL, 0.2)\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)"},
    {"signals", "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))\nsignal.signal(signal.SIGINT, "
                "signal.SIG_IGN)"},
    {"exit handlers",
     "import atexit, threading\natexit.register(print, 'leaked')\nthreading.Thread(target=lambda: None).start()"},
    {"crash", "import os\nos.abort()"},
    {"killed", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"},
    {"attributes",
     "import os\nfor d in ('/sandbox', '/tmp'):\n  try: os.setxattr(d, 'user.leak', b'1')\n  except OSError: pass"},
    {"times",
     "import os\nfor d in ('/sandbox', '/tmp', '/dev/shm', '/dev/mqueue'):\n  for times in ((4711, 1 << 33), (1 "
     "<< 33, 4711)):\n    try: os.utime(d, times)\n    except OSError: pass"},
    {"many files", "import os\nfor i in range(500): open('/tmp/f%d' % i, 'w').write(str(i))"},
    {"much memory", "x = bytearray(100 << 20)\nopen('/tmp/big', 'wb').write(bytes(50 << 20))"},
    {"locks", "import fcntl, os\nf = open('/tmp/lock', 'w'); fcntl.flock(f, fcntl.LOCK_EX)\ng = os.open('/sandbox', "
              "os.O_RDONLY); fcntl.flock(g, fcntl.LOCK_EX)"},
};

// All that a run can see of what another left.
const char *Observer = R"PY(
import os, sys, time
def tree(d):
    found = []
    recent = [abs(time.time() - t) < 86400 for t in (os.stat(d).st_atime, os.stat(d).st_mtime)]
    for r, ds, fs in os.walk(d):
        found += [os.path.join(r, x) for x in ds + fs]
    return sorted(found), os.stat(d).st_mode, os.stat(d).st_uid, os.listxattr(d), recent
print([tree(d) for d in ('/sandbox', '/tmp', '/dev/shm', '/dev/mqueue')])
import ctypes, resource, signal, socket, fcntl
libc = ctypes.CDLL(None)
print(sorted(os.environ.items()), os.getcwd(), oct(os.umask(0)), os.nice(0), sorted(os.sched_getaffinity(0)), sys.getrecursionlimit())
print(sorted(sys.path), os.sep, hasattr(__builtins__, 'extra'), sys.argv)
print([(n, resource.getrlimit(getattr(resource, n))) for n in dir(resource) if n.startswith('RLIMIT_')])
print(signal.getitimer(0), signal.pthread_sigmask(0, []), [str(signal.getsignal(s)) for s in range(1, 32)])
print(open('/proc/sysvipc/shm').read().count('\n'), open('/proc/sysvipc/sem').read().count('\n'), open('/proc/sysvipc/msg').read().count('\n'))
print(sorted(os.listdir('/proc/self/fd'), key=int)[:3], len(os.listdir('/proc/self/task')))
mine = [p for p in os.listdir('/proc') if p.isdigit() and int(p) != os.getpid() and os.stat('/proc/' + p).st_uid == 1000]
print('processes', mine)
for port in (8080, 8081):
    s = socket.socket(); s.bind(('127.0.0.1', port)); s.close()
print([l for l in open('/proc/net/unix').read().split('\n')[1:] if '@abstract' in l])
print(len(open('/proc/net/tcp').read().split('\n')))
for line in open('/proc/self/status'):
    if line.split(':')[0] in ('CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb', 'NoNewPrivs', 'Seccomp', 'Uid', 'Gid', 'Groups', 'SigBlk', 'SigIgn'):
        print(line.strip())
s = os.statvfs('/tmp'); print(s.f_blocks - s.f_bfree)
import json, decimal
print(json.loads('1'), os.getpid() == os.getsid(0), os.getppid())
)PY";

} // namespace

class tst_reuse : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();

    void nothingLeaks_data();
    void nothingLeaks();
    void randomPairs();
    void sameSandboxServesAgain();
    void neverAnotherOwner();
    void secretsDoNotStay();
    void killedInterpreterIsReplaced();
    void inTimeoutAndCancel();
    void otherRuntimes_data();
    void otherRuntimes();

private:
    RunResult run(const QByteArray &code, const QString &owner = u"owner"_s, const RunOptions &options = {},
                  const QString &runtime = u"python"_s, int timeoutMs = 20000);
    void start(const QString &runtime = u"python"_s);

    std::unique_ptr<LocalEngine> m_engine;
};

void tst_reuse::init()
{
    LocalEngineOptions options;
    options.config.poolStrategy = Config::PoolStrategy::Fast;
    m_engine = std::make_unique<LocalEngine>(options);
}

void tst_reuse::cleanup()
{
    const QString id = m_engine->id();
    m_engine.reset();
    QVERIFY2(dockertest::gone(id, 15000), "a container was left behind");
}

void tst_reuse::start(const QString &runtime)
{
    bool ready = false;
    m_engine->start({runtime}, {m_engine.get(), [&](const Result<void> &result) { ready = !!result; }});
    QTRY_VERIFY_WITH_TIMEOUT(ready, 30000);
}

RunResult tst_reuse::run(const QByteArray &code, const QString &owner, const RunOptions &options,
                         const QString &runtime, int timeoutMs)
{
    RunRequest request;
    request.runtime = runtime;
    request.code = code;
    request.timeout = milliseconds(timeoutMs);
    Run *run = m_engine->execute(request, options, owner);
    bool done = false;
    connect(run, &Run::finished, this, [&] { done = true; });
    (void)QTest::qWaitFor([&] { return done; }, 60000);
    const RunResult result = run->result();
    delete run;
    return result;
}

void tst_reuse::nothingLeaks_data()
{
    QTest::addColumn<QByteArray>("code");
    for (const Leak &leak : leaks)
        QTest::newRow(leak.name) << QByteArray(leak.code);
}

void tst_reuse::nothingLeaks()
{
    QFETCH(QByteArray, code);
    start();
    const QByteArray before = run(Observer).stdoutText;
    QVERIFY2(before.contains("processes []"), before.constData());
    (void)run(code);
    const RunResult after = run(Observer);
    QCOMPARE(after.stderrText, QByteArray());
    QCOMPARE(after.stdoutText, before);
}

// ISOL8_PAIRS says how many.
void tst_reuse::randomPairs()
{
    start();
    bool ok = false;
    int pairs = qEnvironmentVariableIntValue("ISOL8_PAIRS", &ok);
    if (!ok)
        pairs = 100;
    const quint32 seed = QRandomGenerator::global()->generate();
    QRandomGenerator random(seed);
    const QByteArray before = run(Observer).stdoutText;
    QSet<QString> containers;
    for (int i = 0; i < pairs; ++i) {
        const Leak &first = leaks[random.bounded(int(std::size(leaks)))];
        const Leak &second = leaks[random.bounded(int(std::size(leaks)))];
        (void)run(first.code);
        (void)run(second.code);
        const RunResult after = run(Observer);
        containers.insert(after.containerId);
        if (after.stdoutText != before)
            qWarning("seed %u, pair %d: %s, %s", seed, i, first.name, second.name);
        QCOMPARE(after.stdoutText, before);
    }
    qInfo("%d pairs in %d sandboxes", pairs, int(containers.size()));
    QVERIFY(containers.size() <= pairs / 2);
}

void tst_reuse::sameSandboxServesAgain()
{
    start();
    QSet<QString> containers;
    for (int i = 0; i < 20; ++i) {
        const RunResult result = run("print('x')");
        QCOMPARE(result.stdoutText, QByteArray("x\n"));
        containers.insert(result.containerId);
    }
    QVERIFY(containers.size() <= 2); // one is reset while the other serves
}

void tst_reuse::neverAnotherOwner()
{
    start();
    QMap<QString, QString> ownerOf;
    for (int i = 0; i < 24; ++i) {
        const QString owner = u"owner%1"_s.arg(i % 4);
        const RunResult result = run("print('x')", owner);
        QCOMPARE(result.stdoutText, QByteArray("x\n"));
        QCOMPARE(ownerOf.value(result.containerId, owner), owner);
        ownerOf.insert(result.containerId, owner);
    }
}

// Neither in the interpreter that stays nor in what it hands on.
void tst_reuse::secretsDoNotStay()
{
    start();
    RunOptions options;
    options.secrets.insert(u"TOKEN"_s, u"s3cr3t-value-4711"_s);
    QCOMPARE(run("import os\nprint(len(os.environ['TOKEN']))", u"owner"_s, options).stdoutText, QByteArray("17\n"));
    const RunResult after = run("import os, re\n"
                                "found = []\n"
                                "for line in open('/proc/self/maps'):\n"
                                "  a, b = (int(x, 16) for x in line.split()[0].split('-'))\n"
                                "  if 'r' not in line.split()[1] or '[v' in line: continue\n"
                                "  with open('/proc/self/mem', 'rb', 0) as m:\n"
                                "    m.seek(a)\n"
                                "    try: data = m.read(b - a)\n"
                                "    except OSError: continue\n"
                                "  if re.search(rb'[s]3cr3t-value-471[1]', data): found.append(line)\n"
                                "  del data\n"
                                "print(found, 'TOKEN' in os.environ)");
    QCOMPARE(after.stderrText, QByteArray());
    QCOMPARE(after.stdoutText, QByteArray("[] False\n"));
}

// A program may not signal it; when it ends all the same, the run and the next are served.
void tst_reuse::killedInterpreterIsReplaced()
{
    start();
    const char *attack = "import os, signal\n"
                         "for p in sorted(map(int, filter(str.isdigit, os.listdir('/proc')))):\n"
                         "  if p == os.getpid(): continue\n"
                         "  for s in (signal.SIGKILL, signal.SIGSTOP, signal.SIGSEGV):\n"
                         "    try: os.kill(p, s); print('signalled', p)\n"
                         "    except PermissionError: pass\n"
                         "  for n in ('mem', 'environ', 'maps', 'fd', 'root', 'cwd', 'exe'):\n"
                         "    try:\n"
                         "      open('/proc/%d/%s' % (p, n), 'rb').read(1) if n in ('mem', 'environ', 'maps') else "
                         "os.listdir('/proc/%d/%s' % (p, n)) if n == 'fd' else os.readlink('/proc/%d/%s' % (p, n))\n"
                         "      print('read', p, n)\n"
                         "    except OSError: pass\n"
                         "try: os.kill(-1, signal.SIGKILL)\n"
                         "except (PermissionError, ProcessLookupError): pass\n"
                         "print('done')";
    QString container;
    for (int i = 0; i < 3; ++i) {
        const RunResult result = run(attack);
        QCOMPARE(result.stdoutText, QByteArray("done\n"));
        if (!container.isEmpty())
            QCOMPARE(result.containerId, container);
        container = result.containerId;
    }
}

void tst_reuse::inTimeoutAndCancel()
{
    start();
    const RunResult first = run("print(1)");
    const RunResult late = run("import time\ntime.sleep(30)", u"owner"_s, {}, u"python"_s, 300);
    QCOMPARE(toString(late.reason), toString(Reason::Timeout));
    QCOMPARE(late.containerId, first.containerId);
    const RunResult next = run("print(2)");
    QCOMPARE(next.stdoutText, QByteArray("2\n"));
    QVERIFY(next.containerId != first.containerId); // nothing that had to be killed is used again
}

void tst_reuse::otherRuntimes_data()
{
    QTest::addColumn<QString>("runtime");
    QTest::addColumn<QByteArray>("first");
    QTest::addColumn<QByteArray>("second");
    QTest::newRow("node") << u"node"_s
                          << QByteArray("globalThis.x = 1; require('fs').writeFileSync('/tmp/a', 'x'); console.log(1)")
                          << QByteArray("console.log(typeof x, require('fs').readdirSync('/tmp').length)");
    QTest::newRow("bash") << u"bash"_s << QByteArray("export X=1; echo x > /tmp/a; sleep 60 & echo 1")
                          << QByteArray("echo \"[$X]\" $(ls /tmp | wc -l)");
    QTest::newRow("bun") << u"bun"_s << QByteArray("require('fs').writeFileSync('/tmp/a', 'x'); console.log(1)")
                         << QByteArray("console.log(require('fs').readdirSync('/tmp').filter(n => n === 'a').length)");
}

void tst_reuse::otherRuntimes()
{
    QFETCH(QString, runtime);
    QFETCH(QByteArray, first);
    QFETCH(QByteArray, second);
    start(runtime);
    const QByteArray clean = run(second, u"owner"_s, {}, runtime).stdoutText;
    QVERIFY(!clean.isEmpty());
    const RunResult dirty = run(first, u"owner"_s, {}, runtime);
    QCOMPARE(dirty.stdoutText, QByteArray("1\n"));
    const RunResult after = run(second, u"owner"_s, {}, runtime);
    QCOMPARE(after.stdoutText, clean);
    QCOMPARE(after.containerId, dirty.containerId);
}

QTEST_GUILESS_MAIN(tst_reuse)
#include "tst_reuse.moc"
