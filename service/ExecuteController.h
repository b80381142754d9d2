// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <service/RunEvents.h>
#include <service/http/Exchange.h>
#include <service/http/Router.h>
#include <service/http/ServerLimits.h>

#include <QTimer>

namespace isol8::service {

//! POST /execute and POST /execute/stream.
class ExecuteController : public QObject
{
    Q_OBJECT

public:
    ExecuteController(Runs *runs, Router *router, const ServerLimits &limits, QObject *parent = nullptr);

private:
    //! Null where the request was answered already.
    [[nodiscard]] RunEvents *begin(Exchange *exchange, bool collected);
    void execute(Exchange *exchange);
    void stream(Exchange *exchange);

    Runs *m_runs;
    const ServerLimits &m_limits;
};

/*!
    A run as server-sent events. Child of its exchange: a client that leaves takes it, and the run, along. The status is
    held back until something is known of the run, so that what is wrong with the request gets one of its own.
*/
class EventStream : public QObject
{
    Q_OBJECT

public:
    EventStream(Exchange *exchange, RunEvents *events, const ServerLimits &limits);

private:
    void begin();
    void write(const StreamEvent &event);
    void onFinished();
    void balance();

    Exchange *m_exchange;
    RunEvents *m_events;
    bool m_paused = false;
    QTimer m_patience;
    QTimer m_heartbeat;
};

} // namespace isol8::service
