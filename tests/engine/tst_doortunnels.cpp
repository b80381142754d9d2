// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; egress
// What passes through the door as bytes: CONNECT and SOCKS5, TLS and its server names, how it ends.
#include <support/Certificates.h>
#include <support/Door.h>

#include <QProcess>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QTest>

#include <sys/socket.h>
#include <unistd.h>

using namespace isol8;
using namespace isol8::egress;
using namespace isol8::test;
using namespace Qt::StringLiterals;

namespace {

//! A ClientHello as a real library writes it, for \a name (null: none).
QByteArray clientHello(const QString &name)
{
    QTcpServer server;
    server.listen(QHostAddress::LocalHost);
    QSslSocket socket;
    socket.setPeerVerifyMode(QSslSocket::VerifyNone);
    socket.connectToHostEncrypted(server.serverAddress().toString(), server.serverPort(), name);
    if (!server.waitForNewConnection(5000) || !socket.waitForConnected(5000))
        return {};
    QTcpSocket *peer = server.nextPendingConnection();
    while (socket.state() == QAbstractSocket::ConnectedState && socket.encryptedBytesToWrite() > 0)
        socket.flush();
    return peer->waitForReadyRead(5000) ? peer->readAll() : QByteArray();
}

class TlsServer : public QTcpServer
{
public:
    QSslConfiguration configuration;

protected:
    void incomingConnection(qintptr descriptor) override
    {
        auto *socket = new QSslSocket(this);
        socket->setSocketDescriptor(descriptor);
        socket->setSslConfiguration(configuration);
        connect(socket, &QSslSocket::readyRead, this, [socket] {
            if (socket->readAll().endsWith("\r\n\r\n")) {
                socket->write("HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\nsecret\n");
                socket->disconnectFromHost();
            }
        });
        socket->startServerEncryption();
    }
};

} // namespace

class tst_doortunnels : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup();

    void serverNames_data();
    void serverNames();
    void plainOnTlsPort();
    void httpInsideATunnel();
    void serverSpeaksFirst();
    void halfClose_data();
    void halfClose();
    void resetIsPassedOn();
    void socks_data();
    void socks();
    void socksGoesThrough();
    void curl_data();
    void curl();

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
    Certificates m_certificates;
};

constexpr char Established[] = "HTTP/1.1 200 Connection established\r\n\r\n";

void tst_doortunnels::initTestCase()
{
    QVERIFY(Certificates::possible());
    QVERIFY(m_certificates.makeAuthority(u"ca"_s));
    QVERIFY(m_certificates.makeCertificate(u"server"_s, u"ca"_s, u"a.example"_s, u"DNS:a.example"_s, false));
}

void tst_doortunnels::init()
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

void tst_doortunnels::cleanup()
{
    m_entrance.reset();
    m_gate.reset();
    m_origin.reset();
}

void tst_doortunnels::open(const RuleSet &rules)
{
    const auto compiled = HostRules::compile(rules);
    QVERIFY(compiled);
    m_gate->setLimits(m_limits);
    m_gate->setRules(*compiled);
}

QByteArray tst_doortunnels::tunnel(const QByteArray &name) const
{
    return "CONNECT " + m_origin->at(name) + " HTTP/1.1\r\nHost: " + m_origin->at(name) + "\r\n\r\n";
}

void tst_doortunnels::serverNames_data()
{
    QTest::addColumn<QByteArray>("host");
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("entry"); // empty: passes
    QTest::newRow("the same") << QByteArray("a.example") << u"a.example"_s << QString();
    QTest::newRow("in capitals") << QByteArray("a.example") << u"A.Example"_s << QString();
    QTest::newRow("another") << QByteArray("a.example") << u"evil.example"_s
                             << u"BLOCK CONNECT a.example sni_mismatch"_s;
    QTest::newRow("below") << QByteArray("a.example") << u"x.a.example"_s << u"BLOCK CONNECT a.example sni_mismatch"_s;
    QTest::newRow("none") << QByteArray("a.example") << QString() << u"BLOCK CONNECT a.example sni_missing"_s;
    QTest::newRow("address without") << QByteArray("127.0.0.1") << QString() << QString();
    QTest::newRow("address with") << QByteArray("127.0.0.1") << u"a.example"_s
                                  << u"BLOCK CONNECT 127.0.0.1 sni_mismatch"_s;
}

void tst_doortunnels::serverNames()
{
    QFETCH(QByteArray, host);
    QFETCH(QString, name);
    QFETCH(QString, entry);
    // Without a name Qt sends that of the peer, which is an address and therefore none.
    const QByteArray hello = clientHello(name);
    QVERIFY(hello.startsWith('\x16'));
    for (const bool bytewise : {false, true}) {
        m_limits.tlsPorts = {m_origin->serverPort()};
        open(exempt());
        m_origin->peers.clear();
        Program program(*m_entrance);
        program.send(tunnel(host));
        QTRY_COMPARE_WITH_TIMEOUT(program.received, QByteArray(Established), 20000);
        if (bytewise)
            program.sendByteByByte(hello);
        else
            program.send(hello);
        if (entry.isEmpty()) {
            QTRY_COMPARE_WITH_TIMEOUT(m_origin->received(), hello, 20000);
            m_origin->peers[0]->socket->write("answer");
            QTRY_VERIFY_WITH_TIMEOUT(program.received.endsWith("answer"), 20000);
            continue;
        }
        QTRY_VERIFY_WITH_TIMEOUT(program.ended, 20000);
        QCOMPARE(program.received.toHex(),
                 QByteArray(Established).toHex() + "15030100020270"); // an alert about the name
        QCOMPARE(last(), entry);
        QCOMPARE(m_origin->received(), QByteArray()); // not a byte of it got out
    }
}

void tst_doortunnels::plainOnTlsPort()
{
    m_limits.tlsPorts = {m_origin->serverPort()};
    open(exempt());
    m_origin->onConnect = [](OriginServer::Peer &peer) { peer.socket->write("hello from the server"); };
    for (const QByteArray &words : {QByteArray("GET / HTTP/1.1\r\n\r\n"), QByteArray("SSH-2.0-x\r\n"),
                                    QByteArray("\x16\x03\x01\x00\x05nonse", 10)}) {
        Program program(*m_entrance);
        program.send(tunnel("a.example") + words);
        QTRY_VERIFY_WITH_TIMEOUT(program.ended, 20000);
        QCOMPARE(program.received, QByteArray(Established)); // nor did one get in
        QVERIFY(last() == u"BLOCK CONNECT a.example not_tls"_s || last() == u"BLOCK CONNECT a.example bad_request"_s);
    }
    QCOMPARE(m_origin->received(), QByteArray());
}

void tst_doortunnels::httpInsideATunnel()
{
    m_limits.httpPorts = {m_origin->serverPort()};
    open(exempt());
    m_origin->onData = [](OriginServer::Peer &peer) {
        if (peer.received.contains("websocket") && !peer.received.endsWith("\r\n\r\n"))
            peer.socket->write("frames");
        else if (peer.received.contains("websocket"))
            peer.socket->write("HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
        else
            peer.socket->write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
    };
    const QByteArray host = m_origin->at("a.example");
    {
        Program program(*m_entrance);
        program.send(tunnel("a.example") + "GET /1 HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
        QTRY_COMPARE_WITH_TIMEOUT(program.received.count("200 OK"), 1, 20000);
        QCOMPARE(last(), u"ALLOW GET a.example"_s);
        // The name is compared for every request, not for the first alone.
        program.send("GET /2 HTTP/1.1\r\nHost: evil.example\r\n\r\n");
        QTRY_VERIFY_WITH_TIMEOUT(program.ended, 20000);
        QVERIFY2(program.received.contains("X-Isol8-Reason: host_mismatch"), program.received.constData());
        QVERIFY(!m_origin->received().contains("evil"));
    }
    Program socket(*m_entrance);
    socket.send(tunnel("a.example"));
    QTRY_COMPARE_WITH_TIMEOUT(socket.received, QByteArray(Established), 20000);
    socket.send("GET /ws HTTP/1.1\r\nHost: " + host + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    QTRY_VERIFY_WITH_TIMEOUT(socket.received.contains("101 Switching"), 20000);
    socket.send("frame");
    QTRY_VERIFY_WITH_TIMEOUT(socket.received.endsWith("frames"), 20000);
    Program other(*m_entrance);
    other.send(tunnel("a.example") + "SSH-2.0-x\r\n\r\n");
    QTRY_VERIFY_WITH_TIMEOUT(other.received.contains("HTTP/1.1 400 "), 20000);
    QCOMPARE(m_gate->log().constLast().reason, reasons::BadRequest);
}

void tst_doortunnels::serverSpeaksFirst()
{
    m_origin->onConnect = [](OriginServer::Peer &peer) { peer.socket->write("220 ready\r\n"); };
    Program program(*m_entrance);
    program.send(tunnel("a.example"));
    QTRY_COMPARE_WITH_TIMEOUT(program.received, QByteArray(QByteArray(Established) + "220 ready\r\n"), 20000);
    program.send("EHLO\r\n");
    QTRY_COMPARE_WITH_TIMEOUT(m_origin->received(), QByteArray("EHLO\r\n"), 20000);
}

void tst_doortunnels::halfClose_data()
{
    QTest::addColumn<bool>("programFirst");
    QTest::newRow("program first") << true;
    QTest::newRow("server first") << false;
}

void tst_doortunnels::halfClose()
{
    QFETCH(bool, programFirst);
    // Both ends by SocketStream, which can end one direction.
    QTcpServer server;
    QVERIFY(server.listen(QHostAddress::LocalHost));
    open({{}, {}, {}, {u"127.0.0.0/8"_s}, {server.serverPort()}});
    SocketStream program(m_entrance->serverAddress(), m_entrance->serverPort());
    QSignalSpy connected(&program, &SocketStream::connected);
    QTRY_COMPARE_WITH_TIMEOUT(connected.size(), 1, 20000);
    const QByteArray port = QByteArray::number(server.serverPort());
    program.write("CONNECT a.example:" + port + " HTTP/1.1\r\nHost: a.example\r\n\r\n");
    QByteArray got;
    QTRY_VERIFY_WITH_TIMEOUT(!(got += program.read(1000)).isEmpty() && got.endsWith("\r\n\r\n"), 20000);
    QTRY_VERIFY_WITH_TIMEOUT(server.hasPendingConnections(), 20000);
    QTcpSocket *accepted = server.nextPendingConnection();
    SocketStream world(::dup(int(accepted->socketDescriptor())));
    accepted->abort();  // ours is a duplicate
    program.write("x"); // something to look into
    QTRY_COMPARE_WITH_TIMEOUT(world.available(), 1, 20000);
    QCOMPARE(world.read(10), QByteArray("x"));

    ByteStream &first = programFirst ? static_cast<ByteStream &>(program) : world;
    ByteStream &second = programFirst ? static_cast<ByteStream &>(world) : program;
    QSignalSpy closed(&second, &ByteStream::closed);
    first.write("last words");
    first.end();
    QTRY_COMPARE_WITH_TIMEOUT(second.available(), 10, 20000);
    QCOMPARE(second.read(100), QByteArray("last words"));
    QTRY_VERIFY_WITH_TIMEOUT(second.atEnd(), 20000);
    QCOMPARE(closed.size(), 0);
    QByteArray much;
    for (int i = 0; i < 40; ++i)
        second.write(QByteArray(50000, 'y'));
    second.end();
    QTRY_VERIFY_WITH_TIMEOUT((much += first.read(100000)).size() == 2000000, 20000);
    QTRY_VERIFY_WITH_TIMEOUT(first.atEnd(), 20000);
    QTRY_COMPARE_WITH_TIMEOUT(closed.size(), 1, 20000);
    QTRY_COMPARE_WITH_TIMEOUT(last(), u"ALLOW CONNECT a.example"_s, 20000);
    QTRY_COMPARE_WITH_TIMEOUT(m_gate->openConnections(), 0, 20000);
    QCOMPARE(m_gate->statistics().bytesIn + m_gate->statistics().bytesOut, 2000011);
}

void tst_doortunnels::resetIsPassedOn()
{
    m_origin->onData = [](OriginServer::Peer &peer) {
        const linger hard{1, 0};
        ::setsockopt(int(peer.socket->socketDescriptor()), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        peer.socket->abort();
    };
    SocketStream program(m_entrance->serverAddress(), m_entrance->serverPort());
    QSignalSpy connected(&program, &SocketStream::connected);
    QTRY_COMPARE_WITH_TIMEOUT(connected.size(), 1, 20000);
    program.write(tunnel("a.example") + "hello");
    QSignalSpy closed(&program, &ByteStream::closed);
    QTRY_COMPARE_WITH_TIMEOUT(closed.size(), 1, 20000);
    QVERIFY(program.isBroken());
    QCOMPARE(last(), u"ALLOW CONNECT a.example bad_answer"_s);
}

void tst_doortunnels::socks_data()
{
    QTest::addColumn<QByteArray>("request"); // PP stands for the origin's port
    QTest::addColumn<int>("reply");
    QTest::addColumn<QString>("entry");
    const auto named = [](const QByteArray &name) -> QByteArray {
        return QByteArray("\5\1\0\3", 4) + char(name.size()) + name + "PP";
    };
    const auto row = [](const char *name, const QByteArray &request, int reply, const QString &entry) {
        QTest::newRow(name) << request << reply << entry;
    };
    row("other name", named("evil.example"), 2, u"BLOCK SOCKS5 evil.example not_whitelisted"_s);
    row("private name", named("private.example"), 2, u"BLOCK SOCKS5 private.example private_address"_s);
    row("no such name", named("none.example"), 4, u"ALLOW SOCKS5 none.example unresolved"_s);
    row("address as a name", named("10.0.0.1"), 2, u"BLOCK SOCKS5 10.0.0.1 ip_literal"_s);
    row("decimal as a name", named("2130706433"), 2, u"BLOCK SOCKS5 2130706433 ip_literal"_s);
    row("IPv4", QByteArray("\5\1\0\1\x0a\0\0\1PP", 10), 2, u"BLOCK SOCKS5 10.0.0.1 ip_literal"_s);
    row("IPv6", QByteArray("\5\1\0\4", 4) + QByteArray(15, '\0') + "\1PP", 2, u"BLOCK SOCKS5 ::1 ip_literal"_s);
    row("UDP", QByteArray("\5\3\0\1\0\0\0\0PP", 10), 7, u"BLOCK SOCKS5  unsupported"_s);
    row("nothing listens", QByteArray("\5\1\0\3\11a.example\0\1", 16), 2, u"BLOCK SOCKS5 a.example port"_s);
}

void tst_doortunnels::socks()
{
    QFETCH(QByteArray, request);
    QFETCH(int, reply);
    QFETCH(QString, entry);
    m_resolver.answers[u"private.example"_s] = {{QHostAddress(u"10.0.0.1"_s)}};
    open({{u"(a|private|none)\\.example"_s}, {}, {}, {u"127.0.0.0/8"_s}, {m_origin->serverPort()}});
    const quint16 port = m_origin->serverPort();
    request.replace("PP", QByteArray(QByteArray(1, char(port >> 8)) + char(port & 0xff)));
    Program program(*m_entrance);
    program.send(QByteArray("\5\2\0\2", 4) + request); // at once, without waiting for the method
    QTRY_VERIFY_WITH_TIMEOUT(program.ended, 20000);
    QCOMPARE(program.received.size(), 12);
    QCOMPARE(int(program.received[3]), reply);
    QCOMPARE(last(), entry);
}

void tst_doortunnels::socksGoesThrough()
{
    m_origin->onData = [](OriginServer::Peer &peer) { peer.socket->write(peer.received); };
    const quint16 port = m_origin->serverPort();
    Program program(*m_entrance);
    const QByteArray all = QByteArray("\5\1\0\5\1\0\3\11a.example", 17) + char(port >> 8) + char(port & 0xff) + "hello";
    program.sendByteByByte(all);
    QTRY_VERIFY_WITH_TIMEOUT(program.received.endsWith("hello"), 20000);
    QCOMPARE(program.received.first(4), QByteArray("\5\0\5\0", 4));
    program.disconnectFromHost();
    QTRY_COMPARE_WITH_TIMEOUT(last(), u"ALLOW SOCKS5 a.example"_s, 20000);
    QVERIFY(m_gate->log().constLast().path.isNull());
}

void tst_doortunnels::curl_data()
{
    QTest::addColumn<QString>("proxy");
    QTest::addColumn<bool>("allowed");
    for (const char *scheme : {"http", "socks5h"}) {
        QTest::addRow("%s", scheme) << QString::fromLatin1(scheme) << true;
        QTest::addRow("%s, refused", scheme) << QString::fromLatin1(scheme) << false;
    }
}

// A real client against a real TLS server, certificates checked.
void tst_doortunnels::curl()
{
    QFETCH(QString, proxy);
    QFETCH(bool, allowed);
    if (QStandardPaths::findExecutable(u"curl"_s).isEmpty())
        QSKIP("there is no curl");
    TlsServer server;
    server.configuration = m_certificates.serverConfiguration(u"server"_s, false);
    QVERIFY(server.listen(QHostAddress::LocalHost));
    m_limits.tlsPorts = {server.serverPort()};
    open({{allowed ? u"a.example"_s : u"b.example"_s}, {}, {}, {u"127.0.0.0/8"_s}, {server.serverPort()}});
    QProcess curl;
    curl.start(u"curl"_s, {u"-sS"_s, u"--noproxy"_s, QString(), u"--proxy"_s,
                           u"%1://127.0.0.1:%2"_s.arg(proxy).arg(m_entrance->serverPort()), u"--cacert"_s,
                           m_certificates.path() + u"/ca.crt"_s, u"https://a.example:%1/"_s.arg(server.serverPort())});
    QSignalSpy finished(&curl, &QProcess::finished);
    QTRY_COMPARE_WITH_TIMEOUT(finished.size(), 1, 20000);
    const QByteArray errors = curl.readAllStandardError();
    QVERIFY2((curl.exitCode() == 0) == allowed, errors.constData());
    QCOMPARE(curl.readAllStandardOutput(), QByteArray(allowed ? "secret\n" : ""));
    if (!allowed && proxy == u"http")
        QVERIFY2(errors.contains("403"), errors.constData());
    const QString method = proxy == u"http" ? u"CONNECT"_s : u"SOCKS5"_s;
    QTRY_COMPARE_WITH_TIMEOUT(
        last(), allowed ? u"ALLOW %1 a.example"_s.arg(method) : u"BLOCK %1 a.example not_whitelisted"_s.arg(method),
        20000);
}

QTEST_GUILESS_MAIN(tst_doortunnels)
#include "tst_doortunnels.moc"
