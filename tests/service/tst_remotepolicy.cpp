// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; service; websockets
#include "support/TcpService.h"

#include <QTcpServer>
#include <QWebSocket>

using namespace servicetest;
using namespace Qt::StringLiterals;

namespace {

// Says where the door lets it through: the status that each host answers with.
QString visitor(const QStringList &hosts, quint16 port)
{
    return uR"(
import socket
def ask(host):
    try:
        door = socket.create_connection(('127.0.0.1', 8118), 10)
    except OSError:
        return 'none'
    door.sendall(f'GET http://{host}:%1/ HTTP/1.1\r\nHost: {host}:%1\r\nConnection: close\r\n\r\n'.encode())
    return door.recv(200).split()[1].decode()
print(*[ask(host) for host in '%2'.split()])
)"_s.arg(QString::number(port), hosts.join(u' '));
}

} // namespace

/*
    What a request over HTTP may set, where a sandbox is needed to see it: the ways round the rules of
    tst_requestpolicy, by each of the three routes that run something.
*/
class tst_remotepolicy : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void hosts_data();
    void hosts();
    void routes_data();
    void routes();
    void walls();
    void images();
    void setupScriptHasNoNetwork();
    void cleanupTestCase();

private:
    TcpService m_service;
    QTcpServer m_origin; //!< on all of this machine's own addresses
};

void tst_remotepolicy::initTestCase()
{
    connect(&m_origin, &QTcpServer::newConnection, this, [this] {
        QTcpSocket *client = m_origin.nextPendingConnection();
        connect(client, &QTcpSocket::readyRead, client, [client] {
            if (client->readAll().contains("\r\n\r\n"))
                client->write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi");
            client->disconnectFromHost();
        });
        connect(client, &QTcpSocket::disconnected, client, &QObject::deleteLater);
    });
    QVERIFY(m_origin.listen(QHostAddress::AnyIPv4));
    // 2 is on both lists; 3 is not on the whitelist; 4 is no exemption.
    m_service.configure(QByteArray(R"({"poolSize": 0, "limits": {"memoryLimit": "300m"}, "network": {
        "whitelist": ["127.0.0.1", "127.0.0.2", "127.0.0.4"], "blacklist": ["127.0.0.2"],
        "allowPrivate": ["127.0.0.1:PORT", "127.0.0.2:PORT", "127.0.0.3:PORT"]}})")
                            .replace("PORT", QByteArray::number(m_origin.serverPort())));
    QVERIFY2(m_service.startTcp(), m_service.said.constData());
}

void tst_remotepolicy::cleanupTestCase()
{
    QCOMPARE(m_service.stop(SIGTERM), 0);
    QVERIFY2(m_service.nothingLeft(), "a container was left behind by a run");
}

void tst_remotepolicy::hosts_data()
{
    QTest::addColumn<QJsonObject>("options");
    QTest::addColumn<QString>("session");
    QTest::addColumn<QString>("statuses"); // of 127.0.0.1 to 127.0.0.4
    const auto row = [](const char *name, const QJsonObject &filter, const QString &statuses,
                        const QString &session = {}) {
        QTest::newRow(name) << QJsonObject{{u"network"_s, u"filtered"_s}, {u"networkFilter"_s, filter}} << session
                            << statuses;
    };
    const auto list = [](const QString &name, const QStringList &hosts) {
        return QJsonObject{{name, QJsonArray::fromStringList(hosts)}};
    };
    const QString ceiling = u"200 403 403 403"_s;
    row("nothing more", {}, ceiling);
    row("everything", list(u"whitelist"_s, {u".*"_s}), ceiling);
    row("past the ceiling", list(u"whitelist"_s, {u"127.0.0.3"_s}), u"403 403 403 403"_s);
    row("no blacklist", {{u"blacklist"_s, QJsonArray()}, {u"whitelist"_s, QJsonArray{u"127.0.0.2"_s}}},
        u"403 403 403 403"_s);
    row("exemptions of its own",
        {{u"allowPrivate"_s, QJsonArray{u"127.0.0.4:%1"_s.arg(m_origin.serverPort())}},
         {u"ports"_s, QJsonArray{m_origin.serverPort()}}},
        ceiling);
    row("a session's first run", list(u"whitelist"_s, {u".*"_s}), ceiling, u"hosts"_s);
    row("a session's second run", list(u"whitelist"_s, {u".*"_s}), ceiling, u"hosts"_s);
    QTest::newRow("none") << QJsonObject() << QString() << u"none none none none"_s;
}

void tst_remotepolicy::hosts()
{
    QFETCH(QJsonObject, options);
    QFETCH(QString, session);
    QFETCH(QString, statuses);
    QJsonObject body =
        python(visitor({u"127.0.0.1"_s, u"127.0.0.2"_s, u"127.0.0.3"_s, u"127.0.0.4"_s}, m_origin.serverPort()),
               options, {{u"runtime"_s, u"python"_s}});
    if (!session.isEmpty())
        body.insert(u"sessionId"_s, session);
    const Answer answer = m_service.run(body);
    QVERIFY2(answer.json().value(u"stdout"_s).toString() == statuses + u'\n', answer.body.constData());
}

void tst_remotepolicy::routes_data()
{
    QTest::addColumn<QByteArray>("route");
    QTest::newRow("execute") << QByteArray("/execute");
    QTest::newRow("stream") << QByteArray("/execute/stream");
    QTest::newRow("ws") << QByteArray("/execute/ws");
}

// That a run is refused, and that it is believed nothing, whichever way it comes.
void tst_remotepolicy::routes()
{
    QFETCH(QByteArray, route);
    const auto send = [&](QJsonObject body) {
        body.insert(u"explicit"_s, true);
        if (route != "/execute/ws")
            return m_service.run(body, route).body;
        QNetworkRequest request(QUrl(u"ws://127.0.0.1:%1/execute/ws"_s.arg(m_service.port)));
        request.setRawHeader("Authorization", "Bearer sesame");
        QWebSocket socket;
        QByteArray received;
        bool closed = false;
        connect(&socket, &QWebSocket::textMessageReceived, this,
                [&](const QString &text) { received += text.toUtf8(); });
        connect(&socket, &QWebSocket::disconnected, this, [&] { closed = true; });
        connect(&socket, &QWebSocket::connected, this, [&] {
            body.insert(u"type"_s, u"execute"_s);
            socket.sendTextMessage(QString::fromUtf8(QJsonDocument(body).toJson()));
        });
        socket.open(request);
        return QTest::qWaitFor([&] { return closed; }, 30000) ? received : QByteArray("never closed");
    };
    const QByteArray refused = send(python(u"print(1)"_s, {{u"network"_s, u"host"_s}}));
    QVERIFY2(refused.contains("not_allowed"), refused.constData());
    const QByteArray memory = send(python(u"x = 'm' * 400000000"_s, {{u"memoryLimit"_s, u"4g"_s}}));
    QVERIFY2(memory.contains(R"("reason":"oom")") && memory.contains(R"("limited":["memoryLimit"])"),
             memory.constData());
}

void tst_remotepolicy::walls()
{
    const QString probe = u"touch /x || echo closed; "
                          "grep Seccomp: /proc/self/status"_s;
    const Answer answer = m_service.run(
        {{u"request"_s, QJsonObject{{u"cmd"_s, probe}}},
         {u"options"_s,
          QJsonObject{
              {u"readonlyRootFs"_s, true}, {u"security"_s, QJsonObject()}, {u"debug"_s, true}, {u"poolSize"_s, 99}}}});
    QVERIFY2(answer.json().value(u"stdout"_s).toString().contains(u"closed\nSeccomp:\t2"_s), answer.body.constData());
    const Answer persist = m_service.run(python(u"print(1)"_s, {{u"persist"_s, true}}));
    QCOMPARE(persist.status, 403);
    QVERIFY(dockertest::containers(u"org.isol8"_s, m_service.engineId + u"-kept"_s).isEmpty());
}

void tst_remotepolicy::images()
{
    const QString base =
        QString::fromLatin1(dockertest::docker({u"image"_s, u"inspect"_s, u"-f"_s, u"{{.Id}}"_s, u"isol8:python"_s}));
    const QString stranger = u"isol8-test-serve:stranger"_s;
    const QString custom = u"isol8-test-serve:custom"_s;
    const auto build = [](const QString &tag, const QByteArray &labels) {
        QProcess process;
        process.start(u"docker"_s, {u"build"_s, u"-q"_s, u"-t"_s, tag, u"-"_s});
        process.write("FROM isol8:python\n" + labels);
        process.closeWriteChannel();
        return process.waitForFinished(60000) && process.exitCode() == 0;
    };
    // What is built on an image of ours has its labels: a stranger's is one without.
    QVERIFY(build(stranger, "LABEL org.isol8.image=\"\"\n"));
    QVERIFY(build(custom, "LABEL org.isol8.dependencies=\"[]\"\n"));
    const auto id = [](const QString &tag) {
        return QString::fromLatin1(dockertest::docker({u"image"_s, u"inspect"_s, u"-f"_s, u"{{.Id}}"_s, tag}));
    };
    const auto status = [&](const QString &image) {
        return m_service.run(python(u"print(1)"_s, {{u"image"_s, image}})).status;
    };
    const int byTag = status(stranger);
    const int byId = status(id(stranger));
    const int byShortId = status(id(stranger).mid(7, 12));
    const int ours = status(custom);
    const int oursById = status(id(custom));
    dockertest::docker({u"tag"_s, custom, u"isol8-test-serve:other"_s});
    const int retagged = QTest::qWaitFor([&] { return status(u"isol8-test-serve:other"_s) == 200; }, 20000) ? 200 : 0;
    for (const QString &tag : {stranger, custom, u"isol8-test-serve:other"_s})
        dockertest::docker({u"rmi"_s, u"-f"_s, tag});
    QCOMPARE(byTag, 403);
    QCOMPARE(byId, 403);
    QCOMPARE(byShortId, 403);
    QCOMPARE(status(u"debian:bookworm"_s), 403);
    QCOMPARE(status(base), 200);
    QCOMPARE(status(base.mid(7, 12)), 200);
    QCOMPARE(ours, 200);
    QCOMPARE(oursById, 200);
    QCOMPARE(retagged, 200);
}

void tst_remotepolicy::setupScriptHasNoNetwork()
{
    const QString reach = u"(echo > /dev/tcp/127.0.0.1/8118) 2>/dev/null && echo open || echo shut"_s;
    const QByteArray events =
        m_service.run(python(u"pass"_s, {{u"network"_s, u"none"_s}}, {{u"setupScript"_s, reach}}), "/execute/stream")
            .body;
    QVERIFY2(events.contains("shut") && !events.contains("open"), events.constData());
}

QTEST_GUILESS_MAIN(tst_remotepolicy)
#include "tst_remotepolicy.moc"
