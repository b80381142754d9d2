// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/run/ResultsPane.h>

#include <desktop/core/Texts.h>
#include <desktop/run/Rehearsal.h>

#include <QLabel>
#include <QTextBrowser>
#include <QVBoxLayout>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

namespace {

constexpr int MaxValues = 200;
constexpr qint64 MaxPixels = 60'000'000;    // of all pictures together
constexpr qsizetype MaxAllText = 1'000'000; // of all texts and tables
// What all of a run's values may take to be drawn, while the window waits.
constexpr milliseconds DrawingTime{3000};

RichValue sourceOf(const RichValue &value, qsizetype most)
{
    return {RichValue::Kind::Text, {}, texts::clipped(QString::fromUtf8(value.content), most).toUtf8()};
}

} // namespace

ResultsPane::ResultsPane(QWidget *parent)
    : QScrollArea(parent)
    , m_layout(nullptr)
    , m_rehearsal(new Rehearsal(this))
{
    setWidgetResizable(true);
    setAccessibleName(tr("Results"));
    auto *inner = new QWidget(this);
    m_layout = new QVBoxLayout(inner);
    m_layout->addStretch();
    setWidget(inner);
    connect(m_rehearsal, &Rehearsal::tried, this, &ResultsPane::tried);
}

void ResultsPane::add(const QJsonObject &value)
{
    if (m_count >= MaxValues)
        return;
    const QJsonValue at = value.value(u"stdoutAt"_s);
    const bool plain = value.value(u"type"_s).toString() == "text/plain"_L1;
    if (plain && at.isDouble() && at == m_richAt)
        return;
    m_richAt = plain ? QJsonValue() : at;
    ++m_count;
    RichValue rich = RichValue::of(value);
    if (rich.kind != RichValue::Kind::Picture) {
        const qsizetype room = MaxAllText - m_text;
        m_text += std::min(room, rich.content.size());
        if (rich.content.size() > room)
            rich = sourceOf(rich, room);
    }
    if (rich.kind == RichValue::Kind::Text && m_waiting.empty())
        return draw(rich);
    m_rehearsal->ask(rich);
    m_waiting.push_back(std::move(rich));
}

void ResultsPane::tried(bool drawable, milliseconds took)
{
    const RichValue value = std::move(m_waiting.front());
    m_waiting.pop_front();
    m_drawn += took;
    if (value.kind == RichValue::Kind::Text || (drawable && m_drawn <= DrawingTime))
        draw(value);
    else if (value.kind == RichValue::Kind::Html)
        draw(sourceOf(value, value.content.size()));
    else
        draw({RichValue::Kind::Text, {}, tr("A picture that cannot be shown.").toUtf8()});
}

void ResultsPane::draw(const RichValue &value)
{
    QWidget *widget = nullptr;
    if (value.kind == RichValue::Kind::Picture) {
        const QImage image = m_pixels < MaxPixels ? pictureOf(value) : QImage();
        m_pixels += qint64(image.width()) * image.height();
        if (image.isNull())
            return draw({RichValue::Kind::Text, {}, tr("A picture that cannot be read.").toUtf8()});
        auto *label = new QLabel(this);
        label->setPixmap(QPixmap::fromImage(image));
        label->setAccessibleName(tr("Picture, %1 by %2").arg(image.width()).arg(image.height()));
        widget = label;
    } else {
        widget = browserOf(value, this);
        widget->setAccessibleName(value.kind == RichValue::Kind::Html ? tr("Table") : tr("Value"));
    }
    m_layout->insertWidget(m_layout->count() - 1, widget);
    Q_EMIT drawn();
}

void ResultsPane::clear()
{
    while (m_layout->count() > 1) {
        QLayoutItem *item = m_layout->takeAt(0);
        delete item->widget();
        delete item;
    }
    m_rehearsal->forget();
    m_waiting.clear();
    m_drawn = {};
    m_pixels = 0;
    m_text = 0;
    m_count = 0;
    m_richAt = {};
}

} // namespace isol8::desktop
