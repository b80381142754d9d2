// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/Runs.h>

#include <isol8/execution/Explicit.h>
#include <isol8/execution/RunPlan.h>
#include <isol8/registry/RegistrySettings.h>
#include <service/RequestPolicy.h>
#include <service/auth/AuthErrors.h>

#include <QPointer>
#include <QThread>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::service {

int httpStatus(const Error &error)
{
    for (const QStringView code : {errors::BadRequest, errors::BadValue, errors::UnknownRuntime, errors::BadSecret,
                                   errors::BadPath, errors::LimitTooLow, errors::BadConfig, errors::BadArchive}) {
        if (error.code == code)
            return 400;
    }
    for (const QStringView code :
         {errors::NotAllowed, errors::RemoteCodeDisabled, errors::RemoteCodeRefused, errors::RemoteCodeHashRequired}) {
        if (error.code == code)
            return 403;
    }
    for (const QStringView code :
         {errors::RemoteCodeHashMismatch, errors::RemoteCodeTooLarge, errors::RemoteCodeNotText}) {
        if (error.code == code)
            return 422;
    }
    if (error.code == errors::RemoteCodeFailed)
        return 502;
    if (error.code == errors::RemoteCodeTimeout)
        return 504;
    if (error.code == errors::NotFound || error.code == errors::UnknownSession)
        return 404;
    for (const QStringView code : {errors::SessionBusy, errors::SessionConflict, errors::FileError, errors::Exists}) {
        if (error.code == code)
            return 409;
    }
    if (error.code == errors::SessionLost)
        return 410;
    if (error.code == errors::TooLarge)
        return 413;
    if (error.code == errors::Unsupported)
        return 501;
    if (error.code == errors::Oom || error.code == errors::DiskFull)
        return 507;
    for (const QStringView code : {autherrors::OverQuota, autherrors::TooManySessions, autherrors::TooManySnapshots}) {
        if (error.code == code)
            return 429;
    }
    return 503;
}

std::optional<Refusal> refusalOf(const RunResult &result, bool started)
{
    if (result.reason == Reason::SessionLost)
        return Refusal{410, {result.errorCode, result.error, {}}};
    const bool mayBe = result.reason == Reason::SetupFailed || result.reason == Reason::Internal;
    // A setup script that failed, and a program that does not exist, have run as far as they could.
    if (started || !mayBe || result.exitCode != 125 || result.errorCode == errors::SetupFailed)
        return {};
    const Error error{result.errorCode, result.error, {}};
    return Refusal{httpStatus(error), error};
}

Runs::Runs(Engine *engine, EngineContext context, LimitsApplied limits, QObject *parent)
    : QObject(parent)
    , m_engine(engine)
    , m_context(std::move(context))
    , m_limits(limits)
    , m_runtimes(RuntimeRegistry::builtIn())
    , m_token(m_context.token())
{
    if (auto extended = m_runtimes.extendedBy(m_context.config.runtimes))
        m_runtimes = std::move(*extended);
}

void Runs::setConfig(const Config &config)
{
    m_context.config = config;
    m_token = m_context.token();
}

std::optional<Refusal> Runs::checkContext(const QByteArray &token) const
{
    const auto registries = [] {
        return registry::RegistrySettings::read(registry::SettingsSources::ofThisProcess()).digest();
    };
    if (token.isNull() || token == m_token)
        return {};
    const QStringList different = m_context.differences(token, registries);
    if (different.isEmpty())
        return {};
    // What a configuration holds is not for strangers to guess at.
    const QString what = m_limits == LimitsApplied::All ? u"configuration"_s : different.join(u", "_s);
    return Refusal{412,
                   {errors::OtherEngine.toString(),
                    u"The engine that runs was started with other settings than the caller has: %1."_s.arg(what),
                    {}}};
}

Result<Runs::Started> Runs::start(ExecuteMessage message, const Caller &caller)
{
    auto started = begin(&message, caller);
    if (!started) {
        const int status = httpStatus(started.error());
        if (status == 403 || status == 429)
            Q_EMIT refused(message.request, message.options, caller, started.error());
    }
    return started;
}

Result<Runs::Started> Runs::begin(ExecuteMessage *message, const Caller &caller)
{
    if (m_refusing)
        return fail(errors::Cancelled, u"The service is ending; try again later."_s);
    if (!caller.isLocal) {
        if (const auto allowed = applyRequestPolicy(message, m_context.config); !allowed)
            return fail(allowed.error());
    }
    useOwnRuntimes(message);
    Started started;
    started.runs = this;
    if (!message->isExplicit) {
        auto filled = makeExplicit(std::move(message->request), std::move(message->options), m_runtimes,
                                   m_context.config, m_limits, double(QThread::idealThreadCount()));
        if (!filled)
            return fail(filled.error().code, u"request.runtime: "_s + filled.error().message);
        message->request = std::move(filled->request);
        message->options = std::move(filled->options);
        started.limited = std::move(filled->limited);
    }
    if (m_meter) {
        if (const auto admitted = m_meter->admit(caller); !admitted)
            return fail(admitted.error());
    }
    if (m_ledger) {
        if (const auto admitted = m_ledger->admit(message->options, caller); !admitted)
            return fail(admitted.error());
    }
    started.run = m_engine->execute(message->request, message->options, caller.tenant);
    if (m_meter)
        m_meter->count(caller, started.run, [guard = QPointer(this), run = QPointer(started.run)](const Error &why) {
            if (guard && run)
                guard->end(run, why);
        });
    if (m_ledger)
        m_ledger->count(started.run, message->options, caller);
    const auto runtime = chooseRuntime(message->request, m_runtimes);
    const QString name = runtime ? runtime->name : message->request.runtime;
    watch(started.run, caller.tenant, name);
    Q_EMIT made(started.run, message->request, message->options, caller, name);
    return started;
}

void Runs::end(Run *run, const Error &why)
{
    run->cancel();
    Q_EMIT ended(run, why);
}

// A caller's languages are for what is written out in full, and only where they are not the same here.
void Runs::useOwnRuntimes(ExecuteMessage *message) const
{
    const QString &name = message->request.runtime;
    if (auto &brought = message->options.runtimes;
        brought && (!message->isExplicit || brought->value(name) == m_context.config.runtimes.value(name)))
        brought.reset();
}

int Runs::retryAfter(const Error &error, const Caller &caller) const
{
    if (error.code == autherrors::TooManySessions)
        return KeptPatience;
    return m_meter && error.code == autherrors::OverQuota ? m_meter->retryAfter(caller) : 0;
}

void Runs::watch(Run *run, const QString &tenant, const QString &runtime)
{
    m_active.append({run, tenant, runtime, u"starting"_s, QDateTime::currentDateTimeUtc()});
    connect(run, &Run::queued, this, [this, run] { setState(run, u"queued"_s); });
    connect(run, &Run::started, this, [this, run] { setState(run, u"running"_s); });
    connect(run, &QObject::destroyed, this, [this, run] {
        erase_if(m_active, [run](const Active &active) { return active.run == run; });
        Q_EMIT activeChanged();
    });
    Q_EMIT activeChanged();
}

void Runs::setState(const Run *run, const QString &state)
{
    for (Active &active : m_active) {
        if (active.run == run)
            active.state = state;
    }
}

bool Runs::cancel(const QString &tenant, const QString &id)
{
    for (const Active &active : std::as_const(m_active)) {
        if (active.tenant != tenant || active.run->executionId() != id || active.run->isFinished())
            continue;
        active.run->cancel();
        return true;
    }
    return false;
}

QJsonArray Runs::list(const QString &tenant) const
{
    QJsonArray runs;
    for (const Active &active : m_active) {
        if (active.tenant != tenant || active.run->isFinished())
            continue;
        runs.append(QJsonObject{{u"id"_s, active.run->executionId()},
                                {u"runtime"_s, active.runtime},
                                {u"state"_s, active.state},
                                {u"startedAt"_s, active.since.toString(Qt::ISODateWithMs)}});
    }
    return runs;
}

} // namespace isol8::service
