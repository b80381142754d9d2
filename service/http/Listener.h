// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>
#include <service/http/ClientConnection.h>

#include <QSslConfiguration>
#include <QTcpServer>

#include <optional>

#include <sys/types.h>

namespace isol8::service {

/*!
    Accepts clients on a Unix socket or TCP, whichever the descriptor is, and makes a ClientConnection of each; with TLS
    when that is agreed on. Clients beyond the limit get a 503 and are closed; with TLS they are only closed.
*/
class Listener : public QTcpServer
{
    Q_OBJECT

public:
    explicit Listener(const ServerLimits &limits, QObject *parent = nullptr);

    //! Takes over \a descriptor, which is bound and listens. file_error where it cannot.
    [[nodiscard]] Result<void> adopt(int descriptor);
    //! On a Unix socket: only processes of \a uid are served; others are closed unheard.
    void setOnlyPeer(uid_t uid) { m_onlyPeer = uid; }

    //! Clients that connect from here on must speak TLS. Not set: none does.
    void setTls(const std::optional<QSslConfiguration> &configuration) { m_tls = configuration; }

    //! Clients that are connected, upgraded ones not counted.
    [[nodiscard]] int connections() const { return m_connections; }
    //! Takes no more clients, and lets go of those that have nothing under way.
    void stopListening();

    using QTcpServer::addPendingConnection; //!< for Router

Q_SIGNALS:
    void requested(isol8::service::Exchange *exchange);
    void served(const isol8::service::Served &served);
    void connectionsChanged();

protected:
    void incomingConnection(qintptr descriptor) override;

private:
    [[nodiscard]] bool mayConnect(qintptr descriptor) const;
    void onAcceptError();
    void refuse(int descriptor) const;
    void welcome(QTcpSocket *socket);
    //! Until it is deleted.
    void count(QObject *client);

    const ServerLimits &m_limits;
    std::optional<uid_t> m_onlyPeer;
    std::optional<QSslConfiguration> m_tls;
    int m_connections = 0;
};

} // namespace isol8::service
