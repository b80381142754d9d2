// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Units.h>
#include <service/http/BodyBudget.h>

namespace isol8::service {

//! What a client may take of the service.
struct ServerLimits
{
    qint64 body = 16 * MiB;               //!< bytes of a request's body
    int connections = 1000;               //!< at the same time
    milliseconds handshakeTimeout{10000}; //!< for TLS
    milliseconds headTimeout{10000};      //!< for a request's head
    milliseconds bodyTimeout{15000};      //!< in which at least BodyProgress bytes of the body must come
    milliseconds idleTimeout{60000};      //!< between requests
    milliseconds writeTimeout{60000};     //!< in which some of what is written must leave; zero: any time
    milliseconds heartbeat{15000};        //!< between signs of life on quiet streams
    milliseconds ping{15000}; //!< of silence after which a WebSocket's client must show that it lives; zero: never

    //! Shared by all connections. Null: without limit.
    std::shared_ptr<BodyBudget> bodies = std::make_shared<BodyBudget>(512 * MiB);

    static constexpr qint64 BodyProgress = 8 * KiB;
    //! A body that nobody wants is read and thrown away up to this length; beyond it the connection is closed.
    static constexpr qint64 BodyThrownAway = 64 * KiB;
};

//! Bytes that a client has not taken from which a run's output waits, and under which it goes on.
inline constexpr qint64 OutputHighWater = 256 * KiB;
inline constexpr qint64 OutputLowWater = 64 * KiB;

} // namespace isol8::service
