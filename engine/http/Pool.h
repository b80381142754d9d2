// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/http/Connection.h>

#include <QList>
#include <QObject>
#include <QPointer>

#include <memory>

namespace isol8::http {

class Pool;

/*!
    One request and its answer. Signals, in order: head(); body(), where the request is streamed; then exactly one of
    finished() and upgraded(). None from inside Pool::send(). Deleting it, at any time, gives the request up.
*/
class Exchange : public QObject
{
    Q_OBJECT

public:
    ~Exchange() override;

    //! The head, and the body where it was collected.
    [[nodiscard]] const Response &response() const { return m_response; }
    //! While paused the answer's body waits at its source.
    void setPaused(bool paused);
    //! In a slot of upgraded(), once: the raw connection, and what was read of it already.
    [[nodiscard]] std::unique_ptr<Socket> takeSocket(QByteArray &rest);

Q_SIGNALS:
    void head(const isol8::http::ResponseHead &head);
    void body(const QByteArray &data);
    void upgraded();
    void finished(const isol8::http::Failure &failure);

private:
    friend class Pool;
    Exchange(Pool *pool, const Request &request, QObject *parent);
    void begin(Connection *connection);
    void onHead(const ResponseHead &head);
    void onBody(const QByteArray &data);
    void onUpgraded();
    void onFinished(const Failure &failure);
    [[nodiscard]] bool mayTryAgain(const Failure &failure, const Connection &connection) const;

    QPointer<Pool> m_pool;
    Request m_request;
    Response m_response;
    QPointer<Connection> m_connection;
    bool m_again = false;
    bool m_paused = false;
    bool m_over = false;
};

/*!
    The connections to one server. At most \c ActiveLimit exchanges run at once, further ones wait in order; at most
    \c IdleLimit idle connections are kept. Requests that are `unlimited` neither wait nor count.

    A kept connection that the server had closed meanwhile is found out before it is used, or else the request is sent
    once more on a fresh one, where nothing of the answer came and either the request is repeatable or nothing of it
   left.
*/
class Pool : public QObject
{
    Q_OBJECT

public:
    explicit Pool(const Address &address, QObject *parent = nullptr);
    ~Pool() override;

    [[nodiscard]] Exchange *send(const Request &request, QObject *parent);

    static constexpr int ActiveLimit = 32;
    static constexpr int IdleLimit = 8;

private:
    friend class Exchange;
    void dispatch();
    void begin(Exchange *exchange);
    [[nodiscard]] Connection *takeConnection(const Exchange &exchange);
    void release(const Exchange &exchange, Connection *connection);
    void giveUp(Exchange *exchange);

    Address m_address;
    QList<Exchange *> m_waiting;
    QList<Connection *> m_idle;
    int m_active = 0;
};

} // namespace isol8::http
