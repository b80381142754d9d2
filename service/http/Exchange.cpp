// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/http/Exchange.h>

#include <service/http/ClientConnection.h>

#include <QJsonDocument>

#include <algorithm>
#include <array>

using namespace Qt::StringLiterals;

namespace isol8::service {

namespace {

constexpr std::array Phrases{
    std::pair{100, "Continue"},
    std::pair{101, "Switching Protocols"},
    std::pair{200, "OK"},
    std::pair{201, "Created"},
    std::pair{400, "Bad Request"},
    std::pair{401, "Unauthorized"},
    std::pair{403, "Forbidden"},
    std::pair{404, "Not Found"},
    std::pair{405, "Method Not Allowed"},
    std::pair{408, "Request Timeout"},
    std::pair{409, "Conflict"},
    std::pair{410, "Gone"},
    std::pair{412, "Precondition Failed"},
    std::pair{413, "Content Too Large"},
    std::pair{417, "Expectation Failed"},
    std::pair{422, "Unprocessable Content"},
    std::pair{426, "Upgrade Required"},
    std::pair{429, "Too Many Requests"},
    std::pair{431, "Request Header Fields Too Large"},
    std::pair{500, "Internal Server Error"},
    std::pair{501, "Not Implemented"},
    std::pair{502, "Bad Gateway"},
    std::pair{503, "Service Unavailable"},
    std::pair{504, "Gateway Timeout"},
    std::pair{505, "HTTP Version Not Supported"},
};

} // namespace

QByteArray reasonPhrase(int status)
{
    for (const auto &[code, phrase] : Phrases) {
        if (code == status)
            return phrase;
    }
    return "Unknown";
}

QByteArray serverField()
{
    return "Server: isol8/" ISOL8_VERSION "\r\n";
}

Exchange::Exchange(ClientConnection *connection, http::RequestHead head)
    : QObject(connection)
    , m_connection(connection)
    , m_head(std::move(head))
{
}

void Exchange::readBody(std::function<void()> then)
{
    if (m_state != State::Open || !m_connection)
        return;
    m_bodyRead = std::move(then);
    m_connection->readBody(true);
}

void Exchange::takeWholeBody(QByteArray body)
{
    m_body = std::move(body);
    if (const auto then = std::exchange(m_bodyRead, {}))
        then();
}

void Exchange::streamBody()
{
    if (m_state == State::Open && m_connection)
        m_connection->readBody(false);
}

void Exchange::setBodyPaused(bool paused)
{
    if (m_state == State::Open && m_connection)
        m_connection->setBodyPaused(paused);
}

QByteArray Exchange::responseHead(int status, const QList<http::Header> &headers)
{
    m_status = status;
    QByteArray bytes = "HTTP/1.1 " + QByteArray::number(status) + ' ' + reasonPhrase(status) + "\r\n" + serverField();
    for (const http::Header &header : headers)
        bytes += header.name + ": " + header.value + "\r\n";
    if (!m_connection->keepsAlive())
        bytes += "Connection: close\r\n";
    else if (m_head.minorVersion == 0)
        bytes += "Connection: keep-alive\r\n";
    return bytes;
}

void Exchange::respond(int status, const QByteArray &contentType, const QByteArray &body,
                       const QList<http::Header> &headers)
{
    if (m_state != State::Open || !m_connection)
        return;
    m_state = State::Answered;
    QByteArray bytes = responseHead(status, headers);
    bytes += "Content-Type: " + contentType + "\r\nContent-Length: " + QByteArray::number(body.size()) + "\r\n\r\n";
    if (m_head.method != "HEAD")
        bytes += body;
    m_connection->write(bytes);
    m_connection->exchangeDone();
}

void Exchange::respondJson(int status, const QJsonObject &object, const QList<http::Header> &headers)
{
    respond(status, "application/json", QJsonDocument(object).toJson(QJsonDocument::Compact), headers);
}

void Exchange::respondError(int status, const Error &error, const QList<http::Header> &headers)
{
    const QString sentence = error.detail.isEmpty() ? error.message : error.message + u" ("_s + error.detail + u')';
    respondJson(status, {{u"error"_s, sentence}, {u"code"_s, error.code}}, headers);
}

void Exchange::startStream(const QByteArray &contentType, const QList<http::Header> &headers)
{
    if (m_state != State::Open || !m_connection)
        return;
    m_state = State::Streaming;
    // HTTP/1.0 has no chunks: there the connection's end is the body's.
    if (m_head.minorVersion == 0)
        m_connection->setKeepAlive(false);
    QByteArray bytes =
        responseHead(200, QList<http::Header>{{"Content-Type", contentType}, {"Cache-Control", "no-cache"}} + headers);
    if (m_head.minorVersion == 1)
        bytes += "Transfer-Encoding: chunked\r\n";
    m_connection->write(bytes + "\r\n");
}

void Exchange::startStream(const QByteArray &contentType, qint64 length, const QList<http::Header> &headers)
{
    if (m_state != State::Open || !m_connection)
        return;
    m_state = State::Streaming;
    m_left = length;
    m_connection->write(responseHead(200, headers) + "Content-Type: " + contentType +
                        "\r\nContent-Length: " + QByteArray::number(length) + "\r\n\r\n");
}

void Exchange::write(const QByteArray &data)
{
    if (m_state != State::Streaming || !m_connection || data.isEmpty() || m_head.method == "HEAD")
        return;
    if (m_left >= 0) {
        const QByteArray part = data.first(std::min<qint64>(m_left, data.size()));
        m_left -= part.size();
        m_connection->write(part);
    } else if (m_head.minorVersion == 0) {
        m_connection->write(data);
    } else {
        m_connection->write(QByteArray::number(data.size(), 16) + "\r\n" + data + "\r\n");
    }
}

void Exchange::end()
{
    if (m_state != State::Streaming || !m_connection)
        return;
    if (m_left > 0 && m_head.method != "HEAD")
        return breakOff();
    m_state = State::Answered;
    if (m_left < 0 && m_head.minorVersion == 1 && m_head.method != "HEAD")
        m_connection->write("0\r\n\r\n");
    m_connection->exchangeDone();
}

void Exchange::breakOff()
{
    if (m_state != State::Streaming || !m_connection)
        return;
    m_state = State::Answered;
    m_connection->breakOff();
}

qint64 Exchange::pendingBytes() const
{
    return m_connection ? m_connection->pendingBytes() : 0;
}

std::unique_ptr<http::WebSocket> Exchange::upgrade(qint64 messageLimit)
{
    if (m_state != State::Open || !m_connection)
        return {};
    const QByteArray key = m_head.value("sec-websocket-key");
    if (!m_head.hasToken("upgrade", "websocket") || !m_head.hasToken("connection", "upgrade") ||
        m_head.minorVersion == 0) {
        respondError(426, {u"upgrade_required"_s, u"This address speaks WebSocket; ask for an upgrade to it."_s, {}},
                     {{"Upgrade", "websocket"}});
        return {};
    }
    if (m_head.value("sec-websocket-version") != "13") {
        respondError(426, {u"upgrade_required"_s, u"This service speaks version 13 of WebSocket."_s, {}},
                     {{"Sec-WebSocket-Version", "13"}});
        return {};
    }
    if (QByteArray::fromBase64(key).size() != 16 || !m_body.isEmpty()) {
        respondError(400, {errors::BadRequest.toString(), u"The WebSocket handshake is not complete."_s, {}});
        return {};
    }
    m_state = State::Answered;
    m_status = 101;
    m_connection->write("HTTP/1.1 101 Switching Protocols\r\n" + serverField() +
                        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: " +
                        http::webSocketAccept(key) + "\r\n\r\n");
    QByteArray rest;
    auto socket = m_connection->takeSocket(&rest);
    return std::make_unique<http::WebSocket>(http::WebSocketRole::Server, std::move(socket), rest, messageLimit);
}

} // namespace isol8::service
