// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/egress/Host.h>
#include <isol8/http/RequestHead.h>

namespace isol8::egress {

//! Where a request goes, and what is asked there.
struct Target
{
    Authority authority;
    bool connect = false; //!< a tunnel is asked for
    QByteArray path;      //!< not for a tunnel: in origin-form, with its query
    friend bool operator==(const Target &, const Target &) = default;
};

/*!
    The target of a request to the proxy. Pure. absolute-form `http://host[:port]/path` and, for CONNECT,
    authority-form. The Host field must say the same; userinfo, fragments and other schemes are refused.

    Inside a tunnel to \a tunnel, where the request is for the server itself, origin-form, with a Host field that
    names the tunnel's end. Refusals have status 400, save for those of a host (403).
*/
[[nodiscard]] Parsed<Target> judgeTarget(const http::RequestHead &head, const Authority *tunnel = nullptr);

inline constexpr qsizetype ProxyHeadLimit = 32 * 1024;

//! What of a path goes into a log: no query, which is where tokens are, and at most 1 KiB.
[[nodiscard]] QString loggedPath(const QByteArray &path);

//! Where a request that was refused was to go, as far as it can be told.
struct LoggedTarget
{
    QString host; //!< where it is none, a printable part of the target
    int port = 0; //!< 0: not known
    QString path; //!< null: none
};
[[nodiscard]] LoggedTarget loggedTarget(const http::RequestHead &head, const Authority *tunnel = nullptr);

//! Whether \a head asks to go on with another protocol, and with one that may be asked for: WebSocket. What others
//! would carry is not looked into: HTTP/2 names a host in each of its requests, TLS one in its greeting.
[[nodiscard]] bool asksForUpgrade(const http::RequestHead &head);

/*!
    The head that goes to the server: origin-form, Host from \a target, fields that belong to one connection taken out,
    the body's framing written anew. Pure.
*/
[[nodiscard]] QByteArray forwardedHead(const http::RequestHead &head, const Target &target);
//! The same for what goes back. \a framing is the line that says how the body is framed, or empty.
[[nodiscard]] QByteArray returnedHead(const http::ResponseHead &head, const QByteArray &framing, bool close);

//! A chunk; empty for no bytes.
[[nodiscard]] QByteArray chunk(const QByteArray &data);
//! What ends a body in chunks.
[[nodiscard]] QByteArray lastChunk(const QList<http::Header> &trailers);

} // namespace isol8::egress
