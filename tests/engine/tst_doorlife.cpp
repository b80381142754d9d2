// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker,abuse; sandbox docker
// The door's life in a real sandbox: what begins and ends with it, with a run, with a reset and with the engine.
#include "support/Await.h"
#include "support/Docker.h"
#include "support/DoorBox.h"
#include "support/Signals.h"

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

class tst_doorlife : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void doorDies();
    void hostBreaksRules_data();
    void hostBreaksRules();
    void opensUnread();
    void stopAndContinue();
    void starved();
    void smallMemory();
    void runEnds();
    void leftBehind();
    void reset();
    void resetWhileBusy();
    void asked();
    void neverOnTheHost();
    void killedEngine();

private:
    DoorBox &shared();

    std::unique_ptr<DoorBox> m_shared; //!< of the tests that leave a sandbox as it was
};

void tst_doorlife::initTestCase()
{
    QVERIFY2(dockertest::hasImage(u"isol8:python"_s), "isol8 setup --runtime python");
}

DoorBox &tst_doorlife::shared()
{
    if (!m_shared || !m_shared->sandbox || !m_shared->sandbox->isReady()) {
        m_shared = std::make_unique<DoorBox>();
        (void)m_shared->open();
    }
    qDeleteAll(std::exchange(m_shared->peers, {}));
    m_shared->connections = 0;
    return *m_shared;
}

// Without its door a filtered sandbox is of no use: it ends, and says so.
void tst_doorlife::doorDies()
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
            killed += processtest::sendSignal(words[0].toInt(), SIGKILL) ? 1 : 0;
    }
    if (killed != 1)
        QSKIP("its process is not to be had from here");
    QVERIFY(DoorBox::wait([&] { return box.finished(); }, 10000));
    QCOMPARE(box.outcome.lost.code, errors::SandboxLost);
    QVERIFY(box.peers[0]->closed);
    QVERIFY(dockertest::gone(box.engineId, 5000));
}

void tst_doorlife::hostBreaksRules_data()
{
    QTest::addColumn<guest::FrameType>("type");
    QTest::addColumn<quint32>("id");
    QTest::addColumn<QByteArray>("payload");
    QTest::addColumn<int>("times");
    using guest::FrameType;
    const quint32 id = guest::DoorFirstId;
    QTest::newRow("more than the window") << FrameType::DoorData << id << QByteArray(65536, 'x') << 400;
    QTest::newRow("given back what was not taken") << FrameType::DoorGive << id << QByteArray::fromHex("00000100") << 1;
    QTest::newRow("nothing given back") << FrameType::DoorGive << id << QByteArray(4, '\0') << 1;
    QTest::newRow("ended twice") << FrameType::DoorEnd << id << QByteArray() << 2;
    QTest::newRow("a stream that never was") << FrameType::DoorEnd << id + 1 << QByteArray() << 1;
    QTest::newRow("an id of the host's") << FrameType::DoorEnd << quint32(1) << QByteArray() << 1;
    QTest::newRow("data too long") << FrameType::DoorData << id << QByteArray(65537, 'x') << 1;
    QTest::newRow("between init and its own") << FrameType{0x2f} << quint32(0) << QByteArray() << 1;
}

// Init and the door's process believe nobody: a host with a defect loses its sandbox.
void tst_doorlife::hostBreaksRules()
{
    QFETCH(guest::FrameType, type);
    QFETCH(quint32, id);
    QFETCH(QByteArray, payload);
    QFETCH(int, times);
    DoorBox box;
    OPENS(box);
    box.start("s = dial(b'hold')\ntime.sleep(60)");
    QVERIFY(DoorBox::wait([&] { return box.connections == 1; }));
    for (int i = 0; i < times; ++i)
        box.sandbox->channel()->send(type, id, payload);
    QVERIFY(DoorBox::wait([&] { return box.finished(); }, 10000));
    QCOMPARE(box.outcome.lost.code, errors::SandboxLost);
}

// While nobody takes what the sandbox says, connections without end cost nothing there.
void tst_doorlife::opensUnread()
{
    DoorBox box;
    OPENS(box);
    box.withPeers = false;
    box.start(R"PY(
import struct
end = time.time() + 3
n = 0
while time.time() < end:
    s = socket.socket(); s.setblocking(False)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    try: s.connect(('127.0.0.1', 8118))
    except BlockingIOError: pass
    s.close(); n += 1
door = [p for p in os.listdir('/proc') if p.isdigit() and 'Uid:\t65534' in open('/proc/%s/status' % p).read()][0]
status = dict(l.rstrip('\n').split(':\t', 1) for l in open('/proc/%s/status' % door) if ':\t' in l)
print(n > 1000, int(status['VmRSS'].split()[0]) < 3000)
)PY");
    box.sandbox->channel()->setPaused(true);
    (void)DoorBox::wait([] { return false; }, 4000);
    box.sandbox->channel()->setPaused(false);
    const auto outcome = box.finish();
    COMPLETES(outcome);
    QCOMPARE(outcome.output, QByteArray("True True\n"));
}

namespace {

class Answer : public FrameHandler
{
public:
    explicit Answer(GuestChannel *channel)
        : id(channel->add(this))
        , m_channel(channel)
    {
    }
    ~Answer() override { m_channel->remove(id); }
    bool onFrame(guest::FrameType type, QByteArrayView) override
    {
        answers.append(type);
        return true;
    }
    void onLost(const Error &) override {}

    const quint32 id;
    QList<guest::FrameType> answers;

private:
    GuestChannel *m_channel;
};

// State letters of the sandbox's processes, by user.
QMultiMap<QByteArray, QByteArray> states(const DoorBox &box)
{
    QMultiMap<QByteArray, QByteArray> all;
    const QByteArray out = dockertest::docker({u"top"_s, box.sandbox->containerId(), u"-eo"_s, u"pid,uid,stat"_s});
    for (const QByteArray &line : out.split('\n')) {
        const QList<QByteArray> words = line.simplified().split(' ');
        all.insert(words.value(1), words.value(2).left(1));
    }
    return all;
}

} // namespace

// A sandbox that is stopped stops its programs; what serves them goes on.
void tst_doorlife::stopAndContinue()
{
    DoorBox &box = shared();
    box.start("s = dial(b'source 100000000')\nwhile s.recv(65536): pass\nprint(echo(b'x'))");
    QVERIFY(DoorBox::wait([&] { return box.connections == 1 && box.peers[0]->bytes > 3000000; }));
    Answer answer(box.sandbox->channel());
    box.sandbox->channel()->send(guest::FrameType::Stop, answer.id);
    QVERIFY(DoorBox::wait([&] { return answer.answers.size() == 1; }));
    QCOMPARE(answer.answers.last(), guest::FrameType::Stopped);
    const auto found = states(box);
    QCOMPARE(found.values("1000"), QList<QByteArray>{"T"});
    QCOMPARE(found.count("65534"), 1);
    QVERIFY(!found.contains("65534", "T"));
    box.sandbox->channel()->send(guest::FrameType::Continue, answer.id);
    QVERIFY(DoorBox::wait([&] { return answer.answers.size() == 2; }));
    const auto outcome = box.finish();
    COMPLETES(outcome);
    QCOMPARE(outcome.output, QByteArray("b'x'\n"));
}

// A hundred busy processes beside it, and one CPU: the door still serves.
void tst_doorlife::starved()
{
    DoorBox &box = shared();
    const auto outcome = box.run(R"PY(
for i in range(100):
    if os.fork() == 0:
        while True: pass
for i in range(5): assert echo(b'e' * 100000) == b'e' * 100000
print('served')
)PY",
                                 120000);
    COMPLETES(outcome);
    QCOMPARE(outcome.output, QByteArray("served\n"));
}

// Windows' worth of data that the program does not take costs the program its life, where there is no memory for it.
void tst_doorlife::smallMemory()
{
    DoorBox box;
    box.spec.memory = 48 * MiB;
    OPENS(box);
    const auto outcome = box.run(R"PY(
all = [dial(b'source 10000000') for i in range(250)]
time.sleep(60)
)PY",
                                 100000);
    QVERIFY2(outcome.ended, qPrintable(outcome.lost.message));
    QVERIFY(outcome.exit.flags & guest::ExitMessage::OomKilled);
    const auto after = box.run("print(echo(b'x'))");
    COMPLETES(after);
    QCOMPARE(after.output, QByteArray("b'x'\n"));
}

// The end of a run is the end of its connections, and what they still had to say reaches nobody.
void tst_doorlife::runEnds()
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
void tst_doorlife::leftBehind()
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
        return await<files::Content>(
            [&](Callback<files::Content> done) { files::get(box.sandbox->channel(), u"/sandbox/said"_s, 1000, done); });
    };
    Result<files::Content> results = said();
    for (int i = 0; i < 5000 && !results; ++i)
        results = said();
    // Whether the reset comes before or after the call decides which of the two it says.
    QCOMPARE(results.value_or(files::Content()).bytes.replace("ENOTCONN", "ECONNRESET"),
             QByteArray("ECONNRESET ECONNRESET ECONNRESET ECONNRESET"));
    const auto second = box.run(R"PY(
open('/sandbox/go', 'w').close()
while not os.path.exists('/sandbox/again'): time.sleep(0.01)
print(open('/sandbox/again').read(), echo(b'x'))
)PY");
    COMPLETES(second);
    QCOMPARE(second.output, QByteArray("fine b'x'\n"));
}

// What fast mode does between two runs: the door is made anew, and nothing shows that it was used.
void tst_doorlife::reset()
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

void tst_doorlife::resetWhileBusy()
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
void tst_doorlife::asked()
{
    DoorBox box(Network::None);
    OPENS(box);
    const auto set = [&](bool listens) {
        std::optional<bool> answer;
        const auto context = std::make_unique<QObject>();
        connect(box.sandbox, &Sandbox::doorSet, context.get(), [&](bool good) { answer = good; });
        box.sandbox->setDoorOpen(listens);
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

// With the host's network it would be the host's loopback.
void tst_doorlife::neverOnTheHost()
{
    DoorBox box(Network::Host);
    OPENS(box);
    for (const bool open : {true, false}) {
        std::optional<bool> answer;
        const auto context = std::make_unique<QObject>();
        connect(box.sandbox, &Sandbox::doorSet, context.get(), [&](bool good) { answer = good; });
        box.sandbox->setDoorOpen(open);
        QVERIFY(!answer);
        QVERIFY(DoorBox::wait([&] { return answer.has_value(); }));
        QCOMPARE(*answer, !open);
    }
    const auto outcome = box.run("print(error(dial))");
    COMPLETES(outcome);
    QCOMPARE(outcome.output, QByteArray("ECONNREFUSED\n"));
}

// As the engine's death leaves it: the stream closes, and all that was in the sandbox is gone with it.
void tst_doorlife::killedEngine()
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
    tst_doorlife test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_doorlife.moc"
