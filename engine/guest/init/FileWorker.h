// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace isol8::guest {

/*!
    The process that touches the sandbox's files: it has the sandbox user's rights and no other, speaks the protocol's
    file frames on \a socket, one operation after another in the order they came, and ends with the socket. Blocking
    and single-threaded; init stands between it and the host. Never returns.
*/
[[noreturn]] void runFileWorker(int socket);

} // namespace isol8::guest
