// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/http/BodySource.h>
#include <isol8/http/Message.h>
#include <isol8/http/ResponseParser.h>
#include <isol8/http/Socket.h>

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

#include <memory>

namespace isol8::http {

/*!
    One HTTP/1.1 connection, one exchange at a time. Kept alive between exchanges where both sides agree.

    An exchange: start(); head(), body()… ; then exactly one of finished() and upgraded(). No signal is emitted from
   inside a call. Deleting it, also in a slot, closes the connection.
*/
class Connection : public QObject
{
    Q_OBJECT

public:
    explicit Connection(const Address &address, QObject *parent = nullptr);
    ~Connection() override;

    //! Begins an exchange; none is under way. Connects first where this has not happened yet.
    void start(const Request &request);
    //! While paused neither socket nor buffer is read, and silence is not counted.
    void setPaused(bool paused);

    //! Closes at once; no signal follows.
    void close();
    //! Whether another exchange may start on it.
    [[nodiscard]] bool isReusable() const;
    //! Whether it carried an exchange before this one.
    [[nodiscard]] bool wasUsed() const { return m_exchanges > 1; }
    //! Whether any byte of the answer came.
    [[nodiscard]] bool isAnswered() const { return m_answered; }
    //! Whether any byte of the request left.
    [[nodiscard]] bool isSent() const { return m_sent; }
    //! After upgraded(): gives the socket away, and what was read behind the answer's head.
    [[nodiscard]] std::unique_ptr<Socket> takeSocket(QByteArray &rest);

    static constexpr qint64 WriteBufferSize = MiB; //!< bound of what waits in the socket of a streamed request

Q_SIGNALS:
    void head(const isol8::http::ResponseHead &head);
    void body(const QByteArray &data);
    void upgraded();
    void finished(const isol8::http::Failure &failure);
    //! The peer closed an idle connection, or spoke on it unasked.
    void lost();

private:
    enum class State { Idle, Connecting, Active, Upgraded, Broken };

    void onConnected();
    void onWritten();
    void onReadyRead();
    void onClosed(const Failure &failure);
    void onSilence();
    void sendHead();
    void pump();
    void process();
    bool readMore();
    void complete();
    void end(const Failure &failure);
    [[nodiscard]] bool countsSilence() const;
    void stirred() { m_activity.start(); }

    Address m_address;
    std::unique_ptr<Socket> m_socket;
    State m_state = State::Idle;
    int m_exchanges = 0;
    Request m_request;
    ResponseParser m_parser;
    std::unique_ptr<BodySource> m_source;
    bool m_paused = false;
    bool m_answered = false;
    bool m_sent = false;
    bool m_sourceWaits = false;
    bool m_peerClosed = false;
    Failure m_closeFailure;
    QByteArray m_buffer;
    qsizetype m_begin = 0; //!< of what is not parsed yet in m_buffer
    qsizetype m_end = 0;
    QTimer m_timer;
    QElapsedTimer m_activity;
};

} // namespace isol8::http
