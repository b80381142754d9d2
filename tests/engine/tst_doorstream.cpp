// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; sandbox
// The engine's end of the door before a guest that a test plays, honest and hostile.
#include <isol8/base/Units.h>
#include <isol8/docker/AttachStream.h>
#include <isol8/guest/Frames.h>
#include <isol8/sandbox/DoorStream.h>
#include <isol8/sandbox/Program.h>

#include <QRandomGenerator>
#include <QSignalSpy>
#include <QTest>

using namespace isol8;
using namespace Qt::StringLiterals;
using guest::DoorFirstId;
using guest::DoorWindow;
using guest::FrameType;

namespace {

constexpr quint32 First = DoorFirstId;

class FakeStream final : public docker::AttachStream
{
public:
    void write(const QByteArray &data) override { sent += data; }
    [[nodiscard]] qint64 bytesToWrite() const override { return backlog; }
    void setPaused(bool) override {}
    void abort() override {}

    QByteArray sent;
    qint64 backlog = 0;
};

struct Sent
{
    FrameType type{};
    quint32 id = 0;
    QByteArray payload;
};

struct Said
{
    FrameType type;
    quint32 id;
    std::string payload;
};

std::string number(quint32 value)
{
    return guest::NumberMessage{value}.encode();
}

class Guest
{
public:
    Guest()
        : channel(std::make_unique<GuestChannel>(&stream))
        , program(std::make_unique<Program>(channel.get()))
    {
        say({FrameType::Hello, 0, guest::HelloMessage().encode()});
        QObject::connect(channel.get(), &GuestChannel::lost, &stream, [this](const Error &error) { lost = error; });
        program->setDoor([this](std::unique_ptr<ByteStream> made) { streams.push_back(std::move(made)); });
        guest::RunMessage message;
        message.argv = {"x"};
        program->start(message);
        run = frames().last().id;
        say({FrameType::Started, run, {}});
    }
    ~Guest()
    {
        streams.clear();
        program.reset();
        channel.reset();
    }

    void say(const Said &said)
    {
        guest::Buffer frame;
        guest::appendFrame(frame, said.type, said.id, said.payload);
        Q_EMIT stream.standardOutput(QByteArrayView(frame.view().data(), qsizetype(frame.size())));
    }
    ByteStream *open(quint32 id = First)
    {
        say({FrameType::DoorOpen, id, number(run)});
        return streams.empty() ? nullptr : streams.back().get();
    }
    //! What was sent since the last call.
    QList<Sent> frames()
    {
        QList<Sent> list;
        guest::Frame frame;
        std::size_t consumed = 0;
        while (guest::parseFrame({stream.sent.constData(), size_t(stream.sent.size())}, &frame, &consumed) ==
               guest::FrameStatus::Complete) {
            list.append({frame.type, frame.id, QByteArray(frame.payload.data(), qsizetype(frame.payload.size()))});
            stream.sent.remove(0, qsizetype(consumed));
        }
        return list;
    }

    FakeStream stream;
    std::unique_ptr<GuestChannel> channel;
    std::unique_ptr<Program> program;
    std::vector<std::unique_ptr<ByteStream>> streams;
    quint32 run = 0;
    Error lost;
};

} // namespace

class tst_doorstream : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void conversation();
    void reading();
    void window();
    void backPressure();
    void turns();
    void endings_data();
    void endings();
    void runEnds();
    void nobody();
    void givenUp();
    void hostile_data();
    void hostile();
    void late_data();
    void late();
    void tooManyStreams();
    void answersNobodyTakes();
    void deletedInSlots_data();
    void deletedInSlots();
    void nonsense();
};

void tst_doorstream::conversation()
{
    Guest g;
    ByteStream *s = g.open();
    QVERIFY(s);
    QSignalSpy readable(s, &ByteStream::readable), closed(s, &ByteStream::closed);
    g.say({FrameType::DoorBytes, First, "GET /"});
    QCOMPARE(readable.size(), 1);
    QCOMPARE(s->available(), 5);
    QCOMPARE(s->read(3), QByteArray("GET"));
    QCOMPARE(s->read(100), QByteArray(" /"));
    QCOMPARE(s->read(100), QByteArray());
    QVERIFY(!s->atEnd());

    s->write("200");
    s->write({});
    s->end();
    s->write("lost");
    s->end();
    QList<Sent> sent = g.frames();
    QCOMPARE(sent.size(), 2);
    QVERIFY(sent[0].type == FrameType::DoorData && sent[0].id == First && sent[0].payload == "200");
    QVERIFY(sent[1].type == FrameType::DoorEnd && sent[1].id == First && sent[1].payload.isEmpty());
    g.say({FrameType::DoorBytes, First, "more"}); // its direction stays open
    g.say({FrameType::DoorDone, First, {}});
    QVERIFY(!s->atEnd());
    QCOMPARE(closed.size(), 0);
    QTRY_COMPARE_WITH_TIMEOUT(closed.size(), 1, 20000);
    QCOMPARE(s->read(100), QByteArray("more"));
    QVERIFY(s->atEnd());
    g.streams.clear();
    QVERIFY(g.frames().isEmpty()); // over without a word
    QVERIFY(!g.channel->isLost());
}

// What is read is given back, in large pieces; what is not holds at most the window.
void tst_doorstream::reading()
{
    Guest g;
    ByteStream *s = g.open();
    for (quint32 i = 0; i < DoorWindow / guest::DataChunk; ++i)
        g.say({FrameType::DoorBytes, First, std::string(guest::DataChunk, char('a' + i))});
    QCOMPARE(s->available(), qsizetype(DoorWindow));
    QVERIFY(g.frames().isEmpty());
    quint32 given = 0;
    for (qsizetype left = DoorWindow; left > 0; left -= 10000)
        QCOMPARE(s->read(10000).size(), std::min<qsizetype>(left, 10000));
    for (const Sent &sent : g.frames()) {
        QCOMPARE(sent.type, FrameType::DoorGive);
        guest::NumberMessage message;
        QVERIFY(message.decode({sent.payload.constData(), size_t(sent.payload.size())}));
        given += message.number;
    }
    QVERIFY(given > DoorWindow / 2 && given <= DoorWindow);
    // Exactly that much may come now.
    for (quint32 left = given; left > 0;) {
        const quint32 part = std::min<quint32>(left, guest::DataChunk);
        g.say({FrameType::DoorBytes, First, std::string(part, 'x')});
        left -= part;
    }
    QVERIFY(!g.channel->isLost());
}

void tst_doorstream::window()
{
    Guest g;
    ByteStream *s = g.open();
    QSignalSpy drained(s, &ByteStream::drained);
    QByteArray data(1000000, '\0');
    for (qsizetype i = 0; i < data.size(); ++i)
        data[i] = char(i * 31 >> 3);
    s->write(data);
    s->end();
    QByteArray sent;
    bool ended = false;
    const auto collect = [&] {
        for (const Sent &frame : g.frames()) {
            ended = ended || frame.type == FrameType::DoorEnd;
            if (frame.type == FrameType::DoorData)
                sent += frame.payload;
        }
    };
    collect();
    QCOMPARE(sent.size(), qsizetype(DoorWindow));
    QCOMPARE(s->pending(), data.size() - qsizetype(DoorWindow));
    while (!ended && sent.size() < data.size() + 1) {
        const qsizetype before = sent.size();
        g.say({FrameType::DoorCredit, First, number(100000)});
        collect();
        QCOMPARE(sent.size(), std::min<qsizetype>(before + 100000, data.size()));
    }
    QVERIFY(ended);
    QCOMPARE(sent, data);
    QCOMPARE(drained.size(), 0); // not from inside
    QTRY_COMPARE_WITH_TIMEOUT(drained.size(), 0 + 1, 20000);
}

// Nothing is sent ahead of what the channel has not got rid of.
void tst_doorstream::backPressure()
{
    Guest g;
    ByteStream *s = g.open();
    g.stream.backlog = 10000000;
    s->write("data");
    s->end();
    QVERIFY(g.frames().isEmpty());
    Q_EMIT g.stream.written();
    QCoreApplication::processEvents();
    QVERIFY(g.frames().isEmpty());
    g.stream.backlog = 1000;
    Q_EMIT g.stream.written();
    QCoreApplication::processEvents();
    QCOMPARE(g.frames().size(), 2);
    QCOMPARE(s->pending(), 0);
}

void tst_doorstream::turns()
{
    Guest g;
    g.stream.backlog = 10000000;
    for (quint32 i = 0; i < 3; ++i)
        g.open(First + i)->write(QByteArray(150000, char('a' + i)));
    g.stream.backlog = 0;
    Q_EMIT g.stream.written();
    QCoreApplication::processEvents();
    QList<quint32> order;
    for (const Sent &sent : g.frames())
        order.append(sent.id - First);
    QCOMPARE(order, (QList<quint32>{0, 1, 2, 0, 1, 2, 0, 1, 2}));
}

void tst_doorstream::endings_data()
{
    QTest::addColumn<QByteArray>("how");
    QTest::addColumn<bool>("tells"); // closed()
    QTest::newRow("reset by the program") << QByteArray("reset") << true;
    QTest::newRow("channel lost") << QByteArray("lost") << true;
    QTest::newRow("channel deleted") << QByteArray("deleted") << true;
    QTest::newRow("run's exit") << QByteArray("exit") << true;
    QTest::newRow("aborted") << QByteArray("abort") << false;
    QTest::newRow("aborted while ending") << QByteArray("end and abort") << false;
}

void tst_doorstream::endings()
{
    QFETCH(QByteArray, how);
    QFETCH(bool, tells);
    Guest g;
    ByteStream *s = g.open();
    QSignalSpy closed(s, &ByteStream::closed), readable(s, &ByteStream::readable), drained(s, &ByteStream::drained);
    g.say({FrameType::DoorBytes, First, "before"});
    s->write(QByteArray(900000, 'w'));
    g.frames();
    if (how == "reset")
        g.say({FrameType::DoorBroken, First, {}});
    else if (how == "lost")
        Q_EMIT g.stream.closed({});
    else if (how == "exit")
        g.say({FrameType::Exit, g.run, guest::ExitMessage().encode()});
    else if (how == "deleted")
        g.channel.reset();
    if (how.endsWith("abort")) {
        if (how.startsWith("end"))
            s->end();
        s->abort();
        s->abort();
        const QList<Sent> sent = g.frames();
        QCOMPARE(sent.size(), 1);
        QVERIFY(sent[0].type == FrameType::DoorReset && sent[0].id == First);
    }
    if (tells)
        QTRY_COMPARE_WITH_TIMEOUT(closed.size(), 1, 20000);
    QCoreApplication::processEvents();
    QCOMPARE(closed.size(), tells ? 1 : 0);
    QCOMPARE(readable.size(), 1);
    QCOMPARE(drained.size(), 0);
    QCOMPARE(s->pending(), 0);
    QVERIFY(!s->atEnd());
    QCOMPARE(s->read(100), QByteArray("before"));
    QVERIFY(!s->atEnd());
    s->write("x"); // all of it means nothing now
    s->end();
    s->abort();
    QVERIFY(g.frames().isEmpty());
    QCoreApplication::processEvents();
    QCOMPARE(closed.size(), tells ? 1 : 0);
}

void tst_doorstream::runEnds()
{
    Guest g;
    QStringList log;
    ByteStream *s = g.open();
    connect(s, &ByteStream::closed, this, [&] { log.append(u"closed"_s); });
    connect(g.program.get(), &Program::exited, this, [&] { log.append(u"exited"_s); });
    g.say({FrameType::Exit, g.run, guest::ExitMessage().encode()});
    QCOMPARE(log, (QStringList{u"closed"_s, u"exited"_s}));
}

// Without a handler, or of a run that was given up: reset at once.
void tst_doorstream::nobody()
{
    for (const bool deleted : {false, true}) {
        Guest g;
        g.program->setDoor({});
        if (deleted)
            g.program.reset();
        g.frames();
        g.open();
        g.say({FrameType::DoorBytes, First, "on its way"});
        const QList<Sent> sent = g.frames();
        QCOMPARE(sent.size(), 1);
        QVERIFY(sent[0].type == FrameType::DoorReset && sent[0].id == First);
        QVERIFY(!g.channel->isLost());
    }
}

void tst_doorstream::givenUp()
{
    Guest g;
    g.open();
    g.streams.clear();
    QCOMPARE(g.frames().size(), 1);
    for (const Said &said : {Said{FrameType::DoorBytes, First, "x"}, Said{FrameType::DoorCredit, First, number(9)},
                             Said{FrameType::DoorDone, First, {}}, Said{FrameType::DoorBroken, First, {}}})
        g.say(said);
    QVERIFY(!g.channel->isLost());
    QVERIFY(g.open(First + 1));
}

void tst_doorstream::hostile_data()
{
    QTest::addColumn<QList<Said>>("said");
    const Said open{FrameType::DoorOpen, First + 5, number(1)};
    const quint32 id = First + 5;
    const auto row = [](const char *name, const QList<Said> &said) { QTest::newRow(name) << said; };
    row("opened twice", {open, open});
    row("an id that goes back", {open, {FrameType::DoorOpen, First + 4, number(1)}});
    row("opened again after its end", {open, {FrameType::DoorBroken, id, {}}, open});
    row("the host's id", {{FrameType::DoorOpen, 7, number(1)}});
    row("id 0", {{FrameType::DoorOpen, 0, number(1)}});
    row("a run that never was", {{FrameType::DoorOpen, id, number(99)}});
    row("run 0", {{FrameType::DoorOpen, id, number(0)}});
    row("a stream as run", {open, {FrameType::DoorOpen, id + 1, number(id)}});
    row("open without run", {{FrameType::DoorOpen, id, {}}});
    row("open with more", {{FrameType::DoorOpen, id, number(1) + "x"}});
    row("data before open", {{FrameType::DoorBytes, id, "x"}});
    row("end before open", {{FrameType::DoorDone, id, {}}});
    row("data of nothing", {open, {FrameType::DoorBytes, id, {}}});
    row("data too long", {open, {FrameType::DoorBytes, id, std::string(guest::DataChunk + 1, 'x')}});
    const Said chunk{FrameType::DoorBytes, id, std::string(guest::DataChunk, 'x')};
    row("data past the window", {open, chunk, chunk, chunk, chunk, {FrameType::DoorBytes, id, "x"}});
    row("data after the end", {open, {FrameType::DoorDone, id, {}}, {FrameType::DoorBytes, id, "x"}});
    row("two ends", {open, {FrameType::DoorDone, id, {}}, {FrameType::DoorDone, id, {}}});
    row("end with payload", {open, {FrameType::DoorDone, id, "x"}});
    row("reset with payload", {open, {FrameType::DoorBroken, id, "x"}});
    row("credit for nothing", {open, {FrameType::DoorCredit, id, number(1)}});
    row("credit of nothing", {open, {FrameType::DoorCredit, id, number(0)}});
    row("credit past all", {open, {FrameType::DoorCredit, id, number(0xffffffff)}});
    row("credit cut short", {open, {FrameType::DoorCredit, id, "abc"}});
    row("the host's type", {open, {FrameType::DoorData, id, "x"}});
    row("a type of the range that is none", {open, {FrameType{0x6e}, id, {}}});
    row("a program's frame", {open, {FrameType::Stdout, id, "x"}});
}

void tst_doorstream::hostile()
{
    QFETCH(QList<Said>, said);
    Guest g;
    QCOMPARE(g.run, 1U);
    for (qsizetype i = 0; i < said.size(); ++i) {
        QVERIFY2(!g.channel->isLost(), "earlier than it should");
        g.say(said[i]);
    }
    QVERIFY(g.channel->isLost());
    QCOMPARE(g.lost.code, errors::SandboxLost);
    for (const auto &s : g.streams) {
        QVERIFY(s->available() <= qsizetype(DoorWindow));
        s->write("x");
    }
}

// Of the same frames: what crosses with an end on the way is no lie.
void tst_doorstream::late_data()
{
    QTest::addColumn<QList<Said>>("said");
    const Said open{FrameType::DoorOpen, First, number(1)};
    const Said exit{FrameType::Exit, 1, guest::ExitMessage().encode()};
    QTest::newRow("after exit") << QList<Said>{open, exit, {FrameType::DoorBytes, First, "x"}};
    QTest::newRow("opened after exit") << QList<Said>{exit, open};
    QTest::newRow("after its own reset") << QList<Said>{
        open, {FrameType::DoorBroken, First, {}}, {FrameType::DoorCredit, First, number(5)}};
}

void tst_doorstream::late()
{
    QFETCH(QList<Said>, said);
    Guest g;
    for (const Said &one : said)
        g.say(one);
    QVERIFY(!g.channel->isLost());
}

void tst_doorstream::tooManyStreams()
{
    Guest g;
    for (quint32 i = 0; i < guest::DoorMaxStreams; ++i)
        g.open(First + i);
    QVERIFY(!g.channel->isLost());
    QCOMPARE(g.streams.size(), size_t(guest::DoorMaxStreams));
    g.streams.front().reset();
    g.open(First + guest::DoorMaxStreams);
    QVERIFY(!g.channel->isLost());
    g.open(First + guest::DoorMaxStreams + 1);
    QVERIFY(g.channel->isLost());
}

// A guest that asks for answers without end and reads none of them costs a bounded amount of memory.
void tst_doorstream::answersNobodyTakes()
{
    Guest g;
    g.program->setDoor({});
    g.frames();
    g.stream.backlog = 100 * MiB;
    quint32 opened = 0;
    while (!g.channel->isLost() && opened < 1000000)
        g.say({FrameType::DoorOpen, First + opened++, number(g.run)});
    QVERIFY(g.channel->isLost());
    QVERIFY(opened > 10000);
    QVERIFY(g.stream.sent.size() < 2 * MiB);

    Guest slow; // but one that takes them in the end may have any number
    slow.program->setDoor({});
    for (quint32 i = 0; i < 300000; ++i) {
        slow.stream.backlog = i % 50000 ? 10 * MiB : 0;
        slow.say({FrameType::DoorOpen, First + i, number(slow.run)});
        QVERIFY(!slow.channel->isLost());
    }
}

void tst_doorstream::deletedInSlots_data()
{
    QTest::addColumn<QByteArray>("slot");
    QTest::addColumn<QByteArray>("what");
    for (const char *slot : {"connected", "readable", "closed by reset", "closed by exit", "closed by loss"}) {
        for (const char *what : {"stream", "all streams", "program", "channel"})
            QTest::addRow("%s, %s", slot, what) << QByteArray(slot) << QByteArray(what);
    }
}

void tst_doorstream::deletedInSlots()
{
    QFETCH(QByteArray, slot);
    QFETCH(QByteArray, what);
    Guest g;
    int called = 0;
    const auto act = [&] {
        ++called;
        if (what == "stream")
            g.streams.back().reset();
        else if (what == "all streams")
            g.streams.clear();
        else if (what == "program")
            g.program.reset();
        else
            g.channel.reset();
    };
    if (slot == "connected") {
        g.program->setDoor([&](std::unique_ptr<ByteStream> stream) {
            g.streams.push_back(std::move(stream));
            act();
        });
        g.say({FrameType::DoorOpen, First, number(g.run)});
    } else {
        g.open(First);
        ByteStream *s = g.open(First + 1);
        if (slot == "readable")
            connect(s, &ByteStream::readable, this, act);
        else
            connect(s, &ByteStream::closed, this, act);
        g.streams.front()->write(QByteArray(900000, 'w'));
        s->write(QByteArray(900000, 'w'));
        if (slot == "readable")
            g.say({FrameType::DoorBytes, First + 1, "x"});
        else if (slot == "closed by reset")
            g.say({FrameType::DoorBroken, First + 1, {}});
        else if (slot == "closed by exit")
            g.say({FrameType::Exit, g.run, guest::ExitMessage().encode()});
        else
            Q_EMIT g.stream.closed({});
    }
    QCOMPARE(called, 1);
    QCoreApplication::processEvents();
    QCOMPARE(called, 1);
}

// Frames of all kinds in any order, and an owner that does anything: no crash, and nothing kept beyond the windows.
void tst_doorstream::nonsense()
{
    QRandomGenerator random(5);
    const FrameType types[] = {FrameType::DoorOpen, FrameType::DoorBytes,  FrameType::DoorCredit,
                               FrameType::DoorDone, FrameType::DoorBroken, FrameType::Exit};
    int lost = 0;
    for (int round = 0; round < 3000; ++round) {
        Guest g;
        quint32 last = First;
        for (int step = 0; step < 40 && !g.channel->isLost(); ++step) {
            const FrameType type = types[random.bounded(step < 4 ? 1 : random.bounded(40) ? 5 : 6)];
            const bool wild = random.bounded(200) == 0;
            Said said{type, wild ? random.generate() : First + random.bounded(last - First + 1), {}};
            if (type == FrameType::DoorOpen)
                said = {type, wild ? random.generate() : ++last, number(wild ? random.generate() : g.run)};
            else if (type == FrameType::DoorBytes)
                said.payload.assign(random.bounded(wild ? 100000 : 30000) + 1, 'x');
            else if (type == FrameType::DoorCredit)
                said.payload = number(wild ? random.generate() : random.bounded(2000) + 1);
            else if (type == FrameType::Exit)
                said = {type, g.run, guest::ExitMessage().encode()};
            g.say(said);
            for (auto &s : g.streams) {
                if (!s)
                    continue;
                QVERIFY(s->available() <= qsizetype(DoorWindow));
                switch (random.bounded(12)) {
                case 0:
                    s->read(random.bounded(100000));
                    break;
                case 1:
                    s->write(QByteArray(random.bounded(100000), 'y'));
                    break;
                case 2:
                    s->end();
                    break;
                case 3:
                    if (random.bounded(4) == 0)
                        s.reset();
                    break;
                case 4:
                    if (random.bounded(4) == 0)
                        s->abort();
                    break;
                default:
                    break;
                }
            }
            if (random.bounded(5) == 0)
                QCoreApplication::processEvents();
        }
        lost += g.channel->isLost();
    }
    QVERIFY(lost > 100 && lost < 3000); // both kinds were seen
}

QTEST_GUILESS_MAIN(tst_doorstream)
#include "tst_doorstream.moc"
