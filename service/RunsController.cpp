// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/RunsController.h>

using namespace Qt::StringLiterals;

namespace isol8::service {

void addRunsRoute(Router *router, const Runs *runs, const QString &engineId)
{
    router->add("GET", u"/runs"_s, [runs, engineId](Exchange *exchange) {
        exchange->respondJson(200, {{u"engine"_s, engineId}, {u"runs"_s, runs->list(exchange->caller().tenant)}});
    });
}

} // namespace isol8::service
