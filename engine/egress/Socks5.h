// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/egress/Host.h>

#include <QByteArrayView>

namespace isol8::egress::socks5 {

enum class Status {
    NeedMore, //!< nothing was consumed
    Done,
    Refused, //!< answer and close
};

//! Answer bytes of RFC 1928.
enum class Reply : quint8 {
    Succeeded = 0,
    Failure = 1,
    NotAllowed = 2,
    NetworkUnreachable = 3,
    HostUnreachable = 4,
    ConnectionRefused = 5,
    CommandNotSupported = 7,
    AddressTypeNotSupported = 8,
};

struct Greeting
{
    Status status = Status::NeedMore;
    qsizetype consumed = 0;
    QByteArray answer; //!< Done and Refused; empty: not even SOCKS5
};

struct Request
{
    Status status = Status::NeedMore;
    qsizetype consumed = 0;
    Authority target;             //!< Done. An address where the client resolved for itself: the rules refuse it
    Reply reply = Reply::Failure; //!< Refused
    Refusal refusal;              //!< Refused
};

/*!
    The client's first words: version and methods. Pure. Only "no authentication" is taken: who speaks over a run's own
    stream is known.
*/
[[nodiscard]] Greeting parseGreeting(QByteArrayView input);

//! What the client wants, behind the greeting. Pure. CONNECT only.
[[nodiscard]] Request parseRequest(QByteArrayView input);

//! The name in a request that was refused, as it came; empty where there is none.
[[nodiscard]] QByteArrayView nameIn(QByteArrayView request);

[[nodiscard]] QByteArray answer(Reply reply);

//! The answer byte that comes nearest to \a refusal.
[[nodiscard]] Reply replyFor(const Refusal &refusal);

} // namespace isol8::egress::socks5
