// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/output/OutputView.h>

#include <desktop/output/TerminalColours.h>

#include <QClipboard>
#include <QContextMenuEvent>
#include <QFontDatabase>
#include <QFontMetricsF>
#include <QGuiApplication>
#include <QMenu>
#include <QPainter>
#include <QScrollBar>

#include <algorithm>
#include <cmath>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

namespace {

constexpr int OutputMargin = 6;

QColor colour(int value, bool dark)
{
    return value >= 0x1000000 ? QColor(QRgb(value & 0xffffff)) : terminalColour(value, dark);
}

bool isAscii(QStringView text)
{
    return std::all_of(text.begin(), text.end(), [](QChar c) { return c.unicode() < 0x80; });
}

} // namespace

OutputView::OutputView(QWidget *parent)
    : QAbstractScrollArea(parent)
{
    installAccessibleTexts(); // before anything of it is told to a screen reader
    QFont font = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    setFont(font);
    setFocusPolicy(Qt::StrongFocus);
    viewport()->setCursor(Qt::IBeamCursor);
    viewport()->setBackgroundRole(QPalette::Base);
    setAccessibleName(tr("Output"));
    setAccessibleDescription(tr("What the program has written; stderr is red"));
    updateMetrics();
}

void OutputView::append(OutputKind kind, const QByteArray &utf8)
{
    const bool follow = isAtEnd();
    m_document.append(kind, utf8);
    changed();
    if (follow)
        verticalScrollBar()->setValue(verticalScrollBar()->maximum());
    announce(utf8);
}

void OutputView::note(const QString &sentence)
{
    const bool follow = isAtEnd();
    m_document.note(sentence);
    changed();
    if (follow)
        verticalScrollBar()->setValue(verticalScrollBar()->maximum());
    announce(sentence.toUtf8());
}

void OutputView::clear()
{
    m_document.clear();
    m_anchor = m_cursor = {};
    m_droppedBefore = 0;
    changed();
}

void OutputView::changed()
{
    // Who reads further up goes on reading the same lines while the top is dropped.
    const qint64 gone = m_document.dropped() - std::exchange(m_droppedBefore, m_document.dropped());
    const int value = verticalScrollBar()->value();
    updateBars();
    if (gone > 0)
        verticalScrollBar()->setValue(int(std::max<qint64>(0, value - gone)));
    viewport()->update();
}

void OutputView::updateMetrics()
{
    const QFontMetricsF metrics(font());
    m_lineHeight = std::max(1, int(std::ceil(metrics.lineSpacing())));
    m_charWidth = std::max(1.0, metrics.horizontalAdvance(u'0'));
    m_dark = isDark(palette());
    updateBars();
}

void OutputView::updateBars()
{
    const int page = std::max(1, (viewport()->height() - 2 * OutputMargin) / m_lineHeight);
    // The last, empty line behind a newline needs no room.
    const qsizetype last = m_document.lineCount() - 1;
    const qsizetype shown = last >= 0 && m_document.line(last).text.isEmpty() ? last : last + 1;
    verticalScrollBar()->setPageStep(page);
    verticalScrollBar()->setRange(0, int(std::max<qsizetype>(0, shown - page)));
    const int width = int(qreal(m_document.longest()) * m_charWidth) + 2 * OutputMargin;
    horizontalScrollBar()->setPageStep(viewport()->width());
    horizontalScrollBar()->setSingleStep(int(m_charWidth));
    horizontalScrollBar()->setRange(0, std::max(0, width - viewport()->width()));
}

bool OutputView::isAtEnd() const
{
    return verticalScrollBar()->value() >= verticalScrollBar()->maximum();
}

qreal OutputView::widthOf(const QString &text, qsizetype columns) const
{
    const QStringView part = QStringView(text).left(columns);
    if (isAscii(part))
        return qreal(part.size()) * m_charWidth;
    return QFontMetricsF(font()).horizontalAdvance(part.toString());
}

void OutputView::paintEvent(QPaintEvent *)
{
    QPainter painter(viewport());
    const int first = verticalScrollBar()->value();
    const int count = viewport()->height() / m_lineHeight + 2;
    for (int i = 0; i < count && first + i < m_document.lineCount(); ++i)
        paintLine(&painter, m_document.line(first + i), m_document.dropped() + first + i,
                  OutputMargin + i * m_lineHeight);
}

void OutputView::paintLine(QPainter *painter, const OutputLine &line, qint64 number, int y) const
{
    const qreal left = OutputMargin - horizontalScrollBar()->value();
    const auto [from, to] = std::minmax(m_anchor, m_cursor);
    if (from != to && number >= from.line && number <= to.line) {
        const qreal begin = number == from.line ? widthOf(line.text, from.column) : 0;
        const qreal end =
            number == to.line ? widthOf(line.text, to.column) : widthOf(line.text, line.text.size()) + m_charWidth;
        QColor ground = palette().color(QPalette::Highlight);
        ground.setAlpha(110);
        painter->fillRect(QRectF(left + begin, y, end - begin, m_lineHeight), ground);
    }
    QFont styled = font();
    for (qsizetype i = 0; i < line.spans.size(); ++i) {
        const StyleSpan &span = line.spans.at(i);
        const qsizetype stop = i + 1 < line.spans.size() ? line.spans.at(i + 1).start : line.text.size();
        QString part = line.text.mid(span.start, stop - span.start);
        qreal x = left + widthOf(line.text, span.start);
        // Of a long line only what is in sight.
        const auto hidden = qsizetype(std::max(0.0, -x / m_charWidth));
        if (hidden > 200 && isAscii(part)) {
            part = part.mid(hidden);
            x += qreal(hidden) * m_charWidth;
        }
        part.truncate(qsizetype(viewport()->width() / m_charWidth) + 300);
        if (x > viewport()->width())
            break;
        QColor ink = span.style.foreground >= 0            ? colour(span.style.foreground, m_dark)
                     : span.style.kind == OutputKind::Err  ? errorColour(m_dark)
                     : span.style.kind == OutputKind::Note ? noteColour(m_dark)
                                                           : palette().color(QPalette::Text);
        QColor ground = span.style.background >= 0 ? colour(span.style.background, m_dark) : QColor();
        if (span.style.inverse) {
            const QColor base = ground.isValid() ? ground : palette().color(QPalette::Base);
            ground = ink;
            ink = base;
        }
        styled.setBold(span.style.bold);
        styled.setItalic(span.style.italic || span.style.kind == OutputKind::Note);
        styled.setUnderline(span.style.underline);
        painter->setFont(styled);
        if (ground.isValid())
            painter->fillRect(QRectF(x, y, widthOf(part, part.size()), m_lineHeight), ground);
        painter->setPen(ink);
        painter->drawText(QPointF(x, y + QFontMetricsF(font()).ascent()), part);
    }
}

OutputView::Place OutputView::placeAt(const QPoint &point) const
{
    const qsizetype index =
        std::clamp<qsizetype>(verticalScrollBar()->value() + (point.y() - OutputMargin) / m_lineHeight, 0,
                              std::max<qsizetype>(0, m_document.lineCount() - 1));
    Place place{m_document.dropped() + index, 0};
    if (index >= m_document.lineCount())
        return place;
    const QString &text = m_document.line(index).text;
    const qreal x = point.x() - OutputMargin + horizontalScrollBar()->value();
    qsizetype low = 0;
    qsizetype high = text.size();
    while (low < high) {
        const qsizetype middle = (low + high) / 2;
        if (widthOf(text, middle + 1) - m_charWidth / 2 <= x)
            low = middle + 1;
        else
            high = middle;
    }
    place.column = low;
    return place;
}

QString OutputView::selectedText() const
{
    const auto [from, to] = std::minmax(m_anchor, m_cursor);
    QString text;
    for (qint64 number = std::max(from.line, m_document.dropped()); from != to && number <= to.line; ++number) {
        const qsizetype index = qsizetype(number - m_document.dropped());
        if (index >= m_document.lineCount())
            break;
        const QString &line = m_document.line(index).text;
        const qsizetype begin = number == from.line ? from.column : 0;
        const qsizetype end = number == to.line ? to.column : line.size();
        text += QStringView(line).mid(begin, end - begin);
        if (number < to.line)
            text += u'\n';
    }
    return text;
}

void OutputView::copy() const
{
    const QString text = selectedText();
    QGuiApplication::clipboard()->setText(text.isEmpty() ? m_document.text() : text);
}

void OutputView::selectAll()
{
    m_anchor = {m_document.dropped(), 0};
    const qsizetype last = std::max<qsizetype>(0, m_document.lineCount() - 1);
    m_cursor = {m_document.dropped() + last, m_document.lineCount() ? m_document.line(last).text.size() : 0};
    viewport()->update();
}

bool OutputView::find(const QString &text, bool backwards)
{
    const qsizetype count = m_document.lineCount();
    if (text.isEmpty() || count == 0)
        return false;
    const auto [from, to] = std::minmax(m_anchor, m_cursor);
    const Place start = backwards ? from : to;
    qsizetype index = std::clamp<qsizetype>(qsizetype(start.line - m_document.dropped()), 0, count - 1);
    qsizetype column = start.column;
    for (qsizetype looked = 0; looked <= count; ++looked) {
        const QString &line = m_document.line(index).text;
        const qsizetype at =
            backwards
                ? (column > 0 || looked > 0 ? line.lastIndexOf(text, looked > 0 ? -1 : column - 1, Qt::CaseInsensitive)
                                            : -1)
                : line.indexOf(text, column, Qt::CaseInsensitive);
        if (at >= 0) {
            m_anchor = {m_document.dropped() + index, at};
            m_cursor = {m_anchor.line, at + text.size()};
            reveal(m_anchor);
            return true;
        }
        index = (index + (backwards ? count - 1 : 1)) % count;
        column = 0;
    }
    return false;
}

void OutputView::reveal(const Place &place)
{
    const int line = int(place.line - m_document.dropped());
    const int top = verticalScrollBar()->value();
    if (line < top || line >= top + verticalScrollBar()->pageStep())
        verticalScrollBar()->setValue(std::max(0, line - verticalScrollBar()->pageStep() / 2));
    const int x = int(qreal(place.column) * m_charWidth);
    if (x < horizontalScrollBar()->value() || x > horizontalScrollBar()->value() + viewport()->width() - 80)
        horizontalScrollBar()->setValue(std::max(0, x - viewport()->width() / 2));
    viewport()->update();
}

void OutputView::resizeEvent(QResizeEvent *event)
{
    const bool follow = isAtEnd();
    QAbstractScrollArea::resizeEvent(event);
    updateBars();
    if (follow)
        verticalScrollBar()->setValue(verticalScrollBar()->maximum());
}

void OutputView::changeEvent(QEvent *event)
{
    QAbstractScrollArea::changeEvent(event);
    if (event->type() == QEvent::FontChange || event->type() == QEvent::PaletteChange)
        updateMetrics();
}

void OutputView::keyPressEvent(QKeyEvent *event)
{
    if (event->matches(QKeySequence::Copy)) {
        copy();
    } else if (event->matches(QKeySequence::SelectAll)) {
        selectAll();
    } else if (event->modifiers() & Qt::ShiftModifier) {
        moveCursor(event);
    } else if (event->key() == Qt::Key_Home || event->key() == Qt::Key_End) {
        verticalScrollBar()->setValue(event->key() == Qt::Key_Home ? 0 : verticalScrollBar()->maximum());
    } else {
        QAbstractScrollArea::keyPressEvent(event);
    }
}

void OutputView::mousePressEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton)
        return;
    m_cursor = placeAt(event->pos());
    if (!(event->modifiers() & Qt::ShiftModifier))
        m_anchor = m_cursor;
    viewport()->update();
}

void OutputView::mouseMoveEvent(QMouseEvent *event)
{
    if (!(event->buttons() & Qt::LeftButton))
        return;
    m_cursor = placeAt(event->pos());
    if (event->pos().y() < 0)
        verticalScrollBar()->triggerAction(QAbstractSlider::SliderSingleStepSub);
    else if (event->pos().y() > viewport()->height())
        verticalScrollBar()->triggerAction(QAbstractSlider::SliderSingleStepAdd);
    viewport()->update();
}

void OutputView::mouseDoubleClickEvent(QMouseEvent *event)
{
    const Place place = placeAt(event->pos());
    const qsizetype index = qsizetype(place.line - m_document.dropped());
    if (index >= m_document.lineCount())
        return;
    const QString &line = m_document.line(index).text;
    const auto isWord = [&](qsizetype i) { return line.at(i).isLetterOrNumber() || line.at(i) == u'_'; };
    qsizetype begin = std::min(place.column, line.size());
    qsizetype end = begin;
    while (begin > 0 && isWord(begin - 1))
        --begin;
    while (end < line.size() && isWord(end))
        ++end;
    m_anchor = {place.line, begin};
    m_cursor = {place.line, end};
    viewport()->update();
}

void OutputView::contextMenuEvent(QContextMenuEvent *event)
{
    auto *menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->addAction(tr("Copy"), this, &OutputView::copy)->setEnabled(m_document.chars() > 0);
    menu->addAction(tr("Select all"), this, &OutputView::selectAll);
    menu->popup(event->globalPos());
}

} // namespace isol8::desktop
