// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/remote/SocketOpening.h>

#include <QJsonDocument>
#include <QJsonObject>

using namespace Qt::StringLiterals;

namespace isol8 {

SocketOpening::SocketOpening(const http::Address &address, const QByteArray &target, const QList<http::Header> &headers,
                             milliseconds timeout, QObject *parent)
    : QObject(parent)
    , m_connection(address)
    , m_key(http::webSocketKey())
{
    connect(&m_connection, &http::Connection::head, this, [this](const http::ResponseHead &head) { m_head = head; });
    connect(&m_connection, &http::Connection::body, this, [this](const QByteArray &data) { m_body += data; });
    connect(&m_connection, &http::Connection::upgraded, this, &SocketOpening::onUpgraded);
    connect(&m_connection, &http::Connection::finished, this, &SocketOpening::onFinished);
    http::Request request;
    request.target = target;
    request.headers = headers;
    request.headers.append(http::Header{"Sec-WebSocket-Version", "13"});
    request.headers.append(http::Header{"Sec-WebSocket-Key", m_key});
    request.upgrade = true;
    request.protocol = "websocket";
    request.bodyLimit = 64 * KiB;
    request.timeout = timeout;
    m_connection.start(request);
}

void SocketOpening::onUpgraded()
{
    QByteArray rest;
    auto socket = m_connection.takeSocket(rest);
    if (m_head.status != 101 || m_head.value("sec-websocket-accept") != http::webSocketAccept(m_key)) {
        Q_EMIT failed(
            {errors::EngineUnreachable.toString(), u"What answers at the address is no isol8 service."_s, {}});
        return;
    }
    m_socket = std::make_unique<http::WebSocket>(http::WebSocketRole::Client, std::move(socket), rest, MessageLimit);
    Q_EMIT opened();
}

void SocketOpening::onFinished(const http::Failure &failure)
{
    const auto unreachable = [](const QString &detail) {
        return Error{errors::EngineUnreachable.toString(), u"The isol8 engine does not answer."_s, detail};
    };
    if (failure) {
        Q_EMIT failed(unreachable(failure.detail.isEmpty() ? u"it is silent"_s : failure.detail));
        return;
    }
    const QJsonObject answer = QJsonDocument::fromJson(m_body).object();
    const QString code = answer.value(u"code"_s).toString();
    if (code.isEmpty())
        Q_EMIT failed(unreachable(u"HTTP status %1"_s.arg(m_head.status)));
    else
        Q_EMIT failed({code, answer.value(u"error"_s).toString().left(1000), {}});
}

} // namespace isol8
