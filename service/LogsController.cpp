// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/LogsController.h>

#include <isol8/audit/AuditRecord.h>
#include <isol8/audit/RecordSearch.h>
#include <isol8/execution/RunResult.h>
#include <service/Answers.h>

#include <QJsonArray>

using namespace Qt::StringLiterals;

namespace isol8::service {

namespace {

constexpr qint64 UsualRecords = 100;

Result<audit::RecordFilter> filterOf(const Exchange *exchange)
{
    const Query query(exchange);
    audit::RecordFilter filter;
    filter.runtime = query.value(u"runtime"_s);
    filter.reason = query.value(u"reason"_s);
    if (!filter.reason.isEmpty() && filter.reason != audit::Refused && !reasonFromString(filter.reason))
        return fail(errors::BadRequest, u"reason must be one of those of a result, or refused."_s);
    if (const QString since = query.value(u"since"_s); !since.isEmpty()) {
        filter.since = QDateTime::fromString(since, Qt::ISODateWithMs);
        if (!filter.since.isValid())
            return fail(errors::BadRequest, u"since must be a time, such as 2026-11-26T10:00:00Z."_s);
    }
    const Caller &caller = exchange->caller();
    if (!caller.isMaster || !query.value(u"tenantId"_s).isEmpty())
        filter.tenant = caller.tenant;
    return filter;
}

} // namespace

LogsController::LogsController(std::function<audit::Settings()> settings, Router *router, QObject *parent)
    : QObject(parent)
    , m_settings(std::move(settings))
{
    router->add("GET", u"/logs"_s, [this](Exchange *exchange) { list(exchange); });
}

void LogsController::list(Exchange *exchange)
{
    const audit::Settings settings = m_settings();
    if (!settings.enabled || settings.toStdout)
        return answerError(exchange,
                           {errors::NotFound.toString(),
                            u"This service keeps no records of runs in files; its configuration's audit says so."_s,
                            {}});
    const auto filter = filterOf(exchange);
    const auto limit = Query(exchange).number(u"limit"_s, 1, MostRecords);
    if (!filter || !limit)
        return answerError(exchange, !filter ? filter.error() : limit.error());
    if (m_searches >= MostAtOnce)
        return exchange->respondError(
            503, {errors::QueueFull.toString(), u"Others look into the records now; try again in a moment."_s, {}},
            {{"Retry-After", "1"}});
    auto *search =
        new audit::RecordSearch(settings.folder, *filter, qsizetype(limit->value_or(UsualRecords)), exchange);
    ++m_searches;
    connect(search, &QObject::destroyed, this, [this] { --m_searches; });
    const bool isMaster = exchange->caller().isMaster;
    connect(search, &audit::RecordSearch::finished, exchange, [exchange, isMaster](const QList<QJsonObject> &found) {
        QJsonArray records;
        for (QJsonObject record : found) {
            if (!isMaster) {
                record.remove(u"sequence"_s);
                record.remove(u"previousHash"_s);
            }
            records.append(record);
        }
        exchange->respondJson(200, {{u"records"_s, records}});
    });
}

} // namespace isol8::service
