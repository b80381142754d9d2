// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ServiceProcess.h"

#include <service/http/Listener.h>
#include <service/http/Router.h>

#include <QTcpSocket>

#include <netinet/in.h>
#include <sys/socket.h>

namespace servicetest {

//! A router behind a real listener on loopback, in this process, and a client that speaks to it with bytes.
class LoopbackServer
{
public:
    bool listen()
    {
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        sockaddr_in address = {};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        if (::bind(fd, reinterpret_cast<sockaddr *>(&address), size) != 0 ||
            ::getsockname(fd, reinterpret_cast<sockaddr *>(&address), &size) != 0 || ::listen(fd, 1000) != 0)
            return false;
        port = ntohs(address.sin_port);
        auto *listener = new isol8::service::Listener(limits);
        if (!listener->adopt(fd))
            return false;
        router.bind(listener);
        QObject::connect(listener, &isol8::service::Listener::requested, &router, &isol8::service::Router::dispatch);
        return true;
    }

    //! One exchange on a connection of its own; status 0 where there is no answer within \a ms.
    [[nodiscard]] Answer ask(const QByteArray &request, int ms = 60000) const
    {
        QByteArray closing = request;
        closing.insert(closing.indexOf("\r\n") + 2, "Connection: close\r\n");
        QTcpSocket socket;
        QByteArray bytes;
        bool over = false;
        QObject::connect(&socket, &QTcpSocket::connected, &socket, [&] { socket.write(closing); });
        QObject::connect(&socket, &QTcpSocket::readyRead, &socket, [&] { bytes += socket.readAll(); });
        QObject::connect(&socket, &QTcpSocket::disconnected, &socket, [&] { over = true; });
        socket.connectToHost(QHostAddress::LocalHost, port);
        if (!QTest::qWaitFor([&] { return over; }, ms))
            return {};
        return parseAnswer(bytes + socket.readAll());
    }

    isol8::service::ServerLimits limits;
    isol8::service::Router router;
    quint16 port = 0;
};

//! The field by which a request shows \a key.
inline QByteArray bearer(const QByteArray &key)
{
    return "Authorization: Bearer " + key + "\r\n";
}

} // namespace servicetest
