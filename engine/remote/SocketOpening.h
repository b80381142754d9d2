// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>
#include <isol8/http/Connection.h>
#include <isol8/http/WebSocket.h>
#include <isol8/remote/Peer.h>

#include <QObject>

#include <memory>

namespace isol8 {

/*!
    Opens a WebSocket to a service. Ends by exactly one of opened() and failed(), never from inside the call that made
    it; deleting it gives it up.

    Errors: engine_unreachable where nobody answers or what answers is no such service; what the service says where it
    refuses (other_engine); those of remote/ServiceEndpoint.h.
*/
class SocketOpening : public QObject
{
    Q_OBJECT

public:
    SocketOpening(const remote::Peer &peer, const QByteArray &path, QObject *parent = nullptr);

    //! After opened(), once.
    [[nodiscard]] std::unique_ptr<http::WebSocket> takeSocket() { return std::move(m_socket); }
    //! After failed(): the answer's; its status is 0 where there was none.
    [[nodiscard]] const http::ResponseHead &head() const { return m_head; }
    //! After failed(): the upgrade alone was refused, by the service or by what stands before it.
    [[nodiscard]] bool isUpgradeRefused() const { return m_upgradeRefused; }

    static constexpr qint64 MessageLimit = 512 * MiB; //!< of what a service sends: a result holds the files

Q_SIGNALS:
    void opened();
    void failed(const isol8::Error &error);

private:
    void onUpgraded();
    void onFinished(const http::Failure &failure);

    remote::Peer m_peer;
    http::Connection m_connection;
    QByteArray m_key;
    http::ResponseHead m_head;
    QByteArray m_body;
    bool m_upgradeRefused = false;
    std::unique_ptr<http::WebSocket> m_socket;
};

} // namespace isol8
