// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; guest
#include <isol8/guest/Frames.h>
#include <isol8/guest/door.h>
#include <isol8/guest/protocol.h>

#include <QTest>

#include <functional>

using namespace isol8::guest;
using namespace Qt::StringLiterals;

namespace {

// A message as a test sees it: an example payload, and what decoding and encoding again makes of any payload.
struct Subject
{
    const char *name;
    std::string example;
    std::function<bool(std::string_view, std::string *)> recode; // false: refused
};

template<class T> Subject subject(const char *name, const T &example)
{
    return {name, example.encode(), [](std::string_view in, std::string *out) {
                T message;
                if (!message.decode(in))
                    return false;
                *out = message.encode();
                return true;
            }};
}

std::vector<Subject> subjects()
{
    HelloMessage hello;
    hello.facts = {{"net", "lo"}, {"memory.max", "536870912"}, {"", ""}};
    RunMessage run;
    run.argv = {"python3", "-c", std::string("print('\0')", 11), ""};
    run.env = {"PATH=/usr/bin:/bin", "EMPTY="};
    run.cwd = "/sandbox";
    run.flags = RunMessage::Pty | RunMessage::KeepOthers;
    run.maxStdout = 1;
    run.rows = 50;
    ExitMessage exit;
    exit.how = ExitMessage::Signalled;
    exit.code = -9;
    exit.flags = ExitMessage::OomKilled | ExitMessage::HostKilled;
    exit.wallNs = 1;
    exit.cpuNs = ~std::uint64_t(0);
    exit.peakMemory = 3;
    exit.memory = 4;
    exit.stdoutBytes = std::uint64_t(1) << 33;
    exit.stderrBytes = 6;
    exit.message = "sentence";
    FileEntryMessage entry{"/sandbox/\xff\xfe", 'l', 0777, 5, 1700000000000, "../x"};
    return {subject("Hello", hello),
            subject("Run", run),
            subject("Exit", exit),
            subject("FilePut", FilePutMessage{"/sandbox/a", 0755, 1700000000123, FilePutMessage::Replace}),
            subject("FileGet", FileGetMessage{"/tmp/b", 1 << 20}),
            subject("FileList", FileListMessage{"/sandbox/**", 10, FileListMessage::Recursive}),
            subject("Path", PathMessage{"/sandbox/c"}),
            subject("FileMkdir", FileMkdirMessage{"/sandbox/d", 0700, 1700000000123}),
            subject("FileSymlink", FileSymlinkMessage{"/sandbox/e", "c", 1700000000123, FileSymlinkMessage::Hard}),
            subject("FileEntry", entry),
            subject("FileDone", FileDoneMessage{FileError::NoSpace, "No space left on device"}),
            subject("Usage", UsageMessage{1, 2, 3}),
            subject("DoorOpen", NumberMessage{0x01020304}),
            subject("DoorState", DoorStateMessage{true, {}}),
            subject("Prepared", PreparedMessage{false, "It has ended."}),
            subject("ResetDone", ResetDoneMessage{false, "/tmp is not empty."})};
}

std::string frameBytes(FrameType type, std::uint32_t id, std::string_view payload)
{
    Buffer buffer;
    appendFrame(buffer, type, id, payload);
    return std::string(buffer.view());
}

} // namespace

class tst_protocol : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void roundTrip_data() { messages(); }
    void roundTrip();
    void cutShort_data() { messages(); }
    void cutShort();
    void tooLong_data() { messages(); }
    void tooLong();
    void everyByteChanged_data() { messages(); }
    void everyByteChanged();
    void runNeedsArguments();
    void runKeepsEveryField();
    void enumsAreChecked();
    void hostileLists();
    void header_data();
    void header();
    void frames();
    void framesByteByByte();
    void wholeFramesFit();
    void doorFrames_data();
    void doorFrames();
    void buffer();

private:
    static void messages();
};

void tst_protocol::messages()
{
    QTest::addColumn<int>("index");
    const auto all = subjects();
    for (int i = 0; i < int(all.size()); ++i)
        QTest::newRow(all[std::size_t(i)].name) << i;
}

void tst_protocol::roundTrip()
{
    QFETCH(int, index);
    const Subject subject = subjects()[std::size_t(index)];
    std::string again;
    QVERIFY(subject.recode(subject.example, &again));
    QCOMPARE(again, subject.example);
}

void tst_protocol::cutShort()
{
    QFETCH(int, index);
    const Subject subject = subjects()[std::size_t(index)];
    std::string out;
    for (std::size_t size = 0; size < subject.example.size(); ++size)
        QVERIFY2(!subject.recode(std::string_view(subject.example).substr(0, size), &out),
                 qPrintable(QString::number(size)));
}

void tst_protocol::tooLong()
{
    QFETCH(int, index);
    const Subject subject = subjects()[std::size_t(index)];
    std::string out;
    QVERIFY(!subject.recode(subject.example + std::string(1, '\0'), &out));
}

// Whatever a hostile side changes: refused, or a message that says exactly what its bytes say.
void tst_protocol::everyByteChanged()
{
    QFETCH(int, index);
    const Subject subject = subjects()[std::size_t(index)];
    for (std::size_t at = 0; at < subject.example.size(); ++at) {
        for (int flip = 1; flip < 256; ++flip) {
            std::string hostile = subject.example;
            hostile[at] = char(hostile[at] ^ flip);
            std::string out;
            if (subject.recode(hostile, &out))
                QCOMPARE(out, hostile);
        }
    }
}

void tst_protocol::runNeedsArguments()
{
    RunMessage run;
    run.cwd = "/sandbox";
    RunMessage decoded;
    QVERIFY(!decoded.decode(run.encode()));
}

void tst_protocol::runKeepsEveryField()
{
    RunMessage run;
    run.argv = {"a", "b"};
    run.env = {"X=1"};
    run.cwd = "/tmp";
    run.flags = 3;
    run.maxStdout = 11;
    run.maxStderr = 12;
    run.columns = 100;
    run.rows = 30;
    RunMessage decoded;
    QVERIFY(decoded.decode(run.encode()));
    QCOMPARE(decoded.argv, run.argv);
    QCOMPARE(decoded.env, run.env);
    QCOMPARE(decoded.cwd, run.cwd);
    QCOMPARE(decoded.flags, 3U);
    QCOMPARE(decoded.maxStdout, std::uint64_t(11));
    QCOMPARE(decoded.maxStderr, std::uint64_t(12));
    QCOMPARE(decoded.columns, 100U);
    QCOMPARE(decoded.rows, 30U);
}

void tst_protocol::enumsAreChecked()
{
    std::string exit = ExitMessage().encode();
    exit[0] = 3;
    QVERIFY(!ExitMessage().decode(exit));
    std::string done = FileDoneMessage().encode();
    done[0] = char(std::uint32_t(FileError::NoMemory) + 1);
    QVERIFY(!FileDoneMessage().decode(done));
    std::string reset = ResetDoneMessage().encode();
    reset[0] = 2;
    QVERIFY(!ResetDoneMessage().decode(reset));
}

// A count or length that promises more than there is costs nothing and is refused.
void tst_protocol::hostileLists()
{
    for (const std::uint32_t count : {MaxItems + 1, 0x7fffffffU, 0xffffffffU, 2U}) {
        Writer w;
        w.u32(count);
        w.string("only one");
        const std::string payload = w.take();
        Reader r(payload);
        const auto list = r.strings();
        QVERIFY(!r.done());
        QVERIFY(list.size() <= 2);
        QVERIFY(!RunMessage().decode(payload));
    }
    Writer hello;
    hello.u32(ProtocolVersion);
    hello.u32(0xffffffffU);
    QVERIFY(!HelloMessage().decode(hello.take()));
    hello.u32(ProtocolVersion);
    hello.u32(MaxItems);
    HelloMessage promised;
    QVERIFY(!promised.decode(hello.take()));
    QVERIFY(promised.facts.size() <= 1);
    Writer path;
    path.u32(0xffffffffU);
    QVERIFY(!PathMessage().decode(path.take()));
}

void tst_protocol::header_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<bool>("accepted");
    const auto row = [](const char *name, const char *hex, bool accepted) {
        QTest::newRow(name) << QByteArray::fromHex(hex) << accepted;
    };
    row("empty ping", "000000000100000007000000", true);
    row("largest", "000004000200000007000000", true);
    row("one too large", "010004000200000007000000", false);
    row("huge", "ffffffff0200000007000000", false);
    row("byte 5", "000000000101000007000000", false);
    row("byte 6", "000000000100010007000000", false);
    row("byte 7", "000000000100000107000000", false);
    row("unknown type is for the receiver to refuse", "00000000ff00000007000000", true);
}

void tst_protocol::header()
{
    QFETCH(QByteArray, bytes);
    QFETCH(bool, accepted);
    Header header;
    const auto *in = reinterpret_cast<const unsigned char *>(bytes.constData());
    QCOMPARE(decodeHeader(in, &header), accepted);
    QCOMPARE(header.id, 7U);
    if (!accepted)
        return;
    unsigned char out[HeaderSize];
    encodeHeader(out, header);
    QCOMPARE(QByteArray(reinterpret_cast<const char *>(out), HeaderSize), bytes);
}

void tst_protocol::frames()
{
    const std::string bytes = frameBytes(FrameType::Stdout, 9, "hello") + frameBytes(FrameType::Exit, 10, {});
    Frame frame;
    std::size_t consumed = 0;
    QCOMPARE(parseFrame(bytes, &frame, &consumed), FrameStatus::Complete);
    QCOMPARE(frame.type, FrameType::Stdout);
    QCOMPARE(frame.id, 9U);
    QCOMPARE(frame.payload, std::string_view("hello"));
    QCOMPARE(consumed, std::size_t(17));
    QCOMPARE(parseFrame(std::string_view(bytes).substr(consumed), &frame, &consumed), FrameStatus::Complete);
    QCOMPARE(frame.type, FrameType::Exit);
    QVERIFY(frame.payload.empty());
    QCOMPARE(consumed, std::size_t(12));
    QCOMPARE(parseFrame({}, &frame, &consumed), FrameStatus::NeedMore);

    const std::string large = frameBytes(FrameType::Stdout, 1, std::string(MaxPayload, 'x'));
    QCOMPARE(parseFrame(large, &frame, &consumed), FrameStatus::Complete);
    QCOMPARE(frame.payload.size(), std::size_t(MaxPayload));

    std::string broken = bytes;
    broken[6] = 1; // noticed before the payload is there
    QCOMPARE(parseFrame(std::string_view(broken).substr(0, HeaderSize), &frame, &consumed), FrameStatus::Broken);
}

void tst_protocol::framesByteByByte()
{
    const std::string bytes = frameBytes(FrameType::FileData, 3, "0123456789");
    Buffer buffer;
    Frame frame;
    std::size_t consumed = 0;
    for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
        buffer.append(std::string_view(bytes).substr(i, 1));
        QCOMPARE(parseFrame(buffer.view(), &frame, &consumed), FrameStatus::NeedMore);
    }
    buffer.append(std::string_view(bytes).substr(bytes.size() - 1));
    QCOMPARE(parseFrame(buffer.view(), &frame, &consumed), FrameStatus::Complete);
    QCOMPARE(frame.payload, std::string_view("0123456789"));
    buffer.consume(consumed);
    QVERIFY(buffer.empty());
}

void tst_protocol::wholeFramesFit()
{
    const std::string first = frameBytes(FrameType::DoorBytes, 3, "0123456789");
    const std::string second = frameBytes(FrameType::DoorDone, 3, {});
    const std::string both = first + second;
    QCOMPARE(wholeFrames(both, 1000), both.size());
    QCOMPARE(wholeFrames(both, both.size()), both.size());
    QCOMPARE(wholeFrames(both, both.size() - 1), first.size());
    QCOMPARE(wholeFrames(both, first.size() - 1), std::size_t(0));
    QCOMPARE(wholeFrames(std::string_view(both).substr(0, both.size() - 1), 1000), first.size());
    QCOMPARE(wholeFrames({}, 1000), std::size_t(0));
}

void tst_protocol::doorFrames_data()
{
    QTest::addColumn<uint>("type");
    QTest::addColumn<uint>("id");
    QTest::addColumn<uint>("length");
    QTest::addColumn<bool>("fits");
    constexpr uint id = DoorFirstId;
    const auto row = [](const char *name, FrameType type, uint streamId, uint length, bool fits) {
        QTest::newRow(name) << uint(type) << streamId << length << fits;
    };
    row("open", FrameType::DoorOpen, id, 4, true);
    row("open without run", FrameType::DoorOpen, id, 0, false);
    row("data", FrameType::DoorData, id, DataChunk, true);
    row("data too long", FrameType::DoorData, id, DataChunk + 1, false);
    row("bytes", FrameType::DoorBytes, 0xffffffff, 1, true);
    row("bytes of nothing", FrameType::DoorBytes, id, 0, false);
    row("bytes of the host's id", FrameType::DoorBytes, id - 1, 1, false);
    row("give", FrameType::DoorGive, id, 4, true);
    row("credit", FrameType::DoorCredit, id, 4, true);
    row("credit too long", FrameType::DoorCredit, id, 8, false);
    row("end", FrameType::DoorEnd, id, 0, true);
    row("done with payload", FrameType::DoorDone, id, 1, false);
    row("reset", FrameType::DoorReset, id, 0, true);
    row("broken", FrameType::DoorBroken, id, 0, true);
    row("between init and its own", FrameType{0x6f}, id, 0, false);
    row("stdout", FrameType::Stdout, id, 1, false);
}

void tst_protocol::doorFrames()
{
    QFETCH(uint, type);
    QFETCH(uint, id);
    QFETCH(uint, length);
    QFETCH(bool, fits);
    QCOMPARE(doorFrameFits({length, FrameType(type), id}), fits);
    QVERIFY(!fits || isDoorFrame(FrameType(type)));
}

// A queue under pieces of all sizes gives back what went in.
void tst_protocol::buffer()
{
    Buffer buffer;
    std::string expected;
    std::size_t taken = 0;
    for (std::size_t i = 0; i < 2000; ++i) {
        const std::string piece(i * 37 % 911, char('a' + i % 26));
        buffer.append(piece);
        expected += piece;
        const std::size_t take = std::min(buffer.size(), i * 53 % 1021);
        QCOMPARE(buffer.view().substr(0, take), std::string_view(expected).substr(taken, take));
        buffer.consume(take);
        taken += take;
    }
    QCOMPARE(buffer.view(), std::string_view(expected).substr(taken));
    char *space = buffer.reserve(100000);
    std::memset(space, 'z', 100000);
    buffer.commit(100000);
    QCOMPARE(buffer.view().substr(buffer.size() - 100000), std::string_view(std::string(100000, 'z')));
    buffer.clear();
    QVERIFY(buffer.empty());
}

QTEST_APPLESS_MAIN(tst_protocol)
#include "tst_protocol.moc"
