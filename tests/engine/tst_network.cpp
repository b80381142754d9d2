// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; execution http
// What a run reaches of the world, by its network.
#include "support/Docker.h"

#include <isol8/execution/LocalEngine.h>

#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>

#include <memory>

using namespace isol8;
using namespace Qt::StringLiterals;

class tst_network : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();

    void none();
    void host();
    void hostIsNeverPooled();

private:
    RunResult run(const QByteArray &code, const RunOptions &options = {});

    std::unique_ptr<LocalEngine> m_engine;
    std::unique_ptr<QTcpServer> m_server;
    int m_visits = 0;
};

void tst_network::init()
{
    m_visits = 0;
    m_engine = std::make_unique<LocalEngine>();
    m_server = std::make_unique<QTcpServer>();
    connect(m_server.get(), &QTcpServer::newConnection, this, [this] {
        ++m_visits;
        QTcpSocket *socket = m_server->nextPendingConnection();
        socket->write("welcome");
        socket->disconnectFromHost();
        connect(socket, &QTcpSocket::disconnected, socket, &QObject::deleteLater);
    });
    QVERIFY(m_server->listen(QHostAddress::LocalHost));
}

void tst_network::cleanup()
{
    const QString id = m_engine->id();
    bool stopped = false;
    m_engine->stop({this, [&](const Result<void> &) { stopped = true; }});
    QTRY_VERIFY_WITH_TIMEOUT(stopped, 30000);
    m_engine.reset();
    m_server.reset();
    QVERIFY(dockertest::gone(id));
}

RunResult tst_network::run(const QByteArray &code, const RunOptions &options)
{
    RunRequest request;
    request.code = QByteArray(code).replace("PORT", QByteArray::number(m_server->serverPort()));
    std::unique_ptr<Run> run(m_engine->execute(request, options));
    if (!QTest::qWaitFor([&] { return run->isFinished(); }, 60000))
        run->cancel();
    return run->result();
}

const QByteArray visit = "import socket\n"
                         "s = socket.create_connection(('127.0.0.1', PORT), 5)\n"
                         "print(s.recv(100).decode())\n";

void tst_network::none()
{
    const RunResult result = run(visit);
    QCOMPARE(result.exitCode, 1);
    QVERIFY2(result.stderrText.contains("ConnectionRefusedError"), result.stderrText.constData());
    QCOMPARE(m_visits, 0);
}

void tst_network::host()
{
    RunOptions options;
    options.network = Network::Host;
    const RunResult result = run(visit + "import os; print(os.getuid(), os.path.exists('/var/run/docker.sock'))\n"
                                         "try: socket.socket(socket.AF_VSOCK)\n"
                                         "except OSError as e: print(e.errno)\n",
                                 options);
    QCOMPARE(result.stderrText, QByteArray());
    QCOMPARE(result.stdoutText, QByteArray("welcome\n1000 False\n1\n")); // all other walls stand
    QCOMPARE(m_visits, 1);
}

void tst_network::hostIsNeverPooled()
{
    LocalEngineOptions engineOptions;
    engineOptions.config.defaults.network = Network::Host;
    engineOptions.config.poolStrategy = Config::PoolStrategy::Fast;
    m_engine = std::make_unique<LocalEngine>(engineOptions);
    std::optional<bool> started;
    m_engine->start({u"python"_s}, {this, [&](const Result<void> &result) { started = result.has_value(); }});
    QTRY_VERIFY_WITH_TIMEOUT(started.has_value(), 30000);
    QVERIFY(*started);
    QStringList containers;
    for (int i = 0; i < 3; ++i) {
        const RunResult result = run(visit);
        QCOMPARE(result.exitCode, 0);
        QVERIFY(!containers.contains(result.containerId));
        containers.append(result.containerId);
    }
    QVERIFY(dockertest::gone(m_engine->id(), 10000)); // the last one's, too
}

QTEST_GUILESS_MAIN(tst_network)
#include "tst_network.moc"
