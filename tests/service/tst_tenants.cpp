// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; service; websockets
#include "support/Await.h"
#include "support/LoopbackServer.h"

#include <isol8/audit/RecordFolder.h>
#include <isol8/execution/LocalEngine.h>
#include <service/ExecuteController.h>
#include <service/FileController.h>
#include <service/LogsController.h>
#include <service/RunsController.h>
#include <service/SessionController.h>
#include <service/ShellController.h>
#include <service/SocketController.h>
#include <service/TransferController.h>
#include <service/auth/AuthController.h>
#include <service/auth/SqlKeyStore.h>

#include <QNetworkRequest>
#include <QWebSocket>

using namespace isol8;
using namespace isol8::service;
using namespace servicetest;
using namespace Qt::StringLiterals;

namespace {

const QByteArray Master = "the-master-key-of-this-test";

QByteArray request(const QByteArray &method, const QByteArray &path, const QByteArray &fields)
{
    return method + ' ' + path + " HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n";
}

// In a session.
QJsonObject inSession(const QString &session, const QString &code)
{
    QJsonObject message = python(code);
    message.insert(u"sessionId"_s, session);
    return message;
}

} // namespace

/*
    Tenants as their keys show them: what one has, another cannot see, list, use, delete or count. And what a key may
   use up, asked of the whole service.
*/
class tst_tenants : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanupTestCase();

    void sessions();
    void sameName();
    void files();
    void snapshots();
    void runs();
    void sandboxesServeOneTenant();
    void records();
    void overQuota();
    void revokedWhileItRuns();
    void whatIsEndedIsCharged();
    void busyBetweenRuns();
    void sessionsAndSnapshotsAtMost();
    void revokedShell();
    void cpuSurvivesARestart(); // keys are made by nobody after that
    void revokedSocket();

private:
    void openKeys();
    [[nodiscard]] QByteArray newKey(const QString &tenant, const QJsonObject &quota = {}) const
    {
        QJsonObject wanted{{u"name"_s, u"k"_s}, {u"tenantId"_s, tenant}};
        if (!quota.isEmpty())
            wanted.insert(u"quota"_s, quota);
        const Answer answer = m_server->ask(post("/auth/keys", wanted, bearer(Master)));
        return answer.json().value(u"key"_s).toString().toLatin1();
    }
    [[nodiscard]] Answer execute(const QByteArray &key, const QJsonObject &message) const
    {
        return m_server->ask(post("/execute", message, bearer(key)));
    }
    //! "200 text", or "404 code".
    [[nodiscard]] static QString verdict(const Answer &answer)
    {
        return u"%1 %2"_s.arg(answer.status)
            .arg(answer.json().value(answer.status == 200 ? u"stdout"_s : u"code"_s).toString())
            .trimmed();
    }
    [[nodiscard]] QString tell(const QByteArray &method, const QByteArray &path, const QByteArray &key) const
    {
        return verdict(m_server->ask(request(method, path, bearer(key))));
    }
    [[nodiscard]] QStringList idsOf(const QByteArray &path, const QString &list, const QByteArray &key,
                                    const QString &id = u"id"_s) const
    {
        QStringList ids;
        const Answer answer = m_server->ask(request("GET", path, bearer(key)));
        for (const QJsonValue &item : answer.json().value(list).toArray())
            ids.append(item.toObject().value(id).toString());
        return answer.status == 200 ? ids : QStringList{u"status %1"_s.arg(answer.status)};
    }

    QTemporaryDir m_folder;
    audit::Settings m_audit;
    Config m_config;
    std::unique_ptr<LocalEngine> m_engine;
    std::unique_ptr<SessionLedger> m_ledger;
    std::unique_ptr<Runs> m_runs;
    std::unique_ptr<LoopbackServer> m_server;
    std::unique_ptr<Authenticator> m_authenticator;
    std::unique_ptr<AuthController> m_keys;
    std::vector<std::unique_ptr<QObject>> m_controllers;
    QByteArray m_a, m_a2, m_b; //!< keys: two of tenant a, one of tenant b
};

void tst_tenants::initTestCase()
{
    qputenv("XDG_DATA_HOME", QFile::encodeName(m_folder.filePath(u"data"_s)));
    m_config.poolStrategy = Config::PoolStrategy::Fast;
    m_config.poolSize = {1, 2};
    m_engine = std::make_unique<LocalEngine>(LocalEngineOptions{m_config, LimitsApplied::None, {}});
    m_runs =
        std::make_unique<Runs>(m_engine.get(), EngineContext{u"1"_s, u"here"_s, m_config}, LimitsApplied::Configured);
    m_ledger = std::make_unique<SessionLedger>(m_engine.get());
    m_ledger->setLimits({8, 8});
    m_runs->setLedger(m_ledger.get());
    m_server = std::make_unique<LoopbackServer>();
    Router *router = &m_server->router;
    m_controllers.push_back(std::make_unique<ExecuteController>(m_runs.get(), router, m_server->limits));
    m_controllers.push_back(std::make_unique<SocketController>(m_runs.get(), router, m_server->limits));
    auto sessions = std::make_unique<SessionController>(m_engine.get(), router);
    sessions->setLedger(m_ledger.get());
    m_controllers.push_back(std::move(sessions));
    auto files = std::make_unique<FileController>(m_engine.get(), router);
    files->setLedger(m_ledger.get());
    m_controllers.push_back(std::move(files));
    m_controllers.push_back(std::make_unique<TransferController>(m_engine.get(), router));
    m_controllers.push_back(std::make_unique<ShellController>(m_engine.get(), m_runs.get(), router, m_server->limits));
    m_controllers.push_back(std::make_unique<LogsController>([this] { return m_audit; }, router));
    addRunsRoutes(router, m_runs.get(), m_engine->id());
    addSandboxesRoute(router, m_engine.get());
    openKeys();
    m_keys = std::make_unique<AuthController>(m_authenticator.get(), router);
    QVERIFY(m_server->listen());
    const auto started = test::await<void>(
        [this](Callback<void> done) { m_engine->start({u"python"_s}, std::move(done)); }, std::chrono::seconds(120));
    QVERIFY2(started, test::describe(started));
    m_a = newKey(u"a"_s);
    m_a2 = newKey(u"a"_s);
    m_b = newKey(u"b"_s);
    QVERIFY(!m_a.isEmpty() && !m_a2.isEmpty() && !m_b.isEmpty());
}

void tst_tenants::openKeys()
{
    AuthOptions options;
    options.masterKey = Master;
    options.database = m_folder.filePath(u"auth.db"_s);
    m_authenticator = std::make_unique<Authenticator>(options);
    const auto opened = test::await<void>([this](Callback<void> done) { m_authenticator->open(std::move(done)); });
    QVERIFY2(opened, test::describe(opened));
    m_server->router.setGate(m_authenticator->gate());
    m_runs->setMeter(m_authenticator->meter());
    m_ledger->setMeter(m_authenticator->meter());
}

void tst_tenants::cleanupTestCase()
{
    m_server.reset();
    m_controllers.clear();
    m_keys.reset();
    m_runs.reset();
    m_ledger.reset();
    m_authenticator.reset();
    const QString id = m_engine->id();
    (void)test::await<void>([this](Callback<void> done) { m_engine->stop(std::move(done)); });
    m_engine.reset();
    QVERIFY(dockertest::gone(id, 30000));
}

void tst_tenants::sessions()
{
    QCOMPARE(verdict(execute(m_a, inSession(u"work"_s, u"x = 42; print(x)"_s))), u"200 42"_s);
    // Its own keys, and the master key where it acts for it.
    QCOMPARE(idsOf("/sessions", u"sessions"_s, m_a2), QStringList{u"work"_s});
    QCOMPARE(idsOf("/sessions?tenantId=a", u"sessions"_s, Master), QStringList{u"work"_s});
    QCOMPARE(verdict(execute(m_a2, inSession(u"work"_s, u"print(x)"_s))), u"200 42"_s);
    // Nobody else.
    QCOMPARE(idsOf("/sessions", u"sessions"_s, m_b), QStringList());
    QCOMPARE(idsOf("/sessions", u"sessions"_s, Master), QStringList());
    QCOMPARE(idsOf("/sessions?tenantId=a", u"sessions"_s, m_b), QStringList{u"status 403"_s});
    QCOMPARE(tell("POST", "/session/work/pause", m_b), u"404 unknown_session"_s);
    QCOMPARE(tell("POST", "/session/work/resume", m_b), u"404 unknown_session"_s);
    // A session that is not there is removed as well.
    const Answer removed = m_server->ask(request("DELETE", "/session/work", bearer(m_b)));
    QCOMPARE(removed.status, 200);
    QCOMPARE(removed.json().value(u"removed"_s), QJsonValue(false));
    QCOMPARE(verdict(execute(m_a, inSession(u"work"_s, u"print(x)"_s))), u"200 42"_s);
}

void tst_tenants::sameName()
{
    QCOMPARE(verdict(execute(m_b, inSession(u"work"_s, u"print('x' in globals()); x = 1"_s))), u"200 False"_s);
    QCOMPARE(idsOf("/sessions", u"sessions"_s, m_b), QStringList{u"work"_s});
    QCOMPARE(m_server->ask(request("DELETE", "/session/work", bearer(m_b))).json().value(u"removed"_s),
             QJsonValue(true));
    QCOMPARE(verdict(execute(m_a, inSession(u"work"_s, u"print(x)"_s))), u"200 42"_s);
}

void tst_tenants::files()
{
    const QJsonObject file{
        {u"sessionId"_s, u"work"_s}, {u"path"_s, u"/sandbox/a.txt"_s}, {u"content"_s, u"aGVsbG8="_s}};
    QCOMPARE(verdict(m_server->ask(post("/file", file, bearer(m_b)))), u"404 unknown_session"_s);
    QCOMPARE(m_server->ask(post("/file", file, bearer(m_a))).status, 200);
    const QByteArray path = "/file?sessionId=work&path=/sandbox/a.txt";
    QCOMPARE(tell("GET", path, m_b), u"404 unknown_session"_s);
    QCOMPARE(tell("GET", path, Master), u"404 unknown_session"_s);
    QCOMPARE(tell("GET", path + "&tenantId=a", m_b), u"403 not_allowed"_s);
    QCOMPARE(tell("GET", "/session/work/files", m_b), u"404 unknown_session"_s);
    QCOMPARE(tell("DELETE", "/session/work/files?path=/sandbox/a.txt", m_b), u"404 unknown_session"_s);
    for (const QByteArray &method : QByteArrayList{"GET", "PUT", "DELETE"})
        QCOMPARE(tell(method, "/session/work/files/a.txt", m_b), u"404 unknown_session"_s);
    for (const QByteArray &method : QByteArrayList{"GET", "PUT"})
        QCOMPARE(tell(method, "/session/work/files.tar", m_b), u"404 unknown_session"_s);
    QCOMPARE(idsOf("/sandboxes", u"sandboxes"_s, m_b, u"sessionId"_s).count(u"work"_s), 0);
    QCOMPARE(idsOf("/sandboxes", u"sandboxes"_s, m_a, u"sessionId"_s).count(u"work"_s), 1);
    for (const QByteArray &key : {m_a, m_a2})
        QCOMPARE(m_server->ask(request("GET", path, bearer(key))).json().value(u"content"_s).toString(), u"aGVsbG8="_s);
}

void tst_tenants::snapshots()
{
    const QJsonObject name{{u"name"_s, u"saved"_s}};
    QCOMPARE(verdict(m_server->ask(post("/session/work/snapshots", name, bearer(m_b)))), u"404 unknown_session"_s);
    const Answer saved = m_server->ask(post("/session/work/snapshots", name, bearer(m_a)));
    QVERIFY2(saved.status == 200, saved.body.constData());
    QCOMPARE(idsOf("/snapshots", u"snapshots"_s, m_a2, u"name"_s), QStringList{u"saved"_s});
    QCOMPARE(idsOf("/snapshots", u"snapshots"_s, m_b, u"name"_s), QStringList());
    QCOMPARE(idsOf("/snapshots", u"snapshots"_s, Master, u"name"_s), QStringList());
    QCOMPARE(tell("DELETE", "/snapshots/saved", m_b), u"404 not_found"_s);
    QJsonObject message = inSession(u"from"_s, u"print(open('a.txt').read())"_s);
    message.insert(u"snapshot"_s, u"saved"_s);
    QCOMPARE(verdict(execute(m_b, message)), u"404 not_found"_s);
    QCOMPARE(verdict(execute(m_a2, message)), u"200 hello"_s);
    QCOMPARE(m_server->ask(request("DELETE", "/snapshots/saved", bearer(m_a))).status, 200);
    for (const QByteArray session : {"/session/from", "/session/work"})
        QCOMPARE(m_server->ask(request("DELETE", session, bearer(m_a))).status, 200);
}

void tst_tenants::runs()
{
    QTcpSocket socket; // a run that lasts
    socket.connectToHost(QHostAddress::LocalHost, m_server->port);
    socket.write(post("/execute", python(u"import time; time.sleep(600)"_s), bearer(m_a)));
    QVERIFY(QTest::qWaitFor([&] { return idsOf("/runs", u"runs"_s, m_a2).size() == 1; }, 30000));
    QCOMPARE(idsOf("/runs", u"runs"_s, m_b), QStringList());
    QCOMPARE(idsOf("/runs", u"runs"_s, Master), QStringList());
    QCOMPARE(idsOf("/runs?tenantId=a", u"runs"_s, Master).size(), 1);
    const QByteArray run = "/runs/" + idsOf("/runs", u"runs"_s, m_a2).constFirst().toLatin1();
    QCOMPARE(tell("DELETE", run, m_b), u"404 not_found"_s);
    QCOMPARE(idsOf("/runs", u"runs"_s, m_a2).size(), 1);
    socket.abort();
    QVERIFY(QTest::qWaitFor([&] { return idsOf("/runs", u"runs"_s, m_a).isEmpty(); }, 30000));
}

// A sandbox that has served one tenant is reset for that tenant alone.
void tst_tenants::sandboxesServeOneTenant()
{
    const auto sandboxOf = [this](const QByteArray &key) {
        const Answer answer = execute(key, python(u"print(1)"_s));
        return answer.json().value(u"containerId"_s).toString();
    };
    QStringList ofA, ofB;
    // Until one of a's sandboxes has come back to it.
    for (int i = 0; i < 20 && ofA.size() - QSet<QString>(ofA.begin(), ofA.end()).size() < 2; ++i) {
        ofA.append(sandboxOf(i % 2 == 0 ? m_a : m_a2));
        ofB.append(sandboxOf(m_b));
    }
    QVERIFY(!ofA.contains(QString()) && !ofB.contains(QString()));
    QVERIFY(QSet<QString>(ofA.begin(), ofA.end()).size() < ofA.size());
    for (const QString &sandbox : std::as_const(ofB))
        QVERIFY2(!ofA.contains(sandbox), qPrintable(sandbox));
}

// What is kept of runs, and how many there are.
void tst_tenants::records()
{
    m_audit.enabled = true;
    m_audit.folder = m_folder.filePath(u"records"_s);
    audit::RecordFolder folder(m_audit.folder, 90);
    const QDate today = QDateTime::currentDateTimeUtc().date();
    const auto write = [&](int number, const QString &tenant) {
        qint64 unsaid = 0;
        const QJsonObject record{{u"executionId"_s, QString::number(number)},
                                 {u"tenantId"_s, tenant},
                                 {u"runtime"_s, number % 2 ? u"python"_s : u"node"_s},
                                 {u"reason"_s, u"completed"_s},
                                 {u"metadata"_s, QString(number == 2 ? 300000 : 0, u'x')},
                                 {u"timestamp"_s, u"2026-11-24T1%1:00:00.000Z"_s.arg(number)}};
        return folder.append(record, &unsaid, number < 4 ? today.addDays(-1) : today).has_value();
    };
    for (int number = 1; number <= 6; ++number)
        QVERIFY(write(number, number == 3 || number == 6 ? u"b"_s : u"a"_s));
    const auto found = [&](const QByteArray &query, const QByteArray &key) {
        return idsOf("/logs" + query, u"records"_s, key, u"executionId"_s).join(u' ');
    };
    QCOMPARE(found({}, m_a), u"1 2 4 5"_s);
    QCOMPARE(found({}, m_b), u"3 6"_s);
    QCOMPARE(found("?limit=3", m_a), u"2 4 5"_s);
    QCOMPARE(found("?runtime=node", m_a2), u"2 4"_s);
    QCOMPARE(found("?since=2026-11-24T13:30:00Z&reason=completed", m_a), u"4 5"_s);
    QCOMPARE(found("?tenantId=a", m_b), u"status 403"_s);
    QCOMPARE(found({}, Master), u"1 2 3 4 5 6"_s);
    QCOMPARE(found("?tenantId=b", Master), u"3 6"_s);
    QCOMPARE(found("?limit=0", m_a), u"status 400"_s);
    QCOMPARE(found("?reason=bored", m_a), u"status 400"_s);
    QCOMPARE(found("?since=yesterday", m_a), u"status 400"_s);
    const QByteArray all = m_server->ask(request("GET", "/logs", bearer(m_a))).body;
    QVERIFY(!all.contains("sequence") && !all.contains("previousHash"));
    QVERIFY(m_server->ask(request("GET", "/logs", bearer(Master))).body.contains("\"sequence\""));
    m_audit = {};
    QCOMPARE(found({}, m_a), u"status 404"_s);
}

void tst_tenants::overQuota()
{
    const QByteArray key = newKey(u"c"_s, {{u"runsPerMinute"_s, 1}});
    QCOMPARE(verdict(execute(key, {{u"request"_s, QJsonObject{{u"code"_s, u"1"_s}, {u"runtime"_s, u"none"_s}}}})),
             u"400 unknown_runtime"_s); // what is refused does not count
    QCOMPARE(verdict(execute(key, python(u"print(1)"_s))), u"200 1"_s);
    const Answer refused = execute(key, python(u"print(1)"_s));
    QCOMPARE(verdict(refused), u"429 over_quota"_s);
    const QByteArray field = "\r\nRetry-After: ";
    QVERIFY2(refused.head.contains(field), refused.head.constData());
    const int seconds = refused.head.mid(refused.head.indexOf(field) + field.size()).split('\r').first().toInt();
    QVERIFY2(seconds >= 1 && seconds <= 60, refused.head.constData());
    QCOMPARE(verdict(m_server->ask(post("/execute/stream", python(u"print(1)"_s), bearer(key)))), u"429 over_quota"_s);
    // Others are not concerned, another key of the tenant neither.
    QCOMPARE(verdict(execute(newKey(u"c"_s), python(u"print(1)"_s))), u"200 1"_s);

    const QByteArray alone = newKey(u"c"_s, {{u"concurrentRuns"_s, 1}});
    QTcpSocket socket;
    socket.connectToHost(QHostAddress::LocalHost, m_server->port);
    socket.write(post("/execute", python(u"import time; time.sleep(600)"_s), bearer(alone)));
    QVERIFY(QTest::qWaitFor([&] { return idsOf("/runs", u"runs"_s, alone).size() == 1; }, 30000));
    QCOMPARE(verdict(execute(alone, python(u"print(1)"_s))), u"429 over_quota"_s);
    socket.abort();
    QVERIFY(QTest::qWaitFor([&] { return verdict(execute(alone, python(u"print(1)"_s))) == u"200 1"; }, 30000));
}

void tst_tenants::cpuSurvivesARestart()
{
    const QByteArray key = newKey(u"d"_s, {{u"cpuSecondsPerDay"_s, 1}});
    const QString busy =
        u"import time\nend = time.process_time() + 1.1\nwhile time.process_time() < end: pass\nprint(1)"_s;
    QCOMPARE(verdict(execute(key, python(busy))), u"200 1"_s);
    QCOMPARE(verdict(execute(key, python(u"print(1)"_s))), u"429 over_quota"_s);
    m_runs->setMeter(nullptr);
    m_ledger->setMeter(nullptr);
    m_authenticator.reset();
    openKeys();
    QCOMPARE(verdict(execute(key, python(u"print(1)"_s))), u"429 over_quota"_s);
    const QByteArray other = m_b;
    QCOMPARE(verdict(execute(other, python(u"print(1)"_s))), u"200 1"_s);
}

// It was opened when its key was good.
void tst_tenants::revokedSocket()
{
    SqlKeyStore store(DatabaseTarget::parse(m_folder.filePath(u"auth.db"_s)).value());
    const auto connected = [this](QWebSocket *socket, const QByteArray &key) {
        QNetworkRequest handshake(QUrl(u"ws://127.0.0.1:%1/execute/ws"_s.arg(m_server->port)));
        handshake.setRawHeader("Authorization", "Bearer " + key);
        socket->open(handshake);
        return QTest::qWaitFor([&] { return socket->state() == QAbstractSocket::ConnectedState; }, 30000);
    };
    const QString message = u"{\"type\": \"execute\", \"request\": {\"code\": \"print(input())\"}}"_s;
    QStringList events;
    QString lastKind;
    QWebSocket good, wrong, revoked;
    for (QWebSocket *socket : {&good, &revoked})
        connect(socket, &QWebSocket::textMessageReceived, this, [&events, &lastKind](const QString &text) {
            const QJsonObject event = QJsonDocument::fromJson(text.toUtf8()).object();
            const QString code = event.value(u"code"_s).toString();
            const QString told = code.isEmpty() ? event.value(u"data"_s).toString() : code;
            const QString kind = event.value(u"type"_s).toString();
            if (kind == lastKind)
                events.last() += told; // where output is cut is not told
            else
                events.append(kind + u' ' + told);
            lastKind = kind;
        });
    QVERIFY(connected(&good, m_b));
    good.sendTextMessage(message);
    good.sendTextMessage(u"{\"type\": \"stdin\", \"data\": \"typed\\n\"}"_s); // before the key is confirmed
    QVERIFY(QTest::qWaitFor([&] { return good.state() == QAbstractSocket::UnconnectedState; }, 30000));
    QCOMPARE(events, (QStringList{u"stdout typed\n"_s, u"exit 0"_s}));

    QNetworkRequest handshake(QUrl(u"ws://127.0.0.1:%1/execute/ws"_s.arg(m_server->port)));
    handshake.setRawHeader("Authorization", "Bearer " + m_b.chopped(1));
    wrong.open(handshake);
    const bool refused = QTest::qWaitFor([&] { return wrong.errorString().contains(u"403"_s); }, 30000);
    QVERIFY2(refused, qPrintable(wrong.errorString()));

    events.clear();
    QVERIFY(connected(&revoked, m_b));
    const QList<KeyRecord> keys = store.list(u"b"_s).value();
    for (const KeyRecord &record : keys)
        QVERIFY(store.revoke(record.id).value());
    QVERIFY(QTest::qWaitFor([&] { return tell("GET", "/runs", m_b) == u"403 revoked_key"; }, 30000));
    revoked.sendTextMessage(message);
    QVERIFY(QTest::qWaitFor([&] { return revoked.state() == QAbstractSocket::UnconnectedState; }, 30000));
    QCOMPARE(events, (QStringList{u"error revoked_key"_s, u"exit 125"_s}));
}

// What goes on in a session when its run is over costs its key as much, and ends when there is nothing left.
void tst_tenants::busyBetweenRuns()
{
    const QByteArray key = newKey(u"f"_s, {{u"cpuSecondsPerDay"_s, 2}});
    const auto isPaused = [&](const QString &session) {
        const Answer answer = m_server->ask(request("GET", "/sandboxes", bearer(key)));
        for (const QJsonValue &item : answer.json().value(u"sandboxes"_s).toArray()) {
            if (item.toObject().value(u"sessionId"_s).toString() == session)
                return item.toObject().value(u"state"_s).toString() == u"paused"_s;
        }
        return false;
    };
    const QString thread = u"import threading\ndef spin():\n    while True: pass\n"
                           "threading.Thread(target=spin, daemon=True).start()\nprint('left')"_s;
    QCOMPARE(verdict(execute(key, inSession(u"spin"_s, thread))), u"200 left"_s);
    QTRY_VERIFY_WITH_TIMEOUT(isPaused(u"spin"_s), 60000);
    QCOMPARE(verdict(execute(key, python(u"print(1)"_s))), u"429 over_quota"_s);
    QCOMPARE(verdict(execute(key, inSession(u"spin"_s, u"print(1)"_s))), u"429 over_quota"_s);
    const Answer resumed = m_server->ask(request("POST", "/session/spin/resume", bearer(key)));
    QCOMPARE(verdict(resumed), u"429 over_quota"_s);
    QVERIFY2(resumed.head.contains("\r\nRetry-After: "), resumed.head.constData());
    QCOMPARE(tell("DELETE", "/session/spin", key), u"200"_s);

    // Whoever removes it before anybody has looked has used it none the less.
    const QByteArray quick = newKey(u"f"_s, {{u"cpuSecondsPerDay"_s, 1}});
    QString code;
    for (int i = 0; i < 50 && !code.startsWith(u"429"); ++i) {
        code = verdict(execute(quick, inSession(u"quick"_s, thread)));
        if (code.startsWith(u"200"))
            QCOMPARE(tell("DELETE", "/session/quick", quick), u"200"_s);
    }
    QCOMPARE(code, u"429 over_quota"_s);
}

void tst_tenants::sessionsAndSnapshotsAtMost()
{
    const QByteArray key = newKey(u"g"_s, {{u"sessions"_s, 2}, {u"snapshots"_s, 1}});
    const auto begin = [&](const QString &session) { return verdict(execute(key, inSession(session, u"print(1)"_s))); };
    QCOMPARE(begin(u"one"_s), u"200 1"_s);
    const Answer second = execute(key, python(u"print(1)"_s, {{u"mode"_s, u"persistent"_s}}));
    QCOMPARE(verdict(second), u"200 1"_s);
    const Answer third = execute(key, inSession(u"three"_s, u"print(1)"_s));
    QCOMPARE(verdict(third), u"429 too_many_sessions"_s);
    QVERIFY2(third.head.contains("\r\nRetry-After: "), third.head.constData());
    QCOMPARE(verdict(execute(key, python(u"print(1)"_s, {{u"mode"_s, u"persistent"_s}}))), u"429 too_many_sessions"_s);
    QCOMPARE(begin(u"one"_s), u"200 1"_s);
    QCOMPARE(verdict(execute(key, python(u"print(1)"_s))), u"200 1"_s);
    // Its tenant may have more by another key, but not without end.
    const QByteArray other = newKey(u"g"_s);
    QCOMPARE(verdict(execute(other, inSession(u"three"_s, u"print(1)"_s))), u"200 1"_s);
    m_ledger->setLimits({3, 8});
    QCOMPARE(verdict(execute(other, inSession(u"four"_s, u"print(1)"_s))), u"429 too_many_sessions"_s);
    m_ledger->setLimits({8, 8});
    QCOMPARE(tell("DELETE", "/session/three", key), u"200"_s);
    QCOMPARE(tell("DELETE", "/session/" + second.json().value(u"sessionId"_s).toString().toLatin1(), key), u"200"_s);
    QCOMPARE(begin(u"three"_s), u"200 1"_s);

    const auto save = [&](const QByteArray &by, const QString &name) {
        const Answer answer = m_server->ask(post("/session/one/snapshots", {{u"name"_s, name}}, bearer(by)));
        return u"%1 %2"_s.arg(answer.status).arg(answer.json().value(u"code"_s).toString()).trimmed();
    };
    QCOMPARE(save(key, u"first"_s), u"200"_s);
    QCOMPARE(save(key, u"second"_s), u"429 too_many_snapshots"_s);
    QCOMPARE(save(other, u"second"_s), u"200"_s);
    m_ledger->setLimits({8, 2});
    QCOMPARE(save(other, u"third"_s), u"429 too_many_snapshots"_s);
    m_ledger->setLimits({8, 8});
    for (const QByteArray path : {"/snapshots/first", "/snapshots/second", "/session/one", "/session/three"})
        QCOMPARE(tell("DELETE", path, key), u"200"_s);
}

// A terminal that is open is closed, whatever is typed into it or runs in it.
void tst_tenants::revokedShell()
{
    const QByteArray key = newKey(u"h"_s);
    QCOMPARE(verdict(execute(key, inSession(u"shell"_s, u"print(1)"_s))), u"200 1"_s);
    QWebSocket shell;
    QByteArray screen;
    QStringList events;
    connect(&shell, &QWebSocket::binaryMessageReceived, this, [&](const QByteArray &bytes) { screen += bytes; });
    connect(&shell, &QWebSocket::textMessageReceived, this, [&](const QString &text) {
        const QJsonObject event = QJsonDocument::fromJson(text.toUtf8()).object();
        events.append(event.value(u"type"_s).toString() + u' ' + event.value(u"code"_s).toString());
    });
    QNetworkRequest handshake(QUrl(u"ws://127.0.0.1:%1/session/shell/shell"_s.arg(m_server->port)));
    handshake.setRawHeader("Authorization", "Bearer " + key);
    shell.open(handshake);
    QTRY_VERIFY_WITH_TIMEOUT(events.contains(u"started "_s), 30000);
    // It ends by no interrupt.
    shell.sendBinaryMessage("trap '' INT TERM HUP; echo re''ady\n");
    QTRY_VERIFY_WITH_TIMEOUT(screen.contains("ready"), 30000);
    SqlKeyStore store(DatabaseTarget::parse(m_folder.filePath(u"auth.db"_s)).value());
    const QList<KeyRecord> keys = store.list(u"h"_s).value();
    QCOMPARE(keys.size(), 1);
    QVERIFY(store.revoke(keys.constFirst().id).value());
    QTRY_VERIFY_WITH_TIMEOUT(events.contains(u"error revoked_key"_s), 30000);
    shell.sendBinaryMessage("echo st''ill there\n");
    QTRY_VERIFY_WITH_TIMEOUT(shell.state() == QAbstractSocket::UnconnectedState, 30000);
    QCOMPARE(events, (QStringList{u"started "_s, u"error revoked_key"_s, u"exit "_s}));
    QVERIFY2(!screen.contains("still"), screen.constData());
    QCOMPARE(tell("DELETE", "/session/shell?tenantId=h", Master), u"200"_s);
}

// By the caller, or since the key's time is used up: what the run has used is told, and charged.
void tst_tenants::whatIsEndedIsCharged()
{
    const QString busy = u"import time\nwhile time.process_time() < 0.5: pass\nprint('up', flush=True)\n%1"_s;
    const auto begin = [&](QTcpSocket *socket, QByteArray *bytes, const QByteArray &key, const QString &then) {
        connect(socket, &QTcpSocket::readyRead, this, [socket, bytes] { *bytes += socket->readAll(); });
        socket->connectToHost(QHostAddress::LocalHost, m_server->port);
        socket->write(post("/execute/stream", python(busy.arg(then)), bearer(key)));
        return QTest::qWaitFor([bytes] { return bytes->contains("\"up"); }, 30000);
    };
    const auto resultOf = [](const QByteArray &bytes) {
        const qsizetype from = bytes.lastIndexOf("data: {") + 6;
        return QJsonDocument::fromJson(bytes.sliced(from, bytes.indexOf('\n', from) - from))
            .object()[u"result"_s]
            .toObject();
    };
    const auto usedBy = [](const QJsonObject &result) {
        return result.value(u"resourceUsage"_s).toObject().value(u"cpuMs"_s).toInteger();
    };
    const QByteArray key = newKey(u"i"_s, {{u"cpuSecondsPerDay"_s, 1}});
    QTcpSocket first, second;
    QByteArray cancelled, ended;
    QVERIFY2(begin(&first, &cancelled, key, u"time.sleep(600)"_s), cancelled.constData());
    const QByteArray run = idsOf("/runs", u"runs"_s, key).value(0).toLatin1();
    QCOMPARE(tell("DELETE", "/runs/" + run, key), u"200"_s);
    QTRY_VERIFY_WITH_TIMEOUT(cancelled.contains("\"exit\""), 30000);
    QCOMPARE(resultOf(cancelled).value(u"reason"_s).toString(), u"cancelled"_s);
    QVERIFY2(usedBy(resultOf(cancelled)) >= 400, cancelled.constData());

    QVERIFY2(begin(&second, &ended, key, u"while True: pass"_s), ended.constData());
    QTRY_VERIFY_WITH_TIMEOUT(ended.contains("\"exit\""), 30000);
    QCOMPARE(resultOf(ended).value(u"errorCode"_s).toString(), u"over_quota"_s);
    QVERIFY2(usedBy(resultOf(ended)) >= 1000, ended.constData());
    QCOMPARE(verdict(execute(key, python(u"print(1)"_s))), u"429 over_quota"_s);
}

void tst_tenants::revokedWhileItRuns()
{
    const QByteArray key = newKey(u"e"_s);
    const QByteArray id = idsOf("/auth/keys?tenantId=e", u"keys"_s, Master).value(0).toLatin1();
    QByteArray bytes;
    QTcpSocket socket;
    connect(&socket, &QTcpSocket::readyRead, this, [&] { bytes += socket.readAll(); });
    socket.connectToHost(QHostAddress::LocalHost, m_server->port);
    socket.write(post("/execute", python(u"import time; time.sleep(600)"_s), bearer(key)));
    QVERIFY(QTest::qWaitFor([&] { return idsOf("/runs", u"runs"_s, key).size() == 1; }, 30000));
    QCOMPARE(m_server->ask(request("DELETE", "/auth/keys/" + id, bearer(Master))).status, 200);
    QVERIFY(QTest::qWaitFor([&] { return bytes.endsWith('}'); }, 30000));
    QCOMPARE(parseAnswer(bytes).json().value(u"reason"_s).toString(), u"cancelled"_s);
}

QTEST_GUILESS_MAIN(tst_tenants)
#include "tst_tenants.moc"
