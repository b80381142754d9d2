// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace isol8::service {

//! Who asks: what the request's key says. Without keys, on a user's own socket, there is one, without a name.
struct Caller
{
    QString tenant; //!< the owner, for the engine, of its runs, sessions and files; empty for the one user
    QString keyId;  //!< of a key of the store; empty for the master key and for the one user
    bool isMaster = true;
    bool isLocal = true; //!< the user's own process on the Unix socket
};

//! Who may use a route.
enum class Access {
    Open,   //!< anybody
    Key,    //!< whoever has a key that counts
    Master, //!< the operator, and the one user of a local service
};

} // namespace isol8::service
