// SPDX-License-Identifier: GPL-3.0-or-later
// OutputView for those who read by ear, and who select by keys.
#include <desktop/output/OutputView.h>

#include <QKeyEvent>
#include <QScrollBar>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

namespace {
constexpr qsizetype LongestAnnouncement = 2000; // of a flood nobody wants to hear all
}

// What a screen reader is told of: the newest, so that it costs the same whatever has been written.
qsizetype OutputView::firstSpokenLine() const
{
    qsizetype chars = 0;
    qsizetype line = m_document.lineCount();
    while (line > 0 && chars < SpokenChars)
        chars += m_document.line(--line).text.size() + 1;
    return line;
}

int OutputView::offsetOf(const Place &place) const
{
    qsizetype offset = 0;
    const qsizetype last = std::min<qsizetype>(qsizetype(place.line - m_document.dropped()), m_document.lineCount());
    for (qsizetype line = firstSpokenLine(); line < last; ++line)
        offset += m_document.line(line).text.size() + 1;
    return int(offset + place.column);
}

OutputView::Place OutputView::placeOf(int offset) const
{
    qsizetype left = offset;
    for (qsizetype line = firstSpokenLine(); line < m_document.lineCount(); ++line) {
        const qsizetype size = m_document.line(line).text.size();
        if (left <= size)
            return {m_document.dropped() + line, left};
        left -= size + 1;
    }
    const qsizetype last = std::max<qsizetype>(0, m_document.lineCount() - 1);
    return {m_document.dropped() + last, m_document.lineCount() > 0 ? m_document.line(last).text.size() : 0};
}

SpokenText OutputView::spoken()
{
    SpokenText spoken;
    spoken.text = [this] {
        QString text;
        for (qsizetype line = firstSpokenLine(); line < m_document.lineCount(); ++line) {
            text += m_document.line(line).text;
            if (line + 1 < m_document.lineCount())
                text += u'\n';
        }
        return text;
    };
    spoken.cursor = [this] { return offsetOf(m_cursor); };
    spoken.selection = [this] {
        const auto [from, to] = std::minmax(m_anchor, m_cursor);
        return std::pair(offsetOf(from), offsetOf(to));
    };
    spoken.select = [this](int begin, int end) {
        m_anchor = placeOf(begin);
        m_cursor = placeOf(end);
        reveal(m_cursor);
    };
    spoken.rectangle = [this](int offset) {
        const Place place = placeOf(offset);
        const qsizetype index = qsizetype(place.line - m_document.dropped());
        if (index >= m_document.lineCount())
            return QRect();
        const int y = int(index - verticalScrollBar()->value()) * m_lineHeight;
        const qreal x = widthOf(m_document.line(index).text, place.column) - horizontalScrollBar()->value();
        return QRect(int(x), y, int(m_charWidth), m_lineHeight);
    };
    return spoken;
}

void OutputView::announce(const QByteArray &utf8)
{
    if (!QAccessible::isActive() || !isVisible())
        return;
    const QString text = QString::fromUtf8(utf8.right(LongestAnnouncement));
    const qsizetype last = std::max<qsizetype>(0, m_document.lineCount() - 1);
    const Place end{m_document.dropped() + last, m_document.lineCount() > 0 ? m_document.line(last).text.size() : 0};
    QAccessibleTextInsertEvent event(this, std::max(0, offsetOf(end) - int(text.size())), text);
    QAccessible::updateAccessibility(&event);
}

// Shift with a key moves the end of what is selected; what was never selected in begins at the top of what is in sight.
void OutputView::moveCursor(QKeyEvent *event)
{
    const qsizetype count = m_document.lineCount();
    if (count == 0)
        return;
    const qint64 top = m_document.dropped() + verticalScrollBar()->value();
    if (m_anchor == m_cursor && m_cursor == Place())
        m_anchor = m_cursor = {top, 0};
    const int page = std::max(1, verticalScrollBar()->pageStep() - 1);
    qsizetype line = std::clamp<qsizetype>(qsizetype(m_cursor.line - m_document.dropped()), 0, count - 1);
    qsizetype column = m_cursor.column;
    const bool whole = event->modifiers() & Qt::ControlModifier;
    switch (event->key()) {
    case Qt::Key_Left:
        --column;
        break;
    case Qt::Key_Right:
        ++column;
        break;
    case Qt::Key_Up:
        --line;
        break;
    case Qt::Key_Down:
        ++line;
        break;
    case Qt::Key_PageUp:
        line -= page;
        break;
    case Qt::Key_PageDown:
        line += page;
        break;
    case Qt::Key_Home:
        line = whole ? 0 : line;
        column = 0;
        break;
    case Qt::Key_End:
        line = whole ? count - 1 : line;
        column = m_document.line(line).text.size();
        break;
    default:
        QAbstractScrollArea::keyPressEvent(event);
        return;
    }
    if (column < 0 && line > 0)
        column = m_document.line(--line).text.size();
    else if (event->key() == Qt::Key_Right && line + 1 < count && column > m_document.line(line).text.size()) {
        ++line;
        column = 0;
    }
    line = std::clamp<qsizetype>(line, 0, count - 1);
    m_cursor = {m_document.dropped() + line, std::clamp<qsizetype>(column, 0, m_document.line(line).text.size())};
    reveal(m_cursor);
}

} // namespace isol8::desktop
