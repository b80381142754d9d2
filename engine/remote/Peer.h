// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>
#include <isol8/base/Units.h>
#include <isol8/http/Message.h>
#include <isol8/http/Socket.h>

#include <QByteArray>
#include <QList>
#include <QString>

#include <optional>

namespace isol8::remote {

//! The service that a RemoteEngine speaks with, and how what it answers, or does not, is told to a person.
struct Peer
{
    http::Address address;
    QByteArray prefix;
    QList<http::Header> headers;
    QString name; //!< "https://host"; empty: this user's own engine
    milliseconds patience{30000};
    bool hasKey = false;
    bool withoutSockets = false; //!< it was found that no WebSocket gets through

    [[nodiscard]] bool isElsewhere() const { return !name.isEmpty(); }
    [[nodiscard]] QByteArray target(const QByteArray &path) const { return prefix + path; }

    //! There was no answer.
    [[nodiscard]] Error unreachable(const http::Failure &failure) const;
    //! There was one, of a status that is not what was asked for.
    [[nodiscard]] Error refused(const http::ResponseHead &head, const QByteArray &body) const;
    //! What answers does not speak as a service does.
    [[nodiscard]] Error stranger(const QString &detail = {}) const;
    //! It had taken a run.
    [[nodiscard]] Error lost(const QString &detail) const;
};

/*!
    How long to wait before a request that was refused with \a error is sent again; nothing: not at all. A service says
    so by Retry-After: with 429; and with 503 where that is for a full queue, a key that cannot be looked up, or a
    proxy's word, and asking twice does no harm. \a attempt counts from 0.
*/
[[nodiscard]] std::optional<milliseconds> retryAfter(const http::ResponseHead &head, const Error &error, int attempt,
                                                     bool repeatable);

inline constexpr int MostRetries = 3;
inline constexpr milliseconds LongestRetryWait{15000}; //!< who is told to wait longer is told so, and does not wait

} // namespace isol8::remote
