// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/execution/LocalEngine.h>
#include <isol8/execution/Run.h>
#include <service/Exposition.h>
#include <service/http/Router.h>

#include <QElapsedTimer>
#include <QHash>
#include <QMap>
#include <QObject>
#include <QSet>

#include <functional>

namespace isol8::service {

/*!
    Listens to runs and counts. Nothing of a program, of its files, secrets or output, and no tenant is in what it
    tells: names of runtimes that there are, reasons and numbers.
*/
class Metrics : public QObject
{
    Q_OBJECT

public:
    //! What is asked for when somebody asks.
    struct Gauges
    {
        LocalEngine::PoolStatus pool;
        qint64 queued = 0;
        qint64 sessions = 0;
        qint64 connections = 0;
        qint64 webSockets = 0;
        qint64 auditRecords = 0;
        qint64 auditLosses = 0;
    };

    //! Runs of other names than \a runtimes count as "other".
    explicit Metrics(QSet<QString> runtimes, QObject *parent = nullptr);

    //! From the moment on that it was made.
    void watch(Run *run, const QString &runtime);
    //! A request was turned away with \a status: 401, 403 or, over its quota, 429.
    void countRefusedKey(int status) { ++m_refusedKeys[status]; }

    //! All, in Prometheus' text format.
    [[nodiscard]] QByteArray text(const Gauges &gauges) const;

private:
    struct Active
    {
        QString runtime;
        bool running = false;
        QElapsedTimer since;
    };
    struct Latencies
    {
        Histogram queue;
        Histogram setup;
        Histogram program;
        Histogram total;
    };
    void ended(const Run *run, const RunResult *result);
    void tellRuns(Exposition *out, qint64 queued) const;
    void tellLatencies(Exposition *out) const;
    static void tellGauges(Exposition *out, const Gauges &gauges);
    static void tellProcess(Exposition *out);

    QSet<QString> m_runtimes;
    QHash<const Run *, Active> m_active;
    QMap<QString, QMap<QString, qint64>> m_runs; //!< by runtime and reason
    QMap<QString, Latencies> m_latencies;        //!< by runtime
    QMap<int, qint64> m_refusedKeys{{401, 0}, {403, 0}, {429, 0}};
};

//! GET /metrics, for the operator.
void addMetricsRoute(Router *router, const Metrics *metrics, std::function<Metrics::Gauges()> gauges);

} // namespace isol8::service
