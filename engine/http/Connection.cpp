// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/http/Connection.h>

#include <QPointer>

#include <algorithm>
#include <utility>

using namespace Qt::StringLiterals;

namespace isol8::http {

namespace {
constexpr qsizetype SmallRead = 4 * 1024;
constexpr qsizetype LargeRead = 64 * 1024;
constexpr qint64 UploadPart = 64 * KiB;

// Without the port where it is the scheme's own: servers that sign or compare the field know it so.
QByteArray hostField(const Address &address)
{
    if (address.kind == Address::Kind::Unix)
        return "docker";
    const QByteArray host = address.host.toLatin1();
    const QByteArray name = host.contains(':') ? '[' + host + ']' : host;
    const bool usual = address.port == (address.kind == Address::Kind::Tls ? 443 : 80);
    return usual ? name : name + ':' + QByteArray::number(address.port);
}
} // namespace

Connection::Connection(const Address &address, QObject *parent)
    : QObject(parent)
    , m_address(address)
{
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &Connection::onSilence);
}

Connection::~Connection() = default;

void Connection::start(const Request &request)
{
    Q_ASSERT(m_state == State::Idle);
    ++m_exchanges;
    m_request = request;
    m_parser =
        ResponseParser({request.method == "HEAD", request.upgrade, request.streamed ? NoLimit : request.bodyLimit});
    m_source.reset();
    m_paused = m_answered = m_sent = m_sourceWaits = false;
    m_begin = m_end = 0;
    stirred();
    if (request.timeout.count() > 0)
        m_timer.start(request.timeout);
    if (m_socket) {
        m_state = State::Active;
        sendHead();
        return;
    }
    m_state = State::Connecting;
    m_socket = std::make_unique<Socket>(m_address);
    connect(m_socket.get(), &Socket::connected, this, &Connection::onConnected);
    connect(m_socket.get(), &Socket::failed, this, &Connection::end);
    connect(m_socket.get(), &Socket::readyRead, this, &Connection::onReadyRead);
    connect(m_socket.get(), &Socket::written, this, &Connection::onWritten);
    connect(m_socket.get(), &Socket::closed, this, &Connection::onClosed);
    m_socket->open();
}

void Connection::onConnected()
{
    stirred();
    m_state = State::Active;
    sendHead();
    pump();
}

void Connection::sendHead()
{
    QByteArray bytes;
    bytes.reserve(512 + m_request.body.size());
    bytes += m_request.method + ' ' + m_request.target + " HTTP/1.1\r\nHost: ";
    bytes += hostField(m_address);
    bytes += "\r\nUser-Agent: isol8\r\n";
    for (const Header &header : std::as_const(m_request.headers))
        bytes += header.name + ": " + header.value + "\r\n";
    if (m_request.upgrade)
        bytes += "Connection: Upgrade\r\nUpgrade: " + m_request.protocol + "\r\n";
    if (m_request.device) {
        bytes += "Transfer-Encoding: chunked\r\n";
        m_source = std::make_unique<BodySource>(m_request.device);
        connect(m_source.get(), &BodySource::ready, this, &Connection::pump);
    } else if (!m_request.body.isEmpty() || m_request.method == "POST" || m_request.method == "PUT") {
        bytes += "Content-Length: " + QByteArray::number(m_request.body.size()) + "\r\n";
    }
    bytes += "\r\n";
    bytes += m_request.body;
    m_socket->write(bytes);
}

void Connection::onWritten()
{
    m_sent = true;
    stirred();
    pump();
}

void Connection::pump()
{
    while (m_state == State::Active && m_source && m_socket->isConnected() &&
           m_socket->bytesToWrite() < WriteBufferSize) {
        const BodySource::Part part = m_source->read(UploadPart);
        if (std::exchange(m_sourceWaits, part.status == BodySource::Status::Wait))
            stirred();
        switch (part.status) {
        case BodySource::Status::Data:
            m_socket->write(QByteArray::number(part.data.size(), 16) + "\r\n");
            m_socket->write(part.data);
            m_socket->write("\r\n");
            break;
        case BodySource::Status::Wait:
            return;
        case BodySource::Status::End:
            m_socket->write("0\r\n\r\n");
            m_source.release()->deleteLater();
            return;
        case BodySource::Status::Failed:
            return end({Failure::Kind::Source, part.problem});
        }
    }
}

void Connection::onReadyRead()
{
    if (m_state == State::Idle) {
        m_state = State::Broken;
        Q_EMIT lost();
        return;
    }
    process();
}

void Connection::process()
{
    const QPointer<Connection> alive(this);
    bool more = true;
    while (more && m_state == State::Active && !m_paused) {
        const auto step = m_parser.parse(QByteArrayView(m_buffer).sliced(m_begin, m_end - m_begin));
        m_begin += step.consumed;
        switch (step.event) {
        case ResponseParser::Event::NeedMore:
            more = readMore();
            break;
        case ResponseParser::Event::Interim: // was not asked for
            break;
        case ResponseParser::Event::Head:
            Q_EMIT head(m_parser.head());
            break;
        case ResponseParser::Event::Body:
            Q_EMIT body(step.body.toByteArray());
            break;
        case ResponseParser::Event::Complete:
            return complete();
        case ResponseParser::Event::Upgraded:
            m_state = State::Upgraded;
            m_timer.stop();
            Q_EMIT upgraded();
            return;
        case ResponseParser::Event::Failed:
            return end({Failure::Kind::Protocol, m_parser.problem()});
        }
        if (!alive)
            return;
    }
    if (!m_peerClosed || m_state != State::Active || m_paused)
        return;
    if (m_closeFailure)
        return end(m_closeFailure);
    if (m_parser.finish() == ResponseParser::Event::Complete)
        return complete();
    end({Failure::Kind::Lost, m_parser.problem()});
}

bool Connection::readMore()
{
    // Grows while reads fill it, so that a quiet connection stays small.
    if (m_end == m_buffer.size())
        m_buffer.resize(std::clamp(2 * m_buffer.size(), SmallRead, LargeRead));
    m_begin = 0;
    m_end = m_socket->read(m_buffer.data(), m_buffer.size());
    if (m_end == 0)
        return false;
    m_answered = true;
    stirred();
    return true;
}

void Connection::complete()
{
    // What the answer did not wait for, or what came behind it, leaves the connection in no known state.
    if (m_source || !m_parser.keepsAlive() || m_begin != m_end || m_peerClosed)
        return end({});
    m_timer.stop();
    m_state = State::Idle;
    m_request = {};
    Q_EMIT finished({});
}

void Connection::end(const Failure &failure)
{
    if (m_state != State::Active && m_state != State::Connecting)
        return;
    m_timer.stop();
    m_state = State::Broken;
    if (m_source)
        m_source->disconnect(this);
    Q_EMIT finished(failure);
}

void Connection::onClosed(const Failure &failure)
{
    m_peerClosed = true;
    m_closeFailure = failure;
    if (m_state == State::Idle) {
        m_state = State::Broken;
        Q_EMIT lost();
        return;
    }
    process();
}

void Connection::setPaused(bool paused)
{
    if (m_paused == paused)
        return;
    m_paused = paused;
    stirred();
    if (!paused)
        QMetaObject::invokeMethod(this, &Connection::process, Qt::QueuedConnection);
}

bool Connection::countsSilence() const
{
    return !m_paused && !(m_source && m_sourceWaits && m_socket->bytesToWrite() == 0);
}

void Connection::onSilence()
{
    if (!countsSilence())
        stirred();
    const qint64 left = m_request.timeout.count() - m_activity.elapsed();
    if (left > 0)
        m_timer.start(milliseconds(left));
    else
        end({Failure::Kind::Timeout, {}});
}

void Connection::close()
{
    m_timer.stop();
    m_state = State::Broken;
    m_source.reset();
    m_socket.reset();
}

bool Connection::isReusable() const
{
    return m_state == State::Idle && m_socket && m_socket->isConnected() && !m_socket->isStale();
}

std::unique_ptr<Socket> Connection::takeSocket(QByteArray &rest)
{
    rest = m_buffer.mid(m_begin, m_end - m_begin);
    m_socket->disconnect(this);
    m_state = State::Broken;
    return std::move(m_socket);
}

} // namespace isol8::http
