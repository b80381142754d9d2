// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/TcpEndpoint.h>

#include <QHostAddress>

#include <cerrno>
#include <cstring>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

using namespace Qt::StringLiterals;

namespace isol8::service {

namespace {

constexpr int Backlog = 1024;

// What the kernel calls \a address; the size of it.
socklen_t fill(sockaddr_storage *name, const QHostAddress &address, quint16 port)
{
    if (address.protocol() == QAbstractSocket::IPv4Protocol) {
        auto *to = reinterpret_cast<sockaddr_in *>(name);
        to->sin_family = AF_INET;
        to->sin_port = htons(port);
        to->sin_addr.s_addr = htonl(address.toIPv4Address());
        return sizeof *to;
    }
    auto *to = reinterpret_cast<sockaddr_in6 *>(name);
    to->sin6_family = AF_INET6;
    to->sin6_port = htons(port);
    const Q_IPV6ADDR bytes = address.toIPv6Address();
    std::memcpy(&to->sin6_addr, &bytes, sizeof bytes);
    to->sin6_scope_id = address.scopeId().toUInt();
    return sizeof *to;
}

struct Bound
{
    QHostAddress address;
    quint16 port = 0;
};

Bound boundTo(int descriptor)
{
    sockaddr_storage name = {};
    socklen_t size = sizeof name;
    if (::getsockname(descriptor, reinterpret_cast<sockaddr *>(&name), &size) != 0)
        return {};
    const auto port = name.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6 *>(&name)->sin6_port
                                                 : reinterpret_cast<const sockaddr_in *>(&name)->sin_port;
    return {QHostAddress(reinterpret_cast<const sockaddr *>(&name)), ntohs(port)};
}

} // namespace

Result<int> listenOnTcp(const QString &address, quint16 port)
{
    const int handed = ::sd_listen_fds(1);
    if (handed > 0) {
        if (handed != 1 || ::sd_is_socket_inet(SD_LISTEN_FDS_START, AF_UNSPEC, SOCK_STREAM, 1, 0) <= 0)
            return fail(errors::BadValue, u"systemd handed over something else than one listening TCP socket."_s);
        return SD_LISTEN_FDS_START;
    }
    const QHostAddress host(address == u"localhost" ? u"127.0.0.1"_s : address);
    if (host.isNull())
        return fail(errors::BadValue, u"\"%1\" is not an address to listen on, such as 127.0.0.1, 0.0.0.0 or ::."_s.arg(
                                          address.left(64)));
    sockaddr_storage name = {};
    const socklen_t size = fill(&name, host, port);
    const int descriptor = ::socket(name.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int yes = 1;
    if (descriptor >= 0 && ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
        ::bind(descriptor, reinterpret_cast<const sockaddr *>(&name), size) == 0 && ::listen(descriptor, Backlog) == 0)
        return descriptor;
    const int problem = errno;
    if (descriptor >= 0)
        ::close(descriptor);
    if (problem == EADDRINUSE)
        return fail(PortTaken, u"Port %1 of %2 is taken by another program; choose another by --port, or let --port 0 "
                               "pick one."_s.arg(port)
                                   .arg(address));
    return fail(errors::FileError, u"The service cannot listen on port %1 of %2."_s.arg(port).arg(address),
                QString::fromLocal8Bit(std::strerror(problem)));
}

QString tcpName(int descriptor)
{
    const Bound bound = boundTo(descriptor);
    const QString host = bound.address.toString();
    return (host.contains(u':') ? u'[' + host + u']' : host) + u':' + QString::number(bound.port);
}

bool isLoopback(int descriptor)
{
    return boundTo(descriptor).address.isLoopback();
}

} // namespace isol8::service
