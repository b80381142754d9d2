// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/app/Desktop.h>

#include <desktop/app/ActionRegistry.h>
#include <desktop/app/Appearance.h>
#include <desktop/app/Icons.h>
#include <desktop/app/MainWindow.h>
#include <desktop/app/Pages.h>
#include <desktop/core/Texts.h>
#include <desktop/history/HistoryStore.h>
#include <desktop/run/RunView.h>
#include <isol8/audit/AuditSettings.h>
#include <isol8/base/Paths.h>

#include <QApplication>
#include <QCloseEvent>
#include <QDir>
#include <QFileInfo>
#include <QMenu>
#include <QMessageBox>
#include <QPushButton>
#include <QSystemTrayIcon>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

namespace {

constexpr milliseconds DraftDelay{400};
constexpr qint64 LongRunMs = 10'000;

QString firstProgram()
{
    return u"import sys, os\n\nprint(\"Hello from a sandbox\")\nprint(\"Python\", sys.version.split()[0], \"as user\", "
           u"os.getuid(), \"in\", os.getcwd())\n"_s;
}

} // namespace

Desktop::Desktop(DesktopOptions options, QObject *parent)
    : QObject(parent)
    , m_options(std::move(options))
    , m_registry(RuntimeRegistry::builtIn())
    , m_actions(new ActionRegistry(this))
{
    if (m_options.dataFolder.isEmpty())
        m_options.dataFolder = dataDirectory() + u"/desktop"_s;
    m_settings = m_options.configFolder.isEmpty()
                     ? std::make_unique<QSettings>()
                     : std::make_unique<QSettings>(m_options.configFolder + u"/desktop.ini"_s, QSettings::IniFormat);
    setDarkColours(m_settings->value(u"dark"_s, systemIsDark()).toBool());
    declareActions(m_actions);
    loadConfiguration();
    m_keys = new KeyStore(m_options.dataFolder, m_options.keys, this);
    m_hub =
        new EngineHub({m_config, m_options.dataFolder, m_options.factory, m_options.lookForBackground}, m_keys, this);
    m_history = new HistoryStore(m_options.dataFolder + u"/history.db"_s, this);
    m_controller = new RunController(m_hub, this);
    m_window = std::make_unique<MainWindow>(m_actions);
    makePages();
    connectActions();
    connectRun();
    if (m_options.tray)
        makeTray();
    restoreState();
    updateRecent();
    showConnections();
}

Desktop::~Desktop()
{
    if (m_draftTimer.isActive())
        saveDraft();
    m_window.reset(); // before what it shows
}

void Desktop::show()
{
    m_window->show();
}

void Desktop::loadConfiguration()
{
    const auto loaded = loadConfig(m_options.configPath, QDir::homePath(), QProcessEnvironment::systemEnvironment());
    m_configProblem = loaded ? QString() : loaded.error().message;
    m_config = loaded ? loaded->config : Config();
    m_configPath = loaded && !loaded->path.isEmpty() ? loaded->path
                   : m_options.configPath.isEmpty()  ? QString(userDirectory() + u"/config.json"_s)
                                                     : m_options.configPath;
    if (const auto registry = RuntimeRegistry::builtIn().extendedBy(m_config.runtimes))
        m_registry = *registry;
}

// The engine is made again with what was saved, where nothing is in it that would be lost.
void Desktop::applyConfiguration()
{
    loadConfiguration();
    m_runView->setRuntimes(m_registry.names());
    showConnections();
    m_configWaits = m_hub->running() > 0;
    EngineConnection *local = m_hub->local();
    if (m_configWaits || !local)
        return;
    local->engine()->sessions({}, {this, [this](const Result<QList<SessionInfo>> &sessions) {
                                       if (m_hub->running() > 0 || (sessions && !sessions->isEmpty())) {
                                           m_configWaits = true;
                                           m_runView->say(tr("The settings hold once no program runs and no session "
                                                             "is open: those would be lost."));
                                       } else {
                                           m_hub->setConfig(m_config);
                                       }
                                   }});
}

void Desktop::makePages()
{
    m_runView = new RunView(m_controller, m_actions);
    m_runView->setRuntimes(m_registry.names());
    m_window->addPage(u"view.run"_s, m_runView);
    const auto auditFolder = [this] { return audit::Settings::fromJson(m_config.audit, QDir::currentPath()).folder; };
    addPages({m_window.get(), m_hub, m_history, m_configPath, auditFolder, m_registry},
             {[this](const Program &program) { setProgram(program); },
              [this](const Program &program) { runProgram(program); }, [this] { applyConfiguration(); }},
             this);
    connect(m_hub, &EngineHub::connectionsChanged, this, &Desktop::showConnections);
    connect(m_hub, &EngineHub::stateChanged, this, &Desktop::showConnections);
    connect(m_history, &HistoryStore::problemChanged, this, &Desktop::showProblem);
    connect(m_window.get(), &MainWindow::closing, this, &Desktop::closing);
    connect(m_window.get(), &MainWindow::filesDropped, this, [this](const QStringList &paths) {
        for (const QString &path : paths)
            open(path);
    });
    m_window->showPage(u"view.run"_s);
}

void Desktop::connectRun()
{
    m_draftTimer.setSingleShot(true);
    m_draftTimer.setInterval(DraftDelay);
    connect(&m_draftTimer, &QTimer::timeout, this, &Desktop::saveDraft);
    connect(m_runView, &RunView::edited, &m_draftTimer, qOverload<>(&QTimer::start));
    connect(m_runView, &RunView::edited, this, [this] { m_window->setWindowModified(true); });
    connect(m_runView, &RunView::hostAnswered, this, &Desktop::answerHost);
    connect(m_controller, &RunController::begun, this, [this] {
        m_runTime.start();
        m_actions->action(u"run.run"_s)->setEnabled(false);
        m_actions->action(u"run.stop"_s)->setEnabled(true);
        m_runProblem = {};
        showProblem();
        saveDraft();
    });
    connect(m_hub, &EngineHub::runningChanged, this, &Desktop::updateTray);
    connect(m_runView, &RunView::connectionChosen, this, &Desktop::showProblem);
    connect(m_controller, &RunController::ended, this, &Desktop::ended);
    m_actions->action(u"run.stop"_s)->setEnabled(false);
}

void Desktop::ended(const RunResult &result)
{
    m_actions->action(u"run.run"_s)->setEnabled(true);
    m_actions->action(u"run.stop"_s)->setEnabled(false);
    m_history->add(m_controller->program(), result);
    if (result.reason == Reason::Internal) {
        const texts::Advice advice = texts::advice(result.errorCode, {});
        m_runProblem = advice.page.isEmpty() ? texts::Advice() : advice;
        // Whether it was the connection, and whether it is there again, is to be known at once.
        if (EngineConnection *connection = m_hub->connection(m_runView->connectionId()))
            connection->check();
        showProblem();
    }
    if (m_runTime.elapsed() > LongRunMs && !m_window->isActiveWindow()) {
        if (m_tray)
            m_tray->showMessage(tr("A run has ended"),
                                m_controller->program().title().left(60) + u'\n' + texts::summary(result));
        else
            QApplication::alert(m_window.get());
    }
    if (m_closing)
        quit();
    else if (m_configWaits)
        applyConfiguration();
}

void Desktop::setProgram(const Program &program)
{
    keepReplaced(program);
    m_runView->setProgram(program);
    showName(program.path, false);
    m_window->showPage(u"view.run"_s);
    showProblem();
    saveDraft();
}

// What was written and not saved makes room, and can be had back.
void Desktop::keepReplaced(const Program &next)
{
    const Program now = m_runView->draft();
    if (m_window->isWindowModified() && !now.code().trimmed().isEmpty() && now.code() != next.code()) {
        m_history->keepReplaced(now);
        m_runView->say(tr("The program that was here is not saved; \"Back to the one before\" brings it again."));
    }
    m_actions->action(u"file.back"_s)->setEnabled(m_history->hasReplaced());
}

void Desktop::goBack()
{
    const auto program = m_history->takeReplaced();
    if (!program)
        return;
    setProgram(*program);
    m_window->setWindowModified(true);
}

void Desktop::showName(const QString &path, bool modified)
{
    m_window->setWindowFilePath(path);
    m_window->setWindowTitle(path.isEmpty() ? u"isol8[*]"_s : QString(QFileInfo(path).fileName() + u"[*] – isol8"_s));
    m_window->setWindowModified(modified);
}

bool Desktop::isUnsaved(const Program &program) const
{
    if (program.path.isEmpty())
        return !program.code().trimmed().isEmpty() && program.code() != firstProgram();
    const auto saved = openProgram(program.path, m_registry);
    return !saved || saved->code() != program.code();
}

void Desktop::runProgram(const Program &program)
{
    setProgram(program);
    m_runView->run();
}

void Desktop::open(const QString &path)
{
    // The next start may be in another folder.
    const auto program = openProgram(QFileInfo(path).absoluteFilePath(), m_registry);
    if (!program) {
        m_window->showPage(u"view.run"_s);
        m_runView->say(program.error().message, true);
        return;
    }
    Program opened = *program;
    const QStringList left = closeWalls(&opened);
    setProgram(opened);
    updateRecent(path);
    if (!left.isEmpty())
        m_runView->say(
            tr("Left out of the document, since it would open the sandbox's walls: %1. What you want of it is "
               "yours to choose.")
                .arg(left.join(u", "_s)),
            true);
}

void Desktop::newProgram()
{
    Program program;
    program.request.runtime = u"python"_s;
    if (const auto now = m_runView->program())
        program.request.runtime = now->request.runtime;
    setProgram(program);
}

void Desktop::saveDraft()
{
    m_draftTimer.stop();
    m_history->saveDraft(m_runView->draft());
}

void Desktop::restoreState()
{
    m_window->resize(1100, 760);
    m_window->restoreGeometry(m_settings->value(u"geometry"_s).toByteArray());
    m_runView->restoreLayout(m_settings->value(u"runLayout"_s).toByteArray());
    const bool options = m_settings->value(u"options"_s, true).toBool();
    m_actions->action(u"view.options"_s)->setChecked(options);
    m_runView->setOptionsVisible(options);
    m_actions->action(u"view.dark"_s)->setChecked(m_settings->value(u"dark"_s, systemIsDark()).toBool());
    const auto draft = m_history->draft();
    if (draft) {
        setProgram(*draft);
        m_window->setWindowModified(isUnsaved(*draft));
    } else {
        Program program;
        program.request.runtime = u"python"_s;
        program.request.code = firstProgram().toUtf8();
        setProgram(program);
        m_window->showPage(u"view.checkup"_s);
    }
}

void Desktop::saveState()
{
    m_settings->setValue(u"geometry"_s, m_window->saveGeometry());
    m_settings->setValue(u"runLayout"_s, m_runView->saveLayout());
    m_settings->setValue(u"options"_s, m_runView->optionsVisible());
}

void Desktop::showConnections()
{
    QList<std::pair<QString, QString>> names;
    for (const EngineConnection *connection : m_hub->connections())
        names.append({connection->spec().id, connection->spec().name});
    m_runView->setConnections(names);
    // What was wrong with a connection that answers now is over; an image is not there by that.
    const EngineConnection *chosen = m_hub->connection(m_runView->connectionId());
    if (chosen && chosen->state() == EngineConnection::State::Ready && m_runProblem.page != "view.images"_L1)
        m_runProblem = {};
    showProblem();
}

// Of the configuration, of the connection that is chosen, of the last run, of the history: the first that there is.
void Desktop::showProblem()
{
    const EngineConnection *connection = m_hub->connection(m_runView->connectionId());
    if (!m_configProblem.isEmpty()) {
        m_window->setProblem(m_configProblem, u"view.settings"_s);
    } else if (connection && connection->state() == EngineConnection::State::Failed) {
        const Error &problem = connection->problem();
        const texts::Advice advice = texts::advice(problem.code, problem.message);
        QString sentence = tr("%1: %2 It is tried again by itself.").arg(connection->spec().name, advice.sentence);
        if (advice.sentence != problem.message)
            sentence += u'\n' + problem.message;
        m_window->setProblem(sentence, advice.page.isEmpty() ? u"view.connections"_s : advice.page);
    } else if (!m_runProblem.sentence.isEmpty()) {
        m_window->setProblem(m_runProblem.sentence, m_runProblem.page);
    } else {
        m_window->setProblem(m_history->problem());
    }
}

void Desktop::closing(QCloseEvent *event)
{
    if (m_hub->running() == 0 || m_closing) {
        quit();
        event->ignore(); // it closes when the sandboxes are gone
        return;
    }
    event->ignore();
    raiseWindow(); // who quits by the tray may not see it
    auto *box = new QMessageBox(QMessageBox::Question, tr("Programs are running"),
                                tr("%n program(s) are running. Stop and close isol8?", nullptr, m_hub->running()),
                                QMessageBox::NoButton, m_window.get());
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setObjectName(u"closeQuestion"_s);
    QPushButton *stop = box->addButton(tr("Stop and close"), QMessageBox::AcceptRole);
    box->setDefaultButton(box->addButton(tr("Keep running"), QMessageBox::RejectRole));
    connect(stop, &QPushButton::clicked, this, [this] {
        m_closing = true;
        if (m_controller->isRunning())
            m_controller->stop(); // its end is kept in the history, then the rest is ended
        else
            quit();
    });
    box->open();
}

// The history is written, then the engines take their sandboxes with them.
void Desktop::quit()
{
    if (std::exchange(m_closing, true) && !m_window->isVisible())
        return;
    saveState();
    saveDraft();
    m_window->hide();
    connect(m_hub, &EngineHub::stopped, qApp, &QApplication::quit);
    QTimer::singleShot(5000, qApp, &QApplication::quit); // what does not answer is not waited for; init sees us go
    m_hub->stop();
}

void Desktop::setDark(bool dark)
{
    m_settings->setValue(u"dark"_s, dark);
    setDarkColours(dark);
}

void Desktop::makeTray()
{
    if (!QSystemTrayIcon::isSystemTrayAvailable())
        return;
    m_tray = new QSystemTrayIcon(appIcon(0), this);
    auto *menu = new QMenu(m_window.get());
    menu->addAction(tr("Show isol8"), this, &Desktop::raiseWindow);
    menu->addAction(m_actions->action(u"run.stop"_s));
    menu->addAction(m_actions->action(u"app.quit"_s));
    m_tray->setContextMenu(menu);
    connect(m_tray, &QSystemTrayIcon::messageClicked, this, &Desktop::raiseWindow);
    connect(m_tray, &QSystemTrayIcon::activated, this, [this](QSystemTrayIcon::ActivationReason reason) {
        if (reason == QSystemTrayIcon::Trigger)
            raiseWindow();
    });
    m_tray->show();
    updateTray();
}

void Desktop::raiseWindow()
{
    m_window->setWindowState(m_window->windowState() & ~Qt::WindowMinimized);
    m_window->show();
    m_window->raise();
    m_window->activateWindow();
}

void Desktop::updateTray()
{
    if (!m_tray)
        return;
    m_tray->setIcon(appIcon(m_hub->running()));
    m_tray->setToolTip(tr("isol8: %n program(s) running", nullptr, m_hub->running()));
}

} // namespace isol8::desktop
