// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/http/RequestHead.h>
#include <isol8/http/Socket.h>
#include <service/http/ServerLimits.h>

#include <QObject>
#include <QTimer>

#include <memory>

namespace isol8::service {

class Exchange;

/*!
    One client: reads a request, has it handled, reads the next. Holds every limit, so that nothing behind it sees a
    request that is not whole and well-formed. Requests that a client sends ahead wait in the kernel.

    Deletes itself when the connection is over, and its Exchange with it.
*/
class ClientConnection : public QObject
{
    Q_OBJECT

public:
    ClientConnection(std::unique_ptr<http::Socket> socket, const ServerLimits &limits, QObject *parent);
    ~ClientConnection() override;

    //! Requests that are under way are still answered; then, or now where there is none, the connection closes.
    void closeWhenDone();

    // For Exchange.
    void write(const QByteArray &data);
    [[nodiscard]] qint64 pendingBytes() const;
    [[nodiscard]] bool keepsAlive() const { return m_keepAlive; }
    void setKeepAlive(bool keep) { m_keepAlive = keep; }
    void exchangeDone();
    [[nodiscard]] std::unique_ptr<http::Socket> takeSocket(QByteArray *rest);

Q_SIGNALS:
    //! Must be answered, now or later.
    void requested(isol8::service::Exchange *exchange);

private:
    enum class State { Idle, Head, Body, Handling, Closing, Gone };

    void read();
    [[nodiscard]] bool readMore();
    void readHead();
    void readBody();
    void dispatch();
    void refuse(int status, const QString &code, const QString &sentence);
    void beginClosing();
    void onTimeout();
    void nextRequest();
    void vanish();

    std::unique_ptr<http::Socket> m_socket;
    const ServerLimits &m_limits;
    State m_state = State::Idle;
    QByteArray m_buffer;
    http::RequestHead m_head;
    http::BodyDecoder m_body;
    qint64 m_bodyBytes = 0; //!< that came since the timer began
    qint64 m_drained = 0;   //!< thrown away while closing
    bool m_keepAlive = true;
    Exchange *m_exchange = nullptr;
    QTimer m_timer;
};

} // namespace isol8::service
