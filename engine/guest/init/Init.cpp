// SPDX-License-Identifier: GPL-3.0-or-later
#include "Init.h"

#include "Confine.h"
#include "Facts.h"

#include <algorithm>
#include <cerrno>
#include <csignal>

#include <sys/signalfd.h>
#include <sys/wait.h>

namespace isol8::guest {

namespace {

constexpr std::uint64_t Never = ~std::uint64_t(0);
constexpr std::uint64_t StayMs = std::uint64_t(3600) * 1000;
constexpr int KillTickMs = 2; // between two rounds, should one have missed a process
constexpr std::size_t MaxLeftovers = 32;

} // namespace

Init::Init(bool stay, bool door)
    : m_stay(stay)
    , m_doorWanted(door)
    , m_heardAt(nowMs())
{
    prepareConfinement();
    sigset_t signals;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGCHLD);
    ::sigaddset(&signals, SIGTERM);
    ::sigprocmask(SIG_SETMASK, &signals, nullptr);
    (void)::signal(SIGPIPE, SIG_IGN);
    m_signals.reset(::signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC));
    (void)setNonBlocking(0);
    (void)setNonBlocking(1);
}

int Init::loop()
{
    std::string problem;
    m_doorTask = DoorTask::Greet;
    if (m_doorWanted && !m_door.start(&problem))
        doorSettled(problem);
    turnDoor();
    while (m_end == End::None) {
        if (m_hostThere && !m_output.flush())
            hostGone(End::Quiet);
        if (m_end == End::None)
            poll();
    }
    if (m_end == End::Quiet && m_hostThere)
        (void)m_output.flush(); // what the host takes at once
    if (m_end == End::Broken) {
        const std::string sentence = std::string("isol8-init: ") + m_why + "\n";
        (void)writeAll(2, sentence.data(), sentence.size());
    }
    return m_end == End::Broken ? 1 : 0;
}

void Init::greet()
{
    m_output.frame(FrameType::Hello, 0, collectFacts(m_cgroup, m_door.addresses()).encode());
}

void Init::poll()
{
    PollSet set;
    const int host = m_hostThere ? set.add(0, paused() ? short(0) : short(POLLIN)) : PollSet::None;
    const std::uint64_t rest = m_hostThere && m_output.pending() ? m_output.rest() : 0;
    const int output = m_hostThere && m_output.pending() && rest == 0 ? set.add(1, POLLOUT) : PollSet::None;
    const int signals = set.add(m_signals.get(), POLLIN);
    if (m_run)
        m_run->poll(set);
    m_files.poll(set);
    m_reset.poll(set);
    m_waiting.poll(set);
    m_live.poll(set);
    m_door.poll(set);
    int leftovers[MaxLeftovers];
    for (std::size_t i = 0; i < m_leftovers.size(); ++i)
        leftovers[i] = set.add(m_leftovers[i].get(), POLLIN);

    const int ms = timeout(nowMs());
    const std::int64_t ns = ms < 0 ? -1 : std::int64_t(ms) * 1000000;
    (void)set.wait(rest > 0 && (ns < 0 || std::int64_t(rest) < ns) ? std::int64_t(rest) : ns);

    if (set.events(host) & (POLLHUP | POLLERR | POLLNVAL))
        return hostGone(End::Quiet); // whatever is still unread: nobody waits for its answer
    if (set.events(output) & POLLERR)
        return hostGone(End::Quiet);
    if (set.events(host) & POLLIN)
        readHost();
    if (m_end == End::None && m_hostThere)
        handleFrames();
    if (m_end != End::None)
        return;
    m_waiting.handle(set);
    if (const auto child = m_waiting.takeChild(); child && m_run)
        m_run->adopt(*child);
    m_live.handle(set);
    m_turn = (m_turn + 1) % 3; // of those that fill the output none is always first, and so keeps the others from it
    for (int i = 0; i < 3; ++i) {
        if ((m_turn + i) % 3 == 0 && m_run)
            m_run->handle(set);
        else if ((m_turn + i) % 3 == 1)
            m_door.handle(set);
        else if ((m_turn + i) % 3 == 2)
            m_files.handle(set);
    }
    m_reset.handle(set);
    for (std::size_t i = m_leftovers.size(); i-- > 0;) {
        if (set.events(leftovers[i]) && !discardInput(m_leftovers[i].get()))
            m_leftovers.erase(m_leftovers.begin() + std::ptrdiff_t(i));
    }
    if (set.events(signals))
        readSignals();
    const bool wasPaused = paused();
    turn(nowMs());
    if (wasPaused && !paused() && m_end == End::None && m_hostThere) {
        handleFrames(); // what came before the pause
        turn(nowMs());
    }
}

// A file helper that was forked while everything is being killed would die with the rest.
bool Init::paused() const
{
    return m_asked || killing() || m_files.behind() || m_door.behind();
}

int Init::timeout(std::uint64_t now) const
{
    std::uint64_t at = m_leaveAt;
    if (m_hostThere)
        at = std::min(at, m_heardAt + std::uint64_t(m_firstFrame ? FirstFrameMs : HostSilenceMs));
    if (m_run)
        at = std::min(at, m_run->deadline());
    if (m_asked)
        at = std::min(at, m_asked->deadline);
    at = std::min({at, m_files.deadline(), m_reset.deadline(), m_door.deadline(), m_live.deadline()});
    if (killing() || m_stop || (m_run && m_run->wantsRoom()))
        at = std::min(at, now + KillTickMs);
    // What could not go on, for the host took nothing, is not woken by anything else than that the host takes it now.
    if ((m_live.waitsForRoom() || (m_run && m_run->waitsForRoom())) && !m_output.blocked() && !m_output.full())
        return 0;
    if (at == Never)
        return -1;
    return at <= now ? 0 : int(std::min<std::uint64_t>(at - now, 60000));
}

void Init::readHost()
{
    const ssize_t n = ::read(0, m_in.reserve(DataChunk), DataChunk);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0)
        return hostGone(End::Quiet);
    m_in.commit(std::size_t(n));
    m_heardAt = nowMs();
}

void Init::handleFrames()
{
    Frame next;
    std::size_t consumed = 0;
    FrameStatus status = FrameStatus::NeedMore;
    while (!paused() && (status = parseFrame(m_in.view(), &next, &consumed)) == FrameStatus::Complete) {
        m_firstFrame = false;
        if (!frame(next)) {
            m_why = "the host sent a frame that breaks the protocol.";
            return hostGone(End::Broken);
        }
        if (m_end != End::None)
            return;
        m_in.consume(consumed);
    }
    if (status == FrameStatus::Broken) {
        m_why = "the host sent a header that breaks the protocol.";
        hostGone(End::Broken);
    }
}

void Init::readSignals()
{
    signalfd_siginfo info[16];
    ssize_t n = 0;
    while ((n = ::read(m_signals.get(), info, sizeof info)) > 0) {
        for (std::size_t i = 0; i < std::size_t(n) / sizeof info[0]; ++i) {
            if (info[i].ssi_signo == SIGTERM)
                m_end = End::Quiet; // the daemon stops the container
        }
    }
    reap();
}

void Init::reap()
{
    while (true) {
        int status = 0;
        rusage usage{};
        const pid_t pid = ::wait4(-1, &status, WNOHANG, &usage);
        if (pid < 0 && errno == EINTR)
            continue;
        if (pid <= 0) {
            m_childless = pid < 0;
            return;
        }
        std::string problem;
        if (m_reset.reaped(pid, status, &problem)) {
            emptied(std::move(problem));
            continue;
        }
        if (m_door.reaped(pid))
            continue;
        if (m_waiting.reaped(pid)) {
            if (m_run && m_run->wantsPid())
                m_run->start(); // it took the run with it
            continue;
        }
        if (m_live.reaped(pid) && startLiveAgain())
            continue;
        if (pid == m_files.worker())
            m_files.reaped(pid, status);
        else if (m_run)
            m_run->reaped(pid, status, usage);
        if (m_run && m_run->abandoned())
            m_waiting.end(); // its socket goes with it, and the pipes in that
    }
}

void Init::hostGone(End end)
{
    if (!m_stay) {
        m_end = end;
        return;
    }
    if (!m_hostThere)
        return;
    m_hostThere = false;
    m_leaveAt = nowMs() + StayMs;
    m_run.reset();
    m_pending.reset();
    m_stop.reset();
    m_asked.reset();
    m_waiting.end();
    m_door.end();
    m_doorTask = DoorTask::None;
    m_killing = true; // what ran for the host ends; the files stay
}

// Every process of the sandbox is a child of init or has an ancestor that is. So without children there are none, and
// /proc need be read only when one of init's own is one: the file helper, the door's, an interpreter that stays.
bool Init::childless() const
{
    return m_childless || ((m_waiting.forks() || m_door.pid()) && !strangersAlive(0));
}

// Any but init, \a helper, the door's process, and an interpreter that stays.
bool Init::strangersAlive(pid_t helper) const
{
    for (const pid_t pid : otherProcesses(helper)) {
        if (pid != m_door.pid() && !(m_waiting.forks() && m_waiting.owns(pid)))
            return true;
    }
    return false;
}

bool Init::othersAlive() const
{
    if (m_childless)
        return false;
    if (m_files.worker() == 0 && !m_waiting.forks() && !m_door.pid())
        return true;
    return strangersAlive(m_files.worker());
}

void Init::killEverything()
{
    if (!m_waiting.forks() && !m_door.pid()) {
        (void)::kill(-1, SIGKILL);
        return;
    }
    if (m_files.worker())
        (void)::kill(m_files.worker(), SIGKILL);
    killSandboxUser();
}

void Init::turn(std::uint64_t now)
{
    if (m_hostThere && now - m_heardAt >= std::uint64_t(m_firstFrame ? FirstFrameMs : HostSilenceMs)) {
        m_why = m_firstFrame ? "the host sent nothing." : "the host has gone silent.";
        hostGone(End::Broken);
    }
    if (now >= m_leaveAt)
        m_end = End::Quiet;
    m_files.watch(now);
    m_reset.watch(now);
    m_door.watch(now);
    turnDoor();
    turnKill();
    if (m_live.stuck(now))
        (void)::kill(m_live.pid(), SIGKILL);
    turnLive();
    turnRoom();
    turnRun(now);
    turnReset(now);
    turnStop(now);
}

void Init::turnKill()
{
    if (!killing())
        return;
    killEverything();
    reap();
    if (childless() && !(m_run && m_run->wantsPid())) // a child that was asked for is still to come
        m_killing = false;
}

void Init::turnLive()
{
    while (true) {
        const bool flushed = m_run && m_live.wantsFlush() && m_run->flushed();
        switch (m_live.next(flushed)) {
        case Live::Event::None:
            if (!flushed && m_run && m_live.wantsFlush() && m_run->flushed())
                break; // a value has just come
            return;
        case Live::Event::Ready:
            if (m_run)
                m_run->liveReady();
            break;
        case Live::Event::Begun:
            if (m_run)
                m_run->liveBegun();
            break;
        case Live::Event::Ended:
            if (m_run)
                m_run->liveEnded(m_live.code());
            break;
        case Live::Event::Failed:
            if (m_run && !isDying(m_live.pid()))
                m_run->liveBroken();
            (void)::kill(m_live.pid(), SIGKILL);
            break;
        }
    }
}

// What lives of programs, save the session's interpreter.
std::vector<pid_t> Init::strangers() const
{
    std::vector<pid_t> found = otherProcesses(m_files.worker());
    std::erase_if(found,
                  [this](pid_t pid) { return pid == m_door.pid() || pid == m_live.pid() || stateOf(pid) == 'Z'; });
    return found;
}

// What a run that was interrupted has started does not outlive it. A few rounds, for what is being forked meanwhile.
void Init::killNewcomers(const Run &run)
{
    for (int round = 0; round < 4; ++round) {
        bool found = false;
        for (const pid_t pid : strangers()) {
            if (run.isOlder(pid))
                continue;
            found = true;
            (void)::kill(pid, SIGKILL);
        }
        if (!found)
            return;
    }
}

void Init::turnRun(std::uint64_t now)
{
    if (m_run) {
        const bool ending = m_run->ending();
        const bool dying = m_run->wantsKill(); // both look through /proc: only what it will ask about
        m_run->turn(now, dying && childless(), ending && !dying && othersAlive(),
                    !m_run->waitsForDoor() || m_door.drained());
        if (m_run->draining() && m_run->waitsForDoor())
            m_door.drain(now);
        if (m_run->over()) {
            m_door.cut();
            if (m_run->interrupted())
                killNewcomers(*m_run);
            for (Fd &fd : m_run->takeLeftovers()) {
                if (m_leftovers.size() == MaxLeftovers)
                    m_leftovers.erase(m_leftovers.begin());
                m_leftovers.push_back(std::move(fd));
            }
            m_run.reset();
        }
    }
    if (!m_pending || m_run || m_asked || m_killing || m_files.busy() || m_door.changing())
        return;
    const bool keepsOthers = isol8::guest::keepsOthers(m_pending->message);
    if (!keepsOthers && m_files.worker() && !m_files.reading())
        return m_files.rest(); // the program shall not meet it
    if (keepsOthers)
        m_files.stayReady(); // or what the program leaves may take the last process that there can be
    if (m_waiting.pid() && !m_waiting.forks() && !(m_pending->message.flags & RunMessage::Waiting))
        return m_waiting.end(); // nor an interpreter that waits for another
    if (m_live.pid() && m_live.broken())
        return; // until it is gone
    if (!m_waiting.changing())
        startPending();
}

void Init::startPending()
{
    Spawned spawned;
    const bool waited = (m_pending->message.flags & RunMessage::Waiting) && m_waiting.pid();
    if (waited && !m_waiting.take(m_pending->message, &spawned))
        return m_waiting.end(); // and without it once it is gone
    const Pending pending = std::move(*m_pending);
    m_pending.reset();
    m_childless = false;
    m_door.begin(pending.id);
    m_run = std::make_unique<Run>(m_output, m_cgroup, pending.id, pending.message);
    if (waited)
        m_run->start(std::move(spawned));
    else if (pending.message.flags & RunMessage::Live)
        startLive(pending.message);
    else
        m_run->start();
    if (m_run->over()) {
        m_door.cut();
        m_run.reset();
        return;
    }
    (void)m_run->input(pending.input);
    if (pending.inputEnds)
        m_run->endInput();
    for (int number = 1; number < 64; ++number) {
        if (pending.signals & (std::uint64_t(1) << number))
            m_run->signal(number);
    }
}

// Its interpreter has ended before it began with the run.
bool Init::startLiveAgain()
{
    if (!m_run || !m_run->awaitsLive() || m_killing || m_live.failure())
        return false;
    if (!m_run->hasOldLive())
        return m_run->asksForRoom();
    m_run->liveReplaced();
    startLive(m_run->message());
    return true;
}

// A session whose earlier runs have left so many processes that there can be no other: they end, its interpreter last.
void Init::turnRoom()
{
    if (!m_run || !m_run->wantsRoom() || m_killing)
        return;
    std::vector<pid_t> left = strangers();
    if (m_run->wantsAllRoom() && m_live.pid()) {
        left.push_back(m_live.pid());
        m_run->liveReplaced();
    }
    if (m_live.pid() == 0)
        killSandboxUser();
    for (const pid_t pid : left)
        (void)::kill(pid, SIGKILL);
    reap();
    if (!left.empty())
        return; // until none is found
    m_run->roomMade();
    if (m_run->over())
        return;
    if (m_run->message().flags & RunMessage::Live)
        startLive(m_run->message());
    else
        m_run->start();
}

void Init::startLive(const RunMessage &message)
{
    const bool fresh = !m_live.pid();
    if (fresh && !m_live.start(message))
        return m_run->cannotFork(errno);
    m_run->start(m_live, fresh);
    if (m_live.ready())
        m_run->liveReady();
}

} // namespace isol8::guest
