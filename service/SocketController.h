// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/http/WebSocket.h>
#include <isol8/output/Utf8Sanitizer.h>
#include <service/RunEvents.h>
#include <service/http/Router.h>
#include <service/http/ServerLimits.h>

#include <QJsonObject>
#include <QSize>
#include <QTimer>

#include <memory>
#include <optional>

namespace isol8::service {

inline constexpr int MostCellsASide = 10000; //!< of a terminal

//! Of a message's `signal`, "SIGINT" and the like. bad_request for what no run may be sent.
[[nodiscard]] Result<int> signalNumber(const QJsonObject &message);

//! `cols` and `rows` of a message. bad_request.
[[nodiscard]] Result<QSize> terminalSize(const QJsonObject &message);

//! GET /execute/ws.
class SocketController : public QObject
{
    Q_OBJECT

public:
    SocketController(Runs *runs, Router *router, const ServerLimits &limits, QObject *parent = nullptr);

    [[nodiscard]] int sessions() const { return m_sessions; }
    //! Closes those that have no run; the others go with their runs.
    void closeIdle();

Q_SIGNALS:
    void sessionsChanged();

private:
    void open(Exchange *exchange);

    Runs *m_runs;
    const ServerLimits &m_limits;
    int m_sessions = 0;
};

/*!
    One WebSocket client: one run, with stdin, signals and the terminal's size on the way in, and its events on the way
    out. Deletes itself at its end; a client that leaves ends the run.
*/
class SocketSession : public QObject
{
    Q_OBJECT

public:
    SocketSession(std::unique_ptr<http::WebSocket> socket, Caller caller, Runs *runs, const ServerLimits &limits,
                  QObject *parent);

    void closeIfIdle();

private:
    void onMessageText(const QByteArray &text);
    void onMessageBytes(const QByteArray &data);
    void onMessage(const QJsonObject &message);
    void confirm(const QByteArray &text);
    void execute(const QByteArray &text);
    void takeStdin(const QByteArray &data);
    void onStdinTaken();
    void send(const StreamEvent &event);
    void sendTerminalText(const StreamEvent &event);
    void complain(const QString &sentence);
    void refuse(const Error &error);
    void onFinished();
    void balance();

    std::unique_ptr<http::WebSocket> m_socket;
    Caller m_caller;
    Runs *m_runs;
    BodyHold m_arriving; //!< of a message that is not whole yet
    BodyHold m_request;  //!< of the one that was run
    RunEvents *m_events = nullptr;
    bool m_binary = false;
    std::optional<Utf8Sanitizer> m_terminalText; //!< a terminal's output that is sent as text
    bool m_tellsStdin = false;
    bool m_paused = false;
    bool m_over = false;
    bool m_begun = false;    //!< its one request has come
    qint64 m_stdinBytes = 0; //!< that came
    QTimer m_patience;       //!< until there is something to run
    QTimer m_peerWatch;      //!< while the client is not read
};

} // namespace isol8::service
