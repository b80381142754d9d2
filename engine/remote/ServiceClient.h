// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Callback.h>
#include <isol8/http/Pool.h>
#include <isol8/remote/Peer.h>
#include <isol8/remote/ServiceEndpoint.h>

#include <QJsonObject>

#include <memory>

namespace isol8::remote {

/*!
    Requests to a service whose answers are JSON objects, over connections that are kept. One that is refused for now is
    sent again (retryAfter()), and one that meets a kept connection that had died, where asking twice does no harm.

    Errors: engine_unreachable, those of remote/ServiceEndpoint.h, and what the service says. Deleting this gives the
    requests up.
*/
class ServiceClient : public QObject
{
    Q_OBJECT

public:
    explicit ServiceClient(std::shared_ptr<Peer> peer, QObject *parent = nullptr);
    explicit ServiceClient(const ServiceEndpoint &endpoint, QObject *parent = nullptr);

    struct Question
    {
        QByteArray method = "GET";
        QByteArray path; //!< behind the service's prefix, with its query; percent-encoded
        QJsonObject body = {};
        qint64 answerLimit = http::DefaultBodyLimit;
        milliseconds patience = http::Request().timeout; //!< of silence; zero: none
    };
    void ask(const Question &question, const Callback<QJsonObject> &done);

    [[nodiscard]] const Peer &peer() const { return *m_peer; }

private:
    void send(const http::Request &request, const Callback<QJsonObject> &done, int attempt);
    [[nodiscard]] Result<QJsonObject> answerOf(const http::Failure &failure, const http::Response &response) const;

    std::shared_ptr<Peer> m_peer;
    http::Pool m_pool;
};

//! What a ServiceClient, or a RemoteEngine, knows of it.
[[nodiscard]] std::shared_ptr<Peer> peerOf(const ServiceEndpoint &endpoint);

} // namespace isol8::remote
