// SPDX-License-Identifier: GPL-3.0-or-later
// test: gui,docker; desktop
// The pages beside the Run view: sandboxes, images, connections, settings, the check-up, and an app that is killed.
#include "desktop/DesktopFixture.h"
#include "support/Docker.h"

#include <desktop/manage/ImageController.h>
#include <desktop/manage/ImageView.h>
#include <desktop/manage/SandboxModel.h>
#include <isol8/execution/LocalEngine.h>

#include <QApplication>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMessageBox>
#include <QProcess>
#include <QPushButton>
#include <QTableView>
#include <QTreeView>

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
    void closingAsks();
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
    QCOMPARE(app->hub()->config().defaults.memoryLimit, 96 * MiB);
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
    const QByteArray before = qgetenv("DOCKER_HOST");
    const auto restore = qScopeGuard([&] {
        if (before.isEmpty())
            qunsetenv("DOCKER_HOST");
        else
            qputenv("DOCKER_HOST", before);
    });
    const QString real =
        before.startsWith("unix://") ? QString::fromLocal8Bit(before.mid(7)) : u"/var/run/docker.sock"_s;
    const QTemporaryDir folder;
    const QString socket = folder.filePath(u"docker.sock"_s);
    qputenv("DOCKER_HOST", "unix://" + socket.toLocal8Bit());
    const App app;
    QTRY_VERIFY_WITH_TIMEOUT(!app->window()->problem().isEmpty(), 20000);
    app.type(u"bash"_s, u"echo here again"_s);
    QVERIFY(app.run());
    QVERIFY(app->controller()->result().reason == Reason::Internal);
    QVERIFY(QFile::link(real, socket));
    QTRY_VERIFY_WITH_TIMEOUT(app->window()->problem().isEmpty(), 20000);
    QVERIFY(app.run());
    QVERIFY2(app.output().contains(u"here again"_s), qPrintable(app->controller()->result().error));
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
    QSignalSpy stopped(app->hub(), &EngineHub::stopped);
    QTest::mouseClick(button(question, u"Stop and close"_s), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(stopped.count(), 1, 30000);
    QCOMPARE(app->history()->rows({}, 0, 1).first().title, u"echo begun; sleep 600"_s);
}

// An app with a program running in it, in a process of its own.
static int runUntilKilled(int argc, char **argv)
{
    QApplication application(argc, argv);
    const App app;
    app.type(u"bash"_s, u"echo begun; sleep 600"_s);
    app.trigger(u"run.run"_s);
    if (!QTest::qWaitFor([&] { return app.output().contains(u"begun"_s); }, 60000))
        return 1;
    auto *engine = qobject_cast<LocalEngine *>(app->hub()->local()->engine());
    std::printf("engine %s\n", qPrintable(engine->id()));
    std::fflush(stdout);
    return QApplication::exec();
}

void tst_desktopmanage::killedWhileRunning()
{
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(u"ISOL8_DESKTOP_CHILD"_s, u"1"_s);
    QProcess app;
    app.setProcessEnvironment(environment);
    app.start(QCoreApplication::applicationFilePath());
    QByteArray said;
    QTRY_VERIFY_WITH_TIMEOUT((said += app.readAllStandardOutput()).endsWith('\n'), 90000);
    const QString id = QString::fromLatin1(said.mid(said.indexOf("engine ") + 7).trimmed());
    QVERIFY(!dockertest::containers(u"org.isol8"_s, id).isEmpty());
    ::kill(pid_t(app.processId()), SIGKILL);
    QVERIFY(app.waitForFinished(10000));
    QVERIFY(dockertest::gone(id, 15000));
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
        const auto draft = store.draft();
        return draft && draft->code().contains(u"never ends"_s);
    };
    QTRY_VERIFY_WITH_TIMEOUT(kept(), 30000);
    ::kill(pid_t(app.processId()), SIGKILL);
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
