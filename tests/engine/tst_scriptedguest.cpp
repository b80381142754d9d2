// SPDX-License-Identifier: GPL-3.0-or-later
// test: fake; execution docker http
#include "support/FakeDocker.h"
#include "support/GuestFacts.h"

#include <isol8/execution/LocalEngine.h>
#include <isol8/guest/Frames.h>

#include <QSignalSpy>
#include <QTest>
#include <QtEndian>

using namespace isol8;
using namespace isol8::test;
using namespace Qt::StringLiterals;
using isol8::guest::FileError;
using isol8::guest::FrameType;

namespace {

guest::HelloMessage hello()
{
    const FactMap facts = allWalls();
    guest::HelloMessage message;
    message.facts.assign(facts.begin(), facts.end());
    return message;
}

struct Asked
{
    FrameType type{};
    quint32 id = 0;
    std::string payload;
};

/*
    A daemon whose latest container's init a test plays frame by frame.
*/
class ScriptedGuest
{
public:
    explicit ScriptedGuest(const Config &config = {})
    {
        m_docker.handler = [this](const FakeRequest &request, FakePeer &peer) -> std::optional<FakeReply> {
            if (request.is("POST /containers/create"))
                return FakeReply::answer(201, R"({"Id":"0123456789abcdef","Warnings":[]})");
            if (request.is("GET /containers/json") || request.is("GET /images/json"))
                return FakeReply::answer(200, "[]");
            if (request.path.contains("/attach")) {
                m_stream = &peer;
                m_read = 0;
                return FakeReply::attached();
            }
            if (request.path.contains("/start") && refuses) {
                die(); // before the daemon says why
                FakeReply reply = FakeReply::answer(400, R"({"message":"OCI runtime create failed: hybrid mode"})");
                reply.delay = std::chrono::milliseconds(200);
                return reply;
            }
            if (request.path.contains("/start")) {
                // As after a slow start, in which it was asked already.
                QTimer::singleShot(0, &m_docker, [this] {
                    say(FrameType::Pong, 0, "isol8");
                    say(FrameType::Hello, 0, hello().encode());
                });
                return FakeReply::answer(204, {});
            }
            if (request.method == "DELETE")
                return FakeReply::answer(204, {});
            return std::nullopt;
        };
        LocalEngineOptions options;
        options.endpoint = m_docker.endpoint();
        options.config = config;
        m_engine = std::make_unique<LocalEngine>(options);
    }

    void say(FrameType type, quint32 id, std::string_view payload = {})
    {
        unsigned char header[guest::HeaderSize];
        guest::encodeHeader(header, {static_cast<quint32>(payload.size()), type, id});
        QByteArray bytes(8, '\0');
        bytes[0] = 1; // Docker's own frame: stdout
        qToBigEndian(static_cast<quint32>(sizeof header + payload.size()), bytes.data() + 4);
        bytes.append(reinterpret_cast<const char *>(header), sizeof header);
        bytes.append(payload.data(), qsizetype(payload.size()));
        m_stream->write(bytes);
    }
    void done(quint32 id, FileError error = FileError::None, const std::string &message = {})
    {
        say(FrameType::FileDone, id, guest::FileDoneMessage{error, message}.encode());
    }
    void die() { m_stream->close(); }
    bool refuses = false; //!< the daemon does not start the container

    //! The next frame of this type; others are passed over.
    Asked await(FrameType type)
    {
        Asked asked;
        const auto found = [&] {
            guest::Frame frame;
            std::size_t consumed = 0;
            while (m_stream && guest::parseFrame({m_stream->streamed.constData() + m_read,
                                                  size_t(m_stream->streamed.size() - m_read)},
                                                 &frame, &consumed) == guest::FrameStatus::Complete) {
                m_read += qsizetype(consumed);
                if (frame.type == type) {
                    asked = {frame.type, frame.id, std::string(frame.payload)};
                    return true;
                }
            }
            return false;
        };
        if (!QTest::qWaitFor(found, 10000))
            qWarning("the engine does not send a frame of type %d", int(type));
        return asked;
    }

    Run *start(const RunRequest &request) { return m_engine->execute(request); }
    void startPool()
    {
        m_engine->start({u"python"_s}, {m_engine.get(), [](const Result<void> &) {}});
        say(FrameType::Prepared, await(FrameType::Prepare).id, guest::PreparedMessage{true, {}}.encode());
    }

    //! Plays a run of \a outputPaths up to where its program has ended.
    Run *runTo(const QStringList &outputPaths)
    {
        RunRequest request;
        request.code = "print(1)";
        request.outputPaths = outputPaths;
        Run *run = start(request);
        const quint32 id = await(FrameType::Run).id;
        say(FrameType::Started, id);
        say(FrameType::Exit, id, guest::ExitMessage().encode());
        return run;
    }
    void entry(quint32 id, const std::string &path)
    {
        say(FrameType::FileEntry, id, guest::FileEntryMessage{path, 'f', 0644, 4, 0, {}}.encode());
    }

private:
    FakeDocker m_docker;
    std::unique_ptr<LocalEngine> m_engine;
    FakePeer *m_stream = nullptr;
    qsizetype m_read = 0;
};

} // namespace

/*
    A run whose sandbox does what a real one will not do on demand: nothing that was to come back is lost silently.
*/
class tst_scriptedguest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { m_guest = std::make_unique<ScriptedGuest>(); }
    void cleanup() { m_guest.reset(); }

    void lostWhileListing();
    void lostWhileFetching();
    void refusals();
    void uploadsInParts();
    void uploadWithoutMemory();
    void longReset();
    void refusedStart();
    void places();

private:
    std::unique_ptr<ScriptedGuest> m_guest;
};

void tst_scriptedguest::lostWhileListing()
{
    Run *run = m_guest->runTo({u"a*"_s, u"/tmp/b*"_s});
    const quint32 first = m_guest->await(FrameType::FileList).id;
    m_guest->await(FrameType::FileList);
    m_guest->entry(first, "/sandbox/a1");
    m_guest->done(first);
    m_guest->die();
    QTRY_VERIFY_WITH_TIMEOUT(run->isFinished(), 20000);
    const RunResult &result = run->result();
    QVERIFY(result.reason == Reason::Completed);
    QCOMPARE(result.exitCode, 0);
    QCOMPARE(result.error, u"Not brought back, since the sandbox ended: /tmp/b*, /sandbox/a1."_s);
}

void tst_scriptedguest::lostWhileFetching()
{
    Run *run = m_guest->runTo({u"*"_s});
    const quint32 list = m_guest->await(FrameType::FileList).id;
    for (const char *path : {"/sandbox/a", "/sandbox/b", "/sandbox/c"})
        m_guest->entry(list, path);
    m_guest->done(list);
    const quint32 get = m_guest->await(FrameType::FileGet).id;
    m_guest->entry(get, "/sandbox/a");
    m_guest->say(FrameType::FileBytes, get, "abcd");
    m_guest->done(get);
    m_guest->await(FrameType::FileGet);
    m_guest->die();
    QTRY_VERIFY_WITH_TIMEOUT(run->isFinished(), 20000);
    QCOMPARE(run->result().files, (QMap<QString, QByteArray>{{u"/sandbox/a"_s, "abcd"}}));
    QCOMPARE(run->result().error, u"Not brought back, since the sandbox ended: /sandbox/b, /sandbox/c."_s);
}

void tst_scriptedguest::refusals()
{
    Run *run = m_guest->runTo({u"many*"_s, u"none"_s, u"large"_s, u"secret"_s});
    m_guest->done(m_guest->await(FrameType::FileList).id, FileError::TooMany, "More than 4096 files match.");
    m_guest->done(m_guest->await(FrameType::FileList).id, FileError::NotFound, "No such file.");
    for (const char *path : {"/sandbox/large", "/sandbox/secret"}) {
        const quint32 list = m_guest->await(FrameType::FileList).id;
        m_guest->entry(list, path);
        m_guest->done(list);
    }
    m_guest->done(m_guest->await(FrameType::FileGet).id, FileError::TooLarge, "The file has 300000000 bytes.");
    m_guest->done(m_guest->await(FrameType::FileGet).id, FileError::Denied, "Permission denied");
    QTRY_VERIFY_WITH_TIMEOUT(run->isFinished(), 20000);
    QVERIFY(run->result().reason == Reason::Completed);
    QCOMPARE(run->result().error,
             u"Not found after the run: /sandbox/none. /sandbox/many* names too many files: More than 4096 files "
             u"match. /sandbox/large (4) is larger than what was left of the 32m that a result holds at most; have its "
             u"files streamed, or run in a session and get it from there. The sandbox user may not use "
             u"/sandbox/secret."_s);
    QCOMPARE(run->result().errorCode, errors::TooLarge.toString());
}

// However many files there are, a bounded number is on its way.
void tst_scriptedguest::uploadsInParts()
{
    RunRequest request;
    request.code = "print(1)";
    constexpr int Files = 200;
    for (int i = 0; i < Files; ++i)
        request.files.append({u"/sandbox/f%1"_s.arg(i), "x", 0644});
    Run *run = m_guest->start(request);
    for (int i = 0; i < 64; ++i)
        QVERIFY(m_guest->await(FrameType::FilePut).id != 0);
    const quint32 last = m_guest->await(FrameType::FileEnd).id;
    // Nothing more comes before one is done; ids are given in order.
    for (int i = 64; i < Files; ++i) {
        m_guest->done(last - 63 + quint32(i - 64));
        QCOMPARE(m_guest->await(FrameType::FilePut).id, last + quint32(i - 63));
    }
    for (int i = Files - 64; i < Files; ++i)
        m_guest->done(last - 63 + quint32(i));
    const quint32 id = m_guest->await(FrameType::Run).id;
    m_guest->say(FrameType::Started, id);
    m_guest->say(FrameType::Exit, id, guest::ExitMessage().encode());
    QTRY_VERIFY_WITH_TIMEOUT(run->isFinished(), 20000);
    QVERIFY(run->result().reason == Reason::Completed);
}

void tst_scriptedguest::uploadWithoutMemory()
{
    RunRequest request;
    request.code = "print(1)";
    request.files.append({u"/sandbox/f"_s, "x", 0644});
    Run *run = m_guest->start(request);
    m_guest->done(m_guest->await(FrameType::FilePut).id, FileError::NoMemory, "The sandbox's memory is used up.");
    QTRY_VERIFY_WITH_TIMEOUT(run->isFinished(), 20000);
    QVERIFY(run->result().reason == Reason::Oom);
    QCOMPARE(run->result().exitCode, 137);
    QCOMPARE(run->result().errorCode, u"oom"_s);
    QVERIFY2(run->result().error.contains(u"512m") && run->result().error.contains(u"raise the memory limit"),
             qPrintable(run->result().error));
}

// The next run starts a sandbox of its own, rather than wait until init gives the reset up.
void tst_scriptedguest::longReset()
{
    Config config;
    config.poolStrategy = Config::PoolStrategy::Fast;
    config.poolSize = {0, 1};
    m_guest = std::make_unique<ScriptedGuest>(config);
    m_guest->startPool();
    Run *first = m_guest->runTo({});
    QTRY_VERIFY_WITH_TIMEOUT(first->isFinished(), 20000);
    QVERIFY(m_guest->await(FrameType::Reset).id != 0); // and never an answer
    for (int i = 0; i < 2; ++i) {
        Run *next = m_guest->runTo({});
        QTRY_VERIFY_WITH_TIMEOUT(next->isFinished(), 20000);
        QVERIFY(next->result().reason == Reason::Completed);
        QVERIFY(m_guest->await(FrameType::Reset).id != 0);
    }
}

// It is told as the daemon tells it, and not as the end of the stream that comes first.
void tst_scriptedguest::refusedStart()
{
    m_guest->refuses = true;
    RunRequest request;
    request.code = "print(1)";
    Run *run = m_guest->start(request);
    QTRY_VERIFY(run->isFinished());
    QCOMPARE(run->result().exitCode, 125);
    QCOMPARE(run->result().errorCode, errors::DockerError.toString());
    QVERIFY2(run->result().error.contains(u"hybrid mode"), qPrintable(run->result().error));
}

// A waiting run hears of its place when that has changed, and not each time that another's has.
void tst_scriptedguest::places()
{
    Config config;
    config.maxConcurrent = 1;
    m_guest = std::make_unique<ScriptedGuest>(config);
    RunRequest request;
    request.code = "print(1)";
    (void)m_guest->start(request);
    QVERIFY(m_guest->await(FrameType::Run).id != 0);
    constexpr int Count = 20;
    QList<Run *> runs;
    QMap<Run *, QList<int>> heard;
    for (int i = 0; i < Count; ++i) {
        Run *run = m_guest->start(request);
        connect(run, &Run::queued, run, [&heard, run](int place) { heard[run].append(place); });
        runs.append(run);
    }
    QTRY_COMPARE_WITH_TIMEOUT(heard.size(), Count, 20000);
    for (int i = 0; i < Count; ++i)
        QCOMPARE(heard[runs[i]], QList<int>{i + 1});
    runs[Count - 1]->cancel();
    QTRY_VERIFY_WITH_TIMEOUT(runs[Count - 1]->isFinished(), 20000);
    runs[0]->cancel();
    QTRY_COMPARE_WITH_TIMEOUT(heard[runs[Count - 2]].last(), Count - 2, 20000);
    for (int i = 1; i < Count - 1; ++i)
        QCOMPARE(heard[runs[i]], (QList<int>{i + 1, i}));
}

QTEST_GUILESS_MAIN(tst_scriptedguest)
#include "tst_scriptedguest.moc"
