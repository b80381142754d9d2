// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; remotecode
#include <isol8/remotecode/CodeCache.h>

#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <sys/stat.h>
#include <unistd.h>

using namespace isol8;
using namespace isol8::remotecode;
using namespace Qt::StringLiterals;

namespace {

const QByteArray Url = "https://example.com/a.py?token=sesame";

CodeEntry entryOf(const QByteArray &content)
{
    return {content,
            QCryptographicHash::hash(content, QCryptographicHash::Sha256).toHex(),
            {{"https://example.com", QHostAddress(u"192.0.2.1"_s)},
             {"https://cdn.example", QHostAddress(u"2001:db8::1"_s)}},
            QDateTime::fromMSecsSinceEpoch(1700000000123, Qt::UTC)};
}

} // namespace

/*
    What programs are kept in on disk: nothing in it is believed.
*/
class tst_codecache : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void roundTrip();
    void limit();
    void withoutFolder();
    void modes();
    void damaged_data();
    void damaged();
    void foreign_data();
    void foreign();
    void linkedFolder();
    void trimmed();

private:
    [[nodiscard]] QString file() const;
    [[nodiscard]] QByteArray read() const;
    void write(const QByteArray &content) const;

    std::unique_ptr<QTemporaryDir> m_root;
    QString m_folder;
};

void tst_codecache::init()
{
    m_root = std::make_unique<QTemporaryDir>();
    m_folder = m_root->filePath(u"a/code"_s);
}

// Of the only entry.
QString tst_codecache::file() const
{
    const QStringList names = QDir(m_folder).entryList(QDir::Files | QDir::System | QDir::Hidden);
    return names.size() == 1 ? m_folder + u'/' + names.first() : QString();
}

QByteArray tst_codecache::read() const
{
    QFile f(file());
    return f.open(QIODevice::ReadOnly) ? f.readAll() : QByteArray();
}

void tst_codecache::write(const QByteArray &content) const
{
    QFile f(file());
    QVERIFY(f.open(QIODevice::WriteOnly | QIODevice::Truncate));
    QCOMPARE(f.write(content), content.size());
}

void tst_codecache::roundTrip()
{
    const CodeCache cache(m_folder);
    QVERIFY(!cache.find(Url, MiB));
    const CodeEntry entry = entryOf("print('\xc3\xbc')\n\n{\"a\": 1}\n");
    cache.store(Url, entry);
    const auto found = cache.find(Url, MiB);
    QVERIFY(found && *found == entry);
    QVERIFY(!cache.find(Url + '2', MiB));
    QVERIFY(!read().contains("sesame") && !file().contains(u"sesame"_s));

    const CodeEntry other = entryOf("print(2)");
    cache.store(Url, other);
    QVERIFY(CodeCache(m_folder).find(Url, MiB) == other);
    QVERIFY(!file().isEmpty()); // no other file is there
}

void tst_codecache::limit()
{
    const CodeCache cache(m_folder);
    cache.store(Url, entryOf("0123456789"));
    QVERIFY(cache.find(Url, 10));
    QVERIFY(!cache.find(Url, 9));
}

void tst_codecache::withoutFolder()
{
    const CodeCache none{QString()};
    none.store(Url, entryOf("x"));
    QVERIFY(!none.find(Url, MiB));
    // Where a folder cannot be, nothing is kept and nothing breaks.
    const CodeCache impossible(u"/proc/self/nowhere/code"_s);
    impossible.store(Url, entryOf("x"));
    QVERIFY(!impossible.find(Url, MiB));
}

void tst_codecache::modes()
{
    const mode_t before = ::umask(0);
    const CodeCache cache(m_folder);
    cache.store(Url, entryOf("x"));
    ::umask(before);
    struct stat info = {};
    QCOMPARE(::stat(QFile::encodeName(m_folder).constData(), &info), 0);
    QCOMPARE(uint(info.st_mode & 07777), 0700U);
    QCOMPARE(::stat(QFile::encodeName(file()).constData(), &info), 0);
    QCOMPARE(uint(info.st_mode & 07777), 0600U);
    // A folder that has been opened to others is closed again.
    QCOMPARE(::chmod(QFile::encodeName(m_folder).constData(), 0755), 0);
    QVERIFY(cache.find(Url, MiB));
    QCOMPARE(::stat(QFile::encodeName(m_folder).constData(), &info), 0);
    QCOMPARE(uint(info.st_mode & 07777), 0700U);
}

void tst_codecache::damaged_data()
{
    QTest::addColumn<QByteArray>("find");
    QTest::addColumn<QByteArray>("replace");
    QTest::newRow("the program") << QByteArray("print(1)") << QByteArray("print(2)");
    QTest::newRow("more of it") << QByteArray("print(1)") << QByteArray("print(1);");
    QTest::newRow("less of it") << QByteArray("print(1)") << QByteArray("print(1");
    QTest::newRow("the format's line") << QByteArray("isol8 code 2") << QByteArray("isol8 code 3");
    QTest::newRow("the JSON") << QByteArray("{\"fetchedAt\"") << QByteArray("[\"fetchedAt\"");
    QTest::newRow("no origins") << QByteArray("\"origins\":") << QByteArray("\"0rigins\":");
    QTest::newRow("no hash") << QByteArray("\"sha256\":") << QByteArray("\"sha257\":");
    QTest::newRow("another URL's") << QByteArray("\"url\":\"") << QByteArray("\"url\":\"0");
    QTest::newRow("no line end") << QByteArray("\n") << QByteArray(" ");
}

void tst_codecache::damaged()
{
    QFETCH(QByteArray, find);
    QFETCH(QByteArray, replace);
    const CodeCache cache(m_folder);
    cache.store(Url, entryOf("print(1)"));
    const QByteArray whole = read();
    QByteArray broken = whole;
    broken.replace(find, replace);
    QVERIFY(broken != whole);
    write(broken);
    QVERIFY(!cache.find(Url, MiB));
    cache.store(Url, entryOf("print(1)"));
    QCOMPARE(read(), whole);
    // Cut anywhere.
    for (qsizetype size = 0; size < whole.size(); size += 7) {
        write(whole.first(size));
        QVERIFY(!cache.find(Url, MiB));
    }
}

void tst_codecache::foreign_data()
{
    QTest::addColumn<QString>("how");
    for (const char *how : {"link", "hard link", "open to others", "pipe", "folder"})
        QTest::newRow(how) << QString::fromLatin1(how);
}

// What lies where an entry would, though it is a good one, is not used; storing replaces it where that can be.
void tst_codecache::foreign()
{
    QFETCH(QString, how);
    const CodeCache cache(m_folder);
    cache.store(Url, entryOf("print(1)"));
    const QByteArray name = QFile::encodeName(file());
    const QByteArray aside = QFile::encodeName(m_root->filePath(u"aside"_s));
    if (how == u"hard link") {
        QCOMPARE(::link(name.constData(), aside.constData()), 0);
    } else if (how == u"open to others") {
        QCOMPARE(::chmod(name.constData(), 0644), 0);
    } else {
        QCOMPARE(::rename(name.constData(), aside.constData()), 0);
        const int made = how == u"link"   ? ::symlink(aside.constData(), name.constData())
                         : how == u"pipe" ? ::mkfifo(name.constData(), 0600)
                                          : ::mkdir(name.constData(), 0700);
        QCOMPARE(made, 0);
    }
    QVERIFY(!cache.find(Url, MiB));
    cache.store(Url, entryOf("print(2)"));
    const auto found = cache.find(Url, MiB);
    QCOMPARE(found.has_value(), how != u"folder");
    QVERIFY(how == u"folder" || found->content == "print(2)");
    // Nothing was written through the link.
    QFile kept(QFile::decodeName(aside));
    QVERIFY(!kept.exists() || (kept.open(QIODevice::ReadOnly) && kept.readAll().endsWith("print(1)")));
}

void tst_codecache::linkedFolder()
{
    const QString elsewhere = m_root->filePath(u"elsewhere"_s);
    CodeCache(elsewhere).store(Url, entryOf("print(1)"));
    QVERIFY(QDir().mkpath(m_root->filePath(u"a"_s)));
    QVERIFY(QFile::link(elsewhere, m_folder));
    const CodeCache cache(m_folder);
    QVERIFY(!cache.find(Url, MiB));
    cache.store(Url + '2', entryOf("print(2)"));
    QCOMPARE(QDir(elsewhere).entryList(QDir::Files).size(), 1);
}

// The oldest go; so does what was left half-written long ago.
void tst_codecache::trimmed()
{
    const CodeCache cache(m_folder);
    const QByteArray large(16 * MiB, 'a');
    const auto url = [](int i) { return QByteArray("https://example.com/" + QByteArray::number(i)); };
    const int fit = int(CodeCache::SizeLimit / large.size());
    for (int i = 0; i < fit + 2; ++i) {
        cache.store(url(i), entryOf(large));
        QTest::qWait(5); // file times have the kernel's tick
    }
    QVERIFY(!cache.find(url(0), GiB));
    QVERIFY(cache.find(url(fit + 1), GiB));
    qint64 size = 0;
    const auto files = QDir(m_folder).entryInfoList(QDir::Files);
    for (const QFileInfo &info : files)
        size += info.size();
    QVERIFY(size > 0 && size <= CodeCache::SizeLimit);

    QFile left(m_folder + u"/new-0-0"_s);
    QVERIFY(left.open(QIODevice::WriteOnly));
    QVERIFY(left.setFileTime(QDateTime::currentDateTime().addSecs(-7200), QFileDevice::FileModificationTime));
    left.close();
    QFile busy(m_folder + u"/new-1-1"_s);
    QVERIFY(busy.open(QIODevice::WriteOnly));
    cache.store(url(0), entryOf("x"));
    QVERIFY(!left.exists() && busy.exists());
}

QTEST_GUILESS_MAIN(tst_codecache)
#include "tst_codecache.moc"
