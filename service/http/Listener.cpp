// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/http/Listener.h>

#include <service/http/Exchange.h>

#include <QLoggingCategory>
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
    if (!mayConnect(descriptor)) {
        qCWarning(listenLog) << "closed a connection of another user";
        ::close(static_cast<int>(descriptor));
        return;
    }
    if (m_connections >= m_limits.connections) {
        static const QByteArray body = R"({"error":"Too many clients are connected.","code":"too_many_clients"})";
        static const QByteArray full =
            "HTTP/1.1 503 Service Unavailable\r\n" + serverField() +
            "Connection: close\r\nRetry-After: 1\r\nContent-Type: application/json\r\nContent-Length: " +
            QByteArray::number(body.size()) + "\r\n\r\n" + body;
        [[maybe_unused]] const ssize_t sent = ::send(static_cast<int>(descriptor), full.constData(),
                                                     static_cast<size_t>(full.size()), MSG_DONTWAIT | MSG_NOSIGNAL);
        ::close(static_cast<int>(descriptor));
        return;
    }
    auto *socket = new QTcpSocket;
    if (!socket->setSocketDescriptor(descriptor)) {
        delete socket;
        ::close(static_cast<int>(descriptor));
        return;
    }
    auto *connection = new ClientConnection(http::Socket::accepted(socket), m_limits, this);
    ++m_connections;
    connect(connection, &ClientConnection::requested, this, &Listener::requested);
    connect(connection, &QObject::destroyed, this, [this] {
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
