// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

QT_BEGIN_NAMESPACE
class QLabel;
QT_END_NAMESPACE

namespace isol8::desktop {

class RunController;
class TerminalView;

//! A shell in a sandbox, in a window of its own. Closing it ends the shell; it deletes itself then.
class ShellWindow : public QWidget
{
    Q_OBJECT

public:
    //! \a shell: one that was just started; it becomes the window's child.
    ShellWindow(RunController *shell, const QString &title, QWidget *parent);

    [[nodiscard]] TerminalView *terminal() const { return m_terminal; }

private:
    TerminalView *m_terminal;
    QLabel *m_status;
};

} // namespace isol8::desktop
