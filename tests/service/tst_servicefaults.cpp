// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker,database; service
/*
    What goes wrong around a service, and what strangers send it. Of the bytes on its wire:

        ISOL8_WIRE_SECONDS=60 ISOL8_WIRE_SEED=7 ISOL8_BIN=build/ci/bin build/ci/tests/tst_servicefaults wire

    Without that it is a few hundred connections of a fixed seed.
*/
#include "support/Databases.h"
#include "support/OwnDaemon.h"
#include "support/TcpService.h"

#include <isol8/http/WebSocketFrames.h>

#include <QTcpServer>

#include <random>
#include <vector>

#include <sched.h>
#include <sys/mount.h>

using namespace servicetest;
using namespace Qt::StringLiterals;

namespace {

[[maybe_unused]] const bool patient = qputenv("QTEST_FUNCTION_TIMEOUT", "86400000");

QByteArray get(const QByteArray &path, const QByteArray &fields = {})
{
    return "GET " + path + " HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n";
}

QByteArray bearer(const QByteArray &key)
{
    return "Authorization: Bearer " + key + "\r\n";
}

QString codeOf(const Answer &answer)
{
    return u"%1 %2"_s.arg(answer.status).arg(answer.json().value(u"code"_s).toString()).trimmed();
}

// A small disk of its own, for this process and those it starts.
class SmallDisk
{
public:
    SmallDisk()
    {
        if (::geteuid() != 0 || ::unshare(CLONE_NEWNS) != 0 ||
            ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
            return;
        m_mounted =
            ::mount("tmpfs", QFile::encodeName(m_folder.path()).constData(), "tmpfs", 0, "size=1m,mode=0700") == 0;
    }
    ~SmallDisk()
    {
        if (m_mounted)
            ::umount2(QFile::encodeName(m_folder.path()).constData(), MNT_DETACH);
    }
    SmallDisk(const SmallDisk &) = delete;
    SmallDisk &operator=(const SmallDisk &) = delete;

    [[nodiscard]] bool isThere() const { return m_mounted; }
    [[nodiscard]] QString path(const QString &name) const { return m_folder.filePath(name); }
    // To the last byte.
    void fill() const
    {
        QFile file(path(u"ballast"_s));
        if (!file.open(QIODevice::WriteOnly | QIODevice::Append | QIODevice::Unbuffered))
            return;
        for (qsizetype size = 65536; size > 0; size /= 2) {
            while (file.write(QByteArray(size, 'x')) == size) {
            }
        }
    }
    void empty() const { QFile::remove(path(u"ballast"_s)); }

private:
    QTemporaryDir m_folder;
    bool m_mounted = false;
};

// Passes on what a server says when it has said all of it.
class CollectingProxy : public QTcpServer
{
public:
    explicit CollectingProxy(quint16 port)
    {
        connect(this, &QTcpServer::newConnection, this, [this, port] {
            QTcpSocket *client = nextPendingConnection();
            auto *server = new QTcpSocket(client);
            server->connectToHost(QHostAddress::LocalHost, port);
            connect(client, &QTcpSocket::readyRead, server, [client, server] { server->write(client->readAll()); });
            connect(server, &QTcpSocket::readyRead, client, [this, server] { m_held += server->readAll(); });
            connect(server, &QTcpSocket::disconnected, client, [this, client] {
                client->write(m_held);
                client->disconnectFromHost();
            });
        });
    }
    [[nodiscard]] const QByteArray &held() const { return m_held; }

private:
    QByteArray m_held;
};

// What clients send, and then what nobody should.
class Wire
{
public:
    explicit Wire(uint seed)
        : m_random(seed)
    {
        using isol8::http::WebSocketOpcode;
        const auto frame = [](WebSocketOpcode opcode, const QByteArray &payload) {
            return isol8::http::webSocketFrame(isol8::http::WebSocketRole::Client, opcode, payload);
        };
        const QByteArray handshake =
            get("/execute/ws", TcpService::Key + "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: "
                                                 "dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n");
        const QByteArray execute = R"({"type":"execute","request":{"code":"1","runtime":"nothing"}})";
        const QByteArray line = "POST /execute HTTP/1.1\r\nHost: x\r\n" + TcpService::Key;
        m_seeds = {
            get("/health"),
            get("/sessions", TcpService::Key) + get("/runs", TcpService::Key),
            get("/session/a/files?path=/sandbox&recursive=1", TcpService::Key),
            line + "Content-Length: 64\r\n\r\n" + execute + "   ",
            line + "Transfer-Encoding: chunked\r\n\r\n20\r\n" + execute.first(32) + "\r\n20\r\n" + execute.mid(32) +
                "\r\n0\r\nX: y\r\n\r\n" + get("/health"),
            line + "Expect: 100-continue\r\nContent-Length: 64\r\n\r\n" + execute,
            "PUT /session/a/files/b HTTP/1.1\r\nHost: x\r\n" + TcpService::Key + "Content-Length: 5\r\n\r\nhello",
            "DELETE /session/a HTTP/1.0\r\n" + TcpService::Key + "Connection: keep-alive\r\n\r\n" + get("/health"),
            handshake + frame(WebSocketOpcode::Text, execute),
            handshake + frame(WebSocketOpcode::Ping, "p") + frame(WebSocketOpcode::Binary, "stdin") +
                frame(WebSocketOpcode::Text, "{\"type\":\"stdin\",\"data\":\"x\"}") +
                frame(WebSocketOpcode::Close, QByteArray::fromHex("03e8")),
            get("/session/a/shell?cols=80", TcpService::Key + "Connection: Upgrade\r\nUpgrade: websocket\r\n"),
        };
    }

    QByteArray next()
    {
        QByteArray bytes = m_seeds[below(m_seeds.size())];
        for (qsizetype changes = below(6); changes > 0; --changes)
            change(&bytes);
        return bytes;
    }
    qsizetype below(qsizetype end) { return std::uniform_int_distribution<qsizetype>(0, end - 1)(m_random); }

private:
    void change(QByteArray *bytes)
    {
        static const QByteArrayList words{"\r\n",
                                          "\n",
                                          "\r\n\r\n",
                                          ":",
                                          " ",
                                          QByteArray(1, '\0'),
                                          "%00",
                                          "..%2f",
                                          "Content-Length: 0\r\n",
                                          "Content-Length: 18446744073709551616\r\n",
                                          "Transfer-Encoding: chunked\r\n",
                                          "fffffffffffffffff\r\n",
                                          QByteArray::fromHex("81ff7fffffffffffffff00000000"),
                                          QByteArray::fromHex("0180"),
                                          QByteArray::fromHex("c180000000ff"),
                                          "\xff\xfe",
                                          "[[[[[[[["};
        const qsizetype at = below(bytes->size() + 1);
        switch (below(6)) {
        case 0:
            if (at < bytes->size())
                (*bytes)[at] = char(below(256));
            break;
        case 1:
            bytes->remove(at, below(40));
            break;
        case 2:
            bytes->insert(at, words[below(words.size())]);
            break;
        case 3:
            bytes->insert(at, bytes->mid(below(bytes->size() + 1), below(200)));
            break;
        case 4:
            bytes->truncate(at);
            break;
        default:
            bytes->insert(at, QByteArray(below(5000), char(below(256))));
        }
    }

    std::mt19937 m_random;
    QByteArrayList m_seeds;
};

} // namespace

class tst_servicefaults : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void wire();
    void collectedStream();
    void keyedByServers_data();
    void keyedByServers();
    void fullDisk();
    void dockerRestarts();

private:
    databases::Postgres m_postgres;
    databases::MariaDb m_mariaDb;
};

// Both take their time, in which the others are tested.
void tst_servicefaults::initTestCase()
{
    m_postgres.prepare();
    m_mariaDb.prepare();
}

void tst_servicefaults::wire()
{
    TcpService service;
    service.configure(R"({"poolSize": 0})");
    QVERIFY2(service.startTcp(), service.said.constData());
    const int seconds = qEnvironmentVariableIntValue("ISOL8_WIRE_SECONDS");
    bool given = false;
    uint seed = uint(qEnvironmentVariableIntValue("ISOL8_WIRE_SEED", &given));
    seed = given ? seed : seconds > 0 ? std::random_device()() : 2026;
    qInfo("seed %u", seed);
    Wire wire(seed);
    QElapsedTimer clock;
    clock.start();
    int connections = 0;
    const auto goesOn = [&] { return seconds > 0 ? clock.elapsed() < seconds * 1000 : connections < 400; };
    while (goesOn()) {
        std::vector<std::unique_ptr<QTcpSocket>> clients;
        for (int i = 0; i < 20; ++i, ++connections) {
            clients.push_back(std::make_unique<QTcpSocket>());
            QTcpSocket *client = clients.back().get();
            client->connectToHost(QHostAddress::LocalHost, service.port);
            const QByteArray bytes = wire.next();
            const qsizetype first = wire.below(bytes.size() + 1);
            client->write(bytes.first(first));
            QObject::connect(client, &QTcpSocket::bytesWritten, client,
                             [client, rest = bytes.mid(first)]() mutable { client->write(std::exchange(rest, {})); });
        }
        // Some are answered, some are waited for in vain and leave.
        const auto health = service.askTcp(get("/health"));
        QVERIFY2(health.status == 200 && service.process.state() == QProcess::Running,
                 QByteArray("seed " + QByteArray::number(seed) + ", connection " + QByteArray::number(connections))
                     .constData());
    }
    qInfo("%d connections", connections);
    QCOMPARE(service.run(python(u"print('well')"_s)).json().value(u"stdout"_s).toString(), u"well\n"_s);
    QVERIFY(service.nothingLeft(20000));
    QCOMPARE(service.stop(SIGTERM), 0);
    QVERIFY2(!service.said.contains("QObject") && !service.said.contains("runtime error"), service.said.constData());
}

// Some proxies collect what they pass on: then all comes late, and all of it comes.
void tst_servicefaults::collectedStream()
{
    TcpService service;
    service.configure(R"({"poolSize": 0})");
    QVERIFY2(service.startTcp(), service.said.constData());
    CollectingProxy proxy(service.port);
    QVERIFY(proxy.listen(QHostAddress::LocalHost));
    const quint16 port = std::exchange(service.port, proxy.serverPort());
    const Answer answer = service.run(
        python(u"import time\nfor i in range(3):\n    print(i, flush=True)\n    time.sleep(0.2)"_s), "/execute/stream");
    service.port = port;
    QVERIFY2(answer.status == 200, answer.body.constData());
    QVERIFY2(answer.head.contains("X-Accel-Buffering: no") && answer.head.contains("Cache-Control: no-cache"),
             answer.head.constData());
    QString output;
    QStringList kinds;
    for (const QByteArray &line : answer.body.split('\n')) {
        const QJsonObject event = QJsonDocument::fromJson(line.mid(6)).object();
        if (!line.startsWith("data: "))
            continue;
        kinds.append(event.value(u"type"_s).toString());
        if (kinds.last() == u"stdout")
            output += event.value(u"data"_s).toString();
    }
    QCOMPARE(output, u"0\n1\n2\n"_s);
    QCOMPARE(kinds.last(), u"exit"_s);
    QCOMPARE(kinds.count(u"exit"_s), 1);
    QCOMPARE(service.stop(SIGTERM), 0);
}

void tst_servicefaults::keyedByServers_data()
{
    QTest::addColumn<bool>("isPostgres");
    QTest::newRow("postgres") << true;
    QTest::newRow("mariadb") << false;
}

// From the key's making to its end, as the operator and the tenant do it.
void tst_servicefaults::keyedByServers()
{
    QFETCH(bool, isPostgres);
    databases::Server &server = isPostgres ? static_cast<databases::Server &>(m_postgres) : m_mariaDb;
    QVERIFY2(server.start(), qPrintable(server.problem));
    TcpService service;
    service.configure(R"({"poolSize": 0})");
    QVERIFY2(service.startTcp({u"--auth-db"_s, server.url()}), service.said.constData());
    const QJsonObject wanted{{u"name"_s, u"k"_s},
                             {u"tenantId"_s, u"acme"_s},
                             {u"quota"_s, QJsonObject{{u"runsPerMinute"_s, 2}, {u"sessions"_s, 1}}}};
    const QJsonObject made = service.askTcp(post("/auth/keys", wanted, TcpService::Key)).json();
    const QByteArray key = made.value(u"key"_s).toString().toLatin1();
    const QByteArray id = made.value(u"id"_s).toString().toLatin1();
    const auto run = [&](const QString &session) {
        QJsonObject message = python(u"print('mine')"_s);
        message.insert(u"sessionId"_s, session);
        return service.askTcp(post("/execute", message, bearer(key)));
    };
    const Answer first = run(u"one"_s);
    QVERIFY2(first.json().value(u"stdout"_s).toString() == u"mine\n", first.body.constData());
    QCOMPARE(codeOf(run(u"two"_s)), u"429 too_many_sessions"_s);
    QCOMPARE(codeOf(run(u"one"_s)), u"200"_s);
    QCOMPARE(codeOf(run(u"one"_s)), u"429 over_quota"_s);
    QCOMPARE(service.askTcp("DELETE /auth/keys/" + id + " HTTP/1.1\r\nHost: x\r\n" + TcpService::Key + "\r\n").status,
             200);
    QCOMPARE(codeOf(service.askTcp(get("/sessions", bearer(key)))), u"403 revoked_key"_s);
    QCOMPARE(service.stop(SIGTERM), 0);
    server.end();
}

// Neither records nor keys can be written: runs go on, with the keys that there are, and all is well again later.
void tst_servicefaults::fullDisk()
{
    const SmallDisk disk;
    if (!disk.isThere())
        QSKIP("needs root, to mount a small disk");
    TcpService service;
    service.configure(QJsonDocument(QJsonObject{{u"poolSize"_s, 0},
                                                {u"audit"_s, QJsonObject{{u"enabled"_s, true},
                                                                         {u"logDir"_s, disk.path(u"records"_s)}}}})
                          .toJson());
    QVERIFY2(service.startTcp({u"--auth-db"_s, disk.path(u"auth.db"_s)}), service.said.constData());
    const QJsonObject wanted{{u"name"_s, u"k"_s}};
    const auto make = [&] { return service.askTcp(post("/auth/keys", wanted, TcpService::Key)); };
    const QByteArray key = make().json().value(u"key"_s).toString().toLatin1();
    const auto run = [&] { return codeOf(service.askTcp(post("/execute", python(u"print(1)"_s), bearer(key)))); };
    const auto losses = [&] {
        const QByteArray text = service.askTcp(get("/metrics", TcpService::Key)).body;
        const QByteArray name = "\nisol8_audit_losses_total ";
        return text.contains(name) ? text.mid(text.indexOf(name) + name.size()).split('\n').first().toInt() : -1;
    };
    QCOMPARE(run(), u"200"_s);
    QCOMPARE(losses(), 0);
    disk.fill();
    // What was free in the database's own files is used first.
    QTRY_COMPARE_WITH_TIMEOUT(make().status, 503, 60000);
    for (int i = 0; i < 8 && losses() < 1; ++i)
        QCOMPARE(run(), u"200"_s);
    QTRY_VERIFY_WITH_TIMEOUT(losses() > 0, 30000);
    QCOMPARE(run(), u"200"_s);
    QCOMPARE(service.askTcp(get("/health")).status, 200);
    disk.empty();
    QTRY_COMPARE_WITH_TIMEOUT(make().status, 201, 60000);
    QCOMPARE(run(), u"200"_s);
    const auto record = [&] {
        QFile file(disk.path(u"records/executions.log"_s));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    };
    QTRY_VERIFY_WITH_TIMEOUT(record().contains("\"event\":\"lost\""), 30000);
    QCOMPARE(service.stop(SIGTERM), 0);
}

// Under a service on TCP: its runs end with a reason, and it takes up its work again by itself.
void tst_servicefaults::dockerRestarts()
{
    if (::geteuid() != 0)
        QSKIP("needs root, for a daemon of its own");
    dockertest::OwnDaemon daemon;
    QVERIFY(daemon.start());
    QVERIFY(daemon.loadImage(u"isol8:bash"_s));
    TcpService service;
    service.configure(R"({"poolSize": 0})");
    service.environment.insert(u"DOCKER_HOST"_s, u"unix://"_s + daemon.socket());
    QVERIFY2(service.startTcp(), service.said.constData());
    const auto message = [](const QString &command) {
        return QJsonObject{
            {u"request"_s, QJsonObject{{u"cmd"_s, command}, {u"runtime"_s, u"bash"_s}, {u"timeoutMs"_s, 120000}}}};
    };
    QCOMPARE(service.run(message(u"echo before"_s)).json().value(u"stdout"_s).toString(), u"before\n"_s);
    QTcpSocket running;
    running.connectToHost(QHostAddress::LocalHost, service.port);
    running.write(post("/execute/stream", message(u"echo begun; sleep 100"_s), TcpService::Key));
    QByteArray bytes;
    QTRY_VERIFY_WITH_TIMEOUT((bytes += running.readAll()).contains("begun"), 60000);
    daemon.stop(SIGTERM);
    QTRY_VERIFY_WITH_TIMEOUT((bytes += running.readAll()).contains("\"type\":\"exit\""), 60000);
    QVERIFY2(bytes.contains("\"reason\":\"internal\""), bytes.constData());
    QTRY_COMPARE_WITH_TIMEOUT(service.askTcp(get("/health")).status, 503, 30000);
    const Answer without = service.run(message(u"echo never"_s));
    QVERIFY2(without.status == 503 && !without.json().value(u"code"_s).toString().isEmpty(), without.body.constData());
    QVERIFY(daemon.start());
    QTRY_COMPARE_WITH_TIMEOUT(service.askTcp(get("/health")).status, 200, 60000);
    QCOMPARE(service.run(message(u"echo after"_s)).json().value(u"stdout"_s).toString(), u"after\n"_s);
    const QString label = u"label=org.isol8="_s + service.engineId;
    QTRY_VERIFY_WITH_TIMEOUT(daemon.docker({u"ps"_s, u"-a"_s, u"-q"_s, u"--filter"_s, label}).trimmed().isEmpty(),
                             30000);
    QCOMPARE(service.stop(SIGTERM), 0);
}

QTEST_GUILESS_MAIN(tst_servicefaults)
#include "tst_servicefaults.moc"
