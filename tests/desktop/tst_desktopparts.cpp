// SPDX-License-Identifier: GPL-3.0-or-later
// test: gui; desktop
// What the app is made of, without a sandbox: output, terminal, history, documents, keys, settings.
#include "desktop/DesktopFixture.h"

#include <desktop/core/Texts.h>
#include <desktop/history/HistoryModel.h>
#include <desktop/history/HistoryView.h>
#include <desktop/history/RunLog.h>
#include <desktop/manage/SandboxModel.h>
#include <desktop/manage/SettingsDocument.h>
#include <desktop/output/TerminalScreen.h>
#include <desktop/run/DiffDialog.h>
#include <desktop/run/FileChanges.h>
#include <desktop/run/FilesPane.h>
#include <desktop/run/Rehearsal.h>
#include <desktop/run/ResultsPane.h>
#include <isol8/config/Config.h>

#include <QBuffer>
#include <QDir>
#include <QJsonDocument>
#include <QLabel>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QSqlDatabase>
#include <QSqlQuery>
#include <QTableView>
#include <QTextBrowser>
#include <QVBoxLayout>

#include <ctime>

using namespace isol8;
using namespace isol8::desktop;
using namespace desktoptest;

class tst_desktopparts : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void outputText_data();
    void outputText();
    void outputStyles();
    void outputIsBounded();
    void outputIsQuick();
    void terminalScreen();
    void differences_data();
    void differences();
    void documents();
    void copyAs();
    void history();
    void historyOfTwoWindows();
    void draftOfOneWindow();
    void historyHeldByAnother();
    void damagedHistory_data();
    void damagedHistory();
    void historyNowhere();
    void replacedPrograms();
    void keysInAFile();
    void settingTexts();
    void settingsFile();
    void drawings_data();
    void drawings();
    void valuesThatNeverEnd_data();
    void valuesThatNeverEnd();
    void valuesInTheirOrder();
    void tables_data();
    void tables();
    void hostileValues();
    void endlessLines();
    void floodOfFiles();
    void sessionsInTheHistory();
    void sandboxList();
};

void tst_desktopparts::initTestCase()
{
    Rehearsal::setProgram(qEnvironmentVariable("ISOL8_BIN") + u"/isol8-desktop"_s);
}

void tst_desktopparts::outputText_data()
{
    QTest::addColumn<QList<QByteArray>>("pieces");
    QTest::addColumn<QString>("text");
    QTest::newRow("lines") << QList<QByteArray>{"a\nb", "c\n"} << u"a\nbc\n"_s;
    QTest::newRow("carriage return") << QList<QByteArray>{"10%\r", "20%\r100%\n"} << u"100%\n"_s;
    QTest::newRow("shorter over longer") << QList<QByteArray>{"longer\rab"} << u"abnger"_s;
    QTest::newRow("erased") << QList<QByteArray>{"longer\r\x1b[Kab"} << u"ab"_s;
    QTest::newRow("backspace") << QList<QByteArray>{"abc\b\bX"} << u"aXc"_s;
    QTest::newRow("tab") << QList<QByteArray>{"a\tb"} << u"a       b"_s;
    QTest::newRow("cut escape") << QList<QByteArray>{"a\x1b", "[3", "1mred"} << u"ared"_s;
    QTest::newRow("title") << QList<QByteArray>{"a\x1b]0;title\ab"} << u"ab"_s;
    QTest::newRow("column") << QList<QByteArray>{"abc\x1b[2GX"} << u"aXc"_s;
    QTest::newRow("far column") << QList<QByteArray>{"\x1b[5GX"} << u"    X"_s;
    QTest::newRow("utf-8") << QList<QByteArray>{"gr\xc3\xbc\xc3\x9f\x65 \xe4\xbd\xa0\xe5\xa5\xbd"} << u"grüße 你好"_s;
    QTest::newRow("nothing") << QList<QByteArray>{"\x1b[", "m"} << QString();
}

void tst_desktopparts::outputText()
{
    QFETCH(const QList<QByteArray>, pieces);
    QFETCH(const QString, text);
    OutputDocument document;
    for (const QByteArray &piece : pieces)
        document.append(OutputKind::Out, piece);
    QCOMPARE(document.text(), text);
}

void tst_desktopparts::outputStyles()
{
    OutputDocument document;
    document.append(OutputKind::Out, "a\x1b[1;31mb\x1b[0mc\x1b[38;2;1;2;3md\x1b[48;5;200me");
    document.append(OutputKind::Err, "f");
    const OutputLine &line = document.line(0);
    QCOMPARE(line.spans.size(), 6);
    QCOMPARE(line.spans.at(1).style.foreground, 1);
    QVERIFY(line.spans.at(1).style.bold);
    QCOMPARE(line.spans.at(2).style.foreground, -1);
    QCOMPARE(line.spans.at(3).style.foreground, 0x1010203);
    QCOMPARE(line.spans.at(4).style.background, 200);
    QVERIFY(line.spans.at(5).style.kind == OutputKind::Err);
    document.append(OutputKind::Out, "\rXX");
    QCOMPARE(document.line(0).text, u"XXcdef"_s);
    // What stands behind what was written over keeps its colours.
    QCOMPARE(document.line(0).spans.at(1).start, 2);
}

void tst_desktopparts::outputIsBounded()
{
    OutputDocument document;
    document.append(OutputKind::Out, QByteArray(100'000, 'x'));
    QVERIFY(document.longest() <= OutputDocument::MaxLine);
    for (int i = 0; i < 200; ++i)
        document.append(OutputKind::Out, QByteArray("line\n").repeated(1000));
    QVERIFY(document.lineCount() <= OutputDocument::MaxLines);
    QVERIFY(document.dropped() > 100'000);
    for (int i = 0; i < 40; ++i)
        document.append(OutputKind::Out, QByteArray(1'000'000, 'y') + '\n');
    QVERIFY(document.chars() <= OutputDocument::MaxChars);
    document.append(OutputKind::Out, QByteArray("\x1b]") + QByteArray(20'000, 'z')); // a title that never ends
    document.append(OutputKind::Out, "\a\nstill here");
    QVERIFY(document.text().endsWith(u"still here"_s));
}

// 10 MB a second arrive in frames: how long is a frame? Printed; what is asserted is that it is no hang.
void tst_desktopparts::outputIsQuick()
{
    OutputView view;
    view.resize(900, 500);
    view.show();
    QVERIFY(QTest::qWaitForWindowExposed(&view));
    const QByteArray frame =
        QByteArray("\x1b[32mok\x1b[0m a line of output that is neither short nor long\n").repeated(2900);
    qint64 longest = 0;
    QElapsedTimer whole;
    whole.start();
    for (int i = 0; i < 60; ++i) {
        QElapsedTimer one;
        one.start();
        view.append(OutputKind::Out, frame);
        QCoreApplication::processEvents();
        longest = std::max(longest, one.elapsed());
    }
    qInfo("%.1f MB in %lld ms; the longest frame of %.0f KB took %lld ms", double(frame.size()) * 60 / 1e6,
          whole.elapsed(), double(frame.size()) / 1e3, longest);
    QVERIFY(longest < 20000);
    QVERIFY(view.find(u"neither"_s, true));
    QCOMPARE(view.selectedText(), u"neither"_s);
}

void tst_desktopparts::terminalScreen()
{
    TerminalScreen screen;
    QByteArray sent;
    screen.send = [&](const QByteArray &bytes) { sent += bytes; };
    screen.resize({20, 3});
    screen.write("one\r\ntwo\r\n\x1b[31mthree\x1b[0m\r\nfour");
    QCOMPARE(screen.text(), u"one\ntwo\nthree\nfour"_s);
    QCOMPARE(screen.scrolledOff(), 1);
    QCOMPARE(screen.cursor(), QPoint(4, 2));
    QVERIFY(screen.row(2, false).first().foreground.isValid());
    QVERIFY(screen.key(Qt::Key_A, Qt::NoModifier, u"a"_s));
    QVERIFY(screen.key(Qt::Key_C, Qt::ControlModifier, u"\x03"_s));
    QVERIFY(screen.key(Qt::Key_Up, Qt::NoModifier, {}));
    QVERIFY(screen.key(Qt::Key_Return, Qt::NoModifier, u"\r"_s));
    QCOMPARE(sent, QByteArray("a\x03\x1b[A\r"));
}

void tst_desktopparts::differences_data()
{
    QTest::addColumn<QString>("before");
    QTest::addColumn<QString>("after");
    QTest::addColumn<QString>("marks");
    QTest::newRow("same") << u"a\nb"_s << u"a\nb"_s << u"=="_s;
    QTest::newRow("added") << u"a\nc"_s << u"a\nb\nc"_s << u"=+="_s;
    QTest::newRow("removed") << u"a\nb\nc"_s << u"a\nc"_s << u"=-="_s;
    QTest::newRow("changed") << u"a\nb\nc"_s << u"a\nx\nc"_s << u"=-+="_s;
    QTest::newRow("two places") << u"a\nb\nc\nd"_s << u"x\nb\nc\ny"_s << u"-+==-+"_s;
    QTest::newRow("from nothing") << QString() << u"a"_s << u"-+"_s;
}

void tst_desktopparts::differences()
{
    QFETCH(const QString, before);
    QFETCH(const QString, after);
    QString marks;
    QStringList left;
    QStringList right;
    for (const DiffLine &line : diff(before, after)) {
        marks += line.kind == DiffLine::Kind::Same ? u'=' : line.kind == DiffLine::Kind::Added ? u'+' : u'-';
        if (line.kind != DiffLine::Kind::Added)
            left.append(line.text);
        if (line.kind != DiffLine::Kind::Removed)
            right.append(line.text);
    }
    QTEST(marks, "marks");
    QCOMPARE(left.join(u'\n'), before);
    QCOMPARE(right.join(u'\n'), after);
}

static Program example()
{
    Program program;
    program.request.runtime = u"python"_s;
    program.request.code = "print('it''s')\n";
    program.request.timeout = milliseconds(5000);
    program.request.args = QStringList{u"two words"_s};
    program.options.memoryLimit = 256 * MiB;
    program.options.network = Network::Filtered;
    program.options.whitelist = QStringList{u"example.com"_s};
    program.options.secrets.insert(u"TOKEN"_s, u"topsecret"_s);
    program.options.sessionId = u"s1"_s;
    program.options.mode = RunMode::Persistent;
    program.connection = u"local"_s;
    return program;
}

void tst_desktopparts::documents()
{
    const QTemporaryDir folder;
    const Program program = example();
    const QString path = folder.filePath(u"a.isol8"_s);
    QVERIFY(saveProgram(path, program));
    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadOnly));
    QVERIFY(!file.readAll().contains("topsecret"));
    auto read = openProgram(path, RuntimeRegistry::builtIn());
    QVERIFY(read);
    QCOMPARE(read->options.secrets.keys(), QStringList{u"TOKEN"_s});
    read->options.secrets = program.options.secrets;
    read->path.clear();
    QVERIFY(*read == program);

    QFile script(folder.filePath(u"s.mjs"_s));
    QVERIFY(script.open(QIODevice::WriteOnly));
    script.write("1");
    script.close();
    QCOMPARE(openProgram(script.fileName(), RuntimeRegistry::builtIn())->request.runtime, u"node"_s);
    const QString broken = folder.filePath(u"b.isol8"_s);
    QVERIFY(saveProgram(folder.filePath(u"b.txt"_s), program));
    QFile::rename(folder.filePath(u"b.txt"_s), broken);
    QVERIFY(!openProgram(broken, RuntimeRegistry::builtIn()));
    // What saving would change is not opened; what can be started can be afterwards.
    QFile latin(folder.filePath(u"latin.sh"_s));
    QVERIFY(latin.open(QIODevice::WriteOnly));
    latin.write("echo gr\xfc\xdf\x65\n");
    latin.close();
    QVERIFY(!openProgram(latin.fileName(), RuntimeRegistry::builtIn()));
    QVERIFY(latin.setPermissions(latin.permissions() | QFile::ExeOwner));
    QVERIFY(saveProgram(latin.fileName(), program));
    QVERIFY(latin.permissions() & QFile::ExeOwner);
    QVERIFY(!openProgram(folder.filePath(u"absent.py"_s), RuntimeRegistry::builtIn()));
}

void tst_desktopparts::copyAs()
{
    // A name is text, too, wherever it came from.
    Program hostile = example();
    hostile.options.secrets = {{u"A\")); std::system(\"id"_s, {}}, {u"$(id)"_s, {}}};
    QVERIFY(asCpp(hostile).contains(u"R\"(A\")); std::system(\"id)\""_s));
    QVERIFY(asCommandLine(hostile).contains(u"--secret '$(id)'"_s));
    QVERIFY(!asCurl(hostile, u"https://h:1"_s).contains(u"(id)"_s));
    // What is longer than an argument may be goes in by a pipe.
    hostile.request.code = QByteArray(200'000, '#');
    QVERIFY(asCommandLine(hostile).startsWith(u"printf %s '#"_s) &&
            asCommandLine(hostile).contains(u"' | isol8 run"_s));
    QVERIFY(asCurl(hostile, u"https://h:1"_s).endsWith(u"--data-binary @-"_s));

    const Program program = example();
    const QString line = asCommandLine(program);
    QCOMPARE(line, u"isol8 run -r python --timeout 5000 --net filtered --allow 'example.com' --memory 268435456 "
                   u"--secret 'TOKEN' --session-id 's1' -e 'print('\\''it'\\'''\\''s'\\'')\n' -- 'two words'"_s);
    const QString curl = asCurl(program, u"https://h:1"_s);
    QVERIFY(curl.contains(u"https://h:1/execute"_s) && curl.contains(u"\"sessionId\":\"s1\""_s));
    QVERIFY(asCpp(program).contains(u"R\"(print('it''s')"_s));
    for (const QString &text : {line, curl, asCpp(program)})
        QVERIFY(!text.contains(u"topsecret"_s));
}

void tst_desktopparts::history()
{
    const QTemporaryDir folder;
    HistoryStore store(folder.filePath(u"history.db"_s));
    QVERIFY2(store.problem().isEmpty(), qPrintable(store.problem()));
    QList<std::pair<Program, RunResult>> runs;
    for (int i = 0; i < 10'000; ++i) {
        Program program;
        program.request.runtime = i % 2 ? u"python"_s : u"node"_s;
        program.request.code = "print('number " + QByteArray::number(i) + "')\n" + QByteArray(200, 'x');
        RunResult result;
        result.reason = Reason::Completed;
        result.stdoutText = "number " + QByteArray::number(i) + "\n";
        runs.append({program, result});
    }
    store.addMany(runs);
    HistoryModel model(&store);
    QElapsedTimer timer;
    timer.start();
    QCOMPARE(store.rows({}, 0, 200).size(), 200);
    const qint64 listed = timer.restart();
    QCOMPARE(store.rows(u"number 4321"_s, 0, 200).size(), 1);
    const qint64 searched = timer.restart();
    QCOMPARE(store.rows(u"number"_s, 0, 200).size(), 200);
    const qint64 common = timer.restart();
    QCOMPARE(store.rows(u"py"_s, 0, 200).size(), 200);
    qInfo("10,000 runs: listed in %lld ms, one found in %lld, a common word in %lld, two letters in %lld", listed,
          searched, common, timer.elapsed());
    QCOMPARE(model.rowCount(), HistoryModel::Page);
    model.fetchMore({});
    QCOMPARE(model.rowCount(), 2 * HistoryModel::Page);
    model.setSearch(u"number 77"_s);
    QCOMPARE(model.rowCount(), 111);
    QVERIFY(store.rows(u"100%_\"'"_s, 0, 5).isEmpty());
    QVERIFY(store.rows(u"%"_s, 0, 5).isEmpty());

    const qint64 id = store.add(example(), runs.first().second);
    QVERIFY(id > 0);
    QVERIFY(store.entry(id)->program.options.secrets.value(u"TOKEN"_s).isEmpty());
    QFile file(folder.filePath(u"history.db"_s));
    QVERIFY(!(file.permissions() & QFile::ReadOther));
    store.remove({id});
    QVERIFY(!store.entry(id));
    store.saveDraft(example());
    QCOMPARE(store.draft()->code(), example().code());
}

static Program written(const QByteArray &code)
{
    Program program;
    program.request.runtime = u"bash"_s;
    program.request.code = code;
    return program;
}

// Neither writes over what the other holds; what was there when both are gone is there for the next two.
void tst_desktopparts::historyOfTwoWindows()
{
    const QTemporaryDir folder;
    const QString path = folder.filePath(u"history.db"_s);
    {
        HistoryStore one(path);
        QVERIFY(!one.draft());
        HistoryStore two(path);
        QVERIFY(!two.draft());
        one.saveDraft(written("one"));
        two.saveDraft(written("two"));
        one.saveDraft(written("one, later"));
        QVERIFY(one.add(written("run in one"), {}) > 0);
        QVERIFY(two.add(written("run in two"), {}) > 0);
        QCOMPARE(two.rows(u"run in"_s, 0, 9).size(), 2);
        QCOMPARE(two.drafts().size(), 2);
    }
    // Left by a kill, when the computer had another name.
    QFile lock(folder.filePath(u"draft-1.lock"_s));
    QVERIFY(lock.open(QIODevice::WriteOnly));
    lock.write("1\nisol8-desktop\nelsewhere\n\n\n");
    lock.close();
    HistoryStore one(path);
    HistoryStore two(path);
    QCOMPARE(one.draft()->code(), u"one, later"_s);
    QCOMPARE(two.draft()->code(), u"two"_s);
}

// From a time when all windows had one.
void tst_desktopparts::draftOfOneWindow()
{
    const QTemporaryDir folder;
    const QString path = folder.filePath(u"history.db"_s);
    {
        auto old = QSqlDatabase::addDatabase(u"QSQLITE"_s, u"old"_s);
        old.setDatabaseName(path);
        QVERIFY(old.open());
        QSqlQuery query(old);
        QVERIFY(query.exec(u"CREATE TABLE draft (id INTEGER PRIMARY KEY CHECK (id = 1), program TEXT)"_s));
        query.prepare(u"INSERT INTO draft VALUES (1, ?)"_s);
        query.addBindValue(QString::fromUtf8(QJsonDocument(written("kept").toJson()).toJson()));
        QVERIFY(query.exec());
    }
    QSqlDatabase::removeDatabase(u"old"_s);
    for (int i = 0; i < 2; ++i) {
        HistoryStore store(path);
        QVERIFY(store.draft());
        QCOMPARE(store.draft()->code(), u"kept"_s);
    }
}

// A run that ends, and a key that is pressed, while another process holds the file: kept as soon as it lets go.
void tst_desktopparts::historyHeldByAnother()
{
    const QTemporaryDir folder;
    const QString path = folder.filePath(u"history.db"_s);
    HistoryStore store(path);
    QSignalSpy told(&store, &HistoryStore::problemChanged);
    {
        auto other = QSqlDatabase::addDatabase(u"QSQLITE"_s, u"other"_s);
        other.setDatabaseName(path);
        QVERIFY(other.open());
        QVERIFY(QSqlQuery(other).exec(u"BEGIN IMMEDIATE"_s));
        QCOMPARE(store.add(written("ended meanwhile"), {}), 0);
        store.saveDraft(written("typed meanwhile"));
        QVERIFY(store.problem().contains(u"locked"_s));
        QVERIFY(told.count() > 0);
        QVERIFY(QSqlQuery(other).exec(u"ROLLBACK"_s));
    }
    QSqlDatabase::removeDatabase(u"other"_s);
    QTRY_COMPARE_WITH_TIMEOUT(store.rows(u"ended meanwhile"_s, 0, 9).size(), 1, 20000);
    QTRY_VERIFY_WITH_TIMEOUT(store.draft() && store.draft()->code() == "typed meanwhile"_L1, 20000);
    QTRY_VERIFY(store.problem().isEmpty());
}

void tst_desktopparts::damagedHistory_data()
{
    QTest::addColumn<bool>("whileOpen");
    QTest::newRow("at the start") << false;
    QTest::newRow("in use") << true;
}

void tst_desktopparts::damagedHistory()
{
    QFETCH(const bool, whileOpen);
    const QTemporaryDir folder;
    const QString path = folder.filePath(u"history.db"_s);
    auto store = std::make_unique<HistoryStore>(path);
    QVERIFY(store->add(written(QByteArray(100'000, 'x')), {}) > 0);
    if (!whileOpen)
        store.reset();
    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadWrite));
    file.write(QByteArray(int(std::max<qint64>(file.size(), 65536)), 'z'));
    file.close();
    for (const QString &suffix : {u"-wal"_s, u"-shm"_s}) {
        QFile log(path + suffix);
        if (log.exists() && log.open(QIODevice::ReadWrite))
            log.write(QByteArray(int(log.size()), 'z'));
    }
    if (!whileOpen)
        store = std::make_unique<HistoryStore>(path);
    (void)store->add(written("after it"), {});
    QTRY_COMPARE_WITH_TIMEOUT(store->rows(u"after it"_s, 0, 9).size(), 1, 20000);
    store->saveDraft(written("draft"));
    QVERIFY2(store->problem().contains(u"-damaged-"_s), qPrintable(store->problem()));
    QCOMPARE(QDir(folder.path()).entryList({u"history-damaged-*.db"_s}).size(), 1);
    store.reset();
    HistoryStore again(path);
    QCOMPARE(again.rows({}, 0, 9).size(), 1);
    QCOMPARE(again.draft()->code(), u"draft"_s);
    QVERIFY(again.problem().isEmpty());
}

// Where nothing can be written the app works, and says what it cannot do.
void tst_desktopparts::historyNowhere()
{
    HistoryStore store(u"/proc/isol8-there-is-no-such-folder/history.db"_s);
    QVERIFY(!store.problem().isEmpty());
    QVERIFY(store.add(written("now"), {}) > 0);
    store.saveDraft(written("typed"));
    QCOMPARE(store.draft()->code(), u"typed"_s);
    QCOMPARE(store.rows(u"now"_s, 0, 9).size(), 1);
}

void tst_desktopparts::replacedPrograms()
{
    const QTemporaryDir folder;
    HistoryStore store(folder.filePath(u"history.db"_s));
    QVERIFY(!store.hasReplaced() && !store.takeReplaced());
    for (int i = 0; i < HistoryStore::MaxReplaced + 5; ++i)
        store.keepReplaced(written(QByteArray::number(i)));
    for (int i = 0; i < HistoryStore::MaxReplaced; ++i)
        QCOMPARE(store.takeReplaced()->code(), QString::number(HistoryStore::MaxReplaced + 4 - i));
    QVERIFY(!store.hasReplaced());
}

void tst_desktopparts::keysInAFile()
{
    const QByteArray key(32, 'k');
    const QByteArray box = sealed("the key", key);
    QVERIFY(box != sealed("the key", key));
    QVERIFY(!box.contains("the key"));
    QCOMPARE(unsealed(box, key), QByteArray("the key"));
    QByteArray changed = box;
    changed[20] = char(changed[20] ^ 1);
    QVERIFY(unsealed(changed, key).isNull());
    QVERIFY(unsealed(box, QByteArray(32, 'o')).isNull());
    QVERIFY(unsealed("short", key).isNull());

    const QTemporaryDir folder;
    KeyStore store(folder.path(), KeyStore::Place::FileOnly);
    int done = 0;
    store.write(u"a"_s, "isol8_1", {this, [&](const Result<void> &r) { done += r.has_value() ? 1 : 0; }});
    store.write(u"b"_s, "isol8_2", {this, [&](const Result<void> &r) { done += r.has_value() ? 1 : 0; }});
    QTRY_COMPARE(done, 2);
    store.remove(u"b"_s);
    QByteArray a;
    QByteArray b("?");
    store.read(u"a"_s, {this, [&](const Result<QByteArray> &r) { a = *r; }});
    store.read(u"b"_s, {this, [&](const Result<QByteArray> &r) { b = *r; }});
    QTRY_COMPARE(a, QByteArray("isol8_1"));
    QTRY_VERIFY(b.isEmpty());
    QVERIFY(store.inFile());
    for (const QString &name : QDir(folder.path()).entryList(QDir::Files)) {
        QFile file(folder.filePath(name));
        QVERIFY(file.open(QIODevice::ReadOnly));
        QVERIFY(!file.readAll().contains("isol8_1"));
        QVERIFY(!(file.permissions() & (QFile::ReadOther | QFile::ReadGroup)));
    }
}

void tst_desktopparts::settingTexts()
{
    const QList<SettingKey> keys = settingKeys(configSchema());
    QVERIFY(keys.size() > 50);
    QCOMPARE(keys.first().path.section(u'.', 0, 0), u"defaults"_s);
    for (const SettingKey &key : keys) {
        QVERIFY2(!key.meaning.isEmpty(), qPrintable(key.path));
        if (key.defaultValue.isUndefined() || settingText(key.defaultValue).isEmpty())
            continue;
        // A default that is written into its field stays what it is.
        const QJsonValue again = settingValue(key, settingText(key.defaultValue));
        QVERIFY2(again == key.defaultValue, qPrintable(key.path + u' ' + settingText(again)));
    }
}

void tst_desktopparts::settingsFile()
{
    const QTemporaryDir folder;
    const QString path = folder.filePath(u"config.json"_s);
    SettingsDocument document(path);
    document.set(u"defaults.memoryLimit"_s, u"1g"_s);
    QVERIFY(document.check() && document.isModified());
    document.set(u"defaults.cpuLimit"_s, u"many"_s);
    QVERIFY(!document.check());
    QVERIFY2(document.check().error().message.contains(u"cpuLimit"_s), qPrintable(document.check().error().message));
    QVERIFY(!document.save());
    document.set(u"defaults.cpuLimit"_s, QJsonValue::Undefined);
    QVERIFY(document.save());
    const auto loaded = loadConfig(path, folder.path(), {});
    QCOMPARE(loaded->config.defaults.memoryLimit, 1 * GiB);
    document.set(u"defaults.memoryLimit"_s, QJsonValue::Undefined);
    QVERIFY(document.save());
    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadOnly));
    QCOMPARE(file.readAll().simplified(), QByteArray("{ }"));
    file.close();
    // What others wrote meanwhile stays.
    document.set(u"maxConcurrent"_s, 3);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(R"({"network": {"whitelist": ["a.example"]}})");
    file.close();
    QVERIFY(document.save());
    const auto both = loadConfig(path, folder.path(), {});
    QCOMPARE(both->config.network.whitelist, QStringList{u"a.example"_s});
    QCOMPARE(both->config.maxConcurrent, 3);
    // What is no JSON is not written over.
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("// mine");
    file.close();
    SettingsDocument other(path);
    QVERIFY(!other.save());
}

void tst_desktopparts::drawings_data()
{
    QTest::addColumn<QByteArray>("svg");
    QTest::addColumn<bool>("shown");
    const QByteArray head = "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink'>";
    QTest::newRow("plain") << head + "<rect width='3' height='3'/></svg>" << true;
    QTest::newRow("with a type") << QByteArray("<?xml version='1.0'?><!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' "
                                               "'http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd'>") +
                                        head + "</svg>"
                                 << true;
    QTest::newRow("names a file") << head + "<image xlink:href='/dev/zero'/></svg>" << false;
    QTest::newRow("names an address") << head + "<image href='http://a.example/'/></svg>" << false;
    QTest::newRow("holds a bitmap") << head + "<image href='data:image/png;base64," +
                                           QByteArray("\x89PNG\r\n").toBase64() + "'/></svg>"
                                    << true;
    QTest::newRow("holds a drawing") << head + "<image href='data:image/png;base64," + QByteArray("<svg/>").toBase64() +
                                            "'/></svg>"
                                     << false;
    QTest::newRow("has a style sheet") << "<?xml-stylesheet type='text/css' href='/dev/zero'?>" + head + "</svg>"
                                       << false;
    QTest::newRow("has entities") << "<!DOCTYPE svg [<!ENTITY a 'b'>]>" + head + "<text>&a;</text></svg>" << false;
    QTest::newRow("uses what is drawn once") << head + "<defs><path id='a' d='M0 0'/></defs>" +
                                                    QByteArray("<use xlink:href='#a'/>").repeated(2000) + "</svg>"
                                             << true;
    QTest::newRow("uses what uses") << head +
                                           "<g id='a'><rect/></g><g id='b'><use href='#a'/></g><use href='#b'/></svg>"
                                    << false;
    QTest::newRow("uses itself") << head + "<g id='a'><use href='#a'/></g></svg>" << false;
    QTest::newRow("uses a lot often") << head + "<path id='a' d='" + QByteArray(20'000, '0') + "'/>" +
                                             QByteArray("<use href='#a'/>").repeated(2000) + "</svg>"
                                      << false;
    QTest::newRow("is deep") << head + QByteArray("<g>").repeated(5000) + QByteArray("</g>").repeated(5000) + "</svg>"
                             << false;
    QTest::newRow("is packed") << QByteArray("\x1f\x8b\x08\x00") << false;
}

void tst_desktopparts::drawings()
{
    QFETCH(const QByteArray, svg);
    QTEST(isSelfContained(svg), "shown");
}

void tst_desktopparts::valuesThatNeverEnd_data()
{
    QTest::addColumn<QString>("type");
    QTest::addColumn<QByteArray>("data");
    QTest::addColumn<QString>("shown");
    QTest::newRow("tables in tables") << u"text/html"_s << QByteArray("<table><tr><td>").repeated(24) << u"<table>"_s;
    QTest::newRow("one long word") << u"text/plain"_s << QByteArray(2'000'000, 'x') << u"xxx"_s;
    QByteArray path = "<svg xmlns='http://www.w3.org/2000/svg' width='4000' height='4000'>"
                      "<path stroke-width='300' stroke='red' stroke-linejoin='round' d='M0 0";
    for (int i = 0; i < 40'000; ++i)
        path += " L" + QByteArray::number(i * 7919LL % 4000) + ' ' + QByteArray::number(i * 104729LL % 4000);
    QTest::newRow("a path") << u"image/svg+xml"_s << path + "'/></svg>" << u"A picture that cannot be shown."_s;
    QTest::newRow("no picture") << u"image/png"_s << QByteArray("AAAA") << u"A picture that cannot be shown."_s;
}

// The window is not kept from anything, and what comes next is shown.
void tst_desktopparts::valuesThatNeverEnd()
{
    QFETCH(const QString, type);
    QFETCH(const QByteArray, data);
    QFETCH(const QString, shown);
    ResultsPane pane;
    pane.add({{u"type"_s, type}, {u"data"_s, QString::fromLatin1(data)}});
    pane.add({{u"type"_s, u"text/html"_s}, {u"data"_s, u"<table><tr><td>after</td></tr></table>"_s}});
    QTRY_VERIFY_WITH_TIMEOUT(pane.isReady(), 60000);
    const QList<QTextBrowser *> values = pane.findChildren<QTextBrowser *>();
    QCOMPARE(values.size(), 2);
    const QString first = values.first()->toPlainText();
    QVERIFY2(first.startsWith(shown), qPrintable(first.left(100)));
    QCOMPARE(values.last()->toPlainText().trimmed(), u"after"_s);
}

void tst_desktopparts::valuesInTheirOrder()
{
    ResultsPane pane;
    QSignalSpy drawn(&pane, &ResultsPane::drawn);
    pane.add({{u"type"_s, u"text/plain"_s}, {u"data"_s, u"first"_s}});
    QCOMPARE(drawn.size(), 1); // at once
    const QString drawing = u"<svg xmlns='http://www.w3.org/2000/svg' width='7' height='5'><rect width='3'/></svg>"_s;
    pane.add({{u"type"_s, u"image/svg+xml"_s}, {u"data"_s, drawing}});
    pane.add({{u"type"_s, u"text/plain"_s}, {u"data"_s, u"last"_s}});
    QCOMPARE(drawn.size(), 1);
    QTRY_COMPARE(drawn.size(), 3);
    QVBoxLayout *layout = pane.widget()->findChild<QVBoxLayout *>();
    QCOMPARE(layout ? layout->count() : 0, 4);
    QCOMPARE(qobject_cast<QTextBrowser *>(layout->itemAt(0)->widget())->toPlainText(), u"first"_s);
    QCOMPARE(qobject_cast<QLabel *>(layout->itemAt(1)->widget())->pixmap().size(), QSize(7, 5));
    QCOMPARE(qobject_cast<QTextBrowser *>(layout->itemAt(2)->widget())->toPlainText(), u"last"_s);

    // A program that is gone: nothing is drawn, and nothing waits.
    Rehearsal::setProgram(u"/nowhere"_s);
    ResultsPane other;
    other.add({{u"type"_s, u"image/svg+xml"_s}, {u"data"_s, drawing}});
    QTRY_VERIFY(other.isReady());
    QVERIFY(!other.findChild<QLabel *>());
    initTestCase();
}

void tst_desktopparts::tables_data()
{
    QTest::addColumn<QString>("html");
    QTest::addColumn<bool>("shown");
    const QString row = u"<tr><th>1</th><td>a<br>b</td><td><img src='x'></td></tr>"_s;
    QTest::newRow("a table") << u"<table><tbody>"_s + row.repeated(60) + u"</tbody></table>"_s << true;
    QTest::newRow("one after the other") << QString(u"<table>"_s + row + u"</table>"_s).repeated(50) << true;
    QTest::newRow("in each other") << u"<table><tr><td>"_s.repeated(30) << false;
    QTest::newRow("deep") << u"<ul><li>"_s.repeated(5000) << false;
    QTest::newRow("many") << u"<td>1"_s.repeated(30'000) << false;
    QTest::newRow("a long word") << QString(10'000, u'x') << false;
    QTest::newRow("long") << QString(1'000'000, u'x') << false;
}

void tst_desktopparts::tables()
{
    QFETCH(const QString, html);
    QTEST(isReasonable(html), "shown");
}

// All that a program may call a value is shown, or named, and neither holds the window up nor opens a file.
void tst_desktopparts::hostileValues()
{
    ResultsPane pane;
    pane.resize(800, 400);
    pane.show();
    const QByteArray drawing = "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' "
                               "width='9' height='9'><image xlink:href='/dev/zero' width='9' height='9'/></svg>";
    const auto add = [&](const QString &type, const QString &data) {
        pane.add({{u"type"_s, type}, {u"data"_s, data}});
    };
    add(u"image/png"_s, QString::fromLatin1(drawing.toBase64())); // called what it is not
    add(u"image/x-anything"_s, QString::fromLatin1(drawing.toBase64()));
    add(u"image/svg+xml"_s, QString::fromLatin1(drawing));
    const QTemporaryDir folder;
    QImage secret(11, 11, QImage::Format_RGB32);
    secret.fill(Qt::red);
    QVERIFY(secret.save(folder.filePath(u"secret.png"_s)));
    add(u"text/html"_s, u"<b>b</b><img src='%1'><img src='file://%1'>"_s.arg(folder.filePath(u"secret.png"_s)));
    for (int i = 0; i < 20; ++i)
        add(u"text/plain"_s, QString(3'000'000, u'x'));
    add(u"text/html"_s, u"<table><tr><td>"_s.repeated(100'000));
    QCOMPARE(pane.count(), 25);
    QTRY_VERIFY_WITH_TIMEOUT(pane.isReady(), 60000);
    QTest::qWait(1); // drawn
    const QImage drawn = pane.widget()->grab().toImage();
    bool leaked = false;
    for (int y = 0; y < drawn.height(); ++y) {
        for (int x = 0; x < drawn.width(); ++x)
            leaked = leaked || drawn.pixelColor(x, y) == QColor(Qt::red);
    }
    QVERIFY(!leaked);
    // A picture that is written out in a table is shown.
    QByteArray png;
    QBuffer buffer(&png);
    QVERIFY(secret.save(&buffer, "PNG"));
    pane.clear();
    add(u"text/html"_s, u"<img src='data:image/png;base64,%1'>"_s.arg(QString::fromLatin1(png.toBase64())));
    QTRY_VERIFY_WITH_TIMEOUT(pane.isReady(), 60000);
    QTest::qWait(1);
    const QImage shown = pane.widget()->grab().toImage();
    bool red = false;
    for (int y = 0; y < shown.height() && !red; ++y) {
        for (int x = 0; x < shown.width() && !red; ++x)
            red = shown.pixelColor(x, y) == QColor(Qt::red);
    }
    QVERIFY(red);
}

// One line without a place to break at: Qt's wrapping would take minutes for it.
void tst_desktopparts::endlessLines()
{
    QCOMPARE(texts::clipped(u"a\n\nb\n"_s), u"a\n\nb\n"_s);
    QCOMPARE(texts::clipped(u"abcdef"_s, 3), u"abc…"_s);
    const QString line(3'000'000, u'x');
    QCOMPARE(texts::clipped(line + u"\nb"_s), QString(texts::MaxLine, u'x') + u"…\nb"_s);
    DiffDialog dialog(u"a"_s, line, QString(line + u'y'), nullptr);
    dialog.setAttribute(Qt::WA_DeleteOnClose, false);
    dialog.show();
    const QTemporaryDir folder;
    HistoryStore store(folder.filePath(u"history.db"_s));
    QVERIFY(store.add(written(line.toLatin1()), {}) > 0);
    HistoryView view(&store);
    view.resize(700, 500);
    view.show();
    view.findChild<QTableView *>()->selectRow(0);
    QVERIFY(view.findChild<QPlainTextEdit *>()->toPlainText().startsWith(u"xxx"_s));
    QTest::qWait(1); // drawn
}

void tst_desktopparts::floodOfFiles()
{
    QList<SandboxFile> files;
    for (int i = 0; i < 50'000; ++i)
        files.append({u"/sandbox/d%1/f"_s.arg(i), SandboxFile::Change::None, 1, QByteArray("1"), {}});
    files.append({u"/sandbox"_s + u"/d"_s.repeated(2000), SandboxFile::Change::Added, 1, QByteArray("1"), {}});
    files.append(
        {u"/sandbox/\n<img src='/dev/zero'>/\u202Egnp.exe"_s, SandboxFile::Change::Added, 1, QByteArray("1"), {}});
    files.append({u"/sandbox/a/same"_s, SandboxFile::Change::Added, 1, QByteArray("a"), {}});
    files.append({u"/sandbox/b/same"_s, SandboxFile::Change::Added, 1, QByteArray("b"), {}});
    FilesPane pane;
    pane.show();
    pane.setFiles(files);
    QVERIFY(pane.model()->shown() <= FilesModel::MaxShown);
    QCOMPARE(pane.changedCount(), 4);
    const QModelIndexList same = pane.model()->match(pane.model()->index(0, 0), Qt::DisplayRole, u"same"_s, -1,
                                                     Qt::MatchExactly | Qt::MatchRecursive);
    QCOMPARE(same.size(), 2); // what was changed is shown, whatever else there is
    const std::unique_ptr<QMimeData> dragged(pane.model()->mimeData(same));
    QCOMPARE(dragged->urls().size(), 2);
    QSet<QByteArray> contents;
    for (const QUrl &url : dragged->urls()) {
        QFile out(url.toLocalFile());
        QVERIFY(out.open(QIODevice::ReadOnly));
        contents.insert(out.readAll());
    }
    QCOMPARE(contents.size(), 2);
}

void tst_desktopparts::sessionsInTheHistory()
{
    const QTemporaryDir folder;
    HistoryStore store(folder.filePath(u"history.db"_s));
    RunResult result;
    result.reason = Reason::Completed;
    result.timestamp = QDateTime::currentDateTimeUtc();
    result.stdoutText = "said";
    Program program = example();
    QVERIFY(store.add(program, result) > 0);
    program.options.sessionId = u"other"_s;
    const qint64 other = store.add(program, result);
    program.connection = u"far"_s;
    QVERIFY(store.add(program, result) > 0);
    const QList<LogEntry> log = runLog(store, {LocalId.toString(), u"other"_s, {}, {}});
    QCOMPARE(log.size(), 1);
    QVERIFY(log.first().detail.contains(u"said"_s));
    store.remove({other});
    QVERIFY(runLog(store, {LocalId.toString(), u"other"_s, {}, {}}).isEmpty());

    // What others ran in it stands in the records.
    QFile records(folder.filePath(u"executions.log"_s));
    QVERIFY(records.open(QIODevice::WriteOnly));
    records.write(
        R"({"timestamp":"2026-01-02T03:04:05.006Z","runtime":"bash","reason":"timeout","containerId":"abcdef0123456789"}
{"timestamp":"2026-01-02T03:04:06.006Z","runtime":"node","reason":"completed","containerId":"fedcba9876543210"}
)");
    records.close();
    const QList<LogEntry> recorded = runLog(store, {LocalId.toString(), u"other"_s, u"abcdef012345"_s, folder.path()});
    QCOMPARE(recorded.size(), 1);
    QCOMPARE(recorded.first().title, u"bash"_s);
}

void tst_desktopparts::sandboxList()
{
    SandboxModel model;
    QList<SandboxRow> rows;
    for (int i = 0; i < 200; ++i) {
        SandboxRow row;
        row.key = QString::number(i);
        row.memoryMB = i;
        rows.append(row);
    }
    model.setRows(rows);
    QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
    QSignalSpy changes(&model, &QAbstractItemModel::dataChanged);
    const QPersistentModelIndex hundred(model.index(100, 0));
    rows[100].memoryMB = 7;
    rows.removeAt(3);
    SandboxRow fresh;
    fresh.key = u"new"_s;
    rows.append(fresh);
    model.setRows(rows);
    QCOMPARE(model.rowCount(), 200);
    QCOMPARE(hundred.row(), 99);
    QCOMPARE(changes.count(), 1);
    QCOMPARE(resets.count(), 0);
    const std::clock_t before = std::clock();
    for (int i = 0; i < 100; ++i) {
        for (SandboxRow &row : rows)
            row.cpuPercent = i;
        model.setRows(rows);
    }
    qInfo("200 sandboxes that all change: %.2f ms of CPU time",
          double(std::clock() - before) * 1000 / CLOCKS_PER_SEC / 100);
}

QTEST_MAIN(tst_desktopparts)
#include "tst_desktopparts.moc"
