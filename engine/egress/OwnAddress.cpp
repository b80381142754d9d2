// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/egress/OwnAddress.h>

#include <isol8/egress/SocketAddress.h>

#include <sys/socket.h>
#include <unistd.h>

namespace isol8::egress {

// To an address of its own, and to no other, the machine speaks from that address. A bind() would tell less: machines
// can allow it for any address (ip_nonlocal_bind).
bool isOwnAddress(const QHostAddress &address)
{
    constexpr quint16 AnyPort = 9;
    sockaddr_storage peer;
    const socklen_t size = socketAddress(address, AnyPort, &peer);
    const int probe = ::socket(peer.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (probe < 0)
        return false;
    sockaddr_storage own = {};
    socklen_t ownSize = sizeof own;
    const bool known = ::connect(probe, reinterpret_cast<const sockaddr *>(&peer), size) == 0 &&
                       ::getsockname(probe, reinterpret_cast<sockaddr *>(&own), &ownSize) == 0;
    ::close(probe);
    return known && QHostAddress(reinterpret_cast<const sockaddr *>(&own)) ==
                        QHostAddress(reinterpret_cast<const sockaddr *>(&peer));
}

} // namespace isol8::egress
