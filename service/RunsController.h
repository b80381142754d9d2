// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <service/Runs.h>
#include <service/http/Router.h>

namespace isol8::service {

//! GET /runs: `{"engine": id, "runs": […]}`, what runs now; \a engineId as of GET /health. DELETE /runs/:id ends one.
void addRunsRoutes(Router *router, Runs *runs, const QString &engineId);

//! GET /sandboxes: `{"sandboxes": […]}`, the caller's; the operator's: everybody's, and the pool's.
void addSandboxesRoute(Router *router, Engine *engine);

} // namespace isol8::service
