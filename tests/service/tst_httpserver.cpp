// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; service; websockets
#include <service/http/Exchange.h>
#include <service/http/Listener.h>
#include <service/http/Router.h>

#include <QElapsedTimer>
#include <QLocalSocket>
#include <QPointer>
#include <QSignalSpy>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>
#include <QWebSocket>

#include <memory>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

using namespace isol8;
using namespace isol8::service;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

namespace {

// A client that sends what it is told and keeps what comes.
class Client
{
public:
    explicit Client(const QString &path, quint16 port)
    {
        if (!path.isEmpty()) {
            auto *local = new QLocalSocket;
            m_socket.reset(local);
            local->connectToServer(path);
        } else {
            auto *tcp = new QTcpSocket;
            m_socket.reset(tcp);
            tcp->connectToHost(u"127.0.0.1"_s, port);
            tcp->waitForConnected(5000);
        }
        QObject::connect(m_socket.get(), &QIODevice::readyRead, m_socket.get(),
                         [this] { received += m_socket->readAll(); });
        QObject::connect(m_socket.get(), &QIODevice::readChannelFinished, m_socket.get(), [this] { closed = true; });
    }
    void send(const QByteArray &bytes) { m_socket->write(bytes); }
    [[nodiscard]] qint64 unsent() const { return m_socket->bytesToWrite(); }
    void stopReading()
    {
        m_socket->disconnect();
        if (auto *local = qobject_cast<QLocalSocket *>(m_socket.get()))
            local->setReadBufferSize(1024);
        else if (auto *tcp = qobject_cast<QTcpSocket *>(m_socket.get()))
            tcp->setReadBufferSize(1024);
    }
    void drop()
    {
        if (auto *local = qobject_cast<QLocalSocket *>(m_socket.get()))
            local->abort();
        else if (auto *tcp = qobject_cast<QTcpSocket *>(m_socket.get()))
            tcp->abort();
    }
    //! Without fields that are the same in each answer.
    [[nodiscard]] QByteArray answer() const { return QByteArray(received).replace(serverField(), ""); }

    QByteArray received;
    bool closed = false;

private:
    std::unique_ptr<QIODevice> m_socket;
};

QByteArray get(const QByteArray &path, const QByteArray &fields = {})
{
    return "GET " + path + " HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n";
}

QByteArray post(const QByteArray &path, const QByteArray &body)
{
    return "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + QByteArray::number(body.size()) + "\r\n\r\n" +
           body;
}

} // namespace

/*
    What is between clients and handlers, in this process, on a Unix socket and on TCP: order, limits, streams,
   upgrades, and clients that leave, stall or flood.
*/
class tst_httpserver : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase_data();
    void init();
    void cleanup();

    void exchanges_data();
    void exchanges();
    void paths_data();
    void paths();
    void streamedBody_data();
    void streamedBody();
    void streamedBodyWaits();
    void streamedBodyIsAnsweredEarly();
    void brokenStreamedBody_data();
    void brokenStreamedBody();
    void gateComesBeforeTheBody();
    void answerOfKnownLength_data();
    void answerOfKnownLength();
    void answersInOrder();
    void refusedBodyIsNotRead();
    void continueIsAsked();
    void bodiesAtTheGate_data();
    void bodiesAtTheGate();
    void bodiesInAll();
    void messagesInAll();
    void lateGate();
    void tellsWhatWasServed();
    void slowHead();
    void dribblingBody();
    void idleConnectionIsClosed();
    void clientThatLeaves();
    void clientThatDoesNotRead();
    void connectionLimit();
    void stopListeningLetsRequestsFinish();
    void webSocket();
    void webSocketRefused_data();
    void webSocketRefused();

private:
    Client connectClient() { return Client(m_path, m_port); }

    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_path;
    quint16 m_port = 0;
    ServerLimits m_limits;
    std::unique_ptr<Router> m_router;
    Listener *m_listener = nullptr;
    QPointer<Exchange> m_kept;
    std::unique_ptr<http::WebSocket> m_webSocket;
    QByteArrayList m_messages;
    QByteArray m_body;
    bool m_pauses = false;
};

void tst_httpserver::initTestCase_data()
{
    QTest::addColumn<bool>("unix");
    QTest::newRow("unix") << true;
    QTest::newRow("tcp") << false;
}

void tst_httpserver::init()
{
    QFETCH_GLOBAL(bool, unix);
    m_folder = std::make_unique<QTemporaryDir>();
    m_path = unix ? m_folder->filePath(u"s"_s) : QString();
    m_port = 0;
    m_limits = {};
    m_limits.body = 1000;
    m_limits.connections = 5;
    m_limits.headTimeout = 300ms;
    m_limits.bodyTimeout = 300ms;
    m_limits.idleTimeout = 300ms;
    m_limits.writeTimeout = 300ms;

    const int fd = ::socket(unix ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (unix) {
        sockaddr_un address = {};
        address.sun_family = AF_UNIX;
        qstrncpy(address.sun_path, m_path.toLocal8Bit().constData(), sizeof address.sun_path);
        QCOMPARE(::bind(fd, reinterpret_cast<sockaddr *>(&address), sizeof address), 0);
    } else {
        sockaddr_in address = {};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        QCOMPARE(::bind(fd, reinterpret_cast<sockaddr *>(&address), size), 0);
        QCOMPARE(::getsockname(fd, reinterpret_cast<sockaddr *>(&address), &size), 0);
        m_port = ntohs(address.sin_port);
    }
    QCOMPARE(::listen(fd, 100), 0);
    m_router = std::make_unique<Router>();
    m_listener = new Listener(m_limits);
    QVERIFY(m_listener->adopt(fd));
    if (unix)
        m_listener->setOnlyPeer(::geteuid());
    m_router->bind(m_listener);
    connect(m_listener, &Listener::requested, m_router.get(), &Router::dispatch);

    m_router->add("GET", u"/hello"_s, [](Exchange *exchange) { exchange->respond(200, "text/plain", "hello"); });
    m_router->add("POST", u"/echo"_s,
                  [](Exchange *exchange) { exchange->respond(200, "text/plain", exchange->takeBody()); });
    m_router->add("GET", u"/slow"_s, [](Exchange *exchange) {
        QTimer::singleShot(50ms, exchange, [exchange] { exchange->respond(200, "text/plain", "slow"); });
    });
    m_router->add("GET", u"/stream"_s, [](Exchange *exchange) {
        exchange->startStream("text/plain");
        exchange->write("one");
        QTimer::singleShot(10ms, exchange, [exchange] {
            exchange->write("two");
            exchange->end();
        });
    });
    const auto showArguments = [](Exchange *exchange) {
        exchange->respond(200, "text/plain", exchange->arguments().join(u'|').toUtf8());
    };
    m_router->add("GET", u"/a/<arg>"_s, showArguments);
    m_router->add("DELETE", u"/a/<arg>"_s, showArguments);
    m_router->add("GET", u"/a/<arg>/b/<arg>"_s, showArguments);
    m_router->add("GET", u"/a/<arg>/f.tar"_s, showArguments);
    m_router->add("GET", u"/a/<arg>/f/<rest>"_s, showArguments);
    m_router->add("GET", u"/r/<rest>"_s, showArguments);
    // Tells each part's size as it comes, and at the end all of it.
    m_router->add(
        "PUT", u"/take"_s,
        [this](Exchange *exchange) {
            m_kept = exchange;
            m_body.clear();
            connect(exchange, &Exchange::bodyData, this, [this, exchange](const QByteArray &bytes) {
                m_body += bytes;
                exchange->setBodyPaused(m_pauses);
            });
            connect(exchange, &Exchange::bodyEnded, this,
                    [this, exchange] { exchange->respond(200, "text/plain", QByteArray::number(m_body.size())); });
            exchange->streamBody();
        },
        Access::Key, Router::Body::Streamed);
    m_router->add("GET", u"/sized"_s, [](Exchange *exchange) {
        exchange->startStream("text/plain", 6, {{"X-A", "b"}});
        exchange->write("one");
        QTimer::singleShot(10ms, exchange, [exchange] {
            exchange->write("two");
            exchange->end();
        });
    });
    m_router->add("GET", u"/short"_s, [](Exchange *exchange) {
        exchange->startStream("text/plain", 6, {});
        exchange->write("one");
        QTimer::singleShot(10ms, exchange, [exchange] { exchange->end(); });
    });
    m_router->add("GET", u"/broken"_s, [](Exchange *exchange) {
        exchange->startStream("text/plain");
        exchange->write("one");
        QTimer::singleShot(10ms, exchange, [exchange] { exchange->breakOff(); });
    });
    m_router->add("GET", u"/keep"_s, [this](Exchange *exchange) { m_kept = exchange; });
    m_router->add("GET", u"/ws"_s, [this](Exchange *exchange) {
        m_webSocket = exchange->upgrade(1000);
        if (!m_webSocket)
            return;
        connect(m_webSocket.get(), &http::WebSocket::text, this, [this](const QByteArray &text) {
            m_messages.append(text);
            m_webSocket->sendText(QByteArray("echo " + text));
            if (text == "bye")
                m_webSocket->close(1000, "good bye");
        });
        connect(m_webSocket.get(), &http::WebSocket::binary, this,
                [this](const QByteArray &data) { m_webSocket->sendBinary(data); });
        connect(m_webSocket.get(), &http::WebSocket::closed, this,
                [this](quint16 code) { m_messages.append(QByteArray("closed " + QByteArray::number(code))); });
    });
}

void tst_httpserver::cleanup()
{
    m_webSocket.reset();
    m_messages.clear();
    m_body.clear();
    m_router.reset();
    m_listener = nullptr;
}

void tst_httpserver::exchanges_data()
{
    QTest::addColumn<QByteArray>("request");
    QTest::addColumn<QByteArray>("answer");
    QTest::addColumn<bool>("closes");
    const QByteArray text = "Content-Type: text/plain\r\n";
    const QByteArray json = "Content-Type: application/json\r\n";
    QTest::newRow("get") << get("/hello") << "HTTP/1.1 200 OK\r\n" + text + "Content-Length: 5\r\n\r\nhello" << false;
    QTest::newRow("head") << QByteArray("HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n")
                          << "HTTP/1.1 200 OK\r\n" + text + "Content-Length: 5\r\n\r\n"
                          << false;
    QTest::newRow("query") << get("/hello?a=b") << "HTTP/1.1 200 OK\r\n" + text + "Content-Length: 5\r\n\r\nhello"
                           << false;
    QTest::newRow("post") << post("/echo", "abc") << "HTTP/1.1 200 OK\r\n" + text + "Content-Length: 3\r\n\r\nabc"
                          << false;
    QTest::newRow("post of the largest size")
        << post("/echo", QByteArray(1000, 'x'))
        << "HTTP/1.1 200 OK\r\n" + text + "Content-Length: 1000\r\n\r\n" + QByteArray(1000, 'x') << false;
    QTest::newRow("close") << get("/hello", "Connection: close\r\n")
                           << "HTTP/1.1 200 OK\r\nConnection: close\r\n" + text + "Content-Length: 5\r\n\r\nhello"
                           << true;
    QTest::newRow("1.0") << QByteArray("GET /hello HTTP/1.0\r\n\r\n")
                         << "HTTP/1.1 200 OK\r\nConnection: close\r\n" + text + "Content-Length: 5\r\n\r\nhello"
                         << true;
    QTest::newRow("1.0, kept alive") << QByteArray("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                                     << "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n" + text +
                                            "Content-Length: 5\r\n\r\nhello"
                                     << false;
    QTest::newRow("stream")
        << get("/stream")
        << "HTTP/1.1 200 OK\r\n" + text +
               "Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"
        << false;
    QTest::newRow("stream in 1.0") << QByteArray("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                                   << "HTTP/1.1 200 OK\r\n" + text +
                                          "Cache-Control: no-cache\r\nConnection: close\r\n\r\nonetwo"
                                   << true;
    QTest::newRow("unknown path") << get("/nix")
                                  << "HTTP/1.1 404 Not Found\r\n" + json +
                                         "Content-Length: 61\r\n\r\n"
                                         R"({"code":"not_found","error":"There is nothing at this path."})"
                                  << false;
    QTest::newRow("wrong method") << post("/hello", "")
                                  << "HTTP/1.1 405 Method Not Allowed\r\nAllow: GET\r\n" + json +
                                         "Content-Length: 52\r\n\r\n"
                                         R"({"code":"wrong_method","error":"This path takes GET."})"
                                  << false;
    QTest::newRow("unknown method") << QByteArray("BREW /hello HTTP/1.1\r\nHost: x\r\n\r\n")
                                    << "HTTP/1.1 501 Not Implemented\r\n" + json +
                                           "Content-Length: 70\r\n\r\n"
                                           R"({"code":"unknown_method","error":"The request's method is not known."})"
                                    << false;
    QTest::newRow("length beyond numbers")
        << QByteArray("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n")
        << "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\n" + json +
               "Content-Length: 53\r\n\r\n"
               R"({"code":"too_large","error":"The body is too large."})"
        << true;
    QTest::newRow("malformed") << QByteArray("nonsense\r\n\r\n")
                               << "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n" + json +
                                      "Content-Length: 77\r\n\r\n"
                                      R"({"code":"bad_request","error":"The request line is not one of HTTP/1.1."})"
                               << true;
}

void tst_httpserver::exchanges()
{
    QFETCH(QByteArray, request);
    QFETCH(QByteArray, answer);
    QFETCH(bool, closes);
    Client client = connectClient();
    client.send(request);
    // Lengths of error texts are not what this is about.
    static const auto plain = [](const QByteArray &bytes) {
        QByteArray copy = bytes;
        if (copy.contains("\"error\"")) {
            const qsizetype at = copy.indexOf("Content-Length");
            copy.remove(at, copy.indexOf("\r\n", at) - at);
        }
        return copy;
    };
    QTRY_COMPARE_WITH_TIMEOUT(plain(client.answer()), plain(answer), 3000);
    if (closes) {
        QTRY_VERIFY_WITH_TIMEOUT(client.closed, 20000);
        return;
    }
    client.received.clear();
    client.send(get("/hello"));
    QTRY_VERIFY_WITH_TIMEOUT(client.received.endsWith("hello"), 20000);
    QVERIFY(!client.closed);
}

void tst_httpserver::paths_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<int>("status");
    QTest::addColumn<QByteArray>("arguments");
    const auto row = [](const char *name, const QByteArray &path, int status, const QByteArray &arguments = {}) {
        QTest::newRow(name) << path << status << arguments;
    };
    row("one", "/a/x", 200, "x");
    row("none", "/a/", 404);
    row("none at all", "/a", 404);
    row("slash behind", "/a/x/", 404);
    row("two", "/a/x/b/y", 200, "x|y");
    row("second is empty", "/a/x/b/", 404);
    row("first is empty", "/a//b/y", 404);
    row("encoded", "/a/x%20%41%2e/b/%c3%a4", 200, "x A.|\xc3\xa4");
    row("encoded slash makes no segment", "/a/x%2Fb%2Fy", 200, "x/b/y");
    row("encoded slash in the first", "/a/x%2Fz/b/y", 200, "x/z|y");
    row("dots are names", "/a/../b/.", 200, "..|.");
    row("encoded dots", "/a/%2e%2E", 200, "..");
    row("question mark and more", "/a/%3f%23%25%26=+;:@", 200, "?#%&=+;:@");
    row("literal with a dot", "/a/x/f.tar", 200, "x");
    row("which is a dot", "/a/x/fxtar", 404);
    row("rest", "/a/x/f/y", 200, "x|y");
    row("rest of several", "/a/x/f/d/e/y%20z", 200, "x|d/e/y z");
    row("rest that is absolute", "/a/x/f//tmp/y", 200, "x|/tmp/y");
    row("rest with an encoded slash", "/a/x/f/%2Ftmp%2Fy", 200, "x|/tmp/y");
    row("rest with empty segments", "/a/x/f/d//y", 200, "x|d//y");
    row("rest that is a folder", "/a/x/f/d/", 200, "x|d/");
    row("rest that climbs", "/a/x/f/../../y", 200, "x|../../y");
    row("rest that is empty", "/a/x/f/", 404);
    row("only a rest", "/r/x:1/y", 200, "x:1/y");
    row("double slash at the beginning", "//a/x", 404);
    row("no UTF-8", "/a/%ff", 200, "?"); // a byte that is kept, and that no text can show
    row("zero byte", "/a/x%00", 400);
    row("half an encoded byte", "/a/x%4", 400);
    row("no hexadecimal", "/a/%zz", 400);
    row("long", "/r/" + QByteArray(5000, '/'), 200, QByteArray(5000, '/'));
}

void tst_httpserver::paths()
{
    QFETCH(QByteArray, path);
    QFETCH(int, status);
    QFETCH(QByteArray, arguments);
    Client client = connectClient();
    client.send(get(path));
    QTRY_VERIFY_WITH_TIMEOUT(client.received.contains("\r\n\r\n"), 20000);
    QVERIFY2(client.received.startsWith(QByteArray("HTTP/1.1 " + QByteArray::number(status))),
             client.received.constData());
    if (status == 200)
        QTRY_VERIFY2(client.received.endsWith(QByteArray("\r\n\r\n" + arguments)), client.received.constData());
    // The parser behind is not upset by it.
    client.received.clear();
    client.send("POST /a/x HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    QTRY_VERIFY_WITH_TIMEOUT(client.received.contains("Allow: DELETE, GET\r\n"), 20000);
}

void tst_httpserver::streamedBody_data()
{
    QTest::addColumn<QByteArray>("fields");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<int>("size");
    QTest::newRow("empty") << QByteArray("Content-Length: 0\r\n") << QByteArray() << 0;
    QTest::newRow("no length") << QByteArray() << QByteArray() << 0;
    QTest::newRow("small") << QByteArray("Content-Length: 3\r\n") << QByteArray("abc") << 3;
    QTest::newRow("beyond the limit of bodies")
        << QByteArray("Content-Length: 3000000\r\n") << QByteArray(3000000, 'x') << 3000000;
    QTest::newRow("chunks") << QByteArray("Transfer-Encoding: chunked\r\n")
                            << QByteArray("3e8\r\n" + QByteArray(1000, 'x') + "\r\n").repeated(500) + "0\r\n\r\n"
                            << 500000;
}

void tst_httpserver::streamedBody()
{
    QFETCH(QByteArray, fields);
    QFETCH(QByteArray, body);
    QFETCH(int, size);
    m_pauses = false;
    m_limits.bodyTimeout = 10s;
    Client client = connectClient();
    client.send("PUT /take HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n" + body + get("/hello"));
    QTRY_VERIFY_WITH_TIMEOUT(client.received.endsWith("hello"), 10000);
    QVERIFY(client.received.contains(QByteArray("\r\n\r\n" + QByteArray::number(size) + "HTTP/1.1 200")));
    QCOMPARE(m_body.size(), size);
}

// A body that nobody takes stays with the client, and is no slow one.
void tst_httpserver::streamedBodyWaits()
{
    m_pauses = true;
    Client client = connectClient();
    client.send("PUT /take HTTP/1.1\r\nHost: x\r\nContent-Length: 30000000\r\n\r\n" + QByteArray(30000000, 'x'));
    QTRY_VERIFY_WITH_TIMEOUT(m_body.size() > 0, 20000);
    const qsizetype first = m_body.size();
    QVERIFY(first <= 64 * 1024);
    QTest::qWait(700); // longer than the body's timeout
    QCOMPARE(m_body.size(), first);
    QVERIFY(client.unsent() > 1000000);
    QVERIFY(m_kept);
    m_pauses = false;
    m_limits.bodyTimeout = 10s;
    m_kept->setBodyPaused(false);
    QTRY_VERIFY_WITH_TIMEOUT(client.received.endsWith("\r\n\r\n30000000"), 10000);
    client.send(get("/hello"));
    QTRY_VERIFY_WITH_TIMEOUT(client.received.endsWith("hello"), 20000);
}

void tst_httpserver::streamedBodyIsAnsweredEarly()
{
    m_pauses = true;
    Client client = connectClient();
    client.send("PUT /take HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n" + QByteArray(3000000, 'x'));
    QTRY_VERIFY_WITH_TIMEOUT(m_body.size() > 0, 20000);
    m_kept->respond(409, "text/plain", "full");
    QTRY_VERIFY_WITH_TIMEOUT(client.received.endsWith("full"), 20000);
    QVERIFY(client.received.contains("Connection: close\r\n"));
    QTRY_VERIFY_WITH_TIMEOUT(client.closed, 5000);
}

void tst_httpserver::brokenStreamedBody_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<int>("status");
    QTest::newRow("malformed") << QByteArray("3\r\nabc\r\nnonsense\r\n") << 400;
    QTest::newRow("late") << QByteArray("3\r\nabc\r\n") << 408;
}

void tst_httpserver::brokenStreamedBody()
{
    QFETCH(QByteArray, body);
    QFETCH(int, status);
    m_pauses = false;
    Client client = connectClient();
    client.send("PUT /take HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + body);
    QTRY_VERIFY_WITH_TIMEOUT(client.received.startsWith(QByteArray("HTTP/1.1 " + QByteArray::number(status))), 20000);
    QCOMPARE(m_body, QByteArray("abc"));
    QVERIFY(!m_kept); // and whatever works for it
    QTRY_VERIFY_WITH_TIMEOUT(client.closed, 5000);
}

void tst_httpserver::gateComesBeforeTheBody()
{
    std::function<void()> admit;
    bool refuses = true;
    m_router->setGate([&](Exchange *exchange, Access, const std::function<void()> &next) {
        if (refuses)
            exchange->respondError(401, {u"no_key"_s, u"No key."_s, {}});
        else
            admit = next;
    });
    Client refused = connectClient();
    refused.send("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 900\r\n\r\n");
    QTRY_VERIFY_WITH_TIMEOUT(refused.received.startsWith("HTTP/1.1 401 "), 20000);
    QVERIFY(refused.received.contains("Connection: close\r\n"));
    Client sent = connectClient();
    sent.send(post("/echo", "abc") + get("/hello"));
    QTRY_COMPARE_WITH_TIMEOUT(sent.received.count("HTTP/1.1 401 "), 2, 20000);
    refuses = false;
    Client late = connectClient();
    late.send("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    QTRY_VERIFY_WITH_TIMEOUT(admit, 20000);
    QCOMPARE(late.received, QByteArray());
    admit();
    QTRY_COMPARE_WITH_TIMEOUT(late.received, QByteArray("HTTP/1.1 100 Continue\r\n\r\n"), 20000);
    late.send("abc");
    QTRY_VERIFY_WITH_TIMEOUT(late.received.endsWith("abc"), 20000);
    // Who is gone meanwhile is let in nowhere.
    Client gone = connectClient();
    admit = {};
    gone.send(get("/hello"));
    QTRY_VERIFY_WITH_TIMEOUT(admit, 20000);
    gone.drop();
    QTRY_COMPARE_WITH_TIMEOUT(m_listener->connections(), 3, 20000);
    admit();
}

void tst_httpserver::answerOfKnownLength_data()
{
    QTest::addColumn<QByteArray>("request");
    QTest::addColumn<QByteArray>("answer");
    QTest::addColumn<bool>("whole");
    const QByteArray text = "Content-Type: text/plain\r\n";
    QTest::newRow("get") << get("/sized") << "HTTP/1.1 200 OK\r\nX-A: b\r\n" + text + "Content-Length: 6\r\n\r\nonetwo"
                         << true;
    QTest::newRow("head") << QByteArray("HEAD /sized HTTP/1.1\r\nHost: x\r\n\r\n")
                          << "HTTP/1.1 200 OK\r\nX-A: b\r\n" + text + "Content-Length: 6\r\n\r\n"
                          << true;
    QTest::newRow("shorter than it said")
        << get("/short") << "HTTP/1.1 200 OK\r\n" + text + "Content-Length: 6\r\n\r\none" << false;
    QTest::newRow("broken off") << get("/broken")
                                << "HTTP/1.1 200 OK\r\n" + text +
                                       "Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n"
                                << false;
}

void tst_httpserver::answerOfKnownLength()
{
    QFETCH(QByteArray, request);
    QFETCH(QByteArray, answer);
    QFETCH(bool, whole);
    Client client = connectClient();
    client.send(request);
    QTRY_COMPARE_WITH_TIMEOUT(client.answer(), answer, 20000);
    if (!whole) {
        QTRY_VERIFY_WITH_TIMEOUT(client.closed, 20000);
        QCOMPARE(client.answer(), answer);
        return;
    }
    client.received.clear();
    client.send(get("/hello"));
    QTRY_VERIFY_WITH_TIMEOUT(client.received.endsWith("hello"), 20000);
}

void tst_httpserver::answersInOrder()
{
    Client client = connectClient();
    client.send(get("/slow") + get("/hello") + post("/echo", "abc") + get("/stream") + get("/hello"));
    QTRY_VERIFY_WITH_TIMEOUT(client.received.count("HTTP/1.1 200 OK") == 5 && client.received.endsWith("hello"), 3000);
    QByteArray bodies = client.received;
    for (const char *mark : {"slow", "hello", "abc", "one", "two", "hello"}) {
        const qsizetype at = bodies.indexOf(mark);
        QVERIFY2(at >= 0, mark);
        bodies.remove(0, at);
    }
}

void tst_httpserver::refusedBodyIsNotRead()
{
    Client client = connectClient();
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n");
    QTRY_VERIFY_WITH_TIMEOUT(client.received.startsWith("HTTP/1.1 413 "), 20000);
    // Who sends all the same gets to read why, and then is cut.
    client.send(QByteArray(5000000, 'x'));
    QTRY_VERIFY_WITH_TIMEOUT(client.closed, 5000);

    Client chunks = connectClient();
    chunks.send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 20; ++i)
        chunks.send("64\r\n" + QByteArray(100, 'x') + "\r\n");
    QTRY_VERIFY_WITH_TIMEOUT(chunks.received.startsWith("HTTP/1.1 413 "), 20000);
}

void tst_httpserver::continueIsAsked()
{
    Client client = connectClient();
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    QTRY_COMPARE_WITH_TIMEOUT(client.received, QByteArray("HTTP/1.1 100 Continue\r\n\r\n"), 20000);
    client.send("abc");
    QTRY_VERIFY_WITH_TIMEOUT(client.received.endsWith("abc"), 20000);

    Client large = connectClient();
    large.send("POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3000\r\n\r\n");
    QTRY_VERIFY_WITH_TIMEOUT(large.received.startsWith("HTTP/1.1 413 "), 20000);
}

void tst_httpserver::bodiesAtTheGate_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("fields");
    QTest::addColumn<QByteArray>("status");
    QTest::addColumn<bool>("closes");
    QTest::newRow("small") << QByteArray("/echo") << QByteArray("Content-Length: 900\r\n") << QByteArray("401")
                           << false;
    QTest::newRow("large") << QByteArray("/echo") << QByteArray("Content-Length: 900000\r\n") << QByteArray("401")
                           << true;
    QTest::newRow("chunks") << QByteArray("/echo") << QByteArray("Transfer-Encoding: chunked\r\n") << QByteArray("401")
                            << true;
    QTest::newRow("who asks first") << QByteArray("/echo")
                                    << QByteArray("Expect: 100-continue\r\nContent-Length: 9\r\n") << QByteArray("401")
                                    << true;
    QTest::newRow("unknown path") << QByteArray("/nix") << QByteArray("Content-Length: 900000\r\n") << QByteArray("404")
                                  << true;
    QTest::newRow("let in") << QByteArray("/echo") << QByteArray("Authorization: x\r\nContent-Length: 3\r\n")
                            << QByteArray() << false;
}

void tst_httpserver::bodiesAtTheGate()
{
    QFETCH(QByteArray, path);
    QFETCH(QByteArray, fields);
    QFETCH(QByteArray, status);
    QFETCH(bool, closes);
    m_limits.body = 1000000;
    m_limits.bodyTimeout = 10s;
    m_limits.idleTimeout = 10s;
    m_router->setGate([](Exchange *exchange, Access, const std::function<void()> &admit) {
        if (exchange->head().value("authorization").isNull())
            exchange->respondError(401, {u"unauthorized"_s, u"No."_s, {}});
        else
            admit();
    });
    Client client = connectClient();
    client.send("POST " + path + " HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n");
    if (status.isEmpty()) {
        client.send("abc");
        QTRY_VERIFY_WITH_TIMEOUT(client.received.endsWith("abc"), 20000);
        return;
    }
    QTRY_VERIFY2(client.received.startsWith(QByteArray("HTTP/1.1 " + status)), client.received.constData());
    QCOMPARE(client.received.contains("Connection: close\r\n"), closes);
    if (closes) {
        client.send(QByteArray(1000, 'x'));
        QTRY_VERIFY_WITH_TIMEOUT(client.closed, 10000);
        return;
    }
    // What nobody wanted is read over, and the next request is one of its own.
    client.send(QByteArray(900, 'G'));
    client.received.clear();
    client.send(get("/hello", "Authorization: x\r\n"));
    QTRY_VERIFY_WITH_TIMEOUT(client.received.endsWith("hello"), 20000);
    QCOMPARE(client.received.count("HTTP/1.1"), 1);
}

// Each is small enough, all together are too much.
void tst_httpserver::bodiesInAll()
{
    m_limits.body = MiB;
    m_limits.bodyTimeout = 60s;
    m_limits.bodies = std::make_shared<BodyBudget>(400 * KiB);
    QString tenant = u"a"_s;
    m_router->setGate([&](Exchange *exchange, Access, const std::function<void()> &admit) {
        exchange->setCaller({tenant, {}, true, tenant.isEmpty()});
        admit();
    });
    const QByteArray body(250 * KiB, 'x');
    Client first = connectClient();
    first.send(post("/echo", body).chopped(60 * KiB));
    QTRY_VERIFY_WITH_TIMEOUT(m_limits.bodies->held() >= 100 * KiB, 20000);
    // The tenant has its share; another has the rest of it, and no more.
    Client second = connectClient();
    second.send(post("/echo", body));
    QTRY_VERIFY_WITH_TIMEOUT(second.received.startsWith("HTTP/1.1 429 "), 20000);
    QVERIFY(second.received.contains("too_many_own_bodies") && second.received.contains("Retry-After: "));
    tenant = u"b"_s;
    Client third = connectClient();
    third.send(post("/echo", body));
    QTRY_VERIFY_WITH_TIMEOUT(third.received.endsWith("xxx"), 20000);
    tenant.clear(); // the one user of a local service, without a share
    Client fourth = connectClient();
    fourth.send(post("/echo", QByteArray(400 * KiB, 'x')));
    QTRY_VERIFY_WITH_TIMEOUT(fourth.received.startsWith("HTTP/1.1 503 "), 20000);
    QVERIFY(fourth.received.contains("too_many_bodies") && fourth.received.contains("Retry-After: "));
    // What is small is nobody's concern.
    Client small = connectClient();
    small.send(post("/echo", "hello"));
    QTRY_VERIFY_WITH_TIMEOUT(small.received.endsWith("hello"), 20000);
    first.send(QByteArray(60 * KiB, 'x'));
    QTRY_VERIFY_WITH_TIMEOUT(first.received.endsWith("xxx"), 20000);
    first.drop();
    QTRY_COMPARE_WITH_TIMEOUT(m_limits.bodies->held(), 0, 20000);
    Client again = connectClient();
    again.send(post("/echo", QByteArray(400 * KiB, 'x')));
    QTRY_VERIFY_WITH_TIMEOUT(again.received.endsWith("xxx"), 20000);
}

// The same of a WebSocket's.
void tst_httpserver::messagesInAll()
{
    Client client = connectClient();
    client.send(get("/ws", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: "
                           "dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"));
    QTRY_VERIFY_WITH_TIMEOUT(client.received.contains("Sec-WebSocket-Accept"), 20000);
    BodyHold hold(std::make_shared<BodyBudget>(500), u"a"_s, true);
    m_webSocket->setAllowance([&](qint64 bytes) { return hold.resize(bytes + BodyBudget::Free).has_value(); });
    const auto frame = [](const QByteArray &text) {
        return http::webSocketFrame(http::WebSocketRole::Client, http::WebSocketOpcode::Text, text);
    };
    client.send(frame(QByteArray(400, 'x')));
    QTRY_COMPARE_WITH_TIMEOUT(m_messages, QByteArrayList{QByteArray(400, 'x')}, 20000);
    client.send(frame(QByteArray(900, 'x')).chopped(300));
    QTRY_VERIFY_WITH_TIMEOUT(client.closed, 20000);
    QVERIFY(client.received.contains(QByteArray(QByteArray::fromHex("03f5") + "too many messages are held")));
    client.drop();
    QTRY_COMPARE_WITH_TIMEOUT(m_messages.last(), QByteArray("closed 1013"), 20000);
}

void tst_httpserver::lateGate()
{
    std::function<void()> admitLater;
    m_router->setGate([&](Exchange *, Access, const std::function<void()> &admit) { admitLater = admit; });
    Client client = connectClient();
    client.send(post("/echo", "abc") + get("/hello"));
    QTRY_VERIFY_WITH_TIMEOUT(admitLater, 20000);
    std::exchange(admitLater, {})();
    QTRY_VERIFY_WITH_TIMEOUT(client.received.endsWith("abc"), 20000);
    QTRY_VERIFY_WITH_TIMEOUT(admitLater, 20000);
    client.drop();
    QTRY_COMPARE_WITH_TIMEOUT(m_listener->connections(), 0, 20000);
    admitLater(); // nobody is there
}

void tst_httpserver::tellsWhatWasServed()
{
    QList<Served> all;
    connect(m_listener, &Listener::served, this, [&](const Served &served) {
        all.append(served);
        all.last().took = {};
        if (served.status > 0)
            QVERIFY(std::exchange(all.last().bytes, 0) > 0);
    });
    const auto line = [](const QByteArray &method, const QByteArray &path, int status) {
        return Served{method, path, status, {}, {}, 0};
    };
    Client client = connectClient();
    client.send(get("/hello?key=secret") + post("/nix", "abc") + get("/stream"));
    QTRY_COMPARE_WITH_TIMEOUT(
        all, (QList{line("GET", "/hello", 200), line("POST", "/nix", 404), line("GET", "/stream", 200)}), 20000);
    client.send(get("/keep"));
    QTRY_VERIFY_WITH_TIMEOUT(m_kept, 20000);
    client.drop();
    QTRY_COMPARE_WITH_TIMEOUT(all.size(), 4, 20000);
    QCOMPARE(all.last(), line("GET", "/keep", 0));
    Client bad = connectClient();
    bad.send("nonsense\r\n\r\n");
    QTRY_COMPARE_WITH_TIMEOUT(all.size(), 5, 20000);
    QCOMPARE(all.last(), line({}, {}, 400));
}

void tst_httpserver::slowHead()
{
    Client client = connectClient();
    QTimer drip;
    const QByteArray head = get("/hello", QByteArray("a: b\r\n").repeated(50));
    qsizetype at = 0;
    connect(&drip, &QTimer::timeout, this, [&] { client.send(head.mid(at++, 1)); });
    drip.start(20ms);
    QTRY_VERIFY_WITH_TIMEOUT(client.received.startsWith("HTTP/1.1 408 "), 20000);
    drip.stop();
    QTRY_VERIFY_WITH_TIMEOUT(client.closed, 5000);

    Client silent = connectClient();
    QTRY_VERIFY_WITH_TIMEOUT(silent.closed, 5000);
    QCOMPARE(silent.received, QByteArray());
}

void tst_httpserver::dribblingBody()
{
    Client client = connectClient();
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n");
    QTimer drip;
    connect(&drip, &QTimer::timeout, this, [&] { client.send("x"); });
    drip.start(20ms);
    QTRY_VERIFY_WITH_TIMEOUT(client.received.startsWith("HTTP/1.1 408 "), 20000);
}

void tst_httpserver::idleConnectionIsClosed()
{
    Client client = connectClient();
    client.send(get("/hello"));
    QTRY_VERIFY_WITH_TIMEOUT(client.received.endsWith("hello"), 20000);
    QTRY_VERIFY_WITH_TIMEOUT(client.closed, 5000);
    QTRY_COMPARE_WITH_TIMEOUT(m_listener->connections(), 0, 20000);
}

void tst_httpserver::clientThatLeaves()
{
    Client client = connectClient();
    client.send(get("/keep"));
    QTRY_VERIFY_WITH_TIMEOUT(m_kept, 20000);
    QSignalSpy gone(m_kept, &QObject::destroyed);
    client.drop();
    QTRY_COMPARE_WITH_TIMEOUT(gone.size(), 1, 20000);
    QTRY_COMPARE_WITH_TIMEOUT(m_listener->connections(), 0, 20000);
}

void tst_httpserver::clientThatDoesNotRead()
{
    Client stuck = connectClient();
    stuck.send(get("/keep"));
    QTRY_VERIFY_WITH_TIMEOUT(m_kept, 20000);
    stuck.stopReading();
    m_kept->startStream("text/plain");
    QSignalSpy gone(m_kept, &QObject::destroyed);
    for (int i = 0; i < 100; ++i)
        m_kept->write(QByteArray(100000, 'x'));
    // Others are served meanwhile.
    Client client = connectClient();
    client.send(get("/hello"));
    QTRY_VERIFY_WITH_TIMEOUT(client.received.endsWith("hello"), 20000);
    QTRY_COMPARE_WITH_TIMEOUT(gone.size(), 1, 5000);
}

void tst_httpserver::connectionLimit()
{
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 5; ++i) {
        clients.push_back(std::make_unique<Client>(m_path, m_port));
        clients.back()->send(get("/keep"));
    }
    QTRY_COMPARE_WITH_TIMEOUT(m_listener->connections(), 5, 20000);
    Client late = connectClient();
    QTRY_VERIFY_WITH_TIMEOUT(late.received.startsWith("HTTP/1.1 503 "), 20000);
    QTRY_VERIFY_WITH_TIMEOUT(late.closed, 20000);
    clients.clear();
    QTRY_COMPARE_WITH_TIMEOUT(m_listener->connections(), 0, 20000);
    Client next = connectClient();
    next.send(get("/hello"));
    QTRY_VERIFY_WITH_TIMEOUT(next.received.endsWith("hello"), 20000);
}

void tst_httpserver::stopListeningLetsRequestsFinish()
{
    Client idle = connectClient();
    idle.send(get("/hello"));
    QTRY_VERIFY_WITH_TIMEOUT(idle.received.endsWith("hello"), 20000);
    Client busy = connectClient();
    busy.send(get("/keep"));
    QTRY_VERIFY_WITH_TIMEOUT(m_kept, 20000);
    m_listener->stopListening();
    // Who has all that it asked for is waited for no more, even where it does not close.
    QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    QCOMPARE(m_listener->connections(), 1);
    QTRY_VERIFY_WITH_TIMEOUT(idle.closed, 20000);
    QVERIFY(!busy.closed);
    m_kept->respond(200, "text/plain", "done");
    QTRY_VERIFY_WITH_TIMEOUT(
        busy.received.endsWith("Connection: close\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\ndone"),
        20000);
    QTRY_VERIFY_WITH_TIMEOUT(busy.closed, 20000);
}

// Qt's own client, which only speaks TCP: a bridge carries its bytes to the Unix socket.
void tst_httpserver::webSocket()
{
    QTcpServer bridge;
    connect(&bridge, &QTcpServer::newConnection, &bridge, [&] {
        QTcpSocket *from = bridge.nextPendingConnection();
        auto *to = new QLocalSocket(from);
        to->connectToServer(m_path);
        connect(from, &QTcpSocket::readyRead, to, [from, to] { to->write(from->readAll()); });
        connect(to, &QLocalSocket::readyRead, from, [from, to] { from->write(to->readAll()); });
        connect(to, &QLocalSocket::disconnected, from, [from] { from->disconnectFromHost(); });
        connect(from, &QTcpSocket::disconnected, to, [to] { to->disconnectFromServer(); });
    });
    QVERIFY(bridge.listen(QHostAddress::LocalHost));
    QWebSocket client;
    QByteArrayList received;
    connect(&client, &QWebSocket::textMessageReceived, this,
            [&](const QString &text) { received.append(text.toUtf8()); });
    connect(&client, &QWebSocket::binaryMessageReceived, this, [&](const QByteArray &data) { received.append(data); });
    QSignalSpy connected(&client, &QWebSocket::connected);
    QSignalSpy disconnected(&client, &QWebSocket::disconnected);
    QSignalSpy pong(&client, &QWebSocket::pong);
    client.open(QUrl(u"ws://127.0.0.1:%1/ws"_s.arg(m_path.isEmpty() ? m_port : bridge.serverPort())));
    QTRY_COMPARE_WITH_TIMEOUT(connected.size(), 1, 20000);
    client.sendTextMessage(u"h\u00e4llo"_s);
    client.sendBinaryMessage(QByteArray(900, '\0'));
    client.ping("p");
    QTRY_COMPARE_WITH_TIMEOUT(received, (QByteArrayList{"echo h\xc3\xa4llo", QByteArray(900, '\0')}), 20000);
    QTRY_COMPARE_WITH_TIMEOUT(pong.size(), 1, 20000);
    m_webSocket->setHeartbeat(50ms);
    QTest::qWait(300); // several pings, which Qt answers
    QCOMPARE(disconnected.size(), 0);
    client.sendTextMessage(u"bye"_s);
    QTRY_COMPARE_WITH_TIMEOUT(disconnected.size(), 1, 20000);
    QCOMPARE(int(client.closeCode()), 1000);
    QCOMPARE(client.closeReason(), u"good bye"_s);
    QTRY_COMPARE_WITH_TIMEOUT(m_messages.last(), QByteArray("closed 1000"), 20000);
    QTRY_COMPARE_WITH_TIMEOUT(m_listener->connections(), 0, 20000);
}

void tst_httpserver::webSocketRefused_data()
{
    QTest::addColumn<QByteArray>("request");
    QTest::addColumn<int>("status");
    const QByteArray good = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
    const QByteArray key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    QTest::newRow("good") << get("/ws", good + key + "Sec-WebSocket-Version: 13\r\n") << 101;
    QTest::newRow("plain get") << get("/ws") << 426;
    QTest::newRow("no Connection") << get("/ws", "Upgrade: websocket\r\n" + key + "Sec-WebSocket-Version: 13\r\n")
                                   << 426;
    QTest::newRow("other version") << get("/ws", good + key + "Sec-WebSocket-Version: 8\r\n") << 426;
    QTest::newRow("no key") << get("/ws", good + "Sec-WebSocket-Version: 13\r\n") << 400;
    QTest::newRow("short key") << get("/ws", good + "Sec-WebSocket-Key: abc\r\nSec-WebSocket-Version: 13\r\n") << 400;
}

void tst_httpserver::webSocketRefused()
{
    QFETCH(QByteArray, request);
    QFETCH(int, status);
    Client client = connectClient();
    client.send(request);
    QTRY_VERIFY2(client.received.startsWith(QByteArray("HTTP/1.1 " + QByteArray::number(status))),
                 client.received.constData());
    if (status != 101)
        return;
    QVERIFY(client.received.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
    client.send(QByteArray::fromHex("81050102030405")); // not masked
    QTRY_VERIFY_WITH_TIMEOUT(
        client.received.endsWith(QByteArray(QByteArray::fromHex("03ea") + "a frame is not masked")), 20000);
    QTRY_VERIFY_WITH_TIMEOUT(client.closed, 5000);
}

QTEST_GUILESS_MAIN(tst_httpserver)
#include "tst_httpserver.moc"
