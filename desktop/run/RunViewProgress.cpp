// SPDX-License-Identifier: GPL-3.0-or-later
// The Run view while a program runs, and what is shown of its end.
#include <desktop/run/RunView.h>

#include <desktop/core/Texts.h>
#include <desktop/output/OutputView.h>
#include <desktop/output/TerminalView.h>
#include <desktop/run/FilesPane.h>
#include <desktop/run/OptionsPanel.h>
#include <desktop/run/ResultsPane.h>
#include <desktop/run/UsageChart.h>

#include <QJsonArray>
#include <QLineEdit>
#include <QTabWidget>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

void RunView::connectController()
{
    connect(m_controller, &RunController::begun, this, &RunView::begin);
    connect(m_controller, &RunController::progressed, this, [this](const QString &sentence) { say(sentence); });
    connect(m_controller, &RunController::programStarted, this, [this] {
        m_usage->begin();
        m_since.start();
        m_tick.start();
        updateElapsed();
        // What the window measured meanwhile, the program does not know yet.
        m_controller->resizeTerminal(m_terminal->terminalSize().width(), m_terminal->terminalSize().height());
    });
    connect(m_controller, &RunController::output, this, [this](OutputKind kind, const QByteArray &bytes) {
        if (m_controller->program().options.pty)
            m_terminal->write(bytes);
        else
            m_output->append(kind, bytes);
    });
    connect(m_controller, &RunController::usageSampled, m_usage, &UsageChart::add);
    connect(m_controller, &RunController::displayed, m_results, &ResultsPane::add);
    connect(m_controller, &RunController::hostRefused, m_networkBar, &NetworkBar::ask);
    connect(m_controller, &RunController::filesFound, this, &RunView::showFiles);
    connect(m_controller, &RunController::ended, this, &RunView::end);
    connect(m_terminal, &TerminalView::typed, m_controller, &RunController::sendInput);
    connect(m_terminal, &TerminalView::sizeChanged, m_controller, &RunController::resizeTerminal);
}

void RunView::begin()
{
    const Program &program = m_controller->program();
    m_output->clear();
    m_terminal->reset();
    m_results->clear();
    m_files->setFiles({});
    m_networkBar->clear();
    m_tabs->setTabVisible(m_tabs->indexOf(m_terminal), program.options.pty);
    m_tabs->setCurrentWidget(program.options.pty ? static_cast<QWidget *>(m_terminal) : m_output);
    m_tabs->setTabText(m_tabs->indexOf(m_results), tr("Results"));
    m_tabs->setTabText(m_tabs->indexOf(m_files), tr("Files"));
    m_terminal->setActive(program.options.pty);
    m_inputRow->setVisible(program.request.interactiveStdin && !program.options.pty);
    if (program.options.pty)
        m_terminal->setFocus();
    else if (program.request.interactiveStdin)
        m_input->setFocus();
    say(tr("Starting…"));
}

void RunView::updateElapsed()
{
    say(tr("Running, %1").arg(texts::duration(m_since.elapsed() / 100 * 100)));
}

void RunView::end(const RunResult &result)
{
    m_tick.stop();
    m_usage->end(result);
    if (!result.sessionId.isEmpty() && result.reason != Reason::Internal &&
        !m_controller->program().options.snapshot.isEmpty())
        m_options->clearSnapshot();
    m_inputRow->hide();
    m_terminal->setActive(false);
    // Values of a plain run come with its end.
    if (m_results->count() == 0) {
        for (const QJsonValue &value : result.results)
            m_results->add(value.toObject());
    }
    if (m_results->count() > 0) {
        m_tabs->setTabText(m_tabs->indexOf(m_results), tr("Results (%1)").arg(m_results->count()));
        if (m_output->document().chars() == 0)
            m_tabs->setCurrentWidget(m_results);
    }
    // A service may end a run by itself: its key's time is used up, or is over.
    const bool askedForIt =
        result.reason == Reason::Cancelled && (result.errorCode.isEmpty() || result.errorCode == errors::Cancelled);
    if (!result.error.isEmpty() && !m_controller->program().options.pty && !askedForIt)
        m_output->note(result.error);
    QString line = texts::summary(result);
    if (result.reason != Reason::Internal && result.reason != Reason::SetupFailed)
        line += u", "_s + texts::megabytes(result.resourceUsage.peakMemoryMB);
    if (result.truncated)
        line += u". "_s + tr("Output past the limit was dropped");
    if (!result.limited.isEmpty())
        line += u". "_s + tr("Lowered to the configured limit: %1").arg(result.limited.join(u", "_s));
    if (result.reason == Reason::Internal && !result.error.isEmpty())
        line += u": "_s + result.error;
    say(line, result.reason != Reason::Completed || result.exitCode != 0);
}

void RunView::showFiles(const QList<SandboxFile> &files)
{
    m_files->setFiles(files);
    if (m_files->changedCount() > 0)
        m_tabs->setTabText(m_tabs->indexOf(m_files), tr("Files (%1)").arg(m_files->changedCount()));
}

void RunView::sendLine()
{
    const QString line = m_input->text();
    m_input->clear();
    m_controller->sendInput(line.toUtf8() + '\n');
}

} // namespace isol8::desktop
