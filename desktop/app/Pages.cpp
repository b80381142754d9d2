// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/app/Pages.h>

#include <desktop/app/MainWindow.h>
#include <desktop/history/HistoryView.h>
#include <desktop/history/RunLog.h>
#include <desktop/manage/CheckUp.h>
#include <desktop/manage/ConnectionView.h>
#include <desktop/manage/ImageView.h>
#include <desktop/manage/SandboxController.h>
#include <desktop/manage/SandboxView.h>
#include <desktop/manage/SettingsView.h>

#include <isol8/config/Config.h>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

namespace {

Program greeting()
{
    Program program;
    program.request.runtime = u"python"_s;
    program.request.code = "import os\n\nprint(\"Hello from a sandbox, where I am user\", os.getuid())\n";
    return program;
}

Program continued(const SandboxRow &row)
{
    Program program;
    program.request.runtime = row.runtime;
    program.connection = row.connection;
    program.options.sessionId = row.session;
    return program;
}

Program begunFrom(const SnapshotRow &row)
{
    Program program;
    program.request.runtime = row.info.runtime;
    program.connection = row.connection;
    program.options.snapshot = row.info.name;
    // A name that no session has yet: there is none that could not begin with it.
    program.options.sessionId = row.info.name.left(50) + QDateTime::currentDateTime().toString(u"-HHmmss"_s);
    return program;
}

} // namespace

void addPages(const Pages &pages, const PageRequests &requests, QObject *context)
{
    MainWindow *window = pages.window;
    auto *sandboxes = new SandboxController(pages.hub, context);
    auto *sandboxView = new SandboxView(sandboxes);
    window->addPage(u"view.sandboxes"_s, sandboxView);
    QObject::connect(sandboxView, &SandboxView::continueRequested, context,
                     [open = requests.openProgram](const SandboxRow &row) { open(continued(row)); });

    QObject::connect(sandboxView, &SandboxView::startRequested, context,
                     [open = requests.openProgram](const SnapshotRow &row) { open(begunFrom(row)); });
    QObject::connect(sandboxView, &SandboxView::logRequested, context, [pages](const SandboxRow &row) {
        const bool here = row.connection == LocalId || row.connection == BackgroundId;
        const QString name = row.session.isEmpty() ? row.container.left(12) : row.session;
        const auto entries = runLog(
            *pages.history, {row.connection, row.session, row.container, here ? pages.auditFolder() : QString()});
        (new RunLogDialog(SandboxView::tr("What ran in %1").arg(name), entries, pages.window))->open();
    });

    auto *history = new HistoryView(pages.history);
    window->addPage(u"view.history"_s, history);
    QObject::connect(history, &HistoryView::openRequested, context, requests.openProgram);
    QObject::connect(history, &HistoryView::runRequested, context, requests.runProgram);

    auto *images = new ImageController(pages.hub, pages.registry, context);
    window->addPage(u"view.images"_s, new ImageView(images));

    auto *connections = new ConnectionController(pages.hub, context);
    window->addPage(u"view.connections"_s, new ConnectionView(connections));

    auto *settings = new SettingsDocument(pages.configPath, context);
    window->addPage(u"view.settings"_s, new SettingsView(settings, configSchema()));
    QObject::connect(settings, &SettingsDocument::saved, context, requests.configurationSaved);

    auto *checkUp = new CheckUp(pages.hub, pages.configPath, context);
    auto *checkView = new CheckUpView(checkUp);
    window->addPage(u"view.checkup"_s, checkView);
    QObject::connect(checkView, &CheckUpView::firstRunRequested, context,
                     [run = requests.runProgram] { run(greeting()); });
    QObject::connect(checkView, &CheckUpView::imagesRequested, context, [window, images] {
        window->showPage(u"view.images"_s);
        images->setPlace(LocalId.toString());
        images->setUp({});
    });
    // What was only connecting when it looked is known now.
    QObject::connect(pages.hub, &EngineHub::stateChanged, checkUp, [checkView, checkUp] {
        if (checkView->isVisible())
            checkUp->start();
    });
}

} // namespace isol8::desktop
