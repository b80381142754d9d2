// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker,abuse; sandbox docker
// The door in a real sandbox: Python programs connect to it, and a peer in this process is its other end.
#include "support/Docker.h"
#include "support/DoorBox.h"

#include <QTest>

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
    void moreThanAtOnce();
    void halfClose();
    void resets();
    void bulk();
    void oneThatNobodyReads();
    void outputGoesOn();
    void tenThousand();
    void harm();
    void view();

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

// Above the limit a connection waits until another has ended.
void tst_door::moreThanAtOnce()
{
    DoorBox &box = shared();
    const auto outcome = box.run(R"PY(
all = [dial(b'echo') for i in range(500)]
for s in all[300:]: s.sendall(b'early')
last = all[499]; last.settimeout(0.3)
try: print(last.recv(1))
except TimeoutError: print('waits')
last.settimeout(60)
for s in all[:300]: s.shutdown(socket.SHUT_WR); read(s)
for s in all[300:]: s.shutdown(socket.SHUT_WR)
print(sum(read(s) == b'early' for s in all[300:]))
)PY");
    COMPLETES(outcome);
    QCOMPARE(outcome.output, QByteArray("waits\n200\n"));
    QCOMPARE(box.connections, 500);
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

QTEST_GUILESS_MAIN(tst_door)
#include "tst_door.moc"
