// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/egress/AddressRule.h>

#include <array>

using namespace Qt::StringLiterals;

namespace isol8::egress {

namespace {

struct Range4
{
    quint32 base;
    int bits;
    QStringView what;
};

constexpr quint32 quad(quint32 a, quint32 b, quint32 c, quint32 d)
{
    return a << 24 | b << 16 | c << 8 | d;
}

constexpr std::array Special4{
    Range4{quad(169, 254, 169, 254), 32, u"a cloud's metadata service"},
    Range4{quad(168, 63, 129, 16), 32, u"a cloud's service for its guests"},
    Range4{quad(100, 100, 100, 200), 32, u"a cloud's metadata service"},
    Range4{quad(0, 0, 0, 0), 8, u"this host (0.0.0.0/8)"},
    Range4{quad(10, 0, 0, 0), 8, u"a private network (10.0.0.0/8)"},
    Range4{quad(100, 64, 0, 0), 10, u"a provider's shared network (100.64.0.0/10)"},
    Range4{quad(127, 0, 0, 0), 8, u"loopback (127.0.0.0/8)"},
    Range4{quad(169, 254, 0, 0), 16, u"link-local (169.254.0.0/16)"},
    Range4{quad(172, 16, 0, 0), 12, u"a private network (172.16.0.0/12)"},
    Range4{quad(192, 0, 0, 0), 24, u"reserved for protocols (192.0.0.0/24)"},
    Range4{quad(192, 0, 2, 0), 24, u"documentation (192.0.2.0/24)"},
    Range4{quad(192, 88, 99, 0), 24, u"a 6to4 relay (192.88.99.0/24)"},
    Range4{quad(192, 168, 0, 0), 16, u"a private network (192.168.0.0/16)"},
    Range4{quad(198, 18, 0, 0), 15, u"benchmarking (198.18.0.0/15)"},
    Range4{quad(198, 51, 100, 0), 24, u"documentation (198.51.100.0/24)"},
    Range4{quad(203, 0, 113, 0), 24, u"documentation (203.0.113.0/24)"},
    Range4{quad(224, 0, 0, 0), 4, u"multicast (224.0.0.0/4)"},
    Range4{quad(255, 255, 255, 255), 32, u"broadcast"},
    Range4{quad(240, 0, 0, 0), 4, u"reserved (240.0.0.0/4)"},
};

struct Range6
{
    std::array<quint8, 12> base;
    int bits;
    QStringView what;
};

// The most special first.
constexpr std::array Special6{
    Range6{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, u"an IPv4 address written as IPv6 (mapped)"},
    Range6{{0, 0x64, 0xff, 0x9b}, 32, u"an IPv4 address written as IPv6 (NAT64)"},
    Range6{{1, 0}, 8, u"discard only or reserved (100::/8)"},
    Range6{{0x20, 0x01, 0x0d, 0xb8}, 32, u"documentation (2001:db8::/32)"},
    Range6{{0x20, 0x01, 0, 0}, 32, u"an IPv4 address written as IPv6 (Teredo)"},
    Range6{{0x20, 0x01, 0, 0}, 23, u"reserved for protocols (2001::/23)"},
    Range6{{0x20, 0x02}, 16, u"an IPv4 address written as IPv6 (6to4)"},
    Range6{{0x3f, 0xff, 0}, 20, u"documentation (3fff::/20)"},
    Range6{{0xfc}, 7, u"a private network (fc00::/7)"},
    Range6{{0xfe, 0x80}, 10, u"link-local (fe80::/10)"},
    Range6{{0xfe, 0xc0}, 10, u"a private network (fec0::/10)"},
    Range6{{0xff}, 8, u"multicast (ff00::/8)"},
};

bool matches(const Q_IPV6ADDR &address, const Range6 &range)
{
    for (int i = 0; i * 8 < range.bits; ++i) {
        const int left = std::min(8, range.bits - i * 8);
        const auto mask = static_cast<quint8>(0xff << (8 - left));
        if ((address[i] & mask) != (range.base[static_cast<std::size_t>(i)] & mask))
            return false;
    }
    return true;
}

bool isZero(const Q_IPV6ADDR &address, int from, int to)
{
    for (int i = from; i < to; ++i) {
        if (address[i] != 0)
            return false;
    }
    return true;
}

QString special6(const Q_IPV6ADDR &address)
{
    if (isZero(address, 0, 16))
        return u"no address (::)"_s;
    if (isZero(address, 0, 15) && address[15] == 1)
        return u"loopback (::1)"_s;
    if (isZero(address, 0, 12))
        return u"an IPv4 address written as IPv6 (compatible)"_s;
    for (const Range6 &range : Special6) {
        if (matches(address, range))
            return range.what.toString();
    }
    if ((address[0] & 0xe0) != 0x20)
        return u"reserved (outside of 2000::/3)"_s;
    // ISATAP: an interface part of [02]00:5efe and an IPv4 address.
    if ((address[8] & 0xfd) == 0 && address[9] == 0 && address[10] == 0x5e && address[11] == 0xfe)
        return u"an IPv4 address written as IPv6 (ISATAP)"_s;
    return {};
}

} // namespace

QString specialAddress(const QHostAddress &address)
{
    if (address.protocol() == QAbstractSocket::IPv6Protocol)
        return special6(address.toIPv6Address());
    if (address.protocol() != QAbstractSocket::IPv4Protocol)
        return u"no address"_s;
    const quint32 value = address.toIPv4Address();
    for (const Range4 &range : Special4) {
        if ((value ^ range.base) >> (32 - range.bits) == 0)
            return range.what.toString();
    }
    return {};
}

} // namespace isol8::egress
