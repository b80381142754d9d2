// SPDX-License-Identifier: GPL-3.0-or-later
// test: fake; docker http
// Attached streams and jobs against a scripted daemon.
#include "support/Await.h"
#include "support/FakeDocker.h"

#include <isol8/docker/AttachStream.h>
#include <isol8/docker/Client.h>

#include <QBuffer>
#include <QProcess>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTest>
#include <QtEndian>

using namespace isol8;
using namespace isol8::docker;
using namespace isol8::test;
using namespace Qt::StringLiterals;

namespace {

using After = FakeReply::After;

QByteArray frame(char stream, const QByteArray &data, qint64 length = -1)
{
    QByteArray header(8, '\0');
    header[0] = stream;
    qToBigEndian(static_cast<quint32>(length < 0 ? data.size() : length), header.data() + 4);
    return header + data;
}

//! An attached stream and all that it said.
struct Attached
{
    Attached(Client &client, QObject *parent = nullptr)
        : stream(client.attach(u"x"_s, parent))
    {
        QObject::connect(stream, &AttachStream::opened, stream, [this] { log << u"opened"_s; });
        QObject::connect(stream, &AttachStream::standardOutput, stream,
                         [this](QByteArrayView data) { add(u"out"_s, out, data); });
        QObject::connect(stream, &AttachStream::standardError, stream,
                         [this](QByteArrayView data) { add(u"err"_s, err, data); });
        QObject::connect(stream, &AttachStream::closed, stream, [this](const Error &error) {
            end = error;
            log << (error.code.isEmpty() ? u"closed"_s : u"closed:"_s + error.code);
        });
        calledInside = !log.isEmpty();
    }
    ~Attached() { delete stream; }

    void add(const QString &name, QByteArray &all, QByteArrayView data)
    {
        all += data;
        largest = qMax(largest, data.size());
        if (log.last() != name)
            log << name;
    }
    [[nodiscard]] bool isClosed() const { return !log.isEmpty() && log.last().startsWith(u"closed"); }

    AttachStream *stream;
    QStringList log;
    QByteArray out, err;
    Error end;
    qsizetype largest = 0;
    bool calledInside = false;
};

struct Finished
{
    explicit Finished(Job *theJob)
        : job(theJob)
    {
        QObject::connect(job, &Job::message, job, [this](const QJsonObject &message) { messages << message; });
        QObject::connect(job, &Job::finished, job, [this](const Error &error) { end << error; });
    }
    ~Finished() { delete job; }
    [[nodiscard]] QString code() const { return end.isEmpty() ? u"unfinished"_s : end.first().code; }

    Job *job;
    QList<QJsonObject> messages;
    QList<Error> end;
};

//! Answers the ping by itself, everything else by \a reply.
FakePeer::Handler always(const FakeReply &reply)
{
    return [reply](const FakeRequest &request, FakePeer &) {
        return request.is("GET /_ping") ? std::nullopt : std::optional(reply);
    };
}

const QByteArray JobHead = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";

QByteArray chunk(const QByteArray &data)
{
    return QByteArray::number(data.size(), 16) + "\r\n" + data + "\r\n";
}

} // namespace

class tst_dockerstreams : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QTest::failOnWarning(QRegularExpression(u"."_s)); }
    void attach_data();
    void attach();
    void attachRequest();
    void attachWrites();
    void attachPaused();
    void attachEndsWhilePaused();
    void attachDeletion_data();
    void attachDeletion();
    void attachOutlivesClient();
    void jobs_data();
    void jobs();
    void jobDeletion_data();
    void jobDeletion();
    void upload_data();
    void upload();
    void uploadRefusedEarly();
    void uploadSourceFails_data();
    void uploadSourceFails();
    void uploadBackPressure();
    void uploadWaitsForSource();
    void uploadSilence();
    void eventsEnd();
};

void tst_dockerstreams::attach_data()
{
    QTest::addColumn<FakeReply>("reply");
    QTest::addColumn<QStringList>("log");
    QTest::addColumn<QByteArray>("out");
    QTest::addColumn<QByteArray>("err");
    const auto row = [](const char *name, const FakeReply &reply, const QStringList &log, const QByteArray &out = {},
                        const QByteArray &err = {}) { QTest::newRow(name) << reply << log << out << err; };
    const QByteArray all = frame(1, "hello ") + frame(2, "oh") + frame(1, "world");
    const QStringList allLog{u"opened"_s, u"out"_s, u"err"_s, u"out"_s, u"closed"_s};
    const QByteArray head101 = FakeReply::attached().pieces.first();
    const QByteArray head200 = "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n";
    row("101, all in one piece", FakeReply::attached(all, After::Close), allLog, "hello world", "oh");
    row("200, all in one piece", FakeReply::raw(head200 + all), allLog, "hello world", "oh");
    row("101, byte by byte", FakeReply::byteByByte(head101 + all, After::Close), allLog, "hello world", "oh");
    row("200, byte by byte", FakeReply::byteByByte(head200 + all, After::Close), allLog, "hello world", "oh");
    row("nothing", FakeReply::attached({}, After::Close), {u"opened"_s, u"closed"_s});
    row("empty frames", FakeReply::attached(frame(1, "") + frame(2, ""), After::Close), {u"opened"_s, u"closed"_s});
    row("cut in a frame's header", FakeReply::attached(frame(1, "a") + QByteArray(3, '\1'), After::Close),
        {u"opened"_s, u"out"_s, u"closed:docker_lost"_s}, "a");
    row("cut in a frame's data", FakeReply::attached(frame(1, "abc", 10), After::Close),
        {u"opened"_s, u"out"_s, u"closed:docker_lost"_s}, "abc");
    row("garbage", FakeReply::attached(frame(1, "a") + "garbage in the stream", After::Stream),
        {u"opened"_s, u"out"_s, u"closed:docker_protocol"_s}, "a");
    row("frame of 4 GiB", FakeReply::attached(frame(1, "abc", 0xffffffff), After::Stream),
        {u"opened"_s, u"closed:docker_protocol"_s});
    row("cut in the head", FakeReply::raw(head101.first(40)), {u"closed:docker_lost"_s});
    row("closed at once", FakeReply::raw({}), {u"closed:docker_lost"_s});
    row("no HTTP", FakeReply::raw("hello\r\n"), {u"closed:docker_protocol"_s});
    row("404", FakeReply::answer(404, R"({"message":"No such container: x"})"), {u"closed:not_found"_s});
    row("500", FakeReply::answer(500, R"({"message":"oops"})"), {u"closed:docker_error"_s});
    row("200 that is no stream", FakeReply::answer(200, "{}"), {u"closed:docker_protocol"_s});
}

void tst_dockerstreams::attach()
{
    QFETCH(FakeReply, reply);
    QFETCH(QStringList, log);
    QFETCH(QByteArray, out);
    QFETCH(QByteArray, err);
    for (const Endpoint::Kind kind : {Endpoint::Kind::Unix, Endpoint::Kind::Tcp}) {
        FakeDocker fake(kind);
        fake.handler = always(reply);
        Client client(fake.endpoint());
        Attached attached(client);
        QVERIFY(!attached.calledInside);
        QTRY_VERIFY_WITH_TIMEOUT(attached.isClosed(), 20000);
        QCOMPARE(attached.log, log);
        QCOMPARE(attached.out, out);
        QCOMPARE(attached.err, err);
        QTRY_COMPARE_WITH_TIMEOUT(fake.openConnections(), log.first() == u"opened" ? 1 : fake.openConnections(), 20000);
    }
}

void tst_dockerstreams::attachRequest()
{
    FakeDocker fake;
    fake.handler = always(FakeReply::attached());
    Client client(fake.endpoint());
    Attached attached(client);
    QTRY_COMPARE_WITH_TIMEOUT(attached.log.size(), 1, 20000);
    const FakeRequest &request = fake.requests.last();
    QCOMPARE(QByteArray(request.method + ' ' + request.path),
             QByteArray("POST /containers/x/attach?stream=1&stdin=1&stdout=1&stderr=1"));
    QCOMPARE(request.headers.value("connection"), "Upgrade");
    QCOMPARE(request.headers.value("upgrade"), "tcp");
}

void tst_dockerstreams::attachWrites()
{
    FakeDocker fake;
    fake.handler = always(FakeReply::attached());
    Client client(fake.endpoint());
    Attached attached(client);
    QSignalSpy written(attached.stream, &AttachStream::written);
    attached.stream->write("before ");
    attached.stream->write("opened ");
    QCOMPARE(attached.stream->bytesToWrite(), 14);
    QTRY_COMPARE_WITH_TIMEOUT(attached.log, QStringList{u"opened"_s}, 20000);
    attached.stream->write("after");
    QTRY_COMPARE_WITH_TIMEOUT(fake.lastPeer()->streamed, "before opened after", 20000);
    QTRY_COMPARE_WITH_TIMEOUT(attached.stream->bytesToWrite(), 0, 20000);
    QVERIFY(!written.isEmpty());
    // A large write shows in bytesToWrite() and drains.
    fake.lastPeer()->streamed.clear();
    const QByteArray large(8 * 1024 * 1024, 'x');
    attached.stream->write(large);
    QVERIFY(attached.stream->bytesToWrite() >= 7 * 1024 * 1024);
    QTRY_COMPARE_WITH_TIMEOUT(attached.stream->bytesToWrite(), 0, 20000);
    QTRY_COMPARE_WITH_TIMEOUT(fake.lastPeer()->streamed.size(), large.size(), 20000);
    attached.stream->abort();
    attached.stream->write("ignored");
    QCOMPARE(attached.stream->bytesToWrite(), 0);
    QTRY_VERIFY_WITH_TIMEOUT(fake.lastPeer()->isClosed, 20000);
    QCOMPARE(attached.log, QStringList{u"opened"_s});
}

void tst_dockerstreams::attachPaused()
{
    for (const Endpoint::Kind kind : {Endpoint::Kind::Unix, Endpoint::Kind::Tcp}) {
        FakeDocker fake(kind);
        fake.handler = always(FakeReply::attached());
        Client client(fake.endpoint());
        Attached attached(client);
        attached.stream->setPaused(true); // before it is open, too
        QTRY_COMPARE_WITH_TIMEOUT(attached.log, QStringList{u"opened"_s}, 20000);
        FakePeer *peer = fake.lastPeer();
        constexpr int Frames = 800;
        QByteArray output;
        for (int i = 0; i < Frames; ++i)
            output += frame(1, QByteArray(32 * 1024, static_cast<char>('a' + i % 26)));
        peer->write(output);
        QTest::qWait(50);
        QCOMPARE(attached.out.size(), 0);
        // The rest waits at its source: what left it is in kernels and one read buffer.
        QVERIFY2(peer->bytesToWrite() > output.size() / 2, QByteArray::number(peer->bytesToWrite()).constData());
        attached.stream->setPaused(false);
        QTRY_VERIFY_WITH_TIMEOUT(attached.out.size() > 1024 * 1024, 20000);
        attached.stream->setPaused(true);
        const qsizetype before = attached.out.size();
        QTest::qWait(30);
        QCOMPARE(attached.out.size(), before);
        QVERIFY(before < output.size());
        peer->close();
        attached.stream->setPaused(false);
        QTRY_VERIFY_WITH_TIMEOUT(attached.isClosed(), 20000);
        QCOMPARE(attached.end.code, QString());
        QCOMPARE(attached.out.size(), Frames * 32 * 1024);
        QVERIFY(attached.largest <= 64 * 1024);
    }
}

void tst_dockerstreams::attachEndsWhilePaused()
{
    // The container ends while its last output waits, and a write of ours is what finds that out. (With TCP the
    // daemon's kernel throws away what it has not sent yet; nobody can help that.)
    FakeDocker fake;
    fake.handler = always(FakeReply::attached());
    Client client(fake.endpoint());
    Attached attached(client);
    QTRY_COMPARE_WITH_TIMEOUT(attached.log, QStringList{u"opened"_s}, 20000);
    attached.stream->setPaused(true);
    fake.lastPeer()->write(frame(1, QByteArray(400 * 1024, 'x')));
    fake.lastPeer()->close();
    QTRY_COMPARE_WITH_TIMEOUT(fake.lastPeer()->bytesToWrite(), 0, 20000);
    for (int i = 0; i < 5; ++i) {
        attached.stream->write("ping");
        QTest::qWait(5);
    }
    QCOMPARE(attached.log, QStringList{u"opened"_s});
    attached.stream->setPaused(false);
    QTRY_VERIFY_WITH_TIMEOUT(attached.isClosed(), 20000);
    QCOMPARE(attached.end.code, QString());
    QCOMPARE(attached.out.size(), 400 * 1024);
}

void tst_dockerstreams::attachDeletion_data()
{
    QTest::addColumn<QString>("when");
    QTest::addColumn<QString>("what");
    for (const char *what : {"stream", "parent", "abort", "client"}) {
        for (const char *when : {"at once", "negotiating", "asking", "opened", "output", "error", "written", "closed"})
            QTest::addRow("%s, %s", what, when) << QString::fromLatin1(when) << QString::fromLatin1(what);
    }
}

void tst_dockerstreams::attachDeletion()
{
    QFETCH(QString, when);
    QFETCH(QString, what);
    FakeDocker fake;
    auto client = std::make_unique<Client>(fake.endpoint());
    auto *parent = new QObject;
    bool gone = false;
    QPointer<AttachStream> stream;
    const auto act = [&] {
        if (std::exchange(gone, true))
            return;
        if (what == u"stream")
            delete stream;
        else if (what == u"parent")
            delete std::exchange(parent, nullptr);
        else if (AttachStream *one = stream.data(); what == u"abort" && one)
            one->abort();
        else
            client.reset();
    };
    fake.handler = [&](const FakeRequest &request, FakePeer &) {
        const bool ping = request.is("GET /_ping");
        if (when == (ping ? u"negotiating" : u"asking"))
            act();
        return ping ? std::nullopt
                    : std::optional(FakeReply::attached(frame(1, "a") + frame(2, "b") + frame(1, "c"), After::Close));
    };
    stream = client->attach(u"x"_s, parent);
    stream->write("hello");
    int afterwards = 0;
    const auto note = [&](const char *name) {
        if (gone)
            ++afterwards;
        if (when == QLatin1StringView(name))
            act();
    };
    connect(stream, &AttachStream::opened, this, [=] { note("opened"); });
    connect(stream, &AttachStream::standardOutput, this, [=] { note("output"); });
    connect(stream, &AttachStream::standardError, this, [=] { note("error"); });
    connect(stream, &AttachStream::written, this, [=] { note("written"); });
    connect(stream, &AttachStream::closed, this, [=] { note("closed"); });
    if (when == u"at once")
        act();
    if (when != u"written")
        QTRY_VERIFY_WITH_TIMEOUT(gone, 20000);
    QTRY_COMPARE_WITH_TIMEOUT(fake.openConnections(), what == u"client" ? 0 : fake.openConnections(), 20000);
    // Streams that are open do not need the client.
    if (what != u"client")
        QCOMPARE(afterwards, 0);
    delete parent;
    client.reset();
    QTRY_COMPARE_WITH_TIMEOUT(fake.openConnections(), 0, 20000);
}

void tst_dockerstreams::attachOutlivesClient()
{
    FakeDocker fake;
    fake.handler = always(FakeReply::attached());
    auto client = std::make_unique<Client>(fake.endpoint());
    Attached attached(*client);
    QTRY_COMPARE_WITH_TIMEOUT(attached.log, QStringList{u"opened"_s}, 20000);
    FakePeer *peer = fake.lastPeer();
    client.reset();
    attached.stream->write("in");
    QTRY_COMPARE_WITH_TIMEOUT(peer->streamed, "in", 20000);
    peer->write(frame(1, "out"));
    QTRY_COMPARE_WITH_TIMEOUT(attached.out, "out", 20000);
    peer->close();
    QTRY_VERIFY_WITH_TIMEOUT(attached.isClosed(), 20000);
}

void tst_dockerstreams::jobs_data()
{
    QTest::addColumn<FakeReply>("reply");
    QTest::addColumn<QString>("code");
    QTest::addColumn<QString>("detail"); // a part of it
    QTest::addColumn<int>("messages");
    const auto row = [](const char *name, const FakeReply &reply, const char16_t *code, int messages,
                        const char16_t *detail = u"") {
        QTest::newRow(name) << reply << QString::fromUtf16(code) << QString::fromUtf16(detail) << messages;
    };
    const QByteArray two = R"({"status":"one"})"
                           "\r\n"
                           R"({"status":"two","progressDetail":{"current":1}})"
                           "\r\n";
    const QByteArray whole = JobHead + chunk(two) + "0\r\n\r\n";
    row("two messages", FakeReply::raw(whole, After::Keep), u"", 2);
    row("byte by byte", FakeReply::byteByByte(whole), u"", 2);
    row("no messages", FakeReply::raw(JobHead + "0\r\n\r\n", After::Keep), u"", 0);
    row("with a length", FakeReply::answer(200, two), u"", 2);
    row("until close", FakeReply::raw("HTTP/1.1 200 OK\r\n\r\n" + two), u"", 2);
    row("error in the stream",
        FakeReply::answer(200, two + R"({"errorDetail":{"message":"no space"},"error":"no space"})"), u"docker_error",
        3, u"no space");
    row("error, then more", FakeReply::answer(200, R"({"error":"first"}{"error":"second"}{"status":"x"})"),
        u"docker_error", 3, u"first");
    row("error of the wrong type", FakeReply::answer(200, R"({"error":{}})"), u"docker_error", 1);
    row("404", FakeReply::answer(404, R"({"message":"manifest unknown"})"), u"not_found", 0, u"manifest unknown");
    row("500", FakeReply::answer(500, R"({"message":"oops"})"), u"docker_error", 0, u"oops");
    row("500, endless", FakeReply::raw("HTTP/1.1 500 X\r\n\r\n" + QByteArray(3'000'000, 'x')), u"docker_error", 0,
        u"xxx");
    row("no JSON", FakeReply::answer(200, "hello"), u"docker_protocol", 0);
    row("then no JSON", FakeReply::answer(200, two + "hello"), u"docker_protocol", 2);
    row("last message cut", FakeReply::answer(200, two + R"({"sta)"), u"docker_protocol", 2, u"cut");
    row("cut between messages", FakeReply::raw(JobHead + chunk(two)), u"docker_lost", 2);
    row("cut in a message", FakeReply::raw(JobHead + chunk(two.first(30))), u"docker_lost", 1);
    row("cut in the head", FakeReply::raw(JobHead.first(30)), u"docker_lost", 0);
    row("message of 5 MiB", FakeReply::answer(200, "{\"a\":\"" + QByteArray(5 * 1024 * 1024, 'x') + "\"}"),
        u"docker_protocol", 0, u"too long");
    row("long stream of small messages",
        FakeReply::raw("HTTP/1.1 200 OK\r\n\r\n" + QByteArray("{\"a\":1}\n").repeated(3'000'000)), u"", 3'000'000);
}

void tst_dockerstreams::jobs()
{
    QFETCH(FakeReply, reply);
    QFETCH(QString, code);
    QFETCH(QString, detail);
    QFETCH(int, messages);
    FakeDocker fake;
    fake.handler = always(reply);
    Client client(fake.endpoint());
    std::unique_ptr<Job> job(client.pullImage(u"reg.example:5000/a/b"_s, nullptr));
    int count = 0;
    QList<Error> end;
    connect(job.get(), &Job::message, this, [&] { ++count; });
    connect(job.get(), &Job::finished, this, [&](const Error &error) { end << error; });
    QTRY_COMPARE_WITH_TIMEOUT(end.size(), 1, 60000);
    QVERIFY2(end.first().code == code, describe(end.first()));
    QVERIFY2(end.first().detail.contains(detail), describe(end.first()));
    QCOMPARE(count, messages);
    QCOMPARE(fake.requests.last().path, "/images/create?fromImage=reg.example%3A5000%2Fa%2Fb&tag=latest");
    QTest::qWait(5);
    QCOMPARE(end.size(), 1);
}

void tst_dockerstreams::jobDeletion_data()
{
    QTest::addColumn<QString>("when");
    QTest::addColumn<QString>("what");
    for (const char *what : {"job", "client"}) {
        for (const char *when : {"at once", "negotiating", "asking", "message", "finished"})
            QTest::addRow("%s, %s", what, when) << QString::fromLatin1(when) << QString::fromLatin1(what);
    }
}

void tst_dockerstreams::jobDeletion()
{
    QFETCH(QString, when);
    QFETCH(QString, what);
    FakeDocker fake;
    auto client = std::make_unique<Client>(fake.endpoint());
    QPointer<Job> job;
    bool gone = false;
    int afterwards = 0;
    const auto act = [&] {
        if (std::exchange(gone, true))
            return;
        if (what == u"job")
            delete job;
        else
            client.reset();
    };
    const auto ask = [&](const FakeRequest &request, FakePeer &) -> std::optional<FakeReply> {
        const bool ping = request.is("GET /_ping");
        if (when == (ping ? u"negotiating" : u"asking"))
            act();
        return {};
    };
    fake.early = ask;
    fake.handler = always(FakeReply::answer(200, R"({"a":1}{"b":2}{"c":3})"));
    QByteArray tar(500'000, 'x');
    QBuffer buffer(&tar);
    QVERIFY(buffer.open(QIODevice::ReadOnly));
    job = client->importImage(&buffer, u"a:b"_s, {}, nullptr);
    const auto note = [&](const char *name) {
        if (gone)
            ++afterwards;
        if (when == QLatin1StringView(name))
            act();
    };
    connect(job, &Job::message, this, [=] { note("message"); });
    connect(job, &Job::finished, this, [=] { note("finished"); });
    if (when == u"at once")
        act();
    QTRY_VERIFY_WITH_TIMEOUT(gone, 20000);
    QTest::qWait(20);
    QCOMPARE(afterwards, 0);
    delete job;
    client.reset();
    QTRY_COMPARE_WITH_TIMEOUT(fake.openConnections(), 0, 20000);
}

void tst_dockerstreams::upload_data()
{
    QTest::addColumn<QString>("source");
    QTest::addColumn<int>("size");
    for (const int size : {0, 1, 65536, 65537, 5'000'000}) {
        for (const char *source : {"buffer", "file", "process", "socket"})
            QTest::addRow("%s, %d", source, size) << QString::fromLatin1(source) << size;
    }
}

void tst_dockerstreams::upload()
{
    QFETCH(QString, source);
    QFETCH(int, size);
    FakeDocker fake;
    fake.handler = always(FakeReply::answer(200, R"({"status":"sha256:abc"})"));
    QByteArray content(size, '\0');
    for (int i = 0; i < size; ++i)
        content[i] = static_cast<char>(i * 7 + i / 251);
    QTemporaryDir folder;
    QFile file(folder.filePath(u"tar"_s));
    QVERIFY(file.open(QIODevice::ReadWrite));
    file.write(content);
    file.flush();
    file.seek(0);
    QBuffer buffer(&content);
    QVERIFY(buffer.open(QIODevice::ReadOnly));
    QProcess process;
    QLocalServer server;
    QLocalSocket socket;
    QIODevice *device = &buffer;
    if (source == u"file") {
        device = &file;
    } else if (source == u"process") {
        process.start(u"cat"_s, {file.fileName()});
        device = &process;
    } else if (source == u"socket") {
        QVERIFY(server.listen(folder.filePath(u"source"_s)));
        socket.connectToServer(server.fullServerName());
        QTRY_VERIFY_WITH_TIMEOUT(server.hasPendingConnections(), 20000);
        QLocalSocket *other = server.nextPendingConnection();
        other->write(content);
        other->disconnectFromServer();
        device = &socket;
    }
    Client client(fake.endpoint());
    Finished finished(client.importImage(device, u"reg:5000/a:b"_s, {u"CMD [\"x\"]"_s, u"LABEL a=b"_s}, nullptr));
    QTRY_VERIFY_WITH_TIMEOUT(!finished.end.isEmpty(), 20000);
    QVERIFY2(finished.code().isEmpty(), describe(finished.end.first()));
    QCOMPARE(finished.messages.size(), 1);
    const FakeRequest &request = fake.requests.last();
    QCOMPARE(request.body.size(), content.size());
    QVERIFY(request.body == content);
    QCOMPARE(request.path,
             "/images/create?fromSrc=-&repo=reg%3A5000%2Fa&tag=b&changes=CMD%20%5B%22x%22%5D&changes=LABEL%20a%3Db");
}

void tst_dockerstreams::uploadRefusedEarly()
{
    for (const After after : {After::Close, After::Hang}) {
        FakeDocker fake;
        fake.handler = always(FakeReply::answer(200, "{}"));
        fake.early = [&](const FakeRequest &request, FakePeer &peer) -> std::optional<FakeReply> {
            if (!request.is("POST"))
                return {};
            peer.stopReading();
            FakeReply reply = FakeReply::answer(500, R"({"message":"no space left on device"})");
            reply.after = after;
            return reply;
        };
        QByteArray tar(50'000'000, 'x');
        QBuffer buffer(&tar);
        QVERIFY(buffer.open(QIODevice::ReadOnly));
        Client client(fake.endpoint());
        Finished finished(client.importImage(&buffer, u"a:b"_s, {}, nullptr));
        QTRY_VERIFY_WITH_TIMEOUT(!finished.end.isEmpty(), 20000);
        QVERIFY2(finished.code() == errors::DockerError, describe(finished.end.first()));
        QCOMPARE(finished.end.first().detail, u"no space left on device"_s);
        // The unfinished connection is not used for another request.
        fake.early = {};
        QVERIFY(await<QJsonObject>([&](auto done) { client.info(done); }));
        QVERIFY(fake.requests.last().connection > 1 ||
                fake.requests.first().connection == fake.requests.last().connection);
    }
}

void tst_dockerstreams::uploadSourceFails_data()
{
    QTest::addColumn<QString>("how");
    for (const char *how : {"exit code", "crash", "no such program", "deleted", "closed", "not open"})
        QTest::newRow(how) << QString::fromLatin1(how);
}

void tst_dockerstreams::uploadSourceFails()
{
    QFETCH(QString, how);
    FakeDocker fake;
    fake.handler = always(FakeReply::answer(200, "{}"));
    Client client(fake.endpoint());
    auto process = std::make_unique<QProcess>();
    QByteArray content(10'000'000, 'x');
    auto buffer = std::make_unique<QBuffer>(&content);
    QIODevice *device = process.get();
    if (how == u"exit code")
        process->start(u"sh"_s, {u"-c"_s, u"head -c 100000 /dev/zero; exit 4"_s});
    else if (how == u"crash")
        process->start(u"sh"_s, {u"-c"_s, u"head -c 100000 /dev/zero; kill -9 $$"_s});
    else if (how == u"no such program")
        process->start(u"/no/such/program"_s, {});
    else if (how == u"deleted")
        process->start(u"sleep"_s, {u"60"_s});
    else
        device = buffer.get();
    if (how == u"closed")
        QVERIFY(buffer->open(QIODevice::ReadOnly));
    Finished finished(client.importImage(device, u"a:b"_s, {}, nullptr));
    if (how == u"deleted") {
        QTRY_COMPARE_WITH_TIMEOUT(fake.openConnections(), 2, 20000);
        process->disconnect(this);
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(u"QProcess: Destroyed while process"_s));
        process.reset();
    } else if (how == u"closed") {
        fake.early = [&](const FakeRequest &request, FakePeer &) -> std::optional<FakeReply> {
            if (request.is("POST"))
                buffer->close();
            return {};
        };
    }
    QTRY_VERIFY_WITH_TIMEOUT(!finished.end.isEmpty(), 20000);
    QVERIFY2(finished.code() == errors::FileError, describe(finished.end.first()));
    // The daemon saw no end of the archive.
    QTest::qWait(10);
    QCOMPARE(fake.count("POST"), 0);
}

void tst_dockerstreams::uploadBackPressure()
{
    FakeDocker fake;
    FakePeer *deaf = nullptr;
    fake.early = [&](const FakeRequest &request, FakePeer &peer) -> std::optional<FakeReply> {
        if (request.is("POST")) {
            peer.stopReading();
            deaf = &peer;
        }
        return {};
    };
    QByteArray tar(100'000'000, 'x');
    QBuffer buffer(&tar);
    QVERIFY(buffer.open(QIODevice::ReadOnly));
    Client client(fake.endpoint());
    Finished finished(client.importImage(&buffer, u"a:b"_s, {}, nullptr));
    QTRY_VERIFY_WITH_TIMEOUT(deaf, 20000);
    QTest::qWait(50);
    QVERIFY2(buffer.pos() < 4'000'000, QByteArray::number(buffer.pos()).constData());
    QVERIFY(finished.end.isEmpty());
    deaf->close();
    QTRY_VERIFY_WITH_TIMEOUT(!finished.end.isEmpty(), 20000);
    QCOMPARE(finished.code(), errors::DockerLost);
}

void tst_dockerstreams::uploadWaitsForSource()
{
    // Silence of the source is not the daemon's: 10 times 20 ms pass without a timeout.
    FakeDocker fake;
    fake.handler = always(FakeReply::answer(200, "{}"));
    Client client(fake.endpoint());
    QVERIFY(await<Version>([&](auto done) { client.ping(done); }));
    client.setTimeout(20ms);
    QProcess process;
    process.start(u"sh"_s, {u"-c"_s, u"echo a; sleep 0.5; echo b"_s});
    Finished finished(client.importImage(&process, u"a:b"_s, {}, nullptr));
    QTRY_VERIFY_WITH_TIMEOUT(!finished.end.isEmpty(), 20000);
    QVERIFY2(finished.code().isEmpty(), describe(finished.end.first()));
    QCOMPARE(fake.requests.last().body, "a\nb\n");
}

void tst_dockerstreams::uploadSilence()
{
    FakeDocker fake;
    fake.handler = always(FakeReply::hang());
    Client client(fake.endpoint());
    QVERIFY(await<Version>([&](auto done) { client.ping(done); }));
    client.setTimeout(20ms);
    QByteArray tar("x");
    QBuffer buffer(&tar);
    QVERIFY(buffer.open(QIODevice::ReadOnly));
    Finished imported(client.importImage(&buffer, u"a:b"_s, {}, nullptr));
    QBuffer context(&tar);
    QVERIFY(context.open(QIODevice::ReadOnly));
    Finished built(client.buildImage(&context, u"a:b"_s, {}, true, nullptr));
    QTRY_VERIFY_WITH_TIMEOUT(!imported.end.isEmpty(), 20000);
    QCOMPARE(imported.code(), errors::Timeout);
    // A build may be silent for as long as it likes.
    QTest::qWait(50);
    QVERIFY(built.end.isEmpty());
    QVERIFY(fake.requests.last().path.contains("networkmode=default"));
}

void tst_dockerstreams::eventsEnd()
{
    FakeDocker fake;
    fake.handler = always(FakeReply::raw(JobHead + chunk(R"({"Action":"start"})") + "0\r\n\r\n", After::Keep));
    Client client(fake.endpoint());
    Finished finished(client.events({{u"org.isol8"_s, u"me"_s}}, nullptr));
    QTRY_VERIFY_WITH_TIMEOUT(!finished.end.isEmpty(), 20000);
    QCOMPARE(finished.code(), errors::DockerLost);
    QCOMPARE(finished.messages.size(), 1);
    QCOMPARE(QByteArray::fromPercentEncoding(fake.requests.last().path),
             R"(/events?filters={"label":["org.isol8=me"],"type":["container"]})");
}

QTEST_GUILESS_MAIN(tst_dockerstreams)
#include "tst_dockerstreams.moc"
