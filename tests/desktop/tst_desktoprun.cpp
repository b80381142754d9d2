// SPDX-License-Identifier: GPL-3.0-or-later
// test: gui,docker; desktop
// The Run view on real sandboxes: typed, run, watched, stopped, found again.
#include "desktop/CopiedProgram.h"
#include "desktop/DesktopFixture.h"
#include "support/Docker.h"
#include "support/TcpService.h"

#include <desktop/output/TerminalView.h>
#include <desktop/run/FilesPane.h>
#include <desktop/run/NetworkBar.h>
#include <desktop/run/ResultsPane.h>
#include <desktop/run/SideBySide.h>
#include <isol8/execution/LocalEngine.h>

#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QDropEvent>
#include <QJsonArray>
#include <QJsonDocument>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QProcess>
#include <QPushButton>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QTextBrowser>

#include <algorithm>

using namespace isol8;
using namespace isol8::desktop;
using namespace desktoptest;

class tst_desktoprun : public QObject
{
    Q_OBJECT

    static QString described(const QList<SandboxFile> &files)
    {
        QStringList list;
        for (const SandboxFile &file : files)
            list.append(u"%1 (%2 bytes): %3"_s.arg(file.path).arg(file.size).arg(int(file.change)));
        return list.join(u'\n');
    }

private Q_SLOTS:
    void initTestCase() { m_app = std::make_unique<App>(); }
    void cleanupTestCase();

    void runs();
    void stops();
    void wrongOption();
    void input();
    void terminal();
    void values();
    void changedFiles();
    void sessionKeepsFiles();
    void flood();
    void refusedHost();
    void onSeveral();
    void droppedScript();
    void copiedRuns_data();
    void copiedRuns();
    void historyAndDraftSurvive();

private:
    std::unique_ptr<App> m_app;
};

void tst_desktoprun::runs()
{
    App &app = *m_app;
    app.type(u"python"_s, u"import sys\nprint('to stdout')\nprint('to stderr', file=sys.stderr)\nsys.exit(3)\n"_s);
    QVERIFY(app.run());
    const RunResult &result = app->controller()->result();
    QCOMPARE(isol8::toString(result.reason), u"completed"_s);
    QCOMPARE(result.exitCode, 3);
    QVERIFY(app.output().contains(u"to stdout"_s));
    const auto &document = app.child<OutputView>()->document();
    bool errorShown = false;
    for (qsizetype i = 0; i < document.lineCount(); ++i) {
        if (document.line(i).text == "to stderr"_L1)
            errorShown = document.line(i).spans.first().style.kind == OutputKind::Err;
    }
    QVERIFY(errorShown);
    QVERIFY(app.child<QLabel>(u"status"_s)->text().contains(u"3"_s));
    QCOMPARE(app->history()->rows({}, 0, 1).first().exitCode, 3);
}

void tst_desktoprun::stops()
{
    App &app = *m_app;
    app.type(u"bash"_s, u"echo begun; sleep 600\n"_s);
    QSignalSpy ended(app->controller(), &RunController::ended);
    app.trigger(u"run.run"_s);
    QTRY_VERIFY_WITH_TIMEOUT(app.output().contains(u"begun"_s), 60000);
    QVERIFY(app->controller()->isRunning());
    QVERIFY(!app->actions()->action(u"run.run"_s)->isEnabled());
    QTest::keyClick(app->window(), Qt::Key_Escape);
    QTRY_COMPARE_WITH_TIMEOUT(ended.count(), 1, 20000);
    QCOMPARE(isol8::toString(app->controller()->result().reason), u"cancelled"_s);
}

void tst_desktoprun::wrongOption()
{
    App &app = *m_app;
    app.type(u"bash"_s, u"true"_s);
    for (QLineEdit *edit : app->runView()->findChildren<QLineEdit *>()) {
        if (edit->placeholderText() == "512m"_L1)
            edit->setText(u"much"_s);
    }
    QVERIFY(!app->runView()->program());
    app.trigger(u"run.run"_s);
    QVERIFY(!app->controller()->isRunning());
    QVERIFY(app.child<QLabel>(u"status"_s)->text().contains(u"much"_s));
}

void tst_desktoprun::input()
{
    App &app = *m_app;
    app.type(u"bash"_s, u"read name; echo \"hello $name\"\n"_s);
    Program program = *app->runView()->program();
    program.request.interactiveStdin = true;
    app->runView()->setProgram(program);
    QSignalSpy started(app->controller(), &RunController::programStarted);
    QSignalSpy ended(app->controller(), &RunController::ended);
    app.trigger(u"run.run"_s);
    QTRY_COMPARE_WITH_TIMEOUT(started.count(), 1, 60000);
    QLineEdit *line = nullptr;
    for (QLineEdit *edit : app->runView()->findChildren<QLineEdit *>()) {
        if (edit->accessibleName() == QStringLiteral("Input for the program"))
            line = edit;
    }
    QVERIFY(line && line->isVisible());
    QTest::keyClicks(line, u"you"_s);
    QTest::keyClick(line, Qt::Key_Return);
    QTRY_COMPARE_WITH_TIMEOUT(ended.count(), 1, 30000);
    QVERIFY(app.output().contains(u"hello you"_s));
}

void tst_desktoprun::terminal()
{
    App &app = *m_app;
    app.type(u"bash"_s, u"echo ready; read line; printf '\\033[31mgot %s\\033[0m\\n' \"$line\"; stty size\n"_s);
    Program program = *app->runView()->program();
    program.options.pty = true;
    program.request.interactiveStdin = true;
    app->runView()->setProgram(program);
    QSignalSpy ended(app->controller(), &RunController::ended);
    app.trigger(u"run.run"_s);
    auto *terminal = app.child<TerminalView>();
    QTRY_VERIFY_WITH_TIMEOUT(terminal->text().contains(u"ready"_s), 60000);
    QTest::keyClicks(terminal, u"it"_s);
    QTest::keyClick(terminal, Qt::Key_Return);
    QTRY_COMPARE_WITH_TIMEOUT(ended.count(), 1, 30000);
    QVERIFY2(terminal->text().contains(u"got it"_s), qPrintable(terminal->text()));
    // What the window has room for, which was known only when it was shown.
    const QSize size = terminal->terminalSize();
    QVERIFY2(terminal->text().contains(u"%1 %2"_s.arg(size.height()).arg(size.width())), qPrintable(terminal->text()));
}

void tst_desktoprun::values()
{
    App &app = *m_app;
    app.type(u"python"_s,
             u"class Table:\n    def _repr_html_(self):\n        return '<table><tr><td>1</td></tr></table>'\n"
             u"Table()\n"_s);
    QVERIFY(app.run());
    // As a table and, for those who cannot show one, as text.
    const QJsonArray results = app->controller()->result().results;
    QVERIFY(!results.isEmpty());
    QVERIFY(std::any_of(results.begin(), results.end(), [](const QJsonValue &value) {
        return value.toObject().value(u"type"_s).toString() == "text/html"_L1;
    }));
    QCOMPARE(app.child<ResultsPane>()->count(), 1);
    QTRY_VERIFY(app.child<ResultsPane>()->isReady());
    QCOMPARE(app.child<ResultsPane>()->findChild<QTextBrowser *>()->toPlainText().trimmed(), u"1"_s);
}

void tst_desktoprun::changedFiles()
{
    App &app = *m_app;
    app.type(u"bash"_s, u"echo more >> given.txt; mkdir out; echo new > out/made.txt\n"_s);
    Program program = *app->runView()->program();
    program.request.files = {{u"/sandbox/given.txt"_s, "first\n"}, {u"/sandbox/same.txt"_s, "same"}};
    app->runView()->setProgram(program);
    QSignalSpy found(app->controller(), &RunController::filesFound);
    QVERIFY(app.run());
    QTRY_COMPARE(found.count(), 1);
    QMap<QString, SandboxFile::Change> changes;
    for (const SandboxFile &file : found.first().first().value<QList<SandboxFile>>())
        changes.insert(file.path, file.change);
    const QMap<QString, SandboxFile::Change> expected{{u"/sandbox/given.txt"_s, SandboxFile::Change::Changed},
                                                      {u"/sandbox/out/made.txt"_s, SandboxFile::Change::Added},
                                                      {u"/sandbox/same.txt"_s, SandboxFile::Change::None}};
    QVERIFY2(changes == expected, qPrintable(described(found.first().first().value<QList<SandboxFile>>())));
    auto *pane = app->runView()->findChild<FilesPane *>();
    QCOMPARE(pane->changedCount(), 2);
    // Dragged out, it is a file of this machine.
    const QModelIndexList made = pane->model()->match(pane->model()->index(0, 0), Qt::DisplayRole, u"made.txt"_s, 1,
                                                      Qt::MatchExactly | Qt::MatchRecursive);
    QCOMPARE(made.size(), 1);
    const std::unique_ptr<QMimeData> dragged(pane->model()->mimeData(made));
    QVERIFY(dragged);
    QFile out(dragged->urls().first().toLocalFile());
    QVERIFY(out.open(QIODevice::ReadOnly));
    QCOMPARE(out.readAll(), QByteArray("new\n"));
}

void tst_desktoprun::sessionKeepsFiles()
{
    App &app = *m_app;
    app.type(u"bash"_s, u"echo one > kept.txt\n"_s);
    Program program = *app->runView()->program();
    program.options.sessionId = u"desktop-files"_s;
    app->runView()->setProgram(program);
    QVERIFY(app.run());
    program.request.code = "cat kept.txt; sleep 0.01; echo two > kept.txt\n";
    app->runView()->setProgram(program);
    QSignalSpy found(app->controller(), &RunController::filesFound);
    QVERIFY(app.run());
    QVERIFY(app.output().contains(u"one"_s));
    QTRY_COMPARE_WITH_TIMEOUT(found.count(), 1, 20000);
    QVERIFY2(app->runView()->findChild<FilesPane *>()->changedCount() == 1,
             qPrintable(described(found.first().first().value<QList<SandboxFile>>())));
}

// What no window can show at once: it stays answering, and bounded. The numbers are printed, the bound is generous.
void tst_desktoprun::flood()
{
    App &app = *m_app;
    app.type(u"bash"_s, u"yes 'a line of output that is neither short nor long, forty-two times a moment' | head -c "
                        u"60000000; echo; echo the end\n"_s);
    Program program = *app->runView()->program();
    program.options.maxOutputSize = 100 * MiB;
    app->runView()->setProgram(program);
    qint64 longest = 0;
    QElapsedTimer since;
    QTimer watchdog;
    watchdog.setInterval(1);
    connect(&watchdog, &QTimer::timeout, this, [&] {
        longest = std::max(longest, since.elapsed());
        since.start();
    });
    QSignalSpy started(app->controller(), &RunController::programStarted);
    connect(app->controller(), &RunController::programStarted, &watchdog, [&] {
        since.start();
        watchdog.start();
    });
    QElapsedTimer whole;
    whole.start();
    QVERIFY(app.run(120000));
    watchdog.stop();
    qInfo("60 MB in %lld ms; the event loop was away for %lld ms at most", whole.elapsed(), longest);
    QVERIFY(app.output().contains(u"the end"_s));
    const auto &document = app.child<OutputView>()->document();
    QVERIFY(document.lineCount() <= OutputDocument::MaxLines);
    QVERIFY(document.chars() <= OutputDocument::MaxChars);
    QVERIFY(longest < 20000);
}

// A host that the program wanted: allowed once it runs again, refused for good it stands in the configuration.
void tst_desktoprun::refusedHost()
{
    App &app = *m_app;
    app.type(u"python"_s, u"import urllib.request\ntry:\n    urllib.request.urlopen('http://wanted.invalid/')\n"
                          u"except Exception as e:\n    print('failed:', type(e).__name__)\n"_s);
    Program program = *app->runView()->program();
    program.options.network = Network::Filtered;
    program.options.whitelist = QStringList{u"other.invalid"_s};
    app->runView()->setProgram(program);
    auto *bar = app.child<NetworkBar>();
    QVERIFY(app.run());
    QVERIFY(bar->isVisible());
    QVERIFY(bar->accessibleName().contains(u"wanted.invalid"_s));
    const QList<QPushButton *> answers = bar->findChildren<QPushButton *>();
    QCOMPARE(answers.size(), 4);
    QSignalSpy ended(app->controller(), &RunController::ended);
    QTest::mouseClick(answers.at(0), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(ended.count(), 1, 60000);
    QCOMPARE(app->controller()->program().options.whitelist, (QStringList{u"other.invalid"_s, u"wanted.invalid"_s}));
    QCOMPARE(app->runView()->program()->options.whitelist, QStringList{u"other.invalid"_s});
    bar->clear();
    bar->ask({u"wanted.invalid"_s, 80, {}});
    QTest::mouseClick(answers.at(3), Qt::LeftButton);
    QVERIFY(!bar->isVisible());
    const auto config = loadConfig(app.path(u"config.json"_s), {}, {});
    QVERIFY(config);
    QCOMPARE(config->config.network.blacklist, QStringList{u"wanted.invalid"_s});
}

void tst_desktoprun::onSeveral()
{
    App &app = *m_app;
    app.type(u"bash"_s, u"echo = 1; exit 4"_s);
    app.trigger(u"run.all"_s);
    auto *window = app.child<SideBySide>();
    QVERIFY(window);
    for (QCheckBox *box : window->findChildren<QCheckBox *>())
        box->setChecked(box->text() == "bash"_L1 || box->text() == "python"_L1);
    window->findChild<QLineEdit *>()->setText(u" isol8:bash  isol8-there-is-none"_s);
    window->start();
    QVERIFY(window->isRunning());
    QTRY_VERIFY_WITH_TIMEOUT(!window->isRunning(), 60000);
    QStringList titles;
    for (const QLabel *label : window->findChildren<QLabel *>())
        titles.append(label->text());
    const QString all = titles.join(u'\n');
    QVERIFY2(all.contains(QRegularExpression(u"bash: .*4"_s)), qPrintable(all));
    QVERIFY2(all.contains(QRegularExpression(u"python: .*1"_s)), qPrintable(all));
    QVERIFY2(all.contains(QRegularExpression(u"isol8:bash: .*4"_s)), qPrintable(all));
    QVERIFY2(all.contains(u"isol8-there-is-none: Could not run"_s), qPrintable(all));
    window->close();
}

void tst_desktoprun::droppedScript()
{
    App &app = *m_app;
    QFile script(app.path(u"dropped.js"_s));
    QVERIFY(script.open(QIODevice::WriteOnly));
    script.write("console.log(6 * 7)\n");
    script.close();
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(script.fileName())});
    QDropEvent drop(QPointF(10, 10), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    static_cast<QObject *>(app->window())->event(&drop); // as Qt's drag manager calls it
    QCOMPARE(app->runView()->program()->request.runtime, u"node"_s);
    QCOMPARE(app->runView()->program()->code(), u"console.log(6 * 7)\n"_s);
}

void tst_desktoprun::copiedRuns_data()
{
    QTest::addColumn<QString>("action");
    QTest::newRow("command line") << u"copy.cli"_s;
    QTest::newRow("curl") << u"copy.curl"_s;
    QTest::newRow("C++") << u"copy.cpp"_s;
}

// What is on the clipboard, pasted into a shell (and, of C++, built: isol8-copied), is the same run.
void tst_desktoprun::copiedRuns()
{
    QFETCH(const QString, action);
    App &app = *m_app;
    app->runView()->setProgram(copiedProgram());
    app.trigger(action);
    QString copied = QApplication::clipboard()->text();
    QVERIFY(copied.contains(u"TOKEN"_s) && !copied.contains(u"topsecret"_s));
    QProcess shell;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    const QTemporaryDir home;
    environment.insert(u"HOME"_s, home.path());
    environment.insert(u"XDG_RUNTIME_DIR"_s, home.path()); // no background engine
    environment.insert(u"TOKEN"_s, u"nineteen!"_s);
    environment.insert(u"PATH"_s, environment.value(u"ISOL8_BIN"_s) + u':' + environment.value(u"PATH"_s));
    servicetest::TcpService service;
    if (action == "copy.curl"_L1) {
        if (QStandardPaths::findExecutable(u"curl"_s).isEmpty())
            QSKIP("curl is not installed");
        service.configure(R"({"poolSize": 0})");
        QVERIFY2(service.startTcp(), service.said.constData());
        copied.replace(u"http://127.0.0.1:3000"_s, service.url);
        environment.insert(u"ISOL8_API_KEY"_s, u"sesame"_s);
    } else if (action == "copy.cpp"_L1) {
        QFile built(u"" ISOL8_BINARY_DIR "/tests/copied.cpp"_s);
        QVERIFY(built.open(QIODevice::ReadOnly));
        QCOMPARE(QString::fromUtf8(built.readAll()), copied);
        copied = u"" ISOL8_BINARY_DIR "/tests/isol8-copied"_s;
    }
    QFile script(home.filePath(u"pasted.sh"_s));
    QVERIFY(script.open(QIODevice::WriteOnly));
    script.write(copied.toUtf8() + '\n');
    script.close();
    shell.setProcessEnvironment(environment);
    shell.start(u"bash"_s, {script.fileName()});
    QSignalSpy finished(&shell, &QProcess::finished);
    QTRY_COMPARE_WITH_TIMEOUT(finished.count(), 1, 120000); // the service is no process of another loop
    const QByteArray said = shell.readAllStandardOutput();
    const QByteArray all = QByteArray(said + shell.readAllStandardError());
    if (action == "copy.curl"_L1) {
        const QJsonObject result = QJsonDocument::fromJson(said).object();
        QVERIFY2(result.value(u"exitCode"_s).toInt() == 7, all.constData());
        QCOMPARE(result.value(u"stdout"_s).toString().toUtf8(), copiedOutput());
    } else {
        QVERIFY2(shell.exitCode() == 7, all.constData());
        QCOMPARE(said, copiedOutput());
    }
}

void tst_desktoprun::historyAndDraftSurvive()
{
    App &app = *m_app;
    app.type(u"bash"_s, u"echo remembered\n"_s);
    QVERIFY(app.run());
    app.type(u"python"_s, u"# not run yet\n"_s);
    // What a kill leaves is what is on the disk a moment after the last key.
    QTRY_VERIFY(app->history()->draft() && app->history()->draft()->code() == "# not run yet\n"_L1);
    app.close();
    app.open();
    QCOMPARE(app->runView()->program()->code(), u"# not run yet\n"_s);
    const QList<HistoryRow> rows = app->history()->rows(u"remembered"_s, 0, 10);
    QCOMPARE(rows.size(), 1);
    QCOMPARE(app->history()->entry(rows.first().id)->output, u"remembered\n"_s);
}

void tst_desktoprun::cleanupTestCase()
{
    QString id;
    if (auto *engine = qobject_cast<LocalEngine *>((*m_app)->hub()->local()->engine()))
        id = engine->id();
    m_app->close();
    QVERIFY(dockertest::gone(id, 10000));
}

QTEST_MAIN(tst_desktoprun)
#include "tst_desktoprun.moc"
