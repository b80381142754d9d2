// SPDX-License-Identifier: GPL-3.0-or-later
// test: fake; http
// `isol8 login` and `logout`, and which key goes where, with a service that plays a script.
#include "support/Cli.h"
#include "support/InThread.h"
#include "support/ScriptServer.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

using namespace isol8::test;
using namespace Qt::StringLiterals;

class tst_clilogin : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();

    void logsInAndOut();
    void logout_data();
    void logout();
    void keyFromStdin();
    void asksForNoKeyThatCannotBeKept();
    void refused_data();
    void refused();
    void keyOrder();
    void anotherHostGetsNoKey();
    void expired();
    void builds();
    void listsSandboxes();
    void listsImages();
    void cleansUp();
    void setsUp();
    void endedByTheService();
    void wrongUsage_data();
    void wrongUsage();

private:
    using Server = InThread<ScriptServer>;
    static std::unique_ptr<Server> serve(const ScriptServer::Script &script)
    {
        return std::make_unique<Server>([&] { return std::make_unique<ScriptServer>(script); });
    }
    //! Answers as a service with keys does; \a ttl: seconds that a new key holds.
    static std::unique_ptr<Server> service(int ttl = 3600)
    {
        return serve([ttl](const QByteArray &head, const QByteArray &) {
            const QByteArray until =
                QDateTime::currentDateTimeUtc().addSecs(ttl).toString(Qt::ISODateWithMs).toLatin1();
            if (head.startsWith("POST /auth/login"))
                return ScriptServer::answer(200, "{\"token\":\"isol8_new\",\"keyId\":\"id-7\",\"expiresAt\":\"" +
                                                     until + "\"}");
            return ScriptServer::answer(200, R"({"sessions": []})");
        });
    }
    clitest::Outcome isol8(const QStringList &arguments, const QByteArray &input = {})
    {
        return clitest::isol8(arguments, input, m_folder->path(), m_environment);
    }
    clitest::Outcome login(Server &server, const QStringList &more = {}, const QByteArray &input = {})
    {
        return isol8(QStringList{u"login"_s, u"--host"_s, server.fake()->url()} + more, input);
    }
    static QByteArray lastHead(Server &server)
    {
        QByteArray head;
        server.inside([&] { head = server.fake()->heads.value(server.fake()->heads.size() - 1); });
        return head;
    }
    //! The key of the last request that came.
    static QByteArray lastKey(Server &server)
    {
        const QByteArray head = lastHead(server);
        const qsizetype at = head.indexOf("Authorization: Bearer ");
        return at < 0 ? QByteArray() : head.mid(at + 22, head.indexOf('\r', at) - at - 22);
    }
    [[nodiscard]] QString kept() const { return m_folder->filePath(u".isol8/credentials.json"_s); }

    std::unique_ptr<QTemporaryDir> m_folder;
    QProcessEnvironment m_environment;
};

void tst_clilogin::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    m_environment = QProcessEnvironment::systemEnvironment();
    m_environment.insert(u"HOME"_s, m_folder->path());
    for (const QString &name : {u"ISOL8_HOST"_s, u"ISOL8_API_KEY"_s, u"ISOL8_CA_FILE"_s, u"ISOL8_CONFIG"_s})
        m_environment.remove(name);
}

void tst_clilogin::logsInAndOut()
{
    const auto server = service();
    m_environment.insert(u"ISOL8_API_KEY"_s, u"isol8_first"_s);
    const auto outcome = login(*server, {u"--name"_s, u"laptop"_s, u"--ttl"_s, u"2h"_s});
    QCOMPARE(outcome.exitCode, 0);
    QCOMPARE(outcome.out, QByteArray());
    const QByteArray says = "Logged in at " + server->fake()->url().toLatin1() + " until ";
    QVERIFY2(outcome.err.startsWith(says), outcome.err.constData());
    QVERIFY(!outcome.err.contains("isol8_new") && !outcome.err.contains("isol8_first"));
    QCOMPARE(lastKey(*server), QByteArray("isol8_first"));
    QCOMPARE(QFile::permissions(kept()) & (QFile::ReadGroup | QFile::ReadOther), QFile::Permissions());
    m_environment.remove(u"ISOL8_API_KEY"_s);
    const QStringList list{u"session"_s, u"list"_s, u"--host"_s, server->fake()->url() + u'/'};
    QCOMPARE(isol8(list).err, QByteArray("There are no sessions.\n"));
    QCOMPARE(lastKey(*server), QByteArray("isol8_new"));
    const auto out = isol8({u"logout"_s, u"--host"_s, server->fake()->url()});
    QCOMPARE(out.exitCode, 0);
    QCOMPARE(out.err,
             "Logged out at " + server->fake()->url().toLatin1() + ": the key is revoked there and forgotten here.\n");
    QCOMPARE(lastKey(*server), QByteArray("isol8_new"));
    QVERIFY(lastHead(*server).startsWith("DELETE /auth/login "));
    QCOMPARE(isol8(list).exitCode, 0);
    QCOMPARE(lastKey(*server), QByteArray());
    QCOMPARE(isol8({u"logout"_s}).err, QByteArray("No key is kept.\n"));
}

void tst_clilogin::logout_data()
{
    QTest::addColumn<QByteArray>("answer"); // to the wish to revoke; empty: nobody is there
    QTest::addColumn<QStringList>("flags");
    QTest::addColumn<int>("exitCode");
    QTest::addColumn<QByteArrayList>("says");
    const QByteArray unrevoked = "is forgotten here, but was not revoked there";
    const QByteArray id = "can revoke it by its id, id-7.";
    const auto row = [](const char *name, const QByteArray &answer, int exitCode, const QByteArrayList &says,
                        const QStringList &flags = {}) { QTest::newRow(name) << answer << flags << exitCode << says; };
    row("revoked before", ScriptServer::error(403, "revoked_key", "This key was revoked."), 0,
        {"which does not count there any more"});
    row("another service there", ScriptServer::error(403, "bad_key", "Not known."), 0,
        {"which does not count there any more"});
    row("an older service", ScriptServer::error(405, "wrong_method", "This path takes POST."), 1,
        {unrevoked, "does not take that request", id});
    row("a service in trouble", ScriptServer::error(500, "oops", "The disk is full."), 1,
        {unrevoked, "The disk is full.", id});
    row("nobody", {}, 1, {unrevoked, "cannot be reached", id});
    row("not asked", {}, 0, {"Forgot the key of", id}, {u"--local"_s});
}

// Whatever the service says, the key is gone here.
void tst_clilogin::logout()
{
    QFETCH(QByteArray, answer);
    QFETCH(QStringList, flags);
    QFETCH(QByteArrayList, says);
    auto server = service();
    QCOMPARE(login(*server, {u"--key"_s, u"isol8_k"_s}).exitCode, 0);
    const QString url = server->fake()->url();
    if (answer.isEmpty())
        server.reset();
    else
        server->inside([&] { server->fake()->script = [answer](const auto &, const auto &) { return answer; }; });
    const auto outcome = isol8(QStringList{u"logout"_s, u"--host"_s, url} + flags);
    QTEST(outcome.exitCode, "exitCode");
    for (const QByteArray &part : says)
        QVERIFY2(outcome.err.contains(part), outcome.err.constData());
    QVERIFY(!outcome.err.contains("isol8_new"));
    QCOMPARE(isol8({u"logout"_s}).err, QByteArray("No key is kept.\n"));
}

void tst_clilogin::keyFromStdin()
{
    const auto server = service();
    QCOMPARE(login(*server, {u"--key"_s, u"-"_s}, "isol8_typed\n").exitCode, 0);
    QCOMPARE(lastKey(*server), QByteArray("isol8_typed"));
}

void tst_clilogin::asksForNoKeyThatCannotBeKept()
{
    const auto server = service();
    m_environment.insert(u"ISOL8_API_KEY"_s, u"isol8_first"_s);
    QVERIFY(QDir().mkpath(m_folder->filePath(u".isol8"_s)));
    QFile file(kept());
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write("{}") == 2);
    QVERIFY(file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ReadOther));
    file.close();
    const auto outcome = login(*server);
    QCOMPARE(outcome.exitCode, 1);
    QVERIFY2(outcome.err.contains("can be read by others"), outcome.err.constData());
    QCOMPARE(lastKey(*server), QByteArray());
}

void tst_clilogin::refused_data()
{
    QTest::addColumn<QByteArray>("answer");
    QTest::addColumn<QByteArray>("says");
    QTest::newRow("wrong key") << ScriptServer::error(403, "bad_key", "The key is not valid.")
                               << QByteArray("The key is not valid.");
    QTest::newRow("no keys there") << ScriptServer::error(400, "auth_disabled", "Keys are off: --auth-db.")
                                   << QByteArray("Keys are off: --auth-db.");
    QTest::newRow("no such route") << ScriptServer::error(404, "not_found", "There is nothing at this path.")
                                   << QByteArray("keeps no keys; name its own by ISOL8_API_KEY");
    QTest::newRow("no token") << ScriptServer::answer(200, "{}") << QByteArray("is no isol8 service");
    QTest::newRow("a token that is none")
        << ScriptServer::answer(200, R"({"token": "a\r\nX: y"})") << QByteArray("is no isol8 service");
    QTest::newRow("expired already") << ScriptServer::answer(
                                            200, R"({"token":"isol8_x","expiresAt":"2001-01-01T00:00:00.000Z"})")
                                     << QByteArray("has expired already");
}

void tst_clilogin::refused()
{
    QFETCH(QByteArray, answer);
    QFETCH(QByteArray, says);
    const auto server = serve([answer](const QByteArray &, const QByteArray &) { return answer; });
    const auto outcome = login(*server, {u"--key"_s, u"isol8_k"_s});
    QVERIFY2(outcome.err.contains(says), outcome.err.constData());
    QVERIFY(outcome.exitCode == 1 || outcome.exitCode == 2);
    QVERIFY(!QFile::exists(kept()));
}

void tst_clilogin::keyOrder()
{
    const auto server = service();
    QCOMPARE(login(*server, {u"--key"_s, u"isol8_k"_s}).exitCode, 0);
    m_environment.insert(u"ISOL8_HOST"_s, server->fake()->url());
    const QStringList list{u"session"_s, u"list"_s};
    QCOMPARE(isol8(list).exitCode, 0);
    QCOMPARE(lastKey(*server), QByteArray("isol8_new"));
    m_environment.insert(u"ISOL8_API_KEY"_s, u"isol8_variable"_s);
    QCOMPARE(isol8(list).exitCode, 0);
    QCOMPARE(lastKey(*server), QByteArray("isol8_variable"));
    QCOMPARE(isol8(list + QStringList{u"--key"_s, u"isol8_flag"_s}).exitCode, 0);
    QCOMPARE(lastKey(*server), QByteArray("isol8_flag"));
}

void tst_clilogin::anotherHostGetsNoKey()
{
    const auto server = service();
    QCOMPARE(login(*server, {u"--key"_s, u"isol8_k"_s}).exitCode, 0);
    const auto other = service();
    QCOMPARE(isol8({u"session"_s, u"list"_s, u"--host"_s, other->fake()->url()}).exitCode, 0);
    QCOMPARE(lastKey(*other), QByteArray());
    // Nor the same host below another path, or by another name.
    QCOMPARE(isol8({u"session"_s, u"list"_s, u"--host"_s, server->fake()->url() + u"/x"_s}).exitCode, 0);
    QCOMPARE(lastKey(*server), QByteArray());
}

void tst_clilogin::expired()
{
    const auto server = service(2);
    QCOMPARE(login(*server, {u"--key"_s, u"isol8_k"_s}).exitCode, 0);
    QTest::qWait(2100);
    const auto outcome = isol8({u"session"_s, u"list"_s, u"--host"_s, server->fake()->url()});
    QCOMPARE(outcome.exitCode, 1);
    QVERIFY2(outcome.err.contains("has expired; renew it by isol8 login"), outcome.err.constData());
    QCOMPARE(lastKey(*server), QByteArray("isol8_k")); // nothing was asked
}

// `isol8 build` of a service: what it asks for, and what it makes of the events.
void tst_clilogin::builds()
{
    QByteArray asked;
    QByteArray events;
    const auto server = serve([&](const QByteArray &head, const QByteArray &body) -> ScriptServer::Reply {
        asked = head.left(head.indexOf(' ', 5)) + ' ' + body;
        return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + events;
    });
    const QStringList command{u"build"_s,  u"--host"_s, server->fake()->url(),
                              u"--base"_s, u"python"_s, u"--install"_s,
                              u"numpy"_s,  u"--tag"_s,  u"data"_s,
                              u"--json"_s};
    events = "data: {\"type\":\"progress\",\"image\":\"data\",\"data\":\"Installing numpy\"}\n\n"
             "data: {\"type\":\"image\",\"built\":true,\"image\":{\"tag\":\"data:latest\",\"size\":5000000}}\n\n"
             "data: {\"type\":\"exit\",\"data\":\"0\"}\n\n";
    const auto made = isol8(command);
    QCOMPARE(made.exitCode, 0);
    QVERIFY2(made.err.contains("Installing numpy") && made.err.contains("data is made (5 MB"), made.err.constData());
    QCOMPARE(QJsonDocument::fromJson(made.out).object()[u"tag"_s].toString(), u"data:latest"_s);
    QVERIFY2(asked.startsWith("POST /images {"), asked.constData());
    const QJsonObject recipe = QJsonDocument::fromJson(asked.sliced(13)).object();
    QCOMPARE(recipe[u"runtime"_s].toString(), u"python"_s);
    QCOMPARE(recipe[u"installPackages"_s][0].toString(), u"numpy"_s);
    events = "data: {\"type\":\"error\",\"data\":\"pip failed.\",\"code\":\"image_failed\"}\n\n"
             "data: {\"type\":\"exit\",\"data\":\"1\"}\n\n";
    const auto failed = isol8(command);
    QCOMPARE(failed.exitCode, 1);
    QVERIFY2(failed.err.contains("pip failed."), failed.err.constData());
    events = "data: {\"type\":\"progress\",\"data\":\"x\"}\n\n";
    const auto broken = isol8(command);
    QCOMPARE(broken.exitCode, 1);
    QVERIFY2(broken.err.contains("broke before the image was there"), broken.err.constData());
}

void tst_clilogin::listsSandboxes()
{
    const auto server = serve([](const QByteArray &head, const QByteArray &) {
        if (head.startsWith("GET /runs"))
            return ScriptServer::answer(200, R"({"runs": []})");
        return ScriptServer::answer(
            200, R"({"sandboxes": [{"containerId": "abc", "purpose": "session", "state": "\u001b[31m"}]})");
    });
    const auto listed = isol8({u"ps"_s, u"--host"_s, server->fake()->url()});
    QCOMPARE(listed.exitCode, 0);
    QVERIFY2(listed.out.contains("abc") && listed.out.contains("session"), listed.out.constData());
    QVERIFY(!listed.out.contains('\x1b'));
}

// `isol8 list-custom` of a service: its own images are no custom ones.
void tst_clilogin::listsImages()
{
    QByteArray answer = R"({"images": [
        {"kind": "standard", "tag": "isol8:python", "runtime": "python", "size": 1, "createdAt": null, "id": "a"},
        {"kind": "custom", "tag": "data:latest", "runtime": "python", "size": 5000000, "status": "current",
         "createdAt": "2026-11-27T10:00:00Z", "id": "b", "installPackages": ["numpy"], "aptPackages": ["gcc"],
         "setupScript": "echo \u001b[31m"}]})";
    const auto server = serve([&](const QByteArray &head, const QByteArray &) {
        return head.startsWith("GET /images ") ? ScriptServer::answer(200, answer) : QByteArray();
    });
    const QStringList list{u"list-custom"_s, u"--host"_s, server->fake()->url()};
    const auto listed = isol8(list);
    QCOMPARE(listed.exitCode, 0);
    QVERIFY2(listed.out.contains("data:latest") && listed.out.contains("numpy; apt: gcc"), listed.out.constData());
    QVERIFY(!listed.out.contains("isol8:python") && !listed.out.contains('\x1b'));
    const auto json = isol8(list + QStringList{u"--json"_s});
    const QJsonArray images = QJsonDocument::fromJson(json.out).array();
    QCOMPARE(images.size(), 1);
    QCOMPARE(images[0].toObject(), (QJsonObject{{u"tag"_s, u"data:latest"_s},
                                                {u"runtime"_s, u"python"_s},
                                                {u"installPackages"_s, QJsonArray{u"numpy"_s}},
                                                {u"aptPackages"_s, QJsonArray{u"gcc"_s}},
                                                {u"setupScript"_s, u"echo \u001b[31m"_s},
                                                {u"size"_s, 5000000},
                                                {u"createdAt"_s, u"2026-11-27T10:00:00Z"_s},
                                                {u"id"_s, u"b"_s}}));
}

void tst_clilogin::cleansUp()
{
    QByteArray asked;
    QByteArray answer = R"({"ok": true, "sessions": {"removed": 2}, "containers": {"removed": 3}, "images": {}})";
    const auto server = serve([&](const QByteArray &head, const QByteArray &body) {
        asked = head.left(head.indexOf(' ', 5)) + ' ' + body;
        return ScriptServer::answer(200, answer);
    });
    const QStringList cleanup{u"cleanup"_s, u"--host"_s, server->fake()->url()};
    const auto unsure = isol8(cleanup);
    QCOMPARE(unsure.exitCode, 2);
    QVERIFY2(unsure.err.contains("say --force"), unsure.err.constData());
    QCOMPARE(isol8(cleanup + QStringList{u"--dry-run"_s}).exitCode, 2);
    QCOMPARE(asked, QByteArray());
    const auto done = isol8(cleanup + QStringList{u"--force"_s});
    QCOMPARE(done.exitCode, 0);
    QCOMPARE(done.err, QByteArray("Removed 2 sessions, 3 containers and 0 images.\n"));
    QCOMPARE(asked, QByteArray(R"(POST /cleanup {"images":false})"));
    answer = R"({"ok": false, "containers": {"removed": 0, "errors": ["Docker\u001b is busy."]}})";
    const auto failed = isol8(cleanup + QStringList{u"--force"_s, u"--images"_s});
    QCOMPARE(failed.exitCode, 1);
    QVERIFY2(failed.err.contains("Docker? is busy."), failed.err.constData());
    QCOMPARE(asked, QByteArray(R"(POST /cleanup {"images":true})"));
}

void tst_clilogin::setsUp()
{
    QByteArray asked;
    const auto server = serve([&](const QByteArray &head, const QByteArray &body) -> ScriptServer::Reply {
        asked = head.left(head.indexOf(' ', 5)) + ' ' + body;
        return QByteArray("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
                          "data: {\"type\":\"progress\",\"image\":\"bash\",\"data\":\"Unpacking\"}\n\n"
                          "data: {\"type\":\"image\",\"built\":true,\"image\":{\"tag\":\"isol8:bash\","
                          "\"runtime\":\"bash\",\"size\":5000000}}\n\n"
                          "data: {\"type\":\"exit\",\"data\":\"0\"}\n\n");
    });
    const auto made = isol8({u"setup"_s, u"--host"_s, server->fake()->url(), u"-r"_s, u"bash"_s, u"--json"_s});
    QCOMPARE(made.exitCode, 0);
    QVERIFY2(made.err.contains("bash: Unpacking") && made.err.contains("bash: isol8:bash is made (5 MB"),
             made.err.constData());
    QCOMPARE(QJsonDocument::fromJson(made.out)[u"images"_s][0][u"status"_s].toString(), u"built"_s);
    QCOMPARE(asked, QByteArray(R"(POST /images {"force":false,"runtimes":["bash"]})"));
}

// A run that a service ends is told of, other than one that its user ends.
void tst_clilogin::endedByTheService()
{
    const auto server = serve([](const QByteArray &head, const QByteArray &) {
        if (head.startsWith("GET"))
            return ScriptServer::answer(426, {});
        return QByteArray("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
                          "data: {\"type\":\"stdout\",\"data\":\"so far\\n\",\"phase\":\"code\"}\n\n"
                          "data: {\"type\":\"exit\",\"data\":\"130\",\"phase\":\"code\",\"result\":{\"exitCode\":130,"
                          "\"reason\":\"cancelled\",\"errorCode\":\"over_quota\",\"error\":\"The time is up.\"}}\n\n");
    });
    const auto outcome = isol8({u"run"_s, u"--cmd"_s, u"x"_s, u"--host"_s, server->fake()->url(), u"--key"_s, u"k"_s});
    QCOMPARE(outcome.out, QByteArray("so far\n"));
    QCOMPARE(outcome.err, QByteArray("isol8: The time is up.\n"));
    QCOMPARE(outcome.exitCode, 130);
}

void tst_clilogin::wrongUsage_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QByteArray>("says");
    const QString host = u"--host"_s, there = u"http://127.0.0.1:1"_s, e = u"-e"_s, one = u"1"_s;
    QTest::newRow("login nowhere") << QStringList{u"login"_s, u"--key"_s, u"k"_s}
                                   << QByteArray("--key goes with --host");
    QTest::newRow("login without anything") << QStringList{u"login"_s} << QByteArray("Say which service");
    QTest::newRow("login without a key") << QStringList{u"login"_s, host, there} << QByteArray("Give the key");
    QTest::newRow("ttl") << QStringList{u"login"_s, host, there, u"--key"_s, u"k"_s, u"--ttl"_s, u"soon"_s}
                         << QByteArray("--ttl: \"soon\" is not a duration");
    QTest::newRow("key without host") << QStringList{u"run"_s, e, one, u"--key"_s, u"k"_s}
                                      << QByteArray("--key goes with --host");
    QTest::newRow("no address") << QStringList{u"run"_s, e, one, host, u"isol8.example.com"_s}
                                << QByteArray("--host: \"isol8.example.com\" is no address");
    QTest::newRow("a key with a blank") << QStringList{u"ps"_s, host, there, u"--key"_s, u"a b"_s}
                                        << QByteArray("The key is empty, or has blanks");
    QTest::newRow("persist") << QStringList{u"run"_s, e, one, host, there, u"--persist"_s}
                             << QByteArray("--persist keeps a container where it runs");
    QTest::newRow("logout of no address")
        << QStringList{u"logout"_s, host, u"x"_s} << QByteArray("--host: \"x\" is no");
}

void tst_clilogin::wrongUsage()
{
    QFETCH(QStringList, arguments);
    QFETCH(QByteArray, says);
    const auto outcome = isol8(arguments);
    QVERIFY2(outcome.err.contains(says), outcome.err.constData());
    QCOMPARE(outcome.exitCode, 2);
    QCOMPARE(outcome.out, QByteArray());
}

QTEST_GUILESS_MAIN(tst_clilogin)
#include "tst_clilogin.moc"
