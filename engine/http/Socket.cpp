// SPDX-License-Identifier: GPL-3.0-or-later
/*
    Why the spare descriptor: when a write finds the peer gone (a container ended while a ping was on its way), Qt
   closes the socket and throws away what it has read ahead and what the kernel still holds, which is the end of the
   program's output. So on an error we first take what Qt holds, then what the kernel holds. TLS cannot have that.
*/
#include <isol8/http/Socket.h>

#include <isol8/http/Trust.h>

#include <QLocalSocket>
#include <QNetworkProxy>
#include <QPointer>
#include <QSslConfiguration>
#include <QSslError>
#include <QSslSocket>
#include <QTcpSocket>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace isol8::http {

namespace {

constexpr int DefaultProxyPort = 1080;        //!< as curl has it
constexpr qsizetype LastBytesLimit = 8 * MiB; //!< more than the kernel's buffers hold

QString whereTo(const Address &address)
{
    return address.peer.isNull() ? address.host : address.peer.toString();
}

} // namespace

Socket::Socket(const Address &address, QObject *parent)
    : QObject(parent)
    , m_address(address)
{
    m_writeTimer.setSingleShot(true);
    connect(&m_writeTimer, &QTimer::timeout, this, &Socket::onWriteTimeout);
}

Socket::~Socket()
{
    closeSpare();
    if (!m_device)
        return;
    m_device->disconnect(this);
    if (m_local)
        m_local->abort();
    else
        m_tcp->abort();
    m_device->setParent(nullptr);
    if (m_depth > 0)
        m_device->deleteLater();
    else
        delete m_device;
}

std::unique_ptr<Socket> Socket::accepted(QTcpSocket *socket)
{
    const bool encrypted = qobject_cast<QSslSocket *>(socket) != nullptr;
    auto self = std::make_unique<Socket>(
        Address{encrypted ? Address::Kind::Tls : Address::Kind::Tcp, {}, {}, 0, {}, true, {}, {}});
    self->m_tcp = socket;
    self->m_device = socket;
    self->m_state = State::Open;
    socket->setParent(self.get());
    socket->setReadBufferSize(ReadBufferSize);
    if (socket->localAddress().protocol() != QAbstractSocket::UnknownNetworkLayerProtocol) {
        socket->setSocketOption(QAbstractSocket::LowDelayOption, 1);
        socket->setSocketOption(QAbstractSocket::KeepAliveOption, 1);
    }
    connect(socket, &QTcpSocket::readyRead, self.get(), &Socket::onReadyRead);
    self->watchLeaving();
    connect(socket, &QTcpSocket::errorOccurred, self.get(), &Socket::onError);
    connect(socket, &QTcpSocket::disconnected, self.get(), &Socket::onError);
    return self;
}

void Socket::open()
{
    m_state = State::Opening;
    // A Unix socket connects, or fails to, inside the call that starts it.
    QMetaObject::invokeMethod(this, &Socket::start, Qt::QueuedConnection);
}

void Socket::start()
{
    switch (m_address.kind) {
    case Address::Kind::Unix:
        return startUnix();
    case Address::Kind::Tcp:
        return startTcp();
    case Address::Kind::Tls:
        return startTls();
    }
}

void Socket::startUnix()
{
    m_local = new QLocalSocket(this);
    m_device = m_local;
    m_local->setReadBufferSize(ReadBufferSize);
    connect(m_local, &QLocalSocket::connected, this, &Socket::onConnected);
    connect(m_local, &QLocalSocket::readyRead, this, &Socket::onReadyRead);
    connect(m_local, &QLocalSocket::bytesWritten, this, &Socket::onWritten);
    connect(m_local, &QLocalSocket::errorOccurred, this, &Socket::onError);
    connect(m_local, &QLocalSocket::disconnected, this, &Socket::onError);
    m_local->connectToServer(m_address.path);
}

void Socket::startTcp()
{
    if (!m_tcp) {
        m_tcp = new QTcpSocket(this);
        connect(m_tcp, &QTcpSocket::connected, this, &Socket::onConnected);
    }
    m_device = m_tcp;
    m_tcp->setReadBufferSize(ReadBufferSize);
    connect(m_tcp, &QTcpSocket::readyRead, this, &Socket::onReadyRead);
    watchLeaving();
    connect(m_tcp, &QTcpSocket::errorOccurred, this, &Socket::onError);
    connect(m_tcp, &QTcpSocket::disconnected, this, &Socket::onError);
    if (m_address.peer.isNull() && !m_address.proxy.isEmpty())
        m_tcp->setProxy(QNetworkProxy(QNetworkProxy::HttpProxy, m_address.proxy.host(),
                                      quint16(m_address.proxy.port(DefaultProxyPort)), m_address.proxy.userName(),
                                      m_address.proxy.password()));
    else if (!m_address.peer.isNull())
        m_tcp->setProxy(QNetworkProxy::NoProxy);
    if (m_address.kind == Address::Kind::Tcp)
        m_tcp->connectToHost(whereTo(m_address), m_address.port);
}

// What TLS has encrypted it counts as written, whether it left or not.
void Socket::watchLeaving()
{
    if (auto *ssl = qobject_cast<QSslSocket *>(m_tcp))
        connect(ssl, &QSslSocket::encryptedBytesWritten, this, &Socket::onWritten);
    else
        connect(m_tcp, &QTcpSocket::bytesWritten, this, &Socket::onWritten);
}

void Socket::startTls()
{
    if (!QSslSocket::supportsSsl())
        return fail(Failure::Kind::Tls, u"this Qt has no TLS backend (OpenSSL is not installed)"_s);
    QSslConfiguration configuration = QSslConfiguration::defaultConfiguration();
    if (!m_address.certificates.isEmpty()) {
        const auto loaded = loadCertificates(m_address.certificates, configuration);
        if (!loaded)
            return fail(Failure::Kind::Tls, loaded.error().message);
    }
    if (!m_address.authorities.isEmpty()) {
        const auto loaded = addAuthorities(m_address.authorities, configuration);
        if (!loaded)
            return fail(Failure::Kind::Tls, loaded.error().message);
    }
    configuration.setPeerVerifyMode(m_address.verify ? QSslSocket::VerifyPeer : QSslSocket::VerifyNone);
    auto *ssl = new QSslSocket(this);
    m_tcp = ssl;
    ssl->setSslConfiguration(configuration);
    connect(ssl, &QSslSocket::encrypted, this, &Socket::onConnected);
    startTcp();
    // The name is what the certificate must be of, and what the server is told that it is asked for.
    ssl->connectToHostEncrypted(whereTo(m_address), m_address.port, m_address.host);
}

void Socket::onConnected()
{
    if (m_state != State::Opening)
        return;
    m_state = State::Open;
    if (m_tcp) {
        m_tcp->setSocketOption(QAbstractSocket::LowDelayOption, 1);
        m_tcp->setSocketOption(QAbstractSocket::KeepAliveOption, 1);
    }
    if (m_address.kind != Address::Kind::Tls) {
        const auto descriptor = m_local ? m_local->socketDescriptor() : m_tcp->socketDescriptor();
        m_spare = ::fcntl(static_cast<int>(descriptor), F_DUPFD_CLOEXEC, 3);
    }
    emitGuarded([this] { Q_EMIT connected(); });
}

void Socket::onReadyRead()
{
    if (m_state == State::Open)
        emitGuarded([this] { Q_EMIT readyRead(); });
}

void Socket::onWritten(qint64 bytes)
{
    if (m_state != State::Open)
        return;
    m_writeTimer.stop();
    watchWriting();
    if (m_finishing)
        shutDownWhenWritten();
    emitGuarded([&] { Q_EMIT written(bytes); });
}

void Socket::onError()
{
    if (m_state == State::Open) {
        const Failure failure = currentFailure();
        keepLastBytes();
        finishLater(failure);
    } else if (m_state == State::Opening) {
        const Failure failure = currentFailure();
        fail(failure ? failure.kind : Failure::Kind::Lost,
             failure ? failure.detail : u"the connection was closed before it was ready"_s);
    }
}

void Socket::fail(Failure::Kind kind, const QString &detail)
{
    m_state = State::Over;
    QMetaObject::invokeMethod(
        this, [this, failure = Failure{kind, detail}] { Q_EMIT failed(failure); }, Qt::QueuedConnection);
}

void Socket::finishLater(const Failure &failure)
{
    m_state = State::Over;
    closeSpare();
    QMetaObject::invokeMethod(
        this, [this, failure] { Q_EMIT closed(failure); }, Qt::QueuedConnection);
}

//! Nothing where the peer simply closed.
Failure Socket::currentFailure() const
{
    if (m_local) {
        switch (m_local->error()) {
        case QLocalSocket::PeerClosedError:
            return m_state == State::Open ? Failure{} : Failure{Failure::Kind::Lost, m_local->errorString()};
        case QLocalSocket::UnknownSocketError:
            if (m_state == State::Open)
                return {};
            [[fallthrough]];
        case QLocalSocket::ConnectionRefusedError:
        case QLocalSocket::ServerNotFoundError:
            return {Failure::Kind::NotThere, m_local->errorString()};
        case QLocalSocket::SocketAccessError:
            return {Failure::Kind::Permission, m_local->errorString()};
        default:
            return {m_state == State::Open ? Failure::Kind::Lost : Failure::Kind::NotThere, m_local->errorString()};
        }
    }
    switch (m_tcp->error()) {
    case QAbstractSocket::RemoteHostClosedError:
        return m_state == State::Open ? Failure{} : Failure{Failure::Kind::Lost, m_tcp->errorString()};
    case QAbstractSocket::SslHandshakeFailedError:
    case QAbstractSocket::SslInternalError:
    case QAbstractSocket::SslInvalidUserDataError:
        return {Failure::Kind::Tls, m_tcp->errorString()};
    case QAbstractSocket::UnknownSocketError:
        if (m_state == State::Open)
            return {};
        [[fallthrough]];
    default:
        return {m_state == State::Open ? Failure::Kind::Lost : Failure::Kind::NotThere, m_tcp->errorString()};
    }
}

void Socket::keepLastBytes()
{
    m_last = m_device->readAll();
    if (m_spare < 0)
        return;
    while (m_last.size() < LastBytesLimit) {
        char part[16 * 1024];
        const ssize_t size = ::recv(m_spare, part, sizeof part, MSG_DONTWAIT);
        if (size < 0 && errno == EINTR)
            continue;
        if (size <= 0)
            break;
        m_last.append(part, size);
    }
}

void Socket::closeSpare()
{
    if (m_spare >= 0)
        ::close(m_spare);
    m_spare = -1;
}

void Socket::write(const QByteArray &data)
{
    if (m_state != State::Open || m_finishing)
        return;
    m_device->write(data);
    watchWriting();
}

void Socket::watchWriting()
{
    if (m_writeTimeout.count() > 0 && !m_writeTimer.isActive() && bytesToWrite() > 0)
        m_writeTimer.start(m_writeTimeout);
}

void Socket::onWriteTimeout()
{
    if (m_state == State::Open)
        finishLater({Failure::Kind::Timeout, u"the peer does not read"_s});
}

void Socket::finish()
{
    if (m_state != State::Open || m_finishing)
        return;
    m_finishing = true;
    shutDownWhenWritten();
}

void Socket::shutDownWhenWritten()
{
    if (m_address.kind == Address::Kind::Tls)
        m_tcp->disconnectFromHost();
    else if (m_device->bytesToWrite() == 0)
        ::shutdown(static_cast<int>(m_local ? m_local->socketDescriptor() : m_tcp->socketDescriptor()), SHUT_WR);
}

qint64 Socket::bytesToWrite() const
{
    if (m_state != State::Open)
        return 0;
    const auto *ssl = qobject_cast<const QSslSocket *>(m_tcp);
    return m_device->bytesToWrite() + (ssl ? ssl->encryptedBytesToWrite() : 0);
}

qint64 Socket::read(char *data, qint64 size)
{
    if (m_state == State::Open)
        return std::max<qint64>(m_device->read(data, size), 0);
    const auto count = std::min<qint64>(size, m_last.size() - m_lastRead);
    if (count <= 0)
        return 0;
    std::memcpy(data, m_last.constData() + m_lastRead, static_cast<size_t>(count));
    m_lastRead += count;
    return count;
}

bool Socket::isStale() const
{
    if (m_state != State::Open || m_device->bytesAvailable() > 0)
        return true;
    if (m_spare < 0)
        return false;
    char byte = 0;
    const ssize_t size = ::recv(m_spare, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return size >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

bool Socket::hasPeerLeft() const
{
    if (m_state != State::Open)
        return true;
    pollfd poll = {static_cast<int>(m_local ? m_local->socketDescriptor() : m_tcp->socketDescriptor()), POLLRDHUP, 0};
    return ::poll(&poll, 1, 0) > 0 && (poll.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

template<class Emission> void Socket::emitGuarded(Emission emission)
{
    const QPointer<Socket> alive(this);
    ++m_depth;
    emission();
    if (alive)
        --m_depth;
}

} // namespace isol8::http
