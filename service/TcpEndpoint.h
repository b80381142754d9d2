// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>

#include <QString>

namespace isol8::service {

inline constexpr QStringView PortTaken = u"port_taken"; //!< another program listens there

/*!
    A descriptor that listens on \a port of \a address, an IPv4 or IPv6 address or "localhost"; 0 picks a port. The
    caller owns it. port_taken; bad_value for what is no address; file_error where it cannot listen.

    A socket that systemd hands over is used as it is, whatever the two say.
*/
[[nodiscard]] Result<int> listenOnTcp(const QString &address, quint16 port);

//! Where \a descriptor listens: "127.0.0.1:3000", "[::1]:3000".
[[nodiscard]] QString tcpName(int descriptor);
//! Whether only this machine's processes reach \a descriptor.
[[nodiscard]] bool isLoopback(int descriptor);

} // namespace isol8::service
