// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <service/http/Router.h>

#include <QByteArray>

namespace isol8::service {

//! resources/openapi.json: every route, with what it takes and answers.
[[nodiscard]] QByteArray openApiDocument();

//! GET /openapi.json.
void addOpenApiRoute(Router *router);

} // namespace isol8::service
