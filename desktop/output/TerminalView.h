// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <desktop/output/TerminalScreen.h>

#include <QAbstractScrollArea>

namespace isol8::desktop {

//! A terminal: what the program shows, and keys for it. Ctrl-Shift-C and -V copy and paste; Ctrl-Tab leaves it.
class TerminalView : public QAbstractScrollArea
{
    Q_OBJECT

public:
    explicit TerminalView(QWidget *parent = nullptr);

    void write(const QByteArray &bytes);
    void reset();
    void setActive(bool active);
    [[nodiscard]] QSize terminalSize() const { return m_screen.size(); }
    [[nodiscard]] QString text() const { return m_screen.text(); }

Q_SIGNALS:
    void typed(const QByteArray &bytes);
    void sizeChanged(int columns, int rows);

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    bool event(QEvent *event) override;
    bool focusNextPrevChild(bool) override { return false; }

private:
    void updateSize();

    TerminalScreen m_screen;
    int m_lineHeight = 1;
    qreal m_charWidth = 1;
    bool m_active = false;
};

} // namespace isol8::desktop
