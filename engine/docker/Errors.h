// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>
#include <isol8/docker/Endpoint.h>
#include <isol8/http/Message.h>

namespace isol8::docker {

//! What a request is about, for the sentences of its errors.
struct Purpose
{
    QString action;  //!< "start the container 3f2a"
    QString subject; //!< "container 3f2a"; what a 404 says does not exist
};

//! The sentence and code for an exchange that failed beneath HTTP's statuses.
[[nodiscard]] Error transportError(const Endpoint &endpoint, const http::Failure &failure, const Purpose &purpose,
                                   milliseconds timeout);
//! not_found for 404, else docker_error; detail holds the daemon's own words.
[[nodiscard]] Error statusError(const http::ResponseHead &head, const QByteArray &body, const Purpose &purpose);
[[nodiscard]] Error protocolError(const Purpose &purpose, const QString &problem);
//! image_missing, with what makes an image of ours.
[[nodiscard]] Error imageMissing(const QString &image, const QString &detail);
//! The daemon's words in {"message": …}; else the text itself, shortened.
[[nodiscard]] QString daemonMessage(const QByteArray &body);

} // namespace isol8::docker
