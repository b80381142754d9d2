// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>
#include <isol8/http/Connection.h>
#include <isol8/http/WebSocket.h>

#include <QObject>

#include <memory>

namespace isol8 {

/*!
    Opens a WebSocket to a service. Ends by exactly one of opened() and failed(), never from inside the call that made
    it; deleting it gives it up.

    Errors: engine_unreachable where nobody answers or what answers is no such service; what the service says where it
    refuses (other_engine).
*/
class SocketOpening : public QObject
{
    Q_OBJECT

public:
    SocketOpening(const http::Address &address, const QByteArray &target, const QList<http::Header> &headers,
                  milliseconds timeout, QObject *parent = nullptr);

    //! After opened(), once.
    [[nodiscard]] std::unique_ptr<http::WebSocket> takeSocket() { return std::move(m_socket); }

    static constexpr qint64 MessageLimit = 512 * MiB; //!< of what a service sends: a result holds the files

Q_SIGNALS:
    void opened();
    void failed(const isol8::Error &error);

private:
    void onUpgraded();
    void onFinished(const http::Failure &failure);

    http::Connection m_connection;
    QByteArray m_key;
    http::ResponseHead m_head;
    QByteArray m_body;
    std::unique_ptr<http::WebSocket> m_socket;
};

} // namespace isol8
