// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QByteArrayView>

#include <optional>

namespace isol8::egress {

//! The first byte of TLS on a connection: a record of type handshake.
inline constexpr char TlsHandshake = 0x16;

struct ClientHello
{
    enum class Status { NeedMore, Done, Malformed };
    Status status = Status::NeedMore;
    qsizetype consumed = 0;               //!< Done: the records that hold the message
    std::optional<QByteArray> serverName; //!< Done: as it came; absent where the client names none
};

inline constexpr qsizetype ClientHelloLimit = 24 * 1024; //!< bytes of the message; some browsers send 2 KiB

/*!
    The server name (RFC 6066) in the TLS ClientHello at the beginning of \a input, over as many records as it takes.
    Pure. Strict: every length must fit the one around it, nothing may be left over, and there is one name at most,
    so that no server can read another name than this does.
*/
[[nodiscard]] ClientHello parseClientHello(QByteArrayView input);

} // namespace isol8::egress
