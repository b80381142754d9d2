// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QHostAddress>
#include <QString>

namespace isol8::egress {

/*!
    What kind of address it is that is not a public one: "loopback", "a private network", …; empty for a public one.
    Pure.

    After IANA's special-purpose address registries (RFC 6890 and its updates): everything that is not globally
    reachable there, what they leave to protocols (192.0.0.0/24, 2001::/23), and every way of writing an IPv4 address
    as IPv6 (mapped, compatible, NAT64, 6to4, Teredo, ISATAP), since what such an address reaches depends on who
    translates it. Of IPv6 only 2000::/3 can be public. Added is what clouds put at public addresses for their guests
   only (168.63.129.16).
*/
[[nodiscard]] QString specialAddress(const QHostAddress &address);

} // namespace isol8::egress
