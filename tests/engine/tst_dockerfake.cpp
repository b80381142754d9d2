// SPDX-License-Identifier: GPL-3.0-or-later
// test: fake; docker http
// Requests against a daemon that is late, cut off, wrong, silent or gone.
#include "support/Await.h"
#include "support/FakeDocker.h"

#include <isol8/docker/AttachStream.h>
#include <isol8/docker/Client.h>

#include <QLocalServer>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTest>

#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace isol8;
using namespace isol8::docker;
using namespace isol8::test;
using namespace Qt::StringLiterals;

namespace {

using After = FakeReply::After;

const QByteArray StartedAnswer =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{\"Id\":\"abcd\"}";
const QByteArray ChunkedAnswer =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n{\"Id\":\r\n7;x\r\n\"abcd\"}\r\n0\r\n\r\n";

Result<QString> create(Client &client)
{
    return await<QString>([&](auto done) { client.createContainer({{u"Image"_s, u"isol8:python"_s}}, {}, done); });
}

Result<QJsonObject> inspect(Client &client)
{
    return await<QJsonObject>([&](auto done) { client.inspectContainer(u"x"_s, done); });
}

} // namespace

class tst_dockerfake : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u"."_s)); }
    void negotiation_data();
    void negotiation();
    void negotiatesOnce();
    void negotiatesAgain();
    void answers_data();
    void answers();
    void cutEverywhere_data();
    void cutEverywhere();
    void unreachable_data();
    void unreachable();
    void permission();
    void timeouts();
    void closedMeanwhile_data();
    void closedMeanwhile();
    void closedAfterEach();
    void manyConnections();
    void manyAttachedLeaveRoom();
    void deletion_data();
    void deletion();
    void requests();
};

void tst_dockerfake::negotiation_data()
{
    QTest::addColumn<QByteArray>("ping");
    QTest::addColumn<QByteArray>("version");
    QTest::addColumn<QString>("expected"); // the version spoken, or a code
    const auto ping = [](const QByteArray &api) { return FakeReply::ping(api).pieces.first(); };
    const auto json = [](const QByteArray &body) { return FakeReply::answer(200, body).pieces.first(); };
    const QByteArray none = FakeReply::answer(500, "{}").pieces.first();
    const QByteArray nameless = json("OK");
    QTest::newRow("1.40") << ping("1.40") << none << u"1.40"_s;
    QTest::newRow("1.41") << ping("1.41") << none << u"1.41"_s;
    QTest::newRow("1.43") << ping("1.43") << none << u"1.43"_s;
    QTest::newRow("newer") << ping("1.47") << json(R"({"ApiVersion":"1.47","MinAPIVersion":"1.24"})") << u"1.43"_s;
    QTest::newRow("newer, wants newer") << ping("1.52") << json(R"({"ApiVersion":"1.52","MinAPIVersion":"1.44"})")
                                        << u"1.44"_s;
    QTest::newRow("newer, says no least") << ping("1.47") << json(R"({"ApiVersion":"1.47"})") << u"1.43"_s;
    QTest::newRow("1.39") << ping("1.39") << none << u"docker_version"_s;
    QTest::newRow("1.9") << ping("1.9") << none << u"docker_version"_s;
    QTest::newRow("only in /version") << nameless << json(R"({"ApiVersion":"1.42","Os":"linux"})") << u"1.42"_s;
    QTest::newRow("nonsense in header") << ping("one") << json(R"({"ApiVersion":"1.41"})") << u"1.41"_s;
    QTest::newRow("none anywhere") << nameless << json("{}") << u"docker_protocol"_s;
    QTest::newRow("/version is no JSON") << nameless << json("hello") << u"docker_protocol"_s;
    QTest::newRow("/version refused") << nameless << none << u"docker_error"_s;
    QTest::newRow("ping refused") << none << none << u"docker_error"_s;
    QTest::newRow("ping absent") << FakeReply::answer(404, "page not found").pieces.first() << none << u"not_found"_s;
    QTest::newRow("another server") << QByteArray("SSH-2.0-OpenSSH_9.2p1\r\n") << none << u"docker_protocol"_s;
    QTest::newRow("closes") << QByteArray() << none << u"docker_lost"_s;
}

void tst_dockerfake::negotiation()
{
    QFETCH(QByteArray, ping);
    QFETCH(QByteArray, version);
    QFETCH(QString, expected);
    FakeDocker fake;
    fake.handler = [&](const FakeRequest &request, FakePeer &) -> std::optional<FakeReply> {
        if (request.is("GET /_ping"))
            return FakeReply::raw(ping, ping.isEmpty() ? After::Close : After::Keep);
        if (request.is("GET /version"))
            return FakeReply::raw(version, After::Keep);
        return FakeReply::answer(200, "{}");
    };
    Client client(fake.endpoint());
    const auto spoken = await<Version>([&](auto done) { client.ping(done); });
    QVERIFY2((spoken ? spoken->api : spoken.error().code) == expected, describe(spoken));
    if (!spoken)
        return;
    QCOMPARE(spoken->os, u"linux"_s);
    QVERIFY(inspect(client));
    QCOMPARE(QString::fromLatin1(fake.requests.last().version), expected);
}

void tst_dockerfake::negotiatesOnce()
{
    FakeDocker fake;
    fake.handler = [](const FakeRequest &request, FakePeer &) -> std::optional<FakeReply> {
        if (request.is("GET /_ping"))
            return {};
        return FakeReply::answer(200, "{}");
    };
    Client client(fake.endpoint());
    int fine = 0;
    for (int i = 0; i < 10; ++i)
        client.inspectContainer(u"x"_s, {this, [&](const Result<QJsonObject> &facts) { fine += facts.has_value(); }});
    QTRY_COMPARE_WITH_TIMEOUT(fine, 10, 20000);
    QVERIFY(inspect(client));
    QCOMPARE(fake.count("GET /_ping"), 1);
    QVERIFY(fake.requests.first().version.isEmpty());
    QCOMPARE(fake.requests.last().version, "1.41");
}

void tst_dockerfake::negotiatesAgain()
{
    FakeDocker fake;
    bool ill = true;
    fake.handler = [&](const FakeRequest &request, FakePeer &) -> std::optional<FakeReply> {
        if (request.is("GET /_ping"))
            return ill ? FakeReply::answer(500, R"({"message":"starting"})") : FakeReply::ping();
        return FakeReply::answer(200, "{}");
    };
    Client client(fake.endpoint());
    QList<Error> errors;
    for (int i = 0; i < 3; ++i)
        client.inspectContainer(
            u"x"_s, {this, [&](const Result<QJsonObject> &facts) { errors << (facts ? Error{} : facts.error()); }});
    QTRY_COMPARE_WITH_TIMEOUT(errors.size(), 3, 20000);
    for (const Error &error : std::as_const(errors)) {
        QCOMPARE(error.code, errors::DockerError);
        QCOMPARE(error.detail, u"starting"_s);
    }
    QCOMPARE(fake.count("GET /_ping"), 1);
    ill = false;
    QVERIFY(inspect(client));
    QCOMPARE(fake.count("GET /_ping"), 2);
}

void tst_dockerfake::answers_data()
{
    QTest::addColumn<FakeReply>("reply");
    QTest::addColumn<QString>("code");
    QTest::addColumn<QString>("detail"); // a part of it
    const auto row = [](const char *name, const FakeReply &reply, const char16_t *code, const char16_t *detail = u"") {
        QTest::newRow(name) << reply << QString::fromUtf16(code) << QString::fromUtf16(detail);
    };
    row("at once", FakeReply::raw(StartedAnswer, After::Keep), u"");
    row("chunked", FakeReply::raw(ChunkedAnswer, After::Keep), u"");
    row("then closed", FakeReply::raw(StartedAnswer, After::Close), u"");
    row("byte by byte", FakeReply::byteByByte(StartedAnswer), u"");
    row("chunked, byte by byte", FakeReply::byteByByte(ChunkedAnswer), u"");
    row("until close", FakeReply::raw("HTTP/1.1 200 OK\r\n\r\n{\"Id\":\"abcd\"}"), u"");
    row("100 first", FakeReply::raw("HTTP/1.1 100 Continue\r\n\r\n" + StartedAnswer), u"");
    FakeReply late = FakeReply::raw(StartedAnswer, After::Keep);
    late.delay = 60ms;
    row("late", late, u"");
    row("bytes behind", FakeReply::raw(StartedAnswer + "HTTP/1.1 500 X\r\n\r\n", After::Keep), u"");
    row("500", FakeReply::answer(500, R"({"message":"no space left on device"})"), u"docker_error",
        u"no space left on device");
    row("500 without JSON", FakeReply::answer(500, "<b>oops</b>"), u"docker_error", u"<b>oops</b>");
    row("500 without body", FakeReply::answer(500, ""), u"docker_error", u"HTTP status 500");
    row("409", FakeReply::answer(409, R"({"message":"name in use"})"), u"docker_error", u"name in use");
    row("301", FakeReply::answer(301, "", "Location: /elsewhere\r\n"), u"docker_error");
    row("404, no image", FakeReply::answer(404, R"({"message":"No such image: isol8:python"})"), u"image_missing",
        u"No such image");
    row("404, no volume", FakeReply::answer(404, R"({"message":"no such volume"})"), u"not_found", u"no such volume");
    row("message of the wrong type", FakeReply::answer(500, R"({"message":[1]})"), u"docker_error", u"[1]");
    row("no JSON", FakeReply::answer(200, "hello"), u"docker_protocol");
    row("JSON cut", FakeReply::answer(200, R"({"Id":"abc)"), u"docker_protocol");
    row("a list", FakeReply::answer(200, "[]"), u"docker_protocol");
    row("no id", FakeReply::answer(200, R"({"Warnings":[]})"), u"docker_protocol");
    row("id of the wrong type", FakeReply::answer(200, R"({"Id":5})"), u"docker_protocol");
    row("no HTTP", FakeReply::raw("hello\r\n"), u"docker_protocol", u"does not begin like HTTP");
    row("huge head", FakeReply::raw("HTTP/1.1 200 OK\r\nA: " + QByteArray(200'000, 'x')), u"docker_protocol",
        u"head is too large");
    row("many fields", FakeReply::raw("HTTP/1.1 200 OK\r\n" + QByteArray("A: b\r\n").repeated(200)), u"docker_protocol",
        u"too many");
    row("negative length", FakeReply::raw("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello"), u"docker_protocol",
        u"Content-Length");
    row("two framings", FakeReply::raw("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
        u"docker_protocol");
    row("17 MiB announced", FakeReply::raw("HTTP/1.1 200 OK\r\nContent-Length: 17825792\r\n\r\n"), u"docker_protocol",
        u"too large");
    row("17 MiB without announcement", FakeReply::raw("HTTP/1.1 200 OK\r\n\r\n" + QByteArray(17 * 1024 * 1024, ' ')),
        u"docker_protocol", u"too large");
    row("switches protocols", FakeReply::raw("HTTP/1.1 101 X\r\n\r\n"), u"docker_protocol");
    row("closes at once", FakeReply::raw({}), u"docker_lost");
}

void tst_dockerfake::answers()
{
    QFETCH(FakeReply, reply);
    QFETCH(QString, code);
    QFETCH(QString, detail);
    for (const Endpoint::Kind kind : {Endpoint::Kind::Unix, Endpoint::Kind::Tcp}) {
        FakeDocker fake(kind);
        fake.handler = [&](const FakeRequest &request, FakePeer &) {
            return request.is("POST")         ? std::optional(reply)
                   : request.is("GET /_ping") ? std::nullopt
                                              : std::optional(FakeReply::answer(200, "{}"));
        };
        Client client(fake.endpoint());
        const auto id = create(client);
        QVERIFY2((id ? QString() : id.error().code) == code, describe(id));
        if (id)
            QCOMPARE(*id, u"abcd"_s);
        else
            QVERIFY2(id.error().detail.contains(detail), describe(id));
        QCOMPARE(fake.count("POST"), 1);
        // What went wrong stays with its request.
        QVERIFY(inspect(client));
    }
}

void tst_dockerfake::cutEverywhere_data()
{
    QTest::addColumn<QByteArray>("answer");
    QTest::newRow("length") << StartedAnswer;
    QTest::newRow("chunked") << ChunkedAnswer;
}

void tst_dockerfake::cutEverywhere()
{
    QFETCH(QByteArray, answer);
    FakeDocker fake;
    qsizetype cut = 0;
    fake.handler = [&](const FakeRequest &request, FakePeer &) {
        return request.is("POST") ? std::optional(FakeReply::raw(answer.first(cut))) : std::nullopt;
    };
    Client client(fake.endpoint());
    for (; cut <= answer.size(); ++cut) {
        const auto id = create(client);
        const QString expected = cut < answer.size() ? errors::DockerLost.toString() : QString();
        QVERIFY2((id ? QString() : id.error().code) == expected,
                 QByteArray("cut at " + QByteArray::number(cut) + ": " + static_cast<const char *>(describe(id)))
                     .constData());
    }
    // None was sent twice: it may have been obeyed.
    QCOMPARE(fake.count("POST"), answer.size() + 1);
}

void tst_dockerfake::unreachable_data()
{
    QTest::addColumn<QString>("what");
    QTest::newRow("no socket") << u"absent"_s;
    QTest::newRow("socket without daemon") << u"stale"_s;
    QTest::newRow("a plain file") << u"file"_s;
    QTest::newRow("path too long") << u"long"_s;
    QTest::newRow("TCP refused") << u"tcp"_s;
    QTest::newRow("no such host") << u"host"_s;
}

void tst_dockerfake::unreachable()
{
    QFETCH(QString, what);
    QTemporaryDir folder;
    Endpoint endpoint;
    endpoint.path = folder.filePath(u"docker.sock"_s);
    if (what == u"stale") {
        // The name of a server whose process was killed.
        QLocalServer server;
        QVERIFY(server.listen(endpoint.path));
        QVERIFY(QFile::rename(endpoint.path, folder.filePath(u"stale.sock"_s)));
        endpoint.path = folder.filePath(u"stale.sock"_s);
        server.close();
        QVERIFY(QFile::exists(endpoint.path));
    } else if (what == u"file") {
        QFile file(endpoint.path);
        QVERIFY(file.open(QIODevice::WriteOnly));
    } else if (what == u"long") {
        endpoint.path += QString(200, u'x');
    } else if (what == u"tcp") {
        QTcpServer server;
        QVERIFY(server.listen(QHostAddress::LocalHost));
        endpoint = {Endpoint::Kind::Tcp, {}, u"127.0.0.1"_s, server.serverPort(), {}, true, {}};
    } else if (what == u"host") {
        endpoint = {Endpoint::Kind::Tcp, {}, u"no-such-host.invalid"_s, 2375, {}, true, {}};
    }
    Client client(endpoint);
    for (int i = 0; i < 2; ++i) {
        const auto facts = inspect(client);
        QVERIFY2(!facts && facts.error().code == errors::DockerUnreachable, describe(facts));
        QVERIFY2(facts.error().message.contains(endpoint.toString()), describe(facts));
        QVERIFY2(facts.error().message.contains(u"DOCKER_HOST"), describe(facts));
    }
    std::unique_ptr<AttachStream> stream(client.attach(u"x"_s, nullptr));
    QSignalSpy closed(stream.get(), &AttachStream::closed);
    QTRY_COMPARE_WITH_TIMEOUT(closed.size(), 1, 20000);
    QCOMPARE(closed.first().first().value<Error>().code, errors::DockerUnreachable);
    std::unique_ptr<Job> job(client.pullImage(u"x"_s, nullptr));
    QSignalSpy finished(job.get(), &Job::finished);
    QTRY_COMPARE_WITH_TIMEOUT(finished.size(), 1, 20000);
    QCOMPARE(finished.first().first().value<Error>().code, errors::DockerUnreachable);
}

void tst_dockerfake::permission()
{
    FakeDocker fake;
    const QByteArray path = QFile::encodeName(fake.endpoint().path);
    QCOMPARE(::chmod(path.constData(), 0), 0);
    Client client(fake.endpoint());
    // Root may open anything, unless its file system identity is another's.
    const bool root = ::geteuid() == 0;
    if (root)
        ::setfsuid(65534);
    const auto facts = inspect(client);
    if (root)
        ::setfsuid(0);
    QVERIFY2(!facts && facts.error().code == errors::DockerPermission, describe(facts));
    QVERIFY(facts.error().message.contains(u"sudo usermod -aG docker $USER"));
    QCOMPARE(::chmod(path.constData(), 0600), 0);
    fake.handler = [](const FakeRequest &request, FakePeer &) {
        return request.is("GET /_ping") ? std::nullopt : std::optional(FakeReply::answer(200, "{}"));
    };
    QVERIFY(inspect(client));
}

void tst_dockerfake::timeouts()
{
    FakeDocker fake;
    FakeReply reply;
    fake.handler = [&](const FakeRequest &request, FakePeer &) {
        return request.is("GET /_ping") ? std::nullopt : std::optional(reply);
    };
    Client client(fake.endpoint());
    QVERIFY(await<Version>([&](auto done) { client.ping(done); }));
    client.setTimeout(80ms);
    reply = FakeReply::hang();
    const auto silent = inspect(client);
    QVERIFY2(!silent && silent.error().code == errors::Timeout, describe(silent));
    QVERIFY(silent.error().message.contains(u"80 ms"));
    reply = FakeReply::raw(StartedAnswer.first(60), After::Hang);
    const auto half = create(client);
    QVERIFY2(!half && half.error().code == errors::Timeout, describe(half));
    // Its connections are gone, not kept for the next.
    QTRY_COMPARE_WITH_TIMEOUT(fake.openConnections(), 0, 20000);
    // Slow is not silent: ten pieces, 20 ms apart, take longer than the timeout.
    reply = FakeReply{{}, After::Hang};
    fake.handler = [&](const FakeRequest &request, FakePeer &peer) -> std::optional<FakeReply> {
        if (request.is("GET /_ping"))
            return {};
        for (int i = 0; i < 10; ++i) {
            const qsizetype from = StartedAnswer.size() * i / 10;
            const QByteArray part = StartedAnswer.sliced(from, StartedAnswer.size() * (i + 1) / 10 - from);
            QTimer::singleShot(20ms * (i + 1), &peer, [&peer, part, last = i == 9] {
                peer.reply(FakeReply::raw(part, last ? After::Keep : After::Hang));
            });
        }
        return {};
    };
    client.setTimeout(150ms);
    const auto slow = create(client);
    QVERIFY2(slow, describe(slow));
    // wait() may last.
    fake.handler = [&](const FakeRequest &request, FakePeer &) -> std::optional<FakeReply> {
        if (request.is("GET /_ping"))
            return {};
        FakeReply late = FakeReply::answer(200, R"({"StatusCode":3})");
        late.delay = 200ms;
        return late;
    };
    client.setTimeout(50ms);
    const auto code = await<int>([&](auto done) { client.waitContainer(u"x"_s, done); });
    QVERIFY2(code, describe(code));
    QCOMPARE(*code, 3);
}

void tst_dockerfake::closedMeanwhile_data()
{
    QTest::addColumn<bool>("repeatable");
    QTest::newRow("GET is sent again") << true;
    QTest::newRow("POST is not") << false;
}

void tst_dockerfake::closedMeanwhile()
{
    QFETCH(bool, repeatable);
    FakeDocker fake;
    int asked = 0;
    fake.handler = [&](const FakeRequest &request, FakePeer &) -> std::optional<FakeReply> {
        if (request.is("GET /_ping"))
            return {};
        // The kept connection dies with the request in it.
        return asked++ == 0 ? FakeReply::raw({}) : FakeReply::raw(StartedAnswer, After::Keep);
    };
    Client client(fake.endpoint());
    QVERIFY(await<Version>([&](auto done) { client.ping(done); }));
    if (repeatable) {
        const auto facts = inspect(client);
        QVERIFY2(facts, describe(facts));
        QCOMPARE(asked, 2);
        QVERIFY(fake.requests.at(1).connection != fake.requests.at(2).connection);
    } else {
        const auto id = create(client);
        QVERIFY2(!id && id.error().code == errors::DockerLost, describe(id));
        QCOMPARE(asked, 1);
    }
    // Twice is not tried again: it is the answer.
    asked = 0;
    fake.handler = [&](const FakeRequest &request, FakePeer &) -> std::optional<FakeReply> {
        if (request.is("GET /_ping"))
            return {};
        ++asked;
        return FakeReply::raw({});
    };
    QVERIFY(await<Version>([&](auto done) { client.ping(done); }));
    const auto lost = inspect(client);
    QVERIFY2(!lost && lost.error().code == errors::DockerLost, describe(lost));
    QCOMPARE(asked, 2);
}

void tst_dockerfake::closedAfterEach()
{
    FakeDocker fake;
    fake.handler = [&](const FakeRequest &request, FakePeer &) {
        FakeReply reply = request.is("GET /_ping") ? FakeReply::ping() : FakeReply::raw(StartedAnswer);
        reply.after = After::Close;
        return std::optional(reply);
    };
    Client client(fake.endpoint());
    for (int i = 0; i < 30; ++i) {
        const auto id = create(client);
        QVERIFY2(id, describe(id));
    }
    QCOMPARE(fake.count("POST"), 30);
}

void tst_dockerfake::manyConnections()
{
    FakeDocker fake;
    QList<FakePeer *> held;
    QStringList order;
    fake.handler = [&](const FakeRequest &request, FakePeer &peer) -> std::optional<FakeReply> {
        if (request.is("GET /_ping"))
            return {};
        order << QString::fromLatin1(request.path.split('/').value(2));
        held << &peer;
        return {};
    };
    Client client(fake.endpoint());
    int done = 0;
    QStringList expected;
    for (int i = 0; i < 200; ++i) {
        expected << u"c%1"_s.arg(i);
        client.inspectContainer(expected.last(),
                                {this, [&](const Result<QJsonObject> &facts) { done += facts.has_value(); }});
    }
    QTRY_COMPARE_WITH_TIMEOUT(held.size(), 32, 20000);
    QTest::qWait(20);
    QCOMPARE(held.size(), 32);
    QVERIFY(fake.openConnections() <= 32);
    while (done < 200) {
        const auto now = std::exchange(held, {});
        for (FakePeer *peer : now)
            peer->reply(FakeReply::answer(200, "{}"));
        const int before = done;
        QTRY_COMPARE_WITH_TIMEOUT(done, before + now.size(), 20000);
        QTRY_COMPARE_WITH_TIMEOUT(held.size(), qMin(32, 200 - done), 20000);
        QVERIFY(fake.openConnections() <= 32);
    }
    // Side by side they may overtake each other, but not by more than there are connections.
    for (int i = 0; i < 200; ++i)
        QVERIFY(qAbs(order.indexOf(expected[i]) - i) < 32);
    QTRY_VERIFY_WITH_TIMEOUT(fake.openConnections() <= 8, 20000);
}

void tst_dockerfake::manyAttachedLeaveRoom()
{
    FakeDocker fake;
    fake.handler = [](const FakeRequest &request, FakePeer &) -> std::optional<FakeReply> {
        if (request.is("GET /_ping"))
            return {};
        return request.path.contains("/attach") ? FakeReply::attached() : FakeReply::answer(200, "{}");
    };
    Client client(fake.endpoint());
    QObject parent;
    int opened = 0;
    for (int i = 0; i < 100; ++i) {
        connect(client.attach(u"x"_s, &parent), &AttachStream::opened, this, [&] { ++opened; });
        client.waitContainer(u"x"_s, {});
    }
    QTRY_COMPARE_WITH_TIMEOUT(opened, 100, 20000);
    QVERIFY(inspect(client));
}

void tst_dockerfake::deletion_data()
{
    QTest::addColumn<QString>("when");
    for (const char *when : {"at once", "negotiating", "connected", "head", "body", "callback", "waiting"})
        QTest::newRow(when) << QString::fromLatin1(when);
}

void tst_dockerfake::deletion()
{
    QFETCH(QString, when);
    FakeDocker fake;
    std::unique_ptr<Client> client;
    int called = 0;
    fake.handler = [&](const FakeRequest &request, FakePeer &peer) -> std::optional<FakeReply> {
        const bool ping = request.is("GET /_ping");
        if (when == (ping ? u"negotiating" : u"connected"))
            client.reset();
        if (!ping && when == u"head")
            return FakeReply::raw(StartedAnswer.first(20), After::Hang);
        if (!ping && when == u"body")
            return FakeReply::raw(StartedAnswer.first(StartedAnswer.size() - 3), After::Hang);
        if (!ping && when == u"waiting")
            return FakeReply::hang();
        Q_UNUSED(peer)
        return ping ? FakeReply::ping() : FakeReply::raw(StartedAnswer, After::Keep);
    };
    client = std::make_unique<Client>(fake.endpoint());
    const int requests = when == u"waiting" ? 100 : 3;
    for (int i = 0; i < requests; ++i) {
        client->createContainer({}, {}, {this, [&](const Result<QString> &) {
                                             ++called;
                                             if (when == u"callback")
                                                 client.reset();
                                         }});
    }
    if (when == u"at once") {
        client.reset();
    } else if (when == u"head" || when == u"body" || when == u"waiting") {
        QTRY_VERIFY_WITH_TIMEOUT(fake.count("POST") > 0, 20000);
        QTest::qWait(10);
        client.reset();
    }
    QTRY_VERIFY_WITH_TIMEOUT(!client, 20000);
    QTRY_COMPARE_WITH_TIMEOUT(fake.openConnections(), 0, 20000);
    QCOMPARE(called, when == u"callback" ? 1 : 0);

    // A context that is gone is not called, and nothing else suffers.
    Client second(fake.endpoint());
    auto *context = new QObject;
    second.ping({context, [&](const Result<Version> &) { ++called; }});
    delete context;
    called = 0;
    QVERIFY(await<Version>([&](auto done) { second.ping(done); }));
    QCOMPARE(called, 0);
}

void tst_dockerfake::requests()
{
    FakeDocker fake;
    fake.handler = [](const FakeRequest &request, FakePeer &) {
        return request.is("GET /_ping") ? std::nullopt
               : request.is("GET /images/json") || request.is("GET /containers/json")
                   ? std::optional(FakeReply::answer(
                         200,
                         R"([{"Id":"i","RepoTags":["<none>:<none>"],"Labels":null,"Created":5,"Size":4294967296}, 7])"))
               : request.method == "DELETE"
                   ? std::optional(
                         FakeReply::answer(409, R"({"message":"removal of container x is already in progress"})"))
                   : std::optional(FakeReply::answer(200, R"({"Id":"x","StatusCode":0})"));
    };
    Client client(fake.endpoint());
    const auto path = [&]() -> QByteArray { return fake.requests.last().method + ' ' + fake.requests.last().path; };
    QVERIFY(await<void>([&](auto done) { client.startContainer(u"a/b c?d"_s, done); }));
    QCOMPARE(path(), "POST /containers/a%2Fb%20c%3Fd/start");
    QCOMPARE(fake.requests.last().headers.value("content-length"), "0");
    QCOMPARE(fake.requests.last().headers.value("host"), "docker");
    QVERIFY(await<void>([&](auto done) { client.removeContainer(u"x"_s, done); }));
    QCOMPARE(path(), "DELETE /containers/x?force=1&v=1");
    QVERIFY(!await<void>([&](auto done) { client.removeImage(u"reg.example:5000/a/b:1"_s, true, done); }));
    QCOMPARE(path(), "DELETE /images/reg.example:5000/a/b:1?force=1");
    const auto images = await<QList<ImageSummary>>([&](auto done) {
        client.listImages({{u"a"_s, u"b&c"_s}, {u"d"_s, {}}}, done);
    });
    QVERIFY2(images, describe(images));
    QCOMPARE(QByteArray::fromPercentEncoding(path()), R"(GET /images/json?filters={"label":["a=b&c","d"]})");
    QCOMPARE(images->size(), 2);
    QCOMPARE(images->first().tags, QStringList());
    QCOMPARE(images->first().size, 4294967296);
    QVERIFY(await<QList<ContainerSummary>>([&](auto done) { client.listContainers({}, done); }));
    QCOMPARE(QByteArray::fromPercentEncoding(path()), "GET /containers/json?all=1&filters={}");
    QVERIFY(await<QString>([&](auto done) { client.createContainer({{u"Image"_s, u"i"_s}}, u"name"_s, done); }));
    QCOMPARE(path(), "POST /containers/create?name=name");
    QCOMPARE(fake.requests.last().body, R"({"Image":"i"})");
    QCOMPARE(fake.requests.last().headers.value("content-type"), "application/json");
}

QTEST_GUILESS_MAIN(tst_dockerfake)
#include "tst_dockerfake.moc"
