// SPDX-License-Identifier: GPL-3.0-or-later
// test: gui,docker; desktop
// The pages beside the Run view: sandboxes, images, connections, settings, the check-up, and an app that is killed.
#include "desktop/DesktopFixture.h"
#include "desktop/SocketProxy.h"
#include "support/Signals.h"
#include "support/TcpService.h"

#include <desktop/manage/ImageController.h>
#include <desktop/manage/ImageView.h>
#include <desktop/manage/SandboxModel.h>
#include <desktop/manage/ShellWindow.h>
#include <desktop/output/TerminalView.h>
#include <isol8/execution/LocalEngine.h>

#include <QApplication>
#include <QComboBox>
#include <QInputDialog>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMessageBox>
#include <QProcess>
#include <QPushButton>
#include <QTableView>
#include <QTcpServer>
#include <QTreeView>
#include <QTreeWidget>

#include <csignal>
#include <cstdio>

using namespace isol8;
using namespace isol8::desktop;
using namespace desktoptest;

class tst_desktopmanage : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void checkUpEndsInARun();
    void sandboxesLive();
    void buildIsCancelled();
    void settingsReachTheFile();
    void services();
    void dockerComesAndGoes();
    void dockerDiesInARun();
    void imageIsMissing();
    void serviceElsewhere();
    void closingAsks();
    void killedWhileRunning_data();
    void killedWhileRunning();
    void killedLosesNothing();

private:
    static int rowOf(QAbstractItemModel *model, int column, const QString &text)
    {
        for (int row = 0; row < model->rowCount(); ++row) {
            if (model->index(row, column).data().toString() == text)
                return row;
        }
        return -1;
    }
    static QPushButton *button(const QWidget *page, const QString &text)
    {
        for (QPushButton *push : page->findChildren<QPushButton *>()) {
            if (push->text() == text)
                return push;
        }
        return nullptr;
    }
};

void tst_desktopmanage::checkUpEndsInARun()
{
    const App app;
    QCOMPARE(app->window()->currentPage(), u"view.checkup"_s); // nothing was ever written here
    auto *first = app.child<QPushButton>(u"firstRun"_s);
    QTRY_VERIFY_WITH_TIMEOUT(first->isEnabled(), 30000);
    QVERIFY(app.child<QListWidget>(u"checkList"_s)->count() > 4);
    QSignalSpy ended(app->controller(), &RunController::ended);
    QTest::mouseClick(first, Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(ended.count(), 1, 60000);
    QVERIFY2(app.output().contains(u"Hello"_s), qPrintable(app.output() + app->controller()->result().error));
}

void tst_desktopmanage::sandboxesLive()
{
    const App app;
    app.type(u"bash"_s, u"echo in it > file.txt"_s);
    Program program = *app->runView()->program();
    program.options.sessionId = u"desktop-live"_s;
    app->runView()->setProgram(program);
    QVERIFY(app.run());
    app.trigger(u"view.sandboxes"_s);
    auto *table = app.child<QTableView>(u"sandboxTable"_s);
    QWidget *page = app->window()->page(u"view.sandboxes"_s);
    const auto row = [&] { return rowOf(table->model(), SandboxModel::Name, u"desktop-live"_s); };
    const auto state = [&] { return table->model()->index(row(), SandboxModel::State).data().toString(); };
    QTRY_VERIFY_WITH_TIMEOUT(row() >= 0, 20000);
    table->setCurrentIndex(table->model()->index(row(), 0));
    QTest::mouseClick(button(page, u"Pause"_s), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(state(), u"Paused"_s, 20000);
    QTest::mouseClick(button(page, u"Go on"_s), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(state(), u"Idle"_s, 20000);
    QTest::mouseClick(button(page, u"Files"_s), Qt::LeftButton);
    auto *files = page->findChild<QTreeView *>();
    QTRY_VERIFY_WITH_TIMEOUT(files->isVisible() && files->model()->rowCount() == 1, 20000);

    // A shell in it.
    QTest::mouseClick(button(page, u"Shell"_s), Qt::LeftButton);
    auto *shell = app.child<ShellWindow>();
    QVERIFY(shell);
    QTRY_VERIFY_WITH_TIMEOUT(shell->terminal()->text().contains(u'$'), 60000);
    QTest::keyClicks(shell->terminal(), u"cat file.txt; echo $((6*7))"_s);
    QTest::keyClick(shell->terminal(), Qt::Key_Return);
    QTRY_VERIFY_WITH_TIMEOUT(shell->terminal()->text().contains(u"in it\n42"_s), 20000);
    QTRY_COMPARE_WITH_TIMEOUT(state(), u"Running"_s, 20000);
    const QPointer<ShellWindow> closed(shell);
    shell->close();
    QTRY_VERIFY(!closed);
    QTRY_COMPARE_WITH_TIMEOUT(state(), u"Idle"_s, 20000);

    // What ran in it.
    QTest::mouseClick(button(page, u"Log"_s), Qt::LeftButton);
    auto *log = app.child<QTreeWidget>(u"logList"_s);
    QVERIFY(log);
    QCOMPARE(log->topLevelItemCount(), 1);
    log->window()->close();

    // Kept, and begun from again.
    const QString name = u"desktop-live-%1"_s.arg(QCoreApplication::applicationPid());
    page->findChild<QAction *>(u"saveSnapshot"_s)->trigger();
    auto *asked = app.child<QInputDialog>();
    QVERIFY(asked);
    asked->setTextValue(name);
    asked->accept();
    auto *status = app.child<QLabel>(u"sandboxStatus"_s);
    QVERIFY2(QTest::qWaitFor([&] { return status->text().contains(name); }, 20000), qPrintable(status->text()));
    page->findChild<QAction *>(u"showSnapshots"_s)->trigger();
    auto *snapshots = app.child<QTreeWidget>(u"snapshotList"_s);
    QVERIFY(snapshots);
    QTRY_VERIFY_WITH_TIMEOUT(!snapshots->findItems(name, Qt::MatchExactly).isEmpty(), 20000);
    snapshots->setCurrentItem(snapshots->findItems(name, Qt::MatchExactly).constFirst());
    QTest::mouseClick(app.child<QPushButton>(u"startFromSnapshot"_s), Qt::LeftButton);
    QCOMPARE(app->window()->currentPage(), u"view.run"_s);
    program = *app->runView()->program();
    QCOMPARE(program.options.snapshot, name);
    program.request.code = "cat file.txt";
    app->runView()->setProgram(program);
    QVERIFY(app.run());
    QVERIFY2(app.output().contains(u"in it"_s), qPrintable(app->controller()->result().error));
    QVERIFY(app->runView()->program()->options.snapshot.isEmpty()); // the session has begun
    bool removed = false;
    app->hub()->local()->engine()->removeSnapshot({}, name,
                                                  {this, [&](const Result<void> &r) { removed = r.has_value(); }});
    QTRY_VERIFY(removed);

    app.trigger(u"view.sandboxes"_s);
    table->setCurrentIndex(table->model()->index(row(), 0));
    QTest::mouseClick(button(page, u"Stop"_s), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(row(), -1, 20000);
}

void tst_desktopmanage::buildIsCancelled()
{
    const App app;
    app.trigger(u"view.images"_s);
    auto *table = app.child<QTableView>(u"imageTable"_s);
    QTRY_VERIFY_WITH_TIMEOUT(rowOf(table->model(), ImageModel::Name, u"python"_s) >= 0, 20000);
    QWidget *page = app->window()->page(u"view.images"_s);
    QTest::mouseClick(button(page, u"Build one of your own…"_s), Qt::LeftButton);
    auto *dialog = app.child<BuildDialog>();
    QVERIFY(dialog);
    dialog->findChild<QLineEdit *>(u"buildTag"_s)->setText(u"isol8-desktop-test"_s);
    dialog->findChild<QLineEdit *>(u"buildPackages"_s)->setText(u"isol8-there-is-no-such-package"_s);
    QTest::mouseClick(button(dialog, u"Build"_s), Qt::LeftButton);
    auto *cancel = app.child<QPushButton>(u"cancelBuild"_s);
    QVERIFY(cancel->isEnabled());
    QVERIFY(!button(page, u"Build one of your own…"_s)->isEnabled());
    QTest::mouseClick(cancel, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(!cancel->isEnabled(), 30000);
    QCOMPARE(app.child<QLabel>(u"imageStatus"_s)->text(), u"Cancelled; nothing of it is left."_s);
    QVERIFY(!dockertest::hasImage(u"isol8-desktop-test"_s));
}

void tst_desktopmanage::settingsReachTheFile()
{
    const App app;
    app.trigger(u"view.settings"_s);
    auto *memory = app.child<QLineEdit>(u"defaults.memoryLimit"_s);
    auto *save = app.child<QPushButton>(u"saveSettings"_s);
    auto *status = app.child<QLabel>(u"settingsStatus"_s);
    QTest::keyClicks(memory, u"lots"_s);
    QVERIFY2(status->text().contains(u"memoryLimit"_s), qPrintable(status->text()));
    QVERIFY(!save->isEnabled());
    memory->clear();
    QTest::keyClicks(memory, u"96m"_s);
    QTRY_VERIFY(save->isEnabled());
    QTest::mouseClick(save, Qt::LeftButton);
    const auto loaded = loadConfig(app.path(u"config.json"_s), {}, {});
    QVERIFY(loaded);
    QCOMPARE(loaded->config.defaults.memoryLimit, 96 * MiB);
    QTRY_COMPARE(app->hub()->config().defaults.memoryLimit, 96 * MiB);
}

void tst_desktopmanage::services()
{
    App app;
    bool written = false;
    ConnectionSpec spec{u"far"_s, u"Far away"_s, ConnectionSpec::Kind::Service, QUrl(u"http://127.0.0.1:9"_s)};
    app->hub()->saveService(spec, "isol8_key", {this, [&](const Result<void> &done) { written = done.has_value(); }});
    QTRY_VERIFY(written);
    app.trigger(u"view.connections"_s);
    auto *list = app.child<QListWidget>(u"connectionList"_s);
    QTRY_VERIFY(list->count() == 2 && list->item(1)->text().contains(u"Far away"_s));
    QTRY_VERIFY_WITH_TIMEOUT(app->hub()->connection(u"far"_s)->state() == EngineConnection::State::Failed, 20000);
    QVERIFY(!app->hub()->connection(u"far"_s)->problem().message.isEmpty());
    // A run on it ends with a sentence and hangs nothing.
    app.type(u"bash"_s, u"true"_s);
    Program program = *app->runView()->program();
    program.connection = u"far"_s;
    app->runView()->setProgram(program);
    QVERIFY(app.run());
    QVERIFY(!app->controller()->result().error.isEmpty());
    app.close();
    app.open();
    QTRY_VERIFY(app->hub()->connection(u"far"_s));
    QCOMPARE(app->hub()->connection(u"far"_s)->spec().name, u"Far away"_s);
    app->hub()->removeService(u"far"_s);
    QVERIFY(!app->hub()->connection(u"far"_s));
}

// A socket that is not there, and then is.
void tst_desktopmanage::dockerComesAndGoes()
{
    const DockerHost host;
    const QTemporaryDir folder;
    const QString socket = folder.filePath(u"docker.sock"_s);
    DockerHost::set(socket);
    const App app;
    QTRY_VERIFY_WITH_TIMEOUT(!app->window()->problem().isEmpty(), 20000);
    QCOMPARE(app.child<QPushButton>(u"mend"_s)->text(), u"Check-up"_s);
    app.type(u"bash"_s, u"echo here again"_s);
    QVERIFY(app.run());
    QVERIFY(app->controller()->result().reason == Reason::Internal);
    QVERIFY(QFile::link(host.real(), socket));
    QTRY_VERIFY_WITH_TIMEOUT(app->window()->problem().isEmpty(), 20000);
    QVERIFY(app.run());
    QVERIFY2(app.output().contains(u"here again"_s), qPrintable(app->controller()->result().error));
}

// The daemon goes in the middle of a run: that ends and says why, nothing of it is left, and the next one works as soon
// as the daemon is there again.
void tst_desktopmanage::dockerDiesInARun()
{
    const DockerHost host;
    const QTemporaryDir folder;
    SocketProxy proxy(folder.filePath(u"docker.sock"_s), host.real());
    QVERIFY(proxy.open());
    DockerHost::set(folder.filePath(u"docker.sock"_s));
    const App app;
    app.type(u"bash"_s, u"echo begun; sleep 600"_s);
    QSignalSpy ended(app->controller(), &RunController::ended);
    app.trigger(u"run.run"_s);
    QTRY_VERIFY_WITH_TIMEOUT(app.output().contains(u"begun"_s), 60000);
    host.restore(); // the docker command of this test goes there by itself
    const QString id = qobject_cast<LocalEngine *>(app->hub()->local()->engine())->id();
    QVERIFY(!dockertest::containers(u"org.isol8"_s, id).isEmpty());
    proxy.cut();
    QTRY_COMPARE_WITH_TIMEOUT(ended.count(), 1, 60000);
    QVERIFY(app->controller()->result().reason != Reason::Completed);
    QVERIFY(!app->controller()->result().error.isEmpty());
    QTRY_VERIFY_WITH_TIMEOUT(!app->window()->problem().isEmpty(), 30000);
    QVERIFY(app->actions()->action(u"run.run"_s)->isEnabled());
    QVERIFY(dockertest::gone(id, 30000)); // its lifeline broke, too
    QVERIFY(proxy.open());
    QTRY_VERIFY_WITH_TIMEOUT(app->window()->problem().isEmpty(), 30000);
    app.type(u"bash"_s, u"echo here again"_s);
    QVERIFY(app.run());
    QVERIFY2(app.output().contains(u"here again"_s), qPrintable(app->controller()->result().error));
    QVERIFY(app->window()->problem().isEmpty());
}

void tst_desktopmanage::imageIsMissing()
{
    const App app;
    app.type(u"bash"_s, u"true"_s);
    Program program = *app->runView()->program();
    program.options.image = u"isol8-desktop-there-is-no-such-image"_s;
    app->runView()->setProgram(program);
    QVERIFY(app.run());
    QCOMPARE(app->controller()->result().errorCode, errors::ImageMissing.toString());
    QVERIFY(app->window()->problem().contains(u"Images"_s));
    QTest::mouseClick(app.child<QPushButton>(u"mend"_s), Qt::LeftButton);
    QCOMPARE(app->window()->currentPage(), u"view.images"_s);
    // What was wrong is forgotten once a run can be.
    program.options.image.clear();
    app->runView()->setProgram(program);
    QVERIFY(app.run());
    QVERIFY2(app->window()->problem().isEmpty(), qPrintable(app->window()->problem()));
}

// A real service: not there, there, with a wrong key and with the right one; its sandboxes and images.
void tst_desktopmanage::serviceElsewhere()
{
    quint16 port = 0;
    {
        QTcpServer free;
        QVERIFY(free.listen(QHostAddress::LocalHost));
        port = free.serverPort();
    }
    const App app;
    const ConnectionSpec spec{u"far"_s, u"Far away"_s, ConnectionSpec::Kind::Service,
                              QUrl(u"http://127.0.0.1:%1"_s.arg(port))};
    app->hub()->saveService(spec, "wrong", {});
    app.type(u"bash"_s, u"echo from afar"_s);
    Program program = *app->runView()->program();
    program.connection = spec.id;
    app->runView()->setProgram(program);
    QTRY_VERIFY_WITH_TIMEOUT(app->window()->problem().startsWith(u"Far away"_s), 20000);
    QCOMPARE(app.child<QPushButton>(u"mend"_s)->text(), u"Connections"_s);

    servicetest::TcpService service;
    service.configure(R"({"poolSize": 0})");
    service.process.setProcessEnvironment(service.environment);
    service.process.start(servicetest::TcpService::binary(),
                          {u"--port"_s, QString::number(port), u"--prewarm"_s, QString()});
    QTRY_VERIFY_WITH_TIMEOUT(app->window()->problem().contains(u"key"_s), 20000);
    QVERIFY(app.run());
    QVERIFY(app->controller()->result().reason == Reason::Internal);

    app->hub()->saveService(spec, "sesame", {});
    QTRY_VERIFY_WITH_TIMEOUT(app->window()->problem().isEmpty(), 20000);
    program.options.sessionId = u"desktop-afar"_s;
    app->runView()->setProgram(program);
    QVERIFY(app.run());
    QVERIFY2(app.output().contains(u"from afar"_s), qPrintable(app->controller()->result().error));
    app.trigger(u"view.sandboxes"_s);
    auto *table = app.child<QTableView>(u"sandboxTable"_s);
    const auto row = [&] { return rowOf(table->model(), SandboxModel::Name, u"desktop-afar"_s); };
    QTRY_VERIFY_WITH_TIMEOUT(row() >= 0, 20000);
    QCOMPARE(table->model()->index(row(), SandboxModel::Where).data().toString(), u"Far away"_s);
    app.trigger(u"view.images"_s);
    auto *place = app.child<QComboBox>(u"imagePlace"_s);
    QTRY_VERIFY(place->isVisible() && place->count() == 2);
    place->setCurrentIndex(1);
    Q_EMIT place->activated(1);
    auto *images = app.child<QTableView>(u"imageTable"_s);
    QTRY_VERIFY_WITH_TIMEOUT(rowOf(images->model(), ImageModel::Name, u"bash"_s) >= 0, 20000);
    const int bash = rowOf(images->model(), ImageModel::Name, u"bash"_s);
    QCOMPARE(images->model()->index(bash, ImageModel::Status).data().toString(), u"Up to date"_s);
}

void tst_desktopmanage::closingAsks()
{
    const App app;
    app.type(u"bash"_s, u"echo begun; sleep 600"_s);
    app.trigger(u"run.run"_s);
    QTRY_VERIFY_WITH_TIMEOUT(app.output().contains(u"begun"_s), 60000);
    app->window()->close();
    QVERIFY(app->window()->isVisible());
    auto *question = app.child<QMessageBox>(u"closeQuestion"_s);
    QVERIFY(question);
    const QString id = qobject_cast<LocalEngine *>(app->hub()->local()->engine())->id();
    QVERIFY(!dockertest::containers(u"org.isol8"_s, id).isEmpty());
    QSignalSpy stopped(app->hub(), &EngineHub::stopped);
    QTest::mouseClick(button(question, u"Stop and close"_s), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(stopped.count(), 1, 30000);
    QCOMPARE(app->history()->rows({}, 0, 1).first().title, u"echo begun; sleep 600"_s);
    QVERIFY(dockertest::gone(id, 15000));
}

// An app with a program running in it, in a process of its own.
static int runUntilKilled(int argc, char **argv)
{
    QApplication application(argc, argv);
    const App app(makeEngine, QString::fromLocal8Bit(argv[1]));
    app.type(u"bash"_s, u"echo an earlier run"_s);
    if (!app.run())
        return 1;
    app.type(u"bash"_s, u"echo begun; sleep 600"_s);
    app.trigger(u"run.run"_s);
    if (!QTest::qWaitFor([&] { return app.output().contains(u"begun"_s); }, 60000))
        return 1;
    auto *engine = qobject_cast<LocalEngine *>(app->hub()->local()->engine());
    std::printf("engine %s\n", qPrintable(engine->id()));
    std::fflush(stdout);
    return QApplication::exec();
}

void tst_desktopmanage::killedWhileRunning_data()
{
    QTest::addColumn<int>("signal");
    QTest::newRow("killed") << SIGKILL;
    QTest::newRow("crashed") << SIGSEGV;
    QTest::newRow("ended") << SIGTERM;
}

// No container is left; the runs before and the program that ran are there.
void tst_desktopmanage::killedWhileRunning()
{
    QFETCH(const int, signal);
    const QTemporaryDir folder;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(u"ISOL8_DESKTOP_CHILD"_s, u"1"_s);
    QProcess app;
    app.setProcessEnvironment(environment);
    app.start(QCoreApplication::applicationFilePath(), {folder.path()});
    QByteArray said;
    QTRY_VERIFY_WITH_TIMEOUT((said += app.readAllStandardOutput()).endsWith('\n'), 120000);
    const QString id = QString::fromLatin1(said.mid(said.indexOf("engine ") + 7).trimmed());
    QVERIFY(!dockertest::containers(u"org.isol8"_s, id).isEmpty());
    processtest::sendSignal(app, signal);
    QVERIFY(app.waitForFinished(10000));
    QVERIFY(dockertest::gone(id, 15000));
    HistoryStore history(folder.filePath(u"history.db"_s));
    QCOMPARE(history.rows(u"an earlier run"_s, 0, 9).size(), 1);
    QCOMPARE(history.draft()->code(), u"echo begun; sleep 600"_s);
}

// The program itself, as a user starts it, and SIGKILL: what was written is there.
void tst_desktopmanage::killedLosesNothing()
{
    const QTemporaryDir home;
    QFile script(home.filePath(u"long.sh"_s));
    QVERIFY(script.open(QIODevice::WriteOnly));
    script.write("sleep 600 # never ends\n");
    script.close();
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    for (const auto &[name, folder] :
         {std::pair(u"HOME"_s, QString()), std::pair(u"XDG_DATA_HOME"_s, u"/data"_s),
          std::pair(u"XDG_CONFIG_HOME"_s, u"/config"_s), std::pair(u"XDG_RUNTIME_DIR"_s, QString())})
        environment.insert(name, home.path() + folder);
    environment.insert(u"QT_QPA_PLATFORM"_s, u"offscreen"_s);
    QProcess app;
    app.setProcessEnvironment(environment);
    app.start(environment.value(u"ISOL8_BIN"_s) + u"/isol8-desktop"_s, {script.fileName()});
    QVERIFY(app.waitForStarted());
    const QString database = home.filePath(u"data/isol8/desktop/history.db"_s);
    QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(database), 30000);
    // The program that was opened is kept before anything is pressed.
    const auto kept = [&] {
        const HistoryStore store(database);
        const QList<Program> drafts = store.drafts();
        return !drafts.isEmpty() && drafts.first().code().contains(u"never ends"_s);
    };
    QTRY_VERIFY_WITH_TIMEOUT(kept(), 30000);
    processtest::sendSignal(app, SIGKILL);
    QVERIFY(app.waitForFinished(10000));
    QVERIFY(kept());
}

int main(int argc, char **argv)
{
    if (qEnvironmentVariableIsSet("ISOL8_DESKTOP_CHILD"))
        return runUntilKilled(argc, argv);
    QApplication application(argc, argv);
    tst_desktopmanage test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_desktopmanage.moc"
