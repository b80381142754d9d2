// SPDX-License-Identifier: GPL-3.0-or-later
// test: gui; desktop
// The window for everybody: names and keys of all that is in it, what a screen reader hears, languages, and the files
// that make it known to a desktop.
#include "desktop/DesktopFixture.h"

#include <desktop/app/Appearance.h>
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
#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QFileDialog>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QProcess>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QTranslator>

#include <algorithm>
#include <cmath>

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
    void tabGoesDownwards();
    void shortcutsHoldEverywhere_data();
    void shortcutsHoldEverywhere();
    void filesOfTheDesktop_data();
    void filesOfTheDesktop();
    void translationsAreComplete_data();
    void translationsAreComplete();
    void paletteMatches();
    void boxesAreSeen_data();
    void boxesAreSeen();
    void absentConnectionStaysChosen();
    void draftBesideAWrongField();
    void whatFieldsDoNotShow();
    void replacedComesBack();
    void openedFromAFolder();
    void strangersDocument();
    void brokenConfigurationIsKept();
    void escapeClosesTheSearch();
    void renamedServiceKeepsItsKey();
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

// In a dialog's form Tab goes from field to field as they stand.
void tst_desktopwindow::tabGoesDownwards()
{
    QWidget window;
    const std::initializer_list<QDialog *> dialogs{new ServiceDialog({}, &window),
                                                   new BuildDialog({u"python"_s}, &window)};
    for (QDialog *dialog : dialogs) {
        dialog->show();
        QVERIFY(QTest::qWaitForWindowExposed(dialog));
        QList<QWidget *> fields;
        QWidget *at = dialog;
        while ((at = at->nextInFocusChain()) && at != dialog) {
            if ((at->focusPolicy() & Qt::TabFocus) && at->isVisible() && at->parentWidget() == dialog)
                fields.append(at);
        }
        QVERIFY(fields.size() >= 3);
        QStringList order;
        for (const QWidget *field : fields)
            order.append(field->accessibleName() + u" at "_s + QString::number(field->y()));
        const bool downwards = std::is_sorted(fields.begin(), fields.end(),
                                              [](const QWidget *a, const QWidget *b) { return a->y() < b->y(); });
        QVERIFY2(downwards, qPrintable(order.join(u", "_s)));
        dialog->close();
    }
}

void tst_desktopwindow::shortcutsHoldEverywhere_data()
{
    QTest::addColumn<QString>("place");
    for (const char *place : {"editor", "output", "line", "lines", "history"})
        QTest::newRow(place) << QString::fromLatin1(place);
}

// Wherever the focus is, every key of the menus is theirs, Esc in the editor first of all.
void tst_desktopwindow::shortcutsHoldEverywhere()
{
    QFETCH(const QString, place);
    const App app;
    app->window()->showPage(place == "history"_L1 ? u"view.history"_s : u"view.run"_s);
    app->window()->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(app->window()));
    QWidget *page = app->window()->page(app->window()->currentPage());
    QWidget *focus = place == "editor"_L1   ? app.child<CodeEditor>()
                     : place == "output"_L1 ? app.child<OutputView>()
                     : place == "line"_L1   ? static_cast<QWidget *>(page->findChild<QLineEdit *>())
                     : place == "lines"_L1  ? static_cast<QWidget *>(page->findChild<QPlainTextEdit *>())
                                            : page->findChild<QLineEdit *>();
    if (place == "line"_L1) {
        for (QLineEdit *edit : page->findChildren<QLineEdit *>())
            focus = edit->accessibleName() == "Memory"_L1 ? edit : focus;
    } else if (place == "lines"_L1) {
        for (QPlainTextEdit *edit : page->findChildren<QPlainTextEdit *>())
            focus = edit->accessibleName() == "Environment"_L1 ? edit : focus;
    }
    QStringList dead;
    for (QAction *action : app->actions()->all()) {
        QObject::disconnect(action, &QAction::triggered, nullptr, nullptr); // nothing opens here
        action->setEnabled(true);
        for (const QKeySequence &key : action->shortcuts()) {
            focus->setFocus();
            QVERIFY(QApplication::focusWidget());
            QSignalSpy triggered(action, &QAction::triggered);
            QTest::keyClick(QApplication::focusWidget(), key[0].key(), key[0].keyboardModifiers());
            if (triggered.count() != 1)
                dead.append(action->objectName() + u' ' + key.toString());
        }
    }
    QVERIFY2(dead.isEmpty(), qPrintable(dead.join(u'\n')));
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

void tst_desktopwindow::boxesAreSeen_data()
{
    QTest::addColumn<bool>("dark");
    QTest::newRow("light") << false;
    QTest::newRow("dark") << true;
}

// The edge of a box that is not ticked stands out as WCAG 1.4.11 asks of controls.
void tst_desktopwindow::boxesAreSeen()
{
    QFETCH(const bool, dark);
    const auto luminance = [](const QColor &colour) {
        const auto part = [](double c) { return c <= 0.03928 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4); };
        return 0.2126 * part(colour.redF()) + 0.7152 * part(colour.greenF()) + 0.0722 * part(colour.blueF());
    };
    setDarkColours(dark);
    QCheckBox box; // without a text: all that is drawn is the box
    box.resize(box.sizeHint());
    const QImage drawn = box.grab().toImage();
    const double window = luminance(box.palette().color(QPalette::Window));
    double best = 1;
    for (int y = 0; y < drawn.height(); ++y) {
        for (int x = 0; x < drawn.width(); ++x) {
            const double here = luminance(drawn.pixelColor(x, y));
            best = std::max(best, (std::max(here, window) + 0.05) / (std::min(here, window) + 0.05));
        }
    }
    setDarkColours(false);
    if (dark)
        QVERIFY2(best >= 3, qPrintable(QString::number(best)));
    else
        QVERIFY(best > 1.2); // the system's own
}

// A program for a service does not run here because the service is not there (yet).
void tst_desktopwindow::absentConnectionStaysChosen()
{
    App app;
    bool written = false;
    const ConnectionSpec spec{u"far"_s, u"Far away"_s, ConnectionSpec::Kind::Service, QUrl(u"http://127.0.0.1:9"_s)};
    app->hub()->saveService(spec, "isol8_key", {this, [&](const Result<void> &done) { written = done.has_value(); }});
    QTRY_VERIFY(written);
    Program program;
    program.request.runtime = u"bash"_s;
    program.request.code = "true";
    program.connection = u"far"_s;
    app->runView()->setProgram(program);
    Q_EMIT app->runView()->edited();
    QTRY_VERIFY(app->history()->draft() && app->history()->draft()->connection == "far"_L1);
    app.close();
    app.open(); // its key is read while the window is there already
    QCOMPARE(app->runView()->connectionId(), u"far"_s);
    QTRY_VERIFY(app->hub()->connection(u"far"_s));
    QCOMPARE(app->runView()->connectionId(), u"far"_s);
    QCOMPARE(app.child<QComboBox>(u"connection"_s)->currentText(), u"Far away"_s);
    app->hub()->removeService(u"far"_s);
    QCOMPARE(app->runView()->program()->connection, u"far"_s);
    QVERIFY(app.run());
    QVERIFY(app->controller()->result().reason == Reason::Internal);
    QVERIFY(app.child<QComboBox>(u"connection"_s)->currentText() != u"Far away"_s);
}

void tst_desktopwindow::draftBesideAWrongField()
{
    App app;
    app.type(u"bash"_s, u"echo 1"_s);
    for (QLineEdit *edit : app->runView()->findChildren<QLineEdit *>()) {
        if (edit->placeholderText() == "512m"_L1)
            edit->setText(u"much"_s);
    }
    app.child<CodeEditor>()->setText(u"echo typed later"_s);
    Q_EMIT app.child<CodeEditor>()->edited();
    QTRY_COMPARE(app->history()->draft()->code(), u"echo typed later"_s);
}

// Lines in a variable, quotes in an argument, bytes in the input: as they were, unless somebody writes there.
void tst_desktopwindow::whatFieldsDoNotShow()
{
    const App app;
    Program program;
    program.request.runtime = u"bash"_s;
    program.request.code = "true";
    program.request.env.insert(u"A"_s, u"1\n2=3"_s);
    program.request.args = QStringList{u"a\tb"_s, u"\"\""_s, QString()};
    program.request.stdinData = "\xff\r\n";
    program.request.setupScript = u"true\r\n"_s;
    app->runView()->setProgram(program);
    const auto now = app->runView()->program();
    QVERIFY(now);
    QCOMPARE(now->request.env, program.request.env);
    QCOMPARE(now->request.args, program.request.args);
    QCOMPARE(now->request.stdinData, program.request.stdinData);
    QCOMPARE(now->request.setupScript, program.request.setupScript);
    for (QLineEdit *edit : app->runView()->findChildren<QLineEdit *>()) {
        if (edit->accessibleName() == "Arguments"_L1)
            edit->setText(u"'one two' \"three four\""_s);
    }
    QCOMPARE(app->runView()->program()->request.args.constLast(), u"three four"_s);
}

void tst_desktopwindow::replacedComesBack()
{
    App app;
    QAction *back = app->actions()->action(u"file.back"_s);
    QVERIFY(!back->isEnabled());
    app.type(u"bash"_s, u"echo hours of work"_s);
    app.trigger(u"file.new"_s);
    QVERIFY(app->runView()->program()->code().isEmpty());
    app.close(); // as after a kill
    app.open();
    back = app->actions()->action(u"file.back"_s);
    QVERIFY(back->isEnabled());
    back->trigger();
    QCOMPARE(app->runView()->program()->code(), u"echo hours of work"_s);
    QCOMPARE(app->runView()->program()->request.runtime, u"bash"_s);
    QVERIFY(!back->isEnabled());
    QVERIFY(app->window()->isWindowModified());
    // What a file has needs no place here.
    app->runView()->setPath(app.path(u"kept.sh"_s));
    app.trigger(u"file.save"_s);
    QVERIFY(!app->window()->isWindowModified());
    app.trigger(u"file.new"_s);
    QVERIFY(!back->isEnabled());
}

// What a shell names by where it is stays the same file for a start that is elsewhere.
void tst_desktopwindow::openedFromAFolder()
{
    const App app;
    QFile script(app.path(u"near.sh"_s));
    QVERIFY(script.open(QIODevice::WriteOnly));
    script.write("true");
    script.close();
    const QString before = QDir::currentPath();
    QVERIFY(QDir::setCurrent(app.path({})));
    app->open(u"near.sh"_s);
    QVERIFY(QDir::setCurrent(before));
    QCOMPARE(app->runView()->program()->path, script.fileName());
    QCOMPARE(app->history()->draft()->path, script.fileName());
}

// A stranger's document is run as safely as a stranger's script.
void tst_desktopwindow::strangersDocument()
{
    const App app;
    QFile document(app.path(u"a.isol8"_s));
    QVERIFY(document.open(QIODevice::WriteOnly));
    document.write(R"({"isol8": 1, "request": {"code": "true", "runtime": "bash"}, "options": {"network": "host",
        "security": {"seccomp": "unconfined"}, "readonlyRootFs": false, "isolation": "runc", "persist": true,
        "memoryLimit": "64m"}})");
    document.close();
    app->open(document.fileName());
    const RunOptions options = app->runView()->program()->options;
    QCOMPARE(app->runView()->program()->code(), u"true"_s);
    QCOMPARE(options.memoryLimit, 64 * MiB);
    QVERIFY(!options.network && !options.seccomp && !options.readonlyRootFs && options.isolation.isEmpty());
    QVERIFY(!options.persist);
    const QString said = app.child<QLabel>(u"status"_s)->text();
    for (const char *name : {"network: host", "security", "readonlyRootFs", "isolation", "persist"})
        QVERIFY2(said.contains(QLatin1String(name)), qPrintable(said));
    // What its own user had in the editor is not asked again.
    Program mine = *app->runView()->program();
    mine.options.network = Network::Host;
    app->runView()->setProgram(mine);
    QVERIFY(app->runView()->program()->options.network == Network::Host);
}

void tst_desktopwindow::brokenConfigurationIsKept()
{
    const App app;
    QFile config(app.path(u"config.json"_s));
    QVERIFY(config.open(QIODevice::WriteOnly));
    config.write("{ \"poolSize\": 0, // mine\n}");
    config.close();
    Q_EMIT app->runView()->hostAnswered(u"a.example"_s, NetworkBar::Answer::Never);
    QVERIFY(config.open(QIODevice::ReadOnly));
    QVERIFY(config.readAll().contains("// mine"));
    QVERIFY(app.child<QLabel>(u"status"_s)->text().contains(u"config.json"_s));
}

void tst_desktopwindow::escapeClosesTheSearch()
{
    const App app;
    app->window()->showPage(u"view.run"_s);
    app->window()->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(app->window()));
    QAction *stop = app->actions()->action(u"run.stop"_s);
    stop->setEnabled(true); // as while a program runs
    QSignalSpy stopped(stop, &QAction::triggered);
    app.trigger(u"edit.find"_s);
    QWidget *text = QApplication::focusWidget();
    QVERIFY(text && text->isVisible());
    QTest::keyClick(text, Qt::Key_Escape);
    QVERIFY(!text->isVisible());
    QCOMPARE(stopped.count(), 0);
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);
    QCOMPARE(stopped.count(), 1);
}

void tst_desktopwindow::renamedServiceKeepsItsKey()
{
    const App app;
    ConnectionController controller(app->hub());
    QSignalSpy saved(&controller, &ConnectionController::saved);
    const auto keyOf = [&](const QString &id) {
        QByteArray found("?");
        app->hub()->keys()->read(id,
                                 {this, [&](const Result<QByteArray> &key) { found = key.value_or(QByteArray()); }});
        [&] { QTRY_VERIFY(found != "?"); }();
        return found;
    };
    controller.save({}, u"One"_s, u"http://127.0.0.1:9"_s, u"isol8_key"_s);
    QTRY_COMPARE(saved.count(), 1);
    const QString id = app->hub()->connections().constLast()->spec().id;
    controller.save(id, u"Another"_s, u"http://127.0.0.1:9"_s, {});
    QTRY_COMPARE(saved.count(), 2);
    QCOMPARE(app->hub()->connection(id)->spec().name, u"Another"_s);
    QCOMPARE(keyOf(id), QByteArray("isol8_key"));
    // At another address the key would go to a stranger.
    controller.save(id, u"Another"_s, u"http://127.0.0.2:9"_s, {});
    QTRY_COMPARE(saved.count(), 3);
    QCOMPARE(keyOf(id), QByteArray());
}

QTEST_MAIN(tst_desktopwindow)
#include "tst_desktopwindow.moc"
