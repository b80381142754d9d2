// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/http/ClientConnection.h>

#include <service/http/Exchange.h>

#include <QJsonDocument>

#include <array>
#include <limits>

using namespace Qt::StringLiterals;

namespace isol8::service {

namespace {

constexpr qsizetype ReadPart = 64 * 1024;
// How long, and for how many bytes, a client that is refused may go on talking, so that it gets to read why.
constexpr milliseconds CloseLinger{2000};
constexpr qint64 DrainLimit = 64 * MiB;

QString codeOfHead(int status)
{
    return (status == 413 || status == 431 ? errors::TooLarge : errors::BadRequest).toString();
}

} // namespace

ClientConnection::ClientConnection(std::unique_ptr<http::Socket> socket, const ServerLimits &limits, QObject *parent)
    : QObject(parent)
    , m_socket(std::move(socket))
    , m_limits(limits)
{
    m_socket->setWriteTimeout(limits.writeTimeout);
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &ClientConnection::onTimeout);
    connect(m_socket.get(), &http::Socket::readyRead, this, &ClientConnection::read);
    connect(m_socket.get(), &http::Socket::written, this, [this] {
        if (m_exchange)
            Q_EMIT m_exchange->written();
    });
    connect(m_socket.get(), &http::Socket::closed, this, &ClientConnection::vanish);
    // Who connects and says nothing is not idle, but late.
    m_timer.start(limits.headTimeout);
    QMetaObject::invokeMethod(this, &ClientConnection::read, Qt::QueuedConnection);
}

ClientConnection::~ClientConnection() = default;

void ClientConnection::closeWhenDone()
{
    m_keepAlive = false;
    if (m_state == State::Idle && m_buffer.isEmpty())
        vanish(); // it has all that it asked for
    else if (m_state == State::Idle || m_state == State::Head)
        beginClosing();
}

void ClientConnection::write(const QByteArray &data)
{
    m_served.bytes += data.size();
    if (m_socket)
        m_socket->write(data);
}

qint64 ClientConnection::pendingBytes() const
{
    return m_socket ? m_socket->bytesToWrite() : 0;
}

bool ClientConnection::readMore()
{
    std::array<char, ReadPart> part;
    const qint64 size = m_socket->read(part.data(), part.size());
    m_buffer.append(part.data(), size);
    return size > 0;
}

void ClientConnection::read()
{
    if (m_reading)
        return;
    m_reading = true;
    while (m_socket && m_state != State::Gone && m_state != State::Handling &&
           !(m_state == State::Body && m_bodyPaused)) {
        const State before = m_state;
        const qsizetype had = m_buffer.size();
        if (m_state == State::Closing) {
            m_drained += std::exchange(m_buffer, {}).size();
            if (!readMore())
                break;
            if (m_drained > DrainLimit) {
                vanish();
                break;
            }
            continue;
        }
        if (m_state == State::Idle && had > 0) {
            m_state = State::Head;
            m_timer.start(m_limits.headTimeout);
        }
        if (m_state == State::Head)
            readHead();
        else if (m_state == State::Body)
            takeBody();
        if (m_state == before && m_buffer.size() == had && !readMore())
            break;
    }
    m_reading = false;
}

void ClientConnection::readHead()
{
    http::HeadParse parse = http::parseRequestHead(m_buffer);
    if (parse.status == http::HeadParse::Status::NeedMore)
        return;
    if (parse.status == http::HeadParse::Status::Refused)
        return refuse(parse.httpStatus, codeOfHead(parse.httpStatus), parse.problem);
    m_buffer.remove(0, parse.consumed);
    const http::RequestHead &head = parse.head;
    m_since.start();
    m_served = {head.method, head.path, 0, {}, {}, 0};
    m_keepAlive = m_keepAlive && head.keepAlive;
    m_body = http::BodyDecoder(head, m_limits.body);
    m_bodyOver = !head.chunked && head.contentLength == 0;
    m_bodyIsSmall = !head.chunked && head.contentLength <= ServerLimits::BodyThrownAway && !head.expectsContinue;
    m_bodyBytes = 0;
    m_bodyWhole = true;
    m_bodyPaused = false;
    m_state = State::Handling;
    m_timer.stop();
    m_exchange = new Exchange(this, std::move(parse.head));
    Q_EMIT requested(m_exchange);
}

void ClientConnection::readBody(bool whole)
{
    if (m_state != State::Handling || !m_exchange)
        return;
    const http::RequestHead &head = m_exchange->head();
    m_bodyWhole = whole;
    if (!whole)
        m_body = http::BodyDecoder(head, std::numeric_limits<qint64>::max());
    m_bodyBytes = 0;
    m_state = State::Body;
    m_timer.start(m_limits.bodyTimeout);
    const bool refused = whole && head.contentLength > m_limits.body; // before it is sent
    m_collected = 0;
    if (whole && !refused) {
        const Caller &caller = m_exchange->caller();
        m_hold = BodyHold(m_limits.bodies, caller.tenant, caller.isLocal);
    }
    if (head.expectsContinue && !m_bodyOver && !refused && m_buffer.isEmpty())
        m_socket->write("HTTP/1.1 100 Continue\r\n\r\n");
    if (!m_reading)
        QMetaObject::invokeMethod(this, &ClientConnection::read, Qt::QueuedConnection);
}

void ClientConnection::setBodyPaused(bool paused)
{
    if (std::exchange(m_bodyPaused, paused) == paused || m_state != State::Body)
        return;
    if (paused)
        return m_timer.stop();
    m_bodyBytes = 0;
    m_timer.start(m_limits.bodyTimeout);
    QMetaObject::invokeMethod(this, &ClientConnection::read, Qt::QueuedConnection);
}

void ClientConnection::takeBody()
{
    qsizetype consumed = 0;
    const http::BodyDecoder::Status status = m_body.feed(m_buffer, &consumed);
    m_buffer.remove(0, consumed);
    m_bodyBytes += consumed;
    m_collected += consumed;
    if (m_bodyWhole && m_exchange) {
        if (const auto room = m_hold.resize(m_collected); !room)
            return refuseBody(room.error());
    }
    if (!m_bodyWhole) {
        const QByteArray part = m_body.take();
        m_bodyOver = status == http::BodyDecoder::Status::Done;
        if (!part.isEmpty())
            Q_EMIT m_exchange->bodyData(part);
        if (m_state != State::Body || !m_exchange)
            return; // it was answered meanwhile
    }
    switch (status) {
    case http::BodyDecoder::Status::NeedMore:
        break;
    case http::BodyDecoder::Status::Done:
        bodyDone();
        break;
    case http::BodyDecoder::Status::TooLarge:
        refuse(413, errors::TooLarge.toString(), u"The body is larger than %1."_s.arg(formatSize(m_limits.body)));
        break;
    case http::BodyDecoder::Status::Malformed:
        refuse(400, errors::BadRequest.toString(), u"The chunks of the body are malformed."_s);
        break;
    }
}

void ClientConnection::bodyDone()
{
    m_bodyOver = true;
    m_state = State::Handling;
    m_timer.stop();
    if (!m_exchange)
        becomeIdle(); // the answer was there before it
    else if (m_bodyWhole)
        m_exchange->takeWholeBody(m_body.take());
    else
        Q_EMIT m_exchange->bodyEnded();
}

void ClientConnection::refuseBody(const Error &why)
{
    refuse(why.code == TooManyOwnBodies ? 429 : 503, why.code, why.message, "Retry-After: 5\r\n");
}

// A body that has come already, or is small enough to be read over, is no reason to close.
bool ClientConnection::keepsAlive()
{
    if (!m_bodyOver) {
        qsizetype consumed = 0;
        m_bodyOver = m_body.feed(m_buffer, &consumed) == http::BodyDecoder::Status::Done;
        m_buffer.remove(0, consumed);
        [[maybe_unused]] const QByteArray thrownAway = m_body.take();
    }
    m_keepAlive = m_keepAlive && (m_bodyOver || m_bodyIsSmall);
    return m_keepAlive;
}

void ClientConnection::breakOff()
{
    QMetaObject::invokeMethod(this, &ClientConnection::vanish, Qt::QueuedConnection);
}

// From inside a handler, too: what follows waits for the event loop.
void ClientConnection::exchangeDone()
{
    if (Exchange *done = std::exchange(m_exchange, nullptr)) {
        tellServed(done->status(), done->caller().tenant);
        done->deleteLater();
        m_hold = {};
    }
    if (m_state != State::Handling && m_state != State::Body)
        return;
    m_state = State::Handling;
    m_timer.stop();
    QMetaObject::invokeMethod(this, &ClientConnection::nextRequest, Qt::QueuedConnection);
}

void ClientConnection::nextRequest()
{
    if (m_state != State::Handling || !m_socket)
        return;
    if (!keepsAlive())
        return beginClosing(!m_bodyOver);
    if (m_bodyOver)
        return becomeIdle();
    m_state = State::Body;
    m_bodyWhole = true;
    m_bodyPaused = false;
    m_timer.start(m_limits.bodyTimeout);
    read();
}

void ClientConnection::becomeIdle()
{
    if (!m_keepAlive)
        return beginClosing();
    m_state = State::Idle;
    m_timer.start(m_limits.idleTimeout);
    QMetaObject::invokeMethod(this, &ClientConnection::read, Qt::QueuedConnection);
}

void ClientConnection::tellServed(int status, const QString &tenant)
{
    m_served.status = status;
    m_served.tenant = tenant;
    m_served.took = m_since.isValid() ? milliseconds(m_since.elapsed()) : milliseconds(0);
    Q_EMIT served(std::exchange(m_served, {}));
}

std::unique_ptr<http::Socket> ClientConnection::takeSocket(QByteArray *rest)
{
    *rest = std::exchange(m_buffer, {});
    m_socket->disconnect(this);
    auto socket = std::move(m_socket);
    exchangeDone();
    m_state = State::Gone;
    m_timer.stop();
    deleteLater();
    return socket;
}

void ClientConnection::refuse(int status, const QString &code, const QString &sentence, const QByteArray &fields)
{
    m_hold = {};
    if (m_state == State::Body && !m_exchange)
        return beginClosing(true); // it was answered
    if (Exchange *exchange = std::exchange(m_exchange, nullptr)) {
        m_served.tenant = exchange->caller().tenant;
        delete exchange; // and what works for it
    }
    const QByteArray body =
        QJsonDocument(QJsonObject{{u"error"_s, sentence}, {u"code"_s, code}}).toJson(QJsonDocument::Compact);
    write("HTTP/1.1 " + QByteArray::number(status) + ' ' + reasonPhrase(status) + "\r\n" + serverField() +
          "Connection: close\r\n" + fields +
          "Content-Type: application/json\r\nContent-Length: " + QByteArray::number(body.size()) + "\r\n\r\n" + body);
    tellServed(status, m_served.tenant);
    beginClosing(true);
}

// TLS has no half of a connection to close: a client that is still sending would be cut off before it reads.
void ClientConnection::beginClosing(bool clientMaySend)
{
    m_state = State::Closing;
    m_timer.start(CloseLinger);
    m_finishLate = clientMaySend && !m_socket->canHalfClose();
    if (!m_finishLate)
        m_socket->finish();
    QMetaObject::invokeMethod(this, &ClientConnection::read, Qt::QueuedConnection);
}

void ClientConnection::onTimeout()
{
    switch (m_state) {
    case State::Idle:
        if (m_buffer.isEmpty())
            return beginClosing();
        [[fallthrough]];
    case State::Head:
        return refuse(408, errors::Timeout.toString(), u"The request's head did not come in time."_s);
    case State::Body:
        if (m_bodyBytes < ServerLimits::BodyProgress)
            return refuse(408, errors::Timeout.toString(), u"The request's body did not come in time."_s);
        m_bodyBytes = 0;
        m_timer.start(m_limits.bodyTimeout);
        return;
    case State::Closing:
        // What is still being read by the client ends by the write timeout.
        if (m_socket->bytesToWrite() > 0)
            m_timer.start(CloseLinger);
        else if (std::exchange(m_finishLate, false))
            beginClosing(false);
        else
            vanish();
        return;
    case State::Handling:
    case State::Gone:
        return;
    }
}

void ClientConnection::vanish()
{
    m_state = State::Gone;
    m_timer.stop();
    if (m_exchange)
        tellServed(m_exchange->status(), m_exchange->caller().tenant);
    // What works for a request ends now, and not when the event loop gets to it.
    delete std::exchange(m_exchange, nullptr);
    deleteLater();
}

} // namespace isol8::service
