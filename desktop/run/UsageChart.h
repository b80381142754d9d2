// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/execution/RunResult.h>

#include <QElapsedTimer>
#include <QWidget>

QT_BEGIN_NAMESPACE
class QChart;
class QChartView;
class QLabel;
class QLineSeries;
class QValueAxis;
QT_END_NAMESPACE

namespace isol8::desktop {

//! CPU and memory of a run over its time.
class UsageChart : public QWidget
{
    Q_OBJECT

public:
    explicit UsageChart(QWidget *parent = nullptr);

    void begin();
    void add(const ResourceUsage &usage);
    //! The whole run's numbers: a run that was too short to be sampled has them, too.
    void end(const RunResult &result);

protected:
    void changeEvent(QEvent *event) override;

private:
    void applyColours();
    void point(double seconds, double cpu, double memory);

    QChart *m_chart;
    QChartView *m_view;
    QLineSeries *m_cpu;
    QLineSeries *m_memory;
    QValueAxis *m_time;
    QValueAxis *m_cpuAxis;
    QValueAxis *m_memoryAxis;
    QLabel *m_text;
    QElapsedTimer m_since;
    qint64 m_lastCpuMs = 0;
    double m_lastSecond = 0;
};

} // namespace isol8::desktop
