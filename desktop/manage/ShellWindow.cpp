// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/manage/ShellWindow.h>

#include <desktop/core/Texts.h>
#include <desktop/output/TerminalView.h>
#include <desktop/run/RunController.h>

#include <QKeySequence>
#include <QLabel>
#include <QShortcut>
#include <QVBoxLayout>

namespace isol8::desktop {

ShellWindow::ShellWindow(RunController *shell, const QString &title, QWidget *parent)
    : QWidget(parent, Qt::Window)
    , m_terminal(new TerminalView(this))
    , m_status(new QLabel(tr("Opening the shell…"), this))
{
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(title);
    resize(820, 520);
    shell->setParent(this);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(0);
    m_terminal->setFrameShape(QFrame::NoFrame);
    layout->addWidget(m_terminal, 1);
    m_status->setContentsMargins(8, 4, 8, 4);
    m_status->setTextFormat(Qt::PlainText);
    m_status->setWordWrap(true);
    m_status->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_status->setAccessibleName(tr("How the shell goes"));
    layout->addWidget(m_status);
    connect(m_terminal, &TerminalView::typed, shell, &RunController::sendInput);
    connect(m_terminal, &TerminalView::sizeChanged, shell, &RunController::resizeTerminal);
    connect(shell, &RunController::output, m_terminal,
            [this](OutputKind, const QByteArray &bytes) { m_terminal->write(bytes); });
    connect(shell, &RunController::progressed, m_status, &QLabel::setText);
    connect(shell, &RunController::programStarted, this, [this, shell] {
        m_status->setText(tr("Ctrl-D ends the shell. Ctrl-Shift-C copies, Ctrl-Shift-V pastes."));
        shell->resizeTerminal(m_terminal->terminalSize().width(), m_terminal->terminalSize().height());
    });
    connect(shell, &RunController::ended, this, [this](const RunResult &result) {
        m_terminal->setActive(false);
        m_status->setText(result.error.isEmpty() ? tr("The shell has ended.") : result.error);
    });
    // A key that a terminal has no use for.
    connect(new QShortcut(QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_W), this), &QShortcut::activated, this,
            &QWidget::close);
    m_terminal->setActive(true);
    m_terminal->setFocus();
}

} // namespace isol8::desktop
