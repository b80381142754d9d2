// SPDX-License-Identifier: GPL-3.0-or-later
#include "Cgroup.h"

#include <isol8/guest/Text.h>

#include <fcntl.h>

namespace isol8::guest {

namespace {

constexpr std::uint64_t V1Unlimited = 0x7fffffffffff0000; // what version 1 shows for "no limit", less any page size

std::string again(const Fd &fd)
{
    char text[4096];
    const ssize_t n = fd ? ::pread(fd.get(), text, sizeof text, 0) : 0;
    return n > 0 ? std::string(text, std::size_t(n)) : std::string();
}

std::optional<std::uint64_t> number(const Fd &fd)
{
    return parseNumber(trimmed(again(fd)));
}

} // namespace

std::string Cgroup::word(const char *name) const
{
    return std::string(trimmed(readText((m_root + name).c_str(), 4096)));
}

Fd Cgroup::openFile(const char *name) const
{
    return Fd(::open((m_root + name).c_str(), O_RDONLY | O_CLOEXEC));
}

Cgroup::Cgroup(std::string root)
    : m_root(std::move(root))
{
    if (!word("memory/memory.limit_in_bytes").empty()) {
        m_version = 1;
        m_cpu = openFile("cpuacct/cpuacct.usage");
        if (!m_cpu)
            m_cpu = openFile("cpu,cpuacct/cpuacct.usage");
        m_memory = openFile("memory/memory.usage_in_bytes");
        m_peak = openFile("memory/memory.max_usage_in_bytes");
        m_oom = openFile("memory/memory.oom_control");
        m_pidEvents = openFile("pids/pids.events");
        m_pids = openFile("pids/pids.current");
    } else if (!word("memory.max").empty()) {
        m_version = 2;
        m_cpu = openFile("cpu.stat");
        m_memory = openFile("memory.current");
        m_peak = openFile("memory.peak");
        m_oom = openFile("memory.events");
        m_pidEvents = openFile("pids.events");
        m_pids = openFile("pids.current");
    }
}

std::string Cgroup::memoryMax() const
{
    if (m_version != 1)
        return word("memory.max");
    const std::string text = word("memory/memory.limit_in_bytes");
    return parseNumber(text).value_or(0) >= V1Unlimited ? "max" : text;
}

std::string Cgroup::swapMax() const
{
    if (m_version != 1)
        return word("memory.swap.max");
    const auto both = parseNumber(word("memory/memory.memsw.limit_in_bytes"));
    const auto memory = parseNumber(word("memory/memory.limit_in_bytes"));
    if (!both || !memory)
        return {};
    return *both >= V1Unlimited ? "max" : toText(*both > *memory ? *both - *memory : 0);
}

std::string Cgroup::pidsMax() const
{
    return word(m_version == 1 ? "pids/pids.max" : "pids.max");
}

std::string Cgroup::cpuMax() const
{
    if (m_version != 1)
        return word("cpu.max");
    std::string quota = word("cpu/cpu.cfs_quota_us");
    std::string period = word("cpu/cpu.cfs_period_us");
    if (quota.empty()) {
        quota = word("cpu,cpuacct/cpu.cfs_quota_us");
        period = word("cpu,cpuacct/cpu.cfs_period_us");
    }
    if (quota.empty() || period.empty())
        return {};
    return (quota[0] == '-' ? "max" : quota) + " " + period;
}

std::optional<std::uint64_t> Cgroup::cpuNs() const
{
    if (m_version == 1)
        return number(m_cpu);
    const auto us = numberOf(again(m_cpu), "usage_usec");
    return us ? std::optional(*us * 1000) : std::nullopt;
}

std::optional<std::uint64_t> Cgroup::memory() const
{
    return number(m_memory);
}

std::optional<std::uint64_t> Cgroup::memoryPeak() const
{
    return number(m_peak);
}

std::uint64_t Cgroup::oomKills() const
{
    return numberOf(again(m_oom), "oom_kill").value_or(0);
}

std::uint64_t Cgroup::pidRefusals() const
{
    return numberOf(again(m_pidEvents), "max").value_or(0);
}

std::uint32_t Cgroup::pids() const
{
    const std::uint64_t all = number(m_pids).value_or(1);
    return static_cast<std::uint32_t>(all > 0 ? all - 1 : 0);
}

} // namespace isol8::guest
