// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/output/AccessibleText.h>

#include <desktop/output/OutputView.h>
#include <desktop/output/TerminalView.h>

#include <algorithm>

namespace isol8::desktop {

namespace {

QAccessibleInterface *accessibleOf(const QString &, QObject *object)
{
    if (auto *output = qobject_cast<OutputView *>(object))
        return new AccessibleText(output, output->spoken());
    if (auto *terminal = qobject_cast<TerminalView *>(object))
        return new AccessibleText(terminal, terminal->spoken());
    return nullptr;
}

} // namespace

void installAccessibleTexts()
{
    static const bool once = [] {
        QAccessible::installFactory(accessibleOf);
        return true;
    }();
    (void)once;
}

AccessibleText::AccessibleText(QWidget *widget, SpokenText spoken)
    : QAccessibleWidget(widget, QAccessible::Terminal)
    , m_spoken(std::move(spoken))
{
}

void *AccessibleText::interface_cast(QAccessible::InterfaceType type)
{
    if (type == QAccessible::TextInterface)
        return static_cast<QAccessibleTextInterface *>(this);
    return QAccessibleWidget::interface_cast(type);
}

QAccessible::State AccessibleText::state() const
{
    QAccessible::State state = QAccessibleWidget::state();
    state.readOnly = true;
    state.multiLine = true;
    state.selectableText = true;
    return state;
}

void AccessibleText::selection(int index, int *begin, int *end) const
{
    const auto chosen = index == 0 ? m_spoken.selection() : std::pair(0, 0);
    *begin = chosen.first;
    *end = chosen.second;
}

int AccessibleText::selectionCount() const
{
    const auto chosen = m_spoken.selection();
    return chosen.first == chosen.second ? 0 : 1;
}

void AccessibleText::addSelection(int begin, int end)
{
    m_spoken.select(begin, end);
}

void AccessibleText::removeSelection(int index)
{
    if (index == 0)
        m_spoken.select(cursorPosition(), cursorPosition());
}

void AccessibleText::setSelection(int index, int begin, int end)
{
    if (index == 0)
        m_spoken.select(begin, end);
}

int AccessibleText::cursorPosition() const
{
    return m_spoken.cursor();
}

void AccessibleText::setCursorPosition(int position)
{
    m_spoken.select(position, position);
}

QString AccessibleText::text(int begin, int end) const
{
    const QString all = m_spoken.text();
    const int from = std::clamp(begin, 0, int(all.size()));
    const int to = end < 0 ? int(all.size()) : std::clamp(end, from, int(all.size()));
    return all.mid(from, to - from);
}

int AccessibleText::characterCount() const
{
    return int(m_spoken.text().size());
}

QRect AccessibleText::characterRect(int offset) const
{
    const QRect inside = m_spoken.rectangle(offset);
    return inside.isNull() ? QRect() : QRect(widget()->mapToGlobal(inside.topLeft()), inside.size());
}

int AccessibleText::offsetAtPoint(const QPoint &) const
{
    return -1; // it is not asked for by what reads line by line
}

void AccessibleText::scrollToSubstring(int begin, int)
{
    m_spoken.select(begin, begin);
}

QString AccessibleText::attributes(int, int *begin, int *end) const
{
    *begin = 0;
    *end = characterCount();
    return {};
}

} // namespace isol8::desktop
