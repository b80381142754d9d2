// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <desktop/core/EngineHub.h>
#include <desktop/core/Program.h>
#include <desktop/core/Texts.h>
#include <desktop/run/NetworkBar.h>

#include <QElapsedTimer>
#include <QObject>
#include <QSettings>
#include <QTimer>

#include <memory>

QT_BEGIN_NAMESPACE
class QSystemTrayIcon;
QT_END_NAMESPACE

namespace isol8::desktop {

class ActionRegistry;
class HistoryStore;
class MainWindow;
class RunController;
class RunView;

struct DesktopOptions
{
    QString dataFolder;   //!< history, connections, keys; empty: dataDirectory()/desktop
    QString configFolder; //!< the app's own settings; empty: the system's usual place
    QString configPath;   //!< the configuration of isol8; empty: found as the command finds it
    EngineFactory factory = makeEngine;
    KeyStore::Place keys = KeyStore::Place::KeychainFirst;
    bool lookForBackground = true;
    bool tray = true;
};

/*!
    The app put together: its window, its models and who speaks to whom. Files to be opened come by open().
*/
class Desktop : public QObject
{
    Q_OBJECT

public:
    explicit Desktop(DesktopOptions options, QObject *parent = nullptr);
    ~Desktop() override;

    void show();
    //! A `.isol8` document or a script into the Run view.
    void open(const QString &path);

    [[nodiscard]] MainWindow *window() const { return m_window.get(); }
    [[nodiscard]] RunView *runView() const { return m_runView; }
    [[nodiscard]] RunController *controller() const { return m_controller; }
    [[nodiscard]] HistoryStore *history() const { return m_history; }
    [[nodiscard]] EngineHub *hub() const { return m_hub; }
    [[nodiscard]] ActionRegistry *actions() const { return m_actions; }

private:
    void loadConfiguration();
    void applyConfiguration();
    void makePages();
    void connectActions();
    void connectRun();
    void restoreState();
    void saveState();
    void setProgram(const Program &program);
    void keepReplaced(const Program &next);
    void showName(const QString &path, bool modified);
    [[nodiscard]] bool isUnsaved(const Program &program) const;
    void goBack();
    void runProgram(const Program &program);
    void newProgram();
    void save(bool as);
    void saveTo(const QString &path);
    void saveDraft();
    void showConnections();
    void showProblem();
    void updateRecent(const QString &path = {});
    void copyAs(const QString &form);
    void answerHost(const QString &host, NetworkBar::Answer answer);
    void ended(const RunResult &result);
    void closing(QCloseEvent *event);
    void quit();
    void setDark(bool dark);
    void makeTray();
    void raiseWindow();
    void updateTray();
    void runOnSeveral();

    DesktopOptions m_options;
    std::unique_ptr<QSettings> m_settings;
    Config m_config;
    QString m_configPath;
    QString m_configProblem;
    RuntimeRegistry m_registry;
    ActionRegistry *m_actions;
    KeyStore *m_keys;
    EngineHub *m_hub;
    HistoryStore *m_history;
    RunController *m_controller;
    std::unique_ptr<MainWindow> m_window;
    RunView *m_runView;
    QSystemTrayIcon *m_tray = nullptr;
    QTimer m_draftTimer;
    QElapsedTimer m_runTime;
    texts::Advice m_runProblem; //!< why the last run could not be
    bool m_configWaits = false;
    bool m_closing = false;
};

} // namespace isol8::desktop
