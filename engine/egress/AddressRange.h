// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArrayView>
#include <QHostAddress>

#include <optional>

namespace isol8::egress {

//! "10.1.0.0/16", "fd00::/8": as configurations name many addresses at once. A value; pure.
struct AddressRange
{
    QHostAddress base;
    int bits = 0;

    //! Strict: a whole address and a number of bits that it has. Unlike QHostAddress::parseSubnet(), which takes "10"
    //! and "10.1/8".
    [[nodiscard]] static std::optional<AddressRange> parse(QByteArrayView text);

    //! Addresses of the other protocol are never in it; an IPv4 address written as IPv6 is one of IPv6.
    [[nodiscard]] bool contains(const QHostAddress &address) const;
};

} // namespace isol8::egress
