// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/http/Pool.h>

namespace isol8::http {

Exchange::Exchange(Pool *pool, const Request &request, QObject *parent)
    : QObject(parent)
    , m_pool(pool)
    , m_request(request)
{
}

Exchange::~Exchange()
{
    if (m_pool && !m_over)
        m_pool->giveUp(this);
}

void Exchange::setPaused(bool paused)
{
    m_paused = paused;
    if (m_connection && !m_over)
        m_connection->setPaused(paused);
}

std::unique_ptr<Socket> Exchange::takeSocket(QByteArray &rest)
{
    Connection *connection = m_connection;
    if (!connection)
        return {};
    auto socket = connection->takeSocket(rest);
    connection->deleteLater();
    return socket;
}

void Exchange::begin(Connection *connection)
{
    m_connection = connection;
    connect(connection, &Connection::head, this, &Exchange::onHead);
    connect(connection, &Connection::body, this, &Exchange::onBody);
    connect(connection, &Connection::upgraded, this, &Exchange::onUpgraded);
    connect(connection, &Connection::finished, this, &Exchange::onFinished);
    connection->start(m_request);
    connection->setPaused(m_paused);
}

void Exchange::onHead(const ResponseHead &head)
{
    m_response.head = head;
    Q_EMIT this->head(head);
}

void Exchange::onBody(const QByteArray &data)
{
    if (m_request.streamed)
        Q_EMIT body(data);
    else
        m_response.body += data;
}

void Exchange::onUpgraded()
{
    m_over = true;
    if (m_pool)
        m_pool->release(*this, nullptr);
    Q_EMIT upgraded();
}

void Exchange::onFinished(const Failure &failure)
{
    Connection *connection = m_connection;
    if (!connection)
        return;
    connection->disconnect(this);
    if (m_pool && mayTryAgain(failure, *connection)) {
        m_again = true;
        connection->deleteLater();
        m_pool->begin(this);
        return;
    }
    m_over = true;
    if (m_pool)
        m_pool->release(*this, connection);
    Q_EMIT finished(failure);
}

bool Exchange::mayTryAgain(const Failure &failure, const Connection &connection) const
{
    return failure.kind == Failure::Kind::Lost && !m_again && connection.wasUsed() && !connection.isAnswered() &&
           (m_request.repeatable || !connection.isSent());
}

Pool::Pool(const Address &address, QObject *parent)
    : QObject(parent)
    , m_address(address)
{
}

Pool::~Pool() = default;

Exchange *Pool::send(const Request &request, QObject *parent)
{
    auto *exchange = new Exchange(this, request, parent);
    if (request.unlimited) {
        begin(exchange);
        return exchange;
    }
    m_waiting.append(exchange);
    dispatch();
    return exchange;
}

void Pool::dispatch()
{
    while (m_active < ActiveLimit && !m_waiting.isEmpty()) {
        ++m_active;
        begin(m_waiting.takeFirst());
    }
}

void Pool::begin(Exchange *exchange)
{
    exchange->begin(takeConnection(*exchange));
}

Connection *Pool::takeConnection(const Exchange &exchange)
{
    // What cannot be sent a second time does not take the risk of a kept connection.
    const bool fresh = exchange.m_again || exchange.m_request.device || exchange.m_request.upgrade;
    while (!fresh && !m_idle.isEmpty()) {
        Connection *connection = m_idle.takeLast();
        connection->disconnect(this);
        if (connection->isReusable())
            return connection;
        connection->deleteLater();
    }
    return new Connection(m_address, this);
}

void Pool::release(const Exchange &exchange, Connection *connection)
{
    if (!exchange.m_request.unlimited)
        --m_active;
    if (connection && connection->isReusable() && m_idle.size() < IdleLimit) {
        m_idle.append(connection);
        connect(connection, &Connection::lost, this, [this, connection] {
            m_idle.removeOne(connection);
            connection->deleteLater();
        });
    } else if (connection) {
        connection->close();
        connection->deleteLater();
    }
    if (!m_waiting.isEmpty())
        QMetaObject::invokeMethod(this, &Pool::dispatch, Qt::QueuedConnection);
}

void Pool::giveUp(Exchange *exchange)
{
    if (m_waiting.removeOne(exchange))
        return;
    if (!exchange->m_request.unlimited)
        --m_active;
    // It may be in the middle of emitting; its socket closes at once all the same.
    if (Connection *connection = exchange->m_connection) {
        connection->disconnect(exchange);
        connection->close();
        connection->deleteLater();
    }
    if (!m_waiting.isEmpty())
        QMetaObject::invokeMethod(this, &Pool::dispatch, Qt::QueuedConnection);
}

} // namespace isol8::http
