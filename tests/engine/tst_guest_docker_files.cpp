// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker,abuse; guest
// isol8-init's file operations in a real container, without the engine.
#include "guest/GuestBox.cpp"

#include <QTemporaryDir>
#include <QTest>

#include <memory>

using namespace isol8::guest;

#define RUNS(box) QVERIFY2((box).problem().isEmpty(), qPrintable((box).problem()))

class tst_guest_docker_files : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanupTestCase();
    void files();
    void manyAtOnce();
    void givenUp();
    void noSpace();
    void windowOfReading();
    void tooMuchGiven();
    void pathsThatEscape_data();
    void pathsThatEscape();
    void fileBeforeRun();

private:
    GuestBox &shared();

    QTemporaryDir m_cache;
    std::unique_ptr<GuestBox> m_shared; //!< of the rows that leave a sandbox as it was
};

void tst_guest_docker_files::initTestCase()
{
    qputenv("XDG_CACHE_HOME", m_cache.path().toUtf8());
    QVERIFY2(GuestBox::makeImage(), "no Docker daemon answers, or it imports no image");
}

void tst_guest_docker_files::cleanupTestCase()
{
    m_shared.reset();
    GuestBox::removeImage();
}

GuestBox &tst_guest_docker_files::shared()
{
    if (!m_shared)
        m_shared = std::make_unique<GuestBox>();
    return *m_shared;
}

void tst_guest_docker_files::files()
{
    GuestBox box;
    RUNS(box);
    std::string content;
    QCOMPARE(box.put("/sandbox/new/folder/file", "content").error, FileError::None);
    QCOMPARE(box.get("/sandbox/new/folder/file", &content).error, FileError::None);
    QCOMPARE(content, std::string("content"));
    QCOMPARE(box.put("/sandbox/new/folder/file", "new").error, FileError::None);
    QCOMPARE(box.get("/sandbox/new/../new/folder/./file", &content).error, FileError::None);
    QCOMPARE(content, std::string("new"));

    box.send(FrameType::FileList, 9, FileListMessage{"/sandbox/**/f*", 10, 0}.encode());
    std::vector<FileEntryMessage> entries;
    GuestBox::Received frame;
    while (box.next(&frame) && frame.type == FrameType::FileEntry) {
        entries.emplace_back();
        QVERIFY(entries.back().decode(frame.payload));
    }
    QCOMPARE(frame.type, FrameType::FileDone);
    QCOMPARE(entries.size(), std::size_t(2));
    QCOMPARE(entries[0].path, std::string("/sandbox/new/folder"));
    QCOMPARE(entries[0].mode, 0755U);
    QCOMPARE(entries[1].path, std::string("/sandbox/new/folder/file"));
    QCOMPARE(entries[1].mode, 0640U);
    QCOMPARE(entries[1].size, std::uint64_t(3));

    box.send(FrameType::FileRemove, 10, PathMessage{"/sandbox/new"}.encode());
    QVERIFY(box.await(FrameType::FileDone, &frame));
    QCOMPARE(box.get("/sandbox/new/folder/file", &content).error, FileError::NotFound);

    QCOMPARE(box.put("/sandbox/large", std::string(200000, 'x')).error, FileError::None);
    box.send(FrameType::FileGet, 11, FileGetMessage{"/sandbox/large", 199999}.encode());
    QVERIFY(box.await(FrameType::FileDone, &frame));
    FileDoneMessage done;
    QVERIFY(done.decode(frame.payload));
    QCOMPARE(done.error, FileError::TooLarge);
}

void tst_guest_docker_files::pathsThatEscape_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<FileError>("error");
    QTest::newRow("outside") << QByteArray("/etc/passwd") << FileError::Outside;
    QTest::newRow("dots") << QByteArray("/sandbox/../etc/passwd") << FileError::Outside;
    QTest::newRow("link") << QByteArray("/sandbox/link/passwd") << FileError::Outside;
    QTest::newRow("link itself") << QByteArray("/sandbox/link") << FileError::Outside;
    QTest::newRow("proc") << QByteArray("/proc/self/environ") << FileError::Outside;
    QTest::newRow("relative") << QByteArray("sandbox/x") << FileError::Outside;
    QTest::newRow("empty") << QByteArray("") << FileError::Outside;
    QTest::newRow("prefix only") << QByteArray("/sandboxes/x") << FileError::Outside;
    QTest::newRow("pipe") << QByteArray("/sandbox/\xff\n") << FileError::NotRegular;
    QTest::newRow("folder") << QByteArray("/sandbox") << FileError::NotRegular;
    QTest::newRow("shut") << QByteArray("/sandbox/shut/in") << FileError::Denied;
}

void tst_guest_docker_files::pathsThatEscape()
{
    QFETCH(QByteArray, path);
    QFETCH(FileError, error);
    GuestBox &box = shared();
    RUNS(box);
    QCOMPARE(box.run({"litter"}).exit.code, 0); // links, pipes and shut folders
    std::string content;
    QCOMPARE(box.get(path.toStdString(), &content).error, error);
    QVERIFY(content.empty());
    QCOMPARE(box.put(path.toStdString(), "evil").error, error);
}

void tst_guest_docker_files::fileBeforeRun()
{
    GuestBox box;
    RUNS(box);
    box.send(FrameType::FilePut, 7, FilePutMessage{"/sandbox/a", 0600}.encode());
    box.start(3, {"remains"}); // waits for the file's end, and never meets the file helper
    box.send(FrameType::FileData, 7, "x");
    box.send(FrameType::FileEnd, 7);
    const auto outcome = box.finish(3);
    QVERIFY(outcome.ended);
    QVERIFY(outcome.output.contains("open /sandbox\n"));
    QVERIFY(outcome.output.contains("shut processes\n"));
}

void tst_guest_docker_files::manyAtOnce()
{
    GuestBox box;
    RUNS(box);
    for (quint32 id = 0; id < 200; ++id) {
        const std::string name = "/sandbox/many/" + std::to_string(id);
        box.send(FrameType::FilePut, id, FilePutMessage{name, 0600}.encode());
    }
    for (quint32 id = 0; id < 200; ++id) { // interleaved
        box.send(FrameType::FileData, id, std::to_string(id));
        box.send(FrameType::FileEnd, id);
    }
    GuestBox::Received frame;
    for (int done = 0; done < 200; ++done) {
        FileDoneMessage message;
        QVERIFY(box.await(FrameType::FileDone, &frame) && message.decode(frame.payload));
        QCOMPARE(message.error, FileError::None);
    }
    std::string content;
    QCOMPARE(box.get("/sandbox/many/137", &content).error, FileError::None);
    QCOMPARE(content, std::string("137"));
}

void tst_guest_docker_files::givenUp()
{
    GuestBox box;
    RUNS(box);
    box.send(FrameType::FilePut, 1, FilePutMessage{"/sandbox/half", 0600}.encode());
    box.send(FrameType::FileData, 1, "half");
    box.send(FrameType::FileAbort, 1);
    box.send(FrameType::FileData, 1, "late"); // on its way when the end came: means nothing
    box.send(FrameType::FileEnd, 1);
    GuestBox::Received frame;
    FileDoneMessage done;
    QVERIFY(box.await(FrameType::FileDone, &frame) && done.decode(frame.payload));
    QCOMPARE(done.error, FileError::Aborted);
    std::string content;
    QCOMPARE(box.get("/sandbox/half", &content).error, FileError::NotFound);
}

// A reader that gives nothing back gets the window and no more.
void tst_guest_docker_files::windowOfReading()
{
    GuestBox box({64 << 20, "516k"});
    RUNS(box);
    QVERIFY(box.run({"fill"}).ended); // 4 KiB more than the window
    box.send(FrameType::FileGet, 1, FileGetMessage{"/sandbox/full", 1 << 20}.encode());
    GuestBox::Received frame;
    FileEntryMessage entry;
    QVERIFY(box.next(&frame) && frame.type == FrameType::FileEntry && entry.decode(frame.payload));
    QCOMPARE(entry.size, std::uint64_t(FileWindow + 4096));
    std::size_t got = 0;
    while (got < FileWindow) {
        QVERIFY(box.next(&frame) && frame.type == FrameType::FileBytes);
        got += frame.payload.size();
    }
    QCOMPARE(got, std::size_t(FileWindow));
    std::string content;
    QCOMPARE(box.get("/sandbox/none", &content).error, FileError::NotFound); // others go on
    QVERIFY(content.empty());                                                // and no byte more has come
    Writer give;
    give.u32(FileWindow);
    box.send(FrameType::FileGive, 1, give.take());
    QVERIFY(box.next(&frame) && frame.type == FrameType::FileBytes);
    QCOMPARE(frame.payload.size(), std::size_t(4096));
    QVERIFY(box.next(&frame));
    QCOMPARE(frame.type, FrameType::FileDone);
}

void tst_guest_docker_files::tooMuchGiven()
{
    GuestBox box({64 << 20, "1m"});
    RUNS(box);
    QVERIFY(box.run({"fill"}).ended);
    box.send(FrameType::FileGet, 1, FileGetMessage{"/sandbox/full", 1 << 20}.encode());
    Writer give;
    give.u32(FileWindow + 1);
    box.send(FrameType::FileGive, 1, give.take());
    QVERIFY(box.gone());
}

void tst_guest_docker_files::noSpace()
{
    GuestBox box({64 << 20, "1m"});
    RUNS(box);
    box.send(FrameType::FilePut, 1, FilePutMessage{"/sandbox/large", 0600}.encode());
    GuestBox::Received frame;
    FileDoneMessage done;
    quint32 window = FileWindow;
    for (int part = 0; part < 40 && frame.type != FrameType::FileDone; ++part) { // 2.5 MB
        box.send(FrameType::FileData, 1, std::string(DataChunk, 'x'));
        window -= DataChunk;
        while (window < DataChunk && frame.type != FrameType::FileDone) {
            QVERIFY(box.next(&frame));
            if (frame.type == FrameType::Credit)
                window += getU32(reinterpret_cast<const unsigned char *>(frame.payload.data()));
        }
    }
    QVERIFY(done.decode(frame.payload));
    QCOMPARE(done.error, FileError::NoSpace);
    QCOMPARE(box.put("/sandbox/small", "fits: the broken file is gone").error, FileError::None);
}

QTEST_GUILESS_MAIN(tst_guest_docker_files)
#include "tst_guest_docker_files.moc"
