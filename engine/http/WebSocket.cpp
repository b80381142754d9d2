// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/http/WebSocket.h>

#include <QPointer>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::http {

namespace {
constexpr qsizetype SmallPart = 4 * 1024;
constexpr qsizetype LargePart = 64 * 1024;
constexpr milliseconds ClosePatience{3000};
} // namespace

WebSocket::WebSocket(WebSocketRole role, std::unique_ptr<Socket> socket, const QByteArray &rest, qint64 messageLimit,
                     QObject *parent)
    : QObject(parent)
    , m_role(role)
    , m_socket(std::move(socket))
    , m_parser(role, messageLimit)
    , m_buffer(rest)
    , m_end(rest.size())
{
    m_heartbeat.setSingleShot(true);
    m_closeTimer.setSingleShot(true);
    connect(&m_heartbeat, &QTimer::timeout, this, &WebSocket::onSilence);
    connect(&m_closeTimer, &QTimer::timeout, this, &WebSocket::onCloseTimeout);
    connect(m_socket.get(), &Socket::readyRead, this, &WebSocket::read);
    connect(m_socket.get(), &Socket::written, this, &WebSocket::written);
    connect(m_socket.get(), &Socket::closed, this, &WebSocket::onSocketClosed);
    QMetaObject::invokeMethod(this, &WebSocket::read, Qt::QueuedConnection);
}

WebSocket::~WebSocket() = default;

void WebSocket::sendText(QByteArrayView utf8)
{
    send(WebSocketOpcode::Text, utf8);
}

void WebSocket::sendBinary(QByteArrayView data)
{
    send(WebSocketOpcode::Binary, data);
}

void WebSocket::send(WebSocketOpcode opcode, QByteArrayView payload)
{
    if (m_state == State::Open)
        m_socket->write(webSocketFrame(m_role, opcode, payload));
}

void WebSocket::close(quint16 code, QByteArrayView reason)
{
    if (m_state != State::Open)
        return;
    m_state = State::Closing;
    m_heartbeat.stop();
    m_socket->write(webSocketClose(m_role, code, reason));
    if (m_closeSeen)
        m_socket->finish();
    m_closeTimer.start(ClosePatience);
    if (std::exchange(m_paused, false))
        QMetaObject::invokeMethod(this, &WebSocket::read, Qt::QueuedConnection);
}

void WebSocket::setPaused(bool paused)
{
    if (m_paused == paused || m_state != State::Open)
        return;
    m_paused = paused;
    if (!paused)
        QMetaObject::invokeMethod(this, &WebSocket::read, Qt::QueuedConnection);
    if (m_interval.count() > 0) {
        m_pinged = false;
        m_heartbeat.start(m_interval);
    }
}

void WebSocket::setHeartbeat(milliseconds interval)
{
    m_interval = interval;
    m_pinged = false;
    if (interval.count() > 0)
        m_heartbeat.start(interval);
    else
        m_heartbeat.stop();
}

void WebSocket::onSilence()
{
    // A peer that does not read cannot answer either; that is for whoever watches what is not written.
    if (m_socket->bytesToWrite() == 0) {
        if (m_pinged && !m_paused)
            return endWith(closecodes::GoingAway, u"the peer does not answer"_s);
        // While paused its pings are not read, and so not answered: an unasked Pong says that this side lives.
        m_pinged = !m_paused;
        send(m_paused ? WebSocketOpcode::Pong : WebSocketOpcode::Ping, {});
    }
    m_heartbeat.start(m_interval);
}

void WebSocket::read()
{
    const QPointer<WebSocket> alive(this);
    while (alive && m_state != State::Closed && !m_paused) {
        if (m_begin == m_end) {
            if (m_end == m_buffer.size())
                m_buffer.resize(std::clamp(2 * m_buffer.size(), SmallPart, LargePart));
            m_begin = 0;
            m_end = m_socket->read(m_buffer.data(), m_buffer.size());
            if (m_end == 0)
                return;
            m_pinged = false;
            if (m_interval.count() > 0 && m_state == State::Open)
                m_heartbeat.start(m_interval);
        }
        if (m_closeSeen) {
            m_begin = m_end; // what comes behind the peer's last word is nothing
            continue;
        }
        const auto step = m_parser.parse(QByteArrayView(m_buffer).sliced(m_begin, m_end - m_begin));
        m_begin += step.consumed;
        handle(step.event);
        if (alive && m_allowance && m_state == State::Open && !m_allowance(m_parser.held())) {
            m_closeSeen = true;
            m_code = closecodes::TryAgainLater;
            m_reason = u"too many messages are held"_s;
            close(m_code, m_reason.toUtf8());
        }
    }
}

void WebSocket::handle(WebSocketParser::Event event)
{
    switch (event) {
    case WebSocketParser::Event::NeedMore:
    case WebSocketParser::Event::Pong:
        break;
    case WebSocketParser::Event::Text:
        if (m_state == State::Open)
            Q_EMIT text(m_parser.payload());
        break;
    case WebSocketParser::Event::Binary:
        if (m_state == State::Open)
            Q_EMIT binary(m_parser.payload());
        break;
    case WebSocketParser::Event::Ping:
        send(WebSocketOpcode::Pong, m_parser.payload());
        break;
    case WebSocketParser::Event::Close:
        m_closeSeen = true;
        m_code = m_parser.closeCode();
        m_reason = QString::fromUtf8(m_parser.payload());
        if (m_state == State::Closing)
            return endWith(m_code, m_reason);
        close(m_code == closecodes::None ? closecodes::Normal : m_code);
        break;
    case WebSocketParser::Event::Failed:
        m_closeSeen = true;
        m_code = m_parser.closeCode();
        m_reason = m_parser.problem();
        close(m_code, m_reason.toUtf8());
        break;
    }
}

void WebSocket::onSocketClosed(const Failure &failure)
{
    const QPointer<WebSocket> alive(this);
    // What came before the end is still told.
    m_paused = false;
    read();
    if (alive)
        endWith(m_code, m_reason.isEmpty() ? failure.detail : m_reason);
}

void WebSocket::onCloseTimeout()
{
    // A peer that reads slowly still gets everything; one that does not read at all ends by Socket's write timeout.
    if (m_socket->bytesToWrite() > 0)
        m_closeTimer.start(ClosePatience);
    else
        endWith(m_code, m_reason);
}

void WebSocket::endWith(quint16 code, const QString &reason)
{
    if (std::exchange(m_state, State::Closed) == State::Closed)
        return;
    m_heartbeat.stop();
    m_closeTimer.stop();
    Q_EMIT closed(code, reason);
}

} // namespace isol8::http
