// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/http/Socket.h>
#include <isol8/http/WebSocketFrames.h>

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

#include <functional>
#include <memory>

namespace isol8::http {

/*!
    A WebSocket connection (RFC 6455), either side, from the end of the handshake on. Answers pings, and sends its own
    where setHeartbeat() says so.

    It ends by exactly one closed(). No signal is emitted from inside a call. Deleting it, also in a slot, drops the
    connection at once. Reading is bounded: while paused, what the peer sends stays in the kernel.
*/
class WebSocket : public QObject
{
    Q_OBJECT

public:
    //! \a rest: what was read behind the handshake.
    WebSocket(WebSocketRole role, std::unique_ptr<Socket> socket, const QByteArray &rest, qint64 messageLimit,
              QObject *parent = nullptr);
    ~WebSocket() override;

    void sendText(QByteArrayView utf8);
    void sendBinary(QByteArrayView data);
    //! Says so and waits for the peer to say it, too, for a short while. Messages that still come are dropped.
    void close(quint16 code, QByteArrayView reason = {});

    void setPaused(bool paused);
    [[nodiscard]] qint64 bytesToWrite() const { return m_socket->bytesToWrite(); }
    //! Also told while paused.
    [[nodiscard]] bool hasPeerLeft() const { return m_socket->hasPeerLeft(); }
    //! Pings a peer that has been silent for \a interval, and ends the connection (closecodes::GoingAway) when it is
    //! silent as long again; not while paused, when it says instead that this side lives. Zero: neither.
    void setHeartbeat(milliseconds interval);
    //! Asked whether so many bytes of a message that is not whole yet may be held. False ends the connection
    //! (closecodes::TryAgainLater).
    void setAllowance(std::function<bool(qint64)> allowance) { m_allowance = std::move(allowance); }

Q_SIGNALS:
    void text(const QByteArray &utf8);
    void binary(const QByteArray &data);
    void written();
    //! \a code: the peer's own; closecodes::None where the connection broke; closecodes::GoingAway where it was silent;
    //! else what the peer did wrong.
    void closed(quint16 code, const QString &reason);

private:
    enum class State { Open, Closing, Closed };

    void read();
    void handle(WebSocketParser::Event event);
    void onSocketClosed(const Failure &failure);
    void onSilence();
    void onCloseTimeout();
    void endWith(quint16 code, const QString &reason);
    void send(WebSocketOpcode opcode, QByteArrayView payload);

    WebSocketRole m_role;
    std::unique_ptr<Socket> m_socket;
    WebSocketParser m_parser;
    State m_state = State::Open;
    bool m_paused = false;
    bool m_pinged = false;
    bool m_closeSeen = false;
    QByteArray m_buffer;
    qsizetype m_begin = 0; //!< of what is not parsed yet in m_buffer
    qsizetype m_end = 0;
    quint16 m_code = closecodes::None;
    QString m_reason;
    milliseconds m_interval{0};
    std::function<bool(qint64)> m_allowance;
    QTimer m_heartbeat;
    QTimer m_closeTimer;
};

} // namespace isol8::http
