// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/audit/AuditSettings.h>
#include <service/http/Router.h>

#include <QObject>

#include <functional>

namespace isol8::service {

/*!
    GET /logs: the newest records of runs, of the caller's tenant; of the operator's everybody's, or one tenant's.
    `?since=` (a time of ISO 8601), `?runtime=`, `?reason=`, `?limit=` (100, at most MostRecords). Where the chain has a
    record's place is for the operator alone: it tells how many others there are.
*/
class LogsController : public QObject
{
    Q_OBJECT

public:
    //! \a settings: what is recorded, and where, now.
    LogsController(std::function<audit::Settings()> settings, Router *router, QObject *parent = nullptr);

    static constexpr qint64 MostRecords = 1000;
    static constexpr int MostAtOnce = 4; //!< that are looked for at the same time

private:
    void list(Exchange *exchange);

    std::function<audit::Settings()> m_settings;
    int m_searches = 0;
};

} // namespace isol8::service
