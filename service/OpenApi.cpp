// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/OpenApi.h>

#include <isol8/base/Embedded.h>

ISOL8_DECLARE_EMBEDDED(openapi)

namespace isol8::service {

QByteArray openApiDocument()
{
    return isol8_embedded_openapi();
}

void addOpenApiRoute(Router *router)
{
    router->add("GET", QStringLiteral("/openapi.json"),
                [](Exchange *exchange) { exchange->respond(200, "application/json", openApiDocument()); });
}

} // namespace isol8::service
