// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker,abuse; sandbox
// Files into and out of a real sandbox, large and small, and what goes wrong on the way.
#include "support/Await.h"
#include "support/DoorBox.h"

#include <isol8/base/Units.h>
#include <isol8/sandbox/FileDownload.h>
#include <isol8/sandbox/FileErrors.h>
#include <isol8/sandbox/FileOperation.h>
#include <isol8/sandbox/FileUpload.h>

#include <QBuffer>
#include <QCryptographicHash>
#include <QFile>
#include <QTest>

#include <memory>
#include <optional>

using namespace Qt::StringLiterals;
using namespace isol8;
using isol8::test::await;
using isol8::test::describe;
using isol8::test::DoorBox;
using Entries = QList<guest::FileEntryMessage>;

namespace {

constexpr qint64 Large = 100 * MiB;

// As many bytes as wanted, no two blocks alike, and their hash; perhaps an error on the way.
class Generator : public QIODevice
{
public:
    explicit Generator(qint64 size, qint64 failsAt = -1)
        : m_left(size)
        , m_failsAt(failsAt)
    {
        open(QIODevice::ReadOnly | QIODevice::Unbuffered);
    }
    [[nodiscard]] qint64 size() const override { return m_left; }
    [[nodiscard]] QByteArray hash() const { return m_hash.result(); }

protected:
    qint64 readData(char *data, qint64 most) override
    {
        if (m_failsAt >= 0 && m_made >= m_failsAt) {
            setErrorString(u"the disk is on fire"_s);
            return -1;
        }
        const qint64 n = std::min({most, m_left, qint64(60000)});
        std::fill_n(data, n, char(m_made / 60000));
        m_left -= n;
        m_made += n;
        m_hash.addData(QByteArrayView(data, n));
        return n;
    }
    qint64 writeData(const char *, qint64) override { return -1; }

private:
    qint64 m_left;
    qint64 m_failsAt;
    qint64 m_made = 0;
    QCryptographicHash m_hash{QCryptographicHash::Sha1};
};

// What a job says.
struct Watch
{
    explicit Watch(FileJob *job)
    {
        QObject::connect(job, &FileJob::finished, &context, [this](const Error &e) {
            ++ends;
            error = e;
        });
        QObject::connect(job, &FileJob::progress, &context, [this](qint64 done, qint64) {
            backwards = backwards || done < progress;
            progress = done;
        });
    }
    bool wait(int ms = 60000)
    {
        return DoorBox::wait([this] { return ends > 0; }, ms);
    }

    int ends = 0;
    Error error;
    qint64 progress = 0;
    bool backwards = false;
    QObject context;
};

qint64 peakKiB()
{
    QFile status(u"/proc/self/status"_s);
    if (!status.open(QIODevice::ReadOnly))
        return -1;
    const QByteArray text = status.readAll();
    return text.mid(text.indexOf("VmHWM:") + 6, 16).simplified().split(' ').first().toLongLong();
}

void resetPeak()
{
    QFile file(u"/proc/self/clear_refs"_s);
    if (file.open(QIODevice::WriteOnly))
        file.write("5");
}

FileUpload::Target target(const QByteArray &path)
{
    FileUpload::Target target;
    target.path = path;
    return target;
}

} // namespace

class tst_transfer : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup() { m_box.reset(); }
    void largeIsFlat();
    void fed();
    void empty();
    void attributes();
    void links();
    void replaced();
    void listed();
    void removed();
    void refusals_data();
    void refusals();
    void tooLarge();
    void slowReader();
    void pausedAtTheEnd();
    void cancelled();
    void deleted();
    void cancelledWhileReading();
    void sandboxDies();
    void deadFromTheStart();
    void diskFull();
    void oldFileStays_data();
    void oldFileStays();
    void sourceFails();
    void sinkFails();
    void beforeAndDuringARun();

private:
    [[nodiscard]] GuestChannel *channel() const { return m_box->sandbox->channel(); }
    Error put(FileUpload::Target target, const QByteArray &content)
    {
        FileUpload job(channel(), std::move(target));
        Watch watch(&job);
        job.start();
        job.write(content);
        job.finish();
        return watch.wait() ? watch.error : Error{u"test"_s, u"never finished"_s, {}};
    }
    Result<QByteArray> get(const QString &path)
    {
        const auto content = await<files::Content>(
            [&](const Callback<files::Content> &done) { files::get(channel(), path, MiB, done); });
        return content ? Result<QByteArray>(content->bytes) : fail(content.error());
    }
    Result<Entries> list(const QString &pattern, bool recursive = false)
    {
        return await<Entries>([&](const Callback<Entries> &done) {
            files::list(channel(), pattern, {1000, recursive}, done);
        });
    }
    Result<void> makeDirectory(const QString &path, const files::Attributes &attributes = {})
    {
        return await<void>(
            [&](const Callback<void> &done) { files::makeDirectory(channel(), path, attributes, done); });
    }
    Result<void> remove(const QString &path)
    {
        return await<void>([&](const Callback<void> &done) { files::remove(channel(), path, done); });
    }
    Result<void> makeLink(const QString &path, const QString &to)
    {
        return await<void>([&](const Callback<void> &done) { files::makeLink(channel(), path, to, done); });
    }

    std::unique_ptr<DoorBox> m_box;
};

void tst_transfer::init()
{
    m_box = std::make_unique<DoorBox>(Network::None);
    const QByteArray test = QTest::currentTestFunction();
    if (test == "diskFull" || test == "oldFileStays")
        m_box->spec.sandboxSize = 4 * MiB;
    if (test == "deadFromTheStart")
        return;
    QVERIFY2(m_box->open(), describe(m_box->outcome.lost));
}

void tst_transfer::largeIsFlat()
{
    QVERIFY(!put(target("/sandbox/warm"), QByteArray(2 * MiB, 'x')).code.size());
    resetPeak();
    const qint64 before = peakKiB();
    Generator source(Large);
    FileUpload up(channel(), target("/sandbox/large"));
    Watch upWatch(&up);
    up.start(&source);
    QVERIFY(upWatch.wait());
    QVERIFY2(upWatch.error.code.isEmpty(), describe(upWatch.error));
    QCOMPARE(upWatch.progress, Large);
    QVERIFY(!upWatch.backwards);

    QCryptographicHash hash(QCryptographicHash::Sha1);
    FileDownload down(channel(), "/sandbox/large", Large);
    Watch downWatch(&down);
    connect(&down, &FileDownload::data, this, [&](const QByteArray &bytes) { hash.addData(bytes); });
    down.start();
    QVERIFY(downWatch.wait());
    QVERIFY2(downWatch.error.code.isEmpty(), describe(downWatch.error));
    QCOMPARE(qint64(down.entry().size), Large);
    QCOMPARE(downWatch.progress, Large);
    QCOMPARE(hash.result(), source.hash());
    const qint64 growth = peakKiB() - before;
#ifndef __SANITIZE_ADDRESS__ // which keeps what was freed
    QVERIFY2(growth < 16 * 1024, qPrintable(u"grew by %1 KiB"_s.arg(growth)));
#else
    Q_UNUSED(growth);
#endif
}

// Written by hand, as far as there is room.
void tst_transfer::fed()
{
    Generator source(8 * MiB);
    FileUpload up(channel(), target("/sandbox/a/b/fed"));
    Watch watch(&up);
    qint64 most = 0;
    const auto feed = [&] {
        while (up.bytesPending() < FileUpload::HighWater && source.size() > 0)
            up.write(source.read(50000));
        most = std::max(most, up.bytesPending());
        if (source.size() == 0)
            up.finish();
    };
    connect(&up, &FileUpload::taken, this, feed);
    up.start();
    feed();
    QVERIFY(watch.wait());
    QVERIFY2(watch.error.code.isEmpty(), describe(watch.error));
    QVERIFY(most < FileUpload::HighWater + 50000);
    const auto outcome =
        m_box->run("import hashlib; print(hashlib.sha1(open('/sandbox/a/b/fed','rb').read()).hexdigest())");
    QCOMPARE(outcome.output.trimmed(), source.hash().toHex());
}

void tst_transfer::empty()
{
    QVERIFY(put(target("/sandbox/empty"), {}).code.isEmpty());
    QByteArray bytes("stays");
    QBuffer sink(&bytes);
    QVERIFY(sink.open(QIODevice::Append));
    FileDownload down(channel(), "/sandbox/empty", 0);
    Watch watch(&down);
    down.start(&sink);
    QVERIFY(watch.wait());
    QVERIFY2(watch.error.code.isEmpty(), describe(watch.error));
    QCOMPARE(bytes, "stays");
}

void tst_transfer::attributes()
{
    FileUpload::Target file = target("/sandbox/folder/file");
    file.mode = 0751;
    file.mtimeMs = 1600000000123;
    QVERIFY(put(file, "x").code.isEmpty());
    QVERIFY(makeDirectory(u"/sandbox/folder/sub"_s, {0700, 1500000000456}));
    QVERIFY(makeDirectory(u"/sandbox/folder"_s, {0711, 1400000000789}));
    auto entries = list(u"/sandbox/folder"_s);
    QVERIFY2(entries && entries->size() == 2, describe(entries));
    QCOMPARE(entries->at(0).mode, 0751U);
    QCOMPARE(entries->at(0).mtimeMs, 1600000000123U);
    QCOMPARE(entries->at(1).mode, 0700U);
    QCOMPARE(entries->at(1).mtimeMs, 1500000000456U);
    entries = list(u"/sandbox/f*"_s);
    QVERIFY(entries && entries->size() == 1);
    QCOMPARE(entries->at(0).mode, 0711U);
    QCOMPARE(entries->at(0).mtimeMs, 1400000000789U);
    QVERIFY(makeDirectory(u"/sandbox/folder"_s)); // there already: stays as it is
    QCOMPARE(list(u"/sandbox/f*"_s)->at(0).mode, 0711U);
}

void tst_transfer::links()
{
    QVERIFY(makeLink(u"/sandbox/new/link"_s, u"../../etc/passwd"_s)); // holds what it is told, and is not followed
    const auto entries = list(u"/sandbox/new"_s);
    QVERIFY2(entries && entries->size() == 1, describe(entries));
    QCOMPARE(entries->at(0).kind, quint8('l'));
    QCOMPARE(entries->at(0).target, std::string("../../etc/passwd"));
    QCOMPARE(get(u"/sandbox/new/link"_s).error().code, errors::BadPath);
    QVERIFY(makeLink(u"/sandbox/new/link"_s, u"file"_s)); // in place of the old one
    QVERIFY(put(target("/sandbox/new/file"), "content").code.isEmpty());
    QCOMPARE(get(u"/sandbox/new/link"_s).value_or("?"), "content");
}

void tst_transfer::replaced()
{
    QVERIFY(put(target("/sandbox/file"), "old").code.isEmpty());
    QVERIFY(makeLink(u"/sandbox/link"_s, u"file"_s));
    QVERIFY(put(target("/sandbox/link"), "through").code.isEmpty());
    QCOMPARE(get(u"/sandbox/file"_s).value_or("?"), "through");
    FileUpload::Target own = target("/sandbox/link");
    own.replace = true;
    own.mode = 0400;
    QVERIFY(put(own, "own").code.isEmpty());
    QCOMPARE(get(u"/sandbox/file"_s).value_or("?"), "through");
    QCOMPARE(get(u"/sandbox/link"_s).value_or("?"), "own");
    QVERIFY(put(own, "again").code.isEmpty()); // though it may not be written
    QCOMPARE(get(u"/sandbox/link"_s).value_or("?"), "again");
}

void tst_transfer::listed()
{
    for (const char *path : {"/sandbox/t/a", "/sandbox/t/b/c", "/sandbox/t/b/d/e"})
        QVERIFY(put(target(path), "x").code.isEmpty());
    QVERIFY(makeLink(u"/sandbox/t/b/loop"_s, u".."_s));
    const auto names = [](const Result<Entries> &entries) {
        QByteArrayList found;
        for (const auto &entry : entries.value_or(Entries()))
            found.append(QByteArray::fromStdString(entry.path).mid(11));
        return found.join(' ');
    };
    QCOMPARE(names(list(u"/sandbox/t"_s)), "a b");
    QCOMPARE(names(list(u"/sandbox/t"_s, true)), "a b b/c b/d b/d/e b/loop");
    QCOMPARE(names(list(u"/sandbox/t/b*"_s, true)), "b b/c b/d b/d/e b/loop");
}

void tst_transfer::removed()
{
    QVERIFY(put(target("/sandbox/t/b/d/e"), "x").code.isEmpty());
    QVERIFY(put(target("/sandbox/keep"), "x").code.isEmpty());
    QVERIFY(makeLink(u"/sandbox/t/link"_s, u"/sandbox/keep"_s));
    QVERIFY(remove(u"/sandbox/t/link"_s));
    QVERIFY(remove(u"/sandbox/t"_s));
    QCOMPARE(get(u"/sandbox/keep"_s).value_or("?"), "x");
    QCOMPARE(remove(u"/sandbox/t"_s).error().code, errors::NotFound);
    QCOMPARE(remove(u"/sandbox"_s).error().code, errors::FileError);
    QCOMPARE(remove(u"/sandbox/../tmp"_s).error().code, errors::FileError);
    QCOMPARE(remove(u"/etc/passwd"_s).error().code, errors::BadPath);
}

void tst_transfer::refusals_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QString>("put");
    QTest::addColumn<QString>("get");
    QTest::addColumn<QString>("link");
    QTest::addColumn<QString>("folder");
    const QString outside = errors::BadPath.toString();
    const QString other = errors::FileError.toString();
    QTest::newRow("outside") << QByteArray("/etc/x") << outside << outside << outside << outside;
    QTest::newRow("dots") << QByteArray("/sandbox/../etc/x") << outside << outside << outside << outside;
    QTest::newRow("relative") << QByteArray("x") << outside << outside << outside << outside;
    QTest::newRow("through a link") << QByteArray("/sandbox/etc/x") << outside << outside << outside << outside;
    QTest::newRow("proc") << QByteArray("/proc/self/mem") << outside << outside << outside << outside;
    QTest::newRow("device") << QByteArray("/dev/null") << outside << outside << outside << outside;
    QTest::newRow("pipe") << QByteArray("/sandbox/pipe") << other << other << QString() << other;
    QTest::newRow("folder") << QByteArray("/sandbox/folder") << other << other << other << QString();
    QTest::newRow("shut") << QByteArray("/sandbox/shut/x") << other << other << other << other;
    QTest::newRow("below a file") << QByteArray("/sandbox/file/x") << errors::NotFound.toString()
                                  << errors::NotFound.toString() << errors::NotFound.toString()
                                  << errors::NotFound.toString();
    QTest::newRow("zero byte") << QByteArray("/sandbox/a\0b", 12) << other << other << other << other;
}

void tst_transfer::refusals()
{
    QFETCH(QByteArray, path);
    QFETCH(QString, put);
    QFETCH(QString, get);
    QFETCH(QString, link);
    QFETCH(QString, folder);
    const auto made = m_box->run("import os\nos.symlink('/etc', 'etc'); os.mkfifo('pipe'); os.mkdir('folder')\n"
                                 "os.mkdir('shut', 0); open('file', 'w')");
    QCOMPARE(made.exit.code, 0);
    const QString name = QString::fromUtf8(path);
    QCOMPARE(this->put(target(path), "evil").code, put);
    const auto got = this->get(name);
    QCOMPARE(got ? QString() : got.error().code, get);
    const auto made2 = makeDirectory(name);
    QCOMPARE(made2 ? QString() : made2.error().code, folder);
    const auto linked = makeLink(name, u"x"_s);
    QCOMPARE(linked ? QString() : linked.error().code, link);
}

void tst_transfer::tooLarge()
{
    QVERIFY(put(target("/sandbox/file"), "12345").code.isEmpty());
    FileDownload down(channel(), "/sandbox/file", 4);
    Watch watch(&down);
    connect(&down, &FileDownload::opened, this, [] { QFAIL("it was opened"); });
    down.start();
    QCOMPARE(watch.ends, 0); // never from inside the call
    QVERIFY(watch.wait());
    QCOMPARE(watch.error.code, errors::TooLarge);
}

// It holds back neither the other files nor a program's output.
void tst_transfer::slowReader()
{
    Generator source(16 * MiB);
    FileUpload up(channel(), target("/sandbox/large"));
    Watch upWatch(&up);
    up.start(&source);
    QVERIFY(upWatch.wait());
    QVERIFY(put(target("/sandbox/small"), "small").code.isEmpty());

    QCryptographicHash hash(QCryptographicHash::Sha1);
    FileDownload down(channel(), "/sandbox/large", 16 * MiB);
    Watch downWatch(&down);
    connect(&down, &FileDownload::data, this, [&](const QByteArray &bytes) {
        hash.addData(bytes);
        down.setPaused(true);
    });
    down.start();
    QVERIFY(DoorBox::wait([&] { return downWatch.progress > 0; }));
    const qint64 stuck = downWatch.progress;
    QCOMPARE(get(u"/sandbox/small"_s).value_or("?"), "small");
    QVERIFY(put(target("/sandbox/other"), QByteArray(2 * MiB, 'x')).code.isEmpty());
    const auto outcome = m_box->run("print('x' * 3000000)");
    QVERIFY2(outcome.ended, describe(outcome.lost));
    QCOMPARE(outcome.outputBytes, 3000001);
    QCOMPARE(downWatch.progress, stuck);
    while (downWatch.ends == 0) {
        down.setPaused(false);
        const qint64 seen = downWatch.progress;
        QVERIFY(DoorBox::wait([&] { return downWatch.progress > seen || downWatch.ends > 0; }));
    }
    QVERIFY2(downWatch.error.code.isEmpty(), describe(downWatch.error));
    QCOMPARE(hash.result(), source.hash());
}

void tst_transfer::pausedAtTheEnd()
{
    QVERIFY(put(target("/sandbox/file"), "12345").code.isEmpty());
    FileDownload down(channel(), "/sandbox/file", 5);
    Watch watch(&down);
    QByteArray content;
    connect(&down, &FileDownload::data, this, [&](const QByteArray &bytes) { content += bytes; });
    down.setPaused(true);
    down.start();
    QCOMPARE(get(u"/sandbox/file"_s).value_or("?"), "12345"); // all of the other has come by now
    QCOMPARE(watch.ends, 0);
    QVERIFY(content.isEmpty());
    down.setPaused(false);
    QVERIFY(watch.wait());
    QVERIFY2(watch.error.code.isEmpty(), describe(watch.error));
    QCOMPARE(content, "12345");
}

void tst_transfer::cancelled()
{
    Generator source(Large);
    FileUpload up(channel(), target("/sandbox/large"));
    Watch watch(&up);
    up.start(&source);
    QVERIFY(DoorBox::wait([&] { return watch.progress > MiB; }));
    up.cancel();
    QCOMPARE(watch.ends, 0);
    QVERIFY(watch.wait());
    QCOMPARE(watch.error.code, errors::Cancelled);
    QCOMPARE(list(u"/sandbox"_s)->size(), 0); // what was written is gone
    up.cancel();
    QVERIFY(put(target("/sandbox/next"), "x").code.isEmpty());
    QCOMPARE(watch.ends, 1);
}

void tst_transfer::deleted()
{
    Generator source(Large);
    auto up = std::make_unique<FileUpload>(channel(), target("/sandbox/large"));
    connect(up.get(), &FileUpload::progress, this, [&] { up.reset(); }); // from its own signal
    up->start(&source);
    QVERIFY(DoorBox::wait([&] { return !up; }));
    QCOMPARE(list(u"/sandbox"_s)->size(), 0);
    QVERIFY(put(target("/sandbox/file"), QByteArray(MiB, 'x')).code.isEmpty());
    auto down = std::make_unique<FileDownload>(channel(), "/sandbox/file", MiB);
    connect(down.get(), &FileDownload::data, this, [&] { down.reset(); });
    down->start();
    QVERIFY(DoorBox::wait([&] { return !down; }));
    QCOMPARE(get(u"/sandbox/file"_s)->size(), MiB);
}

void tst_transfer::cancelledWhileReading()
{
    QVERIFY(put(target("/sandbox/file"), QByteArray(8 * MiB, 'x')).code.isEmpty());
    FileDownload down(channel(), "/sandbox/file", 8 * MiB);
    Watch watch(&down);
    connect(&down, &FileDownload::data, this, [&] { down.cancel(); });
    down.start();
    QVERIFY(watch.wait());
    QCOMPARE(watch.error.code, errors::Cancelled);
    QVERIFY(put(target("/sandbox/next"), "x").code.isEmpty());
    QCOMPARE(watch.ends, 1);
}

void tst_transfer::sandboxDies()
{
    Generator source(Large);
    FileUpload up(channel(), target("/sandbox/large"));
    FileDownload down(channel(), "/sandbox/none", 1);
    Watch upWatch(&up);
    Watch downWatch(&down);
    up.start(&source);
    QVERIFY(DoorBox::wait([&] { return upWatch.progress > MiB; }));
    down.start();
    m_box->client->removeContainer(m_box->sandbox->containerId(), {this, [](const Result<void> &) {}});
    QVERIFY(upWatch.wait() && downWatch.wait());
    QVERIFY2(upWatch.error.code == errors::SandboxLost || upWatch.error.code == errors::DockerLost,
             describe(upWatch.error));
    QCOMPARE(upWatch.ends, 1);
    QCOMPARE(downWatch.ends, 1);
}

void tst_transfer::deadFromTheStart()
{
    auto channel = std::unique_ptr<GuestChannel>();
    FileUpload up(channel.get(), target("/sandbox/x"));
    FileDownload down(channel.get(), "/sandbox/x", 1);
    Watch upWatch(&up);
    Watch downWatch(&down);
    up.start();
    up.write("x");
    up.finish();
    down.start();
    QCOMPARE(upWatch.ends + downWatch.ends, 0);
    QVERIFY(upWatch.wait() && downWatch.wait());
    QCOMPARE(upWatch.error.code, errors::SandboxLost);
    QCOMPARE(downWatch.error.code, errors::SandboxLost);
}

void tst_transfer::diskFull()
{
    Generator source(Large);
    FileUpload up(channel(), target("/sandbox/large"));
    Watch watch(&up);
    up.start(&source);
    QVERIFY(watch.wait());
    QCOMPARE(watch.error.code, errors::DiskFull);
    QCOMPARE(watch.error.message, u"/sandbox is full: /sandbox/large does not fit; make room, or raise sandboxSize."_s);
    QVERIFY(put(target("/sandbox/small"), QByteArray(3 * MiB, 'x')).code.isEmpty()); // the broken one is gone
}

void tst_transfer::oldFileStays_data()
{
    QTest::addColumn<QString>("how");
    for (const char *how : {"full", "cancelled", "deleted", "source"})
        QTest::newRow(how) << QString::fromLatin1(how);
}

// Nothing of one that failed is left, and what was there is as it was.
void tst_transfer::oldFileStays()
{
    QFETCH(QString, how);
    FileUpload::Target old = target("/sandbox/file");
    old.mode = 0640;
    old.mtimeMs = 1600000000000;
    QVERIFY(put(old, "old").code.isEmpty());
    const auto before = *list(u"/sandbox"_s);
    Generator source(Large, how == u"source"_s ? 3 * MiB : -1);
    auto up = std::make_unique<FileUpload>(channel(), target("/sandbox/file"));
    Watch watch(up.get());
    up->start(&source);
    if (how == u"cancelled"_s || how == u"deleted"_s) {
        QVERIFY(DoorBox::wait([&] { return watch.progress > MiB; }));
        const auto during = list(u"/sandbox"_s);
        QVERIFY2(during && during->size() == 1 && during->at(0).size == 3, describe(during));
    }
    if (how == u"deleted"_s)
        up.reset();
    else if (how == u"cancelled"_s)
        up->cancel();
    QVERIFY(how == u"deleted"_s || (watch.wait() && !watch.error.code.isEmpty()));
    QCOMPARE(get(u"/sandbox/file"_s).value_or("?"), "old");
    const auto after = list(u"/sandbox"_s);
    QVERIFY2(after && after->size() == 1, describe(after));
    QCOMPARE(after->at(0).mode, before.at(0).mode);
    QCOMPARE(after->at(0).mtimeMs, before.at(0).mtimeMs);
    QVERIFY(put(target("/sandbox/small"), QByteArray(3 * MiB, 'x')).code.isEmpty()); // there is room again
}

void tst_transfer::sourceFails()
{
    Generator source(Large, 3 * MiB);
    FileUpload up(channel(), target("/sandbox/large"));
    Watch watch(&up);
    up.start(&source);
    QVERIFY(watch.wait());
    QCOMPARE(watch.error.code, errors::FileError);
    QVERIFY2(watch.error.message.contains(u"on fire"_s), describe(watch.error));
    QCOMPARE(list(u"/sandbox"_s)->size(), 0);
}

void tst_transfer::sinkFails()
{
    QVERIFY(put(target("/sandbox/file"), QByteArray(MiB, 'x')).code.isEmpty());
    QFile full(u"/dev/full"_s);
    QVERIFY(full.open(QIODevice::WriteOnly | QIODevice::Unbuffered));
    FileDownload down(channel(), "/sandbox/file", MiB);
    Watch watch(&down);
    down.start(&full);
    QVERIFY(watch.wait());
    QCOMPARE(watch.error.code, errors::FileError);
    QCOMPARE(get(u"/sandbox/file"_s)->size(), MiB);
}

// A run waits for what was put before it, and not for a reader that takes its time.
void tst_transfer::beforeAndDuringARun()
{
    QVERIFY(put(target("/sandbox/large"), QByteArray(4 * MiB, 'x')).code.isEmpty());
    FileDownload down(channel(), "/sandbox/large", 4 * MiB);
    Watch downWatch(&down);
    connect(&down, &FileDownload::data, this, [&] { down.setPaused(true); });
    down.start();
    QVERIFY(DoorBox::wait([&] { return downWatch.progress > 0; }));

    FileUpload up(channel(), target("/sandbox/input"));
    Watch upWatch(&up);
    up.start();
    m_box->start("print(open('input').read()); print(len(open('large').read()))");
    up.write("first");
    up.finish();
    const auto outcome = m_box->finish();
    QVERIFY2(outcome.ended, describe(outcome.lost));
    QCOMPARE(outcome.output, "first\n4194304\n");
    QCOMPARE(upWatch.ends, 1);
    QCOMPARE(downWatch.ends, 0);
}

QTEST_GUILESS_MAIN(tst_transfer)
#include "tst_transfer.moc"
