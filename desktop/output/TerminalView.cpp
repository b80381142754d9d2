// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/output/TerminalView.h>

#include <desktop/output/TerminalColours.h>

#include <QClipboard>
#include <QFontDatabase>
#include <QFontMetricsF>
#include <QGuiApplication>
#include <QKeyEvent>
#include <QPainter>
#include <QScrollBar>

#include <algorithm>
#include <cmath>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

namespace {
constexpr int TerminalMargin = 4;
}

TerminalView::TerminalView(QWidget *parent)
    : QAbstractScrollArea(parent)
{
    installAccessibleTexts(); // before anything of it is told to a screen reader
    setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    setFocusPolicy(Qt::StrongFocus);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setAccessibleName(tr("Terminal"));
    setAccessibleDescription(tr("Keys go to the program; Ctrl-Tab leaves it"));
    m_lineHeight = std::max(1, int(std::ceil(QFontMetricsF(font()).lineSpacing())));
    m_charWidth = std::max(1.0, QFontMetricsF(font()).horizontalAdvance(u'0'));
    m_screen.send = [this](const QByteArray &bytes) {
        if (m_active)
            Q_EMIT typed(bytes);
    };
}

void TerminalView::write(const QByteArray &bytes)
{
    const bool atEnd = verticalScrollBar()->value() == verticalScrollBar()->maximum();
    m_screen.write(bytes);
    verticalScrollBar()->setRange(0, int(m_screen.scrolledOff()));
    if (atEnd)
        verticalScrollBar()->setValue(verticalScrollBar()->maximum());
    viewport()->update();
    if (QAccessible::isActive() && isVisible()) {
        QAccessibleTextCursorEvent moved(this, spoken().cursor());
        QAccessible::updateAccessibility(&moved);
    }
}

SpokenText TerminalView::spoken()
{
    SpokenText spoken;
    spoken.text = [this] { return m_screen.screenText(); };
    // Lines of the screen are of one width, with a newline behind each.
    spoken.cursor = [this] { return m_screen.cursor().y() * (m_screen.size().width() + 1) + m_screen.cursor().x(); };
    spoken.selection = [cursor = spoken.cursor] { return std::pair(cursor(), cursor()); };
    spoken.select = [](int, int) {};
    spoken.rectangle = [this](int offset) {
        const int columns = m_screen.size().width() + 1;
        return QRect(TerminalMargin + int(offset % columns * m_charWidth),
                     TerminalMargin + offset / columns * m_lineHeight, int(m_charWidth), m_lineHeight);
    };
    return spoken;
}

void TerminalView::reset()
{
    m_screen.reset();
    m_anchor = m_mark = {};
    verticalScrollBar()->setRange(0, 0);
    viewport()->update();
}

void TerminalView::setActive(bool active)
{
    m_active = active;
    viewport()->update();
}

void TerminalView::paintEvent(QPaintEvent *)
{
    QPainter painter(viewport());
    const bool dark = isDark(palette());
    const QColor ink = palette().color(QPalette::Text);
    const QColor paper = palette().color(QPalette::Base);
    const qreal ascent = QFontMetricsF(font()).ascent();
    const int top = verticalScrollBar()->value();
    const auto [from, to] = std::minmax(m_anchor, m_mark);
    QFont styled = font();
    for (int y = 0; y < m_screen.size().height(); ++y) {
        const TerminalRow row = m_screen.row(top + y, dark);
        qreal x = TerminalMargin;
        for (const TerminalCell &cell : row) {
            QColor front = cell.foreground.isValid() ? cell.foreground : ink;
            QColor back = cell.background.isValid() ? cell.background : paper;
            const bool isCursor = m_active && m_screen.cursorVisible() &&
                                  top + y - m_screen.scrolledOff() == m_screen.cursor().y() &&
                                  &cell - row.constData() == m_screen.cursor().x();
            if (cell.inverse != isCursor)
                std::swap(front, back);
            const Place at(top + y, int(&cell - row.constData()));
            if (from != to && at >= from && at < to) {
                front = palette().color(QPalette::HighlightedText);
                back = palette().color(QPalette::Highlight);
            }
            const QRectF place(x, TerminalMargin + y * m_lineHeight, m_charWidth * cell.width, m_lineHeight);
            if (back != paper)
                painter.fillRect(place, back);
            if (!cell.text.isEmpty()) {
                styled.setBold(cell.bold);
                styled.setItalic(cell.italic);
                styled.setUnderline(cell.underline);
                painter.setFont(styled);
                painter.setPen(front);
                painter.drawText(QPointF(x, place.y() + ascent), cell.text);
            }
            x += m_charWidth;
        }
    }
}

void TerminalView::resizeEvent(QResizeEvent *event)
{
    QAbstractScrollArea::resizeEvent(event);
    updateSize();
}

void TerminalView::updateSize()
{
    const QSize size(int((viewport()->width() - 2 * TerminalMargin) / m_charWidth),
                     (viewport()->height() - 2 * TerminalMargin) / m_lineHeight);
    if (size == m_screen.size() || size.width() < 2 || size.height() < 1)
        return;
    m_screen.resize(size);
    verticalScrollBar()->setRange(0, int(m_screen.scrolledOff()));
    verticalScrollBar()->setPageStep(size.height());
    Q_EMIT sizeChanged(size.width(), size.height());
}

TerminalView::Place TerminalView::placeAt(const QPoint &point) const
{
    const int row = std::clamp((point.y() - TerminalMargin) / m_lineHeight, 0, m_screen.size().height() - 1);
    const int column = std::clamp(int((point.x() - TerminalMargin) / m_charWidth + 0.5), 0, m_screen.size().width());
    return {verticalScrollBar()->value() + row, column};
}

QString TerminalView::selectedText() const
{
    const auto [from, to] = std::minmax(m_anchor, m_mark);
    QStringList lines;
    for (qsizetype row = from.first; from != to && row <= to.first; ++row) {
        if (row >= m_screen.scrolledOff() + m_screen.size().height())
            break;
        const TerminalRow cells = m_screen.row(row, false);
        const qsizetype begin = row == from.first ? from.second : 0;
        const qsizetype end = row == to.first ? std::min<qsizetype>(to.second, cells.size()) : cells.size();
        QString line;
        for (qsizetype column = begin; column < end; ++column) {
            const bool secondHalf = column > 0 && cells.at(column - 1).width > 1;
            line += cells.at(column).text.isEmpty() ? (secondHalf ? QString() : u" "_s) : cells.at(column).text;
        }
        while (line.endsWith(u' '))
            line.chop(1);
        lines.append(line);
    }
    return lines.join(u'\n');
}

void TerminalView::mousePressEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton)
        return;
    m_mark = placeAt(event->pos());
    if (!(event->modifiers() & Qt::ShiftModifier))
        m_anchor = m_mark;
    viewport()->update();
}

void TerminalView::mouseMoveEvent(QMouseEvent *event)
{
    if (!(event->buttons() & Qt::LeftButton))
        return;
    m_mark = placeAt(event->pos());
    viewport()->update();
}

bool TerminalView::event(QEvent *event)
{
    // What is a key of the program is no shortcut of the window.
    if (event->type() == QEvent::ShortcutOverride && m_active) {
        const auto *key = static_cast<QKeyEvent *>(event);
        const bool ours = key->modifiers() == (Qt::ControlModifier | Qt::ShiftModifier) ||
                          (key->key() == Qt::Key_Tab && (key->modifiers() & Qt::ControlModifier));
        if (!ours)
            event->accept();
        return !ours;
    }
    return QAbstractScrollArea::event(event);
}

void TerminalView::keyPressEvent(QKeyEvent *event)
{
    const bool both = event->modifiers() == (Qt::ControlModifier | Qt::ShiftModifier);
    if (both && event->key() == Qt::Key_C) {
        const QString chosen = selectedText();
        QGuiApplication::clipboard()->setText(chosen.isEmpty() ? m_screen.text() : chosen);
        return;
    }
    if (both && event->key() == Qt::Key_V) {
        m_screen.paste(QGuiApplication::clipboard()->text());
        return;
    }
    if (event->key() == Qt::Key_Tab && (event->modifiers() & Qt::ControlModifier)) {
        QAbstractScrollArea::focusNextPrevChild(!(event->modifiers() & Qt::ShiftModifier));
        return;
    }
    m_anchor = m_mark = {};
    verticalScrollBar()->setValue(verticalScrollBar()->maximum());
    if (!m_active || !m_screen.key(event->key(), event->modifiers(), event->text()))
        QAbstractScrollArea::keyPressEvent(event);
}

} // namespace isol8::desktop
