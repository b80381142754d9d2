// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/Service.h>

#include <service/AccessLog.h>
#include <service/OpenApi.h>
#include <service/RunsController.h>

#include <QLoggingCategory>

#include <unistd.h>

using namespace Qt::StringLiterals;

namespace isol8::service {

namespace {

Q_LOGGING_CATEGORY(serviceLog, "isol8.service", QtWarningMsg)

QSet<QString> namesOf(const QJsonObject &configured)
{
    QSet<QString> names;
    const RuntimeRegistry builtIn = RuntimeRegistry::builtIn();
    const auto all = builtIn.extendedBy(configured);
    for (const Runtime &runtime : (all ? *all : builtIn).all())
        names.insert(runtime.name);
    return names;
}

audit::Subject subjectOf(const Caller &caller)
{
    return {caller.isLocal ? audit::currentUser() : caller.isMaster ? u"master"_s : caller.keyId, caller.tenant};
}

// How long clients may take to read their last answers, and Docker to remove the last sandboxes.
constexpr milliseconds LastPatience{10000};
constexpr milliseconds ReadPatience{1000};

// The service's callers are strangers, and the configuration's limits are for them; a user's own runs bring theirs.
LimitsApplied engineLimits(const ServiceOptions &options)
{
    return options.isLocal ? LimitsApplied::None : LimitsApplied::All;
}

} // namespace

milliseconds drainOf(const Config &config)
{
    return milliseconds(config.service.value(u"drainMs"_s).toInt(10000));
}

SessionLedger::Limits keepingOf(const Config &config)
{
    constexpr int Default = 100;
    return {config.service.value(u"maxSessions"_s).toInt(Default),
            config.service.value(u"maxSnapshots"_s).toInt(Default)};
}

qint64 bodiesOf(const Config &config)
{
    constexpr qint64 Default = 512 * MiB;
    const QJsonValue wanted = config.service.value(u"maxBodies"_s);
    return wanted.isString() ? parseSize(wanted.toString()).value_or(Default) : wanted.toInteger(Default);
}

Service::Service(ServiceOptions options, QObject *parent)
    : QObject(parent)
    , m_options(std::move(options))
    , m_auditor(m_options.audit)
    , m_metrics(namesOf(m_options.config.runtimes))
    , m_authenticator(m_options.auth ? std::make_unique<Authenticator>(*m_options.auth) : nullptr)
    , m_engine(std::make_unique<LocalEngine>(
          LocalEngineOptions{m_options.config, engineLimits(m_options), m_options.endpoint}))
    , m_docker(m_options.endpoint)
    , m_ledger(m_engine.get())
    , m_runs(m_engine.get(), {u"" ISOL8_VERSION ""_s, m_options.endpoint.toString(), m_options.config},
             m_options.isLocal ? LimitsApplied::Configured : LimitsApplied::All)
    , m_listener(new Listener(m_options.limits, this))
    , m_execute(&m_runs, &m_router, m_options.limits)
    , m_sockets(&m_runs, &m_router, m_options.limits)
    , m_health(&m_docker, m_engine->id(), m_runs.runtimes().all(), &m_router)
    , m_sessions(m_engine.get(), &m_router)
    , m_files(m_engine.get(), &m_router)
    , m_transfers(m_engine.get(), &m_router)
    , m_shells(m_engine.get(), &m_runs, &m_router, m_options.limits)
    , m_images(&m_docker, m_runs.runtimes(), &m_router, m_options.limits)
    , m_cleanup(m_engine.get(), &m_docker, &m_router)
    , m_logs([this] { return m_auditor.settings(); }, &m_router)
    , m_auth(m_authenticator.get(), &m_router)
{
    addRunsRoutes(&m_router, &m_runs, m_engine->id());
    addSandboxesRoute(&m_router, m_engine.get());
    addOpenApiRoute(&m_router);
    observe();
    for (QTimer *timer : {&m_idleTimer, &m_drainTimer, &m_lastTimer})
        timer->setSingleShot(true);
    connect(m_listener, &Listener::requested, &m_router, &Router::dispatch);
    if (m_authenticator) {
        m_router.setGate(m_authenticator->gate());
        m_runs.setMeter(m_authenticator->meter());
        m_ledger.setMeter(m_authenticator->meter());
    }
    m_runs.setLedger(&m_ledger);
    m_sessions.setLedger(&m_ledger);
    m_files.setLedger(&m_ledger);
    applyLimits();
    if (m_options.accessLog)
        connect(m_listener, &Listener::served, this, &logAccess);
    m_listener->setTls(m_options.tls);
    connect(m_listener, &Listener::connectionsChanged, this, &Service::onActivity);
    connect(&m_sockets, &SocketController::sessionsChanged, this, &Service::onActivity);
    connect(&m_runs, &Runs::activeChanged, this, &Service::onActivity);
    connect(m_engine.get(), &LocalEngine::sessionsChanged, this, &Service::onActivity);
    connect(&m_idleTimer, &QTimer::timeout, this, [this] {
        qCInfo(serviceLog) << "nobody has come for a while: ending";
        drain();
    });
    connect(&m_drainTimer, &QTimer::timeout, this, &Service::stop);
    connect(&m_lastTimer, &QTimer::timeout, this, [this] {
        m_state = State::Finished;
        Q_EMIT finished();
    });
}

void Service::observe()
{
    addMetricsRoute(&m_router, &m_metrics, [this] {
        return Metrics::Gauges{m_engine->poolStatus(),    m_engine->queueLength(), qint64(m_engine->sessionCount()),
                               m_listener->connections(), m_sockets.sessions(),    m_auditor.written(),
                               m_auditor.lost()};
    });
    connect(&m_runs, &Runs::made, &m_metrics,
            [this](Run *run, const RunRequest &, const RunOptions &, const Caller &, const QString &runtime) {
                m_metrics.watch(run, runtime);
            });
    connect(m_listener, &Listener::served, &m_metrics, [this](const Served &served) {
        // Who was served is a tenant that may not do this, and not somebody without a key.
        const bool isNobody = served.tenant.isEmpty() && (served.status == 401 || served.status == 403);
        if (isNobody || served.status == 429)
            m_metrics.countRefusedKey(served.status);
    });
    connect(&m_runs, &Runs::made, &m_auditor,
            [this](Run *run, const RunRequest &request, const RunOptions &options, const Caller &caller,
                   const QString &runtime) { m_auditor.watch(run, request, options, subjectOf(caller), runtime); });
    connect(&m_runs, &Runs::refused, &m_auditor,
            [this](const RunRequest &request, const RunOptions &options, const Caller &caller, const Error &why) {
                m_auditor.recordRefusal(request, options, subjectOf(caller), why);
            });
    connect(&m_auditor, &audit::Auditor::settled, this, &Service::finishWhenQuiet);
}

// Clients' runs go before the engine that carries them.
Service::~Service()
{
    m_listener->disconnect(this);
    m_sockets.disconnect(this);
    m_runs.disconnect(this);
    m_auditor.disconnect(this);
    m_engine->disconnect(this);
}

void Service::start(int descriptor, Callback<void> done)
{
    if (auto failed = m_auditor.open(); !failed) {
        QTimer::singleShot(0, this, [failed, done] { done(failed); });
        return;
    }
    const auto opened = [this, descriptor, done = std::move(done)](const Result<void> &known) {
        done(known ? begin(descriptor) : known);
    };
    if (m_authenticator)
        m_authenticator->open({this, opened});
    else
        QTimer::singleShot(0, this, [opened] { opened({}); });
}

Result<void> Service::begin(int descriptor)
{
    if (m_state != State::Serving)
        return fail(errors::Cancelled, u"The service was told to end before it began."_s);
    if (const auto adopted = m_listener->adopt(descriptor); !adopted)
        return adopted;
    if (m_options.isLocal)
        m_listener->setOnlyPeer(::geteuid());
    m_router.bind(m_listener);
    m_engine->start(m_options.prewarm, {this, [](const Result<void> &ready) {
                                            if (!ready)
                                                qCWarning(serviceLog).noquote() << ready.error().message;
                                        }});
    onActivity();
    return {};
}

void Service::applyLimits()
{
    m_ledger.setLimits(keepingOf(m_options.config));
    if (m_options.limits.bodies)
        m_options.limits.bodies->setMost(bodiesOf(m_options.config));
}

ConfigReload Service::reload(const Config &config, const audit::Settings &audit)
{
    Config wanted = config;
    // A log that cannot be opened is none to go over to.
    if (const auto changed = m_auditor.setSettings(audit); !changed) {
        qCWarning(serviceLog).noquote() << changed.error().message << "The audit log stays where it was.";
        wanted.audit = m_options.config.audit;
    }
    ConfigReload reloaded = reloadConfig(m_options.config, wanted);
    m_options.config = reloaded.config;
    m_options.drain = drainOf(reloaded.config);
    applyLimits();
    m_engine->setConfig(reloaded.config);
    m_runs.setConfig(reloaded.config);
    return reloaded;
}

bool Service::isQuiet() const
{
    return m_listener->connections() == 0 && m_sockets.sessions() == 0 && m_auditor.isSettled();
}

void Service::onActivity()
{
    if (m_state != State::Serving) {
        finishWhenQuiet();
        return;
    }
    if (m_busy || !isQuiet() || m_runs.active() > 0 || m_engine->sessionCount() > 0)
        m_idleTimer.stop();
    else if (m_options.idle.count() > 0)
        m_idleTimer.start(m_options.idle);
}

void Service::setBusy(bool busy)
{
    m_busy = busy;
    onActivity();
}

void Service::drain()
{
    if (m_state != State::Serving)
        return;
    m_state = State::Draining;
    m_idleTimer.stop();
    Q_EMIT ending();
    m_runs.refuseMore();
    m_listener->stopListening();
    m_sockets.closeIdle();
    m_drainTimer.start(m_options.drain);
    finishWhenQuiet();
}

void Service::stop()
{
    drain();
    if (m_state != State::Draining)
        return;
    m_state = State::Stopping;
    m_drainTimer.stop();
    m_lastTimer.start(LastPatience);
    m_engine->stop({this, [this](const Result<void> &) {
                        m_engineStopped = true;
                        m_lastTimer.start(ReadPatience);
                        finishWhenQuiet();
                    }});
}

void Service::finishWhenQuiet()
{
    if (m_state == State::Draining && m_runs.active() == 0)
        return stop();
    if (m_state == State::Stopping && m_engineStopped && isQuiet())
        m_lastTimer.start(0);
}

} // namespace isol8::service
