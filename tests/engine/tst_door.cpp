// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker,abuse; sandbox docker
// The door in a real sandbox: Python programs connect to it, and a peer in this process is its other end.
#include "support/Await.h"
#include "support/Docker.h"
#include "support/DoorBox.h"

#include <isol8/sandbox/FileOperation.h>

#include <QTest>

#include <csignal>
#include <cstdio>
#include <optional>

using namespace isol8;
using namespace isol8::test;
using namespace Qt::StringLiterals;

#define OPENS(box) QVERIFY2((box).open(), qPrintable((box).outcome.lost.message + (box).outcome.lost.detail))
#define COMPLETES(outcome)                                                                                             \
    QVERIFY2((outcome).ended && (outcome).exit.code == 0,                                                              \
             QByteArray((outcome).lost.message.toUtf8() + (outcome).errors + (outcome).output).constData())

class tst_door : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void echo();
    void nothingListens();
    void withoutHandler();
    void manyAtOnce();
    void halfClose();
    void resets();
    void bulk();
    void oneThatNobodyReads();
    void outputGoesOn();
    void tenThousand();
    void harm();
    void view();
    void doorDies();
    void runEnds();
    void leftBehind();
    void reset();
    void resetWhileBusy();
    void asked();
    void killedEngine();

private:
    DoorBox &shared();

    std::unique_ptr<DoorBox> m_shared; //!< of the tests that leave a sandbox as it was
};

void tst_door::initTestCase()
{
    QVERIFY2(dockertest::hasImage(u"isol8:python"_s), "isol8 setup --runtime python");
}

DoorBox &tst_door::shared()
{
    if (!m_shared || !m_shared->sandbox || !m_shared->sandbox->isReady()) {
        m_shared = std::make_unique<DoorBox>();
        (void)m_shared->open();
    }
    qDeleteAll(std::exchange(m_shared->peers, {}));
    m_shared->connections = 0;
    return *m_shared;
}

void tst_door::echo()
{
    const auto outcome = shared().run(R"PY(
for host in ('127.0.0.1', '::1'):
    for size in (1, 1000, 300000):
        data = os.urandom(size)
        print(host, size, echo(data, host) == data)
)PY");
    COMPLETES(outcome);
    QCOMPARE(outcome.output, QByteArray("127.0.0.1 1 True\n127.0.0.1 1000 True\n127.0.0.1 300000 True\n"
                                        "::1 1 True\n::1 1000 True\n::1 300000 True\n"));
}

void tst_door::nothingListens()
{
    DoorBox box(Network::None);
    OPENS(box);
    const auto outcome = box.run(R"PY(
print(error(lambda: dial()), error(lambda: dial(host='::1')))
print(len(open('/proc/net/tcp').readlines()), len(open('/proc/net/tcp6').readlines()))
print(sorted(int(p) for p in os.listdir('/proc') if p.isdigit())[:-1])
)PY");
    COMPLETES(outcome);
    QCOMPARE(outcome.output, QByteArray("ECONNREFUSED ECONNREFUSED\n1 1\n[1]\n"));
    QCOMPARE(box.connections, 0);
}

void tst_door::withoutHandler()
{
    DoorBox &box = shared();
    box.withPeers = false;
    const auto outcome = box.run("print(error(lambda: read(dial(b'echo'))))");
    box.withPeers = true;
    COMPLETES(outcome);
    QCOMPARE(outcome.output, QByteArray("ECONNRESET\n"));
}

void tst_door::manyAtOnce()
{
    DoorBox &box = shared();
    const auto outcome = box.run(R"PY(
all = [dial(b'echo') for i in range(200)]
for i, s in enumerate(all):
    s.sendall(b'%d!' % i * 1000); s.shutdown(socket.SHUT_WR)
print(sum(read(s) == b'%d!' % i * 1000 for i, s in enumerate(all)))
)PY");
    COMPLETES(outcome);
    QCOMPARE(outcome.output, QByteArray("200\n"));
    QCOMPARE(box.connections, 200);
}

void tst_door::halfClose()
{
    DoorBox &box = shared();
    const auto outcome = box.run(R"PY(
s = dial(b'sink'); s.sendall(b'x' * 70000); s.shutdown(socket.SHUT_WR)
print(read(s) == hashlib.sha1(b'x' * 70000).hexdigest().encode())
s = dial(b'early')
print(read(s)) # the other side has ended, ours stays open
s.sendall(b'y' * 500000); s.shutdown(socket.SHUT_WR); time.sleep(0.5); s.close()
)PY");
    COMPLETES(outcome);
    QCOMPARE(outcome.output, QByteArray("True\nb''\n"));
    QCOMPARE(box.peers.size(), 2);
    QCOMPARE(box.peers[1]->bytes, 500000);
    QCOMPARE(box.peers[1]->hash(), QCryptographicHash::hash(QByteArray(500000, 'y'), QCryptographicHash::Sha1).toHex());
    QVERIFY(box.peers[0]->closed && box.peers[1]->closed);
}

void tst_door::resets()
{
    DoorBox &box = shared();
    const auto outcome = box.run(R"PY(
import struct
print(error(lambda: read(dial(b'reset'))))
s = dial(b'hold')
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0)); s.close()
print(echo(b'still') == b'still')
time.sleep(0.3)
)PY");
    COMPLETES(outcome);
    QCOMPARE(outcome.output, QByteArray("ECONNRESET\nTrue\n"));
    QCOMPARE(box.peers.size(), 3);
    QVERIFY(box.peers[1]->closed);
    QVERIFY(!box.peers[1]->stream()->atEnd()); // it broke
}

void tst_door::bulk()
{
    DoorBox &box = shared();
    const auto outcome = box.run(R"PY(
s = dial(b'source 104857600'); h = hashlib.sha1(); n = 0
while True:
    data = s.recv(262144)
    if not data: break
    h.update(data); n += len(data)
print(n, h.hexdigest())
block = os.urandom(65536); h = hashlib.sha1(); s = dial(b'sink')
for i in range(1600): s.sendall(block); h.update(block)
s.shutdown(socket.SHUT_WR)
print(read(s) == h.hexdigest().encode())
)PY",
                                 120000);
    COMPLETES(outcome);
    QCOMPARE(box.peers.size(), 2);
    QCOMPARE(outcome.output, "104857600 " + box.peers[0]->hash() + "\nTrue\n");
}

// What the peer leaves unread, and what the program does, holds up nothing but itself.
void tst_door::oneThatNobodyReads()
{
    DoorBox &box = shared();
    const auto outcome = box.run(R"PY(
held = dial(b'hold'); held.setblocking(False)
sent = 0
try:
    while True: sent += held.send(b'z' * 65536)
except BlockingIOError: pass
idle = dial(b'source 50000000') # we read nothing of it
time.sleep(0.3)
for i in range(20):
    data = os.urandom(200000)
    assert echo(data) == data
sys.stdout.write('o' * 3000000)
print(sent >= 262144, sent < 20000000)
)PY");
    COMPLETES(outcome);
    QCOMPARE(outcome.outputBytes, 3000000 + 10);
    QCOMPARE(box.connections, 22);
    QVERIFY(box.peers[0]->stream()->available() <= qsizetype(guest::DoorWindow));
    QVERIFY(box.peers[1]->stream()->pending() <= ByteStream::HighWater + 65536);
}

// A program that floods its output does not keep the door from its peer, nor the door the output.
void tst_door::outputGoesOn()
{
    DoorBox &box = shared();
    const auto outcome = box.run(R"PY(
import subprocess
flood = subprocess.Popen(['head', '-c', '300000000', '/dev/zero'])
rounds = 0
while flood.poll() is None:
    assert echo(b'e' * 1000) == b'e' * 1000
    rounds += 1
stop = False
def pour():
    s = dial(b'sink'); block = b'p' * 65536
    while not stop: s.sendall(block)
threads = [threading.Thread(target=pour, daemon=True) for i in range(4)]
for t in threads: t.start()
time.sleep(0.2)
for i in range(2000): os.write(2, b'l' * 100 + b'\n')
stop = True
print(rounds > 5, rounds)
)PY",
                                 120000);
    COMPLETES(outcome);
    QCOMPARE(outcome.errors.size(), 202000);
    QVERIFY(outcome.outputBytes > 300202000);
}

void tst_door::tenThousand()
{
    DoorBox &box = shared();
    const auto outcome = box.run(R"PY(
# As many at once as descriptors allow, and no answer awaited: all that are dropped, and some that stay.
for i in range(10):
    batch = []
    for j in range(900):
        s = socket.socket(); s.setblocking(False)
        try: s.connect(('127.0.0.1', 8118))
        except BlockingIOError: pass
        batch.append(s)
    for s in batch: s.close()
for i in range(1000):
    s = dial(b'hold'); s.close()
stay = [dial() for i in range(250)]
for s in stay: s.close()
print(echo(b'after') == b'after')
)PY",
                                 120000);
    COMPLETES(outcome);
    QCOMPARE(outcome.output, QByteArray("True\n"));
    QVERIFY(box.connections > 1000);
    // Nothing of it is kept, inside or here.
    const auto after = box.run("print(echo(b'x'), len(open('/proc/net/tcp').readlines()) < 20)");
    COMPLETES(after);
    QCOMPARE(after.output, QByteArray("b'x' True\n"));
}

// What a program can do to the process that serves the door, by all that it may call.
void tst_door::harm()
{
    DoorBox &box = shared();
    const auto outcome = box.run(R"PY(
import ctypes, resource, signal
sys.stdout.reconfigure(line_buffering=True)
door = [int(p) for p in os.listdir('/proc') if p.isdigit() and open('/proc/%s/status' % p).read().find('Uid:\t65534') >= 0]
assert len(door) == 1, door
door = door[0]
libc = ctypes.CDLL(None, use_errno=True)
def call(*args):
    ctypes.set_errno(0)
    return 'fine' if libc.syscall(*args) >= 0 else errno.errorcode[ctypes.get_errno()]
print('kill', *{error(lambda: os.kill(door, n)) for n in range(1, 65)})
print('group', error(lambda: os.killpg(os.getpgid(door), 9)))
print('ptrace', call(101, 16, door, 0, 0), call(101, 0x4206, door, 0, 0))
print('memory', call(310, door, 0, 0, 0, 0, 0) in ('EPERM', 'ENOSYS'), error(lambda: open('/proc/%d/mem' % door, 'rb')))
print('prlimit', error(lambda: resource.prlimit(door, resource.RLIMIT_NOFILE, (0, 0))))
print('nice', error(lambda: os.setpriority(os.PRIO_PROCESS, door, 19)), error(lambda: os.sched_setaffinity(door, {0})))
print('oom', error(lambda: open('/proc/%d/oom_score_adj' % door, 'w')))
print('pidfd', error(lambda: signal.pidfd_send_signal(os.pidfd_open(door), 9)))
for option in (None, socket.SO_REUSEADDR, socket.SO_REUSEPORT):
    for family, address in ((socket.AF_INET, '127.0.0.1'), (socket.AF_INET, '0.0.0.0'), (socket.AF_INET6, '::1'), (socket.AF_INET6, '::')):
        s = socket.socket(family)
        if option: s.setsockopt(socket.SOL_SOCKET, option, 1)
        def take():
            s.bind((address, 8118)); s.listen()
        assert error(take) == 'EADDRINUSE', (option, address)
os.fork() or os.kill(-1, 9)
time.sleep(5)
print('survived') # never: kill(-1) meets all of ours
)PY");
    QVERIFY2(outcome.ended, qPrintable(outcome.lost.message));
    QVERIFY2(outcome.errors.isEmpty(), outcome.errors.constData());
    QCOMPARE(outcome.output,
             QByteArray("kill EPERM\ngroup EPERM\nptrace EPERM EPERM\nmemory True EACCES\nprlimit EPERM\n"
                        "nice EPERM EPERM\noom EACCES\npidfd EPERM\n"));
    QVERIFY(outcome.exit.how == guest::ExitMessage::Signalled);
    const auto after = box.run("print(echo(b'x'))");
    COMPLETES(after);
    QCOMPARE(after.output, QByteArray("b'x'\n"));
}

// What /proc shows: a listener, and a process that is closed to the program.
void tst_door::view()
{
    const auto outcome = shared().run(R"PY(
door = [p for p in os.listdir('/proc') if p.isdigit() and 'Uid:\t65534' in open('/proc/%s/status' % p).read()][0]
status = dict(l.rstrip('\n').split(':\t', 1) for l in open('/proc/%s/status' % door) if ':\t' in l)
for key in ('Uid', 'Gid', 'Groups', 'CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb', 'NoNewPrivs', 'Seccomp'):
    print(key, status[key].replace('\t', ' ').strip())
print(int(status['VmRSS'].split()[0]) < 2000, os.getsid(int(door)) == int(door))
print(open('/proc/%s/cmdline' % door).read().split('\0')[1:-1], open('/proc/%s/oom_score_adj' % door).read().strip())
for name in ('mem', 'environ', 'maps', 'auxv', 'stack', 'syscall'):
    print(name, error(lambda: open('/proc/%s/%s' % (door, name), 'rb').read(1)))
for name in ('fd', 'map_files', 'task/' + door + '/fd'): print(name, error(lambda: os.listdir('/proc/%s/%s' % (door, name))))
for name in ('exe', 'root', 'cwd'): print(name, error(lambda: os.readlink('/proc/%s/%s' % (door, name))))
for path in ('tcp', 'tcp6'):
    for line in open('/proc/net/' + path).readlines()[1:]: print(path, *line.split()[1:4])
)PY");
    COMPLETES(outcome);
    const QByteArray none = " 0000000000000000\n";
    const QByteArray expected = "Uid 65534 65534 65534 65534\nGid 65534 65534 65534 65534\nGroups \nCapInh" + none +
                                "CapPrm" + none + "CapEff" + none + "CapBnd" + none + "CapAmb" + none +
                                "NoNewPrivs 1\nSeccomp 2\nTrue True\n['--door'] 0\n"
                                "mem EACCES\nenviron EACCES\nmaps EACCES\nauxv EACCES\nstack EACCES\nsyscall EACCES\n";
    QVERIFY2(outcome.output.startsWith(expected), outcome.output.constData());
    QVERIFY(!outcome.output.contains("fine"));
    QVERIFY2(outcome.output.contains("\ntcp 0100007F:1FB6 00000000:0000 0A\n"), outcome.output.constData());
}

// Without its door a filtered sandbox is of no use: it ends, and says so.
void tst_door::doorDies()
{
    DoorBox box;
    OPENS(box);
    box.start("s = dial(b'hold')\nprint('there', flush=True)\ntime.sleep(60)");
    QVERIFY(DoorBox::wait([&] { return box.outcome.output == "there\n" && box.connections == 1; }));
    const QByteArray processes = dockertest::docker({u"top"_s, box.sandbox->containerId(), u"-eo"_s, u"pid,uid"_s});
    int killed = 0;
    for (const QByteArray &line : processes.split('\n')) {
        const QList<QByteArray> words = line.simplified().split(' ');
        if (words.value(1) == "65534")
            killed += ::kill(words[0].toInt(), SIGKILL) == 0;
    }
    if (killed != 1)
        QSKIP("its process is not to be had from here");
    QVERIFY(DoorBox::wait([&] { return box.finished(); }, 10000));
    QCOMPARE(box.outcome.lost.code, errors::SandboxLost);
    QVERIFY(box.peers[0]->closed);
    QVERIFY(dockertest::gone(box.engineId, 5000));
}

// The end of a run is the end of its connections, and what they still had to say reaches nobody.
void tst_door::runEnds()
{
    DoorBox &box = shared();
    bool closedFirst = false;
    box.start("a = dial(b'hold'); b = dial(b'source 9000000'); b.recv(1); sys.stdin.readline()");
    connect(box.program.get(), &Program::exited, this,
            [&] { closedFirst = box.peers.size() == 2 && box.peers[0]->closed && box.peers[1]->closed; });
    QVERIFY(DoorBox::wait([&] { return box.connections == 2; }));
    box.program->writeStdin("go\n");
    COMPLETES(box.finish());
    QVERIFY(closedFirst);
    for (int i = 0; i < 20; ++i) { // at once again
        const auto next =
            box.run("print(echo(b'next') == b'next'); keep = dial(b'echo'); keep.sendall(b'late' * 9999)");
        COMPLETES(next);
        QCOMPARE(next.output, QByteArray("True\n"));
    }
}

// A process that outlives its run has no way out until another begins.
void tst_door::leftBehind()
{
    DoorBox &box = shared();
    const auto first = box.run(R"PY(
held = dial(b'hold')
if os.fork() == 0:
    for fd in range(3): os.close(fd)
    results = [error(lambda: held.recv(1))] # until the run's end
    for i in range(3): results.append(error(lambda: echo(b'')))
    open('/sandbox/new', 'w').write(' '.join(results))
    os.rename('/sandbox/new', '/sandbox/said')
    while not os.path.exists('/sandbox/go'): time.sleep(0.01)
    open('/sandbox/said', 'w').write(error(lambda: echo(b'')))
    os.rename('/sandbox/said', '/sandbox/again')
)PY",
                               60000, guest::RunMessage::KeepOthers);
    COMPLETES(first);
    QCOMPARE(box.connections, 1);
    QVERIFY(box.peers[0]->closed);
    const auto said = [&] {
        return await<QByteArray>(
            [&](Callback<QByteArray> done) { files::get(box.sandbox->channel(), u"/sandbox/said"_s, 1000, done); });
    };
    Result<QByteArray> results = said();
    for (int i = 0; i < 5000 && !results; ++i)
        results = said();
    QCOMPARE(results.value_or(QByteArray()), QByteArray("ECONNRESET ECONNRESET ECONNRESET ECONNRESET"));
    const auto second = box.run(R"PY(
open('/sandbox/go', 'w').close()
while not os.path.exists('/sandbox/again'): time.sleep(0.01)
print(open('/sandbox/again').read(), echo(b'x'))
)PY");
    COMPLETES(second);
    QCOMPARE(second.output, QByteArray("fine b'x'\n"));
}

// What fast mode does between two runs: the door is made anew, and nothing shows that it was used.
void tst_door::reset()
{
    DoorBox &box = shared();
    for (int i = 0; i < 5; ++i) {
        const auto outcome = box.run(R"PY(
print(*sorted(' '.join(l.split()[1:4]) for p in ('tcp', 'tcp6') for l in open('/proc/net/' + p).readlines()[1:]))
print(all(echo(os.urandom(9000), h) for h in ('127.0.0.1', '::1') for i in range(20)))
open('/sandbox/left', 'w').close()
for l in (b'hold', b'source 9000000', b'echo', b''): dial(l).close()
keep = [dial(l) for l in (b'hold', b'source 9000000', b'echo', b'')]
s = dial(b'early'); s.recv(1); s.close()
)PY");
        COMPLETES(outcome);
        QCOMPARE(outcome.output,
                 QByteArray("00000000000000000000000001000000:1FB6 00000000000000000000000000000000:0000 0A "
                            "0100007F:1FB6 00000000:0000 0A\nTrue\n"));
        QVERIFY(box.reset());
    }
}

void tst_door::resetWhileBusy()
{
    DoorBox &box = shared();
    for (int i = 0; i < 5; ++i) {
        qDeleteAll(std::exchange(box.peers, {}));
        box.connections = 0;
        const auto moved = [&] {
            qint64 bytes = 0;
            for (const DoorPeer *peer : std::as_const(box.peers))
                bytes += peer->bytes;
            return bytes;
        };
        box.start(R"PY(
def pour(line):
    s = dial(line)
    while True: s.sendall(b'w' * 65536)
for line in (b'hold', b'sink', b'sink'): threading.Thread(target=pour, args=(line,), daemon=True).start()
s = dial(b'source 900000000')
while s.recv(65536): pass
)PY");
        QVERIFY(DoorBox::wait([&] { return box.connections == 4 && moved() > 20000000; }));
        QVERIFY(box.reset());
        QVERIFY(box.outcome.ended); // its Exit comes before the reset's answer
        for (const DoorPeer *peer : std::as_const(box.peers))
            QVERIFY(peer->closed);
        const auto outcome = box.run("print(echo(b'x'))");
        COMPLETES(outcome);
        QCOMPARE(outcome.output, QByteArray("b'x'\n"));
    }
}

// A door that is there for a while, as an installer needs it whatever the network.
void tst_door::asked()
{
    DoorBox box(Network::None);
    OPENS(box);
    const auto set = [&](bool listens) {
        std::optional<bool> answer;
        const auto context = std::make_unique<QObject>();
        connect(box.sandbox, &Sandbox::doorSet, context.get(), [&](bool good) { answer = good; });
        box.sandbox->setDoor(listens);
        return DoorBox::wait([&] { return answer.has_value(); }) && *answer;
    };
    const QByteArray program = "print(error(lambda: echo(b'x')))";
    for (int i = 0; i < 3; ++i) {
        QVERIFY(set(true));
        QVERIFY(set(true)); // as it is
        auto outcome = box.run(program);
        COMPLETES(outcome);
        QCOMPARE(outcome.output, QByteArray("fine\n"));
        QVERIFY(set(false));
        outcome = box.run(program);
        COMPLETES(outcome);
        QCOMPARE(outcome.output, QByteArray("ECONNREFUSED\n"));
    }
    box.start(
        "s = socket.socket(); s.bind(('127.0.0.1', 8118)); s.listen(); print('took it', flush=True); time.sleep(60)");
    QVERIFY(DoorBox::wait([&] { return box.outcome.output == "took it\n"; }));
    QVERIFY(!set(true)); // a program runs
    box.program->kill();
    QVERIFY(box.finish().ended);
    QVERIFY(set(true));
}

// As the engine's death leaves it: the stream closes, and all that was in the sandbox is gone with it.
void tst_door::killedEngine()
{
    QProcess engine;
    engine.start(QCoreApplication::applicationFilePath(), {u"--hold"_s});
    QVERIFY(engine.waitForReadyRead(60000));
    const QString id = QString::fromLatin1(engine.readLine().trimmed());
    QCOMPARE(id.size(), 32);
    const QList<QByteArray> containers = dockertest::containers(u"org.isol8"_s, id);
    QCOMPARE(containers.size(), 1);
    engine.kill();
    QVERIFY(engine.waitForFinished());
    QVERIFY(dockertest::gone(id));
}

namespace {

// An engine with a program that uses the door, which is killed then.
int holdEngine()
{
    DoorBox box;
    if (!box.open())
        return 1;
    box.start("[dial(b'hold') for i in range(50)]; s = dial(b'source 1000000000')\nwhile s.recv(65536): pass");
    if (!DoorBox::wait([&] { return box.connections == 51 && box.peers.last()->bytes > 1000000; }))
        return 1;
    std::puts(box.engineId.toLatin1().constData());
    std::fflush(stdout);
    (void)DoorBox::wait([] { return false; });
    return 0;
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    if (app.arguments().contains(u"--hold"_s))
        return holdEngine();
    tst_door test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_door.moc"
