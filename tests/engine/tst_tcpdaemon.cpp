// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; execution http
// A daemon that is reached by TCP, plain and with TLS: the real one, behind a relay to its Unix socket.
#include "support/Certificates.h"
#include "support/Docker.h"

#include <isol8/execution/LocalEngine.h>

#include <QLocalSocket>
#include <QSignalSpy>
#include <QSslServer>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>

#include <memory>

using namespace isol8;
using namespace Qt::StringLiterals;

namespace {

// Passes bytes both ways until one side ends, and then what is left to the other.
class Relay : public QObject
{
public:
    Relay(QTcpServer *server, QString socketPath)
        : m_server(server)
        , m_path(std::move(socketPath))
    {
        connect(server, &QTcpServer::pendingConnectionAvailable, this, [this] {
            while (QTcpSocket *client = m_server->nextPendingConnection())
                pair(client);
        });
    }

private:
    void pair(QTcpSocket *client)
    {
        auto *daemon = new QLocalSocket(client);
        daemon->connectToServer(m_path);
        const auto toDaemon = [client, daemon] { daemon->write(client->readAll()); };
        const auto toClient = [client, daemon] { client->write(daemon->readAll()); };
        connect(client, &QIODevice::readyRead, daemon, toDaemon);
        connect(daemon, &QIODevice::readyRead, client, toClient);
        connect(client, &QAbstractSocket::disconnected, daemon, [client, daemon, toDaemon] {
            toDaemon();
            daemon->disconnectFromServer();
            client->deleteLater();
        });
        connect(daemon, &QLocalSocket::disconnected, client, [client, toClient] {
            toClient();
            client->disconnectFromHost();
        });
        toDaemon();
    }

    QTcpServer *m_server;
    QString m_path;
};

} // namespace

class tst_tcpdaemon : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void runs_data();
    void runs();
    void relayEnds();

private:
    QString m_socket;
    test::Certificates m_certificates;
};

void tst_tcpdaemon::initTestCase()
{
    const auto found = docker::Endpoint::discover(QProcessEnvironment::systemEnvironment());
    QVERIFY(found);
    if (found->kind != docker::Endpoint::Kind::Unix)
        QSKIP("the daemon here has no Unix socket to relay to");
    m_socket = found->path;
}

void tst_tcpdaemon::runs_data()
{
    QTest::addColumn<bool>("tls");
    QTest::newRow("plain") << false;
    QTest::newRow("TLS") << true;
}

void tst_tcpdaemon::runs()
{
    QFETCH(bool, tls);
    docker::Endpoint endpoint;
    endpoint.kind = tls ? docker::Endpoint::Kind::Tls : docker::Endpoint::Kind::Tcp;
    endpoint.host = u"127.0.0.1"_s;
    std::unique_ptr<QTcpServer> server;
    if (tls) {
        if (!m_certificates.possible())
            QSKIP("no openssl, or Qt without TLS");
        QVERIFY(m_certificates.makeAuthority(u"ca"_s));
        QVERIFY(m_certificates.makeCertificate(u"server"_s, u"ca"_s, u"docker"_s, u"IP:127.0.0.1"_s, false));
        QVERIFY(m_certificates.makeCertificate(u"client"_s, u"ca"_s, u"client"_s, {}, false));
        auto ssl = std::make_unique<QSslServer>();
        ssl->setSslConfiguration(m_certificates.serverConfiguration(u"server"_s, true));
        endpoint.certPath = m_certificates.folder(u"ca"_s, u"client"_s, u"client"_s);
        server = std::move(ssl);
    } else {
        server = std::make_unique<QTcpServer>();
    }
    QVERIFY(server->listen(QHostAddress::LocalHost));
    endpoint.port = server->serverPort();
    const Relay relay(server.get(), m_socket);

    LocalEngineOptions options;
    options.endpoint = endpoint;
    LocalEngine engine(options);
    for (int i = 0; i < 2; ++i) { // the second finds the volume
        RunRequest request;
        request.code = QByteArray("import socket, sys\n"
                                  "print(socket.gethostbyname('localhost'), open('/sandbox/a').read(),"
                                  " sys.stdin.read(), len(sys.argv[0]) * 'x')");
        request.files = {{u"/sandbox/a"_s, QByteArray("file"), 0644}};
        request.stdinData = QByteArray("stdin");
        Run *run = engine.execute(request);
        QSignalSpy finished(run, &Run::finished);
        QVERIFY(finished.wait(30000));
        QCOMPARE(run->result().error, QString());
        QCOMPARE(run->result().stderrText, QByteArray());
        QCOMPARE(run->result().stdoutText, "127.0.0.1 file stdin " + QByteArray(16, 'x') + '\n');
        delete run;
    }
    QVERIFY(dockertest::gone(engine.id()));
}

// The connection breaks in mid-run: the run says so, and the sandbox ends with it.
void tst_tcpdaemon::relayEnds()
{
    auto server = std::make_unique<QTcpServer>();
    QVERIFY(server->listen(QHostAddress::LocalHost));
    docker::Endpoint endpoint;
    endpoint.kind = docker::Endpoint::Kind::Tcp;
    endpoint.host = u"127.0.0.1"_s;
    endpoint.port = server->serverPort();
    auto relay = std::make_unique<Relay>(server.get(), m_socket);
    LocalEngineOptions options;
    options.endpoint = endpoint;
    LocalEngine engine(options);
    RunRequest request;
    request.code = QByteArray("import time\ntime.sleep(60)");
    Run *run = engine.execute(request);
    QSignalSpy started(run, &Run::started);
    QSignalSpy finished(run, &Run::finished);
    QVERIFY(started.wait(30000));
    relay.reset();
    server.reset(); // with all its connections
    QVERIFY(finished.count() || finished.wait(10000));
    QCOMPARE(toString(run->result().reason), toString(Reason::Internal));
    QCOMPARE(run->result().exitCode, 125);
    QVERIFY(!run->result().error.isEmpty());
    delete run;
    QVERIFY(dockertest::gone(engine.id()));
}

QTEST_GUILESS_MAIN(tst_tcpdaemon)
#include "tst_tcpdaemon.moc"
