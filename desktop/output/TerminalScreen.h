// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QColor>
#include <QList>
#include <QPoint>
#include <QSize>
#include <QString>

#include <deque>
#include <functional>
#include <memory>

namespace isol8::desktop {

//! A character of a terminal's screen as it is painted.
struct TerminalCell
{
    QString text;      //!< empty: a space, or the second half of a wide one
    QColor foreground; //!< invalid: the view's own
    QColor background; //!< invalid: the view's own
    int width = 1;
    bool bold = false;
    bool italic = false;
    bool underline = false;
    bool inverse = false;
};

using TerminalRow = QList<TerminalCell>;

/*!
    A terminal's screen with what has scrolled off it, kept by libvterm. Bytes of the program go in; what keys send
   comes out by \c send.
*/
class TerminalScreen
{
public:
    TerminalScreen();
    ~TerminalScreen();

    std::function<void(const QByteArray &)> send; //!< bytes for the program

    void write(const QByteArray &bytes);
    void resize(QSize size); //!< columns, rows
    void reset();
    //! Qt::Key and what it types. False: it means nothing to a terminal.
    bool key(int key, Qt::KeyboardModifiers modifiers, const QString &text);
    void paste(const QString &text);

    [[nodiscard]] QSize size() const { return m_size; }
    [[nodiscard]] QPoint cursor() const { return m_cursor; }
    [[nodiscard]] bool cursorVisible() const { return m_cursorVisible; }
    [[nodiscard]] qsizetype scrolledOff() const { return qsizetype(m_history.size()); }
    //! Counted from the oldest that has scrolled off.
    [[nodiscard]] TerminalRow row(qsizetype index, bool dark) const;
    [[nodiscard]] QString text() const;
    //! What is on the screen: its lines, each as wide as the screen, with a newline behind it.
    [[nodiscard]] QString screenText() const;

    static constexpr size_t MaxHistory = 5000;

private:
    class Private;
    std::deque<TerminalRow> m_history;
    QSize m_size{80, 24};
    QPoint m_cursor;
    bool m_cursorVisible = true;
    std::unique_ptr<Private> d; //!< made last: it begins with what is above
};

} // namespace isol8::desktop
