// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; service
#include "support/TcpService.h"

#include <memory>
#include <vector>

#include <sys/resource.h>

using namespace servicetest;
using namespace Qt::StringLiterals;

namespace {

constexpr int Crowd = 1000;

using Sockets = std::vector<std::unique_ptr<QTcpSocket>>;

} // namespace

/*
    Clients who mean no good, or are many: others' runs go on, and nothing is left behind.
*/
class tst_serveabuse : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void malformed_data();
    void malformed();
    void slowClients();
    void clientsThatNeverRead();
    void crowdOfStreams();
    void cleanupTestCase();

private:
    [[nodiscard]] std::unique_ptr<QTcpSocket> connectClient() const
    {
        auto socket = std::make_unique<QTcpSocket>();
        socket->connectToHost(QHostAddress::LocalHost, m_service.port);
        return socket;
    }
    [[nodiscard]] Answer get(const QByteArray &target) const
    {
        return m_service.askTcp("GET " + target + " HTTP/1.1\r\nHost: x\r\n" + TcpService::Key + "\r\n");
    }
    [[nodiscard]] bool othersRun() const
    {
        const Answer answer = m_service.run(python(u"print('well')"_s, {{u"timeoutMs"_s, 30000}}));
        return answer.json().value(u"stdout"_s).toString() == u"well\n";
    }
    [[nodiscard]] qint64 residentKib() const;

    TcpService m_service;
    std::unique_ptr<QTcpSocket> m_bystander; //!< a run that goes on all the time
    QByteArray m_heard;
};

void tst_serveabuse::initTestCase()
{
    rlimit limit = {};
    QCOMPARE(::getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < 3 * Crowd)
        QSKIP("too few files may be open");
    m_service.configure(R"({"poolSize": 0, "maxConcurrent": 6})");
    QVERIFY2(m_service.startTcp({u"--write-timeout"_s, u"2s"_s}), m_service.said.constData());
    m_bystander = connectClient();
    m_bystander->write(
        post("/execute/stream",
             python(u"import sys, time\nprint('begun', flush=True)\ntime.sleep(500)"_s, {{u"timeoutMs"_s, 500000}}),
             TcpService::Key));
    QTRY_VERIFY_WITH_TIMEOUT((m_heard += m_bystander->readAll()).contains("begun"), 30000);
}

void tst_serveabuse::cleanupTestCase()
{
    if (!m_bystander)
        return;
    m_heard += m_bystander->readAll();
    QVERIFY2(!m_heard.contains("exit"), m_heard.constData());
    QCOMPARE(m_bystander->state(), QAbstractSocket::ConnectedState);
    m_bystander->abort();
    QVERIFY2(m_service.nothingLeft(20000), "a container was left behind");
    QCOMPARE(m_service.stop(SIGTERM), 0);
}

qint64 tst_serveabuse::residentKib() const
{
    QFile status(u"/proc/%1/status"_s.arg(m_service.process.processId()));
    if (!status.open(QIODevice::ReadOnly))
        return 0;
    const QByteArray text = status.readAll();
    return text.mid(text.indexOf("VmRSS:") + 6, 16).simplified().split(' ').first().toLongLong();
}

void tst_serveabuse::malformed_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<int>("status"); // 0: only that nothing worse comes of it
    const auto row = [](const char *name, const QByteArray &bytes, int status = 400) {
        QTest::newRow(name) << bytes << status;
    };
    const QByteArray line = "POST /execute HTTP/1.1\r\nHost: x\r\n" + TcpService::Key;
    row("noise", QByteArray(2000, '\xfe') + "\r\n\r\n");
    row("zeros", QByteArray(100, '\0') + "\r\n\r\n");
    row("TLS", QByteArray::fromHex("16030100c8010000c403") + QByteArray(200, 'x') + "\r\n\r\n");
    row("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 0);
    row("HTTP/0.9", "GET /health\r\n\r\n");
    row("bare line feeds", "GET /health HTTP/1.1\nHost: x\n\n", 0);
    row("a line without end", "GET /" + QByteArray(100000, 'a'), 0);
    row("a thousand fields", "GET /health HTTP/1.1\r\nHost: x\r\n" + QByteArray("a: b\r\n").repeated(1000) + "\r\n",
        431);
    row("folded fields", "GET /health HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n");
    row("no host", "GET /health HTTP/1.1\r\n\r\n");
    row("two hosts", "GET /health HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n");
    row("two lengths", line + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd");
    row("a negative length", line + "Content-Length: -1\r\n\r\n");
    row("a length beyond numbers", line + "Content-Length: 99999999999999999999999\r\n\r\n", 0);
    row("length and chunks", line + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    row("chunks of another kind", line + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 0);
    row("broken chunks", line + "Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n");
    row("a chunk beyond numbers", line + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nabc\r\n", 0);
    row("a blank before the colon", "GET /health HTTP/1.1\r\nHost : x\r\n\r\n");
    row("a zero in a field", "GET /health HTTP/1.1\r\nHost: x\r\nA: " + QByteArray(1, '\0') + "b\r\n\r\n");
    row("a path out of everything", "GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", 404);
    row("a broken escape", "GET /file?path=%zz HTTP/1.1\r\nHost: x\r\n" + TcpService::Key + "\r\n", 0);
    row("JSON without end", line + "Content-Length: 100000\r\n\r\n" + QByteArray("[").repeated(100000));
    row("JSON of deep nests", line + "Content-Length: 100000\r\n\r\n" + QByteArray("{\"a\":").repeated(20000), 400);
    row("a handshake of nothing",
        "GET /execute/ws HTTP/1.1\r\nHost: x\r\n" + TcpService::Key +
            "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        0);
}

void tst_serveabuse::malformed()
{
    QFETCH(QByteArray, bytes);
    QFETCH(int, status);
    const auto client = connectClient();
    client->write(bytes);
    QByteArray received;
    if (status > 0) {
        QTRY_VERIFY2_WITH_TIMEOUT(
            (received += client->readAll()).startsWith(QByteArray("HTTP/1.1 " + QByteArray::number(status))),
            received.constData(), 20000);
    } else {
        QVERIFY(client->waitForBytesWritten(5000) || client->state() == QAbstractSocket::UnconnectedState);
        client->waitForReadyRead(200);
    }
    client->abort();
    QCOMPARE(m_service.process.state(), QProcess::Running);
    QCOMPARE(get("/health").status, 200);
}

void tst_serveabuse::slowClients()
{
    Sockets crowd;
    for (int i = 0; i < Crowd; ++i) {
        crowd.push_back(connectClient());
        crowd.back()->write(i % 2 ? "GET /hea" : QByteArray());
    }
    QTRY_VERIFY_WITH_TIMEOUT(crowd.back()->state() == QAbstractSocket::ConnectedState, 20000);
    for (const auto &client : crowd)
        client->write("l");
    QVERIFY(othersRun());
    QCOMPARE(get("/health").status, 200);
}

void tst_serveabuse::clientsThatNeverRead()
{
    Sockets stuck;
    for (int i = 0; i < 3; ++i) {
        stuck.push_back(connectClient());
        stuck.back()->setReadBufferSize(1024);
        stuck.back()->write(post("/execute/stream",
                                 python(u"import sys\nwhile True: sys.stdout.write('x' * 100000)"_s,
                                        {{u"timeoutMs"_s, 60000}, {u"maxOutputSize"_s, u"16m"_s}}),
                                 TcpService::Key));
    }
    QTRY_VERIFY_WITH_TIMEOUT(m_service.containers() > 1, 20000);
    QVERIFY(othersRun());
    const qint64 kib = residentKib();
    QVERIFY2(kib > 1000, QByteArray::number(kib).constData());
#ifndef __SANITIZE_ADDRESS__ // which keeps what was freed
    QVERIFY2(kib < 150000, QByteArray::number(kib).constData());
#endif
    // They are given up, and their runs with them: the bystander's is left.
    QTRY_COMPARE_WITH_TIMEOUT(m_service.containers(), 1, 30000);
}

// More than may run: those whose turn it is produce, the others wait, and none is lost.
void tst_serveabuse::crowdOfStreams()
{
    Sockets crowd;
    const QByteArray request =
        post("/execute/stream",
             python(u"import time\nwhile True:\n    print('tick', flush=True)\n    time.sleep(0.1)"_s,
                    {{u"timeoutMs"_s, 500000}}),
             TcpService::Key);
    for (int i = 0; i < Crowd; ++i) {
        crowd.push_back(connectClient());
        crowd.back()->write(request);
    }
    QTRY_COMPARE_WITH_TIMEOUT(get("/runs").json().value(u"runs"_s).toArray().size(), Crowd + 1, 60000);
    const auto ticking = [&] {
        return std::count_if(crowd.begin(), crowd.end(),
                             [](const auto &client) { return client->peek(4000).contains("tick"); });
    };
    QTRY_COMPARE_WITH_TIMEOUT(ticking(), 5, 60000);
    const auto open = [](const auto &client) {
        return client->state() == QAbstractSocket::ConnectedState && client->peek(20).startsWith("HTTP/1.1 200");
    };
    QTRY_VERIFY_WITH_TIMEOUT(std::all_of(crowd.begin(), crowd.end(), open), 20000);
    qInfo("%d streams: the service holds %lld KiB", Crowd, static_cast<long long>(residentKib()));
    // One that leaves makes room for the next in the queue.
    const auto first = std::find_if(crowd.begin(), crowd.end(),
                                    [](const auto &client) { return client->peek(4000).contains("tick"); });
    (*first)->abort();
    crowd.erase(first);
    QTRY_COMPARE_WITH_TIMEOUT(ticking(), 5, 60000);
    crowd.clear();
    QTRY_COMPARE_WITH_TIMEOUT(get("/runs").json().value(u"runs"_s).toArray().size(), 1, 60000);
    QVERIFY(othersRun());
}

QTEST_GUILESS_MAIN(tst_serveabuse)
#include "tst_serveabuse.moc"
