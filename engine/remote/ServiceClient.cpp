// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/remote/ServiceClient.h>

#include <QJsonDocument>
#include <QTimer>

namespace isol8::remote {

std::shared_ptr<Peer> peerOf(const ServiceEndpoint &endpoint)
{
    auto peer = std::make_shared<Peer>();
    peer->address = endpoint.address;
    peer->prefix = endpoint.prefix;
    peer->name = endpoint.toString();
    peer->hasKey = !endpoint.key.isEmpty();
    if (peer->hasKey)
        peer->headers.append(http::Header{"Authorization", "Bearer " + endpoint.key});
    return peer;
}

ServiceClient::ServiceClient(std::shared_ptr<Peer> peer, QObject *parent)
    : QObject(parent)
    , m_peer(std::move(peer))
    , m_pool(m_peer->address)
{
}

ServiceClient::ServiceClient(const ServiceEndpoint &endpoint, QObject *parent)
    : ServiceClient(peerOf(endpoint), parent)
{
}

void ServiceClient::ask(const Question &question, const Callback<QJsonObject> &done)
{
    http::Request request;
    request.method = question.method;
    request.target = m_peer->target(question.path);
    request.headers = m_peer->headers;
    request.bodyLimit = question.answerLimit;
    request.timeout = question.patience;
    request.repeatable = question.method != "POST";
    if (!question.body.isEmpty()) {
        request.headers.append(http::Header{"Content-Type", "application/json"});
        request.body = QJsonDocument(question.body).toJson(QJsonDocument::Compact);
    }
    send(request, done, 0);
}

void ServiceClient::send(const http::Request &request, const Callback<QJsonObject> &done, int attempt)
{
    http::Exchange *const exchange = m_pool.send(request, this);
    connect(exchange, &http::Exchange::finished, this,
            [this, request, done, attempt, exchange](const http::Failure &failure) {
                exchange->deleteLater();
                const http::Response &response = exchange->response();
                const auto answer = answerOf(failure, response);
                const auto wait = answer || failure
                                      ? std::nullopt
                                      : retryAfter(response.head, answer.error(), attempt, request.repeatable);
                if (!wait)
                    return done(answer);
                QTimer::singleShot(*wait, this, [this, request, done, attempt] { send(request, done, attempt + 1); });
            });
}

Result<QJsonObject> ServiceClient::answerOf(const http::Failure &failure, const http::Response &response) const
{
    if (failure)
        return fail(m_peer->unreachable(failure));
    if (response.head.status / 100 != 2)
        return fail(m_peer->refused(response.head, response.body));
    const QJsonDocument answer = QJsonDocument::fromJson(response.body);
    return answer.isObject() ? Result<QJsonObject>(answer.object()) : fail(m_peer->stranger());
}

} // namespace isol8::remote
