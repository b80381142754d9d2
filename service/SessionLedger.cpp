// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/SessionLedger.h>

#include <isol8/execution/RunPlan.h>
#include <service/auth/AuthErrors.h>

#include <QPointer>

#include <algorithm>
#include <memory>
#include <optional>

using namespace Qt::StringLiterals;

namespace isol8::service {

namespace {

constexpr milliseconds LookEvery{1000};
constexpr int MostRests = 7;
// Less than this between two looks is nothing: an interpreter that waits, isol8's own init.
constexpr qint64 QuietMs = 20;

// The lower of two limits, of which 0 is none.
int lower(int one, int other)
{
    return one == 0 || other == 0 ? std::max(one, other) : std::min(one, other);
}

} // namespace

SessionLedger::SessionLedger(LocalEngine *engine, QObject *parent)
    : QObject(parent)
    , m_engine(engine)
{
    connect(engine, &LocalEngine::sessionsChanged, this, &SessionLedger::tidy);
    connect(&m_timer, &QTimer::timeout, this, &SessionLedger::lookAll);
}

int SessionLedger::sessionsOf(const QString &tenant) const
{
    const auto named =
        std::count_if(m_held.keyBegin(), m_held.keyEnd(), [&tenant](const Name &name) { return name.first == tenant; });
    const auto others = std::count_if(m_unnamed.cbegin(), m_unnamed.cend(),
                                      [&tenant](const Unnamed &unnamed) { return unnamed.tenant == tenant; });
    return int(named + others);
}

Result<void> SessionLedger::admit(const RunOptions &options, const Caller &caller) const
{
    if (caller.isLocal || !isPersistent(options))
        return {};
    if (!options.sessionId.isEmpty() && m_held.contains({caller.tenant, options.sessionId}))
        return {};
    const int most = lower(m_limits.sessions, m_meter ? m_meter->quotaOf(caller.keyId).sessions : 0);
    if (most == 0 || sessionsOf(caller.tenant) < most)
        return {};
    return fail(
        autherrors::TooManySessions,
        u"This tenant may have %1 sessions at a time, and has; remove one that is not needed any more."_s.arg(most));
}

Result<void> SessionLedger::admitSnapshot(qsizetype there, const Caller &caller) const
{
    const int most = lower(m_limits.snapshots, m_meter ? m_meter->quotaOf(caller.keyId).snapshots : 0);
    if (caller.isLocal || most == 0 || there < most)
        return {};
    return fail(autherrors::TooManySnapshots,
                u"This tenant may have %1 snapshots, and has; remove one that is not needed any more."_s.arg(most));
}

Result<void> SessionLedger::admitResume(const QString &session, const Caller &caller)
{
    if (!m_meter)
        return {};
    if (auto may = m_meter->mayCompute(caller.keyId); !may)
        return may;
    if (const auto held = m_held.find({caller.tenant, session}); held != m_held.end()) {
        held->payer = caller.keyId;
        held->rests = held->left = 0;
    }
    return {};
}

void SessionLedger::count(Run *run, const RunOptions &options, const Caller &caller)
{
    if (caller.isLocal || !isPersistent(options))
        return;
    if (!m_timer.isActive())
        m_timer.start(LookEvery);
    if (!options.sessionId.isEmpty()) {
        const Name name(caller.tenant, options.sessionId);
        m_held[name].payer = caller.keyId;
        counted(run, name);
        return;
    }
    m_unnamed.insert(run, {caller.tenant, caller.keyId});
    connect(run, &Run::progress, this, [this, run] { nameIt(run); });
    connect(run, &Run::started, this, [this, run] { nameIt(run); });
    connect(run, &Run::finished, this, [this, run] { nameIt(run); });
    connect(run, &QObject::destroyed, this, [this, run] { m_unnamed.remove(run); });
}

void SessionLedger::nameIt(const Run *run)
{
    const auto unnamed = m_unnamed.constFind(run);
    const QString session = run->result().sessionId;
    if (unnamed == m_unnamed.cend() || session.isEmpty())
        return;
    const Name name(unnamed->tenant, session);
    m_held[name].payer = unnamed->payer;
    m_unnamed.erase(unnamed);
    counted(const_cast<Run *>(run), name);
}

void SessionLedger::counted(Run *run, const Name &name)
{
    Held &held = m_held[name];
    ++held.runs;
    held.rests = held.left = 0;
    auto over = std::make_shared<bool>(run->isFinished());
    const auto end = [this, name, over](std::optional<qint64> cpuMs) {
        const auto found = m_held.find(name);
        if (std::exchange(*over, true) || found == m_held.end())
            return;
        --found->runs;
        found->cpuMs += cpuMs.value_or(0);
        if (!cpuMs) {
            found->knowsCpu = false;
            if (found->runs == 0 && isMetered(*found))
                look(name, {});
        }
        QMetaObject::invokeMethod(this, &SessionLedger::tidy, Qt::QueuedConnection);
    };
    if (std::exchange(*over, false))
        return end(usedCpu(run->result()));
    connect(run, &Run::finished, this, [end](const RunResult &result) { end(usedCpu(result)); });
    connect(run, &QObject::destroyed, this, [end] { end({}); });
}

void SessionLedger::tidy()
{
    m_held.removeIf([this](const auto &held) {
        return held->runs == 0 && !m_engine->hasSession(held.key().first, held.key().second);
    });
    if (m_held.isEmpty() && m_unnamed.isEmpty())
        m_timer.stop();
}

bool SessionLedger::isMetered(const Held &held) const
{
    return m_meter && !held.payer.isEmpty() && m_meter->quotaOf(held.payer).cpuSecondsPerDay > 0;
}

void SessionLedger::lookAll()
{
    QList<Name> names;
    for (auto held = m_held.begin(); held != m_held.end(); ++held) {
        if (!isMetered(*held))
            held->knowsCpu = false; // what is used without a quota is charged to nobody
        else if (held->runs == 0 && --held->left < 0)
            names.append(held.key());
    }
    for (const Name &name : std::as_const(names))
        look(name, {});
}

void SessionLedger::look(const Name &name, const std::function<void()> &done)
{
    m_engine->measureSession(name.first, name.second,
                             {this, [this, name, done](const Result<LocalEngine::SessionUse> &use) {
                                  if (use)
                                      used(name, *use);
                                  if (done)
                                      done();
                              }});
}

void SessionLedger::used(const Name &name, const LocalEngine::SessionUse &use)
{
    const auto held = m_held.find(name);
    if (held == m_held.end() || held->runs > 0 || !isMetered(*held))
        return;
    if (!std::exchange(held->knowsCpu, true))
        held->cpuMs = use.cpuMs;
    const qint64 more = use.cpuMs - held->cpuMs;
    held->cpuMs += std::max<qint64>(more, 0);
    held->rests = more > QuietMs ? 0 : std::min(2 * held->rests + 1, MostRests);
    held->left = held->rests;
    if (more > 0)
        m_meter->charge(held->payer, more);
    if (!use.isPaused && !m_meter->mayCompute(held->payer))
        m_engine->setSessionPaused(name.first, name.second, true, {this, [](const Result<void> &) {}});
}

void SessionLedger::settle(const QString &tenant, const QString &session, QObject *context, std::function<void()> done)
{
    const Name name(tenant, session);
    const auto held = m_held.constFind(name);
    if (held == m_held.cend() || held->runs > 0 || !isMetered(*held))
        return done();
    look(name, [context = QPointer(context), done = std::move(done)] {
        if (context)
            done();
    });
}

} // namespace isol8::service
