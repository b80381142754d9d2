// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; sandbox
// File transfers with a guest that lies: the sandbox is lost, each job ends once, and nothing else happens.
#include <isol8/archive/TarWriter.h>
#include <isol8/guest/Frames.h>
#include <isol8/sandbox/DirectoryDownload.h>
#include <isol8/sandbox/DirectoryUpload.h>
#include <isol8/sandbox/FileDownload.h>
#include <isol8/sandbox/FileOperation.h>
#include <isol8/sandbox/FileUpload.h>

#include <QTest>

#include <functional>
#include <memory>

using namespace Qt::StringLiterals;
using namespace isol8;
using namespace isol8::guest;
using isol8::KiB;
using isol8::MiB;

namespace {

// A guest that says what the test wants.
class Liar : public docker::AttachStream
{
public:
    void write(const QByteArray &data) override { written.append(data); }
    [[nodiscard]] qint64 bytesToWrite() const override { return 0; }
    void setPaused(bool) override {}
    void abort() override {}

    void say(FrameType type, quint32 id, const std::string &payload = {})
    {
        Buffer buffer;
        appendFrame(buffer, type, id, payload);
        Q_EMIT standardOutput(QByteArray(buffer.view().data(), qsizetype(buffer.size())));
    }
    //! Frames of \a type that the engine has sent.
    [[nodiscard]] int count(FrameType type) const
    {
        std::string_view rest(written.constData(), std::size_t(written.size()));
        Frame frame;
        std::size_t consumed = 0;
        int found = 0;
        while (parseFrame(rest, &frame, &consumed) == FrameStatus::Complete) {
            found += frame.type == type ? 1 : 0;
            rest.remove_prefix(consumed);
        }
        return found;
    }

    QByteArray written;
};

std::string file(const char *path, std::uint64_t size, char kind = 'f')
{
    FileEntryMessage entry;
    entry.path = path;
    entry.size = size;
    entry.kind = std::uint8_t(kind);
    entry.mode = 0644;
    return entry.encode();
}

std::string number(std::uint32_t value)
{
    Writer w;
    w.u32(value);
    return w.take();
}

} // namespace

class tst_filelies : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();
    void upload_data();
    void upload();
    void download_data();
    void download();
    void listing_data();
    void listing();
    void packing();
    void wholeFiles_data();
    void wholeFiles();
    void windowIsKept();
    void unpackingIsBounded();

private:
    void say(FrameType type, const std::string &payload = {}) { m_guest->say(type, 1, payload); }

    std::unique_ptr<Liar> m_guest;
    std::unique_ptr<GuestChannel> m_channel;
    QStringList m_ends; //!< codes of what ended
    int m_lost = 0;
};

using Say = std::function<void(Liar *)>;
Q_DECLARE_METATYPE(Say)

void tst_filelies::init()
{
    m_guest = std::make_unique<Liar>();
    m_channel = std::make_unique<GuestChannel>(m_guest.get());
    m_ends.clear();
    m_lost = 0;
    connect(m_channel.get(), &GuestChannel::lost, this, [this] { ++m_lost; });
    m_guest->say(FrameType::Hello, 0, HelloMessage().encode());
}

void tst_filelies::cleanup()
{
    m_channel.reset();
    m_guest.reset();
}

void tst_filelies::upload_data()
{
    QTest::addColumn<Say>("lie");
    const auto row = [](const char *name, const Say &lie) { QTest::newRow(name) << lie; };
    row("credit for nothing", [](Liar *guest) { guest->say(FrameType::Credit, 1, number(6)); });
    row("enormous credit", [](Liar *guest) { guest->say(FrameType::Credit, 1, number(0xffffffff)); });
    row("half a credit", [](Liar *guest) { guest->say(FrameType::Credit, 1, "ab"); });
    row("bytes", [](Liar *guest) { guest->say(FrameType::FileBytes, 1, "ab"); });
    row("entry", [](Liar *guest) { guest->say(FrameType::FileEntry, 1, file("/sandbox/f", 5)); });
    row("output", [](Liar *guest) { guest->say(FrameType::Stdout, 1, "ab"); });
    row("half a done", [](Liar *guest) { guest->say(FrameType::FileDone, 1, "ab"); });
}

void tst_filelies::upload()
{
    QFETCH(Say, lie);
    FileUpload::Target target;
    target.path = "/sandbox/f";
    FileUpload job(m_channel.get(), target);
    connect(&job, &FileJob::finished, this, [this](const Error &error) { m_ends.append(error.code); });
    job.start();
    job.write("12345");
    lie(m_guest.get());
    QCOMPARE(m_lost, 1);
    QCOMPARE(m_ends, QStringList{errors::SandboxLost.toString()});
    QTest::qWait(0);
    QCOMPARE(m_ends.size(), 1);
}

void tst_filelies::download_data()
{
    QTest::addColumn<Say>("lie");
    QTest::addColumn<bool>("paused");
    const auto row = [](const char *name, const Say &lie, bool paused = false) {
        QTest::newRow(name) << lie << paused;
    };
    const auto open = [](Liar *guest, std::uint64_t size) {
        guest->say(FrameType::FileEntry, 1, file("/sandbox/f", size));
    };
    row("bytes before the entry", [](Liar *guest) { guest->say(FrameType::FileBytes, 1, "a"); });
    row("two entries", [open](Liar *guest) { open(guest, 5), open(guest, 5); });
    row("not a file", [](Liar *guest) { guest->say(FrameType::FileEntry, 1, file("/sandbox/f", 5, 'd')); });
    row("larger than asked for", [open](Liar *guest) { open(guest, 2 * MiB); });
    row("enormous", [open](Liar *guest) { open(guest, ~std::uint64_t(0)); });
    row("more than said", [open](Liar *guest) { open(guest, 1), guest->say(FrameType::FileBytes, 1, "ab"); });
    row(
        "past the window",
        [open](Liar *guest) {
            open(guest, MiB);
            for (int i = 0; i < 9; ++i)
                guest->say(FrameType::FileBytes, 1, std::string(DataChunk, 'x'));
        },
        true);
    row(
        "after the end",
        [open](Liar *guest) {
            open(guest, 5);
            guest->say(FrameType::FileDone, 1, FileDoneMessage().encode());
            guest->say(FrameType::FileBytes, 1, "a");
        },
        true);
    row("credit", [](Liar *guest) { guest->say(FrameType::Credit, 1, number(1)); });
}

void tst_filelies::download()
{
    QFETCH(Say, lie);
    QFETCH(bool, paused);
    FileDownload job(m_channel.get(), "/sandbox/f", MiB);
    connect(&job, &FileJob::finished, this, [this](const Error &error) { m_ends.append(error.code); });
    job.setPaused(paused);
    job.start();
    lie(m_guest.get());
    QCOMPARE(m_lost, 1);
    QCOMPARE(m_ends, QStringList{errors::SandboxLost.toString()});
}

void tst_filelies::listing_data()
{
    QTest::addColumn<QByteArrayList>("paths");
    QTest::newRow("outside") << QByteArrayList{"/etc/passwd"};
    QTest::newRow("a neighbour") << QByteArrayList{"/sandbox/dx/f"};
    QTest::newRow("dots") << QByteArrayList{"/sandbox/d/../../etc/passwd"};
    QTest::newRow("dots at the end") << QByteArrayList{"/sandbox/d/.."};
    QTest::newRow("dot") << QByteArrayList{"/sandbox/d/./f"};
    QTest::newRow("empty part") << QByteArrayList{"/sandbox/d/a//b"};
    QTest::newRow("absolute below") << QByteArrayList{"/sandbox/d//etc"};
    QTest::newRow("nothing below") << QByteArrayList{"/sandbox/d/"};
    QTest::newRow("relative") << QByteArrayList{"f"};
    QTest::newRow("twice") << QByteArrayList{"/sandbox/d/a", "/sandbox/d/a"};
    QTest::newRow("not sorted") << QByteArrayList{"/sandbox/d/b", "/sandbox/d/a"};
    QTest::newRow("itself and more") << QByteArrayList{"/sandbox/d", "/sandbox/d/a"};
    QTest::newRow("more than asked for") << QByteArrayList{"/sandbox/d/a", "/sandbox/d/b", "/sandbox/d/c",
                                                           "/sandbox/d/d"};
}

void tst_filelies::listing()
{
    QFETCH(QByteArrayList, paths);
    DirectoryDownload job(m_channel.get(), "/sandbox/d", {3, MiB});
    connect(&job, &DirectoryDownload::finished, this, [this](const Error &error) { m_ends.append(error.code); });
    connect(&job, &DirectoryDownload::data, this, [] { QFAIL("something was packed"); });
    job.start();
    for (const QByteArray &path : std::as_const(paths)) {
        if (m_lost == 0)
            say(FrameType::FileEntry, file(path.constData(), 1));
    }
    QCOMPARE(m_lost, 1);
    QTRY_COMPARE_WITH_TIMEOUT(m_ends, QStringList{errors::SandboxLost.toString()}, 20000);
}

// Sizes that add up past every number, and files that are larger than they were listed.
void tst_filelies::packing()
{
    for (const bool atOnce : {true, false}) {
        init();
        DirectoryDownload job(m_channel.get(), "/sandbox/d", {10, MiB});
        connect(&job, &DirectoryDownload::finished, this, [this](const Error &error) { m_ends.append(error.code); });
        job.start();
        const std::uint64_t size = atOnce ? ~std::uint64_t(0) : 1;
        say(FrameType::FileEntry, file("/sandbox/d/a", size));
        say(FrameType::FileEntry, file("/sandbox/d/b", size));
        say(FrameType::FileDone, FileDoneMessage().encode());
        if (!atOnce) {
            QCOMPARE(m_guest->count(FrameType::FileGet), 2);
            for (const quint32 id : {2U, 3U}) {
                m_guest->say(FrameType::FileEntry, id, file("/sandbox/d/a", 600 * KiB));
                for (int sent = 0; sent < 600 && m_ends.isEmpty(); sent += 60) {
                    m_guest->say(FrameType::FileBytes, id, std::string(60 * KiB, 'x'));
                    QTest::qWait(1);
                }
                m_guest->say(FrameType::FileDone, id, FileDoneMessage().encode());
            }
        }
        QTRY_COMPARE_WITH_TIMEOUT(m_ends, QStringList{errors::TooLarge.toString()}, 20000);
    }
}

void tst_filelies::wholeFiles_data()
{
    QTest::addColumn<Say>("lie");
    const auto row = [](const char *name, const Say &lie) { QTest::newRow(name) << lie; };
    row("bytes before the entry", [](Liar *guest) { guest->say(FrameType::FileBytes, 1, "a"); });
    row("too many bytes", [](Liar *guest) {
        guest->say(FrameType::FileEntry, 1, file("/sandbox/f", 5));
        guest->say(FrameType::FileBytes, 1, "123456");
    });
    row("two entries", [](Liar *guest) {
        guest->say(FrameType::FileEntry, 1, file("/sandbox/f", 5));
        guest->say(FrameType::FileEntry, 1, file("/sandbox/f", 5));
    });
}

void tst_filelies::wholeFiles()
{
    QFETCH(Say, lie);
    files::get(m_channel.get(), u"/sandbox/f"_s, 5, {this, [this](const Result<files::Content> &content) {
                                                         m_ends.append(content ? QString() : content.error().code);
                                                     }});
    lie(m_guest.get());
    QCOMPARE(m_lost, 1);
    QCOMPARE(m_ends, QStringList{errors::SandboxLost.toString()});
}

// What the guest has not asked for is not sent, however much there is.
void tst_filelies::windowIsKept()
{
    FileUpload::Target target;
    target.path = "/sandbox/f";
    FileUpload job(m_channel.get(), target);
    job.start();
    job.write(QByteArray(4 * MiB, 'x'));
    QVERIFY(m_guest->written.size() < qsizetype(FileWindow) + 1000);
    QCOMPARE(job.bytesPending(), 4 * MiB - FileWindow);
    say(FrameType::Credit, number(1000));
    QCOMPARE(job.bytesPending(), 4 * MiB - FileWindow - 1000);
}

void tst_filelies::unpackingIsBounded()
{
    DirectoryUpload job(m_channel.get(), {});
    job.start();
    QByteArray tar;
    for (int i = 0; i < 2000; ++i) {
        archive::TarMember member;
        member.name = "f" + QByteArray::number(i);
        tar += archive::tarHeader(member);
    }
    job.write(tar);
    QVERIFY(m_guest->count(FrameType::FilePut) < 257); // none is done yet
    QVERIFY(job.bytesPending() > 512 * 1700);
    m_guest->say(FrameType::FileDone, 2, FileDoneMessage().encode());
    QTRY_COMPARE_WITH_TIMEOUT(m_guest->count(FrameType::FilePut), 256, 20000);
}

QTEST_GUILESS_MAIN(tst_filelies)
#include "tst_filelies.moc"
