// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/ExecuteController.h>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::service {

namespace {

// A client waits no longer than this for a stream's status.
constexpr milliseconds StatusPatience{250};

void refuse(Exchange *exchange, const Refusal &refusal)
{
    QList<http::Header> headers;
    if (refusal.status == 503 || refusal.retryAfter > 0)
        headers.append(http::Header{"Retry-After", QByteArray::number(std::max(refusal.retryAfter, 1))});
    exchange->respondError(refusal.status, refusal.error, headers);
}

} // namespace

ExecuteController::ExecuteController(Runs *runs, Router *router, const ServerLimits &limits, QObject *parent)
    : QObject(parent)
    , m_runs(runs)
    , m_limits(limits)
{
    router->add("POST", u"/execute"_s, [this](Exchange *exchange) { execute(exchange); });
    router->add("POST", u"/execute/stream"_s, [this](Exchange *exchange) { stream(exchange); });
}

RunEvents *ExecuteController::begin(Exchange *exchange, bool collected)
{
    if (const auto refusal = m_runs->checkContext(exchange->head().value(EngineContextField))) {
        refuse(exchange, *refusal);
        return nullptr;
    }
    auto message = ExecuteMessage::fromJson(exchange->takeBody());
    if (!message) {
        refuse(exchange, {httpStatus(message.error()), message.error()});
        return nullptr;
    }
    message->options.collectOutput = collected;
    const auto extras = message->events;
    const auto started = m_runs->start(std::move(*message), exchange->caller());
    if (!started) {
        refuse(exchange,
               {httpStatus(started.error()), started.error(), m_runs->retryAfter(started.error(), exchange->caller())});
        return nullptr;
    }
    return new RunEvents(*started, extras, collected, exchange);
}

void ExecuteController::execute(Exchange *exchange)
{
    RunEvents *events = begin(exchange, true);
    if (!events)
        return;
    connect(events, &RunEvents::finished, exchange, [exchange, events] {
        if (const auto refusal = refusalOf(events->result(), events->hasStarted()))
            refuse(exchange, *refusal);
        else
            exchange->respond(200, "application/json", events->result().toJsonText());
    });
}

void ExecuteController::stream(Exchange *exchange)
{
    if (RunEvents *events = begin(exchange, false))
        new EventStream(exchange, events, m_limits);
}

EventStream::EventStream(Exchange *exchange, RunEvents *events, const ServerLimits &limits)
    : QObject(exchange)
    , m_exchange(exchange)
    , m_events(events)
{
    m_patience.setSingleShot(true);
    m_patience.start(StatusPatience);
    m_heartbeat.setInterval(limits.heartbeat);
    connect(&m_patience, &QTimer::timeout, this, &EventStream::begin);
    connect(&m_heartbeat, &QTimer::timeout, this, [this] { m_exchange->write(":\n\n"); });
    connect(events, &RunEvents::underWay, this, &EventStream::begin);
    connect(events, &RunEvents::event, this, &EventStream::write);
    connect(events, &RunEvents::finished, this, &EventStream::onFinished);
    connect(exchange, &Exchange::written, this, &EventStream::balance);
}

void EventStream::begin()
{
    m_patience.stop();
    if (m_exchange->isStreaming())
        return;
    // The second is for nginx, which else collects what it passes on.
    m_exchange->startStream("text/event-stream", {{"X-Accel-Buffering", "no"}});
    m_heartbeat.start();
}

void EventStream::write(const StreamEvent &event)
{
    m_exchange->write("data: " + event.toJson() + "\n\n");
    m_heartbeat.start();
    balance();
}

void EventStream::balance()
{
    const qint64 pending = m_exchange->pendingBytes();
    const bool pause = pending > (m_paused ? OutputLowWater : OutputHighWater);
    if (std::exchange(m_paused, pause) != pause)
        m_events->run()->setOutputPaused(pause);
}

void EventStream::onFinished()
{
    if (!m_exchange->isStreaming()) {
        if (const auto refusal = refusalOf(m_events->result(), m_events->hasStarted())) {
            refuse(m_exchange, *refusal);
            return;
        }
        begin();
    }
    m_events->finish();
    m_heartbeat.stop();
    m_exchange->end();
}

} // namespace isol8::service
