// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; execution egress http
// Filtered runs from end to end: real programs with their ordinary clients, the door, servers on loopback under names
// that only the test's resolver knows.
#include "support/Certificates.h"
#include "support/CodeServer.h"
#include "support/Docker.h"

#include <isol8/execution/LocalEngine.h>

#include <QEventLoop>
#include <QJsonArray>
#include <QJsonDocument>
#include <QNetworkInterface>
#include <QSignalSpy>
#include <QTest>
#include <QTimer>
#include <QUdpSocket>

#include <memory>

using namespace isol8;
using namespace Qt::StringLiterals;

class tst_filtered : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup();

    void runtimes_data();
    void runtimes();
    void pooled_data();
    void pooled();
    void otherRulesForTheNextRun();
    void environmentIsKept();
    void logsAndBytes();
    void secretsInNoLog();
    void longLog();
    void deletedInItsOwnSignal();
    void tunnelCutByTheEnd();
    void abandonedTunnels();
    void manyConnections();
    void lastWords_data();
    void lastWords();
    void noOtherWay();
    void byTheProxy_data();
    void byTheProxy();
    void otherSandbox();
    void badRules();

private:
    RunResult run(const QString &runtime, const QByteArray &code, RunOptions options = {},
                  const QMap<QString, QString> &env = {});
    [[nodiscard]] QByteArray filled(QByteArray code) const;
    void start(Config::PoolStrategy strategy, const QStringList &prewarm);
    static QStringList blocked(const RunResult &result);

    test::Certificates m_certificates;
    std::shared_ptr<test::ScriptedResolver> m_names;
    std::unique_ptr<test::CodeServer> m_http;
    std::unique_ptr<test::CodeServer> m_https;
    std::unique_ptr<LocalEngine> m_engine;
};

void tst_filtered::initTestCase()
{
    if (!test::Certificates::possible())
        QSKIP("no openssl");
    QVERIFY(m_certificates.makeAuthority(u"ca"_s));
    QVERIFY(m_certificates.makeCertificate(u"server"_s, u"ca"_s, u"allowed.test"_s,
                                           u"DNS:allowed.test,DNS:denied.test"_s, false));
}

void tst_filtered::init()
{
    m_http = std::make_unique<test::CodeServer>();
    m_https = std::make_unique<test::CodeServer>(m_certificates.serverConfiguration(u"server"_s, false));
    m_http->serve("/x", "plain");
    m_https->serve("/x", "secret");
    m_names = std::make_shared<test::ScriptedResolver>();
    for (const char *name : {"allowed.test", "denied.test", "open.test"})
        m_names->answers[QString::fromLatin1(name)] = {{u"127.0.0.1"_s}};
    m_names->answers[u"inner.test"_s] = {{u"10.1.2.3"_s}};
    m_names->answers[u"metadata.test"_s] = {{u"169.254.169.254"_s}};
    start(Config::PoolStrategy::Secure, {});
}

void tst_filtered::start(Config::PoolStrategy strategy, const QStringList &prewarm)
{
    LocalEngineOptions options;
    options.resolver = m_names;
    options.config.poolStrategy = strategy;
    options.config.defaults.network = Network::Filtered;
    options.config.network.whitelist = QStringList{u"allowed.test"_s};
    options.config.network.maxConnections = 20;
    for (const quint16 port : {m_http->port(), m_https->port()})
        options.config.network.allowPrivate.append(u"allowed.test:%1"_s.arg(port));
    m_engine = std::make_unique<LocalEngine>(options);
    if (prewarm.isEmpty())
        return;
    std::optional<bool> started;
    m_engine->start(prewarm, {this, [&](const Result<void> &result) { started = result.has_value(); }});
    QTRY_VERIFY_WITH_TIMEOUT(started.has_value(), 30000);
    QVERIFY(*started);
}

void tst_filtered::cleanup()
{
    if (!m_engine)
        return;
    const QString id = m_engine->id();
    bool stopped = false;
    m_engine->stop({this, [&](const Result<void> &) { stopped = true; }});
    QTRY_VERIFY_WITH_TIMEOUT(stopped, 30000);
    m_engine.reset();
    QVERIFY(dockertest::gone(id, 10000));
}

QByteArray tst_filtered::filled(QByteArray code) const
{
    return code.replace("HTTPS_PORT", QByteArray::number(m_https->port()))
        .replace("HTTP_PORT", QByteArray::number(m_http->port()));
}

RunResult tst_filtered::run(const QString &runtime, const QByteArray &code, RunOptions options,
                            const QMap<QString, QString> &env)
{
    RunRequest request;
    request.runtime = runtime;
    request.code = filled(code);
    request.env = env;
    request.files.append({u"/sandbox/ca.pem"_s, m_certificates.read(u"ca.crt"_s), 0644});
    options.logNetwork = true;
    std::unique_ptr<Run> run(m_engine->execute(request, options));
    // Unlike qWaitFor(), which sleeps between events that a program waits for.
    QEventLoop loop;
    connect(run.get(), &Run::finished, &loop, &QEventLoop::quit);
    QTimer::singleShot(60000, run.get(), &Run::cancel);
    loop.exec();
    return run->result();
}

// The reasons of what was refused, in order.
QStringList tst_filtered::blocked(const RunResult &result)
{
    QStringList reasons;
    for (const auto &entry : result.networkLogs) {
        if (entry.toObject().value(u"action"_s) == u"BLOCK"_s)
            reasons.append(entry.toObject().value(u"reason"_s).toString());
    }
    return reasons;
}

void tst_filtered::runtimes_data()
{
    QTest::addColumn<QString>("runtime");
    QTest::addColumn<QByteArray>("code");
    const QByteArray fetch =
        "for (const url of ['http://allowed.test:HTTP_PORT/x', 'https://allowed.test:HTTPS_PORT/x', "
        "'http://denied.test:HTTP_PORT/x', 'https://denied.test:HTTPS_PORT/x']) {\n"
        "  try { const r = await fetch(url); console.log(r.status === 200 ? await r.text() : 'refused') }\n"
        "  catch (e) { console.log('refused') }\n"
        "}\n";
    QTest::newRow("python, urllib") << u"python"_s
                                    << QByteArray(
                                           "import urllib.request\n"
                                           "for scheme, host, port in (('http', 'allowed', HTTP_PORT), ('https', "
                                           "'allowed', HTTPS_PORT), ('http', 'denied', HTTP_PORT), ('https', "
                                           "'denied', HTTPS_PORT)):\n"
                                           "  try: print(urllib.request.urlopen(f'{scheme}://{host}.test:{port}/x')"
                                           ".read().decode())\n"
                                           "  except OSError: print('refused')\n");
    QTest::newRow("node, fetch") << u"node"_s << QByteArray("(async () => {\n" + fetch + "})();\n");
    QTest::newRow("node, http and https")
        << u"node"_s
        << QByteArray("const get = (module, url) => new Promise(done => require(module).get(url, r => { let t = ''; "
                      "r.on('data', d => t += d); r.on('end', () => done(r.statusCode === 200 ? t : 'refused')) })"
                      ".on('error', () => done('refused')));\n"
                      "(async () => {\n"
                      "console.log(await get('http', 'http://allowed.test:HTTP_PORT/x'));\n"
                      "console.log(await get('https', 'https://allowed.test:HTTPS_PORT/x'));\n"
                      "console.log(await get('http', 'http://denied.test:HTTP_PORT/x'));\n"
                      "console.log(await get('https', 'https://denied.test:HTTPS_PORT/x'));\n"
                      "})();\n");
    QTest::newRow("bun, fetch") << u"bun"_s << fetch;
    QTest::newRow("deno, fetch") << u"deno"_s << fetch;
    QTest::newRow("bash, curl") << u"bash"_s
                                << QByteArray(
                                       "for url in http://allowed.test:HTTP_PORT/x https://allowed.test:HTTPS_PORT/x "
                                       "http://denied.test:HTTP_PORT/x https://denied.test:HTTPS_PORT/x; do\n"
                                       "  curl -sSf $url 2>/dev/null && echo || echo refused\ndone\n");
    QTest::newRow("bash, curl by SOCKS")
        << u"bash"_s
        << QByteArray("for url in http://allowed.test:HTTP_PORT/x https://allowed.test:HTTPS_PORT/x "
                      "http://denied.test:HTTP_PORT/x https://denied.test:HTTPS_PORT/x; do\n"
                      "  curl -sSf -x socks5h://127.0.0.1:8118 $url 2>/dev/null && echo || echo refused\ndone\n");
}

void tst_filtered::runtimes()
{
    QFETCH(QString, runtime);
    QFETCH(QByteArray, code);
    const QMap<QString, QString> trust{{u"SSL_CERT_FILE"_s, u"/sandbox/ca.pem"_s},
                                       {u"NODE_EXTRA_CA_CERTS"_s, u"/sandbox/ca.pem"_s},
                                       {u"DENO_CERT"_s, u"/sandbox/ca.pem"_s},
                                       {u"CURL_CA_BUNDLE"_s, u"/sandbox/ca.pem"_s}};
    const RunResult result = run(runtime, code, {}, trust);
    QCOMPARE(result.stderrText, QByteArray());
    QCOMPARE(result.stdoutText, QByteArray("plain\nsecret\nrefused\nrefused\n"));
    QCOMPARE(blocked(result), QStringList({u"not_whitelisted"_s, u"not_whitelisted"_s}));
    QVERIFY(!m_names->asked.contains(u"denied.test"_s)); // decided by its name
}

void tst_filtered::pooled_data()
{
    QTest::addColumn<QString>("runtime");
    QTest::addColumn<bool>("fast");
    for (const char *runtime : {"python", "node"}) {
        QTest::addRow("%s, secure", runtime) << QString::fromLatin1(runtime) << false;
        QTest::addRow("%s, fast", runtime) << QString::fromLatin1(runtime) << true;
    }
}

// Interpreters that have waited know the way, too; a used sandbox is proven clean after connections.
void tst_filtered::pooled()
{
    QFETCH(QString, runtime);
    QFETCH(bool, fast);
    cleanup();
    start(fast ? Config::PoolStrategy::Fast : Config::PoolStrategy::Secure, {runtime});
    const QByteArray code = runtime == u"python"
                                ? "import urllib.request, os\n"
                                  "print(urllib.request.urlopen('http://allowed.test:HTTP_PORT/x').read()"
                                  ".decode(), os.path.exists('/tmp/mark'))\n"
                                  "open('/tmp/mark', 'w')\n"
                                : "fetch('http://allowed.test:HTTP_PORT/x').then(r => r.text())"
                                  ".then(t => { console.log(t, require('fs').existsSync('/tmp/mark') ? "
                                  "'True' : 'False'); require('fs').writeFileSync('/tmp/mark', '') })";
    QStringList containers;
    for (int i = 0; i < 4; ++i) {
        const RunResult result = run(runtime, code);
        QCOMPARE(result.stderrText, QByteArray());
        QCOMPARE(result.stdoutText, QByteArray("plain False\n"));
        containers.append(result.containerId);
        QTest::qWait(300); // it is reset behind the answer
    }
    containers.removeDuplicates();
    QCOMPARE(containers.size() < 4, fast);
}

void tst_filtered::otherRulesForTheNextRun()
{
    cleanup();
    start(Config::PoolStrategy::Fast, {u"python"_s});
    const QByteArray code = "import urllib.request\n"
                            "try: print(urllib.request.urlopen('http://allowed.test:HTTP_PORT/x').read().decode())\n"
                            "except OSError as e: print(e.code)\n";
    QCOMPARE(run(u"python"_s, code).stdoutText, QByteArray("plain\n"));
    RunOptions other;
    other.whitelist = QStringList{u"open.test"_s};
    QCOMPARE(run(u"python"_s, code, other).stdoutText, QByteArray("403\n"));
    RunOptions denied;
    denied.blacklist = QStringList{u"allow.*"_s};
    const RunResult last = run(u"python"_s, code, denied);
    QCOMPARE(last.stdoutText, QByteArray("403\n"));
    QCOMPARE(blocked(last), QStringList{u"blacklisted"_s});
    QCOMPARE(run(u"python"_s, code).stdoutText, QByteArray("plain\n"));
}

// A request cannot lead its programs past the door by its variables; none of them would lead anywhere.
void tst_filtered::environmentIsKept()
{
    const RunResult result = run(u"bash"_s, "echo $http_proxy $HTTPS_PROXY $no_proxy $mine", {},
                                 {{u"http_proxy"_s, u"http://10.0.0.1:1"_s}, {u"mine"_s, u"kept"_s}});
    QCOMPARE(result.stdoutText,
             QByteArray("http://127.0.0.1:8118 http://127.0.0.1:8118 localhost,127.0.0.1,::1 kept\n"));
}

void tst_filtered::logsAndBytes()
{
    m_http->serve("/big", QByteArray(300000, 'b'));
    RunRequest request;
    request.code =
        filled("import urllib.request\n"
               "print(len(urllib.request.urlopen('http://allowed.test:HTTP_PORT/big?token=geheim').read()))\n");
    m_http->answers["/big?token=geheim"] = m_http->answers["/big"];
    RunOptions options;
    std::unique_ptr<Run> run(m_engine->execute(request, options));
    QSignalSpy live(run.get(), &Run::networkLogged);
    QTRY_VERIFY_WITH_TIMEOUT(run->isFinished(), 60000);
    const RunResult &result = run->result();
    QCOMPARE(result.stdoutText, QByteArray("300000\n"));
    QVERIFY(result.networkLogs.isEmpty()); // not asked for
    QVERIFY(result.resourceUsage.networkBytesIn >= 300000 && result.resourceUsage.networkBytesIn < 310000);
    QVERIFY(result.resourceUsage.networkBytesOut > 50 && result.resourceUsage.networkBytesOut < 5000);
    QCOMPARE(live.size(), 1);
    const QJsonObject entry = live.first().first().toJsonObject();
    QCOMPARE(entry.value(u"action"_s).toString(), u"ALLOW"_s);
    QCOMPARE(entry.value(u"method"_s).toString(), u"GET"_s);
    QCOMPARE(entry.value(u"host"_s).toString(), u"allowed.test"_s);
    QCOMPARE(entry.value(u"path"_s).toString(), u"/big"_s);
    QCOMPARE(entry.value(u"port"_s).toInt(), int(m_http->port()));
    QVERIFY(entry.value(u"bytesIn"_s).toInteger() >= 300000);
    QVERIFY(!QJsonDocument(entry).toJson().contains("geheim"));
}

// A secret in a path or a name is in no log.
void tst_filtered::secretsInNoLog()
{
    RunOptions options;
    options.secrets.insert(u"TOKEN"_s, u"s3cr3tvalue99"_s);
    const RunResult result = run(u"python"_s,
                                 "import os, urllib.request\n"
                                 "t = os.environ['TOKEN']\n"
                                 "for url in (f'http://allowed.test:HTTP_PORT/bot{t}/x', f'http://{t}.denied.test/'):\n"
                                 "  try: urllib.request.urlopen(url)\n"
                                 "  except OSError as e: print(e.code)\n",
                                 options);
    QCOMPARE(result.stdoutText, QByteArray("404\n403\n"));
    const QByteArray logs = QJsonDocument(result.networkLogs).toJson();
    QVERIFY2(!logs.contains("s3cr3tvalue99"), logs.constData());
    QVERIFY(logs.contains("/bot***/x") && logs.contains("***.denied.test"));
}

// More than the log keeps: what is left out is told, and what was refused is known to whoever audits the run.
void tst_filtered::longLog()
{
    const QByteArray code = "import socket\n"
                            "s = None\n"
                            "for i in range(1010):\n"
                            "  s = socket.create_connection(('127.0.0.1', 8118), 10)\n"
                            "  s.sendall(b'CONNECT denied.test:443 HTTP/1.1\\r\\nHost: denied.test\\r\\n\\r\\n')\n"
                            "  while s.recv(65536): pass\n";
    RunRequest request;
    request.code = code;
    request.timeout = milliseconds(120000);
    RunOptions options;
    options.logNetwork = true;
    std::unique_ptr<Run> run(m_engine->execute(request, options));
    QSignalSpy live(run.get(), &Run::networkLogged);
    QEventLoop loop;
    connect(run.get(), &Run::finished, &loop, &QEventLoop::quit);
    loop.exec();
    const RunResult &result = run->result();
    QCOMPARE(result.stderrText, QByteArray());
    QCOMPARE(result.networkLogs.size(), 1000);
    QCOMPARE(live.size(), 1000); // as many are told while it runs
    QCOMPARE(result.networkLogsDropped, 10);
    QVERIFY2(result.error.contains(u"first 1000 entries; 10 more"), qPrintable(result.error));
    QCOMPARE(toString(result.reason), toString(Reason::Completed));
    const QJsonObject onTheWire = result.toJson();
    QCOMPARE(onTheWire.value(u"networkLogsDropped"_s).toInt(), 10);
    QVERIFY(!onTheWire.contains(u"securityEvents"_s));
    QCOMPARE(result.securityEvents.size(), 100);
    QCOMPARE(result.securityEventsDropped, 910);
    const QJsonObject event = result.securityEvents.first().toObject();
    QCOMPARE(event.value(u"type"_s).toString(), u"network_blocked"_s);
    QVERIFY(event.value(u"message"_s).toString().contains(u"denied.test is not on the whitelist"));
    QCOMPARE(event.value(u"details"_s)[u"host"].toString(), u"denied.test"_s);
    QCOMPARE(event.value(u"details"_s)[u"port"].toInt(), 443);
    QCOMPARE(event.value(u"details"_s)[u"reason"].toString(), u"not_whitelisted"_s);
    QVERIFY(QDateTime::fromString(event.value(u"timestamp"_s).toString(), Qt::ISODateWithMs).isValid());
}

void tst_filtered::deletedInItsOwnSignal()
{
    RunRequest request;
    request.code = filled("import urllib.request\n"
                          "try: urllib.request.urlopen('http://denied.test:HTTP_PORT/x')\n"
                          "except OSError: pass\n");
    Run *run = m_engine->execute(request, {});
    const QPointer<Run> alive(run);
    connect(run, &Run::networkLogged, this, [run] { delete run; });
    QTRY_VERIFY_WITH_TIMEOUT(!alive, 30000);
    QTest::qWait(100);
}

// What is open when the program ends, or is ended, is cut and told.
void tst_filtered::tunnelCutByTheEnd()
{
    m_http->answers["/slow"] = {test::CodeServer::text(QByteArray(100, 's')), true, 100};
    RunOptions options;
    options.timeout = milliseconds(4000);
    const RunResult result = run(
        u"python"_s,
        "import urllib.request\nprint(urllib.request.urlopen('http://allowed.test:HTTP_PORT/slow').read())\n", options);
    QCOMPARE(toString(result.reason), toString(Reason::Timeout));
    QCOMPARE(result.networkLogs.size(), 1);
    QCOMPARE(result.networkLogs.first().toObject().value(u"path"_s).toString(), u"/slow"_s);
    QTRY_COMPARE_WITH_TIMEOUT(m_http->open, 0, 20000);
}

// A tunnel that the program has left, with bytes unread, is over: its place is free and nothing more is fetched.
void tst_filtered::abandonedTunnels()
{
    m_http->answers["/endless"] = {"HTTP/1.1 200 OK\r\n\r\n" + QByteArray(700000, 'e'), false, 0};
    const RunResult result = run(u"python"_s, "import socket, time\n"
                                              "def tunnel():\n"
                                              "  s = socket.create_connection(('127.0.0.1', 8118), 5)\n"
                                              "  s.sendall(b'CONNECT allowed.test:HTTP_PORT HTTP/1.1\\r\\nHost: "
                                              "allowed.test:HTTP_PORT\\r\\n\\r\\n')\n"
                                              "  s.recv(1000)\n"
                                              "  s.sendall(b'GET /endless HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n')\n"
                                              "  return s.recv(1000)[:4]\n"
                                              "good = 0\n"
                                              "for i in range(40):\n"
                                              "  good += tunnel() == b'HTTP'\n"
                                              "print(good)\n");
    QCOMPARE(result.stderrText, QByteArray());
    QCOMPARE(result.stdoutText, QByteArray("40\n"));
    QVERIFY(result.resourceUsage.networkBytesIn < 40LL * 650000);
    QTRY_COMPARE_WITH_TIMEOUT(m_http->open, 0, 20000);
}

// More connections than a run may have, and then ten thousand that say nothing: refused, told, and over.
void tst_filtered::manyConnections()
{
    const RunResult result = run(
        u"python"_s, "import socket, time, urllib.request\n"
                     "held, good = [], 0\n"
                     "for i in range(30):\n"
                     "  s = socket.create_connection(('127.0.0.1', 8118), 20)\n"
                     "  held.append(s)\n"
                     "  try:\n"
                     "    s.sendall(b'CONNECT allowed.test:HTTP_PORT HTTP/1.1\\r\\nHost: allowed.test:HTTP_PORT"
                     "\\r\\n\\r\\n')\n"
                     "    good += s.recv(1000).startswith(b'HTTP/1.1 200')\n"
                     "  except OSError: pass\n"
                     "print(good)\n"
                     "for s in held: s.close()\n"
                     "for i in range(20):\n"
                     "  held = []\n"
                     "  for j in range(500):\n"
                     "    s = socket.socket(); s.setblocking(False); held.append(s)\n"
                     "    try: s.connect(('127.0.0.1', 8118))\n"
                     "    except OSError: pass\n"
                     "  for s in held: s.close()\n"
                     "for i in range(100):\n"
                     "  try: print(urllib.request.urlopen('http://allowed.test:HTTP_PORT/x').read().decode()); break\n"
                     "  except OSError: time.sleep(0.1)\n");
    QCOMPARE(result.stderrText, QByteArray());
    QCOMPARE(result.stdoutText, QByteArray("20\nplain\n"));
    QStringList reasons = blocked(result);
    reasons.removeDuplicates();
    QCOMPARE(reasons, QStringList{u"limit_connections"_s});
}

void tst_filtered::lastWords_data()
{
    QTest::addColumn<QByteArray>("code"); // leaves without waiting for an answer
    const QByteArray dial = "import os, socket\ns = socket.create_connection(('127.0.0.1', 8118), 5)\n";
    QTest::newRow("tunnel") << QByteArray(
        dial + "s.sendall(b'CONNECT allowed.test:HTTP_PORT HTTP/1.1\\r\\nHost: allowed.test:HTTP_PORT\\r\\n\\r\\n')\n"
               "s.recv(1000)\ns.sendall(b'x' * 600000)\n");
    QTest::newRow("tunnel, killed by itself") << QByteArray(
        dial + "s.sendall(b'CONNECT allowed.test:HTTP_PORT HTTP/1.1\\r\\nHost: allowed.test:HTTP_PORT\\r\\n\\r\\n')\n"
               "s.recv(1000)\ns.sendall(b'x' * 600000)\nos.kill(os.getpid(), 9)\n");
    QTest::newRow("request") << QByteArray(
        dial + "s.sendall(b'POST http://allowed.test:HTTP_PORT/ HTTP/1.1\\r\\nHost: allowed.test:HTTP_PORT\\r\\n"
               "Content-Length: 600000\\r\\n\\r\\n')\n"
               "s.sendall(b'x' * 600000)\n");
}

// What a program has sent when it ends is not lost with it.
void tst_filtered::lastWords()
{
    QFETCH(QByteArray, code);
    QTcpServer server;
    QByteArray got;
    connect(&server, &QTcpServer::newConnection, &server, [&] {
        QTcpSocket *socket = server.nextPendingConnection();
        connect(socket, &QTcpSocket::readyRead, socket, [&got, socket] { got += socket->readAll(); });
    });
    QVERIFY(server.listen(QHostAddress::LocalHost));
    cleanup();
    LocalEngineOptions options;
    options.resolver = m_names;
    options.config.defaults.network = Network::Filtered;
    options.config.network.allowPrivate = QStringList{u"allowed.test:%1"_s.arg(server.serverPort())};
    m_engine = std::make_unique<LocalEngine>(options);
    code.replace("HTTP_PORT", QByteArray::number(server.serverPort()));
    for (int i = 0; i < 8; ++i) {
        got.clear();
        const RunResult result = run(u"python"_s, code);
        QCOMPARE(result.stderrText, QByteArray());
        QTRY_COMPARE_WITH_TIMEOUT(got.count('x'), 600000, 20000);
        QVERIFY(result.resourceUsage.networkBytesOut >= 600000);
    }
}

// Nothing but the door leads out: no address, no name, no other kind of socket.
void tst_filtered::noOtherWay()
{
    QUdpSocket trap; // on every address of this machine
    QVERIFY(trap.bind(QHostAddress::AnyIPv4));
    QTcpServer listener;
    QVERIFY(listener.listen(QHostAddress::AnyIPv4));
    QStringList own{u"172.17.0.1"_s};
    for (const QHostAddress &address : QNetworkInterface::allAddresses()) {
        if (address.protocol() == QAbstractSocket::IPv4Protocol && !address.isLoopback())
            own.append(address.toString());
    }
    own.removeDuplicates();
    const QByteArray code =
        "import socket, os\n"
        "own = '" +
        own.join(u' ').toLatin1() +
        "'.split()\n"
        "tcp, udp = " +
        QByteArray::number(listener.serverPort()) + ", " + QByteArray::number(trap.localPort()) +
        "\n"
        "out = []\n"
        "def attempt(what, f):\n"
        "  try: f(); out.append(what)\n"
        "  except OSError as e: pass\n"
        "for a in own + ['169.254.169.254', '10.0.0.1', '8.8.8.8', '127.0.0.1']:\n"
        "  attempt(a, lambda: socket.create_connection((a, tcp), 1))\n"
        "  if a != '127.0.0.1': attempt('udp ' + a, lambda: socket.socket(socket.AF_INET, "
        "socket.SOCK_DGRAM).sendto(b'x', (a, udp)))\n"
        "attempt('ipv6', lambda: socket.create_connection(('2606:4700:4700::1111', 80), 1))\n"
        "attempt('raw', lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP))\n"
        "attempt('ping', lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP)"
        ".sendto(b'\\x08\\0\\0\\0\\0\\0\\0\\0', ('8.8.8.8', 0)))\n"
        "attempt('packet', lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))\n"
        "attempt('vsock', lambda: socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM))\n"
        "attempt('names', lambda: socket.getaddrinfo('allowed.test', 80))\n"
        "attempt('names', lambda: socket.getaddrinfo('example.com', 80))\n"
        "attempt('docker', lambda: socket.socket(socket.AF_UNIX).connect('/var/run/docker.sock'))\n"
        "attempt('bind', lambda: socket.socket().bind(('127.0.0.1', 8118)))\n"
        "for k in list(os.environ):\n"
        "  if 'proxy' in k.lower(): del os.environ[k]\n"
        "import urllib.request\n"
        "attempt('without variables', lambda: urllib.request.urlopen('http://allowed.test:HTTP_PORT/x'))\n"
        "print(out, sorted(os.listdir('/sys/class/net')))\n";
    const RunResult result = run(u"python"_s, code);
    QCOMPARE(result.stderrText, QByteArray());
    QCOMPARE(result.stdoutText, QByteArray("[] ['lo']\n"));
    QVERIFY(!trap.hasPendingDatagrams());
    QVERIFY(!listener.hasPendingConnections());
    QVERIFY(result.networkLogs.isEmpty());
}

void tst_filtered::byTheProxy_data()
{
    QTest::addColumn<QByteArray>("first"); // what is written to the door
    QTest::addColumn<QString>("reason");
    const auto connect = [](const QByteArray &target) {
        return QByteArray("CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n\r\n");
    };
    const auto get = [](const QByteArray &host, const QByteArray &field = {}) {
        return QByteArray("GET http://" + host + "/ HTTP/1.1\r\nHost: " + (field.isNull() ? host : field) + "\r\n\r\n");
    };
    QTest::newRow("the metadata address") << get("169.254.169.254") << u"ip_literal"_s;
    QTest::newRow("an address, CONNECT") << connect("127.0.0.1:HTTP_PORT") << u"ip_literal"_s;
    QTest::newRow("decimal") << connect("2130706433:80") << u"ip_literal"_s;
    QTest::newRow("octal") << connect("0177.0.0.1:80") << u"ip_literal"_s;
    QTest::newRow("hexadecimal") << connect("0x7f.1:80") << u"ip_literal"_s;
    QTest::newRow("mapped") << connect("[::ffff:127.0.0.1]:80") << u"ip_literal"_s;
    QTest::newRow("localhost.") << connect("localhost.:80") << u"not_whitelisted"_s;
    QTest::newRow("userinfo") << get("allowed.test@denied.test") << u"bad_host"_s;
    QTest::newRow("fragment") << get("denied.test#allowed.test") << u"bad_host"_s;
    QTest::newRow("another Host") << get("allowed.test:HTTP_PORT", "denied.test") << u"host_mismatch"_s;
    QTest::newRow("another port") << connect("allowed.test:22") << u"port"_s;
    QTest::newRow("smuggling") << QByteArray(
                                      "POST http://allowed.test:HTTP_PORT/ HTTP/1.1\r\nHost: allowed.test:HTTP_PORT\r\n"
                                      "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
                               << u"bad_request"_s;
    QTest::newRow("the bridge's gateway") << get("172.17.0.1:HTTP_PORT") << u"ip_literal"_s;
}

void tst_filtered::byTheProxy()
{
    QFETCH(QByteArray, first);
    QFETCH(QString, reason);
    const QByteArray literal = "'" + filled(first).toPercentEncoding().replace('\'', "%27") + "'";
    const RunResult result = run(u"python"_s, "import socket, urllib.parse\n"
                                              "s = socket.create_connection(('127.0.0.1', 8118), 5)\n"
                                              "s.sendall(urllib.parse.unquote_to_bytes(" +
                                                  literal +
                                                  "))\n"
                                                  "answer = s.recv(65536)\n"
                                                  "print(answer.split(b' ')[1].decode()[0])\n");
    QCOMPARE(result.stderrText, QByteArray());
    QCOMPARE(result.stdoutText, QByteArray("4\n"));
    QCOMPARE(blocked(result), QStringList{reason});
    QVERIFY(m_http->heads.isEmpty());
}

// Names that lead inside are refused by what they stand for; nobody's sandbox is reached from another.
void tst_filtered::otherSandbox()
{
    RunOptions any;
    any.whitelist = QStringList{u".*"_s};
    const RunResult result = run(u"python"_s,
                                 "import urllib.request\n"
                                 "for name in ('inner', 'metadata', 'open', 'denied'):\n"
                                 "  try: print(urllib.request.urlopen(f'http://{name}.test/').status)\n"
                                 "  except OSError as e: print(e.code)\n",
                                 any);
    QCOMPARE(result.stdoutText, QByteArray("403\n403\n403\n403\n"));
    QCOMPARE(blocked(result), QStringList(4, u"private_address"_s));
}

void tst_filtered::badRules()
{
    RunOptions options;
    options.whitelist = QStringList{u"(?=look)around"_s};
    const RunResult result = run(u"python"_s, "print(1)", options);
    QCOMPARE(toString(result.reason), toString(Reason::SetupFailed));
    QCOMPARE(result.exitCode, 125);
    QVERIFY2(result.error.contains(u"(?=look)around"), qPrintable(result.error));
    QVERIFY(result.containerId.isEmpty());
}

QTEST_GUILESS_MAIN(tst_filtered)
#include "tst_filtered.moc"
