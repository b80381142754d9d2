// SPDX-License-Identifier: GPL-3.0-or-later
// test: gui; desktop
// The window for everybody: names and keys of all that is in it, what a screen reader hears, languages, and the files
// that make it known to a desktop.
#include "desktop/DesktopFixture.h"

#include <desktop/app/CommandPalette.h>
#include <desktop/history/RunLog.h>
#include <desktop/manage/ConnectionView.h>
#include <desktop/manage/ImageView.h>
#include <desktop/manage/SettingsDocument.h>
#include <desktop/manage/ShellWindow.h>
#include <desktop/output/TerminalView.h>
#include <desktop/run/DiffDialog.h>
#include <desktop/run/NetworkBar.h>
#include <isol8/config/Config.h>

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAccessible>
#include <QApplication>
#include <QComboBox>
#include <QDir>
#include <QFileDialog>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QProcess>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QTranslator>

using namespace isol8;
using namespace isol8::desktop;
using namespace desktoptest;

class tst_desktopwindow : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void settingsInEveryLanguage_data();
    void settingsInEveryLanguage();
    void mnemonics_data();
    void mnemonics();
    void spokenOutput();
    void selectedByKeys();
    void everyControlHasAName();
    void editorIsLeftByKeys();
    void everyActionIsReachable();
    void filesOfTheDesktop_data();
    void filesOfTheDesktop();
    void translationsAreComplete_data();
    void translationsAreComplete();
    void paletteMatches();
};

void tst_desktopwindow::settingsInEveryLanguage_data()
{
    QTest::addColumn<QString>("language");
    QTest::newRow("German") << u"de"_s;
    QTest::newRow("Chinese") << u"zh_CN"_s;
}

// A key's meaning is what its user reads first of it.
void tst_desktopwindow::settingsInEveryLanguage()
{
    QFETCH(const QString, language);
    QTranslator translator;
    QVERIFY(translator.load(u":/translations/isol8-desktop_%1.qm"_s.arg(language)));
    QStringList missing;
    for (const SettingKey &key : settingKeys(configSchema())) {
        if (translator.translate("SettingMeanings", key.meaning.toUtf8().constData()).isEmpty())
            missing.append(key.path + u": "_s + key.meaning);
    }
    QVERIFY2(missing.isEmpty(), qPrintable(u"To be put into desktop/manage/SettingMeanings.cpp and translations/:\n"_s +
                                           missing.join(u'\n')));
}

void tst_desktopwindow::mnemonics_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("plain");
    QTest::newRow("English") << u"&Run"_s << u"Run"_s;
    QTest::newRow("Chinese") << u"运行(&R)"_s << u"运行"_s;
    QTest::newRow("Chinese with dots") << u"打开(&O)…"_s << u"打开…"_s;
    QTest::newRow("a sign of its own") << u"Copy && &paste"_s << u"Copy & paste"_s;
    QTest::newRow("brackets of the text") << u"Stop (&all)"_s << u"Stop (all)"_s;
}

void tst_desktopwindow::mnemonics()
{
    QFETCH(const QString, text);
    QFETCH(const QString, plain);
    QCOMPARE(withoutMnemonic(text), plain);
}

// What a screen reader gets of a text that is painted and in no control.
void tst_desktopwindow::spokenOutput()
{
    OutputView view;
    view.append(OutputKind::Out, "first\nsecond\n");
    view.append(OutputKind::Err, "third");
    QAccessibleInterface *interface = QAccessible::queryAccessibleInterface(&view);
    QVERIFY(interface);
    QCOMPARE(interface->role(), QAccessible::Terminal);
    QAccessibleTextInterface *text = interface->textInterface();
    QVERIFY(text);
    QCOMPARE(text->text(0, -1), u"first\nsecond\nthird"_s);
    QCOMPARE(text->characterCount(), 18);
    QCOMPARE(text->text(6, 12), u"second"_s);
    QVERIFY(view.find(u"second"_s, false));
    int begin = 0;
    int end = 0;
    QCOMPARE(text->selectionCount(), 1);
    text->selection(0, &begin, &end);
    QCOMPARE(std::pair(begin, end), std::pair(6, 12));
    text->setSelection(0, 13, 18);
    QCOMPARE(view.selectedText(), u"third"_s);
    // Of a flood the newest, so that reading costs no more than it can.
    view.append(OutputKind::Out, QByteArray("a line\n").repeated(100'000));
    QVERIFY(text->characterCount() <= int(OutputView::SpokenChars) + 100);

    TerminalView terminal;
    terminal.write("hello\r\n");
    QAccessibleInterface *screen = QAccessible::queryAccessibleInterface(&terminal);
    QVERIFY(screen && screen->textInterface());
    QVERIFY(screen->textInterface()->text(0, -1).startsWith(u"hello"_s));
    QCOMPARE(screen->textInterface()->cursorPosition(), terminal.terminalSize().width() + 1);
    // Selected by the mouse, with Shift further.
    const int x = terminal.fontMetrics().horizontalAdvance(u'0');
    QTest::mouseClick(terminal.viewport(), Qt::LeftButton, {}, QPoint(5, 6));
    QTest::mouseClick(terminal.viewport(), Qt::LeftButton, Qt::ShiftModifier, QPoint(4 + 4 * x, 6));
    QCOMPARE(terminal.selectedText(), u"hell"_s);
}

void tst_desktopwindow::selectedByKeys()
{
    OutputView view;
    view.resize(300, 200);
    view.append(OutputKind::Out, "one two\nthree\n");
    QTest::keyClick(&view, Qt::Key_Right, Qt::ShiftModifier);
    QTest::keyClick(&view, Qt::Key_Right, Qt::ShiftModifier);
    QTest::keyClick(&view, Qt::Key_Right, Qt::ShiftModifier);
    QCOMPARE(view.selectedText(), u"one"_s);
    QTest::keyClick(&view, Qt::Key_Down, Qt::ShiftModifier);
    QCOMPARE(view.selectedText(), u"one two\nthr"_s);
    QTest::keyClick(&view, Qt::Key_End, Qt::ShiftModifier);
    QCOMPARE(view.selectedText(), u"one two\nthree"_s);
    QTest::keyClick(&view, Qt::Key_Left, Qt::ShiftModifier);
    QCOMPARE(view.selectedText(), u"one two\nthre"_s);
}

void tst_desktopwindow::everyControlHasAName()
{
    QElapsedTimer start;
    start.start();
    const App app;
    qInfo("from nothing to a window with all its pages: %lld ms", start.elapsed());
    // Every dialog there is, besides the pages.
    for (const char *action : {"run.all", "app.palette", "app.about", "file.saveAs", "edit.find"})
        app.trigger(QString::fromLatin1(action));
    QWidget *window = app->window();
    (new DiffDialog(u"a.txt"_s, u"a\n"_s, u"b\n"_s, window))->open();
    (new RunLogDialog(u"Log"_s, {{QDateTime::currentDateTime(), u"a"_s, u"b"_s, 1, u"c"_s}}, window))->open();
    (new BuildDialog({u"python"_s}, window))->open();
    (new ServiceDialog({}, window))->open();
    app->window()->page(u"view.sandboxes"_s)->findChild<QAction *>(u"showSnapshots"_s)->trigger();
    auto *shell = new ShellWindow(new RunController(app->hub(), window), u"Shell"_s, window);
    shell->show();
    QVERIFY(window->findChildren<QDialog *>().size() >= 8);
    app->runView()->findChild<NetworkBar *>()->ask({u"a.example"_s, 443, {}});

    int looked = 0;
    QStringList nameless;
    QStringList unreachable;
    for (QWidget *widget : window->findChildren<QWidget *>()) {
        const bool control = qobject_cast<QAbstractButton *>(widget) || qobject_cast<QLineEdit *>(widget) ||
                             qobject_cast<QComboBox *>(widget) || qobject_cast<QPlainTextEdit *>(widget) ||
                             qobject_cast<QAbstractItemView *>(widget) || qobject_cast<OutputView *>(widget) ||
                             qobject_cast<TerminalView *>(widget);
        // What Qt puts into its own controls, and its file dialog, is theirs to name.
        const QString parentName = QString::fromLatin1(widget->parentWidget()->metaObject()->className());
        bool inFileDialog = false;
        for (const QWidget *at = widget; at; at = at->parentWidget())
            inFileDialog = inFileDialog || qobject_cast<const QFileDialog *>(at);
        if (!control || inFileDialog || widget->objectName().startsWith("qt_"_L1) ||
            parentName == "QComboBoxPrivateContainer"_L1 || qobject_cast<QLineEdit *>(widget->parentWidget()) ||
            parentName == "QTableView"_L1 || parentName == "QTabBar"_L1 || parentName == "QTreeView"_L1 ||
            parentName == "QTreeWidget"_L1)
            continue;
        ++looked;
        const QString what = QString::fromLatin1(widget->metaObject()->className()) + u' ' + widget->objectName() +
                             u" in "_s + parentName;
        // The palette's list is moved by the arrows of its line.
        if (!(widget->focusPolicy() & Qt::TabFocus) && parentName != "isol8::desktop::CommandPalette"_L1)
            unreachable.append(what);
        QAccessibleInterface *interface = QAccessible::queryAccessibleInterface(widget);
        QVERIFY(interface);
        if (interface->text(QAccessible::Name).isEmpty())
            nameless.append(what);
    }
    QVERIFY2(nameless.isEmpty(), qPrintable(nameless.join(u'\n')));
    QVERIFY2(unreachable.isEmpty(), qPrintable(unreachable.join(u'\n')));
    QVERIFY(looked > 90);
}

// Tab is part of a program; Ctrl-Tab goes on to what the run brings, and with Shift back to the runtime.
void tst_desktopwindow::editorIsLeftByKeys()
{
    const App app;
    app->window()->showPage(u"view.run"_s);
    app->window()->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(app->window()));
    auto *editor = app.child<CodeEditor>();
    editor->setFocus();
    QWidget *inner = QApplication::focusWidget();
    QVERIFY(editor->isAncestorOf(inner));
    QTest::keyClick(inner, Qt::Key_Tab);
    QCOMPARE(QApplication::focusWidget(), inner);
    QTest::keyClick(inner, Qt::Key_Tab, Qt::ControlModifier);
    QCOMPARE(QApplication::focusWidget(), app.child<OutputView>());
    editor->setFocus();
    QTest::keyClick(inner, Qt::Key_Backtab, Qt::ControlModifier | Qt::ShiftModifier);
    QCOMPARE(QApplication::focusWidget(), app.child<QComboBox>(u"runtime"_s));
}

void tst_desktopwindow::everyActionIsReachable()
{
    const App app;
    QSet<QKeySequence> keys;
    for (const QAction *action : app->actions()->all()) {
        QVERIFY2(!action->text().isEmpty(), qPrintable(action->objectName()));
        for (const QKeySequence &key : action->shortcuts()) {
            QVERIFY2(!keys.contains(key), qPrintable(key.toString()));
            keys.insert(key);
        }
    }
    auto *palette = new CommandPalette(app->actions()->all(), app->window());
    QTest::keyClicks(palette->findChild<QLineEdit *>(), u"history"_s);
    QTest::keyClick(palette->findChild<QLineEdit *>(), Qt::Key_Return);
    QCOMPARE(app->window()->currentPage(), u"view.history"_s);
}

void tst_desktopwindow::filesOfTheDesktop_data()
{
    QTest::addColumn<QString>("program");
    QTest::addColumn<QStringList>("arguments");
    QTest::newRow("AppStream") << u"appstreamcli"_s
                               << QStringList{u"validate"_s, u"--no-net"_s, u"org.isol8.desktop.metainfo.xml"_s};
    QTest::newRow("menu entry") << u"desktop-file-validate"_s << QStringList{u"org.isol8.desktop.desktop"_s};
    QTest::newRow("MIME type") << u"update-mime-database"_s << QStringList();
}

void tst_desktopwindow::filesOfTheDesktop()
{
    QFETCH(const QString, program);
    QFETCH(const QStringList, arguments);
    if (QStandardPaths::findExecutable(program).isEmpty())
        QSKIP("its program is not installed");
    const QString resources = u"" ISOL8_SOURCE_DIR "/resources/desktop"_s;
    QProcess process;
    process.setWorkingDirectory(resources);
    process.setProcessChannelMode(QProcess::MergedChannels);
    const QTemporaryDir folder;
    if (arguments.isEmpty()) {
        QVERIFY(QDir(folder.path()).mkdir(u"packages"_s));
        QVERIFY(QFile::copy(resources + u"/org.isol8.desktop.mime.xml"_s, folder.filePath(u"packages/isol8.xml"_s)));
        process.start(program, {folder.path()});
    } else {
        process.start(program, arguments);
    }
    QVERIFY(process.waitForFinished(60000));
    QVERIFY2(process.exitCode() == 0, process.readAll().constData());
    if (arguments.isEmpty()) {
        QFile globs(folder.filePath(u"globs2"_s));
        QVERIFY(globs.open(QIODevice::ReadOnly));
        QVERIFY(globs.readAll().contains("application/x-isol8:*.isol8"));
    }
}

void tst_desktopwindow::translationsAreComplete_data()
{
    QTest::addColumn<QString>("file");
    QTest::newRow("German") << u"isol8-desktop_de.ts"_s;
    QTest::newRow("Chinese") << u"isol8-desktop_zh_CN.ts"_s;
}

// Every tr() of the sources is in the file, and none of its entries is unfinished.
void tst_desktopwindow::translationsAreComplete()
{
    QFETCH(const QString, file);
    const QString lupdate = QStandardPaths::findExecutable(u"lupdate"_s, {u"/usr/lib/qt6/bin"_s});
    if (lupdate.isEmpty())
        QSKIP("lupdate is not installed");
    const QTemporaryDir folder;
    const QString copy = folder.filePath(file);
    QVERIFY(QFile::copy(u"" ISOL8_SOURCE_DIR "/translations/"_s + file, copy));
    QProcess process;
    process.start(lupdate, {u"-silent"_s, u"-no-obsolete"_s, u"-locations"_s, u"none"_s, u"-I"_s,
                            u"" ISOL8_SOURCE_DIR ""_s, u"" ISOL8_SOURCE_DIR "/desktop"_s, u"-ts"_s, copy});
    QVERIFY(process.waitForFinished(60000));
    QCOMPARE(process.exitCode(), 0);
    QFile updated(copy);
    QVERIFY(updated.open(QIODevice::ReadOnly));
    const QString text = QString::fromUtf8(updated.readAll());
    QVERIFY(text.count(u"<message"_s) > 200);
    const QRegularExpression unfinished(u"<source>([^<]*)</source>[^/]*<translation type=\"unfinished\""_s);
    QStringList missing;
    for (auto it = unfinished.globalMatch(text); it.hasNext();)
        missing.append(it.next().captured(1));
    QVERIFY2(missing.isEmpty() && !text.contains(u"type=\"unfinished\""_s), qPrintable(missing.join(u'\n')));
}

void tst_desktopwindow::paletteMatches()
{
    QVERIFY(matchDistance(u"rn"_s, u"Run"_s) >= 0);
    QCOMPARE(matchDistance(u"nr"_s, u"Run"_s), -1);
    QVERIFY(matchDistance(u"sta"_s, u"Start"_s) < matchDistance(u"sta"_s, u"Save the area"_s));
    QCOMPARE(matchDistance({}, u"x"_s), 0);
}

QTEST_MAIN(tst_desktopwindow)
#include "tst_desktopwindow.moc"
