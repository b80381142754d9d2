// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAccessibleTextInterface>
#include <QAccessibleWidget>

#include <functional>

namespace isol8::desktop {

//! What a view that paints its text itself has to say to a screen reader.
struct SpokenText
{
    std::function<QString()> text;
    std::function<int()> cursor;                    //!< an offset in it
    std::function<std::pair<int, int>()> selection; //!< begin and end; the same: none
    std::function<void(int begin, int end)> select; //!< and show
    std::function<QRect(int offset)> rectangle;     //!< of a character, in the widget's own coordinates
};

//! The accessible face of such a view: a terminal with a text in it.
class AccessibleText : public QAccessibleWidget, public QAccessibleTextInterface
{
public:
    AccessibleText(QWidget *widget, SpokenText spoken);

    void *interface_cast(QAccessible::InterfaceType type) override;
    [[nodiscard]] QAccessible::State state() const override;

    void selection(int index, int *begin, int *end) const override;
    [[nodiscard]] int selectionCount() const override;
    void addSelection(int begin, int end) override;
    void removeSelection(int index) override;
    void setSelection(int index, int begin, int end) override;
    [[nodiscard]] int cursorPosition() const override;
    void setCursorPosition(int position) override;
    [[nodiscard]] QString text(int begin, int end) const override;
    [[nodiscard]] int characterCount() const override;
    [[nodiscard]] QRect characterRect(int offset) const override;
    [[nodiscard]] int offsetAtPoint(const QPoint &point) const override;
    void scrollToSubstring(int begin, int end) override;
    [[nodiscard]] QString attributes(int offset, int *begin, int *end) const override;

private:
    SpokenText m_spoken;
};

//! Makes the faces of OutputView and TerminalView known to Qt; once is enough, more does no harm.
void installAccessibleTexts();

} // namespace isol8::desktop
