// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>
#include <isol8/http/RequestHead.h>
#include <isol8/http/Socket.h>
#include <service/http/ServerLimits.h>

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

#include <memory>

namespace isol8::service {

class Exchange;

//! What was answered to a request. Holds nothing that is secret: the path is without its query.
struct Served
{
    QByteArray method; //!< empty: the head could not be read
    QByteArray path;   //!< percent-encoded as it came
    int status = 0;    //!< 0: the client left before there was one
    milliseconds took{0};
    QString tenant;   //!< empty: nobody who is known
    qint64 bytes = 0; //!< of the answer; of an upgrade only its head

    friend bool operator==(const Served &, const Served &) = default;
};

/*!
    One client: reads a request, has it handled, reads the next. Holds every limit, so that nothing behind it sees a
    request that is not well-formed. A request is told when its head is there; its body is read when somebody wants it,
    and where nobody does the connection closes behind the answer. What a client sends ahead waits in the kernel.

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
    //! Whether another request may follow the answer that is about to be written.
    [[nodiscard]] bool keepsAlive();
    void setKeepAlive(bool keep) { m_keepAlive = keep; }
    void readBody(bool whole);
    void setBodyPaused(bool paused);
    //! Closes at once, from the event loop: what is written is not whole.
    void breakOff();
    void exchangeDone();
    [[nodiscard]] std::unique_ptr<http::Socket> takeSocket(QByteArray *rest);

Q_SIGNALS:
    //! Its head is there. Must be answered, now or later.
    void requested(isol8::service::Exchange *exchange);
    //! An exchange is over, or a request was refused unheard.
    void served(const isol8::service::Served &served);

private:
    enum class State { Idle, Head, Handling, Body, Closing, Gone };

    void read();
    [[nodiscard]] bool readMore();
    void readHead();
    void takeBody();
    void bodyDone();
    void tellServed(int status, const QString &tenant);
    void refuse(int status, const QString &code, const QString &sentence, const QByteArray &fields = {});
    void refuseBody(const Error &why);
    void beginClosing(bool clientMaySend = false);
    void onTimeout();
    void nextRequest();
    void becomeIdle();
    void vanish();

    std::unique_ptr<http::Socket> m_socket;
    const ServerLimits &m_limits;
    State m_state = State::Idle;
    QByteArray m_buffer;
    http::BodyDecoder m_body;
    bool m_bodyWhole = true; //!< collected, and not told as it comes
    bool m_bodyOver = true;  //!< all of it was read
    bool m_bodyPaused = false;
    bool m_bodyIsSmall = false; //!< where nobody wants it, it is read over and thrown away
    bool m_reading = false;     //!< read() is under way
    qint64 m_bodyBytes = 0;     //!< that came since the timer began
    qint64 m_drained = 0;       //!< thrown away while closing
    BodyHold m_hold;            //!< of the request under way
    qint64 m_collected = 0;     //!< of its body
    bool m_keepAlive = true;
    bool m_finishLate = false; //!< while closing: not before the timer
    Served m_served;           //!< of the request under way
    QElapsedTimer m_since;
    Exchange *m_exchange = nullptr;
    QTimer m_timer;
};

} // namespace isol8::service
