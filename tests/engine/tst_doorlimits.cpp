// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; egress
// What a run may take of the door: pressure, times, limits, phases; and that nothing is left when it goes.
#include <support/Door.h>

#include <isol8/egress/SystemResolver.h>

#include <QRandomGenerator>
#include <QSignalSpy>
#include <QTest>
#include <QtEndian>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace isol8;
using namespace isol8::egress;
using namespace isol8::test;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

namespace {

constexpr char Established[] = "HTTP/1.1 200 Connection established\r\n\r\n";

} // namespace

class tst_doorlimits : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();

    void slowProgramHoldsTheServerBack();
    void slowServerHoldsTheProgramBack();
    void silentHead_data();
    void silentHead();
    void idle();
    void readsNothing();
    void silentResolver();
    void connectionsAtOnce();
    void connectionsInAll();
    void bytes();
    void phases();
    void logIsBounded();
    void systemResolver();
    void noise();
    void deletedInTheMiddle();
    void answerAfterThePhase_data();
    void answerAfterThePhase();
    void connectedAfterThePhase();
    void leftWhileDialling();
    void namesAtOnce();
    void leavingConnections_data();
    void leavingConnections();

private:
    void open(const RuleSet &rules);
    [[nodiscard]] QByteArray tunnel(const QByteArray &name) const;
    [[nodiscard]] RuleSet exempt() const { return {{}, {}, {}, {u"127.0.0.0/8"_s}, {m_origin->serverPort()}}; }
    [[nodiscard]] QString last() const
    {
        if (m_gate->log().isEmpty())
            return {};
        const LogEntry &entry = m_gate->log().constLast();
        return u"%1 %2 %3 %4"_s.arg(entry.allowed ? u"ALLOW"_s : u"BLOCK"_s, entry.method, entry.host, entry.reason)
            .trimmed();
    }

    ScriptedResolver m_resolver;
    GateLimits m_limits;
    std::unique_ptr<Gate> m_gate;
    std::unique_ptr<Entrance> m_entrance;
    std::unique_ptr<OriginServer> m_origin;
};

void tst_doorlimits::init()
{
    m_resolver = {};
    for (const char *name : {"a.example", "b.example"})
        m_resolver.answers[QString::fromLatin1(name)] = {{QHostAddress(QHostAddress::LocalHost)}};
    m_gate = std::make_unique<Gate>(&m_resolver);
    m_entrance = std::make_unique<Entrance>(m_gate.get());
    m_origin = std::make_unique<OriginServer>();
    m_limits = {};
    open(exempt());
}

void tst_doorlimits::cleanup()
{
    m_entrance.reset();
    m_gate.reset();
    m_origin.reset();
}

void tst_doorlimits::open(const RuleSet &rules)
{
    const auto compiled = HostRules::compile(rules);
    QVERIFY(compiled);
    m_gate->setLimits(m_limits);
    m_gate->setRules(*compiled);
}

QByteArray tst_doorlimits::tunnel(const QByteArray &name) const
{
    return "CONNECT " + m_origin->at(name) + " HTTP/1.1\r\nHost: " + m_origin->at(name) + "\r\n\r\n";
}

// What nobody reads stays with the server: the door holds a stream's HighWater and a little more.
void tst_doorlimits::slowProgramHoldsTheServerBack()
{
    Program program(*m_entrance);
    program.setReadBufferSize(1); // reads nothing on
    program.disconnect(&program);
    m_origin->onData = [](OriginServer::Peer &peer) {
        for (int i = 0; i < 100; ++i)
            peer.socket->write(QByteArray(MiB, 'x'));
    };
    program.send(tunnel("a.example") + "go");
    qint64 before = -1;
    for (int i = 0; i < 100 && (before <= 0 || m_gate->statistics().bytesIn != before); ++i) {
        before = m_gate->statistics().bytesIn;
        QTest::qWait(200);
    }
    QVERIFY2(before > 0 && before < 30 * MiB, qPrintable(QString::number(before))); // the kernel's buffers, and ours
    const qint64 stuck = m_gate->statistics().bytesIn;
    program.setReadBufferSize(0);
    qint64 got = 0;
    connect(&program, &QTcpSocket::readyRead, &program, [&] { got += program.readAll().size(); });
    got += program.readAll().size();
    QTRY_COMPARE_WITH_TIMEOUT(m_gate->statistics().bytesIn, 100 * MiB, 30000);
    QTRY_COMPARE_WITH_TIMEOUT(got, 100 * MiB + qint64(sizeof Established - 1), 20000);
    QVERIFY(stuck < 100 * MiB);
}

void tst_doorlimits::slowServerHoldsTheProgramBack()
{
    m_origin->onConnect = [](OriginServer::Peer &peer) {
        peer.socket->setReadBufferSize(1);
        peer.socket->disconnect();
    };
    Program program(*m_entrance);
    program.send(tunnel("a.example"));
    QTRY_COMPARE_WITH_TIMEOUT(program.received, QByteArray(Established), 20000);
    for (int i = 0; i < 100; ++i)
        program.send(QByteArray(MiB, 'x'));
    qint64 before = -1;
    for (int i = 0; i < 100 && (before <= 0 || m_gate->statistics().bytesOut != before); ++i) {
        before = m_gate->statistics().bytesOut;
        QTest::qWait(200);
    }
    QVERIFY2(before > 0 && before < 30 * MiB, qPrintable(QString::number(before)));
    QTcpSocket *socket = m_origin->peers[0]->socket;
    qint64 got = 0;
    connect(socket, &QTcpSocket::readyRead, socket, [&] { got += socket->readAll().size(); });
    socket->setReadBufferSize(0);
    got += socket->readAll().size();
    QTRY_COMPARE_WITH_TIMEOUT(got, 100 * MiB, 30000);
}

void tst_doorlimits::silentHead_data()
{
    QTest::addColumn<QByteArray>("words");
    QTest::addColumn<QByteArray>("answer");
    QTest::addColumn<QString>("entry");
    const QString socks = u"BLOCK SOCKS5  bad_request"_s;
    QTest::newRow("nothing") << QByteArray() << QByteArray() << QString();
    QTest::newRow("half a head") << QByteArray("GET http://a.example/ HTTP/1.1\r\nHost") << QByteArray("HTTP/1.1 408 ")
                                 << u"BLOCK   bad_request"_s;
    QTest::newRow("half a greeting") << QByteArray("\5") << QByteArray() << socks;
    QTest::newRow("half of SOCKS5") << QByteArray("\5\1\0\5\1", 5) << QByteArray("\5\0", 2) << socks;
}

void tst_doorlimits::silentHead()
{
    QFETCH(QByteArray, words);
    QFETCH(QByteArray, answer);
    QFETCH(QString, entry);
    m_limits.head = 100ms;
    open(exempt());
    Program program(*m_entrance);
    program.send(words);
    QTRY_VERIFY_WITH_TIMEOUT(program.ended, 20000);
    QVERIFY2(program.received.startsWith(answer), program.received.constData());
    QTRY_COMPARE_WITH_TIMEOUT(m_gate->openConnections(), 0, 20000);
    QCOMPARE(last(), entry);
}

void tst_doorlimits::idle()
{
    m_limits.idle = 200ms;
    open(exempt());
    Program program(*m_entrance);
    program.send(tunnel("a.example") + "hello");
    QTRY_COMPARE_WITH_TIMEOUT(m_origin->received(), QByteArray("hello"), 20000);
    QTRY_VERIFY_WITH_TIMEOUT(program.ended, 20000);
    QCOMPARE(last(), u"ALLOW CONNECT a.example idle"_s);
    QTRY_COMPARE_WITH_TIMEOUT(m_gate->openConnections(), 0, 20000);
}

// A program that never reads is held back, and then let go.
void tst_doorlimits::readsNothing()
{
    m_limits.idle = 500ms;
    open(exempt());
    m_origin->onData = [](OriginServer::Peer &peer) {
        for (int i = 0; i < 30; ++i)
            peer.socket->write(QByteArray(MiB, 'x'));
    };
    Program program(*m_entrance);
    program.setReadBufferSize(1);
    program.disconnect(&program);
    program.send(tunnel("a.example") + "go");
    QTRY_COMPARE_WITH_TIMEOUT(m_gate->log().size(), 1, 30000);
    QCOMPARE(last(), u"ALLOW CONNECT a.example idle"_s);
    QCOMPARE(m_gate->openConnections(), 0);
    QVERIFY(m_gate->statistics().bytesIn < 30 * MiB);
}

void tst_doorlimits::silentResolver()
{
    m_resolver.silent = true;
    m_limits.connect = 100ms;
    open(exempt());
    Program program(*m_entrance);
    program.send(tunnel("a.example"));
    QTRY_VERIFY_WITH_TIMEOUT(program.ended, 20000);
    QVERIFY(program.received.startsWith("HTTP/1.1 504 "));
    QCOMPARE(last(), u"ALLOW CONNECT a.example resolve_timeout"_s);
}

void tst_doorlimits::connectionsAtOnce()
{
    m_limits.connections = 200;
    open(exempt());
    std::vector<std::unique_ptr<Program>> programs;
    for (int i = 0; i < 200; ++i) {
        programs.push_back(std::make_unique<Program>(*m_entrance));
        programs.back()->send(tunnel("a.example"));
    }
    for (const auto &program : programs)
        QTRY_COMPARE_WITH_TIMEOUT(program->received, QByteArray(Established), 20000);
    QCOMPARE(m_gate->openConnections(), 200);
    for (int i = 0; i < 50; ++i) {
        Program program(*m_entrance);
        QVERIFY(program.waitForConnected(5000));
        QTRY_VERIFY_WITH_TIMEOUT(program.ended, 20000);
    }
    QCOMPARE(m_gate->openConnections(), 200);
    QCOMPARE(m_gate->log().size(), 1); // one entry for all of them
    QCOMPARE(last(), u"BLOCK   limit_connections"_s);
    programs.pop_back();
    QTRY_COMPARE_WITH_TIMEOUT(m_gate->openConnections(), 199, 20000);
    Program again(*m_entrance);
    again.send(tunnel("a.example"));
    QTRY_COMPARE_WITH_TIMEOUT(again.received, QByteArray(Established), 20000);
}

void tst_doorlimits::connectionsInAll()
{
    m_limits.connectionsInAll = 10000;
    open(exempt());
    for (int i = 0; i < 10000; ++i) {
        int ends[2];
        QCOMPARE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
        ::close(ends[1]);
        m_gate->accept(std::make_unique<SocketStream>(ends[0]));
        if (i % 200 == 199)
            QTRY_COMPARE_WITH_TIMEOUT(m_gate->openConnections(), 0, 20000);
    }
    Program program(*m_entrance);
    QVERIFY(program.waitForConnected(5000));
    QTRY_VERIFY_WITH_TIMEOUT(program.ended, 20000);
    QCOMPARE(last(), u"BLOCK   limit_connections"_s);
    QCOMPARE(m_gate->statistics().connections, 10000);
}

void tst_doorlimits::bytes()
{
    m_limits.bytes = 100000;
    open(exempt());
    m_origin->onData = [](OriginServer::Peer &peer) { peer.socket->write(QByteArray(1000000, 'x')); };
    Program program(*m_entrance);
    program.send(tunnel("a.example") + "go");
    QTRY_VERIFY_WITH_TIMEOUT(program.ended, 20000);
    QCOMPARE(last(), u"BLOCK CONNECT a.example limit_bytes"_s);
    QVERIFY(m_gate->statistics().bytesIn < 500000);
    Program next(*m_entrance);
    QVERIFY(next.waitForConnected(5000));
    QTRY_VERIFY_WITH_TIMEOUT(next.ended, 20000);
    QCOMPARE(last(), u"BLOCK   limit_bytes"_s);
}

// A registry is reached while packages are installed, and not by what runs then.
void tst_doorlimits::phases()
{
    m_resolver.answers[u"registry.example"_s] = {{QHostAddress(QHostAddress::LocalHost)}};
    const auto setup = HostRules::compile(
        {{u"registry.example"_s}, {}, {}, {QString::fromLatin1(m_origin->at("registry.example"))}, {80, 443}});
    m_gate->setRules(*setup);
    Program early(*m_entrance);
    early.send(tunnel("registry.example") + "hello");
    QTRY_COMPARE_WITH_TIMEOUT(m_origin->received(), QByteArray("hello"), 20000);
    open({{u"a.example"_s}, {}, {}, {}, {443}});
    QTRY_VERIFY_WITH_TIMEOUT(early.ended, 20000);
    QCOMPARE(last(), u"ALLOW CONNECT registry.example cut"_s);
    Program late(*m_entrance);
    late.send(tunnel("registry.example"));
    QTRY_VERIFY_WITH_TIMEOUT(late.ended, 20000);
    QCOMPARE(last(), u"BLOCK CONNECT registry.example not_whitelisted"_s);
    m_gate->close();
    Program closed(*m_entrance);
    closed.send(tunnel("a.example"));
    QTRY_VERIFY_WITH_TIMEOUT(closed.ended, 20000);
    QCOMPARE(last(), u"BLOCK CONNECT a.example closed"_s);
}

void tst_doorlimits::logIsBounded()
{
    m_limits.logEntries = 10;
    open(exempt());
    QSignalSpy logged(m_gate.get(), &Gate::logged);
    for (int i = 0; i < 25; ++i) {
        Program program(*m_entrance);
        program.send("CONNECT 10.0.0.1:80 HTTP/1.1\r\nHost: 10.0.0.1\r\n\r\n");
        QTRY_VERIFY_WITH_TIMEOUT(program.ended, 20000);
    }
    QCOMPARE(m_gate->log().size(), 10);
    QCOMPARE(m_gate->statistics().dropped, 15);
    QCOMPARE(m_gate->statistics().refused, 25);
    QCOMPARE(logged.size(), 25);
}

// Where names really are resolved, what stands for this host is refused, too.
void tst_doorlimits::systemResolver()
{
    SystemResolver resolver;
    Gate gate(&resolver);
    Entrance entrance(&gate);
    gate.setRules(*HostRules::compile({{}, {}, {}, {}, {m_origin->serverPort()}}));
    Program program(entrance);
    program.send(tunnel("localhost"));
    QTRY_VERIFY_WITH_TIMEOUT(program.ended, 20000);
    QVERIFY2(program.received.startsWith("HTTP/1.1 403 "), program.received.constData());
    QCOMPARE(gate.log().constLast().reason, reasons::PrivateAddress);
    QCOMPARE(m_origin->peers.size(), 0);
}

// Whatever a program says: the door stands, forgets the program, and only what is allowed is connected to.
void tst_doorlimits::noise()
{
    m_origin->onData = [](OriginServer::Peer &peer) {
        peer.socket->write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
    };
    const QByteArray host = m_origin->at("a.example");
    const QByteArrayList words{"GET ",
                               "CONNECT ",
                               "POST ",
                               "http://" + host + "/",
                               host,
                               " HTTP/1.1\r\n",
                               "Host: " + host + "\r\n",
                               "\r\n",
                               "\r\n\r\n",
                               "Content-Length: 5\r\n",
                               "Transfer-Encoding: chunked\r\n",
                               "Connection: Upgrade\r\nUpgrade: x\r\n",
                               "5\r\nhello\r\n",
                               "0\r\n\r\n",
                               QByteArray("\5\1\0", 3),
                               QByteArray("\5\1\0\3\11a.example", 14),
                               QByteArray("\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03", 10)};
    QRandomGenerator random(5);
    for (int round = 0; round < 2000; ++round) {
        QByteArray input = random.bounded(2) ? tunnel("a.example") : QByteArray();
        for (int n = random.bounded(1, 10); n > 0; --n)
            input += random.bounded(10) ? words[random.bounded(int(words.size()))]
                                        : QByteArray(1, char(random.bounded(256)));
        Program program(*m_entrance);
        QVERIFY(program.waitForConnected(5000));
        program.send(input);
        program.disconnectFromHost();
        QTRY_COMPARE_WITH_TIMEOUT(m_gate->statistics().connections, round + 1, 20000);
        QTRY_COMPARE_WITH_TIMEOUT(m_gate->openConnections(), 0, 20000);
    }
    for (const QString &asked : std::as_const(m_resolver.asked))
        QVERIFY2(asked == u"a.example", qPrintable(asked));
}

void tst_doorlimits::deletedInTheMiddle()
{
    const QByteArrayList firstWords{QByteArray(), QByteArray("GET "), tunnel("a.example"), tunnel("a.example") + "x",
                                    QByteArray("\5\1\0\5", 4)};
    for (const QByteArray &words : firstWords) {
        for (int rounds = 0; rounds < 12; ++rounds) {
            init();
            Program program(*m_entrance);
            QVERIFY(program.waitForConnected(5000));
            program.send(words);
            for (int i = 0; i < rounds; ++i)
                QCoreApplication::processEvents();
            m_entrance.reset();
            m_gate.reset();
            QTRY_VERIFY_WITH_TIMEOUT(program.ended, 20000);
            QCoreApplication::processEvents();
        }
    }
}

void tst_doorlimits::answerAfterThePhase_data()
{
    QTest::addColumn<QByteArray>("words");
    QTest::addColumn<bool>("deleted"); // the gate, instead of another phase
    const QByteArray socks("\5\1\0\5\1\0\3\11a.example", 17);
    for (const bool deleted : {false, true}) {
        const char *how = deleted ? " and deletion" : " and another phase";
        QTest::addRow("SOCKS5%s", how) << socks << deleted;
        QTest::addRow("CONNECT%s", how) << QByteArray() << deleted;
    }
}

// A name's answer that comes when its phase is over leads nowhere, and to nothing that is gone.
void tst_doorlimits::answerAfterThePhase()
{
    QFETCH(QByteArray, words);
    QFETCH(bool, deleted);
    m_resolver.holds = true;
    QByteArray port(2, '\0');
    qToBigEndian(m_origin->serverPort(), port.data());
    Program program(*m_entrance);
    program.send(words.isEmpty() ? tunnel("a.example") : words + port);
    QTRY_COMPARE_WITH_TIMEOUT(m_resolver.held.size(), 1, 20000);
    if (deleted) {
        m_entrance.reset();
        m_gate.reset();
    } else {
        open(exempt());
        QCOMPARE(last().section(u' ', 2), u"a.example cut"_s);
    }
    m_resolver.held.takeFirst()(QList<QHostAddress>{QHostAddress(QHostAddress::LocalHost)});
    QTRY_VERIFY_WITH_TIMEOUT(program.ended, 20000);
    QTest::qWait(50);
    QCOMPARE(m_origin->peers.size(), 0);
}

// Nor does a server that answers late.
void tst_doorlimits::connectedAfterThePhase()
{
    // Its queue is full: who connects waits for an answer.
    const int full = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in here = {};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof here;
    QCOMPARE(::bind(full, reinterpret_cast<const sockaddr *>(&here), size), 0);
    QCOMPARE(::listen(full, 0), 0);
    QCOMPARE(::getsockname(full, reinterpret_cast<sockaddr *>(&here), &size), 0);
    const quint16 port = ntohs(here.sin_port);
    std::vector<std::unique_ptr<SocketStream>> filling;
    for (int i = 0; i < 4; ++i)
        filling.push_back(std::make_unique<SocketStream>(QHostAddress(QHostAddress::LocalHost), port));
    QTest::qWait(50);

    const QByteArray authority = "a.example:" + QByteArray::number(port);
    const RuleSet rules{{}, {}, {}, {u"127.0.0.0/8"_s}, {port}};
    for (const bool deleted : {false, true}) {
        open(rules);
        Program program(*m_entrance);
        program.send("CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n\r\n");
        const qsizetype asked = m_resolver.asked.size();
        QTRY_COMPARE_WITH_TIMEOUT(m_resolver.asked.size(), asked + 1, 20000);
        QTest::qWait(50); // it connects now
        QCOMPARE(m_gate->openConnections(), 1);
        QVERIFY(!program.received.contains("200"));
        if (deleted) {
            m_entrance.reset();
            m_gate.reset();
        } else {
            open(rules);
            QCOMPARE(last(), u"ALLOW CONNECT a.example cut"_s);
        }
        QTRY_VERIFY_WITH_TIMEOUT(program.ended, 20000);
        QVERIFY(!program.received.contains("200"));
    }
    filling.clear();
    ::close(full);
}

// It is in the log as soon as the connection is over: a run's end looks at it just then.
void tst_doorlimits::leftWhileDialling()
{
    m_resolver.holds = true;
    QByteArray port(2, '\0');
    qToBigEndian(m_origin->serverPort(), port.data());
    {
        Program program(*m_entrance);
        program.send(QByteArray("\5\1\0\5\1\0\3\11a.example", 17) + port);
        QTRY_COMPARE_WITH_TIMEOUT(m_resolver.held.size(), 1, 20000);
        const linger hard{1, 0};
        ::setsockopt(int(program.socketDescriptor()), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    }
    while (m_gate->openConnections() > 0)
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
    QCOMPARE(last(), u"ALLOW SOCKS5 a.example abandoned"_s);
}

void tst_doorlimits::namesAtOnce()
{
    m_limits.lookups = 2;
    m_gate->setLimits(m_limits);
    m_resolver.holds = true;
    std::vector<std::unique_ptr<Program>> programs;
    for (int i = 0; i < 5; ++i) {
        programs.push_back(std::make_unique<Program>(*m_entrance));
        programs.back()->send(tunnel("a.example"));
    }
    QTRY_COMPARE_WITH_TIMEOUT(m_gate->openConnections(), 5, 20000);
    QTest::qWait(50);
    QCOMPARE(m_resolver.held.size(), 2);
    m_resolver.held.takeFirst()(QList<QHostAddress>{QHostAddress(QHostAddress::LocalHost)});
    QTRY_COMPARE_WITH_TIMEOUT(m_origin->peers.size(), 1, 20000);
    QTRY_COMPARE_WITH_TIMEOUT(m_resolver.held.size(), 2, 20000);
    QCOMPARE(m_resolver.asked.size(), 3);
}

void tst_doorlimits::leavingConnections_data()
{
    QTest::addColumn<bool>("tunnels");
    QTest::newRow("tunnels") << true;
    QTest::newRow("requests") << false;
}

// A program that leaves its connections has its places back at once. They wait for their servers, but no more of them
// than it may have open.
void tst_doorlimits::leavingConnections()
{
    QFETCH(bool, tunnels);
    m_limits.connections = 8;
    m_limits.linger = 1h;
    open(exempt());
    // It never sees that they have ended.
    m_origin->onConnect = [](OriginServer::Peer &peer) { peer.socket->setReadBufferSize(1); };
    const QByteArray host = m_origin->at("a.example");
    QByteArray words = "GET http://" + host + "/ HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
    if (tunnels)
        words = tunnel("a.example") + "hello";
    for (int i = 0; i < 40; ++i) {
        const qint64 before = m_gate->statistics().bytesOut;
        Program program(*m_entrance);
        program.send(words);
        QTRY_COMPARE_WITH_TIMEOUT(m_origin->peers.size(), i + 1, 20000);
        QTRY_VERIFY_WITH_TIMEOUT(m_gate->statistics().bytesOut > before, 20000);
        const linger hard{1, 0};
        ::setsockopt(int(program.socketDescriptor()), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        program.abort();
        QTRY_COMPARE_WITH_TIMEOUT(m_gate->openConnections(), 0, 20000);
        QVERIFY2(m_gate->leavingConnections() <= 8, qPrintable(QString::number(m_gate->leavingConnections())));
    }
    QCOMPARE(m_gate->log().size(), 40);
}

QTEST_GUILESS_MAIN(tst_doorlimits)
#include "tst_doorlimits.moc"
