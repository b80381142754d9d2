// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/egress/SocketStream.h>

#include <isol8/egress/SocketAddress.h>

#include <QPointer>
#include <QSocketNotifier>
#include <QTimer>

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace isol8::egress {

namespace {

constexpr std::chrono::milliseconds SendOffPatience{5000};
constexpr qsizetype SendOffReads = 64 * 1024;

void setOption(int descriptor, int level, int name)
{
    const int on = 1;
    ::setsockopt(descriptor, level, name, &on, sizeof on);
}

void removeFront(QByteArray *buffer, qsizetype *used)
{
    if (*used == buffer->size()) {
        buffer->resize(0);
        *used = 0;
    } else if (*used > buffer->size() / 2) {
        buffer->remove(0, *used);
        *used = 0;
    }
}

} // namespace

SocketStream::SocketStream(const QHostAddress &address, quint16 port, QObject *parent)
    : ByteStream(parent)
{
    sockaddr_storage peer;
    const socklen_t size = socketAddress(address, port, &peer);
    m_descriptor = ::socket(peer.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (m_descriptor < 0) {
        failLater(errno);
        return;
    }
    watch();
    m_readNotifier->setEnabled(false);
    if (::connect(m_descriptor, reinterpret_cast<const sockaddr *>(&peer), size) < 0 && errno != EINPROGRESS)
        failLater(errno);
    else
        m_writeNotifier->setEnabled(true);
}

SocketStream::SocketStream(int descriptor, QObject *parent)
    : ByteStream(parent)
    , m_state(State::Open)
    , m_descriptor(descriptor)
{
    ::fcntl(m_descriptor, F_SETFL, ::fcntl(m_descriptor, F_GETFL) | O_NONBLOCK);
    setOption(m_descriptor, IPPROTO_TCP, TCP_NODELAY);
    setOption(m_descriptor, SOL_SOCKET, SO_KEEPALIVE);
    watch();
}

SocketStream::~SocketStream()
{
    release();
}

void SocketStream::sendOff(std::unique_ptr<SocketStream> stream, const std::shared_ptr<Leaving> &others)
{
    if (!stream)
        return;
    SocketStream *leaving = stream.release();
    leaving->disconnect();
    if (leaving->m_state != State::Open) {
        leaving->deleteLater();
        return;
    }
    others->streams.removeIf([](const auto &other) { return other.isNull(); });
    while (others->streams.size() >= others->most) {
        SocketStream *oldest = others->streams.takeFirst();
        oldest->abort();
        oldest->deleteLater();
    }
    others->streams.append(leaving);
    const auto discard = [leaving, left = SendOffReads]() mutable {
        for (qsizetype size = leaving->read(ReadAhead).size(); size > 0; size = leaving->read(ReadAhead).size())
            left -= size;
        if (left < 0)
            leaving->deleteLater();
    };
    connect(leaving, &ByteStream::readable, leaving, discard);
    connect(leaving, &ByteStream::closed, leaving, &QObject::deleteLater);
    QTimer::singleShot(SendOffPatience, leaving, &QObject::deleteLater);
    QMetaObject::invokeMethod(leaving, &ByteStream::readable, Qt::QueuedConnection); // what has come already
    leaving->end();
}

void SocketStream::watch()
{
    m_readNotifier = std::make_unique<QSocketNotifier>(m_descriptor, QSocketNotifier::Read);
    m_writeNotifier = std::make_unique<QSocketNotifier>(m_descriptor, QSocketNotifier::Write);
    m_writeNotifier->setEnabled(false);
    connect(m_readNotifier.get(), &QSocketNotifier::activated, this, &SocketStream::onReadReady);
    connect(m_writeNotifier.get(), &QSocketNotifier::activated, this, &SocketStream::onWriteReady);
}

// Notifiers may be in the middle of their own signals.
void SocketStream::release()
{
    for (auto *notifier : {&m_readNotifier, &m_writeNotifier}) {
        if (*notifier) {
            (*notifier)->setEnabled(false);
            notifier->release()->deleteLater();
        }
    }
    if (m_descriptor >= 0)
        ::close(m_descriptor);
    m_descriptor = -1;
}

QByteArray SocketStream::read(qsizetype most)
{
    const qsizetype size = std::min(most, available());
    if (size <= 0)
        return {};
    QByteArray data;
    if (m_taken == 0 && size == m_input.size()) {
        data.swap(m_input);
    } else {
        data = m_input.mid(m_taken, size);
        m_taken += size;
        removeFront(&m_input, &m_taken);
    }
    if (m_readNotifier && !m_inputEnded && available() < ReadAhead)
        m_readNotifier->setEnabled(true);
    return data;
}

void SocketStream::write(const QByteArray &data)
{
    if (m_state != State::Open || m_endWanted || data.isEmpty())
        return;
    const bool wasEmpty = pending() == 0;
    m_output += data;
    if (wasEmpty)
        send();
    m_wasHigh = m_wasHigh || pending() > WriteMark;
}

void SocketStream::end()
{
    if (m_state != State::Open || m_endWanted)
        return;
    m_endWanted = true;
    if (pending() == 0)
        finishOutput();
}

void SocketStream::abort()
{
    m_state = State::Over;
    m_aborted = true;
    m_input.clear();
    m_taken = 0;
    m_output.clear();
    m_sent = 0;
    m_inputEnded = true;
    if (m_descriptor >= 0) {
        // The peer is to notice that it was cut, not that all was sent.
        const linger hard{1, 0};
        ::setsockopt(m_descriptor, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    }
    release();
}

void SocketStream::onReadReady()
{
    if (m_state != State::Open)
        return;
    fillInput();
    Q_EMIT readable();
}

void SocketStream::fillInput()
{
    const qsizetype room = ReadAhead - available();
    const qsizetype size = m_input.size();
    m_input.resize(size + std::max<qsizetype>(room, 0));
    const ssize_t count = room > 0 ? ::recv(m_descriptor, m_input.data() + size, static_cast<size_t>(room), 0) : -1;
    const int error = room > 0 ? errno : EAGAIN;
    m_input.resize(size + std::max<ssize_t>(count, 0));
    if (available() >= ReadAhead)
        m_readNotifier->setEnabled(false);
    if (count > 0 || (count < 0 && (error == EAGAIN || error == EINTR)))
        return;
    m_inputEnded = true;
    m_readNotifier->setEnabled(false);
    if (count < 0 || m_outputEnded)
        closeLater(count < 0);
}

void SocketStream::onWriteReady()
{
    if (m_state == State::Connecting)
        return onConnectReady();
    if (m_state != State::Open)
        return;
    send();
    if (m_wasHigh && pending() <= WriteMark / 2) {
        m_wasHigh = false;
        Q_EMIT drained();
    }
}

void SocketStream::onConnectReady()
{
    m_writeNotifier->setEnabled(false);
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(m_descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
        m_state = State::Over;
        release();
        Q_EMIT failed(QString::fromLocal8Bit(std::strerror(error)));
        return;
    }
    m_state = State::Open;
    setOption(m_descriptor, IPPROTO_TCP, TCP_NODELAY);
    setOption(m_descriptor, SOL_SOCKET, SO_KEEPALIVE);
    m_readNotifier->setEnabled(true);
    Q_EMIT connected();
}

void SocketStream::send()
{
    while (pending() > 0) {
        const ssize_t count =
            ::send(m_descriptor, m_output.constData() + m_sent, static_cast<size_t>(pending()), MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 && errno == EAGAIN)
            break;
        if (count < 0)
            return stopSending();
        m_sent += count;
    }
    removeFront(&m_output, &m_sent);
    m_writeNotifier->setEnabled(pending() > 0);
    if (pending() == 0 && m_endWanted)
        finishOutput();
}

// What the peer has said before is still to be read, at the reader's pace.
void SocketStream::stopSending()
{
    m_broken = true;
    m_endWanted = true;
    m_outputEnded = true;
    m_output.clear();
    m_sent = 0;
    m_writeNotifier->setEnabled(false);
    if (m_inputEnded)
        closeLater(true);
}

void SocketStream::finishOutput()
{
    if (m_outputEnded)
        return;
    m_outputEnded = true;
    ::shutdown(m_descriptor, SHUT_WR);
    if (m_inputEnded)
        closeLater(false);
}

void SocketStream::failLater(int error)
{
    m_state = State::Over;
    release();
    QMetaObject::invokeMethod(
        this,
        [this, error] {
            if (!m_aborted)
                Q_EMIT failed(QString::fromLocal8Bit(std::strerror(error)));
        },
        Qt::QueuedConnection);
}

// What has come can still be read.
void SocketStream::closeLater(bool broken)
{
    if (m_state == State::Over)
        return;
    m_state = State::Over;
    m_broken = m_broken || broken;
    m_inputEnded = true;
    m_output.clear();
    m_sent = 0;
    release();
    QMetaObject::invokeMethod(
        this,
        [this] {
            if (!m_aborted)
                Q_EMIT closed();
        },
        Qt::QueuedConnection);
}

} // namespace isol8::egress
