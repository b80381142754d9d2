// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker,abuse; guest
// isol8-init in a real container, without the engine: runs, and programs that mean harm.
#include "guest/GuestBox.cpp"

#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <memory>

using namespace isol8::guest;

#define RUNS(box) QVERIFY2((box).problem().isEmpty(), qPrintable((box).problem()))

class tst_guest_docker : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanupTestCase();
    void facts();
    void walls();
    void ends_data();
    void ends();
    void notStarted_data();
    void notStarted();
    void input();
    void outputIsDropped();
    void outputIsExact_data();
    void outputIsExact();
    void killBomb();
    void leftovers_data();
    void leftovers();
    void terminal();
    void reset();
    void stopAndContinue();
    void hostDies_data();
    void hostDies();
    void brokenFrames_data();
    void brokenFrames();

private:
    GuestBox &shared();

    QTemporaryDir m_cache;
    std::unique_ptr<GuestBox> m_shared; //!< of the rows that leave a sandbox as it was
};

void tst_guest_docker::initTestCase()
{
    qputenv("XDG_CACHE_HOME", m_cache.path().toUtf8());
    QVERIFY2(GuestBox::makeImage(), "no Docker daemon at /var/run/docker.sock, or it imports no image");
}

void tst_guest_docker::cleanupTestCase()
{
    m_shared.reset();
    GuestBox::removeImage();
}

GuestBox &tst_guest_docker::shared()
{
    if (!m_shared)
        m_shared = std::make_unique<GuestBox>();
    return *m_shared;
}

void tst_guest_docker::facts()
{
    GuestBox box;
    RUNS(box);
    QHash<QByteArray, QByteArray> facts;
    for (const auto &[key, value] : box.hello().facts)
        facts.insert(QByteArray::fromStdString(key), QByteArray::fromStdString(value));
    QCOMPARE(facts.value("net"), QByteArray("lo"));
    QCOMPARE(facts.value("root.readonly"), QByteArray("1"));
    QCOMPARE(facts.value("nnp"), QByteArray("1"));
    QCOMPARE(facts.value("seccomp"), QByteArray("2"));
    QCOMPARE(facts.value("cap.bounding"), QByteArray("00000000000001e0"));
    QCOMPARE(facts.value("memory.max"), QByteArray("67108864"));
    QCOMPARE(facts.value("pids.max"), QByteArray("64"));
    QCOMPARE(facts.value("uid"), QByteArray("0"));
    QCOMPARE(facts.value("pid"), QByteArray("1"));
    QVERIFY(facts.value("mount:/sandbox").startsWith("tmpfs rw,nosuid,nodev"));
    QVERIFY(facts.value("mount:/sandbox").endsWith(" 16777216"));
    QVERIFY(facts.value("mount:/tmp").contains("noexec"));
    QVERIFY(facts.contains("mount:/dev/shm"));
    for (const char *key : {"cgroup", "cpu.max", "nofile", "core", "memory.swap.max"})
        QVERIFY2(facts.contains(key), key);
}

void tst_guest_docker::walls()
{
    GuestBox box;
    RUNS(box);
    const auto outcome = box.run({"walls"});
    QVERIFY(outcome.ended);
    QCOMPARE(outcome.exit.code, 0);
    QVERIFY(outcome.output.contains("shut signals\n")); // it came to its end
    QVERIFY2(!outcome.output.contains("open "), outcome.output.constData());
}

void tst_guest_docker::ends_data()
{
    QTest::addColumn<QByteArrayList>("arguments");
    QTest::addColumn<int>("how");
    QTest::addColumn<int>("code");
    QTest::addColumn<uint>("flags");
    const auto row = [](const char *name, const QByteArrayList &arguments, int how, int code, uint flags) {
        QTest::newRow(name) << arguments << how << code << flags;
    };
    row("zero", {"exit", "0"}, ExitMessage::Exited, 0, 0);
    row("255", {"exit", "255"}, ExitMessage::Exited, 255, 0);
    row("closed streams", {"closed"}, ExitMessage::Exited, 5, 0);
    row("forged frames", {"forge"}, ExitMessage::Exited, 0, 0);
    row("disk full", {"fill"}, ExitMessage::Exited, 1, ExitMessage::DiskFull);
    row("out of memory", {"allocate"}, ExitMessage::Signalled, SIGKILL, ExitMessage::OomKilled);
    for (const int number : {1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 31, 34, 64})
        row(QByteArray("signal " + QByteArray::number(number)).constData(), {"die", QByteArray::number(number)},
            ExitMessage::Signalled, number, 0);
}

void tst_guest_docker::ends()
{
    QFETCH(QByteArrayList, arguments);
    QFETCH(int, how);
    QFETCH(int, code);
    QFETCH(uint, flags);
    GuestBox &box = shared();
    RUNS(box);
    std::vector<std::string> words;
    for (const QByteArray &argument : arguments)
        words.push_back(argument.toStdString());
    const auto outcome = box.run(words);
    QVERIFY(outcome.ended && outcome.started);
    QCOMPARE(int(outcome.exit.how), how);
    QCOMPARE(outcome.exit.code, code);
    QCOMPARE(outcome.exit.flags, flags);
    QVERIFY(outcome.exit.wallNs > 0);
    QVERIFY(outcome.exit.peakMemory > 0);
    box.send(FrameType::Reset, 1);
    GuestBox::Received frame;
    QVERIFY(box.await(FrameType::ResetDone, &frame));
}

void tst_guest_docker::notStarted_data()
{
    QTest::addColumn<QByteArray>("program");
    QTest::addColumn<QByteArray>("folder");
    QTest::addColumn<int>("code");
    QTest::addColumn<QByteArray>("says");
    QTest::newRow("no program") << QByteArray("/none") << QByteArray("/") << ENOENT << QByteArray("does not exist");
    QTest::newRow("not in PATH") << QByteArray("none") << QByteArray("/") << ENOENT << QByteArray("PATH");
    QTest::newRow("no folder") << QByteArray("/probe") << QByteArray("/none") << ENOENT << QByteArray("/none");
    QTest::newRow("file as folder") << QByteArray("/probe") << QByteArray("/probe") << ENOTDIR << QByteArray("folder");
    QTest::newRow("folder as program") << QByteArray("/tmp") << QByteArray("/") << EACCES << QByteArray("executed");
    QTest::newRow("empty") << QByteArray("") << QByteArray("/") << ENOENT << QByteArray("PATH");
}

void tst_guest_docker::notStarted()
{
    QFETCH(QByteArray, program);
    QFETCH(QByteArray, folder);
    QFETCH(int, code);
    QFETCH(QByteArray, says);
    GuestBox &box = shared();
    RUNS(box);
    RunMessage run;
    run.argv = {program.toStdString()};
    run.cwd = folder.toStdString();
    box.send(FrameType::Run, 5, run.encode());
    const auto outcome = box.finish(5);
    QVERIFY(outcome.ended && !outcome.started);
    QCOMPARE(outcome.exit.how, ExitMessage::NotStarted);
    QCOMPARE(outcome.exit.code, code);
    QVERIFY2(QByteArray::fromStdString(outcome.exit.message).contains(says), outcome.exit.message.c_str());
}

void tst_guest_docker::input()
{
    GuestBox box;
    RUNS(box);
    box.start(3, {"cat"});
    box.send(FrameType::Stdin, 3, std::string(Window, 'i'));
    box.send(FrameType::StdinEof, 3);
    auto outcome = box.finish(3);
    QVERIFY(outcome.ended);
    QCOMPARE(outcome.output.size(), qsizetype(Window));
    QCOMPARE(outcome.credit, qint64(Window));

    box.start(4, {"closed"}); // nobody reads: dropped, and given back
    box.send(FrameType::Stdin, 4, std::string(Window, 'i'));
    outcome = box.finish(4);
    QVERIFY(outcome.ended);
    QCOMPARE(outcome.exit.code, 5);
}

void tst_guest_docker::outputIsDropped()
{
    GuestBox box;
    RUNS(box);
    const auto outcome = box.run({"write", "300000000"}, 0, 1000);
    QVERIFY(outcome.ended);
    QCOMPARE(outcome.output, QByteArray(1000, 'x'));
    QCOMPARE(outcome.exit.stdoutBytes, std::uint64_t(300000000));
    QCOMPARE(outcome.exit.code, 0);
    const auto whole = box.run({"write", "20000000"});
    QCOMPARE(whole.output, QByteArray(20000000, 'x'));
}

void tst_guest_docker::outputIsExact_data()
{
    QTest::addColumn<int>("pauseMs");
    QTest::addColumn<quint64>("limit");
    QTest::newRow("read at once") << 0 << ~quint64(0);
    QTest::newRow("a host that is busy") << 400 << ~quint64(0);
    QTest::newRow("up to an odd limit") << 0 << quint64(3141593);
    QTest::newRow("up to an odd limit, a host that is busy") << 400 << quint64(3141593);
}

// Much of both outputs, in pieces of all sizes: nothing is lost, doubled or mixed up.
void tst_guest_docker::outputIsExact()
{
    QFETCH(int, pauseMs);
    QFETCH(quint64, limit);
    constexpr qsizetype Written = 6000001;
    const auto expected = [](int number, qsizetype size) {
        QByteArray bytes(size, Qt::Uninitialized);
        for (qsizetype i = 0; i < size; ++i)
            bytes[i] = char(uchar(i * 31 + (i >> 8) + number));
        return bytes;
    };
    GuestBox box;
    RUNS(box);
    box.start(3, {"both", std::to_string(Written)}, 0, limit);
    GuestBox::Received frame;
    QVERIFY(box.await(FrameType::Started, &frame));
    QTest::qWait(pauseMs);
    const GuestBox::Outcome outcome = box.finish(3);
    QVERIFY(outcome.ended);
    QCOMPARE(outcome.exit.code, 0);
    QCOMPARE(outcome.exit.stdoutBytes, quint64(Written));
    QCOMPARE(outcome.exit.stderrBytes, quint64(Written));
    QVERIFY(outcome.output == expected(1, qsizetype(std::min<quint64>(limit, Written))));
    QVERIFY(outcome.errors == expected(2, Written));
}

void tst_guest_docker::killBomb()
{
    GuestBox box({.memory = 256 << 20}); // the bomb reaches its PIDs before its memory
    RUNS(box);
    box.start(3, {"bomb"});
    GuestBox::Received frame;
    QVERIFY(box.await(FrameType::Started, &frame));
    box.start(4, {"exit", "0"}); // one at a time
    const auto second = box.finish(4);
    QCOMPARE(second.exit.how, ExitMessage::NotStarted);
    QTest::qWait(300);
    box.send(FrameType::Kill, 3);
    const auto outcome = box.finish(3);
    QVERIFY(outcome.ended);
    QCOMPARE(outcome.exit.how, ExitMessage::Signalled);
    QCOMPARE(outcome.exit.flags, uint(ExitMessage::HostKilled | ExitMessage::PidsLimited));
    QCOMPARE(box.run({"remains"}).output.count("open"), 0);
}

void tst_guest_docker::leftovers_data()
{
    QTest::addColumn<uint>("flags");
    QTest::addColumn<bool>("stay");
    QTest::newRow("die with the run") << 0U << false;
    QTest::newRow("stay in a session") << uint(RunMessage::KeepOthers) << true;
}

void tst_guest_docker::leftovers()
{
    QFETCH(uint, flags);
    QFETCH(bool, stay);
    GuestBox box;
    RUNS(box);
    const auto outcome = box.run({"daemon"}, flags);
    QVERIFY(outcome.ended);
    QCOMPARE(outcome.output, QByteArray("main\n"));
    QCOMPARE(box.run({"remains"}, flags).output.contains("open processes"), stay);
}

void tst_guest_docker::terminal()
{
    GuestBox box;
    RUNS(box);
    const auto outcome = box.run({"terminal"}, RunMessage::Pty);
    QVERIFY(outcome.ended);
    QCOMPARE(outcome.exit.code, 0);
    QCOMPARE(outcome.output, QByteArray("111 /dev/pts/0\r\n"));
}

void tst_guest_docker::reset()
{
    GuestBox box;
    RUNS(box);
    for (int round = 0; round < 5; ++round) {
        QCOMPARE(box.run({"leave"}, RunMessage::KeepOthers).output, QByteArray("made\n"));
        box.send(FrameType::Reset, 2);
        GuestBox::Received frame;
        ResetDoneMessage done;
        QVERIFY(box.await(FrameType::ResetDone, &frame) && done.decode(frame.payload));
        QVERIFY2(done.ok, done.problem.c_str());
        const auto outcome = box.run({"remains"});
        QCOMPARE(outcome.exit.code, 0);
        QVERIFY2(!outcome.output.contains("open"), outcome.output.constData());
    }
}

void tst_guest_docker::stopAndContinue()
{
    GuestBox box;
    RUNS(box);
    box.start(3, {"sleep", "60"});
    GuestBox::Received frame;
    QVERIFY(box.await(FrameType::Started, &frame));
    box.send(FrameType::Stop, 4);
    QVERIFY(box.await(FrameType::Stopped, &frame));
    QCOMPARE(frame.id, 4U);
    QCOMPARE(box.put("/sandbox/while-stopped", "x").error, FileError::None);
    box.send(FrameType::Continue, 5);
    QVERIFY(box.await(FrameType::Continued, &frame));
    box.send(FrameType::Kill, 3);
    QVERIFY(box.finish(3).ended);
}

void tst_guest_docker::hostDies_data()
{
    QTest::addColumn<QByteArrayList>("arguments");
    QTest::newRow("idle") << QByteArrayList{};
    QTest::newRow("sleeping program") << QByteArrayList{"sleep", "1000"};
    QTest::newRow("flood that nobody reads") << QByteArrayList{"write", "100000000000"};
    QTest::newRow("fork bomb") << QByteArrayList{"bomb"};
}

void tst_guest_docker::hostDies()
{
    QFETCH(QByteArrayList, arguments);
    GuestBox box;
    RUNS(box);
    if (!arguments.isEmpty()) {
        std::vector<std::string> words;
        for (const QByteArray &argument : arguments)
            words.push_back(argument.toStdString());
        box.start(3, words);
        GuestBox::Received frame;
        QVERIFY(box.await(FrameType::Started, &frame));
        QTest::qWait(200);
    }
    box.hangUp();
    QVERIFY(box.gone());
}

void tst_guest_docker::brokenFrames_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("length") << QByteArray::fromHex("ffffffff0100000000000000");
    QTest::newRow("zero field") << QByteArray::fromHex("000000000100010000000000");
    QTest::newRow("guest's type") << QByteArray::fromHex("000000004100000000000000");
    QTest::newRow("unknown type") << QByteArray::fromHex("000000003f00000000000000");
    QTest::newRow("run of nothing") << QByteArray::fromHex("000000000200000000000000");
    QTest::newRow("signal 11") << QByteArray::fromHex("0400000005000000010000000b000000");
    QTest::newRow("kill with payload") << QByteArray::fromHex("01000000060000000100000000");
    QTest::newRow("door data for no stream") << QByteArray::fromHex("01000000200000000100000000");
    QTest::newRow("door's own frame") << QByteArray::fromHex("000000002f00000000000000");
    QTest::newRow("door opened with payload") << QByteArray::fromHex("01000000150000000100000000");
    QTest::newRow("resize cut short") << QByteArray::fromHex("04000000070000000100000001000000");
}

void tst_guest_docker::brokenFrames()
{
    QFETCH(QByteArray, bytes);
    GuestBox box;
    RUNS(box);
    box.sendRaw(bytes);
    GuestBox::Received frame;
    QVERIFY(!box.next(&frame));
    QVERIFY(box.gone());
}

QTEST_GUILESS_MAIN(tst_guest_docker)
#include "tst_guest_docker.moc"
