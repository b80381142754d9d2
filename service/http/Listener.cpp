// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/http/Listener.h>

#include <service/http/Exchange.h>
#include <service/http/TlsHandshake.h>

#include <QLoggingCategory>
#include <QSslSocket>
#include <QTcpSocket>
#include <QTimer>

#include <sys/socket.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace isol8::service {

namespace {

Q_LOGGING_CATEGORY(listenLog, "isol8.listen", QtWarningMsg)

constexpr int AcceptBacklog = 256;
// Out of descriptors or memory: others may have given some back by then.
constexpr milliseconds AcceptPause{100};

} // namespace

Listener::Listener(const ServerLimits &limits, QObject *parent)
    : QTcpServer(parent)
    , m_limits(limits)
{
    setListenBacklogSize(AcceptBacklog);
    connect(this, &QTcpServer::acceptError, this, &Listener::onAcceptError);
}

Result<void> Listener::adopt(int descriptor)
{
    if (!setSocketDescriptor(descriptor))
        return fail(errors::FileError, u"The service cannot listen on the socket that it was given."_s, errorString());
    return {};
}

void Listener::onAcceptError()
{
    qCWarning(listenLog) << "cannot accept a connection:" << errorString();
    pauseAccepting();
    QTimer::singleShot(AcceptPause, this, [this] {
        if (isListening())
            resumeAccepting();
    });
}

bool Listener::mayConnect(qintptr descriptor) const
{
    if (!m_onlyPeer)
        return true;
    ucred peer = {};
    socklen_t size = sizeof peer;
    return ::getsockopt(static_cast<int>(descriptor), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           size == sizeof peer && peer.uid == *m_onlyPeer;
}

void Listener::incomingConnection(qintptr descriptor)
{
    const int handle = static_cast<int>(descriptor);
    if (!mayConnect(descriptor)) {
        qCWarning(listenLog) << "closed a connection of another user";
        ::close(handle);
        return;
    }
    if (m_connections >= m_limits.connections)
        return refuse(handle);
    auto *encrypted = m_tls ? new QSslSocket : nullptr;
    std::unique_ptr<QTcpSocket> socket(encrypted ? encrypted : new QTcpSocket);
    if (!socket->setSocketDescriptor(descriptor)) {
        ::close(handle);
        return;
    }
    if (!encrypted)
        return welcome(socket.release());
    encrypted->setSslConfiguration(*m_tls);
    auto *handshake = new TlsHandshake(std::unique_ptr<QSslSocket>(encrypted), m_limits.handshakeTimeout, this);
    socket.release();
    count(handshake);
    connect(handshake, &TlsHandshake::done, this, &Listener::welcome);
    handshake->start();
}

void Listener::refuse(int descriptor) const
{
    static const QByteArray body = R"({"error":"Too many clients are connected.","code":"too_many_clients"})";
    static const QByteArray full =
        "HTTP/1.1 503 Service Unavailable\r\n" + serverField() +
        "Connection: close\r\nRetry-After: 1\r\nContent-Type: application/json\r\nContent-Length: " +
        QByteArray::number(body.size()) + "\r\n\r\n" + body;
    if (!m_tls) {
        [[maybe_unused]] const ssize_t sent =
            ::send(descriptor, full.constData(), static_cast<size_t>(full.size()), MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    ::close(descriptor);
}

void Listener::welcome(QTcpSocket *socket)
{
    auto *connection = new ClientConnection(http::Socket::accepted(socket), m_limits, this);
    count(connection);
    connect(connection, &ClientConnection::requested, this, &Listener::requested);
    connect(connection, &ClientConnection::served, this, &Listener::served);
    if (!isListening())
        connection->closeWhenDone();
}

void Listener::count(QObject *client)
{
    ++m_connections;
    connect(client, &QObject::destroyed, this, [this] {
        --m_connections;
        Q_EMIT connectionsChanged();
    });
    Q_EMIT connectionsChanged();
}

void Listener::stopListening()
{
    close();
    const auto connections = findChildren<ClientConnection *>(Qt::FindDirectChildrenOnly);
    for (ClientConnection *connection : connections)
        connection->closeWhenDone();
}

} // namespace isol8::service
