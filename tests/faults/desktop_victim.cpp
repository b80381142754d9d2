// SPDX-License-Identifier: GPL-3.0-or-later
/*
    isol8-desktop-victim FOLDER: the desktop app, its own files in that folder, as a person who does one thing alone
    would use it: each line on stdin is a bash program that is typed into the editor and run. Prints "ready" first, and
   for each run a line "REASON EXITCODE OUTPUT", the output percent-encoded.
*/
#include <desktop/app/ActionRegistry.h>
#include <desktop/app/Desktop.h>
#include <desktop/app/MainWindow.h>
#include <desktop/output/OutputView.h>
#include <desktop/run/CodeEditor.h>
#include <desktop/run/RunController.h>
#include <desktop/run/RunView.h>

#include <QAction>
#include <QApplication>
#include <QDir>
#include <QSocketNotifier>

#include <csignal>
#include <cstdio>

#include <unistd.h>

using namespace Qt::StringLiterals;
using namespace isol8::desktop;

namespace {

void start(Desktop *desktop, const QByteArray &code)
{
    desktop->runView()->clearOutput();
    Program program;
    program.request.runtime = u"bash"_s;
    desktop->runView()->setProgram(program);
    auto *editor = desktop->window()->findChild<CodeEditor *>();
    editor->setText(QString::fromUtf8(code));
    Q_EMIT editor->edited();
    desktop->actions()->action(u"run.run"_s)->trigger();
}

void tell(Desktop *desktop)
{
    const isol8::RunResult &result = desktop->controller()->result();
    const QString output = desktop->window()->findChild<OutputView *>()->document().text();
    std::printf("%s %d %s\n", qPrintable(isol8::toString(result.reason)), result.exitCode,
                output.toUtf8().toPercentEncoding().constData());
    std::fflush(stdout);
}

} // namespace

int main(int argc, char **argv)
{
    std::signal(SIGPIPE, SIG_IGN);
    const QApplication application(argc, argv);
    QApplication::setApplicationName(u"isol8-desktop-victim"_s);
    QApplication::setQuitOnLastWindowClosed(false);
    if (argc != 2)
        return 2;
    const QDir folder(QString::fromLocal8Bit(argv[1]));
    DesktopOptions options;
    options.dataFolder = options.configFolder = folder.path();
    options.configPath = folder.filePath(u"config.json"_s);
    options.keys = KeyStore::Place::FileOnly;
    options.lookForBackground = false;
    options.tray = false;
    Desktop desktop(options);
    desktop.show();
    QObject::connect(desktop.controller(), &RunController::ended, &desktop, [&desktop] { tell(&desktop); });
    QByteArray input;
    QSocketNotifier notifier(STDIN_FILENO, QSocketNotifier::Read);
    QObject::connect(&notifier, &QSocketNotifier::activated, &desktop, [&] {
        char chunk[4096];
        const ssize_t n = ::read(STDIN_FILENO, chunk, sizeof chunk);
        if (n <= 0)
            return QApplication::quit();
        input.append(chunk, n);
        for (qsizetype end = input.indexOf('\n'); end >= 0; end = input.indexOf('\n')) {
            start(&desktop, input.left(end));
            input.remove(0, end + 1);
        }
    });
    std::puts("ready");
    std::fflush(stdout);
    return QApplication::exec();
}
