// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/execution/LocalEngine.h>

#include <isol8/base/Paths.h>
#include <isol8/docker/Client.h>
#include <isol8/egress/SystemResolver.h>
#include <isol8/execution/LocalRun.h>
#include <isol8/execution/RunQueue.h>
#include <isol8/execution/SandboxList.h>
#include <isol8/execution/SessionFiles.h>
#include <isol8/execution/SessionSnapshot.h>
#include <isol8/execution/SessionTerms.h>
#include <isol8/execution/SessionTransfers.h>
#include <isol8/execution/Validate.h>
#include <isol8/image/ImageCatalogue.h>
#include <isol8/registry/Registries.h>
#include <isol8/registry/RegistrySettings.h>
#include <isol8/remotecode/Loader.h>
#include <isol8/runtime/Runtime.h>
#include <isol8/sandbox/GuestDelivery.h>
#include <isol8/sandbox/Reaper.h>
#include <isol8/sandbox/SandboxPool.h>
#include <isol8/sandbox/Sweep.h>
#include <isol8/session/Session.h>

#include <QDateTime>
#include <QLoggingCategory>
#include <QPointer>
#include <QProcessEnvironment>
#include <QThread>
#include <QUuid>

#include <algorithm>

#include <unistd.h>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

Q_LOGGING_CATEGORY(engineLog, "isol8.engine", QtWarningMsg)

// Containers that were created this long ago and never started belong to no living engine.
constexpr std::chrono::seconds LeftoverAge{60};
// How often a waiting run hears of a new place in the queue.
constexpr milliseconds TellEvery{250};
// The sweep waits until the first run is on its way, so that it costs a cold start nothing.
constexpr milliseconds SweepDelay{3000};

// The host's npm and pip configuration is read again after this.
constexpr milliseconds SettingsAge{10000};

// What is on the host's network is there for one run, and for no longer than it; what is kept is nobody else's.
bool isPooled(const SandboxSpec &spec)
{
    return spec.network != Network::Host && !spec.keep;
}

} // namespace

class LocalEngine::Private : public QObject, public RunHost
{
    Q_OBJECT

public:
    Private(LocalEngineOptions engineOptions, LocalEngine *engine)
        : q(engine)
        , options(std::move(engineOptions))
        , runtimes(RuntimeRegistry::builtIn())
        , queue(options.config.maxConcurrent)
        , id(QUuid::createUuid().toString(QUuid::WithoutBraces))
    {
        if (auto extended = runtimes.extendedBy(options.config.runtimes))
            runtimes = std::move(*extended);
        else
            unusable = extended.error();
        if (!options.resolver)
            options.resolver = std::make_shared<egress::SystemResolver>();
        auto endpoint = options.endpoint ? Result<docker::Endpoint>(*options.endpoint)
                                         : docker::Endpoint::discover(QProcessEnvironment::systemEnvironment());
        if (!endpoint && !unusable)
            unusable = endpoint.error();
        dockerClient = new docker::Client(endpoint.value_or(docker::Endpoint{}), this);
        loader = new remotecode::Loader(loaderOptions(), this);
        catalogue = new ImageCatalogue(dockerClient, this);
        usages = new SandboxList(dockerClient, this);
        delivery = new GuestDelivery(dockerClient, this);
        pool = new SandboxPool(dockerClient, poolOptions(), poolHooks(), this);
        connect(pool, &SandboxPool::discarded, this, &Private::destroySandbox);
        sweepTimer.setSingleShot(true);
        connect(&sweepTimer, &QTimer::timeout, this, &Private::sweep);
        m_tellTimer.setSingleShot(true);
        connect(&m_tellTimer, &QTimer::timeout, this, &Private::tellPlaces);
    }

    [[nodiscard]] PlanContext planContext() const override
    {
        return {options.config, runtimes, options.limits, double(QThread::idealThreadCount())};
    }
    void customImages(Callback<ImageCatalogue::Images> done) override { catalogue->images(std::move(done)); }
    [[nodiscard]] CompileCache &compiled() override { return compileCache; }
    [[nodiscard]] docker::Client *client() const override { return dockerClient; }
    [[nodiscard]] egress::Resolver *resolver() const override { return options.resolver.get(); }
    [[nodiscard]] registry::Registries *registries() override;
    [[nodiscard]] remotecode::Loader *codeLoader() const override { return loader; }

    Result<void> enqueue(LocalRun *run, int priority) override;
    void leave(LocalRun *run) override;
    Sandbox *takePooled(const SandboxSpec &spec, LocalRun *run) override
    {
        return isPooled(spec) ? pool->take(spec, run->owner(), run) : nullptr;
    }
    [[nodiscard]] Session *findSession(const QString &owner, const QString &sessionId) const override;
    [[nodiscard]] const SessionTerms &termsOf(Session *session) const override { return sessionOf(session)->terms; }
    [[nodiscard]] Session *makeSession(const QString &owner, const QString &sessionId, SessionTerms terms) override;
    void endSession(Session *session) override;
    void prepareIdentity(const QString &owner, const QString &purpose, const QString &session,
                         Callback<SandboxIdentity> done) override;
    void release(Sandbox *sandbox, const QString &owner, bool wentWell) override;
    void started() override { pool->refill(); }

    void destroySandbox(Sandbox *sandbox);
    [[nodiscard]] remotecode::LoaderOptions loaderOptions() const;
    [[nodiscard]] SandboxPool::Options poolOptions() const;
    [[nodiscard]] SandboxPool::Hooks poolHooks();
    void prewarm(const QStringList &names, const Callback<void> &done);
    void prepareNext(QStringList names, const ImageCatalogue::Images &images, const Callback<void> &done);
    void stopped();

    struct OwnedSession
    {
        QString owner;
        Session *session;
        SessionTerms terms;
    };
    [[nodiscard]] const OwnedSession *sessionOf(const Session *session) const
    {
        const auto found = std::find_if(sessions.begin(), sessions.end(),
                                        [session](const OwnedSession &owned) { return owned.session == session; });
        return found == sessions.end() ? nullptr : &*found;
    }
    void dropSession(Session *session, const QString &why);
    //! \a work with the session, from the event loop; or unknown_session.
    template<class T, class Work>
    void inSession(const QString &owner, const QString &sessionId, const Callback<T> &done, Work work)
    {
        QTimer::singleShot(0, this, [this, owner, sessionId, done, work] {
            if (Session *const session = findSession(owner, sessionId))
                work(session);
            else
                done(fail(errors::UnknownSession, u"There is no session %1."_s.arg(sessionId)));
        });
    }

    [[nodiscard]] sessionfiles::Lookup lookup(const QString &owner, const QString &sessionId)
    {
        return [this, owner, sessionId](const Callback<Session *> &done) {
            inSession(owner, sessionId, done, [done](Session *session) { done(session); });
        };
    }
    [[nodiscard]] QList<SandboxInfo> sandboxes(const QString &owner, bool everybodys) const;

    LocalEngine *q;
    LocalEngineOptions options;
    std::vector<OwnedSession> sessions; //!< in the order they were made
    RuntimeRegistry runtimes;
    RunQueue queue;
    QString id;
    std::optional<Error> unusable;
    docker::Client *dockerClient = nullptr;
    remotecode::Loader *loader = nullptr;
    ImageCatalogue *catalogue = nullptr;
    SandboxList *usages = nullptr;
    GuestDelivery *delivery = nullptr;
    CompileCache compileCache;
    SandboxPool *pool = nullptr;
    std::unique_ptr<registry::Registries> installSources;
    QElapsedTimer sourcesRead;
    Reaper reaper;
    bool stopping = false;
    bool keepsPool = false; //!< since start(): an engine for a single run has no use for one
    QList<Callback<void>> stopCallbacks;

private:
    void schedule();
    void dispatch();
    void tellPlaces();
    void sweep();

    QHash<quint64, LocalRun *> m_runs;
    QHash<LocalRun *, quint64> m_ids;
    quint64 m_nextId = 1;
    QHash<quint64, int> m_told; //!< waiting runs' places, as they know them
    bool m_newcomers = false;   //!< some know none
    bool m_stale = false;       //!< what some know may be wrong
    QTimer m_tellTimer;
    bool m_scheduled = false;
    int m_dying = 0;
    QTimer sweepTimer;
};

Result<void> LocalEngine::Private::enqueue(LocalRun *run, int priority)
{
    if (stopping)
        return fail(errors::Cancelled, u"The engine is stopping."_s);
    if (unusable)
        return fail(*unusable);
    const quint64 number = m_nextId++;
    if (!queue.enqueue(number, run->owner(), priority))
        return fail(errors::QueueFull, u"Too many runs are waiting; try again later."_s);
    m_runs.insert(number, run);
    m_ids.insert(run, number);
    m_newcomers = true;
    schedule();
    return {};
}

void LocalEngine::Private::leave(LocalRun *run)
{
    const auto found = m_ids.constFind(run);
    if (found == m_ids.constEnd())
        return;
    queue.leave(*found);
    m_told.remove(*found);
    m_runs.remove(*found);
    m_ids.erase(found);
    schedule();
    if (keepsPool)
        pool->refill();
}

// Starting runs from the event loop keeps "never from inside the call" true.
void LocalEngine::Private::schedule()
{
    if (std::exchange(m_scheduled, true))
        return;
    QTimer::singleShot(0, this, &Private::dispatch);
}

void LocalEngine::Private::dispatch()
{
    m_scheduled = false;
    while (const auto number = queue.admit()) {
        m_told.remove(*number);
        if (LocalRun *run = m_runs.value(*number))
            run->admitted();
    }
    m_stale = true;
    if (m_newcomers || !m_tellTimer.isActive())
        tellPlaces();
}

// Each waiting run hears its place at once, and a change of it, but not of each step of many in a row.
void LocalEngine::Private::tellPlaces()
{
    if (!std::exchange(m_stale, false))
        return;
    const bool newcomersOnly = m_tellTimer.isActive();
    m_newcomers = false;
    m_stale = newcomersOnly;
    int place = 0;
    const QList<quint64> waiting = queue.waiting();
    if (!newcomersOnly && !waiting.isEmpty())
        m_tellTimer.start(TellEvery);
    for (const quint64 number : waiting) {
        ++place;
        LocalRun *run = m_runs.value(number);
        const int told = m_told.value(number);
        if (!run || told == place || (newcomersOnly && told > 0))
            continue;
        m_told.insert(number, place);
        Q_EMIT run->queued(place);
    }
}

registry::Registries *LocalEngine::Private::registries()
{
    const auto read = [] { return registry::RegistrySettings::read(registry::SettingsSources::ofThisProcess()); };
    if (!installSources)
        installSources = std::make_unique<registry::Registries>(read(), registry::installCacheFolder(),
                                                                registry::CacheLimits(), options.resolver);
    else if (sourcesRead.hasExpired(SettingsAge.count()))
        installSources->setSettings(read());
    else
        return installSources.get();
    sourcesRead.start();
    return installSources.get();
}

Session *LocalEngine::Private::findSession(const QString &owner, const QString &sessionId) const
{
    for (const OwnedSession &owned : sessions) {
        if (owned.owner == owner && owned.session->id() == sessionId)
            return owned.session;
    }
    return nullptr;
}

Session *LocalEngine::Private::makeSession(const QString &owner, const QString &sessionId, SessionTerms terms)
{
    const Config::Cleanup &cleanup = options.config.cleanup;
    const Session::Times times{cleanup.pauseAfter, cleanup.autoPrune ? cleanup.maxContainerAge : milliseconds(0)};
    const QString name = sessionId.isEmpty() ? QUuid::createUuid().toString(QUuid::WithoutBraces) : sessionId;
    auto *session = new Session(name, terms.spec.runtime, times, this);
    connect(session, &Session::expired, this,
            [this, session] { dropSession(session, u"The session %1 was idle for too long."_s.arg(session->id())); });
    sessions.push_back({owner, session, std::move(terms)});
    Q_EMIT q->sessionsChanged();
    return session;
}

void LocalEngine::Private::endSession(Session *session)
{
    dropSession(session, u"The session %1 has ended."_s.arg(session->id()));
}

void LocalEngine::Private::dropSession(Session *session, const QString &why)
{
    const auto found = std::find_if(sessions.begin(), sessions.end(),
                                    [session](const OwnedSession &owned) { return owned.session == session; });
    if (found == sessions.end())
        return;
    sessions.erase(found);
    session->disconnect(this);
    Sandbox *const sandbox = session->release();
    if (sandbox)
        sandbox->disconnect();
    session->tellEnding({errors::SessionLost.toString(), why, {}});
    if (sandbox)
        destroySandbox(sandbox);
    session->deleteLater();
    Q_EMIT q->sessionsChanged();
}

void LocalEngine::Private::prepareIdentity(const QString &owner, const QString &purpose, const QString &session,
                                           Callback<SandboxIdentity> done)
{
    // Before the first container: whatever happens to this process from here on, something cleans up after it.
    if (const auto launched = reaper.launch(dockerClient->endpoint(), u"org.isol8="_s + id); !launched) {
        const Error error = launched.error();
        QTimer::singleShot(0, this, [done, error] { done(fail(error)); });
        return;
    }
    if (!sweepTimer.isActive())
        sweepTimer.start(SweepDelay);
    delivery->prepare({this, [this, owner, purpose, session, done](const Result<SandboxIdentity> &prepared) {
                           if (!prepared) {
                               done(fail(prepared.error()));
                               return;
                           }
                           SandboxIdentity identity = *prepared;
                           identity.engineId = purpose == u"persist" ? QString(id + u"-kept"_s) : id; // no reaper's
                           identity.owner = owner;
                           identity.purpose = purpose;
                           identity.session = session;
                           done(identity);
                       }});
}

void LocalEngine::Private::release(Sandbox *sandbox, const QString &owner, bool wentWell)
{
    if (!wentWell || !keepsPool || stopping || !isPooled(sandbox->spec()) || !pool->giveBack(sandbox, owner))
        destroySandbox(sandbox);
}

remotecode::LoaderOptions LocalEngine::Private::loaderOptions() const
{
    remotecode::LoaderOptions loading;
    loading.settings = remotecode::CodeSettings::fromJson(options.config.remoteCode);
    loading.settings.maxCodeSize = std::min(loading.settings.maxCodeSize, MaxCodeSize);
    loading.network = {options.config.network.allowPrivate, options.config.network.ports};
    loading.resolver = options.resolver.get();
    loading.cacheFolder = cacheDirectory() + u"/code"_s;
    loading.authorities = qEnvironmentVariable("SSL_CERT_FILE");
    return loading;
}

SandboxPool::Options LocalEngine::Private::poolOptions() const
{
    SandboxPool::Options pooled;
    pooled.clean = options.config.poolSize.clean;
    pooled.dirty = options.config.poolSize.dirty;
    pooled.reuse = options.config.poolStrategy == Config::PoolStrategy::Fast;
    pooled.memoryCeiling = qint64(::sysconf(_SC_PHYS_PAGES)) * qint64(::sysconf(_SC_PAGESIZE)) / 2;
    return pooled;
}

SandboxPool::Hooks LocalEngine::Private::poolHooks()
{
    SandboxPool::Hooks hooks;
    hooks.identity = [this](Callback<SandboxIdentity> done) { prepareIdentity({}, u"pool"_s, {}, std::move(done)); };
    // A start beside a run's own would make that run slower than without a pool.
    hooks.mayRefill = [this] {
        return keepsPool && !stopping && queue.waitingCount() == 0 &&
               std::none_of(m_runs.cbegin(), m_runs.cend(), [](const LocalRun *run) { return run->isStarting(); });
    };
    hooks.interpreter = [this](const SandboxSpec &spec) {
        const auto runtime = runtimes.byName(spec.runtime);
        return runtime ? waitingInterpreter(*runtime, spec.network,
                                            options.config.poolStrategy == Config::PoolStrategy::Fast)
                       : guest::RunMessage();
    };
    return hooks;
}

void LocalEngine::Private::destroySandbox(Sandbox *sandbox)
{
    sandbox->setParent(this);
    ++m_dying;
    connect(sandbox, &QObject::destroyed, this, [this] {
        if (--m_dying == 0)
            stopped();
    });
    sandbox->destroy();
}

void LocalEngine::Private::sweep()
{
    const qint64 now = QDateTime::currentSecsSinceEpoch();
    sweepContainers(
        dockerClient,
        [now](const docker::ContainerSummary &container) { return isLeftover(container, now, LeftoverAge); },
        {this, [](const Result<QStringList> &removed) {
             if (!removed)
                 qCDebug(engineLog) << "sweep:" << removed.error().message;
             else if (!removed->isEmpty())
                 qCInfo(engineLog) << "removed" << removed->size() << "containers that an earlier engine left behind";
         }});
}

void LocalEngine::Private::prewarm(const QStringList &names, const Callback<void> &done)
{
    if (unusable) {
        const Error error = *unusable;
        QTimer::singleShot(0, this, [done, error] { done(fail(error)); });
        return;
    }
    dockerClient->ping({this, [this, names, done](const Result<docker::Version> &version) {
                            if (!version)
                                done(fail(version.error()));
                            else
                                catalogue->images({this, [this, names, done](const auto &images) {
                                                       prepareNext(names, images.value_or(nullptr), done);
                                                   }});
                        }});
}

// One after the other: starts at the same time only slow each other down.
void LocalEngine::Private::prepareNext(QStringList names, const ImageCatalogue::Images &images,
                                       const Callback<void> &done)
{
    if (names.isEmpty()) {
        done({});
        return;
    }
    const QString name = names.takeFirst();
    PlanContext context = planContext();
    context.images = images.get();
    const auto spec = defaultSpec(name, context);
    if (!spec) {
        done(fail(spec.error()));
        return;
    }
    if (!isPooled(*spec)) {
        prepareNext(names, images, done);
        return;
    }
    pool->prewarm(*spec, {this, [this, names, images, done](const Result<void> &result) {
                              if (!result)
                                  done(fail(result.error()));
                              else
                                  prepareNext(names, images, done);
                          }});
}

namespace {

SandboxInfo infoOf(const Sandbox *sandbox, const QString &purpose, const QString &owner)
{
    SandboxInfo info;
    info.purpose = purpose;
    info.owner = owner;
    if (!sandbox)
        return info;
    info.containerId = sandbox->containerId();
    info.runtime = sandbox->spec().runtime;
    info.image = sandbox->spec().image;
    info.createdAt = sandbox->createdAt();
    info.memoryLimit = sandbox->spec().memory;
    info.cpuLimit = sandbox->spec().cpus;
    return info;
}

} // namespace

QList<SandboxInfo> LocalEngine::Private::sandboxes(const QString &owner, bool everybodys) const
{
    QList<SandboxInfo> list;
    for (const LocalRun *run : q->findChildren<LocalRun *>(Qt::FindDirectChildrenOnly)) {
        if (!run->sandbox() || run->isInSession() || (!everybodys && run->owner() != owner))
            continue;
        SandboxInfo info = infoOf(run->sandbox(), u"run"_s, run->owner());
        info.id = run->executionId();
        info.state = run->sandbox()->isReady() ? u"running"_s : u"starting"_s;
        list.append(info);
    }
    for (const OwnedSession &owned : sessions) {
        if (!everybodys && owned.owner != owner)
            continue;
        const SessionInfo session = owned.session->info();
        SandboxInfo info = infoOf(owned.session->sandbox(), u"session"_s, owned.owner);
        info.id = info.sessionId = session.id;
        info.runtime = session.runtime;
        info.image = owned.terms.spec.image;
        info.memoryLimit = owned.terms.spec.memory;
        info.cpuLimit = owned.terms.spec.cpus;
        if (!info.createdAt.isValid())
            info.createdAt = session.createdAt;
        info.state = owned.session->isLost()     ? u"lost"_s
                     : !owned.session->sandbox() ? u"starting"_s
                     : session.isActive          ? u"running"_s
                     : session.isPaused          ? u"paused"_s
                                                 : u"idle"_s;
        list.append(info);
    }
    if (everybodys) {
        for (const SandboxPool::Held &held : pool->held()) {
            SandboxInfo info = infoOf(held.sandbox, u"pool"_s, held.owner);
            info.id = info.containerId;
            info.state = held.resting ? u"ready"_s : held.sandbox->isResetting() ? u"resetting"_s : u"starting"_s;
            list.append(info);
        }
    }
    std::stable_sort(list.begin(), list.end(),
                     [](const SandboxInfo &a, const SandboxInfo &b) { return a.createdAt < b.createdAt; });
    return list;
}

void LocalEngine::Private::stopped()
{
    if (!stopping || m_dying > 0)
        return;
    reaper.dismiss();
    for (const auto &done : std::exchange(stopCallbacks, {}))
        done({});
}

LocalEngine::LocalEngine(LocalEngineOptions options, QObject *parent)
    : Engine(parent)
    , d(std::make_unique<Private>(std::move(options), this))
{
}

LocalEngine::~LocalEngine()
{
    // Runs are children; they let go of their sandboxes through d, so they go first.
    const auto runs = findChildren<LocalRun *>(Qt::FindDirectChildrenOnly);
    qDeleteAll(runs);
}

void LocalEngine::start(const QStringList &prewarm, Callback<void> done)
{
    d->keepsPool = true;
    d->prewarm(prewarm, done);
}

Run *LocalEngine::execute(const RunRequest &request, const RunOptions &options, const QString &owner)
{
    return new LocalRun(d.get(), request, options, owner, this);
}

void LocalEngine::sessions(const QString &owner, Callback<QList<SessionInfo>> done)
{
    QTimer::singleShot(0, d.get(), [this, owner, done] {
        QList<SessionInfo> found;
        for (const Private::OwnedSession &owned : d->sessions) {
            if (owned.owner == owner)
                found.append(owned.session->info());
        }
        done(found);
    });
}

void LocalEngine::removeSession(const QString &owner, const QString &id, Callback<bool> done)
{
    QTimer::singleShot(0, d.get(), [this, owner, id, done] {
        Session *const session = d->findSession(owner, id);
        if (session)
            d->dropSession(session, u"The session %1 was removed."_s.arg(id));
        done(session != nullptr);
    });
}

void LocalEngine::setSessionPaused(const QString &owner, const QString &id, bool paused, Callback<void> done)
{
    d->inSession(owner, id, done, [paused, done](Session *session) {
        if (paused)
            session->pause(done);
        else
            session->wake(done);
    });
}

void LocalEngine::putFile(const QString &owner, const QString &session, const QString &path, const QByteArray &content,
                          std::optional<uint> mode, Callback<void> done)
{
    d->inSession(owner, session, done, [path, content, mode, done](Session *found) {
        if (content.size() > MaxPut)
            done(fail(tooLargeToPut(path)));
        else
            sessionfiles::put(found, path, content, mode, done);
    });
}

void LocalEngine::getFile(const QString &owner, const QString &session, const QString &path, Callback<QByteArray> done)
{
    d->inSession(owner, session, done, [path, done](Session *found) { sessionfiles::get(found, path, MaxGet, done); });
}

void LocalEngine::listFiles(const QString &owner, const QString &session, const QString &path, bool recursive,
                            Callback<QList<SessionFile>> done)
{
    d->inSession(owner, session, done,
                 [path, recursive, done](Session *found) { sessionfiles::list(found, path, recursive, done); });
}

void LocalEngine::removeFile(const QString &owner, const QString &session, const QString &path, Callback<void> done)
{
    d->inSession(owner, session, done, [path, done](Session *found) { sessionfiles::remove(found, path, done); });
}

void LocalEngine::makeDirectory(const QString &owner, const QString &session, const QString &path,
                                std::optional<uint> mode, Callback<void> done)
{
    d->inSession(owner, session, done,
                 [path, mode, done](Session *found) { sessionfiles::makeDirectory(found, path, mode, done); });
}

Upload *LocalEngine::uploadFile(const QString &owner, const QString &session, const UploadTarget &target,
                                QObject *parent)
{
    return sessionfiles::upload(d->lookup(owner, session), target, parent);
}

Download *LocalEngine::downloadFile(const QString &owner, const QString &session, const QString &path, QObject *parent)
{
    return sessionfiles::download(d->lookup(owner, session), path, parent);
}

Upload *LocalEngine::uploadDirectory(const QString &owner, const QString &session, const QString &path, QObject *parent)
{
    return sessionfiles::uploadFolder(d->lookup(owner, session), path, parent);
}

Download *LocalEngine::downloadDirectory(const QString &owner, const QString &session, const QString &path,
                                         QObject *parent)
{
    return sessionfiles::downloadFolder(d->lookup(owner, session), path, parent);
}

void LocalEngine::sandboxes(const QString &owner, bool everybodys, Callback<QList<SandboxInfo>> done)
{
    QTimer::singleShot(0, d.get(),
                       [this, owner, everybodys, done] { d->usages->measure(d->sandboxes(owner, everybodys), done); });
}

void LocalEngine::saveSnapshot(const QString &owner, const QString &session, const QString &name,
                               Callback<SnapshotInfo> done)
{
    d->inSession(owner, session, done,
                 [this, owner, name, done](Session *found) { saveSession(found, owner, name, d.get(), done); });
}

void LocalEngine::snapshots(const QString &owner, Callback<QList<SnapshotInfo>> done)
{
    QTimer::singleShot(0, d.get(), [owner, done] { done(SnapshotStore().list(owner)); });
}

void LocalEngine::removeSnapshot(const QString &owner, const QString &name, Callback<void> done)
{
    QTimer::singleShot(0, d.get(), [owner, name, done] { done(SnapshotStore().remove(owner, name)); });
}

void LocalEngine::stop(Callback<void> done)
{
    d->stopping = true;
    d->stopCallbacks.append(std::move(done));
    const auto runs = findChildren<LocalRun *>(Qt::FindDirectChildrenOnly);
    for (LocalRun *run : runs)
        run->cancelAtOnce();
    while (!d->sessions.empty())
        d->dropSession(d->sessions.back().session, u"The engine is stopping."_s);
    for (Sandbox *sandbox : d->pool->takeAll())
        d->destroySandbox(sandbox);
    QTimer::singleShot(0, d.get(), &Private::stopped);
}

bool LocalEngine::hasSession(const QString &owner, const QString &id) const
{
    return d->findSession(owner, id) != nullptr;
}

void LocalEngine::measureSession(const QString &owner, const QString &id, Callback<SessionUse> done)
{
    d->inSession(owner, id, done, [this, id, done](Session *session) {
        const SessionInfo info = session->info();
        if (info.containerId.isEmpty())
            return done(fail(errors::SessionLost, u"The session %1 has no sandbox."_s.arg(id)));
        d->dockerClient->containerStats(info.containerId,
                                        {d.get(), [done, info](const Result<QJsonObject> &stats) {
                                             if (!stats)
                                                 return done(fail(stats.error()));
                                             done(SessionUse{SandboxList::cpuMsOf(*stats).value_or(0), info.isPaused});
                                         }});
    });
}

void LocalEngine::removeIdleSessions(Callback<int> done)
{
    QTimer::singleShot(0, d.get(), [this, done] {
        QList<Session *> idle;
        for (const Private::OwnedSession &owned : d->sessions) {
            if (!owned.session->info().isActive)
                idle.append(owned.session);
        }
        for (Session *session : std::as_const(idle))
            d->dropSession(session, u"The session %1 was removed."_s.arg(session->id()));
        done(int(idle.size()));
    });
}

void LocalEngine::setConfig(const Config &config)
{
    d->options.config = config;
}

qsizetype LocalEngine::sessionCount() const
{
    return qsizetype(d->sessions.size());
}

qsizetype LocalEngine::queueLength() const
{
    return d->queue.waitingCount();
}

LocalEngine::PoolStatus LocalEngine::poolStatus() const
{
    const SandboxPool::Status status = d->pool->status();
    return {status.waiting, status.starting, status.hits, status.misses};
}

QString LocalEngine::id() const
{
    return d->id;
}

} // namespace isol8

#include "LocalEngine.moc"
