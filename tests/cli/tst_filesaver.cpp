// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; cli
#include <cli/FileSaver.h>

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QTest>

#include <sys/stat.h>
#include <unistd.h>

using namespace isol8::cli;
using namespace Qt::StringLiterals;

namespace {

using Files = QMap<QString, QByteArray>;

} // namespace

/*
    What --get does to the user's folder, whatever the program inside is up to.
*/
class tst_filesaver : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void places();
    void kept_data();
    void kept();
    void refreshed();
    void changedByHand();
    void named();
    void handedOver();
    void unchangedStays();
    void linksAreNotFollowed_data();
    void linksAreNotFollowed();
    void samePlace();
    void modes();
    void withoutRecords();
    void streamed();
    void streamedAsGiven();
    void holes();
    void namesAreBytes();

private:
    void write(const QString &name, const QByteArray &content);
    [[nodiscard]] QByteArray content(const QString &name) const;
    //! All files here and their contents.
    [[nodiscard]] Files here() const;
    SavedFiles save(const FilesToSave &request) { return saveFiles(m_folder, request, m_records); }

    std::unique_ptr<QTemporaryDir> m_around;
    QString m_folder;
    QString m_records;
};

void tst_filesaver::init()
{
    m_around = std::make_unique<QTemporaryDir>();
    m_folder = m_around->filePath(u"here"_s);
    m_records = m_around->filePath(u"cache/brought"_s);
    QVERIFY(QDir().mkpath(m_folder));
}

void tst_filesaver::write(const QString &name, const QByteArray &content)
{
    QVERIFY(QDir(m_folder).mkpath(QFileInfo(name).path()));
    QFile file(m_folder + u'/' + name);
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(content), content.size());
}

QByteArray tst_filesaver::content(const QString &name) const
{
    QFile file(m_folder + u'/' + name);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("(none)");
}

Files tst_filesaver::here() const
{
    Files files;
    QDirIterator it(m_folder, QDir::Files | QDir::Hidden | QDir::System, QDirIterator::Subdirectories);
    while (it.hasNext()) {
        const QString name = QDir(m_folder).relativeFilePath(it.next());
        files.insert(name, content(name));
    }
    return files;
}

void tst_filesaver::places()
{
    const SavedFiles saved = save({{{u"/sandbox/a/r.csv"_s, "1"},
                                    {u"/sandbox/b/r.csv"_s, "2"},
                                    {u"/sandbox/r.csv"_s, "3"},
                                    {u"/tmp/c/deep/x y"_s, "4"},
                                    {u"/etc/passwd"_s, "5"}},
                                   {u"**"_s, u"/tmp/**"_s},
                                   {},
                                   {}});
    QCOMPARE(saved.problems, QStringList());
    QCOMPARE(saved.notes, QStringList());
    QCOMPARE(here(), (Files{{u"a/r.csv"_s, "1"}, {u"b/r.csv"_s, "2"}, {u"r.csv"_s, "3"}, {u"c/deep/x y"_s, "4"}}));
}

void tst_filesaver::kept_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QStringList>("wanted");
    QTest::addColumn<bool>("mentioned"); // as a problem; else as a note
    const auto row = [](const char *title, const QString &name, const QString &wanted, bool problem = true) {
        QTest::newRow(title) << name << QStringList{wanted} << problem;
    };
    row("configuration", u"isol8.config.json"_s, u"*"_s);
    row("configuration, named", u"isol8.config.json"_s, u"isol8.config.json"_s);
    row("configuration, other case", u"Isol8.Config.JSON"_s, u"*"_s);
    row("configuration of a folder", u"sub/isol8.config.json"_s, u"**"_s);
    row("ignore file", u".isol8ignore"_s, u".isol8ignore"_s);
    row("in a hidden folder", u".git/hooks/post-checkout"_s, u"**"_s, false);
    row("in a hidden folder, named", u".git/config"_s, u".git/config"_s, false);
    row("in a hidden folder below", u"sub/.vscode/tasks.json"_s, u"**"_s, false);
    row("hidden", u".bashrc"_s, u".*"_s, false);
    row("existing", u"mine.txt"_s, u"*"_s);
    row("existing below", u"sub/mine.txt"_s, u"**/mine.txt"_s);
}

// What the program may not decide.
void tst_filesaver::kept()
{
    QFETCH(QString, name);
    QFETCH(QStringList, wanted);
    QFETCH(bool, mentioned);
    const bool existing = name.endsWith(u"mine.txt");
    if (existing)
        write(name, "mine");
    const Files before = here();
    const SavedFiles saved = save({{{u"/sandbox/"_s + name, "theirs"}}, wanted, {}, {}});
    const QStringList said = mentioned ? saved.problems : saved.notes;
    QCOMPARE(saved.problems.size() + saved.notes.size(), 1);
    QCOMPARE(said.size(), 1);
    QVERIFY2(said.first().contains(name), qPrintable(said.first()));
    QCOMPARE(here(), before);
}

// The same command a second time.
void tst_filesaver::refreshed()
{
    for (const char *text : {"first", "second", "second", "third"}) {
        const SavedFiles saved = save({{{u"/sandbox/out/r.csv"_s, text}}, {u"out/*"_s}, {}, {}});
        QCOMPARE(saved.problems, QStringList());
        QCOMPARE(content(u"out/r.csv"_s), QByteArray(text));
    }
}

void tst_filesaver::changedByHand()
{
    QCOMPARE(save({{{u"/sandbox/r.csv"_s, "first"}}, {u"*"_s}, {}, {}}).problems, QStringList());
    write(u"r.csv"_s, "by hand");
    const SavedFiles saved = save({{{u"/sandbox/r.csv"_s, "second"}}, {u"*"_s}, {}, {}});
    QCOMPARE(saved.problems.size(), 1);
    QVERIFY2(saved.problems.first().contains(u"--get r.csv"), qPrintable(saved.problems.first()));
    QCOMPARE(content(u"r.csv"_s), "by hand");
    // Another's file of the same content is not isol8's because of that.
    write(u"other.csv"_s, "same");
    QCOMPARE(save({{{u"/sandbox/other.csv"_s, "same"}}, {u"*"_s}, {}, {}}).problems, QStringList());
    QCOMPARE(save({{{u"/sandbox/other.csv"_s, "new"}}, {u"*"_s}, {}, {}}).problems.size(), 1);
}

void tst_filesaver::named()
{
    write(u"r.csv"_s, "mine");
    write(u"[x].csv"_s, "mine");
    const SavedFiles saved =
        save({{{u"/sandbox/r.csv"_s, "new"}, {u"/sandbox/[x].csv"_s, "new"}, {u"/sandbox/.env"_s, "A=1"}},
              {u"/tmp/../sandbox/./r.csv"_s, u"[x].csv"_s, u".env"_s},
              {},
              {}});
    QCOMPARE(saved.problems + saved.notes, QStringList());
    QCOMPARE(here(), (Files{{u"r.csv"_s, "new"}, {u"[x].csv"_s, "new"}, {u".env"_s, "A=1"}}));
}

void tst_filesaver::handedOver()
{
    write(u"a.txt"_s, "given");
    write(u"b.txt"_s, "edited meanwhile");
    const Files given{{u"/sandbox/a.txt"_s, "given"}, {u"/sandbox/b.txt"_s, "given"}};
    const SavedFiles saved = save({{{u"/sandbox/a.txt"_s, "changed"}, {u"/sandbox/b.txt"_s, "changed"}},
                                   {u"*"_s},
                                   given,
                                   {u"/sandbox/a.txt"_s, u"/sandbox/b.txt"_s}});
    QCOMPARE(saved.problems.size(), 1);
    QVERIFY2(saved.problems.first().startsWith(u"./b.txt"), qPrintable(saved.problems.first()));
    QCOMPARE(here(), (Files{{u"a.txt"_s, "changed"}, {u"b.txt"_s, "edited meanwhile"}}));
}

// The program's own text, and what --files put there.
void tst_filesaver::unchangedStays()
{
    write(u"main.py"_s, "mine");
    const Files given{{u"/sandbox/main.py"_s, "print(1)"}, {u"/sandbox/data"_s, "x"}};
    for (const QStringList &wanted : {QStringList{u"*"_s}, QStringList{u"main.py"_s}}) {
        const SavedFiles saved = save({given, wanted, given, {}});
        QCOMPARE(saved.problems + saved.notes, QStringList());
        QCOMPARE(here(), (Files{{u"main.py"_s, "mine"}}));
    }
    // Who names it, where it is not, has it.
    QCOMPARE(save({given, {u"data"_s}, given, {}}).problems, QStringList());
    QCOMPARE(content(u"data"_s), "x");
}

void tst_filesaver::linksAreNotFollowed_data()
{
    QTest::addColumn<QString>("link"); // below the folder
    QTest::addColumn<QString>("target");
    QTest::addColumn<QString>("file");
    QTest::newRow("the file") << u"r.csv"_s << u"../outside/r.csv"_s << u"r.csv"_s;
    QTest::newRow("to nothing") << u"r.csv"_s << u"../outside/new"_s << u"r.csv"_s;
    QTest::newRow("the folder") << u"sub"_s << u"../outside"_s << u"sub/r.csv"_s;
    QTest::newRow("a folder above") << u"sub"_s << u"../outside"_s << u"sub/x/r.csv"_s;
    QTest::newRow("to a folder here") << u"sub"_s << u"."_s << u"sub/r.csv"_s;
}

void tst_filesaver::linksAreNotFollowed()
{
    QFETCH(QString, link);
    QFETCH(QString, target);
    QFETCH(QString, file);
    write(u"../outside/r.csv"_s, "precious");
    QCOMPARE(::symlink(QFile::encodeName(target).constData(), QFile::encodeName(m_folder + u'/' + link).constData()),
             0);
    const SavedFiles saved = save({{{u"/sandbox/"_s + file, "theirs"}}, {file}, {}, {}});
    QCOMPARE(saved.problems.size(), 1);
    QVERIFY2(saved.problems.first().contains(u"symbolic link"), qPrintable(saved.problems.first()));
    QCOMPARE(content(u"../outside/r.csv"_s), "precious");
    QCOMPARE(QDir(m_around->filePath(u"outside"_s)).entryList(QDir::AllEntries | QDir::NoDotAndDotDot),
             QStringList{u"r.csv"_s});
    QVERIFY(QFileInfo(m_folder + u'/' + link).isSymLink());
}

void tst_filesaver::samePlace()
{
    const SavedFiles saved = save({{{u"/sandbox/x"_s, "1"}, {u"/tmp/x"_s, "2"}}, {u"x"_s, u"/tmp/x"_s}, {}, {}});
    QCOMPARE(saved.problems.size(), 1);
    QVERIFY2(saved.problems.first().contains(u"/sandbox/x and /tmp/x"), qPrintable(saved.problems.first()));
    QCOMPARE(content(u"x"_s), "1");
    const SavedFiles clash = save({{{u"/sandbox/y"_s, "1"}, {u"/tmp/y/z"_s, "2"}}, {u"y"_s, u"/tmp/y/z"_s}, {}, {}});
    QCOMPARE(clash.problems.size(), 1);
    QVERIFY2(clash.problems.first().startsWith(u"/sandbox/y and /tmp/y/z cannot both be here"),
             qPrintable(clash.problems.first()));
    QCOMPARE(content(u"y"_s), "1");
    write(u"folder/x"_s, "1");
    QCOMPARE(save({{{u"/sandbox/folder"_s, "1"}}, {u"folder"_s}, {}, {}}).problems.size(), 1);
    write(u"file"_s, "1");
    QCOMPARE(save({{{u"/sandbox/file/x"_s, "1"}}, {u"file/x"_s}, {}, {}}).problems.size(), 1);
}

void tst_filesaver::modes()
{
    const auto modeOf = [this](const QString &name) {
        struct stat status = {};
        return ::stat(QFile::encodeName(m_folder + u'/' + name).constData(), &status) == 0 ? status.st_mode & 0777 : 0;
    };
    write(u"old"_s, "x");
    QCOMPARE(::chmod(QFile::encodeName(m_folder + u"/old"_s).constData(), 0700), 0);
    const mode_t before = ::umask(077);
    const SavedFiles saved =
        save({{{u"/sandbox/old"_s, "y"}, {u"/sandbox/sub/new"_s, "y"}}, {u"old"_s, u"sub/new"_s}, {}, {}});
    ::umask(022);
    const SavedFiles more = save({{{u"/sandbox/old"_s, "z"}, {u"/sandbox/run.sh"_s, "y"}, {u"/sandbox/none"_s, "y"}},
                                  {u"old"_s, u"*"_s},
                                  {},
                                  {},
                                  {{u"/sandbox/old"_s, {0644, 0}},
                                   {u"/sandbox/run.sh"_s, {0777, 1600000000250}},
                                   {u"/sandbox/none"_s, {0000, 1}}}});
    ::umask(before);
    QCOMPARE(more.problems, QStringList());
    QCOMPARE(modeOf(u"run.sh"_s), mode_t(0755));
    QCOMPARE(modeOf(u"none"_s), mode_t(0400)); // its owner may read it
    QCOMPARE(QFileInfo(m_folder + u"/run.sh"_s).lastModified().toMSecsSinceEpoch(), 1600000000250);
    QCOMPARE(saved.problems, QStringList());
    QCOMPARE(modeOf(u"old"_s), mode_t(0700));
    QCOMPARE(modeOf(u"sub"_s), mode_t(0700));
    QCOMPARE(modeOf(u"sub/new"_s), mode_t(0600));
}

// Records that cannot be kept or are nonsense cost a refusal, never a file.
void tst_filesaver::withoutRecords()
{
    QCOMPARE(save({{{u"/sandbox/r"_s, "1"}}, {u"*"_s}, {}, {}}).problems, QStringList());
    const QStringList records = QDir(m_records).entryList(QDir::Files);
    QCOMPARE(records.size(), 1);
    QFile file(m_records + u'/' + records.first());
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("{\"files\": [1, {]");
    file.close();
    QCOMPARE(save({{{u"/sandbox/r"_s, "2"}}, {u"*"_s}, {}, {}}).problems.size(), 1);
    QCOMPARE(content(u"r"_s), "1");
    const SavedFiles saved = saveFiles(m_folder, {{{u"/sandbox/s"_s, "1"}}, {u"*"_s}, {}, {}}, u"/proc/none/brought"_s);
    QCOMPARE(saved.problems, QStringList());
    QCOMPARE(content(u"s"_s), "1");
}

// A file comes whole or not at all.
void tst_filesaver::streamed()
{
    FileSaver saver(m_folder, {{}, {u"**"_s}, {}, {}}, m_records);
    saver.write("nothing began");
    saver.end();
    saver.begin({"/sandbox/whole", 6, {0644, 0}});
    saver.write("abc");
    QVERIFY(QDir(m_folder).isEmpty(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot));
    saver.write("def");
    saver.end();
    QCOMPARE(content(u"whole"_s), "abcdef");
    saver.begin({"/sandbox/broken", 6, {0644, 0}});
    saver.write("abc");
    saver.end(u"the sandbox ended."_s);
    saver.begin({"/sandbox/short", 6, {0644, 0}});
    saver.write("abc");
    saver.end();
    saver.begin({"/sandbox/long", 2, {0644, 0}});
    saver.write("abc");
    saver.end();
    saver.begin({"/sandbox/../up", 0, {0644, 0}});
    saver.end();
    saver.begin({"/sandbox/interrupted", 6, {0644, 0}});
    saver.write("abc");
    const SavedFiles saved = saver.finish();
    QCOMPARE(saved.problems.join(u'|'),
             u"./broken was not brought: the sandbox ended.|./short was not brought: not all "
             "of it came.|./long was not brought: more came than it holds.|./interrupted was "
             "not brought: not all of it came."_s);
    QCOMPARE(here().keys(), QStringList{u"whole"_s});
    QVERIFY(!QFile::exists(m_around->filePath(u"up"_s)));
    // As what isol8 has brought before it is replaced, and what was changed meanwhile is not.
    QCOMPARE(save({{{u"/sandbox/whole"_s, "new"}}, {u"*"_s}, {}, {}}).problems, QStringList());
    QCOMPARE(content(u"whole"_s), "new");
}

// What the run was given is known again while it comes, and written as soon as it differs.
void tst_filesaver::streamedAsGiven()
{
    const QByteArray given("0123456789");
    const FilesToSave request{
        {}, {u"*"_s}, {{u"/sandbox/in"_s, given}, {u"/sandbox/d/in"_s, given}}, {u"/sandbox/in"_s}};
    const auto come = [&](const QByteArray &path, const QByteArrayList &parts) {
        FileSaver saver(m_folder, request, m_records);
        saver.begin({path, qint64(parts.join().size()), {0644, 0}});
        for (const QByteArray &part : parts)
            saver.write(part);
        saver.end();
        return saver.finish().problems;
    };
    QCOMPARE(come("/sandbox/d/in", {"01234", "56789"}), QStringList());
    QVERIFY(QDir(m_folder).isEmpty());
    QCOMPARE(come("/sandbox/in", {"01234", "56x", "89"}), QStringList());
    QCOMPARE(content(u"in"_s), "0123456x89");
    write(u"in"_s, given);
    QCOMPARE(come("/sandbox/in", {"0123456789", "more"}), QStringList());
    QCOMPARE(content(u"in"_s), "0123456789more");
    QCOMPARE(come("/sandbox/in", {"0123", ""}), QStringList());
    QCOMPARE(content(u"in"_s), "0123");
}

void tst_filesaver::holes()
{
    FileSaver saver(m_folder, {{}, {u"*"_s}, {}, {}}, m_records);
    const QByteArray zeros(64 * 1024, '\0');
    saver.begin({"/sandbox/sparse", 32 * zeros.size() + 1, {0644, 0}});
    for (int i = 0; i < 16; ++i)
        saver.write(zeros);
    saver.write("x");
    for (int i = 0; i < 16; ++i)
        saver.write(zeros);
    saver.end();
    QCOMPARE(saver.finish().problems, QStringList());
    const QByteArray all = content(u"sparse"_s);
    QVERIFY(all == zeros.repeated(16) + 'x' + zeros.repeated(16));
    struct stat status = {};
    QCOMPARE(::stat(QFile::encodeName(m_folder + u"/sparse"_s).constData(), &status), 0);
    QVERIFY(status.st_blocks * 512 < all.size() / 2);
}

void tst_filesaver::namesAreBytes()
{
    FileSaver saver(m_folder, {{}, {u"**"_s}, {}, {}}, m_records);
    saver.begin({"/sandbox/d\xff/\xfe", 1, {0644, 0}});
    saver.write("x");
    saver.end();
    QCOMPARE(saver.finish().problems, QStringList());
    struct stat status = {};
    QCOMPARE(::stat(QByteArray(QFile::encodeName(m_folder) + "/d\xff/\xfe").constData(), &status), 0);
}

QTEST_GUILESS_MAIN(tst_filesaver)
#include "tst_filesaver.moc"
