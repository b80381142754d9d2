// SPDX-License-Identifier: GPL-3.0-or-later
// test: database; service
#include "support/Await.h"
#include "support/LoopbackServer.h"

#include <service/auth/ApiKey.h>
#include <service/auth/AuthController.h>
#include <service/auth/AuthErrors.h>
#include <service/auth/DatabaseTarget.h>
#include <service/auth/SqlKeyStore.h>

#include <QDateTime>
#include <QLoggingCategory>
#include <QMutex>

#include <unistd.h>

using namespace isol8;
using namespace isol8::service;
using namespace servicetest;
using namespace std::chrono_literals;
using namespace Qt::StringLiterals;

namespace {

const QByteArray Master = "the-master-key-of-this-test";

QByteArray request(const QByteArray &method, const QByteArray &path, const QByteArray &fields = {})
{
    return method + ' ' + path + " HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n";
}

// What is logged while this lives, all of isol8's own included.
class Log
{
public:
    Log()
    {
        s_text.clear();
        QLoggingCategory::setFilterRules(u"isol8.*=true"_s);
        m_before = qInstallMessageHandler([](QtMsgType, const QMessageLogContext &, const QString &message) {
            const QMutexLocker lock(&s_mutex);
            s_text += message + u'\n';
        });
    }
    ~Log()
    {
        qInstallMessageHandler(m_before);
        QLoggingCategory::setFilterRules({});
    }
    [[nodiscard]] static QString text()
    {
        const QMutexLocker lock(&s_mutex);
        return s_text;
    }

private:
    static inline QMutex s_mutex;
    static inline QString s_text;
    QtMessageHandler m_before;
};

// A run that does what the test says.
class ScriptedRun : public Run
{
public:
    [[nodiscard]] QString executionId() const override { return {}; }
    [[nodiscard]] bool isFinished() const override { return m_finished; }
    [[nodiscard]] const RunResult &result() const override { return m_result; }
    void cancel() override {}
    void writeStdin(const QByteArray &) override {}
    void closeStdin() override {}
    [[nodiscard]] qint64 stdinPending() const override { return 0; }
    void sendSignal(int) override {}
    void resize(int, int) override {}
    void setOutputPaused(bool) override {}

    void use(qint64 cpuMs)
    {
        ResourceUsage usage;
        usage.cpuMs = cpuMs;
        Q_EMIT this->usage(usage);
    }
    void finish(qint64 cpuMs, Reason reason = Reason::Completed, bool isWhole = false)
    {
        m_finished = true;
        m_result.reason = reason;
        m_result.usageIsWhole = isWhole;
        m_result.resourceUsage.cpuMs = cpuMs;
        Q_EMIT finished(m_result);
    }

private:
    RunResult m_result;
    bool m_finished = false;
};

} // namespace

/*
    Who may do what: the gate and the routes of keys over a real listener, and what keys may use up.
*/
class tst_auth : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();

    void gate_data();
    void gate();
    void masterActsForTenants();
    void createAndUse();
    void createRefused_data();
    void createRefused();
    void login();
    void logout();
    void listing();
    void revoking();
    void revokedElsewhere();
    void expiring();
    void lastUse();
    void withoutDatabase();
    void databaseThatCannotBe_data();
    void databaseThatCannotBe();
    void noMasterKey();
    void manyRequestsAtOnce();
    void nothingInTheLog();
    void confirming();
    void runsPerMinute();
    void concurrentRuns();
    void cpuPerDay();
    void clientThatLeavesIsCharged();
    void endedFromOutside();
    void quotaThatChanges();
    void endsWhatGoesOn();
    void databaseThatMoves();
    void databaseThatIsReplaced();

private:
    void start(AuthOptions options);
    //! Statuses and codes are enough most of the time: "403 bad_key".
    [[nodiscard]] QString verdict(const QByteArray &text) const
    {
        const Answer answer = m_server->ask(text);
        return u"%1 %2"_s.arg(answer.status).arg(answer.json().value(u"code"_s).toString()).trimmed();
    }
    [[nodiscard]] QJsonObject make(const QJsonObject &wanted = {{u"name"_s, u"k"_s}}) const
    {
        return m_server->ask(post("/auth/keys", wanted, bearer(Master))).json();
    }
    [[nodiscard]] QString databaseFile() const { return m_folder->filePath(u"auth.db"_s); }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<LoopbackServer> m_server;
    std::unique_ptr<Authenticator> m_authenticator;
    std::unique_ptr<AuthController> m_controller;
};

void tst_auth::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    AuthOptions options;
    options.masterKey = Master;
    options.database = databaseFile();
    start(options);
}

void tst_auth::cleanup()
{
    m_server.reset();
    m_controller.reset();
    m_authenticator.reset();
}

void tst_auth::start(AuthOptions options)
{
    cleanup();
    m_server = std::make_unique<LoopbackServer>();
    m_authenticator = std::make_unique<Authenticator>(std::move(options));
    m_controller = std::make_unique<AuthController>(m_authenticator.get(), &m_server->router);
    m_server->router.setGate(m_authenticator->gate());
    const auto who = [](Exchange *exchange) {
        const Caller &caller = exchange->caller();
        exchange->respondJson(200, {{u"tenant"_s, caller.tenant},
                                    {u"keyId"_s, caller.keyId},
                                    {u"master"_s, caller.isMaster},
                                    {u"local"_s, caller.isLocal}});
    };
    m_server->router.add("GET", u"/open"_s, who, Access::Open);
    m_server->router.add("GET", u"/who"_s, who, Access::Key);
    m_server->router.add("GET", u"/master"_s, who, Access::Master);
    const auto opened = test::await<void>([this](Callback<void> done) { m_authenticator->open(std::move(done)); });
    QVERIFY2(opened, test::describe(opened));
    QVERIFY(m_server->listen());
}

void tst_auth::gate_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("fields");
    QTest::addColumn<QString>("expected");
    const QByteArray wellFormed = makeKey().value();
    QTest::newRow("open") << QByteArray("/open") << QByteArray() << u"200"_s;
    QTest::newRow("open, wrong key") << QByteArray("/open") << bearer("wrong") << u"200"_s;
    QTest::newRow("none") << QByteArray("/who") << QByteArray() << u"401 missing_key"_s;
    QTest::newRow("empty") << QByteArray("/who") << QByteArray("Authorization: Bearer \r\n") << u"401 missing_key"_s;
    QTest::newRow("no scheme") << QByteArray("/who") << QByteArray("Authorization: " + Master + "\r\n")
                               << u"401 missing_key"_s;
    QTest::newRow("other scheme") << QByteArray("/who") << QByteArray("Authorization: Basic " + Master + "\r\n")
                                  << u"401 missing_key"_s;
    QTest::newRow("master") << QByteArray("/who") << bearer(Master) << u"200"_s;
    QTest::newRow("scheme's case, blanks")
        << QByteArray("/who") << QByteArray("authorization:  bEARER   " + Master + "  \r\n") << u"200"_s;
    QTest::newRow("master where it must be") << QByteArray("/master") << bearer(Master) << u"200"_s;
    QTest::newRow("two fields") << QByteArray("/who") << QByteArray(bearer(Master) + bearer("x"))
                                << u"400 bad_request"_s;
    QTest::newRow("wrong") << QByteArray("/who") << bearer("x") << u"403 bad_key"_s;
    QTest::newRow("nearly") << QByteArray("/who") << bearer(Master.chopped(1)) << u"403 bad_key"_s;
    QTest::newRow("more") << QByteArray("/who") << bearer(Master + 'x') << u"403 bad_key"_s;
    QTest::newRow("its hash") << QByteArray("/who") << bearer(digestOf(Master).toHex()) << u"403 bad_key"_s;
    QTest::newRow("nobody's") << QByteArray("/who") << bearer(wellFormed) << u"403 bad_key"_s;
    QTest::newRow("nobody's, for the master") << QByteArray("/auth/keys") << bearer(wellFormed) << u"403 bad_key"_s;
    QTest::newRow("none, for the master") << QByteArray("/auth/keys") << QByteArray() << u"401 missing_key"_s;
    QTest::newRow("tenant's syntax") << QByteArray("/who?tenantId=a%2Fb") << bearer(Master) << u"400 bad_request"_s;
    QTest::newRow("no tenant") << QByteArray("/who?tenantId=") << bearer(Master) << u"400 bad_request"_s;
    QTest::newRow("two tenants") << QByteArray("/who?tenantId=a&tenantId=b") << bearer(Master) << u"400 bad_request"_s;
    QTest::newRow("a tenant twice") << QByteArray("/who?tenantId=a&x=y&tenantId=a") << bearer(Master)
                                    << u"400 bad_request"_s;
    QTest::newRow("nothing there") << QByteArray("/nothing") << QByteArray() << u"404 not_found"_s;
}

void tst_auth::gate()
{
    QFETCH(QByteArray, path);
    QFETCH(QByteArray, fields);
    QFETCH(QString, expected);
    const Answer answer = m_server->ask(request("GET", path, fields));
    QCOMPARE(u"%1 %2"_s.arg(answer.status).arg(answer.json().value(u"code"_s).toString()).trimmed(), expected);
    QCOMPARE(answer.head.contains("WWW-Authenticate: Bearer"), answer.status == 401);
    if (path == "/open")
        QCOMPARE(answer.json(),
                 (QJsonObject{{u"tenant"_s, u""_s}, {u"keyId"_s, u""_s}, {u"master"_s, false}, {u"local"_s, false}}));
}

void tst_auth::masterActsForTenants()
{
    const auto tenant = [this](const QByteArray &path) {
        return m_server->ask(request("GET", path, bearer(Master))).json().value(u"tenant"_s).toString();
    };
    QCOMPARE(tenant("/who"), u"default"_s);
    QCOMPARE(tenant("/who?tenantId=acme"), u"acme"_s);
    QCOMPARE(tenant("/who?a=b&tenantId=A%63me-2"), u"Acme-2"_s);
    const Answer answer = m_server->ask(request("GET", "/who?tenantId=acme", bearer(Master)));
    QCOMPARE(answer.json().value(u"keyId"_s).toString(), u""_s);
    QCOMPARE(answer.json().value(u"master"_s).toBool(), true);
}

void tst_auth::createAndUse()
{
    const qint64 before = QDateTime::currentMSecsSinceEpoch();
    const Answer answer = m_server->ask(
        post("/auth/keys", QJsonObject{{u"name"_s, u"laptop"_s}, {u"tenantId"_s, u"acme"_s}, {u"ttlMs"_s, 60000}},
             bearer(Master)));
    const qint64 after = QDateTime::currentMSecsSinceEpoch();
    QCOMPARE(answer.status, 201);
    QVERIFY(answer.head.contains("Cache-Control: no-store"));
    const QJsonObject made = answer.json();
    QStringList members = made.keys();
    members.sort();
    QCOMPARE(members, (QStringList{u"expiresAt"_s, u"id"_s, u"key"_s, u"keyPrefix"_s, u"name"_s, u"tenantId"_s}));
    const QByteArray key = made.value(u"key"_s).toString().toLatin1();
    QVERIFY(isKeyShaped(key));
    QCOMPARE(made.value(u"keyPrefix"_s).toString(), QString::fromLatin1(key.left(12)));
    QCOMPARE(made.value(u"name"_s).toString(), u"laptop"_s);
    QCOMPARE(made.value(u"tenantId"_s).toString(), u"acme"_s);
    const qint64 expires =
        QDateTime::fromString(made.value(u"expiresAt"_s).toString(), Qt::ISODateWithMs).toMSecsSinceEpoch();
    QVERIFY(expires >= before + 60000 && expires <= after + 60000);

    const Answer used = m_server->ask(request("GET", "/who", bearer(key)));
    QCOMPARE(
        used.json(),
        (QJsonObject{
            {u"tenant"_s, u"acme"_s}, {u"keyId"_s, made.value(u"id"_s)}, {u"master"_s, false}, {u"local"_s, false}}));
    QCOMPARE(verdict(request("GET", "/who?tenantId=acme", bearer(key))), u"200"_s);
    QCOMPARE(verdict(request("GET", "/who?tenantId=other", bearer(key))), u"403 not_allowed"_s);
    QCOMPARE(verdict(request("GET", "/who?tenantId=acme&tenantId=acme", bearer(key))), u"400 bad_request"_s);
    QCOMPARE(verdict(request("GET", "/master", bearer(key))), u"403 not_allowed"_s);
    QCOMPARE(verdict(request("GET", "/auth/keys", bearer(key))), u"403 not_allowed"_s);
    QCOMPARE(verdict(request("DELETE", "/auth/keys/" + made.value(u"id"_s).toString().toLatin1(), bearer(key))),
             u"403 not_allowed"_s);
    QCOMPARE(verdict(post("/auth/keys", {{u"name"_s, u"x"_s}}, bearer(key))), u"403 not_allowed"_s);
    QCOMPARE(verdict(post("/auth/login", QJsonObject(), bearer(key))), u"403 not_allowed"_s);

    // Nothing but a name; the master key that acts for another.
    QCOMPARE(make().value(u"tenantId"_s).toString(), u"default"_s);
    const QJsonObject other =
        m_server->ask(post("/auth/keys?tenantId=other", {{u"name"_s, u"x"_s}}, bearer(Master))).json();
    QCOMPARE(other.value(u"tenantId"_s).toString(), u"other"_s);
    const QJsonObject quota{
        {u"runsPerMinute"_s, 60}, {u"cpuSecondsPerDay"_s, 3600}, {u"sessions"_s, 3}, {u"snapshots"_s, 2}};
    QCOMPARE(make({{u"name"_s, u"x"_s}, {u"quota"_s, quota}, {u"unknown"_s, 1}}).value(u"quota"_s).toObject(), quota);
}

void tst_auth::createRefused_data()
{
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QString>("path"); //!< that the sentence names
    QTest::newRow("no JSON") << QByteArray("{") << u"JSON"_s;
    QTest::newRow("no object") << QByteArray("[]") << u"The request is not a JSON object"_s;
    QTest::newRow("nothing") << QByteArray() << u"name"_s;
    QTest::newRow("no name") << QByteArray("{}") << u"name"_s;
    QTest::newRow("empty name") << QByteArray(R"({"name": ""})") << u"name"_s;
    QTest::newRow("null name") << QByteArray(R"({"name": null})") << u"name"_s;
    QTest::newRow("number for a name") << QByteArray(R"({"name": 1})") << u"name"_s;
    QTest::newRow("line break") << QByteArray(R"({"name": "a\nb"})") << u"name"_s;
    QTest::newRow("long name") << QByteArray("{\"name\": \"" + QByteArray(101, 'a') + "\"}") << u"name"_s;
    QTest::newRow("tenant's type") << QByteArray(R"({"name": "a", "tenantId": 1})") << u"tenantId"_s;
    QTest::newRow("tenant's syntax") << QByteArray(R"({"name": "a", "tenantId": "a/b"})") << u"tenantId"_s;
    QTest::newRow("no tenant") << QByteArray(R"({"name": "a", "tenantId": ""})") << u"tenantId"_s;
    QTest::newRow("ttl 0") << QByteArray(R"({"name": "a", "ttlMs": 0})") << u"ttlMs"_s;
    QTest::newRow("ttl text") << QByteArray(R"({"name": "a", "ttlMs": "1h"})") << u"ttlMs"_s;
    QTest::newRow("ttl part") << QByteArray(R"({"name": "a", "ttlMs": 1.5})") << u"ttlMs"_s;
    QTest::newRow("ttl for ever") << QByteArray(R"({"name": "a", "ttlMs": 1e300})") << u"ttlMs"_s;
    QTest::newRow("quota's type") << QByteArray(R"({"name": "a", "quota": 5})") << u"quota"_s;
    QTest::newRow("no runs") << QByteArray(R"({"name": "a", "quota": {"runsPerMinute": 0}})")
                             << u"quota.runsPerMinute"_s;
    QTest::newRow("fewer") << QByteArray(R"({"name": "a", "quota": {"concurrentRuns": -1}})")
                           << u"quota.concurrentRuns"_s;
    QTest::newRow("CPU text") << QByteArray(R"({"name": "a", "quota": {"cpuSecondsPerDay": "1"}})")
                              << u"quota.cpuSecondsPerDay"_s;
    QTest::newRow("no sessions") << QByteArray(R"({"name": "a", "quota": {"sessions": 0}})") << u"quota.sessions"_s;
    QTest::newRow("half a snapshot") << QByteArray(R"({"name": "a", "quota": {"snapshots": 0.5}})")
                                     << u"quota.snapshots"_s;
}

void tst_auth::createRefused()
{
    QFETCH(QByteArray, body);
    QFETCH(QString, path);
    const Answer answer = m_server->ask(
        request("POST", "/auth/keys", bearer(Master) + "Content-Length: " + QByteArray::number(body.size()) + "\r\n") +
        body);
    QCOMPARE(answer.status, 400);
    QCOMPARE(answer.json().value(u"code"_s).toString(), u"bad_request"_s);
    const QString sentence = answer.json().value(u"error"_s).toString();
    QVERIFY2(path.front().isLower() ? sentence.startsWith(path) : sentence.contains(path), answer.body.constData());
    QVERIFY(m_server->ask(request("GET", "/auth/keys", bearer(Master))).json().value(u"keys"_s).toArray().isEmpty());
}

void tst_auth::login()
{
    const Answer answer = m_server->ask(post("/auth/login", {{u"tenantId"_s, u"acme"_s}}, bearer(Master)));
    QCOMPARE(answer.status, 200);
    QStringList members = answer.json().keys();
    members.sort();
    QCOMPARE(members, (QStringList{u"expiresAt"_s, u"keyId"_s, u"token"_s}));
    const QByteArray token = answer.json().value(u"token"_s).toString().toLatin1();
    const QJsonObject who = m_server->ask(request("GET", "/who", bearer(token))).json();
    QCOMPARE(who.value(u"tenant"_s).toString(), u"acme"_s);
    QCOMPARE(who.value(u"keyId"_s), answer.json().value(u"keyId"_s));
    QCOMPARE(m_server->ask(request("POST", "/auth/login", bearer(Master) + "Content-Length: 0\r\n")).status, 200);
    QCOMPARE(verdict(post("/auth/login", {{u"ttlMs"_s, -1}}, bearer(Master))), u"400 bad_request"_s);
    QCOMPARE(verdict(post("/auth/login", QJsonObject(), bearer("wrong"))), u"403 bad_key"_s);
}

// A key gives itself up, and no other.
void tst_auth::logout()
{
    const QByteArray other = make({{u"name"_s, u"other"_s}}).value(u"key"_s).toString().toLatin1();
    const QJsonObject made = m_server->ask(post("/auth/login", QJsonObject(), bearer(Master))).json();
    const QByteArray token = made.value(u"token"_s).toString().toLatin1();
    QCOMPARE(verdict(request("DELETE", "/auth/login?tenantId=acme", bearer(token))), u"403 not_allowed"_s);
    const Answer answer = m_server->ask(request("DELETE", "/auth/login", bearer(token)));
    QCOMPARE(answer.status, 200);
    QCOMPARE(answer.json(), (QJsonObject{{u"ok"_s, true}, {u"id"_s, made.value(u"keyId"_s)}}));
    QCOMPARE(verdict(request("GET", "/who", bearer(token))), u"403 revoked_key"_s);
    QCOMPARE(verdict(request("DELETE", "/auth/login", bearer(token))), u"403 revoked_key"_s);
    QCOMPARE(verdict(request("GET", "/who", bearer(other))), u"200"_s);
    QCOMPARE(verdict(request("DELETE", "/auth/login", bearer(Master))), u"400 bad_request"_s);
    QCOMPARE(verdict(request("DELETE", "/auth/login")), u"401 missing_key"_s);
}

void tst_auth::listing()
{
    QStringList ids;
    for (const QString &tenant : {u"a"_s, u"b"_s, u"a"_s}) {
        ids.prepend(make({{u"name"_s, QString(u"in "_s + tenant)}, {u"tenantId"_s, tenant}}).value(u"id"_s).toString());
        QTest::qWait(2); // what is older is told by milliseconds
    }
    const auto list = [this](const QByteArray &path) {
        return m_server->ask(request("GET", path, bearer(Master))).json().value(u"keys"_s).toArray();
    };
    const auto idsOf = [](const QJsonArray &keys) {
        QStringList found;
        for (const QJsonValue &key : keys)
            found.append(key.toObject().value(u"id"_s).toString());
        return found;
    };
    const QJsonArray all = list("/auth/keys");
    QCOMPARE(idsOf(all), ids);
    QCOMPARE(idsOf(list("/auth/keys?tenantId=a")), (QStringList{ids[0], ids[2]}));
    QVERIFY(list("/auth/keys?tenantId=none").isEmpty());
    QCOMPARE(verdict(request("GET", "/auth/keys?tenantId=..", bearer(Master))), u"400 bad_request"_s);
    const QJsonObject first = all.first().toObject();
    QStringList members = first.keys();
    members.sort();
    QCOMPARE(members, (QStringList{u"createdAt"_s, u"expiresAt"_s, u"id"_s, u"keyPrefix"_s, u"lastUsedAt"_s, u"name"_s,
                                   u"revoked"_s, u"tenantId"_s}));
    QVERIFY(first.value(u"lastUsedAt"_s).isNull());
    QCOMPARE(first.value(u"revoked"_s), QJsonValue(false));
    const auto time = [&first](const QString &name) {
        return QDateTime::fromString(first.value(name).toString(), Qt::ISODateWithMs).toMSecsSinceEpoch();
    };
    QCOMPARE(time(u"expiresAt"_s) - time(u"createdAt"_s), 86400000);
}

void tst_auth::revoking()
{
    const QJsonObject made = make();
    const QByteArray key = made.value(u"key"_s).toString().toLatin1();
    const QByteArray path = "/auth/keys/" + made.value(u"id"_s).toString().toLatin1();
    QCOMPARE(verdict(request("GET", "/who", bearer(key))), u"200"_s);
    const Answer answer = m_server->ask(request("DELETE", path, bearer(Master)));
    QCOMPARE(answer.status, 200);
    QCOMPARE(answer.json(), (QJsonObject{{u"ok"_s, true}, {u"id"_s, made.value(u"id"_s)}}));
    QCOMPARE(verdict(request("GET", "/who", bearer(key))), u"403 revoked_key"_s); // at once
    QCOMPARE(m_server->ask(request("DELETE", path, bearer(Master))).status, 200);
    const QJsonArray keys =
        m_server->ask(request("GET", "/auth/keys", bearer(Master))).json().value(u"keys"_s).toArray();
    QCOMPARE(keys.first().toObject().value(u"revoked"_s), QJsonValue(true));
    for (const QByteArray &unknown : QByteArrayList{"/auth/keys/00000000-0000-4000-8000-000000000000", "/auth/keys/x",
                                                    path.toUpper(), "/auth/keys/%27%20OR%201=1%20--"}) {
        if (unknown.startsWith("/auth"))
            QCOMPARE(m_server->ask(request("DELETE", unknown, bearer(Master))).status, 404);
    }
    QCOMPARE(m_server->ask(request("DELETE", path + "%00", bearer(Master))).status, 400);
}

// Another service uses the same database.
void tst_auth::revokedElsewhere()
{
    const QJsonObject made = make();
    const QByteArray key = made.value(u"key"_s).toString().toLatin1();
    SqlKeyStore other(DatabaseTarget::parse(databaseFile()).value());
    QCOMPARE(verdict(request("GET", "/who", bearer(key))), u"200"_s);
    QVERIFY(other.revoke(made.value(u"id"_s).toString()).value());
    QVERIFY(QTest::qWaitFor([&] { return verdict(request("GET", "/who", bearer(key))) == u"403 revoked_key"; }, 30000));
    // And one that it made counts at once.
    KeyRecord fresh;
    fresh.id = u"11111111-1111-4111-8111-111111111111"_s;
    const QByteArray second = makeKey().value();
    fresh.digest = digestOf(second);
    fresh.prefix = prefixOf(second);
    fresh.name = u"fresh"_s;
    fresh.tenant = u"there"_s;
    fresh.expiresAt = QDateTime::currentMSecsSinceEpoch() + 3600000;
    QVERIFY(other.insert(fresh));
    QCOMPARE(verdict(request("GET", "/who", bearer(second))), u"200"_s);
}

void tst_auth::expiring()
{
    AuthOptions options;
    options.masterKey = Master;
    options.database = databaseFile();
    options.cleanupInterval = 50ms;
    start(options);
    const auto keyOf = [](const QJsonObject &made) { return made.value(u"key"_s).toString().toLatin1(); };
    // It goes on to be there until it is swept; either way it does not count.
    const QByteArray shortLived = keyOf(make({{u"name"_s, u"a"_s}, {u"ttlMs"_s, 1}}));
    const QByteArray longLived = keyOf(make());
    QVERIFY(QTest::qWaitFor([&] { return verdict(request("GET", "/who", bearer(shortLived))).startsWith(u"403 "_s); },
                            30000));
    QCOMPARE(verdict(request("GET", "/who", bearer(longLived))), u"200"_s);
    QVERIFY(QTest::qWaitFor(
        [&] {
            return m_server->ask(request("GET", "/auth/keys", bearer(Master)))
                       .json()
                       .value(u"keys"_s)
                       .toArray()
                       .size() == 1;
        },
        30000));
    QCOMPARE(verdict(request("GET", "/who", bearer(longLived))), u"200"_s);

    options.cleanupInterval = 1h;
    start(options);
    const QByteArray another = keyOf(make({{u"name"_s, u"a"_s}, {u"ttlMs"_s, 1}}));
    QTest::qWait(2);
    QCOMPARE(verdict(request("GET", "/who", bearer(another))), u"403 expired_key"_s);
}

// Written down late, and at the latest at the end.
void tst_auth::lastUse()
{
    const auto last = [this] {
        return m_server->ask(request("GET", "/auth/keys", bearer(Master)))
            .json()
            .value(u"keys"_s)
            .toArray()
            .first()
            .toObject()
            .value(u"lastUsedAt"_s);
    };
    const QByteArray key = make().value(u"key"_s).toString().toLatin1();
    QVERIFY(last().isNull());
    const QDateTime before = QDateTime::currentDateTimeUtc();
    QCOMPARE(verdict(request("GET", "/who", bearer(key))), u"200"_s);
    const QDateTime first = QDateTime::fromString(last().toString(), Qt::ISODateWithMs);
    QVERIFY(first >= before.addMSecs(-1) && first <= QDateTime::currentDateTimeUtc());
    QTest::qWait(2);
    QCOMPARE(verdict(request("GET", "/who", bearer(key))), u"200"_s);
    cleanup();
    SqlKeyStore store(DatabaseTarget::parse(databaseFile()).value());
    QVERIFY(store.list({}).value().constFirst().lastUsedAt > first.toMSecsSinceEpoch());
}

void tst_auth::withoutDatabase()
{
    start({Master});
    QCOMPARE(verdict(request("GET", "/who", bearer(Master))), u"200"_s);
    QCOMPARE(verdict(request("GET", "/who", bearer(makeKey().value()))), u"403 bad_key"_s);
    for (const QByteArray &text :
         {post("/auth/keys", {{u"name"_s, u"a"_s}}, bearer(Master)), post("/auth/login", QJsonObject(), bearer(Master)),
          request("GET", "/auth/keys", bearer(Master)), request("DELETE", "/auth/keys/x", bearer(Master))})
        QCOMPARE(verdict(text), u"400 auth_disabled"_s);
    QCOMPARE(verdict(request("GET", "/auth/keys")), u"401 missing_key"_s);
}

void tst_auth::databaseThatCannotBe_data()
{
    QTest::addColumn<QString>("database");
    QTest::addColumn<QString>("code");
    QTest::newRow("folder") << u"/"_s << u"auth_database"_s;
    QTest::newRow("nowhere") << u"/proc/none/auth.db"_s << u"auth_database"_s;
    QTest::newRow("other scheme") << u"redis://u:s3cret@h/d"_s << u"auth_database"_s;
    QTest::newRow("no server") << u"postgres://u:s3cret@/d?host=/nowhere"_s << u"auth_unavailable"_s;
    QTest::newRow("no server, MySQL") << u"mysql://u:s3cret@127.0.0.1:1/d"_s << u"auth_unavailable"_s;
    QTest::newRow("no database") << u"text"_s << u"auth_unavailable"_s;
}

void tst_auth::databaseThatCannotBe()
{
    QFETCH(QString, database);
    QFETCH(QString, code);
    if (database == u"text") {
        database = m_folder->filePath(u"text"_s);
        QFile file(database);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(QByteArray(5000, 'x'));
    }
    AuthOptions options;
    options.masterKey = Master;
    options.database = database;
    Authenticator authenticator(options);
    const auto opened = test::await<void>([&](Callback<void> done) { authenticator.open(std::move(done)); });
    QVERIFY(!opened);
    QCOMPARE(opened.error().code, code);
    QVERIFY(!opened.error().message.isEmpty());
    QVERIFY2(!test::describe(opened).text.contains("s3cret"), test::describe(opened));
}

// One that is empty is none: not even "Bearer " may pass.
void tst_auth::noMasterKey()
{
    Authenticator authenticator(AuthOptions{});
    const auto opened = test::await<void>([&](Callback<void> done) { authenticator.open(std::move(done)); });
    QVERIFY(!opened);
    QCOMPARE(opened.error().code, u"bad_value"_s);
    m_server->router.setGate(authenticator.gate());
    for (const QByteArray &fields :
         QByteArrayList{{}, "Authorization: Bearer \r\n", "Authorization: Bearer\r\n", "Authorization:\r\n"})
        QCOMPARE(verdict(request("GET", "/who", fields)), u"401 missing_key"_s);
    QCOMPARE(verdict(request("GET", "/who", bearer("x"))), u"403 bad_key"_s);
}

void tst_auth::manyRequestsAtOnce()
{
    const QByteArray good = make().value(u"key"_s).toString().toLatin1();
    std::vector<std::unique_ptr<QTcpSocket>> sockets;
    int passed = 0, refused = 0;
    for (int i = 0; i < 100; ++i) {
        sockets.push_back(std::make_unique<QTcpSocket>());
        QTcpSocket *socket = sockets.back().get();
        connect(socket, &QTcpSocket::readyRead, this,
                [socket, &passed, &refused] { ++(socket->readAll().startsWith("HTTP/1.1 200 ") ? passed : refused); });
        socket->connectToHost(QHostAddress::LocalHost, m_server->port);
        socket->write(request("GET", "/who", bearer(i % 2 == 0 ? good : makeKey().value())));
    }
    QTRY_COMPARE_WITH_TIMEOUT(passed + refused, 100, 30000);
    QCOMPARE(passed, 50);
    // Whoever leaves while the database is asked is no trouble.
    const QByteArray another = make().value(u"key"_s).toString().toLatin1();
    for (int i = 0; i < 20; ++i) {
        QTcpSocket socket;
        socket.connectToHost(QHostAddress::LocalHost, m_server->port);
        socket.write(request("GET", "/who", bearer(i % 2 == 0 ? another : makeKey().value())));
        QVERIFY(QTest::qWaitFor([&] { return socket.bytesToWrite() == 0 && socket.isValid(); }, 5000));
        socket.abort();
    }
    QCOMPARE(verdict(request("GET", "/who", bearer(another))), u"200"_s);
}

void tst_auth::nothingInTheLog()
{
    const Log log;
    const QJsonObject made = make();
    const QByteArray key = made.value(u"key"_s).toString().toLatin1();
    const QByteArray wrong = makeKey().value();
    QCOMPARE(verdict(request("GET", "/who", bearer(key))), u"200"_s);
    QCOMPARE(verdict(request("GET", "/who", bearer(wrong))), u"403 bad_key"_s);
    QCOMPARE(verdict(request("GET", "/who", bearer("a wrong one"))), u"403 bad_key"_s);
    const Answer list = m_server->ask(request("GET", "/auth/keys", bearer(Master)));
    QVERIFY(!list.body.contains(key.mid(12)));
    cleanup();
    for (const QByteArray &secret : {key.mid(6), wrong.mid(6), Master, QByteArray("a wrong one")})
        QVERIFY2(!log.text().contains(QString::fromLatin1(secret)), qPrintable(log.text()));
    for (const QByteArray &digest : {digestOf(key), digestOf(Master)})
        QVERIFY(!log.text().contains(QString::fromLatin1(digest.toHex())));
}

// A socket's request comes long after its handshake.
void tst_auth::confirming()
{
    RunMeter *meter = m_authenticator->meter();
    const auto confirm = [meter](const Caller &caller) {
        const auto confirmed = test::await<void>([&](Callback<void> done) { meter->confirm(caller, std::move(done)); });
        return confirmed ? u"fine"_s : confirmed.error().code;
    };
    const QJsonObject made = make();
    const QByteArray key = made.value(u"key"_s).toString().toLatin1();
    QCOMPARE(verdict(request("GET", "/who", bearer(key))), u"200"_s);
    const Caller caller{u"default"_s, made.value(u"id"_s).toString(), false, false};
    QCOMPARE(confirm(caller), u"fine"_s);
    QCOMPARE(confirm({u"default"_s, {}, true, false}), u"fine"_s);
    QCOMPARE(confirm({u"default"_s, u"another"_s, false, false}), u"bad_key"_s);
    QCOMPARE(verdict(request("DELETE", "/auth/keys/" + caller.keyId.toLatin1(), bearer(Master))), u"200"_s);
    QCOMPARE(confirm(caller), u"revoked_key"_s);
}

void tst_auth::runsPerMinute()
{
    qint64 now = 1000000;
    Quotas quotas(nullptr, [&now] { return now; });
    KeyRecord key;
    key.id = u"k"_s;
    key.quota.runsPerMinute = 2;
    quotas.learn(key);
    const Caller caller{u"t"_s, u"k"_s, false, false};
    ScriptedRun run;
    const auto begin = [&] {
        const auto admitted = quotas.admit(caller);
        if (admitted)
            quotas.count(caller, &run);
        return admitted.has_value();
    };
    QVERIFY(begin());
    now += 20500;
    QVERIFY(quotas.admit(caller)); // asking costs nothing
    QVERIFY(begin());
    const auto refused = quotas.admit(caller);
    QVERIFY(!refused);
    QCOMPARE(refused.error().code, autherrors::OverQuota);
    QCOMPARE(quotas.retryAfter(caller), 40);
    now += 39499;
    QVERIFY(!begin());
    QCOMPARE(quotas.retryAfter(caller), 1);
    now += 1;
    QVERIFY(begin());
    QVERIFY(!begin());
    QVERIFY(quotas.admit({u"t"_s, u"other"_s, false, false}));
    QVERIFY(quotas.admit({u"t"_s, {}, true, false}));
}

void tst_auth::concurrentRuns()
{
    Quotas quotas;
    KeyRecord key;
    key.id = u"k"_s;
    key.quota.concurrentRuns = 2;
    quotas.learn(key);
    const Caller caller{u"t"_s, u"k"_s, false, false};
    auto first = std::make_unique<ScriptedRun>();
    ScriptedRun second;
    quotas.count(caller, first.get());
    QVERIFY(quotas.admit(caller));
    quotas.count(caller, &second);
    QVERIFY(!quotas.admit(caller));
    QCOMPARE(quotas.retryAfter(caller), 1);
    first.reset(); // without an end
    QVERIFY(quotas.admit(caller));
    ScriptedRun third;
    quotas.count(caller, &third);
    QVERIFY(!quotas.admit(caller));
    second.finish(5);
    QVERIFY(quotas.admit(caller));
}

void tst_auth::cpuPerDay()
{
    qint64 now = 10 * DayMs + 5000;
    Quotas quotas(nullptr, [&now] { return now; });
    KeyRecord key;
    key.id = u"k"_s;
    key.quota.cpuSecondsPerDay = 2;
    key.cpuMs = 500; // of an earlier process
    quotas.learn(key);
    const Caller caller{u"t"_s, u"k"_s, false, false};
    ScriptedRun run, long1;
    quotas.count(caller, &run);
    run.finish(1000);
    QVERIFY(quotas.admit(caller));
    quotas.count(caller, &long1);
    long1.use(500);
    QVERIFY(!quotas.admit(caller)); // what goes on counts, too
    QCOMPARE(quotas.retryAfter(caller), int(DayMs / 1000 - 5));
    long1.finish(700);
    const KeyNotes notes = quotas.takeNotes();
    QCOMPARE(notes.day, 10);
    QCOMPARE(notes.cpuMs, (QHash<QString, qint64>{{u"k"_s, 1700}}));
    QVERIFY(!quotas.admit(caller));
    quotas.keepNotes(notes);
    QCOMPARE(quotas.takeNotes().cpuMs, notes.cpuMs);
    quotas.wereNoted(notes);
    QVERIFY(quotas.takeNotes().cpuMs.isEmpty());
    QVERIFY(!quotas.admit(caller));
    key.cpuMs = 2200;
    quotas.learn(key);
    QVERIFY(!quotas.admit(caller));
    now += DayMs;
    QVERIFY(quotas.admit(caller));
}

// Otherwise one would only have to leave before the end.
void tst_auth::clientThatLeavesIsCharged()
{
    qint64 now = 10 * DayMs;
    Quotas quotas(nullptr, [&now] { return now; });
    KeyRecord key;
    key.id = u"k"_s;
    key.quota.cpuSecondsPerDay = 100;
    quotas.learn(key);
    const Caller caller{u"t"_s, u"k"_s, false, false};
    const auto charged = [&](const std::function<void(ScriptedRun *)> &script) {
        ScriptedRun run;
        quotas.count(caller, &run);
        script(&run);
    };
    charged([&](ScriptedRun *) { now += 100; }); // it waited all the time
    QVERIFY(quotas.takeNotes().cpuMs.isEmpty());
    charged([&](ScriptedRun *run) {
        Q_EMIT run->started();
        now += 300;
        run->use(200);
        now += 50;
    });
    QCOMPARE(quotas.takeNotes().cpuMs, (QHash<QString, qint64>{{u"k"_s, 250}}));
    charged([&](ScriptedRun *run) {
        Q_EMIT run->progress(u"Installing"_s);
        now += 30;
    });
    QCOMPARE(quotas.takeNotes().cpuMs, (QHash<QString, qint64>{{u"k"_s, 30}}));
}

// Neither is a way to use what is not counted: to cancel, or to remove the session.
void tst_auth::endedFromOutside()
{
    qint64 now = 10 * DayMs;
    Quotas quotas(nullptr, [&now] { return now; });
    KeyRecord key;
    key.id = u"k"_s;
    key.quota.cpuSecondsPerDay = 100;
    quotas.learn(key);
    const Caller caller{u"t"_s, u"k"_s, false, false};
    for (const Reason reason : {Reason::Cancelled, Reason::SessionLost, Reason::Internal}) {
        ScriptedRun run;
        quotas.count(caller, &run);
        Q_EMIT run.started();
        run.use(700);
        now += 40;
        run.finish(0, reason);
        QCOMPARE(quotas.takeNotes().cpuMs, (QHash<QString, qint64>{{u"k"_s, 740}}));
    }
    ScriptedRun told;
    quotas.count(caller, &told);
    Q_EMIT told.started();
    now += 40;
    told.finish(900, Reason::Cancelled);
    QCOMPARE(quotas.takeNotes().cpuMs, (QHash<QString, qint64>{{u"k"_s, 900}}));
    ScriptedRun whole; // its sandbox said at the end what it had used
    quotas.count(caller, &whole);
    Q_EMIT whole.started();
    now += 4000;
    whole.finish(60, Reason::Cancelled, true);
    QCOMPARE(quotas.takeNotes().cpuMs, (QHash<QString, qint64>{{u"k"_s, 60}}));
    ScriptedRun slept;
    quotas.count(caller, &slept);
    Q_EMIT slept.started();
    now += 5000;
    slept.finish(20, Reason::Timeout);
    QCOMPARE(quotas.takeNotes().cpuMs, (QHash<QString, qint64>{{u"k"_s, 20}}));
}

// What the database says from one moment on holds for what was begun before, too.
void tst_auth::quotaThatChanges()
{
    qint64 now = 10 * DayMs;
    Quotas quotas(nullptr, [&now] { return now; });
    KeyRecord key;
    key.id = u"k"_s;
    quotas.learn(key);
    const Caller caller{u"t"_s, u"k"_s, false, false};
    ScriptedRun run;
    quotas.count(caller, &run);
    run.use(3000);
    QVERIFY(quotas.admit(caller));
    QVERIFY(quotas.mayCompute(u"k"_s));
    key.quota.concurrentRuns = 1;
    quotas.learn(key);
    QVERIFY(!quotas.admit(caller));
    key.quota.concurrentRuns = 0;
    key.quota.cpuSecondsPerDay = 3;
    quotas.learn(key);
    QVERIFY(!quotas.mayCompute(u"k"_s));
    QVERIFY(quotas.mayCompute(u"k"_s, 1));
    key.quota.cpuSecondsPerDay = 4;
    quotas.learn(key);
    QVERIFY(quotas.mayCompute(u"k"_s));
    quotas.charge(u"k"_s, 1000); // by no run
    QVERIFY(!quotas.mayCompute(u"k"_s));
    QCOMPARE(quotas.mayCompute(u"k"_s).error().code, autherrors::OverQuota);
    run.finish(3000);
    QCOMPARE(quotas.takeNotes().cpuMs, (QHash<QString, qint64>{{u"k"_s, 4000}}));
    key.quota = {};
    quotas.learn(key);
    QVERIFY(quotas.admit(caller));
}

// A run of a key that was revoked, here or by another service, has expired or has used up its CPU time.
void tst_auth::endsWhatGoesOn()
{
    RunMeter *meter = m_authenticator->meter();
    SqlKeyStore elsewhere(DatabaseTarget::parse(databaseFile()).value());
    const auto begin = [&](const QJsonObject &quota, ScriptedRun *run, QString *ended, qint64 ttlMs = 3600000) {
        const QJsonObject made = make({{u"name"_s, u"k"_s}, {u"quota"_s, quota}, {u"ttlMs"_s, ttlMs}});
        const QString id = made.value(u"id"_s).toString();
        const QByteArray key = made.value(u"key"_s).toString().toLatin1();
        if (verdict(request("GET", "/who", bearer(key))) == u"200")
            meter->count({u"default"_s, id, false, false}, run, [ended](const Error &why) { *ended += why.code; });
        return id;
    };
    ScriptedRun here, there, busy, idle, old, swept;
    QString hereEnded, thereEnded, busyEnded, idleEnded, oldEnded, sweptEnded;
    const QString hereId = begin({}, &here, &hereEnded);
    const QString thereId = begin({}, &there, &thereEnded);
    begin({{u"cpuSecondsPerDay"_s, 2}}, &busy, &busyEnded);
    begin({{u"cpuSecondsPerDay"_s, 2}}, &idle, &idleEnded);
    QCOMPARE(verdict(request("DELETE", "/auth/keys/" + hereId.toLatin1(), bearer(Master))), u"200"_s);
    QCOMPARE(hereEnded, u"revoked_key"_s); // with the answer
    QVERIFY(elsewhere.revoke(thereId).value());
    begin({}, &old, &oldEnded, 3000);
    begin({}, &swept, &sweptEnded, 600000);
    busy.use(3001);
    idle.use(2000);
    QTRY_COMPARE_WITH_TIMEOUT(thereEnded, u"revoked_key"_s, 30000);
    QTRY_COMPARE_WITH_TIMEOUT(busyEnded, u"over_quota"_s, 30000);
    QCOMPARE(idleEnded, QString());
    idle.use(3000);
    QTRY_COMPARE_WITH_TIMEOUT(idleEnded, u"over_quota"_s, 30000);
    QTRY_COMPARE_WITH_TIMEOUT(oldEnded, u"expired_key"_s, 30000);
    QCOMPARE(sweptEnded, QString());
    QVERIFY(elsewhere.sweep(QDateTime::currentMSecsSinceEpoch() + 700000));
    QTRY_COMPARE_WITH_TIMEOUT(sweptEnded, u"bad_key"_s, 30000);
    QCOMPARE(hereEnded + thereEnded + busyEnded, u"revoked_keyrevoked_keyover_quota"_s);
}

// Nothing is written to a file that has another name by now, and no new one is made in its place.
void tst_auth::databaseThatMoves()
{
    const QByteArray key = make().value(u"key"_s).toString().toLatin1();
    const auto becomes = [&](const QString &expected) {
        return QTest::qWaitFor([&] { return verdict(request("GET", "/who", bearer(key))) == expected; }, 30000);
    };
    QVERIFY(becomes(u"200"_s));
    const QString moved = m_folder->filePath(u"moved.db"_s);
    QVERIFY(QFile::rename(databaseFile(), moved));
    QVERIFY(becomes(u"503 auth_unavailable"_s));
    const Answer refused = m_server->ask(post("/auth/keys", {{u"name"_s, u"lost"_s}}, bearer(Master)));
    QCOMPARE(refused.status, 503);
    QVERIFY2(refused.json().value(u"error"_s).toString().contains(u"is gone"), refused.body.constData());
    QVERIFY(!QFile::exists(databaseFile()));
    QVERIFY(QFile::rename(moved, databaseFile()));
    QVERIFY(becomes(u"200"_s));
}

// Another database under the same name is what counts from then on, though what SQLite had noted for the old one is
// still beside it.
void tst_auth::databaseThatIsReplaced()
{
    const QByteArray key = make().value(u"key"_s).toString().toLatin1();
    const auto becomes = [&](const QByteArray &bearerKey, const QString &expected) {
        return QTest::qWaitFor([&] { return verdict(request("GET", "/who", bearer(bearerKey))) == expected; }, 30000);
    };
    QVERIFY(becomes(key, u"200"_s));
    QVERIFY(QFile::exists(databaseFile() + u"-wal"_s));
    const QString next = m_folder->filePath(u"next.db"_s);
    KeyRecord record;
    record.id = u"00000000-0000-4000-8000-000000000001"_s;
    record.prefix = u"isol8_n"_s;
    record.name = u"k"_s;
    record.tenant = u"next"_s;
    record.expiresAt = QDateTime::currentMSecsSinceEpoch() + 600000;
    const QByteArray nextKey = "isol8_" + QByteArray(43, 'n');
    record.digest = digestOf(nextKey);
    {
        SqlKeyStore other(DatabaseTarget::parse(next).value());
        QVERIFY(other.insert(record));
    }
    QCOMPARE(::rename(QFile::encodeName(next).constData(), QFile::encodeName(databaseFile()).constData()), 0);
    QVERIFY(becomes(key, u"403 bad_key"_s));
    QVERIFY(becomes(nextKey, u"200"_s));
    const QJsonObject made = make({{u"name"_s, u"later"_s}});
    QVERIFY(becomes(made.value(u"key"_s).toString().toLatin1(), u"200"_s));
}

QTEST_GUILESS_MAIN(tst_auth)
#include "tst_auth.moc"
