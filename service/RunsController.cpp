// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/RunsController.h>

#include <service/Answers.h>

using namespace Qt::StringLiterals;

namespace isol8::service {

void addRunsRoutes(Router *router, Runs *runs, const QString &engineId)
{
    router->add("GET", u"/runs"_s, [runs, engineId](Exchange *exchange) {
        exchange->respondJson(200, {{u"engine"_s, engineId}, {u"runs"_s, runs->list(exchange->caller().tenant)}});
    });
    router->add("DELETE", u"/runs/<arg>"_s, [runs](Exchange *exchange) {
        if (runs->cancel(exchange->caller().tenant, exchange->arguments().constFirst()))
            exchange->respondJson(200, {{u"ok"_s, true}});
        else
            answerError(exchange, {errors::NotFound.toString(), u"There is no such run under way."_s, {}});
    });
}

void addSandboxesRoute(Router *router, Engine *engine)
{
    router->add("GET", u"/sandboxes"_s, [engine](Exchange *exchange) {
        const bool isMaster = exchange->caller().isMaster;
        engine->sandboxes(exchange->caller().tenant, isMaster,
                          {exchange, [exchange, isMaster](const Result<QList<SandboxInfo>> &sandboxes) {
                               if (!sandboxes)
                                   return answerError(exchange, sandboxes.error());
                               QJsonArray list;
                               for (const SandboxInfo &sandbox : *sandboxes)
                                   list.append(toJson(sandbox, isMaster));
                               exchange->respondJson(200, {{u"sandboxes"_s, list}});
                           }});
    });
}

} // namespace isol8::service
