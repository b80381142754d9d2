// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/egress/AddressRange.h>

#include <isol8/egress/Host.h>

#include <algorithm>

namespace isol8::egress {

std::optional<AddressRange> AddressRange::parse(QByteArrayView text)
{
    const qsizetype slash = text.indexOf('/');
    if (slash < 0)
        return std::nullopt;
    const QByteArray base = text.first(slash).toByteArray();
    const QByteArrayView digits = text.sliced(slash + 1);
    const bool number = !digits.isEmpty() && digits.size() <= 3 &&
                        std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
    const Parsed<Host> host = parseHost(base.contains(':') ? '[' + base + ']' : base);
    const int bits = number ? digits.toByteArray().toInt() : -1;
    if (!host.value || !host.value->isAddress() || bits < 0 ||
        bits > (host.value->address.protocol() == QAbstractSocket::IPv6Protocol ? 128 : 32))
        return std::nullopt;
    return AddressRange{host.value->address, bits};
}

bool AddressRange::contains(const QHostAddress &address) const
{
    return address.protocol() == base.protocol() && address.isInSubnet(base, bits);
}

} // namespace isol8::egress
