// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/execution/Engine.h>
#include <service/SessionLedger.h>
#include <service/http/Router.h>

#include <QObject>

namespace isol8::service {

//! GET /sessions, DELETE /session/:id, and to pause one and have it go on.
class SessionController : public QObject
{
    Q_OBJECT

public:
    SessionController(Engine *engine, Router *router, QObject *parent = nullptr);

    //! Asked, and told, of what becomes of sessions. Must live as long.
    void setLedger(SessionLedger *ledger) { m_ledger = ledger; }

private:
    void list(Exchange *exchange);
    void remove(Exchange *exchange);
    void setPaused(Exchange *exchange, bool paused);

    Engine *m_engine;
    SessionLedger *m_ledger = nullptr;
};

} // namespace isol8::service
