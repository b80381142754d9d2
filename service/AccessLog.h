// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <service/http/ClientConnection.h>

#include <QDateTime>

namespace isol8::service {

/*!
    The access log's line of a request: time, method, path without its query, status ("-": the client left before
    there was one), milliseconds, tenant, bytes of the answer. No key, no secret, no code. Pure.
*/
[[nodiscard]] QByteArray accessLine(const Served &served, const QDateTime &time);

//! Writes it to stderr.
void logAccess(const Served &served);

} // namespace isol8::service
