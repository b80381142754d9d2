// SPDX-License-Identifier: GPL-3.0-or-later
// test: docker; snapshot
// Snapshots of a real sandbox's /sandbox: saved, listed, restored into others.
#include "support/Await.h"
#include "support/DoorBox.h"

#include <isol8/snapshot/SnapshotRestore.h>
#include <isol8/snapshot/SnapshotSave.h>

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <fcntl.h>
#include <memory>
#include <sys/stat.h>

using namespace Qt::StringLiterals;
using namespace isol8;
using isol8::test::describe;
using isol8::test::DoorBox;

namespace {

// Runs a job to its end.
template<class Job> Error ended(Job &job)
{
    QList<Error> ends;
    QObject context;
    QObject::connect(&job, &Job::finished, &context, [&](const Error &error) { ends.append(error); });
    job.start();
    if (!ends.isEmpty())
        return {u"test"_s, u"ended inside the call"_s, {}};
    return DoorBox::wait([&] { return !ends.isEmpty(); }) ? ends.constFirst() : Error{u"test"_s, u"never ended"_s, {}};
}

} // namespace

class tst_snapshot : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup();
    void cleanupTestCase() { m_box.reset(); }
    void names_data();
    void names();
    void standardFolder();
    void saveAndRestore();
    void unreadable();
    void deep();
    void sparse();
    void replaced();
    void owners();
    void full();
    void cancelled();
    void sandboxDies();
    void diskRefuses();
    void broken_data();
    void broken();
    void leftovers();

private:
    [[nodiscard]] GuestChannel *channel() const { return m_box->sandbox->channel(); }
    QByteArray python(const QByteArray &code)
    {
        const auto outcome = m_box->run(code);
        return outcome.output + outcome.errors;
    }
    Error save(const QString &name, bool replace = false, const QString &owner = u"me"_s)
    {
        SnapshotSave job(*m_store, channel(), {owner, name, u"python"_s, {{u"memory"_s, u"512m"_s}}, replace});
        const Error error = ended(job);
        if (error.code.isEmpty())
            m_saved = job.info();
        return error;
    }
    Error restore(const QString &name, const QString &owner = u"me"_s)
    {
        SnapshotRestore job(*m_store, channel(), owner, name);
        return ended(job);
    }
    [[nodiscard]] QStringList files() const
    {
        return QDir(m_store->folderOf(u"me"_s)).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot);
    }

    std::unique_ptr<DoorBox> m_box;
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<SnapshotStore> m_store;
    SnapshotInfo m_saved;
};

void tst_snapshot::initTestCase()
{
    m_box = std::make_unique<DoorBox>(Network::None);
    QVERIFY2(m_box->open(), describe(m_box->outcome.lost));
}

void tst_snapshot::init()
{
    m_folder = std::make_unique<QTemporaryDir>();
    m_store = std::make_unique<SnapshotStore>(m_folder->filePath(u"new/snapshots"_s));
    if (m_box->sandbox && m_box->outcome.lost.code.isEmpty())
        QVERIFY(m_box->reset());
    else
        initTestCase();
}

void tst_snapshot::cleanup()
{
    m_store.reset();
    m_folder.reset();
}

void tst_snapshot::names_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<bool>("good");
    QTest::newRow("plain") << u"a-B_9.tar"_s << true;
    QTest::newRow("longest") << QString(64, u'x') << true;
    QTest::newRow("too long") << QString(65, u'x') << false;
    QTest::newRow("empty") << QString() << false;
    QTest::newRow("dots") << u".."_s << false;
    QTest::newRow("hidden") << u".a"_s << false;
    QTest::newRow("slash") << u"a/b"_s << false;
    QTest::newRow("climbs") << u"../a"_s << false;
    QTest::newRow("space") << u"a b"_s << false;
    QTest::newRow("umlaut") << u"ä"_s << false;
    QTest::newRow("newline") << u"a\n"_s << false;
    QTest::newRow("zero") << QString(u"a"_s + QChar(0)) << false;
}

void tst_snapshot::names()
{
    QFETCH(QString, name);
    QFETCH(bool, good);
    const QString code = good ? errors::NotFound.toString() : errors::BadValue.toString();
    QCOMPARE(bool(SnapshotStore::checkName(name)), good);
    QCOMPARE(m_store->info(u"me"_s, name).error().code, code);
    QCOMPARE(m_store->remove(u"me"_s, name).error().code, code);
    QCOMPARE(restore(name).code, code);
    QCOMPARE(save(name).code, good ? QString() : code);
}

void tst_snapshot::standardFolder()
{
    qputenv("XDG_DATA_HOME", "/data/of/mine");
    QCOMPARE(SnapshotStore::standardFolder(), u"/data/of/mine/isol8/snapshots"_s);
    qunsetenv("XDG_DATA_HOME");
    QCOMPARE(SnapshotStore::standardFolder(), QDir::homePath() + u"/.local/share/isol8/snapshots"_s);
}

void tst_snapshot::saveAndRestore()
{
    QCOMPARE(
        python(
            "import os\nos.makedirs('a/b'); open('a/b/f', 'w').write('content'); os.symlink('/usr/bin/python3', 'py')\n"
            "os.chmod('a/b/f', 0o750); os.utime('a/b/f', (5, 1600000000.5)); os.makedirs('.local/x'); "
            "os.chmod('a', 0o500); open('large', 'wb').write(bytes(20000000))"),
        "");
    QVERIFY2(save(u"one"_s).code.isEmpty(), "not saved");
    QCOMPARE(m_saved.name, u"one"_s);
    QCOMPARE(m_saved.spec.value(u"memory"_s).toString(), u"512m"_s);
    QVERIFY(m_saved.size > 20000000 && m_saved.size < 20100000);
    QVERIFY(m_saved.created.secsTo(QDateTime::currentDateTimeUtc()) < 60);
    const auto info = m_store->info(u"me"_s, u"one"_s);
    QVERIFY2(info, describe(info));
    QCOMPARE(info->toJson(), m_saved.toJson());
    QCOMPARE(m_store->list(u"me"_s).size(), 1);
    QCOMPARE(m_store->list(u"me"_s).at(0).toJson(), m_saved.toJson());
    QCOMPARE(m_store->usedBytes(u"me"_s), m_saved.size);
    struct stat status = {};
    const QString path = m_store->pathOf(u"me"_s, u"one"_s);
    QCOMPARE(::stat(QFile::encodeName(path).constData(), &status), 0);
    QCOMPARE(status.st_mode & 07777, mode_t(0600));
    QCOMPARE(::stat(QFile::encodeName(m_folder->filePath(u"new"_s)).constData(), &status), 0);
    QCOMPARE(status.st_mode & 07777, mode_t(0700));
    QProcess tar; // it is an archive like any other
    tar.start(u"tar"_s, {u"-tf"_s, path});
    QVERIFY(tar.waitForFinished() && tar.exitCode() == 0);
    QCOMPARE(tar.readAll(), ".local/\n.local/x/\na/\na/b/\na/b/f\nlarge\npy\n");
    QCOMPARE(tar.readAllStandardError(), "");

    QVERIFY(m_box->reset());
    QVERIFY2(restore(u"one"_s).code.isEmpty(), "not restored");
    QCOMPARE(
        python("import os\ns = os.stat('a/b/f')\nprint(open('a/b/f').read(), oct(s.st_mode), s.st_mtime, "
               "os.readlink('py'), os.path.isdir('.local/x'), oct(os.stat('a').st_mode), os.path.getsize('large'))"),
        "content 0o100750 1600000000.5 /usr/bin/python3 True 0o40500 20000000\n");
    QVERIFY(m_store->remove(u"me"_s, u"one"_s));
    QVERIFY(m_store->list(u"me"_s).isEmpty());
    QCOMPARE(restore(u"one"_s).code, errors::NotFound);
}

// Nothing is left out without a word.
void tst_snapshot::unreadable()
{
    QCOMPARE(python("import os, socket\nfor n in range(25): open(f's{n:02}', 'w').close(); os.chmod(f's{n:02}', 0)\n"
                    "os.mkdir('shut'); os.chmod('shut', 0o600)"),
             "");
    SnapshotSave job(*m_store, channel(), {u"me"_s, u"one"_s, u"python"_s, {}, false});
    const Error error = ended(job);
    QCOMPARE(error.code, errors::FileError);
    QVERIFY2(error.message.contains(u"/sandbox/s00, /sandbox/s01") && error.message.contains(u"and 6 more"),
             qPrintable(error.message));
    QVERIFY(m_store->list(u"me"_s).isEmpty());
    QCOMPARE(python("import os, socket\nos.chmod('shut', 0o700)\nfor n in range(25): os.chmod(f's{n:02}', 0o400)\n"
                    "os.mkfifo('pipe'); socket.socket(socket.AF_UNIX).bind('socket')"),
             "");
    QVERIFY2(save(u"one"_s).code.isEmpty(), "not saved");
    QCOMPARE(m_saved.skipped.join(u'|'), u"pipe is a socket, pipe or device.|socket is a socket, pipe or device."_s);
    QCOMPARE(snapshotInfoFromJson(m_saved.toJson()).skipped, m_saved.skipped);
    QVERIFY(m_store->info(u"me"_s, u"one"_s)->skipped.isEmpty());
}

void tst_snapshot::deep()
{
    QCOMPARE(python("import os\nfor d in range(300): os.mkdir('d'); os.chdir('d')\nopen('f', 'w').write('deep')"), "");
    QVERIFY2(save(u"one"_s).code.isEmpty(), "not saved");
    QVERIFY(m_box->reset());
    QVERIFY2(restore(u"one"_s).code.isEmpty(), "not restored");
    QCOMPARE(python("print(open('d/' * 300 + 'f').read())"), "deep\n");
    // Beyond what a path can say.
    QCOMPARE(python("import os\nfor d in range(20): os.mkdir('e' * 240); os.chdir('e' * 240)\nopen('f', 'w').close()"),
             "");
    SnapshotSave job(*m_store, channel(), {u"me"_s, u"two"_s, u"python"_s, {}, false});
    const Error error = ended(job);
    QCOMPARE(error.code, errors::FileError);
    QVERIFY2(error.message.contains(u"too deep"), qPrintable(error.message));
}

// What takes no room in the sandbox takes none here, nor when it is back.
void tst_snapshot::sparse()
{
    QCOMPARE(python("f = open('s', 'wb'); f.write(b'begin'); f.seek(200 << 20); f.write(b'end')\n"
                    "f.truncate(300 << 20); open('zeros', 'wb').truncate(64 << 20)"),
             "");
    QVERIFY2(save(u"one"_s).code.isEmpty(), "not saved");
    struct stat status = {};
    QCOMPARE(::stat(QFile::encodeName(m_store->pathOf(u"me"_s, u"one"_s)).constData(), &status), 0);
    QVERIFY(status.st_size > 364 * MiB && status.st_blocks * 512 < 4 * MiB);
    QVERIFY(m_box->reset());
    QVERIFY2(restore(u"one"_s).code.isEmpty(), "not restored");
    QCOMPARE(
        python("import os\ns = os.stat('s'); f = open('s', 'rb'); a = f.read(6); f.seek(200 << 20); b = f.read(4)\n"
               "print(s.st_size >> 20, s.st_blocks < 4096, a, b, os.stat('zeros').st_size >> 20, "
               "os.stat('zeros').st_blocks)"),
        "300 True b'begin\\x00' b'end\\x00' 64 0\n");
}

void tst_snapshot::replaced()
{
    QCOMPARE(python("open('f', 'w').write('old')"), "");
    QVERIFY(save(u"s"_s).code.isEmpty());
    QCOMPARE(python("open('f', 'w').write('new')"), "");
    QCOMPARE(save(u"s"_s).code, errors::Exists);
    QVERIFY(m_box->reset());
    QVERIFY(restore(u"s"_s).code.isEmpty());
    QCOMPARE(python("print(open('f').read()); open('f', 'w').write('new')"), "old\n");
    QVERIFY(save(u"s"_s, true).code.isEmpty());
    QVERIFY(m_box->reset());
    QVERIFY(restore(u"s"_s).code.isEmpty());
    QCOMPARE(python("print(open('f').read())"), "new\n");
    QCOMPARE(files(), QStringList{u"s.tar"_s});
}

void tst_snapshot::owners()
{
    const QStringList owners{u"me"_s, u"you"_s, u"../me"_s, u".me"_s, QString(), u"me "_s, QString(70, u'x')};
    QSet<QString> folders;
    for (const QString &owner : owners) {
        QVERIFY(save(u"s"_s, false, owner).code.isEmpty());
        QCOMPARE(m_store->list(owner).size(), 1);
        QVERIFY(QFileInfo(m_store->folderOf(owner)).absolutePath().endsWith(u"/snapshots"_s));
        folders.insert(m_store->folderOf(owner));
    }
    QCOMPARE(folders.size(), owners.size());
    QVERIFY(m_store->remove(u"you"_s, u"s"_s));
    QCOMPARE(restore(u"s"_s, u"you"_s).code, errors::NotFound);
    QVERIFY(restore(u"s"_s, u"me"_s).code.isEmpty());
}

void tst_snapshot::full()
{
    m_store = std::make_unique<SnapshotStore>(m_folder->filePath(u"small"_s), 3 * MiB);
    QCOMPARE(python("open('f', 'wb').write(bytes(2000000))"), "");
    QVERIFY(save(u"one"_s).code.isEmpty());
    QCOMPARE(save(u"two"_s).code, errors::TooLarge);
    QCOMPARE(files(), QStringList{u"one.tar"_s});
    QVERIFY(save(u"one"_s, true).code.isEmpty()); // in place of itself
    QVERIFY(save(u"two"_s, false, u"you"_s).code.isEmpty());
    QVERIFY(m_store->remove(u"me"_s, u"one"_s));
    QVERIFY(save(u"two"_s).code.isEmpty());
}

void tst_snapshot::cancelled()
{
    QCOMPARE(python("open('f', 'wb').write(bytes(30000000))"), "");
    SnapshotSave job(*m_store, channel(), {u"me"_s, u"s"_s, u"python"_s, {}, false});
    QStringList ends;
    QStringList meanwhile;
    connect(&job, &SnapshotSave::finished, this, [&](const Error &error) { ends.append(error.code); });
    connect(&job, &SnapshotSave::progress, this, [&](qint64 done, qint64) {
        if (done > 1000000) {
            meanwhile = files();
            job.cancel();
        }
    });
    job.start();
    QVERIFY(DoorBox::wait([&] { return !ends.isEmpty(); }));
    QCOMPARE(ends, QStringList{errors::Cancelled.toString()});
    QVERIFY2(meanwhile.isEmpty(), qPrintable(meanwhile.join(u' '))); // without a name: gone with its process
    QVERIFY(files().isEmpty());

    auto gone =
        std::make_unique<SnapshotSave>(*m_store, channel(), SnapshotSave::Request{u"me"_s, u"s"_s, {}, {}, false});
    connect(gone.get(), &SnapshotSave::progress, this, [&] { gone.reset(); });
    gone->start();
    QVERIFY(DoorBox::wait([&] { return !gone; }));
    QVERIFY(files().isEmpty());

    QVERIFY(save(u"s"_s).code.isEmpty());
    SnapshotRestore back(*m_store, channel(), u"me"_s, u"s"_s);
    connect(&back, &SnapshotRestore::progress, this, [&] { back.cancel(); });
    QCOMPARE(ended(back).code, errors::Cancelled);
}

void tst_snapshot::sandboxDies()
{
    QCOMPARE(python("open('f', 'wb').write(bytes(30000000))"), "");
    SnapshotSave job(*m_store, channel(), {u"me"_s, u"s"_s, u"python"_s, {}, false});
    bool asked = false;
    connect(&job, &SnapshotSave::progress, this, [&] {
        if (!std::exchange(asked, true))
            m_box->client->removeContainer(m_box->sandbox->containerId(), {this, [](const Result<void> &) {}});
    });
    const Error error = ended(job);
    // It may have been faster.
    QVERIFY2(error.code.isEmpty() || error.code == errors::SandboxLost || error.code == errors::DockerLost,
             describe(error));
    QCOMPARE(files().size(), error.code.isEmpty() ? 1 : 0);
    QVERIFY(DoorBox::wait([&] { return !m_box->outcome.lost.code.isEmpty(); }));
}

void tst_snapshot::diskRefuses()
{
    m_store = std::make_unique<SnapshotStore>(u"/proc/none"_s);
    QCOMPARE(save(u"s"_s).code, errors::FileError);
}

void tst_snapshot::broken_data()
{
    QTest::addColumn<QString>("what");
    for (const char *what : {"empty", "garbage", "cut", "foreign", "link"})
        QTest::newRow(what) << QString::fromLatin1(what);
}

// What is not a snapshot as we write them: not listed, or not restored; never taken for a whole one.
void tst_snapshot::broken()
{
    QFETCH(QString, what);
    QCOMPARE(python("open('f', 'wb').write(bytes(100000))"), "");
    QVERIFY(save(u"good"_s).code.isEmpty());
    QFile good(m_store->pathOf(u"me"_s, u"good"_s));
    QVERIFY(good.open(QIODevice::ReadOnly));
    QByteArray bytes = good.readAll();
    const QString path = m_store->pathOf(u"me"_s, u"bad"_s);
    if (what == u"link"_s) {
        QVERIFY(QFile::link(u"/etc/passwd"_s, path));
    } else {
        bytes = what == u"empty"_s ? QByteArray() : what == u"garbage"_s ? QByteArray(5000, 'x') : bytes;
        if (what == u"foreign"_s)
            bytes.replace("isol8Snapshot", "isol9Snapshot");
        QFile bad(path);
        QVERIFY(bad.open(QIODevice::WriteOnly));
        bad.write(what == u"cut"_s ? bytes.left(50000) : bytes);
    }
    const Error error = restore(u"bad"_s);
    QCOMPARE(error.code, what == u"cut"_s ? errors::BadArchive : errors::FileError);
    QCOMPARE(m_store->list(u"me"_s).size(), what == u"cut"_s ? 2 : 1);
}

void tst_snapshot::leftovers()
{
    QVERIFY(save(u"s"_s).code.isEmpty());
    const auto make = [&](const char *name, time_t age) {
        const QByteArray path = QFile::encodeName(m_store->folderOf(u"me"_s)) + '/' + name;
        ::close(::open(path.constData(), O_CREAT | O_WRONLY, 0600));
        const timespec times[2] = {{::time(nullptr) - age, 0}, {::time(nullptr) - age, 0}};
        ::utimensat(AT_FDCWD, path.constData(), times, 0);
    };
    make(".new-old", 4000);
    make(".new-young", 100);
    QVERIFY(save(u"t"_s).code.isEmpty());
    QCOMPARE(files(), (QStringList{u".new-young"_s, u"s.tar"_s, u"t.tar"_s}));
}

QTEST_GUILESS_MAIN(tst_snapshot)
#include "tst_snapshot.moc"
