// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/run/UsageChart.h>

#include <desktop/core/Texts.h>
#include <desktop/output/TerminalColours.h>

#include <QChart>
#include <QChartView>
#include <QEvent>
#include <QLabel>
#include <QLineSeries>
#include <QVBoxLayout>
#include <QValueAxis>

#include <algorithm>
#include <cmath>

namespace isol8::desktop {

namespace {
constexpr int MaxPoints = 600;
}

UsageChart::UsageChart(QWidget *parent)
    : QWidget(parent)
    , m_chart(new QChart)
    , m_view(new QChartView(m_chart, this))
    , m_cpu(new QLineSeries(m_chart))
    , m_memory(new QLineSeries(m_chart))
    , m_time(new QValueAxis(m_chart))
    , m_cpuAxis(new QValueAxis(m_chart))
    , m_memoryAxis(new QValueAxis(m_chart))
    , m_text(new QLabel(this))
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(6, 6, 6, 6);
    layout->addWidget(m_text);
    layout->addWidget(m_view, 1);
    m_text->setWordWrap(true);
    m_text->setTextFormat(Qt::PlainText);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_text->setAccessibleName(tr("CPU and memory in numbers"));
    m_view->setAccessibleName(tr("CPU and memory over time"));
    m_view->setRenderHint(QPainter::Antialiasing);
    m_view->setMinimumHeight(80);
    m_cpu->setName(tr("CPU, %"));
    m_memory->setName(tr("Memory, MB"));
    m_chart->addSeries(m_cpu);
    m_chart->addSeries(m_memory);
    m_chart->addAxis(m_time, Qt::AlignBottom);
    m_chart->addAxis(m_cpuAxis, Qt::AlignLeft);
    m_chart->addAxis(m_memoryAxis, Qt::AlignRight);
    for (QLineSeries *series : {m_cpu, m_memory})
        series->attachAxis(m_time);
    m_cpu->attachAxis(m_cpuAxis);
    m_memory->attachAxis(m_memoryAxis);
    m_time->setLabelFormat(QStringLiteral("%.1f s"));
    m_cpuAxis->setLabelFormat(QStringLiteral("%.0f %%"));
    m_memoryAxis->setLabelFormat(QStringLiteral("%.0f MB"));
    for (QValueAxis *axis : {m_cpuAxis, m_memoryAxis})
        axis->setTickCount(3);
    m_chart->setMargins({0, 0, 0, 0});
    m_chart->legend()->setAlignment(Qt::AlignTop);
    begin();
    applyColours();
}

void UsageChart::begin()
{
    m_cpu->clear();
    m_memory->clear();
    m_lastCpuMs = 0;
    m_lastSecond = 0;
    m_since.start();
    m_text->setText(tr("No run yet."));
    m_time->setRange(0, 1);
    m_cpuAxis->setRange(0, 100);
    m_memoryAxis->setRange(0, 10);
}

void UsageChart::add(const ResourceUsage &usage)
{
    const double now = double(m_since.elapsed()) / 1000;
    if (now - m_lastSecond < 0.02)
        return;
    const double cpu = double(usage.cpuMs - m_lastCpuMs) / (now - m_lastSecond) / 10;
    m_lastCpuMs = usage.cpuMs;
    m_lastSecond = now;
    point(now, std::max(0.0, cpu), usage.memoryMB);
}

void UsageChart::point(double seconds, double cpu, double memory)
{
    if (m_cpu->count() > MaxPoints) {
        m_cpu->remove(0);
        m_memory->remove(0);
    }
    m_cpu->append(seconds, cpu);
    m_memory->append(seconds, memory);
    m_time->setRange(m_cpu->at(0).x(), std::max(0.1, seconds));
    // Round numbers at the marks.
    const auto roundUp = [](double value, double step) { return std::ceil(value / step) * step; };
    m_cpuAxis->setMax(std::max(m_cpuAxis->max(), roundUp(cpu, 50)));
    m_memoryAxis->setMax(std::max(m_memoryAxis->max(), roundUp(memory * 1.1, memory < 100 ? 10 : 100)));
    m_time->setLabelFormat(seconds < 1 ? QStringLiteral("%.2f s") : QStringLiteral("%.1f s"));
}

void UsageChart::end(const RunResult &result)
{
    const ResourceUsage &usage = result.resourceUsage;
    if (m_cpu->count() < 2) {
        const double seconds = std::max(0.001, double(result.durationMs) / 1000);
        m_cpu->clear();
        m_memory->clear();
        point(0, usage.cpuPercent, usage.peakMemoryMB);
        point(seconds, usage.cpuPercent, usage.peakMemoryMB);
    }
    m_text->setText(tr("CPU time %1, at most %2 of memory; %3 received, %4 sent; waited %5, set up in %6")
                        .arg(texts::duration(usage.cpuMs), texts::megabytes(usage.peakMemoryMB),
                             texts::bytes(usage.networkBytesIn), texts::bytes(usage.networkBytesOut),
                             texts::duration(result.queuedMs), texts::duration(result.setupMs)));
}

void UsageChart::applyColours()
{
    const QPalette colours = palette();
    const bool dark = isDark(colours);
    const QColor ink = colours.color(QPalette::Text);
    m_chart->setBackgroundBrush(colours.color(QPalette::Base));
    m_chart->setBackgroundRoundness(0);
    m_chart->legend()->setLabelColor(ink);
    m_view->setBackgroundBrush(colours.color(QPalette::Base));
    m_cpu->setPen(QPen(terminalColour(4, dark), 2));
    m_memory->setPen(QPen(terminalColour(5, dark), 2));
    QColor grid = ink;
    grid.setAlpha(40);
    for (QValueAxis *axis : {m_time, m_cpuAxis, m_memoryAxis}) {
        axis->setLabelsColor(ink);
        axis->setGridLineColor(grid);
        axis->setLinePenColor(grid);
    }
}

void UsageChart::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        applyColours();
}

} // namespace isol8::desktop
