// SPDX-License-Identifier: GPL-3.0-or-later
// isol8-desktop-screenshots FOLDER [LANGUAGE [light|dark [WIDTHxHEIGHT]]]: a picture of every page, to be looked at.
// Needs Docker and the images of python and bash; resources/desktop/screenshots.sh takes them all.
#include "desktop/DesktopFixture.h"

#include <desktop/app/Appearance.h>
#include <desktop/app/CommandPalette.h>

#include <QApplication>
#include <QComboBox>
#include <QTabWidget>

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

} // namespace

int main(int argc, char **argv)
{
    QApplication application(argc, argv);
    QApplication::setApplicationVersion(u"" ISOL8_VERSION ""_s);
    const QStringList arguments = QApplication::arguments();
    const QString folder = arguments.value(1, u"."_s);
    const QString language = arguments.value(2, u"en"_s);
    const QString colours = arguments.value(3, u"light"_s);
    const QStringList size = arguments.value(4, u"1024x700"_s).split(u'x');
    installTranslations(language);
    App app;
    app->actions()->action(u"view.dark"_s)->setChecked(colours == "dark"_L1);
    setDarkColours(colours == "dark"_L1);
    app->window()->resize(size.value(0).toInt(), size.value(1).toInt());
    const auto shoot = [&](const QString &name) {
        QTest::qWait(300);
        app->window()->grab().save(folder + u'/' + name + u'-' + language + u'-' + colours + u'-' + size.join(u'x') +
                                   u".png"_s);
    };
    Program program;
    program.request.runtime = u"python"_s;
    program.request.code = demo();
    app->runView()->setProgram(program);
    if (!app.run())
        return 1;
    shoot(u"run"_s);
    auto *tabs = app.child<QTabWidget>(u"runTabs"_s);
    for (int i = 2; i < tabs->count(); ++i) {
        tabs->setCurrentIndex(i);
        shoot(u"run-tab%1"_s.arg(i));
    }
    program.request.runtime = u"bash"_s;
    program.request.code = "echo waiting; sleep 60";
    program.options.sessionId = u"shown"_s;
    Program quick = program;
    quick.request.code = "echo kept > notes.txt; exit 3";
    app->runView()->setProgram(quick);
    (void)app.run();
    app->runView()->setProgram(program);
    app.trigger(u"run.run"_s);
    for (const QString &page :
         {u"sandboxes"_s, u"history"_s, u"images"_s, u"connections"_s, u"settings"_s, u"checkup"_s}) {
        app->window()->showPage(u"view."_s + page);
        QTest::qWait(page == "sandboxes"_L1 ? 3000 : 1200);
        shoot(page);
    }
    app->controller()->stop();
    QTest::qWait(500);
    app->window()->showPage(u"view.run"_s);
    app.trigger(u"app.palette"_s);
    QTest::qWait(200);
    if (auto *palette = app.child<CommandPalette>())
        palette->grab().save(folder + u"/palette-"_s + language + u'-' + colours + u".png"_s);
    app.close();
    return 0;
}
