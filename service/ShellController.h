// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/execution/Engine.h>
#include <isol8/http/WebSocket.h>
#include <service/RunEvents.h>
#include <service/http/Router.h>
#include <service/http/ServerLimits.h>

#include <QTimer>

#include <memory>

namespace isol8::service {

/*!
    GET /session/:id/shell: a terminal in a session that is there, with a bash, as a WebSocket. `?cols=`, `?rows=` (80
   by 24), `?term=` (xterm-256color) and `?timeoutMs=` (a day, as far as the limits allow).

    It is a run of the session like others: it waits for those before it, and those behind it wait. What it starts ends
    with it.
*/
class ShellController : public QObject
{
    Q_OBJECT

public:
    ShellController(Engine *engine, Runs *runs, Router *router, const ServerLimits &limits, QObject *parent = nullptr);

private:
    void ask(Exchange *exchange);
    void open(Exchange *exchange, ExecuteMessage message);

    Engine *m_engine;
    Runs *m_runs;
    const ServerLimits &m_limits;
};

/*!
    One terminal. Binary messages carry its bytes, both ways. Text messages are JSON: from the client
    `{type:"resize",cols,rows}` and `{type:"signal",signal}`; to it `started`, `error` and `exit` as in the event
   streams. The end is close 1000. Deletes itself at its end; a client that leaves ends what runs in it.
*/
class ShellSession : public QObject
{
    Q_OBJECT

public:
    ShellSession(std::unique_ptr<http::WebSocket> socket, const Runs::Started &started, const ServerLimits &limits,
                 QObject *parent);

private:
    void onMessageText(const QByteArray &text);
    void onMessageBytes(const QByteArray &data);
    void onTaken();
    void send(const StreamEvent &event);
    void onFinished();
    void balance();
    void complain(const QString &sentence);

    std::unique_ptr<http::WebSocket> m_socket;
    RunEvents *m_events;
    bool m_paused = false;
    bool m_over = false;
    QTimer m_peerWatch; //!< while the client is not read
};

} // namespace isol8::service
