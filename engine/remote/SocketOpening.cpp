// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/remote/SocketOpening.h>

#include <QJsonDocument>
#include <QJsonObject>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

// A service that is asked for this path without an upgrade says 426; what knows neither says something else.
bool isUpgradeRefusal(int status, const QByteArray &body)
{
    const QString code = QJsonDocument::fromJson(body).object().value(u"code"_s).toString();
    if (!code.isEmpty() && code != u"upgrade_required" && code != errors::BadRequest && code != errors::NotFound &&
        code != u"wrong_method")
        return false;
    return status / 100 == 2 || status == 400 || status == 404 || status == 405 || status == 426 || status == 501;
}

} // namespace

SocketOpening::SocketOpening(const remote::Peer &peer, const QByteArray &path, QObject *parent)
    : QObject(parent)
    , m_peer(peer)
    , m_connection(peer.address)
    , m_key(http::webSocketKey())
{
    connect(&m_connection, &http::Connection::head, this, [this](const http::ResponseHead &head) { m_head = head; });
    connect(&m_connection, &http::Connection::body, this, [this](const QByteArray &data) { m_body += data; });
    connect(&m_connection, &http::Connection::upgraded, this, &SocketOpening::onUpgraded);
    connect(&m_connection, &http::Connection::finished, this, &SocketOpening::onFinished);
    http::Request request;
    request.target = peer.target(path);
    request.headers = peer.headers;
    request.headers.append(http::Header{"Sec-WebSocket-Version", "13"});
    request.headers.append(http::Header{"Sec-WebSocket-Key", m_key});
    request.upgrade = true;
    request.protocol = "websocket";
    request.bodyLimit = 64 * KiB;
    request.timeout = peer.patience;
    m_connection.start(request);
}

void SocketOpening::onUpgraded()
{
    QByteArray rest;
    auto socket = m_connection.takeSocket(rest);
    if (m_head.status != 101 || m_head.value("sec-websocket-accept") != http::webSocketAccept(m_key)) {
        Q_EMIT failed(m_peer.stranger());
        return;
    }
    m_socket = std::make_unique<http::WebSocket>(http::WebSocketRole::Client, std::move(socket), rest, MessageLimit);
    Q_EMIT opened();
}

void SocketOpening::onFinished(const http::Failure &failure)
{
    if (failure)
        return Q_EMIT failed(m_peer.unreachable(failure));
    m_upgradeRefused = isUpgradeRefusal(m_head.status, m_body);
    Q_EMIT failed(m_head.status / 100 == 2 ? m_peer.stranger() : m_peer.refused(m_head, m_body));
}

} // namespace isol8
