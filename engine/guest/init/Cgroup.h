// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "System.h"

#include <optional>
#include <string>

namespace isol8::guest {

/*!
    The sandbox's own control group, version 1 or 2, as its read-only files under /sys/fs/cgroup tell it. The counters
    that every run needs are kept open. What cannot be read has no value; gVisor shows none of it.
*/
class Cgroup
{
public:
    explicit Cgroup(std::string root = "/sys/fs/cgroup/");

    [[nodiscard]] int version() const { return m_version; } //!< 1, 2, or 0

    // Limits, in the words of HelloMessage.
    [[nodiscard]] std::string memoryMax() const;
    [[nodiscard]] std::string swapMax() const;
    [[nodiscard]] std::string pidsMax() const;
    [[nodiscard]] std::string cpuMax() const;

    // Counters.
    [[nodiscard]] std::optional<std::uint64_t> cpuNs() const;
    [[nodiscard]] std::optional<std::uint64_t> memory() const;
    [[nodiscard]] std::optional<std::uint64_t> memoryPeak() const; //!< since the sandbox began
    [[nodiscard]] std::uint64_t oomKills() const;
    [[nodiscard]] std::uint64_t pidRefusals() const;
    [[nodiscard]] std::uint32_t pids() const; //!< tasks, without init's own

private:
    [[nodiscard]] std::string word(const char *name) const;
    [[nodiscard]] Fd openFile(const char *name) const;

    const std::string m_root;
    int m_version = 0;
    Fd m_cpu;
    Fd m_memory;
    Fd m_peak;
    Fd m_oom;
    Fd m_pidEvents;
    Fd m_pids;
};

} // namespace isol8::guest
