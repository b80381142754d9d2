// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <service/Runs.h>
#include <service/http/Router.h>

namespace isol8::service {

//! GET /runs: `{"engine": id, "runs": […]}`, what runs now. \a engineId as of GET /health.
void addRunsRoute(Router *router, const Runs *runs, const QString &engineId);

} // namespace isol8::service
