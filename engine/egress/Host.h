// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QByteArrayView>
#include <QHostAddress>
#include <QString>

#include <optional>

namespace isol8::egress {

/*!
    Why something is refused. Part of the interface: \c code is what the network log says and \c sentence is what the
    program sees.
*/
struct Refusal
{
    QString code;     //!< stable: "not_whitelisted"; the constants in reasons
    QString sentence; //!< what is refused, why, and what would allow it
    int status = 403; //!< of an answer by HTTP
    friend bool operator==(const Refusal &, const Refusal &) = default;
};

/*!
    The codes, in one place. Those up to Closed are walls (action BLOCK); the rest is what went wrong with something
   that was allowed.
*/
namespace reasons {
inline constexpr QStringView BadHost = u"bad_host";               //!< no host name: control bytes, '@', '#', labels
inline constexpr QStringView IpLiteral = u"ip_literal";           //!< an address, in whatever notation
inline constexpr QStringView Port = u"port";                      //!< a port that is not among the allowed
inline constexpr QStringView Blacklisted = u"blacklisted";        //!< a blacklist pattern matches
inline constexpr QStringView NotWhitelisted = u"not_whitelisted"; //!< no whitelist pattern matches
inline constexpr QStringView PrivateAddress = u"private_address"; //!< the name stands for no public address
inline constexpr QStringView HostMismatch = u"host_mismatch";     //!< Host field and target differ
inline constexpr QStringView SniMismatch = u"sni_mismatch";       //!< the TLS server name is not the tunnel's host
inline constexpr QStringView SniMissing = u"sni_missing";         //!< TLS without a server name
inline constexpr QStringView NotTls = u"not_tls";                 //!< something else than TLS on port 443
inline constexpr QStringView BadRequest = u"bad_request";         //!< what HTTP, SOCKS or TLS do not allow
inline constexpr QStringView Unsupported = u"unsupported";        //!< a method of SOCKS or scheme that is not served
inline constexpr QStringView Connections = u"limit_connections";  //!< too many at once, or in all
inline constexpr QStringView Bytes = u"limit_bytes";              //!< the run has moved all the bytes that it may
inline constexpr QStringView Closed = u"closed";                  //!< nothing is reached at this time
inline constexpr QStringView Unresolved = u"unresolved";          //!< no such name, or the name servers fail
inline constexpr QStringView ResolveTimeout = u"resolve_timeout"; //!< no name server answered in time
inline constexpr QStringView Unreachable = u"unreachable";        //!< nothing answers at the address
inline constexpr QStringView BadAnswer = u"bad_answer";           //!< the server's answer is no HTTP, or broke off
inline constexpr QStringView Idle = u"idle";                      //!< nothing moved for too long
inline constexpr QStringView Cut = u"cut"; //!< the run, or the phase that the connection belongs to, is over
inline constexpr QStringView Abandoned = u"abandoned"; //!< the program went away in the middle
} // namespace reasons

//! Whether \a code is that of a wall.
[[nodiscard]] bool isWall(QStringView code);

//! A host in the one form that rules, comparisons, name servers and logs know.
struct Host
{
    QByteArray text;      //!< lower case A-labels without a trailing dot, or an address as QHostAddress writes it
    QHostAddress address; //!< not null: it is an address

    [[nodiscard]] bool isAddress() const { return !address.isNull(); }
    //! With brackets where IPv6 needs them.
    [[nodiscard]] QByteArray forAuthority() const;
    friend bool operator==(const Host &a, const Host &b) { return a.text == b.text; }
};

//! A host and a port, of an address or an authority.
struct Authority
{
    Host host;
    quint16 port = 0;
    friend bool operator==(const Authority &, const Authority &) = default;
};

template<class T> struct Parsed
{
    std::optional<T> value;
    Refusal refusal; //!< where there is no value
};

/*!
    \a text, which a stranger sent, as a host. Pure. Names become lower case, lose one trailing dot, and become A-labels
    where they are UTF-8. An address is a dotted quad or bracketed IPv6; every other notation that some resolver
    reads as an address (decimal, octal, hexadecimal, short, IPv4 in IPv6) is refused with ip_literal, and so is a name
    that ends in a number. Everything that is neither is bad_host.
*/
[[nodiscard]] Parsed<Host> parseHost(QByteArrayView text);

//! "host:port" and "[::1]:port"; \a defaultPort for a missing port, 0: there must be one. Userinfo is bad_host.
[[nodiscard]] Parsed<Authority> parseAuthority(QByteArrayView text, quint16 defaultPort);

//! \a text for messages and logs: printable ASCII, of at most 80 characters, without what stands before an '@'.
[[nodiscard]] QString shown(QByteArrayView text);

} // namespace isol8::egress
