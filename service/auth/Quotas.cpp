// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/auth/Quotas.h>

#include <service/RunMeter.h>
#include <service/auth/AuthErrors.h>

#include <QDateTime>

#include <algorithm>
#include <numeric>

using namespace Qt::StringLiterals;

namespace isol8::service {

namespace {

constexpr qint64 MinuteMs = 60000;
constexpr qint64 ForgetAfterMs = 3600000;
constexpr qsizetype ManyKeys = 10000;

int secondsUp(qint64 ms)
{
    return int(std::max<qint64>((ms + 999) / 1000, 1));
}

tl::unexpected<Error> over(const QString &sentence)
{
    return fail(autherrors::OverQuota, sentence);
}

} // namespace

Quotas::Quotas(QObject *parent, std::function<qint64()> now)
    : QObject(parent)
    , m_now(now ? std::move(now) : [] { return QDateTime::currentMSecsSinceEpoch(); })
{
}

void Quotas::learn(const KeyRecord &record)
{
    const qint64 now = m_now();
    const auto known = m_uses.find(record.id);
    if (known == m_uses.end() && !record.quota.isSet())
        return;
    Use &use = known == m_uses.end() ? m_uses[record.id] : *known;
    turn(&use, now);
    use.quota = record.quota;
    use.cpuNoted = record.cpuMs;
    use.seen = now;
    if (m_uses.size() > ManyKeys)
        prune(now);
}

// A new day begins with nothing used up; what the last one's runs still use is the new one's.
void Quotas::turn(Use *use, qint64 now) const
{
    if (const qint64 day = dayOf(now); use->day != day) {
        use->day = day;
        use->cpuNoted = use->cpuOnTheWay = use->cpuNew = 0;
    }
    while (!use->begun.empty() && use->begun.front() <= now - MinuteMs)
        use->begun.pop_front();
}

qint64 Quotas::cpuOf(const Use &use) const
{
    return std::accumulate(use.running.begin(), use.running.end(), use.cpuNoted + use.cpuOnTheWay + use.cpuNew,
                           [](qint64 sum, const Running &running) { return sum + running.cpuMs; });
}

Result<void> Quotas::admit(const Caller &caller)
{
    const auto found = m_uses.find(caller.keyId);
    if (caller.keyId.isEmpty() || found == m_uses.end())
        return {};
    turn(&*found, m_now());
    const Quota &quota = found->quota;
    if (quota.concurrentRuns > 0 && found->running.size() >= quota.concurrentRuns)
        return over(
            u"This key may have %1 runs at a time, and has them; wait until one ends."_s.arg(quota.concurrentRuns));
    if (quota.runsPerMinute > 0 && found->begun.size() >= size_t(quota.runsPerMinute))
        return over(u"This key may begin %1 runs a minute, and has; try again in %2 s."_s.arg(quota.runsPerMinute)
                        .arg(retryAfter(caller)));
    return mayCompute(caller.keyId);
}

Result<void> Quotas::mayCompute(const QString &keyId, qint64 graceMs)
{
    const auto found = m_uses.find(keyId);
    if (found == m_uses.end())
        return {};
    turn(&*found, m_now());
    const qint64 seconds = found->quota.cpuSecondsPerDay;
    if (seconds > 0 && cpuOf(*found) >= seconds * 1000 + graceMs)
        return over(
            u"This key may use %1 s of CPU time a day, and has; the next day begins at 00:00 UTC."_s.arg(seconds));
    return {};
}

int Quotas::retryAfter(const Caller &caller) const
{
    const auto found = m_uses.constFind(caller.keyId);
    if (found == m_uses.cend())
        return 1;
    const qint64 now = m_now();
    const Quota &quota = found->quota;
    if (quota.concurrentRuns > 0 && found->running.size() >= quota.concurrentRuns)
        return 1;
    if (quota.runsPerMinute > 0 && found->begun.size() >= size_t(quota.runsPerMinute))
        return secondsUp(found->begun[found->begun.size() - size_t(quota.runsPerMinute)] + MinuteMs - now);
    if (quota.cpuSecondsPerDay > 0 && cpuOf(*found) >= quota.cpuSecondsPerDay * 1000)
        return secondsUp((dayOf(now) + 1) * DayMs - now);
    return 1;
}

void Quotas::count(const Caller &caller, Run *run)
{
    if (caller.keyId.isEmpty())
        return;
    // Whether it has a quota or not: it may get one meanwhile.
    const QString id = caller.keyId;
    Use &found = m_uses[id];
    turn(&found, m_now());
    found.seen = m_now();
    if (found.quota.runsPerMinute > 0)
        found.begun.push_back(m_now());
    found.running.insert(run, {});
    const auto hear = [this, id, run](qint64 cpuMs) {
        if (const auto use = m_uses.find(id); use != m_uses.end() && use->running.contains(run))
            use->running.insert(run, {std::max(cpuMs, use->running.value(run).cpuMs), m_now()});
    };
    connect(run, &Run::progress, this, [hear] { hear(0); });
    connect(run, &Run::started, this, [hear] { hear(0); });
    connect(run, &Run::usage, this, [hear](const ResourceUsage &usage) { hear(usage.cpuMs); });
    connect(run, &Run::finished, this, [this, id, run](const RunResult &result) { onFinished(id, run, result); });
    connect(run, &QObject::destroyed, this, [this, id, run] { onEnded(id, run); });
}

void Quotas::onFinished(const QString &keyId, const Run *run, const RunResult &result)
{
    const auto use = m_uses.constFind(keyId);
    if (use == m_uses.cend())
        return;
    const qint64 atMost = std::max(timeOf(use->running.value(run)), result.resourceUsage.cpuMs);
    endRun(keyId, run, usedCpu(result).value_or(atMost));
}

qint64 Quotas::timeOf(const Running &running) const
{
    return running.cpuMs + (running.heardAt < 0 ? 0 : std::max<qint64>(m_now() - running.heardAt, 0));
}

void Quotas::onEnded(const QString &keyId, const Run *run)
{
    const auto use = m_uses.constFind(keyId);
    if (use == m_uses.cend() || !use->running.contains(run))
        return;
    endRun(keyId, run, timeOf(use->running.value(run)));
}

void Quotas::endRun(const QString &keyId, const Run *run, qint64 cpuMs)
{
    const auto use = m_uses.find(keyId);
    if (use == m_uses.end() || use->running.remove(run) == 0)
        return;
    charge(keyId, cpuMs);
    if (use->running.isEmpty() && !use->quota.isSet() && use->cpuNew == 0 && use->cpuOnTheWay == 0)
        m_uses.erase(use);
}

void Quotas::charge(const QString &keyId, qint64 cpuMs)
{
    const auto use = m_uses.find(keyId);
    if (use == m_uses.end())
        return;
    turn(&*use, m_now());
    if (use->quota.cpuSecondsPerDay == 0 || cpuMs <= 0)
        return;
    use->cpuNew += cpuMs;
    Q_EMIT noteworthy();
}

KeyNotes Quotas::takeNotes()
{
    KeyNotes notes;
    const qint64 now = m_now();
    notes.day = dayOf(now);
    for (auto use = m_uses.begin(); use != m_uses.end(); ++use) {
        turn(&*use, now);
        if (use->cpuNew == 0)
            continue;
        notes.cpuMs.insert(use.key(), use->cpuNew);
        use->cpuOnTheWay += std::exchange(use->cpuNew, 0);
    }
    return notes;
}

void Quotas::wereNoted(const KeyNotes &notes)
{
    for (auto cpu = notes.cpuMs.cbegin(); cpu != notes.cpuMs.cend(); ++cpu) {
        const auto use = m_uses.find(cpu.key());
        if (use == m_uses.end() || use->day != notes.day)
            continue;
        use->cpuOnTheWay -= cpu.value();
        use->cpuNoted += cpu.value();
    }
}

void Quotas::keepNotes(const KeyNotes &notes)
{
    for (auto cpu = notes.cpuMs.cbegin(); cpu != notes.cpuMs.cend(); ++cpu) {
        const auto use = m_uses.find(cpu.key());
        if (use == m_uses.end() || use->day != notes.day)
            continue;
        use->cpuOnTheWay -= cpu.value();
        use->cpuNew += cpu.value();
    }
}

void Quotas::prune(qint64 now)
{
    m_uses.removeIf([now](const auto &use) {
        return use->running.isEmpty() && use->cpuNew == 0 && use->cpuOnTheWay == 0 && use->seen < now - ForgetAfterMs;
    });
}

} // namespace isol8::service
