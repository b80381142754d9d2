// SPDX-License-Identifier: GPL-3.0-or-later
// isol8-desktop-screenshots FOLDER [LANGUAGE [SIZES [COLOURS]]]: a picture of every page and dialog, to be looked at.
// SIZES: "1024x700,1920x1080"; COLOURS: "light,dark". Needs Docker and the images of python and bash;
// resources/desktop/screenshots.sh takes them all.
#include "desktop/DesktopFixture.h"

#include <desktop/app/Appearance.h>
#include <desktop/run/FilesPane.h>
#include <desktop/run/NetworkBar.h>
#include <desktop/run/SideBySide.h>

#include <QApplication>
#include <QComboBox>
#include <QPushButton>
#include <QTabWidget>
#include <QTableView>
#include <QTreeView>

using namespace isol8;
using namespace isol8::desktop;
using namespace desktoptest;

namespace {

QByteArray demo()
{
    return R"(import math, os, sys

class Table:
    def _repr_html_(self):
        rows = "".join(f"<tr><td>{n}</td><td>{n * n}</td><td>{math.sqrt(n):.3f}</td></tr>" for n in range(1, 9))
        return f"<table border=1 cellpadding=4><tr><th>n</th><th>n²</th><th>√n</th></tr>{rows}</table>"

print("I am user", os.getuid(), "in", os.getcwd())
for i in range(1, 7):
    print(f"\033[3{i}mcolour {i}\033[0m  \033[1;3{i}mbold\033[0m  \033[7;3{i}m inverse \033[0m")
print("this goes to stderr", file=sys.stderr)
total = sum(i * i for i in range(4_000_000))
with open("report.csv", "w") as out:
    out.write("n,square\n" + "\n".join(f"{n},{n * n}" for n in range(50)))
print("the sum is", total)
Table()
)";
}

class Photographer
{
public:
    Photographer(const App &app, QString folder, QString language, QStringList sizes, QStringList colours)
        : m_app(app)
        , m_folder(std::move(folder))
        , m_language(std::move(language))
        , m_sizes(std::move(sizes))
        , m_colours(std::move(colours))
    {
    }

    void window(const QString &name) const
    {
        for (const QString &colours : m_colours) {
            setColours(colours);
            for (const QString &size : m_sizes) {
                m_app->window()->resize(size.section(u'x', 0, 0).toInt(), size.section(u'x', 1).toInt());
                QTest::qWait(150);
                save(m_app->window(), name + u'-' + m_language + u'-' + colours + u'-' + size);
            }
        }
    }

    //! Whatever other windows are open; they are closed.
    void dialogs(const QString &name) const
    {
        QTest::qWait(300);
        for (QWidget *widget : QApplication::topLevelWidgets()) {
            if (!widget->isVisible() || widget == m_app->window())
                continue;
            for (const QString &colours : m_colours) {
                setColours(colours);
                QTest::qWait(100);
                save(widget, name + u'-' + m_language + u'-' + colours);
            }
            widget->close();
        }
        QTest::qWait(50);
    }

private:
    void setColours(const QString &colours) const
    {
        setDarkColours(colours == "dark"_L1);
        QTest::qWait(50);
    }
    void save(QWidget *widget, const QString &name) const { widget->grab().save(m_folder + u'/' + name + u".png"_s); }

    const App &m_app;
    QString m_folder;
    QString m_language;
    QStringList m_sizes;
    QStringList m_colours;
};

//! The button of \a page with that icon's place among its buttons.
void press(const QWidget *page, const QString &name)
{
    if (auto *button = page->findChild<QPushButton *>(name))
        button->click();
}

} // namespace

int main(int argc, char **argv)
{
    QApplication application(argc, argv);
    QApplication::setApplicationVersion(u"" ISOL8_VERSION ""_s);
    const QStringList arguments = QApplication::arguments();
    const QString language = arguments.value(2, u"en"_s);
    installTranslations(language);
    App app;
    const Photographer shoot(app, arguments.value(1, u"."_s), language, arguments.value(3, u"1024x700"_s).split(u','),
                             arguments.value(4, u"light"_s).split(u','));
    app->actions()->action(u"view.dark"_s)->setChecked(false);
    app->window()->showPage(u"view.checkup"_s);
    QTest::qWait(1500);
    shoot.window(u"checkup"_s);

    Program program;
    program.request.runtime = u"python"_s;
    program.request.code = demo();
    app->runView()->setProgram(program);
    app->window()->showPage(u"view.run"_s);
    if (!app.run())
        return 1;
    QTest::qWait(300);
    shoot.window(u"run"_s);
    auto *tabs = app.child<QTabWidget>(u"runTabs"_s);
    for (int i = 2; i < tabs->count(); ++i) {
        tabs->setCurrentIndex(i);
        if (auto *tree = tabs->currentWidget()->findChild<QTreeView *>())
            tree->setCurrentIndex(tree->model()->index(0, 0, tree->model()->index(0, 0)));
        shoot.window(u"run-tab%1"_s.arg(i));
    }
    tabs->setCurrentIndex(0);
    app.child<NetworkBar>()->ask({u"api.example.com"_s, 443, {}});
    app.trigger(u"edit.find"_s);
    shoot.window(u"run-bars"_s);
    app.child<NetworkBar>()->clear();
    app.trigger(u"app.palette"_s);
    shoot.dialogs(u"palette"_s);
    app.trigger(u"app.about"_s);
    shoot.dialogs(u"about"_s);
    app.trigger(u"run.all"_s);
    if (auto *several = app.child<SideBySide>()) {
        several->start();
        (void)QTest::qWaitFor([&] { return !several->isRunning(); }, 30000);
    }
    shoot.dialogs(u"several"_s);

    program.request.runtime = u"bash"_s;
    program.options.sessionId = u"shown"_s;
    program.request.code = "echo kept > notes.txt; exit 3";
    app->runView()->setProgram(program);
    (void)app.run();
    app->window()->showPage(u"view.sandboxes"_s);
    auto *sandboxes = app.child<QTableView>(u"sandboxTable"_s);
    (void)QTest::qWaitFor([&] { return sandboxes->model()->rowCount() > 0; }, 20000);
    for (int row = 0; row < sandboxes->model()->rowCount(); ++row) {
        if (sandboxes->model()->index(row, 0).data().toString() == "shown"_L1)
            sandboxes->setCurrentIndex(sandboxes->model()->index(row, 0));
    }
    QWidget *page = app->window()->page(u"view.sandboxes"_s);
    press(page, u"sandboxFiles"_s);
    QTest::qWait(2500);
    shoot.window(u"sandboxes"_s);
    press(page, u"sandboxShell"_s);
    QTest::qWait(1500);
    shoot.dialogs(u"shell"_s);
    press(page, u"sandboxLog"_s);
    shoot.dialogs(u"log"_s);
    for (QAction *action : page->findChildren<QAction *>()) {
        if (action->objectName() == "saveSnapshot"_L1) {
            action->trigger();
            shoot.dialogs(u"snapshot"_s);
        } else if (action->objectName() == "showSnapshots"_L1) {
            action->trigger();
            QTest::qWait(500);
            shoot.dialogs(u"snapshots"_s);
        }
    }
    app->window()->showPage(u"view.history"_s);
    if (auto *history = app.child<QTableView>(u"historyTable"_s)) {
        history->selectRow(1);
        shoot.window(u"history"_s);
    }
    app->window()->showPage(u"view.images"_s);
    QTest::qWait(800);
    shoot.window(u"images"_s);
    press(app->window()->page(u"view.images"_s), u"buildImage"_s);
    shoot.dialogs(u"build"_s);
    ConnectionSpec spec{u"far"_s, u"Far away"_s, ConnectionSpec::Kind::Service, QUrl(u"http://127.0.0.1:9"_s)};
    app->hub()->saveService(spec, "isol8_key", {});
    app->window()->showPage(u"view.connections"_s);
    QTest::qWait(1500);
    shoot.window(u"connections"_s);
    press(app->window()->page(u"view.connections"_s), u"addService"_s);
    shoot.dialogs(u"service"_s);
    app->window()->showPage(u"view.settings"_s);
    shoot.window(u"settings"_s);
    program.connection = u"far"_s;
    app->runView()->setProgram(program);
    app->window()->showPage(u"view.run"_s);
    shoot.window(u"problem"_s);
    app.close();
    return 0;
}
