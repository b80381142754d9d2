// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <desktop/core/Program.h>
#include <desktop/run/NetworkBar.h>
#include <desktop/run/RunController.h>

#include <QElapsedTimer>
#include <QTimer>
#include <QWidget>

QT_BEGIN_NAMESPACE
class QComboBox;
class QLabel;
class QLineEdit;
class QScrollArea;
class QSplitter;
class QTabWidget;
class QToolButton;
QT_END_NAMESPACE

namespace isol8::desktop {

class ActionRegistry;
class CodeEditor;
class FilesPane;
class FindBar;
class OptionsPanel;
class OutputView;
class ResultsPane;
class TerminalView;
class UsageChart;

//! A program, its options, and what its run brings.
class RunView : public QWidget
{
    Q_OBJECT

public:
    RunView(RunController *controller, ActionRegistry *actions, QWidget *parent = nullptr);

    void setRuntimes(const QStringList &names);
    //! The id of the connection that is chosen.
    [[nodiscard]] QString connectionId() const;
    //! Ids and names, in order.
    void setConnections(const QList<std::pair<QString, QString>> &connections);

    void setProgram(const Program &program);
    //! What is in the view; bad_value where a field cannot be read.
    [[nodiscard]] Result<Program> program() const;
    //! The same for keeping: where a field cannot be read, with the options as they were set.
    [[nodiscard]] Program draft() const;
    //! Where it was saved to.
    void setPath(const QString &path) { m_program.path = path; }
    void setOptionsVisible(bool visible);
    [[nodiscard]] bool optionsVisible() const;

    void run();
    //! The program that ran, with another network; the fields stay as they are.
    void runAgain(const Program &program);
    //! Files of this machine, for the next run.
    void giveFiles(const QStringList &paths);
    void find();
    void saveOutput();
    void copyOutput();
    void clearOutput();
    //! A sentence in the line below the output.
    void say(const QString &sentence, bool isProblem = false);

    [[nodiscard]] QByteArray saveLayout() const;
    void restoreLayout(const QByteArray &layout);

Q_SIGNALS:
    //! By the user, or because there are others.
    void connectionChosen();
    void edited();
    void hostAnswered(const QString &host, isol8::desktop::NetworkBar::Answer answer);

protected:
    void changeEvent(QEvent *event) override;

private:
    QWidget *makeToolRow(ActionRegistry *actions);
    QWidget *makeBottom();
    void connectController();
    [[nodiscard]] Program withoutFields() const;
    void chooseConnection(const QString &id);
    void begin();
    void end(const RunResult &result);
    void showFiles(const QList<SandboxFile> &files);
    void sendLine();
    void search(const QString &text, bool backwards);
    void runtimeChosen();
    void updateElapsed();

    RunController *m_controller;
    Program m_program; //!< as it was set: what the fields do not show stays
    CodeEditor *m_editor;
    OptionsPanel *m_options;
    QScrollArea *m_optionsArea;
    QComboBox *m_runtime;
    QComboBox *m_connection;
    FindBar *m_findBar;
    NetworkBar *m_networkBar;
    QTabWidget *m_tabs;
    OutputView *m_output;
    TerminalView *m_terminal;
    ResultsPane *m_results;
    FilesPane *m_files;
    UsageChart *m_usage;
    QWidget *m_inputRow;
    QLineEdit *m_input;
    QLabel *m_status;
    QSplitter *m_split;
    QSplitter *m_sides;
    QTimer m_tick;
    QElapsedTimer m_since;
    QWidget *m_searched = nullptr;
    bool m_saidProblem = false;
};

} // namespace isol8::desktop
