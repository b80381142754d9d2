// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; egress
// The door against real sockets: what HTTP can do, every disguise that must not get out, and the log of both.
#include <support/Door.h>

#include <QSignalSpy>
#include <QTest>

using namespace isol8;
using namespace isol8::egress;
using namespace isol8::test;
using namespace Qt::StringLiterals;

namespace {

QString summary(const LogEntry &entry)
{
    return u"%1 %2 %3 %4 %5"_s
        .arg(entry.allowed ? u"ALLOW"_s : u"BLOCK"_s, entry.method, entry.host,
             entry.path.isNull() ? u"-"_s : entry.path, entry.reason)
        .trimmed();
}

} // namespace

class tst_gate : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();

    void forwards_data();
    void forwards();
    void keepsConnections();
    void manyHostsOverOneConnection();
    void pipelined();
    void interimAnswers();
    void answerBeforeTheBodyEnds();
    void staleConnectionIsTriedAgain();
    void upgrade();
    void otherUpgrades();
    void serverBreaks_data();
    void serverBreaks();
    void attacks_data();
    void attacks();
    void names_data();
    void names();
    void rebinding();
    void redirectsArePassedAndRefused();
    void noCredentialIsLogged();

private:
    void open(const RuleSet &rules);
    [[nodiscard]] QStringList log() const;
    [[nodiscard]] QByteArray get(const QByteArray &path, const QByteArray &fields = {}) const;

    ScriptedResolver m_resolver;
    std::unique_ptr<Gate> m_gate;
    std::unique_ptr<Entrance> m_entrance;
    std::unique_ptr<OriginServer> m_origin;
};

void tst_gate::init()
{
    m_resolver = {};
    m_resolver.answers[u"a.example"_s] = {{QHostAddress(QHostAddress::LocalHost)}};
    m_resolver.answers[u"b.example"_s] = {{QHostAddress(QHostAddress::LocalHost)}};
    m_gate = std::make_unique<Gate>(&m_resolver);
    m_entrance = std::make_unique<Entrance>(m_gate.get());
    m_origin = std::make_unique<OriginServer>();
    open({{}, {}, {}, {u"127.0.0.0/8"_s}, {m_origin->serverPort()}});
}

void tst_gate::cleanup()
{
    m_entrance.reset();
    m_gate.reset();
    m_origin.reset();
}

void tst_gate::open(const RuleSet &rules)
{
    const auto compiled = HostRules::compile(rules);
    QVERIFY2(compiled, compiled ? "" : qPrintable(compiled.error().message));
    m_gate->setRules(*compiled);
}

QStringList tst_gate::log() const
{
    QStringList lines;
    for (const LogEntry &entry : m_gate->log())
        lines.append(summary(entry));
    return lines;
}

QByteArray tst_gate::get(const QByteArray &path, const QByteArray &fields) const
{
    const QByteArray host = m_origin->at("a.example");
    return "GET http://" + host + path + " HTTP/1.1\r\nHost: " + host + "\r\n" + fields + "\r\n";
}

void tst_gate::forwards_data()
{
    QTest::addColumn<QByteArray>("request");  // HOST stands for the origin
    QTest::addColumn<QByteArray>("expected"); // what the origin gets
    QTest::addColumn<QByteArray>("answer");
    QTest::addColumn<QByteArray>("returned"); // what the program gets
    QTest::addColumn<bool>("closes");         // the server, behind its answer
    const auto row = [](const char *name, const QByteArray &request, const QByteArray &expected,
                        const QByteArray &answer, const QByteArray &returned, bool closes = false) {
        QTest::newRow(name) << request << expected << answer << returned << closes;
    };
    const QByteArray ask = "GET http://HOST/x?y HTTP/1.1\r\nHost: HOST\r\n\r\n";
    const QByteArray asked = "GET /x?y HTTP/1.1\r\nHost: HOST\r\n\r\n";
    const QByteArray ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    row("plain", ask, asked, ok, ok);
    row("fields of one connection", "GET http://HOST/ HTTP/1.1\r\nHost: HOST\r\nProxy-Connection: x\r\nA: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: HOST\r\nA: b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Own\r\nX-Own: 1\r\nB: c\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nB: c\r\nContent-Length: 0\r\n\r\n");
    row("body", "POST http://HOST/ HTTP/1.1\r\nHost: HOST\r\nContent-Length: 5\r\n\r\nhello",
        "POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 5\r\n\r\nhello", ok, ok);
    row("chunks and trailers",
        "POST http://HOST/ HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n5;ext=1\r\nhello\r\n0\r\nSum: "
        "1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nSum: 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nSum: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nSum: 2\r\n\r\n");
    row("HEAD", "HEAD http://HOST/ HTTP/1.1\r\nHost: HOST\r\n\r\n", "HEAD / HTTP/1.1\r\nHost: HOST\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n");
    row("204", ask, asked, "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n");
    row("304", ask, asked, "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n",
        "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n");
    row("until the end", ask, asked, "HTTP/1.1 200 OK\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", true);
    row("HTTP/1.0 server", ask, asked, "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", ok, true);
    row("HTTP/1.0 program", "GET http://HOST/ HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nHost: HOST\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nok");
    row("program closes", "GET http://HOST/ HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: HOST\r\n\r\n", ok,
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
}

void tst_gate::forwards()
{
    QFETCH(QByteArray, request);
    QFETCH(QByteArray, expected);
    QFETCH(QByteArray, answer);
    QFETCH(QByteArray, returned);
    QFETCH(bool, closes);
    const QByteArray host = m_origin->at("a.example");
    request.replace("HOST", host);
    expected.replace("HOST", host);
    for (const bool bytewise : {false, true}) {
        OriginServer &origin = *m_origin;
        origin.peers.clear();
        origin.onData = [&](OriginServer::Peer &peer) {
            if (peer.received.size() != expected.size())
                return;
            for (qsizetype i = 0; i < (bytewise ? answer.size() : 0); ++i) {
                peer.socket->write(answer.mid(i, 1));
                peer.socket->flush();
            }
            if (!bytewise)
                peer.socket->write(answer);
            if (closes)
                peer.socket->disconnectFromHost();
        };
        Program program(*m_entrance);
        if (bytewise)
            program.sendByteByByte(request);
        else
            program.send(request);
        if (bytewise && returned.contains("chunked")) // where its chunks are cut, does not matter
            QTRY_VERIFY_WITH_TIMEOUT(program.received.endsWith("\r\n\r\n") && program.received.contains("\r\n0\r\n"),
                                     20000);
        else
            QTRY_COMPARE_WITH_TIMEOUT(program.received, returned, 20000);
        QCOMPARE(origin.received(), expected);
        QTRY_COMPARE_WITH_TIMEOUT(program.ended, returned.contains("Connection: close"), 20000);
        if (!bytewise) {
            QCOMPARE(m_gate->log().size(), 1);
            const LogEntry &entry = m_gate->log().first();
            QVERIFY(entry.allowed && entry.reason.isEmpty());
            QCOMPARE(entry.bytesOut, expected.size());
            QCOMPARE(entry.bytesIn, answer.size());
            QCOMPARE(entry.port, int(origin.serverPort()));
        }
    }
}

void tst_gate::keepsConnections()
{
    m_origin->onData = [](OriginServer::Peer &peer) {
        if (peer.received.endsWith("\r\n\r\n"))
            peer.socket->write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
    };
    Program program(*m_entrance);
    for (int i = 1; i <= 5; ++i) {
        program.send(get("/" + QByteArray::number(i)));
        QTRY_COMPARE_WITH_TIMEOUT(program.received.count("200 OK"), i, 20000);
    }
    QCOMPARE(m_origin->peers.size(), 1);
    QCOMPARE(m_resolver.asked.size(), 1);
    QCOMPARE(log().size(), 5);
    QCOMPARE(log().last(), u"ALLOW GET a.example /5"_s);
    QCOMPARE(m_gate->statistics().connections, 1);
}

// Each request is decided anew.
void tst_gate::manyHostsOverOneConnection()
{
    open({{u"a.example"_s, u"b.example"_s}, {}, {}, {u"127.0.0.0/8"_s}, {m_origin->serverPort()}});
    m_origin->onData = [](OriginServer::Peer &peer) {
        if (peer.received.endsWith("\r\n\r\n"))
            peer.socket->write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
    };
    Program program(*m_entrance);
    QByteArray request = get("/");
    program.send(request);
    QTRY_COMPARE_WITH_TIMEOUT(program.received.count("200 OK"), 1, 20000);
    program.send(request.replace("a.example", "b.example"));
    QTRY_COMPARE_WITH_TIMEOUT(program.received.count("200 OK"), 2, 20000);
    program.send(request.replace("b.example", "evil.example"));
    QTRY_VERIFY_WITH_TIMEOUT(program.received.contains("X-Isol8-Reason: not_whitelisted"), 20000);
    QTRY_VERIFY_WITH_TIMEOUT(program.ended, 20000);
    QCOMPARE(log(), (QStringList{u"ALLOW GET a.example /"_s, u"ALLOW GET b.example /"_s,
                                 u"BLOCK GET evil.example / not_whitelisted"_s}));
    QCOMPARE(m_resolver.asked, (QStringList{u"a.example"_s, u"b.example"_s})); // what is refused is not looked up
}

void tst_gate::pipelined()
{
    m_origin->onData = [](OriginServer::Peer &peer) {
        if (peer.received.endsWith("\r\n\r\n"))
            peer.socket->write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
    };
    Program program(*m_entrance);
    program.send(get("/").repeated(500));
    QTRY_COMPARE_WITH_TIMEOUT(program.received.count("200 OK"), 500, 20000);
    QCOMPARE(log().size(), 500);
}

void tst_gate::interimAnswers()
{
    m_origin->onData = [](OriginServer::Peer &peer) {
        if (peer.received.endsWith("\r\n\r\n"))
            peer.socket->write("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n");
        else if (peer.received.endsWith("body"))
            peer.socket->write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    };
    Program program(*m_entrance);
    const QByteArray host = m_origin->at("a.example");
    program.send("PUT http://" + host + "/ HTTP/1.1\r\nHost: " + host +
                 "\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
    const QByteArray hints = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
    QTRY_COMPARE_WITH_TIMEOUT(program.received, hints, 20000);
    QVERIFY(m_origin->received().contains("Expect: 100-continue"));
    program.send("body");
    QTRY_COMPARE_WITH_TIMEOUT(program.received, QByteArray(hints + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
                              20000);
}

void tst_gate::answerBeforeTheBodyEnds()
{
    m_origin->onData = [](OriginServer::Peer &peer) {
        if (peer.received.size() < 10000)
            peer.socket->write("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nno!");
    };
    Program program(*m_entrance);
    const QByteArray host = m_origin->at("a.example");
    program.send("PUT http://" + host + "/ HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 100000000\r\n\r\n");
    QTRY_COMPARE_WITH_TIMEOUT(program.received,
                              QByteArray("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno!"),
                              20000);
    QTRY_VERIFY_WITH_TIMEOUT(program.ended, 20000);
    QCOMPARE(log(), QStringList{u"ALLOW PUT a.example /"_s});
}

void tst_gate::staleConnectionIsTriedAgain()
{
    m_origin->onData = [this](OriginServer::Peer &peer) {
        if (peer.received.count("GET ") == 2) // the second request over the first connection
            peer.socket->abort();
        else
            peer.socket->write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" +
                               QByteArray::number(m_origin->peers.size()));
    };
    Program program(*m_entrance);
    program.send(get("/1"));
    QTRY_VERIFY_WITH_TIMEOUT(program.received.endsWith('1'), 20000);
    program.send(get("/2"));
    QTRY_VERIFY_WITH_TIMEOUT(program.received.endsWith('2'), 20000);
    QCOMPARE(log(), (QStringList{u"ALLOW GET a.example /1"_s, u"ALLOW GET a.example /2"_s}));
}

void tst_gate::upgrade()
{
    m_origin->onData = [](OriginServer::Peer &peer) {
        if (peer.received.endsWith("\r\n\r\n"))
            peer.socket->write("HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\nfirst ");
        else
            peer.socket->write(peer.received.right(4));
    };
    Program program(*m_entrance);
    program.send(get("/ws", "Connection: Upgrade\r\nUpgrade: WebSocket\r\n"));
    QTRY_COMPARE_WITH_TIMEOUT(
        program.received,
        QByteArray("HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nfirst "), 20000);
    program.send("GET "); // is no HTTP any more
    QTRY_VERIFY_WITH_TIMEOUT(program.received.endsWith("first GET "), 20000);
    program.disconnectFromHost();
    QTRY_COMPARE_WITH_TIMEOUT(log(), QStringList{u"ALLOW GET a.example /ws"_s}, 20000);
}

// What others than WebSocket would carry names hosts that nobody looks at: HTTP/2's requests, TLS within HTTP.
void tst_gate::otherUpgrades()
{
    m_origin->onData = [](OriginServer::Peer &peer) {
        peer.socket->write("HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n");
    };
    Program program(*m_entrance);
    program.send(get("/", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"));
    QTRY_VERIFY_WITH_TIMEOUT(program.ended, 20000);
    QVERIFY2(program.received.startsWith("HTTP/1.1 502 "), program.received.constData());
    QVERIFY(!m_origin->received().toLower().contains("upgrade") && !m_origin->received().contains("HTTP2"));
    QCOMPARE(log(), QStringList{u"ALLOW GET a.example / bad_answer"_s});
}

void tst_gate::serverBreaks_data()
{
    QTest::addColumn<QByteArray>("answer");
    QTest::addColumn<QByteArray>("returned"); // its beginning
    QTest::newRow("nothing") << QByteArray() << QByteArray("HTTP/1.1 502 ");
    QTest::newRow("no HTTP") << QByteArray("SSH-2.0-x\r\n") << QByteArray("HTTP/1.1 502 ");
    QTest::newRow("half a head") << QByteArray("HTTP/1.1 200 OK\r\nA") << QByteArray("HTTP/1.1 502 ");
    QTest::newRow("two lengths") << QByteArray("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab")
                                 << QByteArray("HTTP/1.1 502 ");
    QTest::newRow("smuggled") << QByteArray(
                                     "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n")
                              << QByteArray("HTTP/1.1 502 ");
    QTest::newRow("folded") << QByteArray("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n") << QByteArray("HTTP/1.1 502 ");
    QTest::newRow("101 unasked") << QByteArray("HTTP/1.1 101 Switch\r\n\r\n") << QByteArray("HTTP/1.1 502 ");
    QTest::newRow("half a body") << QByteArray("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
                                 << QByteArray("HTTP/1.1 200 OK\r\n");
}

void tst_gate::serverBreaks()
{
    QFETCH(QByteArray, answer);
    QFETCH(QByteArray, returned);
    m_origin->onData = [&](OriginServer::Peer &peer) {
        peer.socket->write(answer);
        peer.socket->disconnectFromHost();
    };
    Program program(*m_entrance);
    program.send(get("/"));
    QTRY_VERIFY_WITH_TIMEOUT(program.ended, 20000);
    QVERIFY2(program.received.startsWith(returned), program.received.constData());
    QCOMPARE(log(), QStringList{u"ALLOW GET a.example / bad_answer"_s});
}

void tst_gate::attacks_data()
{
    QTest::addColumn<QByteArray>("request"); // PORT stands for the origin's
    QTest::addColumn<QByteArray>("status");
    QTest::addColumn<QString>("entry");
    const auto row = [](const char *name, const QByteArray &request, const QByteArray &status, const QString &entry) {
        QTest::newRow(name) << request << status << entry;
    };
    const auto ask = [](const QByteArray &authority, const QByteArray &host) -> QByteArray {
        return "GET http://" + authority + "/ HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
    };
    const auto tunnel = [](const QByteArray &authority) -> QByteArray {
        return "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n\r\n";
    };
    const QByteArray a = "a.example:PORT";
    row("not on the whitelist", ask("evil.com:PORT", "evil.com:PORT"), "403",
        u"BLOCK GET evil.com / not_whitelisted"_s);
    row("other port", ask("a.example:22", "a.example:22"), "403", u"BLOCK GET a.example / port"_s);
    row("CONNECT to another port", tunnel("a.example:22"), "403", u"BLOCK CONNECT a.example - port"_s);
    row("CONNECT to an address", tunnel("10.0.0.1:PORT"), "403", u"BLOCK CONNECT 10.0.0.1 - ip_literal"_s);
    row("CONNECT to a public address", tunnel("1.1.1.1:PORT"), "403", u"BLOCK CONNECT 1.1.1.1 - ip_literal"_s);
    row("decimal", tunnel("2130706433:PORT"), "403", u"BLOCK CONNECT 2130706433:PORT - ip_literal"_s);
    row("octal", tunnel("0177.0.0.1:PORT"), "403", u"BLOCK CONNECT 0177.0.0.1:PORT - ip_literal"_s);
    row("hexadecimal", tunnel("0x7f000001:PORT"), "403", u"BLOCK CONNECT 0x7f000001:PORT - ip_literal"_s);
    row("short", tunnel("127.1:PORT"), "403", u"BLOCK CONNECT 127.1:PORT - ip_literal"_s);
    row("IPv6", tunnel("[2606:4700::1111]:PORT"), "403", u"BLOCK CONNECT 2606:4700::1111 - ip_literal"_s);
    row("IPv4-mapped", tunnel("[::ffff:10.0.0.1]:PORT"), "403", u"BLOCK CONNECT [::ffff:10.0.0.1]:PORT - ip_literal"_s);
    row("metadata address", ask("169.254.169.254:PORT", "169.254.169.254:PORT"), "403",
        u"BLOCK GET 169.254.169.254 / ip_literal"_s);
    row("Docker's bridge", ask("172.17.0.1:PORT", "172.17.0.1:PORT"), "403", u"BLOCK GET 172.17.0.1 / ip_literal"_s);
    row("localhost with a dot", tunnel("LOCALHOST.:PORT"), "403", u"BLOCK CONNECT localhost - not_whitelisted"_s);
    row("look-alike", tunnel("xn--example-6cd.com:PORT"), "403",
        u"BLOCK CONNECT xn--example-6cd.com - not_whitelisted"_s);
    row("mixed scripts", ask("a.ex\xd0\xb0mple:PORT", "a.ex\xd0\xb0mple:PORT"), "400", u"BLOCK   - bad_request"_s);
    row("A-label of mixed scripts", ask("a.xn--exmple-4nf:PORT", "a.xn--exmple-4nf:PORT"), "403",
        u"BLOCK GET a.xn--exmple-4nf / not_whitelisted"_s);
    row("number sign", ask("evil.com#a.example:PORT", a), "400",
        u"BLOCK GET http://evil.com#a.example:PORT/ - bad_host"_s);
    row("userinfo", ask("a.example@evil.com:PORT", "evil.com:PORT"), "403", u"BLOCK GET evil.com:PORT/ - bad_host"_s);
    row("NUL in a name", QByteArray("CONNECT evil.com~.a.example:80 HTTP/1.1\r\nHost: x\r\n\r\n").replace('~', '\0'),
        "400", u"BLOCK   - bad_request"_s);
    row("CRLF in a name", "CONNECT a.example\r\n:443 HTTP/1.1\r\nHost: x\r\n\r\n", "400", u"BLOCK   - bad_request"_s);
    row("escaped CRLF in a name", tunnel("a.example%0d%0a:PORT"), "403",
        u"BLOCK CONNECT a.example%0d%0a:PORT - bad_host"_s);
    row("Host unlike the target", ask(a, "evil.com:PORT"), "403", u"BLOCK GET a.example / host_mismatch"_s);
    row("Host with another port", ask(a, "a.example:81"), "403", u"BLOCK GET a.example / host_mismatch"_s);
    row("Host unlike CONNECT", "CONNECT a.example:PORT HTTP/1.1\r\nHost: evil.com\r\n\r\n", "403",
        u"BLOCK CONNECT a.example - host_mismatch"_s);
    row("two Hosts", "GET http://a.example:PORT/ HTTP/1.1\r\nHost: a.example:PORT\r\nHost: evil.com\r\n\r\n", "400",
        u"BLOCK   - bad_request"_s);
    row("no Host", "GET http://a.example:PORT/ HTTP/1.1\r\n\r\n", "400", u"BLOCK   - bad_request"_s);
    row("https in the open", "GET https://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n", "400",
        u"BLOCK GET https://a.example/ - unsupported"_s);
    row("a path", "GET / HTTP/1.1\r\nHost: a.example:PORT\r\n\r\n", "400", u"BLOCK GET / - bad_request"_s);
    const QByteArray post = "POST http://a.example:PORT/ HTTP/1.1\r\nHost: a.example:PORT\r\n";
    row("length and chunks", post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /evil", "400",
        u"BLOCK   - bad_request"_s);
    row("two lengths", post + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde", "400", u"BLOCK   - bad_request"_s);
    row("odd length", post + "Content-Length: +4\r\n\r\nabcd", "400", u"BLOCK   - bad_request"_s);
    row("folded field", post + "A: b\r\n c\r\n\r\n", "400", u"BLOCK   - bad_request"_s);
    row("blank before the colon", post + "Content-Length : 4\r\n\r\nabcd", "400", u"BLOCK   - bad_request"_s);
    row("bare line feed", post + "A: b\nContent-Length: 4\r\n\r\nabcd", "400", u"BLOCK   - bad_request"_s);
    row("unknown coding", post + "Transfer-Encoding: xchunked\r\n\r\n", "501", u"BLOCK   - bad_request"_s);
    row("bad chunks", post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", "400",
        u"BLOCK POST a.example / bad_request"_s);
    row("overflowing chunk", post + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", "400",
        u"BLOCK POST a.example / bad_request"_s);
    row("chunk that is longer than it says", post + "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n", "400",
        u"BLOCK POST a.example / bad_request"_s);
    row("CONNECT with a body", "CONNECT a.example:PORT HTTP/1.1\r\nHost: a.example\r\nContent-Length: 4\r\n\r\nabcd",
        "400", u"BLOCK CONNECT a.example - bad_request"_s);
    row("endless head", "GET http://a.example/ HTTP/1.1\r\nA: " + QByteArray(40000, 'x'), "431",
        u"BLOCK   - bad_request"_s);
    row("TLS to the proxy", QByteArray::fromHex("16030100a5010000a1030300") + QByteArray(33000, 'x'), "431",
        u"BLOCK   - bad_request"_s);
    row("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505", u"BLOCK   - bad_request"_s);
    row("a second request in the first one's body",
        post + "Content-Length: 5\r\n\r\nhelloGET http://evil.com:PORT/ HTTP/1.1\r\nHost: evil.com:PORT\r\n\r\n", "403",
        u"BLOCK GET evil.com / not_whitelisted"_s);
}

void tst_gate::attacks()
{
    QFETCH(QByteArray, request);
    QFETCH(QByteArray, status);
    QFETCH(QString, entry);
    open({{u"a\\.example"_s, u"10.*|1\\..*|2606:.*"_s}, {}, {}, {u"127.0.0.0/8"_s}, {m_origin->serverPort(), 80, 443}});
    const QByteArray port = QByteArray::number(m_origin->serverPort());
    request.replace("PORT", port);
    entry.replace(u"PORT"_s, QString::fromLatin1(port));
    m_origin->onData = [](OriginServer::Peer &peer) {
        if (peer.received.endsWith("hello"))
            peer.socket->write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    };
    QSignalSpy refused(m_gate.get(), &Gate::refused);
    Program program(*m_entrance);
    program.send(request);
    QTRY_VERIFY_WITH_TIMEOUT(program.ended, 20000);
    const qsizetype begin = program.received.lastIndexOf("HTTP/1.1 ");
    QCOMPARE(program.received.mid(begin + 9, 3), status);
    QCOMPARE(log().constLast(), entry);
    QCOMPARE(m_gate->log().constLast().allowed, false);
    if (m_gate->log().constLast().reason == reasons::HostMismatch)
        QCOMPARE(m_gate->log().constLast().port, m_origin->serverPort());
    QVERIFY(program.received.contains(
        QByteArray("\r\nX-Isol8-Reason: " + m_gate->log().constLast().reason.toLatin1() + "\r\n")));
    QCOMPARE(refused.size(), 1);
    QVERIFY(program.received.endsWith(QByteArray(refused[0][1].toString().toUtf8() + '\n')));
    for (const auto &peer : std::as_const(m_origin->peers))
        QVERIFY(!peer->received.contains("evil"));
}

void tst_gate::names_data()
{
    QTest::addColumn<QStringList>("addresses");
    QTest::addColumn<QByteArray>("answer");
    QTest::addColumn<QString>("reason");
    const auto row = [](const char *name, const QStringList &addresses, const QByteArray &answer, QStringView reason) {
        QTest::newRow(name) << addresses << answer << reason.toString();
    };
    for (const char *address : {"127.0.0.1", "10.0.0.1", "172.17.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1",
                                "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fd00:ec2::254",
                                "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"})
        row(address, {QString::fromLatin1(address)}, "403", reasons::PrivateAddress);
    row("all private", {u"10.0.0.1"_s, u"::1"_s}, "403", reasons::PrivateAddress);
    row("no address", {}, "502", reasons::Unresolved);
}

void tst_gate::names()
{
    QFETCH(QStringList, addresses);
    QFETCH(QByteArray, answer);
    QFETCH(QString, reason);
    open({{}, {}, {}, {}, {m_origin->serverPort()}}); // nothing is exempt
    QList<QHostAddress> list;
    for (const QString &address : addresses)
        list.append(QHostAddress(address));
    m_resolver.answers[u"a.example"_s] = {list};
    Program program(*m_entrance);
    program.send(get("/"));
    QTRY_VERIFY_WITH_TIMEOUT(program.ended, 20000);
    QVERIFY2(program.received.startsWith(QByteArray("HTTP/1.1 " + answer)), program.received.constData());
    QCOMPARE(m_gate->log().constLast().reason, reason);
    QCOMPARE(m_gate->log().constLast().allowed, reason == reasons::Unresolved);
    QCOMPARE(m_origin->peers.size(), 0);
}

// A name that is harmless when it is checked must not become another one when it is connected to: there is one
// question.
void tst_gate::rebinding()
{
    const QHostAddress other(u"127.0.0.2"_s);
    OriginServer trap(other);
    open({{}, {}, {}, {u"127.0.0.1/32"_s}, {m_origin->serverPort(), trap.serverPort()}});
    m_resolver.answers[u"a.example"_s] = {{QHostAddress(u"127.0.0.1"_s)}, {other}};
    m_origin->onData = [](OriginServer::Peer &peer) {
        peer.socket->write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    };
    Program program(*m_entrance);
    program.send(get("/1"));
    QTRY_COMPARE_WITH_TIMEOUT(program.received.count("200 OK"), 1, 20000);
    QCOMPARE(m_resolver.asked.size(), 1);
    program.send(get("/2"));
    QTRY_VERIFY_WITH_TIMEOUT(program.ended, 20000);
    QCOMPARE(m_resolver.asked.size(), 2);
    QCOMPARE(log(), (QStringList{u"ALLOW GET a.example /1"_s, u"BLOCK GET a.example /2 private_address"_s}));
    // Of several addresses only those that were found good are tried.
    m_resolver.answers[u"b.example"_s] = {{other, QHostAddress(u"127.0.0.1"_s)}};
    Program mixed(*m_entrance);
    mixed.send(get("/3").replace("a.example", "b.example"));
    QTRY_COMPARE_WITH_TIMEOUT(mixed.received.count("200 OK"), 1, 20000);
    QCOMPARE(trap.peers.size(), 0);
}

void tst_gate::redirectsArePassedAndRefused()
{
    const QByteArray to = "http://10.0.0.1:" + QByteArray::number(m_origin->serverPort());
    m_origin->onData = [to](OriginServer::Peer &peer) {
        peer.socket->write("HTTP/1.1 302 Found\r\nLocation: " + to + "/\r\nContent-Length: 0\r\n\r\n");
    };
    Program program(*m_entrance);
    program.send(get("/"));
    QTRY_VERIFY_WITH_TIMEOUT(program.received.contains("302 Found"), 20000);
    program.send("GET " + to + "/ HTTP/1.1\r\nHost: " + to.mid(7) + "\r\n\r\n");
    QTRY_VERIFY_WITH_TIMEOUT(program.ended, 20000);
    QCOMPARE(log().constLast(), u"BLOCK GET 10.0.0.1 / ip_literal"_s);
}

void tst_gate::noCredentialIsLogged()
{
    QStringList sentences;
    connect(m_gate.get(), &Gate::refused, this, [&](const LogEntry &, const QString &text) { sentences += text; });
    m_origin->onData = [](OriginServer::Peer &peer) {
        peer.socket->write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    };
    const QByteArray host = m_origin->at("a.example");
    const QByteArrayList requests{
        get("/path?token=hunter2", "Authorization: Bearer hunter2\r\nProxy-Authorization: Basic hunter2\r\n"),
        "GET http://user:hunter2@" + host + "/ HTTP/1.1\r\nHost: " + host + "\r\n\r\n",
        "GET http://evil.com:22/?token=hunter2 HTTP/1.1\r\nHost: " + host + "\r\n\r\n",
        "GET https://a.example/?token=hunter2 HTTP/1.1\r\nHost: " + host + "\r\n\r\n",
        "CONNECT user:hunter2@a.example:443 HTTP/1.1\r\nHost: " + host + "\r\n\r\n"};
    for (const QByteArray &request : requests) {
        Program program(*m_entrance);
        program.send(request);
        QTRY_VERIFY_WITH_TIMEOUT(program.received.startsWith("HTTP/1.1 "), 20000);
    }
    QTRY_COMPARE_WITH_TIMEOUT(m_gate->log().size(), requests.size(), 20000);
    QCOMPARE(m_gate->log().constFirst().path, u"/path"_s);
    for (const LogEntry &entry : m_gate->log())
        QVERIFY2(!QVariant(entry.toJson().toVariantMap()).value<QVariantMap>().values().contains(u"hunter2"_s) &&
                     !summary(entry).contains(u"hunter2"_s),
                 qPrintable(summary(entry)));
    QVERIFY(!sentences.isEmpty() && !sentences.join(u' ').contains(u"hunter2"_s));
    QVERIFY(m_origin->received().contains("Authorization: Bearer hunter2") && !m_origin->received().contains("Basic"));
}

QTEST_GUILESS_MAIN(tst_gate)
#include "tst_gate.moc"
