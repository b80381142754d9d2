// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/execution/Engine.h>
#include <service/SessionLedger.h>
#include <service/http/Router.h>

#include <QObject>

namespace isol8::service {

//! POST /file, GET /file, and GET and DELETE /session/:id/files: the files of a session. POST /session/:id/snapshots,
//! GET /snapshots, DELETE /snapshots/:name: what is saved of it.
class FileController : public QObject
{
    Q_OBJECT

public:
    FileController(Engine *engine, Router *router, QObject *parent = nullptr);

    //! Asked about new snapshots. Must live as long.
    void setLedger(SessionLedger *ledger) { m_ledger = ledger; }

private:
    void put(Exchange *exchange);
    void get(Exchange *exchange);
    void list(Exchange *exchange);
    void remove(Exchange *exchange);
    void save(Exchange *exchange);
    void saveAs(Exchange *exchange, const QString &name);
    void listSaved(Exchange *exchange);

    Engine *m_engine;
    SessionLedger *m_ledger = nullptr;
    QHash<QString, int> m_saving; //!< snapshots under way, by tenants
};

} // namespace isol8::service
