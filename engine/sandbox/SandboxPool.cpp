// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/sandbox/SandboxPool.h>

#include <isol8/docker/Client.h>
#include <isol8/sandbox/Demand.h>

#include <QHash>
#include <QLoggingCategory>

#include <algorithm>
#include <utility>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

Q_LOGGING_CATEGORY(poolLog, "isol8.pool", QtWarningMsg)

constexpr milliseconds TidyEvery{1000};
// A start that failed is tried again after this: the daemon may be gone, an image missing.
constexpr milliseconds RetryAfter{2000};
// A spec earns its shelf by a second run; a single one is no habit.
constexpr int RunsForShelf = 2;
constexpr size_t MaxShelves = 64;

} // namespace

struct SandboxPool::Entry
{
    Sandbox *sandbox = nullptr;
    QString owner;        //!< meaningful when used
    bool used = false;    //!< it has served a run: no other owner may get it
    bool resting = false; //!< nothing is under way in it: a run may have it at once
    bool slow = false;    //!< a run has waited for its reset in vain: none has it before that is over
    QElapsedTimer since;
};

struct SandboxPool::Shelf
{
    SandboxSpec spec;
    bool pinned = false;
    int runs = 0;
    Demand demand; //!< for fresh ones
    QElapsedTimer lastUsed;
    QElapsedTimer failedAt;
    QList<Entry> entries;
    QList<Callback<void>> waiting; //!< of prewarm()

    [[nodiscard]] qsizetype fresh() const
    {
        return std::count_if(entries.begin(), entries.end(), [](const Entry &entry) { return !entry.used; });
    }
};

SandboxPool::SandboxPool(docker::Client *client, Options options, Hooks hooks, QObject *parent)
    : QObject(parent)
    , m_client(client)
    , m_options(options)
    , m_hooks(std::move(hooks))
{
    m_clock.start();
    m_tidyTimer.setInterval(TidyEvery);
    connect(&m_tidyTimer, &QTimer::timeout, this, &SandboxPool::tidy);
    m_refillTimer.setSingleShot(true);
    connect(&m_refillTimer, &QTimer::timeout, this, &SandboxPool::refill);
}

SandboxPool::~SandboxPool() = default;

SandboxPool::Shelf *SandboxPool::shelfOf(const SandboxSpec &spec)
{
    const auto found =
        std::find_if(m_shelves.begin(), m_shelves.end(), [&](const auto &shelf) { return shelf->spec == spec; });
    if (found != m_shelves.end())
        return found->get();
    if (m_shelves.size() >= MaxShelves)
        tidy();
    m_shelves.push_back(std::make_unique<Shelf>());
    m_shelves.back()->spec = spec;
    m_shelves.back()->lastUsed.start();
    if (!m_tidyTimer.isActive()) // a start anew would put it off for as long as there are runs
        m_tidyTimer.start();
    return m_shelves.back().get();
}

SandboxPool::Shelf *SandboxPool::holding(const Sandbox *sandbox, Entry **entry)
{
    for (const auto &shelf : m_shelves) {
        for (Entry &candidate : shelf->entries) {
            if (candidate.sandbox != sandbox)
                continue;
            if (entry)
                *entry = &candidate;
            return shelf.get();
        }
    }
    return nullptr;
}

void SandboxPool::prewarm(const SandboxSpec &spec, Callback<void> done)
{
    Shelf *shelf = shelfOf(spec);
    shelf->pinned = true;
    shelf->waiting.append(std::move(done));
    start(shelf);
}

// The best there is: the owner's own at rest, then a fresh one at rest, then one that will soon be.
Sandbox *SandboxPool::take(const SandboxSpec &spec, const QString &owner, QObject *parent)
{
    if (m_stopped)
        return nullptr;
    Shelf *shelf = shelfOf(spec);
    ++shelf->runs;
    shelf->lastUsed.start();
    const auto rank = [&](const Entry &entry) {
        if (entry.used)
            return entry.owner != owner || entry.slow ? 0 : entry.resting ? 4 : 2;
        return entry.resting ? 3 : 1;
    };
    auto best = shelf->entries.end();
    for (auto entry = shelf->entries.begin(); entry != shelf->entries.end(); ++entry) {
        if (rank(*entry) > (best == shelf->entries.end() ? 0 : rank(*best)))
            best = entry;
    }
    if (best == shelf->entries.end() || !best->used)
        shelf->demand.asked(m_clock.elapsed());
    if (best == shelf->entries.end()) {
        ++m_misses;
        return nullptr;
    }
    ++m_hits;
    Sandbox *sandbox = best->sandbox;
    if (!sandbox->isReady())
        --m_starting;
    shelf->entries.erase(best);
    sandbox->disconnect(this);
    sandbox->setParent(parent);
    answer(shelf, {}); // whether it starts, the run will tell
    return sandbox;
}

bool SandboxPool::giveBack(Sandbox *sandbox, const QString &owner)
{
    const bool resetting = sandbox->isResetting();
    if (!m_options.reuse || m_stopped || !sandbox->isReady() ||
        (!resetting && sandbox->countRun() >= m_options.runsPerSandbox) ||
        memoryHeld() + sandbox->spec().memory > m_options.memoryCeiling)
        return false;
    Shelf *shelf = shelfOf(sandbox->spec());
    hold(shelf, sandbox, owner, true);
    shelf->entries.last().slow = resetting;
    sandbox->setParent(this);
    connect(sandbox, &Sandbox::wasReset, this, [this, sandbox](bool clean) {
        if (!clean)
            discard(sandbox);
        else if (!sandbox->isPreparing())
            settled(sandbox);
    });
    if (resetting)
        return true;
    // Both at once: a run that takes it before all is done finds the interpreter on its way.
    sandbox->reset();
    prepare(sandbox);
    return true;
}

void SandboxPool::refill()
{
    if (m_stopped || m_starting > 0 || !m_hooks.mayRefill())
        return;
    for (const auto &shelf : m_shelves) {
        const bool wanted = shelf->pinned || shelf->runs >= RunsForShelf;
        const bool failedLately = shelf->failedAt.isValid() && !shelf->failedAt.hasExpired(RetryAfter.count());
        const int enough = stock(*shelf);
        if (!wanted || failedLately || shelf->fresh() >= enough)
            continue;
        // Where sandboxes are used again, those that are back serve better than a fresh one.
        const bool served = m_options.reuse && !shelf->pinned && shelf->entries.size() >= enough;
        if (served || memoryHeld() + shelf->spec.memory > m_options.memoryCeiling)
            continue;
        start(shelf.get());
        return;
    }
}

int SandboxPool::stock(const Shelf &shelf) const
{
    return m_options.clean > 0 ? shelf.demand.stock(m_clock.elapsed(), m_options.clean, m_options.most) : 0;
}

void SandboxPool::start(Shelf *shelf)
{
    ++m_starting;
    const SandboxSpec spec = shelf->spec;
    m_hooks.identity({this, [this, spec](const Result<SandboxIdentity> &identity) {
                          if (m_stopped)
                              return;
                          Shelf *wanted = shelfOf(spec);
                          if (!identity) {
                              --m_starting;
                              wanted->failedAt.start();
                              answer(wanted, fail(identity.error()));
                              return;
                          }
                          auto *sandbox = new Sandbox(m_client, spec, *identity, this);
                          hold(wanted, sandbox, {}, false);
                          connect(sandbox, &Sandbox::ready, this, [this, sandbox] { opened(sandbox); });
                          sandbox->open();
                      }});
}

void SandboxPool::hold(Shelf *shelf, Sandbox *sandbox, const QString &owner, bool used)
{
    Entry entry{sandbox, owner, used, false, false, {}};
    entry.since.start();
    shelf->entries.append(entry);
    connect(sandbox, &Sandbox::closed, this, [this, sandbox](const Error &error) { failed(sandbox, error); });
    connect(sandbox, &Sandbox::prepared, this, [this, sandbox] { settled(sandbox); });
}

void SandboxPool::answer(Shelf *shelf, const Result<void> &result)
{
    for (const auto &done : std::exchange(shelf->waiting, {}))
        done(result);
}

void SandboxPool::opened(Sandbox *sandbox)
{
    --m_starting;
    prepare(sandbox);
    if (!sandbox->isPreparing())
        settled(sandbox);
}

// Has the interpreter started anew, unless the sandbox has one that stays, or one that cannot wait.
void SandboxPool::prepare(Sandbox *sandbox)
{
    const guest::RunMessage interpreter = m_hooks.interpreter(sandbox->spec());
    const bool stays =
        sandbox->interpreter() == Sandbox::Interpreter::Waits && (interpreter.flags & guest::RunMessage::Forks);
    if (!interpreter.argv.empty() && !stays && sandbox->interpreter() != Sandbox::Interpreter::Cannot)
        sandbox->prepare(interpreter);
}

void SandboxPool::settled(Sandbox *sandbox)
{
    Entry *entry = nullptr;
    Shelf *shelf = holding(sandbox, &entry);
    if (!shelf)
        return;
    if (!entry->used && !entry->resting)
        shelf->demand.started(milliseconds(entry->since.elapsed()));
    entry->resting = true;
    entry->slow = false;
    entry->since.start();
    answer(shelf, {});
    refill();
}

void SandboxPool::failed(Sandbox *sandbox, const Error &error)
{
    Shelf *shelf = holding(sandbox);
    if (!shelf)
        return;
    qCDebug(poolLog) << "lost a sandbox:" << error.code << error.message;
    shelf->failedAt.start();
    if (!sandbox->wasOpened())
        --m_starting;
    answer(shelf, fail(error));
    discard(sandbox);
}

void SandboxPool::discard(Sandbox *sandbox)
{
    Entry *entry = nullptr;
    if (Shelf *shelf = holding(sandbox, &entry))
        shelf->entries.removeIf([sandbox](const Entry &e) { return e.sandbox == sandbox; });
    sandbox->disconnect(this);
    Q_EMIT discarded(sandbox);
    if (!m_stopped && !m_refillTimer.isActive())
        m_refillTimer.start(RetryAfter);
}

void SandboxPool::tidy()
{
    QList<Sandbox *> surplus;
    for (const auto &shelf : m_shelves) {
        const bool idle = !shelf->pinned && shelf->lastUsed.hasExpired(m_options.idleShelf.count());
        QHash<QString, int> kept; // per owner, the latest first
        int fresh = 0;
        for (qsizetype i = shelf->entries.size(); i-- > 0;) {
            const Entry &entry = shelf->entries[i];
            if (!entry.resting)
                continue;
            const bool extra = entry.used && ++kept[entry.owner] > m_options.dirty &&
                               entry.since.hasExpired(m_options.idleUsed.count());
            const bool unasked =
                !entry.used && ++fresh > stock(*shelf) && entry.since.hasExpired(m_options.idleFresh.count());
            if (idle || extra || unasked || (entry.used && shelf->lastUsed.hasExpired(m_options.idleShelf.count())))
                surplus.append(entry.sandbox);
        }
        if (idle)
            shelf->runs = 0;
    }
    for (Sandbox *sandbox : std::as_const(surplus))
        discard(sandbox);
    std::erase_if(m_shelves, [&](const auto &shelf) {
        return !shelf->pinned && shelf->entries.isEmpty() && shelf->waiting.isEmpty() &&
               (shelf->lastUsed.hasExpired(m_options.idleShelf.count()) ||
                (m_shelves.size() >= MaxShelves && shelf->runs < RunsForShelf));
    });
    if (m_shelves.empty())
        m_tidyTimer.stop();
}

QList<Sandbox *> SandboxPool::takeAll()
{
    m_stopped = true;
    m_tidyTimer.stop();
    m_refillTimer.stop();
    QList<Sandbox *> all;
    for (const auto &shelf : m_shelves) {
        for (const auto &done : std::exchange(shelf->waiting, {}))
            QTimer::singleShot(0, this, [done] { done(fail(errors::Cancelled, u"The engine is stopping."_s)); });
        for (const Entry &entry : std::as_const(shelf->entries)) {
            entry.sandbox->disconnect(this);
            all.append(entry.sandbox);
        }
        shelf->entries.clear();
    }
    return all;
}

qsizetype SandboxPool::size() const
{
    qsizetype size = 0;
    for (const auto &shelf : m_shelves)
        size += shelf->entries.size();
    return size;
}

QList<SandboxPool::Held> SandboxPool::held() const
{
    QList<Held> all;
    for (const auto &shelf : m_shelves) {
        for (const Entry &entry : std::as_const(shelf->entries))
            all.append({entry.sandbox, entry.owner, entry.resting});
    }
    return all;
}

SandboxPool::Status SandboxPool::status() const
{
    Status status{0, 0, m_hits, m_misses};
    for (const auto &shelf : m_shelves) {
        for (const Entry &entry : std::as_const(shelf->entries))
            ++(entry.resting ? status.waiting : status.starting);
    }
    return status;
}

qint64 SandboxPool::memoryHeld() const
{
    qint64 bytes = 0;
    for (const auto &shelf : m_shelves)
        bytes += shelf->entries.size() * shelf->spec.memory;
    return bytes;
}

} // namespace isol8
