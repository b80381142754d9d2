// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker,abuse; sandbox
// Folders into and out of a real sandbox as tar archives.
#include "support/Await.h"
#include "support/DoorBox.h"

#include <isol8/archive/TarWriter.h>
#include <isol8/sandbox/DirectoryDownload.h>
#include <isol8/sandbox/DirectoryUpload.h>
#include <isol8/sandbox/FileErrors.h>
#include <isol8/sandbox/FileOperation.h>

#include <QBuffer>
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <memory>

using namespace Qt::StringLiterals;
using namespace isol8;
using isol8::archive::TarLimits;
using isol8::archive::TarMember;
using isol8::archive::TarReader;
using isol8::test::await;
using isol8::test::describe;
using isol8::test::DoorBox;
using Kind = TarMember::Kind;

namespace {

QByteArray packed(Kind kind, const QByteArray &name, const QByteArray &content = {}, uint mode = 0644)
{
    TarMember member;
    member.kind = kind;
    member.name = name;
    member.mode = mode;
    member.mtimeMs = 1600000000123;
    const bool isFile = kind == Kind::File;
    member.size = isFile ? content.size() : 0;
    member.target = isFile ? QByteArray() : content;
    return archive::tarHeader(member) +
           (isFile ? QByteArray(content + archive::tarPadding(content.size())) : QByteArray());
}

QByteArray file(const QByteArray &name, const QByteArray &content, uint mode = 0644)
{
    return packed(Kind::File, name, content, mode);
}

TarLimits into(const QByteArray &directory)
{
    TarLimits limits;
    limits.directory = directory;
    return limits;
}

struct Download
{
    Error error;
    int ends = 0;
    QByteArray bytes;
    QStringList skipped;
    qint64 most = 0; //!< bytes in one piece
};

// What is in an archive, a line for each member.
QByteArray described(const QByteArray &tar)
{
    TarReader reader({});
    QByteArrayList lines;
    QByteArrayView rest(tar);
    while (true) {
        const auto step = reader.feed(rest);
        rest = rest.sliced(step.consumed);
        if (step.event == TarReader::Event::Member) {
            const TarMember &m = reader.member();
            QByteArray line = m.name + ' ' + "fdlh"[int(m.kind)] + ' ' + QByteArray::number(m.mode, 8);
            if (!m.target.isEmpty())
                line += " -> " + m.target;
            lines.append(line);
        } else if (step.event == TarReader::Event::Data) {
            lines.last() += " \"" + step.data.first(std::min<qsizetype>(20, step.data.size())) + '"';
        } else {
            break;
        }
    }
    lines.append(reader.finish().message.toUtf8());
    return lines.join('\n');
}

} // namespace

class tst_directories : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup() { m_box.reset(); }
    void roundTrip();
    void hostileArchives_data();
    void hostileArchives();
    void replaced();
    void manySmallFiles();
    void largeFile();
    void slowReader();
    void strangeTrees();
    void changesMeanwhile();
    void refusedFolders();
    void tooMuch();
    void cancelled();
    void deleted();
    void sandboxDies();
    void diskFull();
    void sourceIsCut();

private:
    [[nodiscard]] GuestChannel *channel() const { return m_box->sandbox->channel(); }
    Error upload(const QByteArray &tar, const TarLimits &limits = {}, qsizetype piece = 100000)
    {
        DirectoryUpload job(channel(), limits);
        int ends = 0;
        Error error;
        connect(&job, &DirectoryUpload::finished, &job, [&](const Error &e) {
            ++ends;
            error = e;
        });
        qsizetype at = 0;
        const auto feed = [&] {
            while (at < tar.size() && job.bytesPending() < DirectoryUpload::HighWater) {
                job.write(tar.mid(at, piece));
                at += piece;
            }
            if (at >= tar.size())
                job.finish();
        };
        connect(&job, &DirectoryUpload::taken, &job, feed);
        job.start();
        feed();
        if (ends > 0 || !DoorBox::wait([&] { return ends > 0; }))
            return {u"test"_s, u"never finished, or inside the call"_s, {}};
        return error;
    }
    Download download(const QByteArray &folder, DirectoryDownload::Limits limits = {})
    {
        DirectoryDownload job(channel(), folder, limits);
        Download result;
        connect(&job, &DirectoryDownload::data, &job, [&](const QByteArray &bytes) {
            result.bytes += bytes;
            result.most = std::max(result.most, qint64(bytes.size()));
        });
        connect(&job, &DirectoryDownload::finished, &job, [&](const Error &error) {
            ++result.ends;
            result.error = error;
        });
        job.start();
        if (!DoorBox::wait([&] { return result.ends > 0; }))
            result.error = {u"test"_s, u"never finished"_s, {}};
        result.skipped = job.skipped();
        return result;
    }
    QByteArray python(const QByteArray &code)
    {
        const auto outcome = m_box->run(code);
        return outcome.output + outcome.errors;
    }

    std::unique_ptr<DoorBox> m_box;
};

void tst_directories::init()
{
    m_box = std::make_unique<DoorBox>(Network::None);
    if (QByteArray(QTest::currentTestFunction()) == "diskFull")
        m_box->spec.sandboxSize = 4 * MiB;
    QVERIFY2(m_box->open(), describe(m_box->outcome.lost));
}

// By the system's tar in, and by it out again.
void tst_directories::roundTrip()
{
    QTemporaryDir folder;
    const auto shell = [&](const QString &script) {
        QProcess process;
        process.setWorkingDirectory(folder.path());
        process.setProcessChannelMode(QProcess::MergedChannels);
        process.start(u"bash"_s, {u"-ec"_s, script});
        process.waitForFinished();
        return process.readAll();
    };
    QCOMPARE(shell(u"mkdir -p in/a/b in/empty in/shut; echo one > in/a/one; printf two > in/a/b/$'t\\xffw o\\n'; "
                   "head -c 3000000 /dev/urandom > in/large; ln -s ../a/one in/a/link; ln in/a/one in/hard; "
                   "echo x > in/$(printf 'n%.0s' {1..200}); chmod 751 in/a/one; chmod 700 in/a/b; "
                   "touch -d '2020-01-02 03:04:05.678' in/a/one; touch -h -d '2020-01-02 03:04:05.25' in/a/link; "
                   "echo in > in/shut/file; chmod 500 in/shut; touch -d '2019-01-01' in/a/b in/a in/empty; "
                   "tar --format=posix -cf in.tar -C in ."_s),
             "");
    QFile archive(folder.filePath(u"in.tar"_s));
    QVERIFY(archive.open(QIODevice::ReadOnly));
    DirectoryUpload job(channel(), into("/sandbox/new/tree"));
    std::optional<Error> error;
    qint64 done = 0;
    connect(&job, &DirectoryUpload::finished, &job, [&](const Error &e) { error = e; });
    connect(&job, &DirectoryUpload::progress, &job, [&](qint64 bytes, qint64 total) {
        QVERIFY(bytes >= done && bytes <= total && total == archive.size());
        done = bytes;
    });
    job.start(&archive);
    QVERIFY(DoorBox::wait([&] { return error.has_value(); }));
    QVERIFY2(error->code.isEmpty(), describe(*error));
    QVERIFY(done > 0);
    QCOMPARE(python("import os; s = os.stat('new/tree/a/one'); print(s.st_nlink, oct(s.st_mode), s.st_mtime)"),
             "2 0o100751 1577934245.678\n");

    const Download back = download("/sandbox/new//tree/");
    QVERIFY2(back.error.code.isEmpty(), describe(back.error));
    QVERIFY2(back.skipped.isEmpty(), qPrintable(back.skipped.join(u'\n')));
    QFile out(folder.filePath(u"out.tar"_s));
    QVERIFY(out.open(QIODevice::WriteOnly) && out.write(back.bytes) == back.bytes.size());
    out.close();
    // The hard link comes back as a file of its own, and the folder itself is not in it.
    QCOMPARE(shell(u"mkdir out; tar --warning=no-unknown-keyword -xpf out.tar -C out; diff -r in out; "
                   "list() { (cd $1; find . -mindepth 1 -printf '%P %y %m %T@ %l\\n' | "
                   "sed 's/\\(\\.[0-9][0-9][0-9]\\)[0-9]*/\\1/' | sort); }; diff <(list in) <(list out)"_s),
             "");
    QCOMPARE(shell(u"rm -rf in out"_s), ""); // Qt cannot name all of it
}

void tst_directories::hostileArchives_data()
{
    QTest::addColumn<QByteArray>("tar");
    QTest::addColumn<QString>("sentence");
    QTest::newRow("absolute") << file("/tmp/evil", "x") << u"is absolute"_s;
    QTest::newRow("dots") << file("../evil", "x") << u"climbs"_s;
    QTest::newRow("link out") << packed(Kind::Symlink, "l", "/tmp") << u"leads out"_s;
    QTest::newRow("through a link") << packed(Kind::Symlink, "l", "x") + file("l/evil", "x") << u"symbolic link"_s;
    QTest::newRow("hard link out") << packed(Kind::HardLink, "l", "/etc/passwd") << u"hard link"_s;
    QTest::newRow("garbage") << QByteArray(1000, 'x') << u"no tar archive"_s;
    QTest::newRow("bomb") << file("zeros", QByteArray(2 * MiB, '\0')) << u"larger than 1m together"_s;
}

void tst_directories::hostileArchives()
{
    QFETCH(QByteArray, tar);
    QFETCH(QString, sentence);
    TarLimits limits;
    limits.maxBytes = MiB;
    const Error error = upload(file("before", "x") + tar + archive::endOfTar(), limits);
    QCOMPARE(error.code, errors::BadArchive);
    QVERIFY2(error.message.contains(sentence), describe(error));
    QVERIFY(
        !python("import os\nfor r in ('/sandbox', '/tmp'):\n  for d, _, f in os.walk(r): print(f)").contains("evil"));
    QVERIFY2(upload(file("after", "x") + archive::endOfTar()).code.isEmpty(), "the sandbox does not go on");
}

// A program's links lead no archive astray: what has the name is replaced.
void tst_directories::replaced()
{
    QCOMPARE(
        python("import os\nos.symlink('/sandbox/keep', 'a'); os.symlink('keep', 'b'); open('keep', 'w').write('kept')\n"
               "open('ro', 'w').close(); os.chmod('ro', 0o400); os.mkfifo('pipe'); os.mkdir('d')"),
        "");
    const QByteArray tar = file("a", "new") + packed(Kind::Symlink, "b", "a") + file("ro", "new", 0600) +
                           file("pipe", "new") + packed(Kind::Directory, "d", {}, 0711) + file("d/x", "new") +
                           archive::endOfTar();
    QVERIFY2(upload(tar).code.isEmpty(), "refused");
    QCOMPARE(python("import os\nprint(open('keep').read(), os.path.islink('a'), os.readlink('b'), open('ro').read(), "
                    "open('pipe').read(), oct(os.stat('d').st_mode))"),
             "kept False a new new 0o40711\n");
    const Error error = upload(file("d", "in place of a folder") + archive::endOfTar());
    QCOMPARE(error.code, errors::FileError);
}

void tst_directories::manySmallFiles()
{
    QByteArray tar;
    constexpr int Files = 5000;
    for (int i = 0; i < Files; ++i)
        tar += file("d" + QByteArray::number(i / 100) + "/f" + QByteArray::number(i), QByteArray(i % 3000, 'x'));
    tar += archive::endOfTar();
    QElapsedTimer timer;
    timer.start();
    const Error error = upload(tar, into("/sandbox/many"));
    QVERIFY2(error.code.isEmpty(), describe(error));
    const qint64 up = timer.restart();
    const Download back = download("/sandbox/many");
    QVERIFY2(back.error.code.isEmpty(), describe(back.error));
    qInfo("5000 small files: up in %lld ms, down in %lld ms", up, timer.elapsed());
    QCOMPARE(described(back.bytes).count('\n'), Files + 50);
    QVERIFY(back.most < MiB);
}

void tst_directories::largeFile()
{
    const QByteArray tar =
        file("small", "s") + file("large", QByteArray(50 * MiB, 'x')) + file("z", "z") + archive::endOfTar();
    QVERIFY2(upload(tar, {}, 1000000).code.isEmpty(), "refused");
    const Download back = download("/sandbox");
    QVERIFY2(back.error.code.isEmpty(), describe(back.error));
    QVERIFY(back.most < MiB);
    QCOMPARE(described(back.bytes), described(file("large", QByteArray(50 * MiB, 'x')) + file("small", "s") +
                                              file("z", "z") + archive::endOfTar()));
}

void tst_directories::slowReader()
{
    QByteArray tar;
    for (int i = 0; i < 60; ++i)
        tar += file("f" + QByteArray::number(i), QByteArray(100000, char('0' + i)));
    QVERIFY2(upload(tar + archive::endOfTar()).code.isEmpty(), "refused");
    DirectoryDownload job(channel(), "/sandbox", {});
    QByteArray bytes;
    int ends = 0;
    int pieces = 0;
    connect(&job, &DirectoryDownload::data, &job, [&](const QByteArray &data) {
        bytes += data;
        ++pieces;
        job.setPaused(true);
    });
    connect(&job, &DirectoryDownload::finished, &job,
            [&](const Error &error) { ends += error.code.isEmpty() ? 1 : 100; });
    job.start();
    QVERIFY(DoorBox::wait([&] { return pieces == 1; }));
    QCOMPARE(python("print('x' * 1000000)").size(), 1000001); // others are not held back
    QCOMPARE(pieces, 1);
    while (ends == 0) {
        const int seen = pieces;
        job.setPaused(false);
        QVERIFY(DoorBox::wait([&] { return pieces > seen || ends > 0; }));
    }
    QCOMPARE(ends, 1);
    QCOMPARE(described(bytes).count('\n'), 60);
    QCOMPARE(bytes.size(), 60 * (512 + 512 + 512 + 100352) + 1024);
}

void tst_directories::strangeTrees()
{
    QCOMPARE(
        python("import os, socket\nos.mkfifo('pipe'); socket.socket(socket.AF_UNIX).bind('socket')\n"
               "os.symlink('/etc/passwd', 'out'); os.symlink('..', 'up'); os.mkdir('empty'); os.mkdir('shut')\n"
               "open('shut/in', 'w').close(); os.chmod('shut', 0); open('secret', 'w').close(); os.chmod('secret', 0)\n"
               "os.mkdir('*'); open('*/[a]', 'w').close()\n"
               "for d in range(60): os.mkdir('deep'); os.chdir('deep')"),
        "");
    const Download back = download("/sandbox");
    QVERIFY2(back.error.code.isEmpty(), describe(back.error));
    QCOMPARE(back.skipped.join(u'|'),
             u"pipe is a socket, pipe or device.|secret could not be read.|shut may not be looked "
             "into by the sandbox user.|socket is a socket, pipe or device."_s);
    // As links, they are read by nobody here; unpacked again they would be refused.
    QVERIFY(described(back.bytes).contains("leads out of /sandbox"));
    QVERIFY(back.bytes.contains("/etc/passwd") && !back.bytes.contains("root:"));
    const Download odd = download("/sandbox/*");
    QVERIFY2(odd.error.code.isEmpty(), describe(odd.error));
    QCOMPARE(described(odd.bytes), "[a] f 644\n");
}

// Files come, go, grow and shrink while they are read: a whole archive, or an error that says why.
void tst_directories::changesMeanwhile()
{
    m_box->start("import os, random, time\nend = time.time() + 4\nopen('up', 'w').close()\nwhile time.time() < end:\n"
                 "  n = 'f%d' % random.randrange(300)\n"
                 "  r = random.random()\n"
                 "  if r < .1 and os.path.exists(n): os.remove(n)\n"
                 "  elif r < .2 and not os.path.exists(n): os.mkfifo(n)\n"
                 "  else:\n    try: fd = os.open(n, os.O_WRONLY | os.O_CREAT | os.O_NONBLOCK); os.ftruncate(fd, "
                 "random.randrange(300000)); os.close(fd)\n    except OSError: pass\n");
    int whole = 0;
    while (!m_box->finished()) {
        const Download back = download("/sandbox");
        if (back.error.code.isEmpty()) {
            ++whole;
            const QByteArray what = described(back.bytes);
            QVERIFY2(what.isEmpty() || what.endsWith('\n'), what.constData());
        } else {
            QVERIFY2(back.error.message.contains(u"became shorter"_s), describe(back.error));
        }
    }
    QVERIFY2(m_box->outcome.ended, describe(m_box->outcome.lost));
    QVERIFY(whole > 0);
}

void tst_directories::refusedFolders()
{
    QCOMPARE(python("import os; open('file', 'w').close(); os.symlink('/etc', 'etc'); os.mkdir('real'); "
                    "open('real/x', 'w').close(); os.symlink('real', 'link')"),
             "");
    const auto code = [&](const QByteArray &folder) { return download(folder).error.code; };
    QCOMPARE(code("/etc"), errors::BadPath);
    QCOMPARE(code("/sandbox/../etc"), errors::BadPath);
    QCOMPARE(code("/sandbox/etc"), errors::BadPath);
    QCOMPARE(code("sandbox"), errors::BadPath);
    QCOMPARE(code(""), errors::BadPath);
    QCOMPARE(code("/sandbox/none"), errors::NotFound);
    QCOMPARE(code("/sandbox/file"), errors::FileError);
    QCOMPARE(described(download("/sandbox/link").bytes), "x f 644\n");
    QCOMPARE(upload(file("x", "x") + archive::endOfTar(), into("/etc")).code, errors::BadPath);
    QCOMPARE(upload(file("x", "x") + archive::endOfTar(), into("/sandbox/etc")).code, errors::BadPath);
    QCOMPARE(upload(file("x", "x") + archive::endOfTar(), into("/sandbox/file")).code, errors::FileError);
}

void tst_directories::tooMuch()
{
    QVERIFY2(upload(file("a", QByteArray(1000, 'x')) + file("b", QByteArray(1000, 'x')) + archive::endOfTar())
                 .code.isEmpty(),
             "refused");
    QCOMPARE(download("/sandbox", {1, MiB}).error.code, errors::TooLarge);
    QCOMPARE(download("/sandbox", {10, 1999}).error.code, errors::TooLarge);
    QVERIFY(download("/sandbox", {2, 2000}).error.code.isEmpty());
}

void tst_directories::cancelled()
{
    DirectoryUpload up(channel(), {});
    QStringList codes;
    connect(&up, &DirectoryUpload::finished, &up, [&](const Error &error) { codes.append(error.code); });
    up.start();
    up.write(file("large", QByteArray(2 * MiB, 'x')));
    up.cancel();
    QVERIFY(codes.isEmpty());
    QVERIFY(DoorBox::wait([&] { return !codes.isEmpty(); }));
    QVERIFY2(upload(file("next", "x") + archive::endOfTar()).code.isEmpty(), "refused");
    QCOMPARE(codes, QStringList{errors::Cancelled.toString()});
    QCOMPARE(described(download("/sandbox").bytes), "next f 644 \"x\"\n");

    DirectoryDownload down(channel(), "/sandbox", {});
    QStringList ends;
    connect(&down, &DirectoryDownload::data, &down, [&] { down.cancel(); });
    connect(&down, &DirectoryDownload::finished, &down, [&](const Error &error) { ends.append(error.code); });
    down.start();
    QVERIFY(DoorBox::wait([&] { return !ends.isEmpty(); }));
    QCOMPARE(ends, QStringList{errors::Cancelled.toString()});
}

void tst_directories::deleted()
{
    QByteArray tar;
    for (int i = 0; i < 300; ++i)
        tar += file("f" + QByteArray::number(i), QByteArray(10000, 'x'));
    auto up = std::make_unique<DirectoryUpload>(channel(), into("/sandbox/t"));
    connect(up.get(), &DirectoryUpload::progress, this, [&] { up.reset(); });
    up->start();
    up->write(tar);
    QVERIFY(DoorBox::wait([&] { return !up; }));
    QVERIFY2(upload(tar + archive::endOfTar()).code.isEmpty(), "refused");
    for (const bool first : {true, false}) {
        auto down = std::make_unique<DirectoryDownload>(channel(), "/sandbox", DirectoryDownload::Limits());
        if (first)
            connect(down.get(), &DirectoryDownload::data, this, [&] { down.reset(); });
        else
            connect(down.get(), &DirectoryDownload::progress, this, [&] { down.reset(); });
        down->start();
        QVERIFY(DoorBox::wait([&] { return !down; }));
    }
    QVERIFY(download("/sandbox").error.code.isEmpty());
}

void tst_directories::sandboxDies()
{
    QByteArray tar;
    for (int i = 0; i < 300; ++i)
        tar += file("f" + QByteArray::number(i), QByteArray(10000, 'x'));
    QVERIFY2(upload(tar + archive::endOfTar()).code.isEmpty(), "refused");
    DirectoryUpload up(channel(), into("/sandbox/t"));
    DirectoryDownload down(channel(), "/sandbox", {});
    QStringList codes;
    bool asked = false;
    const auto die = [&] {
        if (!std::exchange(asked, true))
            m_box->client->removeContainer(m_box->sandbox->containerId(), {this, [](const Result<void> &) {}});
        down.setPaused(true);
    };
    connect(&up, &DirectoryUpload::finished, this, [&](const Error &error) { codes.append(error.code); });
    connect(&down, &DirectoryDownload::finished, this, [&](const Error &error) { codes.append(error.code); });
    connect(&down, &DirectoryDownload::data, this, die);
    up.start();
    up.write(file("f", "x"));
    down.start();
    QVERIFY(DoorBox::wait([&] { return !m_box->outcome.lost.code.isEmpty(); }));
    down.setPaused(false);
    QVERIFY2(DoorBox::wait([&] { return codes.size() == 2; }, 10000), qPrintable(codes.join(u' ')));
    for (const QString &code : std::as_const(codes))
        QVERIFY2(code == errors::SandboxLost || code == errors::DockerLost, qPrintable(code));
}

void tst_directories::diskFull()
{
    QByteArray tar;
    for (int i = 0; i < 100; ++i)
        tar += file("f" + QByteArray::number(i), QByteArray(100000, 'x'));
    const Error error = upload(tar + archive::endOfTar());
    QCOMPARE(error.code, errors::DiskFull);
    QVERIFY2(error.message.contains(u"sandboxSize"_s), describe(error));
    QVERIFY(download("/sandbox").error.code.isEmpty());
}

void tst_directories::sourceIsCut()
{
    const Error error = upload(file("f", QByteArray(100000, 'x')).left(50000));
    QCOMPARE(error.code, errors::BadArchive);
    QVERIFY(!python("import os; print(os.listdir())").contains('f'));
}

QTEST_GUILESS_MAIN(tst_directories)
#include "tst_directories.moc"
