// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <desktop/output/AccessibleText.h>
#include <desktop/output/TerminalScreen.h>

#include <QAbstractScrollArea>

namespace isol8::desktop {

//! A terminal: what the program shows, and keys for it. Ctrl-Shift-C copies what the mouse has selected, or all;
//! Ctrl-Shift-V pastes; Ctrl-Tab leaves it.
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
    [[nodiscard]] QString selectedText() const;
    //! For AccessibleText: what is on the screen.
    [[nodiscard]] SpokenText spoken();

Q_SIGNALS:
    void typed(const QByteArray &bytes);
    void sizeChanged(int columns, int rows);

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    bool event(QEvent *event) override;
    bool focusNextPrevChild(bool) override { return false; }

private:
    //! A row, counted from the oldest that has scrolled off, and a column.
    using Place = std::pair<qsizetype, int>;
    void updateSize();
    [[nodiscard]] Place placeAt(const QPoint &point) const;

    TerminalScreen m_screen;
    int m_lineHeight = 1;
    qreal m_charWidth = 1;
    Place m_anchor;
    Place m_mark;
    bool m_active = false;
};

} // namespace isol8::desktop
