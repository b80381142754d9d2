// SPDX-License-Identifier: GPL-3.0-or-later
// test: gui; desktop
// What the app is made of, without a sandbox: output, terminal, history, documents, keys, settings.
#include "desktop/DesktopFixture.h"

#include <desktop/history/HistoryModel.h>
#include <desktop/history/RunLog.h>
#include <desktop/manage/SandboxModel.h>
#include <desktop/manage/SettingsDocument.h>
#include <desktop/output/TerminalScreen.h>
#include <desktop/run/FileChanges.h>
#include <desktop/run/Rehearsal.h>
#include <desktop/run/ResultsPane.h>
#include <isol8/config/Config.h>

#include <QDir>
#include <QLabel>
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
    void keysInAFile();
    void settingTexts();
    void settingsFile();
    void drawings_data();
    void drawings();
    void valuesThatNeverEnd_data();
    void valuesThatNeverEnd();
    void valuesInTheirOrder();
    void sessionsInTheHistory();
    void sandboxList();
};

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
    QVERIFY(!openProgram(folder.filePath(u"absent.py"_s), RuntimeRegistry::builtIn()));
}

void tst_desktopparts::copyAs()
{
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
    QByteArray tables;
    for (int i = 0; i < 24; ++i)
        tables += "<table><tr><td>";
    QTest::newRow("tables in tables") << u"text/html"_s << tables;
    QTest::newRow("cells") << u"text/html"_s << "<table><tr>" + QByteArray("<td>1</td>").repeated(200'000);
    QTest::newRow("one long word") << u"text/plain"_s << QByteArray(2'000'000, 'x');
    QByteArray path = "<svg xmlns='http://www.w3.org/2000/svg' width='4000' height='4000'>"
                      "<path stroke-width='300' stroke='red' stroke-linejoin='round' d='M0 0";
    for (int i = 0; i < 40'000; ++i)
        path += " L" + QByteArray::number(i * 7919LL % 4000) + ' ' + QByteArray::number(i * 104729LL % 4000);
    QTest::newRow("a path") << u"image/svg+xml"_s << path + "'/></svg>";
    QTest::newRow("no picture") << u"image/png"_s << QByteArray("AAAA");
}

// The window is not kept from anything, and what comes next is shown.
void tst_desktopparts::valuesThatNeverEnd()
{
    QFETCH(const QString, type);
    QFETCH(const QByteArray, data);
    Rehearsal::setProgram(qEnvironmentVariable("ISOL8_BIN") + u"/isol8-desktop"_s);
    ResultsPane pane;
    pane.add({{u"type"_s, type}, {u"data"_s, QString::fromLatin1(data)}});
    pane.add({{u"type"_s, u"text/html"_s}, {u"data"_s, u"<table><tr><td>after</td></tr></table>"_s}});
    QTRY_VERIFY_WITH_TIMEOUT(pane.isReady(), 60000);
    const QList<QTextBrowser *> shown = pane.findChildren<QTextBrowser *>();
    QCOMPARE(shown.size(), 2);
    QVERIFY2(shown.first()->toPlainText().contains(u"to be shown"_s) ||
                 shown.first()->toPlainText().contains(u"cannot be shown"_s),
             qPrintable(shown.first()->toPlainText().left(100)));
    QCOMPARE(shown.last()->toPlainText().trimmed(), u"after"_s);
}

void tst_desktopparts::valuesInTheirOrder()
{
    Rehearsal::setProgram(qEnvironmentVariable("ISOL8_BIN") + u"/isol8-desktop"_s);
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
    pane.clear();
    ResultsPane other;
    other.add({{u"type"_s, u"image/svg+xml"_s}, {u"data"_s, drawing}});
    QTRY_VERIFY(other.isReady());
    QVERIFY(!other.findChild<QLabel *>());
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
