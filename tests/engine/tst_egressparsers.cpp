// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; egress
// What the door reads from programs: SOCKS5, TLS ClientHellos, requests to a proxy. However it is cut, and broken.
#include <isol8/egress/ClientHello.h>
#include <isol8/egress/Socks5.h>
#include <isol8/egress/Target.h>

#include <QRandomGenerator>
#include <QTest>

using namespace isol8;
using namespace isol8::egress;
using namespace Qt::StringLiterals;

namespace {

QByteArray number(qsizetype value, int bytes)
{
    QByteArray out;
    while (bytes-- > 0)
        out += char(value >> (8 * bytes) & 0xff);
    return out;
}

QByteArray vector(const QByteArray &content, int lengthBytes)
{
    return number(content.size(), lengthBytes) + content;
}

QByteArray extension(int type, const QByteArray &content)
{
    return number(type, 2) + vector(content, 2);
}

QByteArray serverName(const QByteArray &name, char type = 0)
{
    return extension(0, vector(QByteArray(1, type) + vector(name, 2), 2));
}

QByteArray message(const QByteArray &extensions)
{
    return QByteArray("\x03\x03") + QByteArray(32, 'r') + vector(QByteArray(32, 's'), 1) +
           vector("\x13\x01\x13\x02", 2) + vector(QByteArray(1, '\0'), 1) + extensions;
}

QByteArray hello(const QByteArray &extensions)
{
    return '\x01' + vector(message(vector(extensions, 2)), 3);
}

QByteArray records(const QByteArray &handshake, qsizetype size)
{
    QByteArray out;
    for (qsizetype at = 0; at < handshake.size(); at += size)
        out += QByteArray("\x16\x03\x01") + vector(handshake.mid(at, size), 2);
    return out;
}

QByteArray outcome(const ClientHello &parsed)
{
    switch (parsed.status) {
    case ClientHello::Status::NeedMore:
        return "more";
    case ClientHello::Status::Malformed:
        return "malformed";
    case ClientHello::Status::Done:
        break;
    }
    return parsed.serverName ? QByteArray("name " + *parsed.serverName) : QByteArray("none");
}

http::RequestHead headOf(const QByteArray &text)
{
    const http::HeadParse parse = http::parseRequestHead(text, http::TargetForm::Any, ProxyHeadLimit);
    return parse.status == http::HeadParse::Status::Done ? parse.head : http::RequestHead{};
}

} // namespace

class tst_egressparsers : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void clientHello_data();
    void clientHello();
    void clientHelloNoise();
    void greeting_data();
    void greeting();
    void socksRequest_data();
    void socksRequest();
    void targets_data();
    void targets();
    void forwarded_data();
    void forwarded();
    void returned();
    void paths();
};

void tst_egressparsers::clientHello_data()
{
    QTest::addColumn<QByteArray>("input");
    QTest::addColumn<QByteArray>("expected");
    const auto row = [](const char *name, const QByteArray &input, const QByteArray &expected) {
        QTest::newRow(name) << input << expected;
    };
    const QByteArray good = hello(extension(10, "ab") + serverName("a.example") + extension(43, ""));
    row("one record", records(good, 16384), "name a.example");
    row("records of 7", records(good, 7), "name a.example");
    row("records of 1", records(good, 1), "name a.example");
    row("without a name", records(hello(extension(10, "ab")), 16384), "none");
    row("without extensions", records('\x01' + vector(message({}), 3), 100), "none");
    row("empty extensions", records(hello({}), 100), "none");
    row("large", records(hello(extension(21, QByteArray(20000, 'p')) + serverName("b.example")), 16384),
        "name b.example");
    row("too large", records(hello(extension(21, QByteArray(30000, 'p'))), 16384), "malformed");
    row("two name extensions", records(hello(serverName("a.example") + serverName("b.example")), 16384), "malformed");
    row("two names in one",
        records(hello(extension(0, vector(QByteArray(1, 0) + vector("a", 2) + QByteArray(1, 0) + vector("b", 2), 2))),
                16384),
        "malformed");
    row("name of another type", records(hello(serverName("a.example", 1)), 16384), "malformed");
    row("empty name", records(hello(serverName("")), 16384), "malformed");
    row("empty list", records(hello(extension(0, vector("", 2))), 16384), "malformed");
    row("bytes behind the list",
        records(hello(extension(0, vector(QByteArray(1, 0) + vector("a", 2), 2) + "x")), 16384), "malformed");
    row("bytes behind the extensions", records('\x01' + vector(message(vector(serverName("a"), 2)) + "x", 3), 16384),
        "malformed");
    row("bytes behind the message", records(good + "x", 16384), "malformed");
    row("extension that is too long", records(hello(number(0, 2) + number(500, 2) + "x"), 16384), "malformed");
    row("other message", records('\x02' + good.sliced(1), 16384), "malformed");
    row("odd ciphers",
        records('\x01' + vector(QByteArray("\x03\x03") + QByteArray(32, 'r') + vector("", 1) + vector("abc", 2) +
                                    vector("\1", 1),
                                3),
                16384),
        "malformed");
    row("long session",
        records('\x01' + vector(QByteArray("\x03\x03") + QByteArray(32, 'r') + vector(QByteArray(33, 's'), 1) +
                                    vector("ab", 2) + vector("\1", 1),
                                3),
                16384),
        "malformed");
    row("empty message", records(QByteArray("\x01\0\0\0", 4), 16384), "malformed");
    row("empty record", QByteArray("\x16\x03\x01\0\0", 5), "malformed");
    row("huge record", QByteArray("\x16\x03\x01\xff\xff", 5), "malformed");
    row("application data in between", records(good, 40).first(45) + QByteArray("\x17\x03\x03\0\x01x", 6), "malformed");
    row("SSL 2", QByteArray("\x80\x2e\x01\x03\x01", 5), "malformed");
    row("HTTP", "GET / HTTP/1.1\r\n", "malformed");
    row("major version 4", QByteArray("\x16\x04\x01\0\x05", 5), "malformed");
    row("a part", records(good, 16384).chopped(1), "more");
    row("nothing", "", "more");
    row("name with a NUL", records(hello(serverName(QByteArray("a\0b", 3))), 16384), QByteArray("name a\0b", 8));
}

void tst_egressparsers::clientHello()
{
    QFETCH(QByteArray, input);
    QFETCH(QByteArray, expected);
    const ClientHello whole = parseClientHello(input);
    QCOMPARE(outcome(whole), expected);
    if (whole.status == ClientHello::Status::Done) {
        QCOMPARE(whole.consumed, input.size());
        const ClientHello followed = parseClientHello(QByteArray(input + "more"));
        QCOMPARE(outcome(followed), expected);
        QCOMPARE(followed.consumed, input.size());
    }
    // No prefix says anything else than that it is one, or what the whole says.
    for (qsizetype cut = 0; cut<input.size(); cut += input.size()> 2000 ? 97 : 1) {
        const QByteArray part = outcome(parseClientHello(QByteArrayView(input).first(cut)));
        QVERIFY2(part == "more" || (part == "malformed" && expected == "malformed"), part.constData());
    }
}

void tst_egressparsers::clientHelloNoise()
{
    const QByteArray good = records(hello(extension(10, "ab") + serverName("a.example")), 50);
    QRandomGenerator random(3);
    int read = 0;
    for (int i = 0; i < 100000; ++i) {
        QByteArray input = good;
        for (int n = random.bounded(1, 4); n > 0; --n)
            input[random.bounded(int(input.size()))] = char(random.bounded(256));
        const ClientHello parsed = parseClientHello(input);
        QVERIFY(parsed.consumed >= 0 && parsed.consumed <= input.size());
        read += parsed.status == ClientHello::Status::Done;
    }
    QVERIFY(read > 1000); // most of it is random bytes and ciphers, where any byte is as good
}

void tst_egressparsers::greeting_data()
{
    QTest::addColumn<QByteArray>("input");
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("answer");
    const int more = int(socks5::Status::NeedMore), done = int(socks5::Status::Done), no = int(socks5::Status::Refused);
    QTest::newRow("nothing") << QByteArray() << more << QByteArray();
    QTest::newRow("one byte") << QByteArray("\5") << more << QByteArray();
    QTest::newRow("a part") << QByteArray("\5\2\0", 3) << more << QByteArray();
    QTest::newRow("open") << QByteArray("\5\1\0", 3) << done << QByteArray("\5\0", 2);
    QTest::newRow("open or password") << QByteArray("\5\2\2\0", 4) << done << QByteArray("\5\0", 2);
    QTest::newRow("password only") << QByteArray("\5\1\2", 3) << no << QByteArray("\5\xff");
    QTest::newRow("no method") << QByteArray("\5\0", 2) << no << QByteArray("\5\xff");
    QTest::newRow("SOCKS4") << QByteArray("\4\1\0\x50", 4) << no << QByteArray();
}

void tst_egressparsers::greeting()
{
    QFETCH(QByteArray, input);
    QFETCH(int, status);
    QFETCH(QByteArray, answer);
    const socks5::Greeting greeting = socks5::parseGreeting(input);
    QCOMPARE(int(greeting.status), status);
    QCOMPARE(greeting.answer, answer);
    if (greeting.status == socks5::Status::Done)
        QCOMPARE(socks5::parseGreeting(QByteArray(input + "\5\1")).consumed, input.size());
}

void tst_egressparsers::socksRequest_data()
{
    QTest::addColumn<QByteArray>("input");
    QTest::addColumn<QByteArray>("expected"); // host:port, "more", or the reply and the code
    const auto row = [](const char *name, const QByteArray &input, const QByteArray &expected) {
        QTest::newRow(name) << input << expected;
    };
    const auto named = [](const QByteArray &host, int port) -> QByteArray {
        return QByteArray("\5\1\0\3", 4) + vector(host, 1) + number(port, 2);
    };
    row("name", named("A.example.", 443), "a.example:443");
    row("quad as a name", named("127.0.0.1", 80), "127.0.0.1:80"); // an address: the rules refuse it
    row("decimal as a name", named("2130706433", 80), "2 ip_literal");
    row("NUL", named(QByteArray("evil\0.com", 9), 80), "2 bad_host");
    row("CRLF", named("a\r\nb", 80), "2 bad_host");
    row("empty name", named("", 80), "2 bad_host");
    row("port 0", named("a.example", 0), "1 bad_host");
    row("IPv4", QByteArray("\5\1\0\1\x7f\0\0\1\0\x50", 10), "127.0.0.1:80");
    row("IPv6", QByteArray("\5\1\0\4", 4) + QByteArray(15, '\0') + QByteArray("\1\0\x50", 3), "[::1]:80");
    row("IPv4-mapped", QByteArray("\5\1\0\4", 4) + QByteArray(10, '\0') + QByteArray("\xff\xff\x7f\0\0\1\0\x50", 8),
        "2 ip_literal");
    row("bind", QByteArray("\5\2\0\3\1a\0\x50", 8), "7 unsupported");
    row("UDP", QByteArray("\5\3\0\3\1a\0\x50", 8), "7 unsupported");
    row("no such type", QByteArray("\5\1\0\2\1a\0\x50", 8), "8 bad_request");
    row("reserved byte", QByteArray("\5\1\1\3\1a\0\x50", 8), "1 bad_request");
    row("other version", QByteArray("\4\1\0\3\1a\0\x50", 8), "1 bad_request");
    row("a part", named("a.example", 443).chopped(1), "more");
}

void tst_egressparsers::socksRequest()
{
    QFETCH(QByteArray, input);
    QFETCH(QByteArray, expected);
    const auto show = [](const socks5::Request &request) -> QByteArray {
        if (request.status == socks5::Status::NeedMore)
            return QByteArray("more");
        if (request.status == socks5::Status::Refused)
            return QByteArray::number(int(request.reply)) + ' ' + request.refusal.code.toLatin1();
        return request.target.host.forAuthority() + ':' + QByteArray::number(request.target.port);
    };
    QCOMPARE(show(socks5::parseRequest(input)), expected);
    if (socks5::parseRequest(input).status == socks5::Status::Done) {
        QCOMPARE(socks5::parseRequest(QByteArray(input + "rest")).consumed, input.size());
        for (qsizetype cut = 0; cut < input.size(); ++cut)
            QCOMPARE(show(socks5::parseRequest(input.first(cut))), QByteArray("more"));
    }
}

void tst_egressparsers::targets_data()
{
    QTest::addColumn<QByteArray>("line"); // method and target
    QTest::addColumn<QByteArray>("host"); // null: no such field
    QTest::addColumn<QByteArray>("expected");
    const auto row = [](const QByteArray &line, const char *host, const QByteArray &expected) {
        QTest::newRow(QByteArray(line + " | " + (host ? host : "-")).constData())
            << line << QByteArray(host) << expected;
    };
    row("GET http://a.example/x?y=1", "a.example", "a.example:80 /x?y=1");
    row("GET HTTP://A.example.", "a.EXAMPLE", "a.example:80 /");
    row("GET http://a.example?y", "a.example:80", "a.example:80 /?y");
    row("GET http://a.example:81/", "a.example:81", "a.example:81 /");
    row("GET http://a.example:81/", "a.example", "<host_mismatch>");
    row("GET http://a.example/", "b.example", "<host_mismatch>");
    row("GET http://a.example/", "a.example.b.example", "<host_mismatch>");
    row("GET http://a.example/", "", "<bad_host>");
    row("GET http://a.example/", "a.example, b.example", "<bad_host>");
    row("GET http://a.example/", nullptr, "a.example:80 /");
    row("GET http://evil.com#allowed.com/", "allowed.com", "<bad_host>");
    row("GET http://allowed.com@evil.com/", "evil.com", "<bad_host>");
    row("GET http://evil.com\\@allowed.com/", "allowed.com", "<bad_host>");
    row("GET http://evil.com%00.allowed.com/", "allowed.com", "<bad_host>");
    row("GET http://a.example/x#y", "a.example", "<bad_host>");
    row("GET http://[::1]/", "[::1]", "[::1]:80 /");
    row("GET http://127.1/", "127.1", "<ip_literal>");
    row("GET http:///x", "a.example", "<bad_host>");
    row("GET http:/a.example/", "a.example", "<bad_request>");
    row("GET https://a.example/", "a.example", "<unsupported>");
    row("GET ftp://a.example/", "a.example", "<bad_request>");
    row("GET /x", "a.example", "<bad_request>");
    row("OPTIONS *", "a.example", "<bad_request>");
    row("CONNECT a.example:443", "a.example:443", "a.example:443 connect");
    row("CONNECT a.example:443", "a.example", "a.example:443 connect");
    row("CONNECT a.example:443", "a.example:80", "<host_mismatch>");
    row("CONNECT a.example:443", "b.example:443", "<host_mismatch>");
    row("CONNECT a.example", "a.example", "<bad_host>");
    row("CONNECT http://a.example:443", "a.example", "<bad_host>");
    row("CONNECT a.example:443/", "a.example", "<bad_host>");
    row("CONNECT 0x7f.1:443", "0x7f.1", "<ip_literal>");
    row("CONNECT [::ffff:1.2.3.4]:443", "a.example", "<ip_literal>");
}

void tst_egressparsers::targets()
{
    QFETCH(QByteArray, line);
    QFETCH(QByteArray, host);
    QFETCH(QByteArray, expected);
    const http::RequestHead head = headOf(
        line + (host.isNull() ? QByteArray(" HTTP/1.0\r\n") : QByteArray(" HTTP/1.1\r\nHost: " + host + "\r\n")) +
        "\r\n");
    QVERIFY(!head.method.isEmpty());
    const Parsed<Target> parsed = judgeTarget(head);
    QByteArray shown = '<' + parsed.refusal.code.toLatin1() + '>';
    if (parsed.value)
        shown = parsed.value->authority.host.forAuthority() + ':' + QByteArray::number(parsed.value->authority.port) +
                ' ' + (parsed.value->connect ? QByteArray("connect") : parsed.value->path);
    QCOMPARE(shown, expected);
}

void tst_egressparsers::forwarded_data()
{
    QTest::addColumn<QByteArray>("fields");
    QTest::addColumn<QByteArray>("expected");
    const auto row = [](const char *name, const QByteArray &fields, const QByteArray &expected) {
        QTest::newRow(name) << fields << expected;
    };
    row("nothing", "", "");
    row("others", "A: b\r\nCookie: c\r\nAuthorization: d\r\n", "A: b\r\nCookie: c\r\nAuthorization: d\r\n");
    row("the proxy's own", "Proxy-Authorization: Basic eDp5\r\nProxy-Connection: keep-alive\r\nKeep-Alive: 5\r\n", "");
    row("named by Connection", "Connection: close, X-Own\r\nx-own: 1\r\nX-Other: 2\r\n", "X-Other: 2\r\n");
    row("Connection cannot take Host or length", "Connection: Host, Content-Length\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\n");
    row("length is written anew", "content-length: 005\r\n", "Content-Length: 5\r\n");
    row("chunks", "Transfer-Encoding: Chunked\r\nTrailer: x\r\n", "Transfer-Encoding: chunked\r\n");
    row("upgrade", "Connection: Upgrade\r\nUpgrade: websocket\r\n", "Upgrade: websocket\r\nConnection: Upgrade\r\n");
    row("upgrade in capitals", "Connection: UPGRADE\r\nUpgrade: WebSocket\r\n",
        "Upgrade: websocket\r\nConnection: Upgrade\r\n");
    row("upgrade to HTTP/2", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n", "");
    row("upgrade to TLS", "Connection: Upgrade\r\nUpgrade: TLS/1.3\r\n", "");
    row("upgrade to one of two", "Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n", "");
    row("two upgrades", "Connection: Upgrade\r\nUpgrade: h2c\r\nUpgrade: websocket\r\n", "");
    row("upgrade that Connection does not name", "Upgrade: websocket\r\n", "");
    row("trailers are welcome", "TE: gzip, trailers\r\nConnection: TE\r\n", "TE: trailers\r\nConnection: TE\r\n");
}

void tst_egressparsers::forwarded()
{
    QFETCH(QByteArray, fields);
    QFETCH(QByteArray, expected);
    const http::RequestHead head =
        headOf("GET http://a.example:81/x?y HTTP/1.1\r\nHost: A.example:81\r\n" + fields + "\r\n");
    const Parsed<Target> target = judgeTarget(head);
    QVERIFY(target.value);
    QCOMPARE(forwardedHead(head, *target.value), "GET /x?y HTTP/1.1\r\nHost: a.example:81\r\n" + expected + "\r\n");
}

void tst_egressparsers::returned()
{
    const http::ResponseHead head{
        200, "Fine", 1, {{"Server", "x"}, {"Connection", "keep-alive, Own"}, {"own", "1"}, {"Content-Length", "7"}}};
    QCOMPARE(returnedHead(head, "Content-Length: 7\r\n", true),
             QByteArray("HTTP/1.1 200 Fine\r\nServer: x\r\nContent-Length: 7\r\nConnection: close\r\n\r\n"));
    QCOMPARE(lastChunk({{"Sum", "1"}, {"Content-Length", "5"}}), QByteArray("0\r\nSum: 1\r\n\r\n"));
    QCOMPARE(chunk("0123456789abcdef"), QByteArray("10\r\n0123456789abcdef\r\n"));
    QCOMPARE(chunk({}), QByteArray());
}

void tst_egressparsers::paths()
{
    QCOMPARE(loggedPath("/a/b?token=secret"), u"/a/b"_s);
    QCOMPARE(loggedPath(QByteArray(5000, '/')).size(), 1024);
    QCOMPARE(shown("user:secret@host\r\n\xc3"), u"host???"_s);
}

QTEST_APPLESS_MAIN(tst_egressparsers)
#include "tst_egressparsers.moc"
