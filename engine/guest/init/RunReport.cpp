// SPDX-License-Identifier: GPL-3.0-or-later
// What a run used, and why it ended.
#include "Run.h"

#include <algorithm>
#include <csignal>

#include <sys/statvfs.h>
#include <sys/wait.h>

namespace isol8::guest {

namespace {

constexpr std::uint64_t UsageMs = 1000;
constexpr std::uint64_t NoRoom = 64 * KiB;

std::uint64_t cpuOf(int who)
{
    rusage usage{};
    if (::getrusage(static_cast<__rusage_who_t>(who), &usage) != 0)
        return 0;
    const auto ns = [](const timeval &t) {
        return std::uint64_t(t.tv_sec) * 1000000000U + std::uint64_t(t.tv_usec) * 1000U;
    };
    return ns(usage.ru_utime) + ns(usage.ru_stime);
}

std::uint64_t since(std::uint64_t before, std::uint64_t now)
{
    return now > before ? now - before : 0;
}

} // namespace

bool Run::diskIsFull()
{
    for (const char *path : {"/sandbox", "/tmp", "/dev/shm"}) {
        struct statvfs space
        {
        };
        if (::statvfs(path, &space) != 0 || (space.f_flag & ST_RDONLY) || space.f_blocks == 0)
            continue;
        if (std::uint64_t(space.f_bavail) * space.f_frsize < NoRoom || (space.f_files > 0 && space.f_favail == 0))
            return true;
    }
    return false;
}

void Run::rememberStart()
{
    m_startNs = clockNs();
    m_cpuBefore = m_cgroup.cpuNs().value_or(0);
    m_ownCpuBefore = cpuOf(RUSAGE_SELF);
    m_childCpuBefore = cpuOf(RUSAGE_CHILDREN);
    m_peakBefore = m_cgroup.memoryPeak().value_or(0);
    m_oomBefore = m_cgroup.oomKills();
    m_refusalsBefore = m_cgroup.pidRefusals();
}

// The group's counter holds init's own work too, above all when it pumped much output; that is not the program's.
std::uint64_t Run::cpuSinceStart() const
{
    if (const auto cpu = m_cgroup.cpuNs())
        return since(since(m_ownCpuBefore, cpuOf(RUSAGE_SELF)), since(m_cpuBefore, *cpu));
    return since(m_childCpuBefore, cpuOf(RUSAGE_CHILDREN));
}

// The group's peak cannot be set back, so in a sandbox that is used again it speaks only when this run raised it.
std::uint64_t Run::peak(std::uint64_t memoryNow) const
{
    const std::uint64_t peak = m_cgroup.memoryPeak().value_or(0);
    if (peak > m_peakBefore)
        return peak;
    return std::max({m_largestMemory, m_largestRss, memoryNow});
}

void Run::sendUsage()
{
    UsageMessage usage;
    usage.cpuNs = cpuSinceStart();
    usage.memory = m_cgroup.memory().value_or(0);
    usage.pids = m_cgroup.pids();
    m_largestMemory = std::max(m_largestMemory, usage.memory);
    m_nextUsage = nowMs() + UsageMs;
    if (!m_output.full())
        m_output.frame(FrameType::Usage, m_id, usage.encode());
}

void Run::finish()
{
    ExitMessage exit;
    exit.how = WIFSIGNALED(m_status) ? ExitMessage::Signalled : ExitMessage::Exited;
    exit.code = WIFSIGNALED(m_status) ? WTERMSIG(m_status) : WEXITSTATUS(m_status);
    exit.flags = m_flags;
    if (m_liveBroken && WIFSIGNALED(m_status) && WTERMSIG(m_status) == SIGKILL && !(m_flags & ExitMessage::HostKilled))
        exit.flags |= ExitMessage::LiveBroken;
    if (m_cgroup.oomKills() > m_oomBefore)
        exit.flags |= ExitMessage::OomKilled;
    if (m_cgroup.pidRefusals() > m_refusalsBefore)
        exit.flags |= ExitMessage::PidsLimited;
    exit.wallNs = since(m_startNs, m_endNs);
    exit.cpuNs = cpuSinceStart();
    exit.memory = m_cgroup.memory().value_or(0);
    exit.peakMemory = peak(exit.memory);
    exit.stdoutBytes = m_stdout.total();
    exit.stderrBytes = m_stderr.total();
    m_output.frame(FrameType::Exit, m_id, exit.encode());
    m_state = State::Over;
}

} // namespace isol8::guest
