// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/SessionController.h>

#include <service/Answers.h>
#include <service/Runs.h>

#include <QJsonArray>

using namespace Qt::StringLiterals;

namespace isol8::service {

SessionController::SessionController(Engine *engine, Router *router, QObject *parent)
    : QObject(parent)
    , m_engine(engine)
{
    router->add("GET", u"/sessions"_s, [this](Exchange *exchange) { list(exchange); });
    router->add("DELETE", u"/session/<arg>"_s, [this](Exchange *exchange) { remove(exchange); });
    router->add("POST", u"/session/<arg>/pause"_s, [this](Exchange *exchange) { setPaused(exchange, true); });
    router->add("POST", u"/session/<arg>/resume"_s, [this](Exchange *exchange) { setPaused(exchange, false); });
}

void SessionController::list(Exchange *exchange)
{
    m_engine->sessions(exchange->caller().tenant, {exchange, [exchange](const Result<QList<SessionInfo>> &sessions) {
                                                       if (!sessions) {
                                                           exchange->respondError(httpStatus(sessions.error()),
                                                                                  sessions.error());
                                                           return;
                                                       }
                                                       QJsonArray list;
                                                       for (const SessionInfo &session : *sessions)
                                                           list.append(toJson(session));
                                                       exchange->respondJson(200, {{u"sessions"_s, list}});
                                                   }});
}

void SessionController::remove(Exchange *exchange)
{
    const auto remove = [this, exchange] {
        m_engine->removeSession(exchange->caller().tenant, exchange->arguments().constFirst(),
                                {exchange, [exchange](const Result<bool> &removed) {
                                     if (removed)
                                         exchange->respondJson(200, {{u"ok"_s, true}, {u"removed"_s, *removed}});
                                     else
                                         exchange->respondError(httpStatus(removed.error()), removed.error());
                                 }});
    };
    if (m_ledger)
        m_ledger->settle(exchange->caller().tenant, exchange->arguments().constFirst(), exchange, remove);
    else
        remove();
}

void SessionController::setPaused(Exchange *exchange, bool paused)
{
    if (m_ledger && !paused) {
        if (const auto may = m_ledger->admitResume(exchange->arguments().constFirst(), exchange->caller()); !may)
            return answerError(exchange, may.error());
    }
    m_engine->setSessionPaused(exchange->caller().tenant, exchange->arguments().constFirst(), paused,
                               {exchange, [exchange](const Result<void> &done) {
                                    if (done)
                                        exchange->respondJson(200, {{u"ok"_s, true}});
                                    else
                                        exchange->respondError(httpStatus(done.error()), done.error());
                                }});
}

} // namespace isol8::service
