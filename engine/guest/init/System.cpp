// SPDX-License-Identifier: GPL-3.0-or-later
#include "System.h"

#include <isol8/guest/Text.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include <dirent.h>
#include <fcntl.h>

namespace isol8::guest {

int PollSet::wait(std::int64_t timeoutNs)
{
    const timespec timeout{time_t(timeoutNs / 1000000000), long(timeoutNs % 1000000000)};
    return ::ppoll(m_fds, nfds_t(m_count), timeoutNs < 0 ? nullptr : &timeout, nullptr);
}

std::uint64_t clockNs()
{
    timespec t{};
    ::clock_gettime(CLOCK_MONOTONIC, &t);
    return std::uint64_t(t.tv_sec) * 1000000000U + std::uint64_t(t.tv_nsec);
}

std::string readText(const char *path, std::size_t limit)
{
    std::string text;
    const Fd fd(::open(path, O_RDONLY | O_CLOEXEC));
    char part[4096];
    while (fd && text.size() < limit) {
        const ssize_t n = ::read(fd.get(), part, sizeof part);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        text.append(part, std::size_t(n));
    }
    return text;
}

bool writeAll(int fd, const void *data, std::size_t size)
{
    const char *p = static_cast<const char *>(data);
    while (size > 0) {
        const ssize_t n = ::write(fd, p, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        p += n;
        size -= std::size_t(n);
    }
    return true;
}

bool setNonBlocking(int fd)
{
    const int flags = ::fcntl(fd, F_GETFL);
    return flags >= 0 && ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

std::string toText(std::uint64_t value)
{
    char digits[21];
    char *p = digits + sizeof digits;
    do {
        *--p = static_cast<char>('0' + value % 10);
        value /= 10;
    } while (value);
    return {p, std::size_t(digits + sizeof digits - p)};
}

std::string errorText(int code)
{
    return std::strerror(code);
}

std::vector<pid_t> otherProcesses(pid_t except)
{
    std::vector<pid_t> pids;
    DIR *dir = ::opendir("/proc");
    if (!dir)
        return pids;
    while (const dirent *entry = ::readdir(dir)) {
        const auto pid = parseNumber(entry->d_name);
        if (pid && *pid > 1 && *pid <= 0x7fffffff && static_cast<pid_t>(*pid) != except)
            pids.push_back(static_cast<pid_t>(*pid));
    }
    ::closedir(dir);
    return pids;
}

namespace {

std::string statOf(pid_t pid)
{
    return readText(("/proc/" + toText(std::uint64_t(pid)) + "/stat").c_str(), 4096);
}

// Of what is behind the name: state, ppid, pgrp, session, tty_nr, tpgid, flags, …; 0 when it is not there.
std::uint64_t statField(const std::string &stat, int number)
{
    std::size_t at = stat.rfind(')');
    for (int field = 0; field < number && at != std::string::npos; ++field)
        at = stat.find(' ', at + 1);
    return at == std::string::npos ? 0 : std::strtoull(stat.c_str() + at, nullptr, 10);
}

} // namespace

bool isDying(pid_t pid)
{
    constexpr std::uint64_t Exiting = 0x4; // PF_EXITING
    const std::string stat = statOf(pid);
    const char state = processState(stat);
    return state == 0 || state == 'Z' || state == 'X' || (statField(stat, 7) & Exiting) != 0;
}

char stateOf(pid_t pid)
{
    return processState(statOf(pid));
}

std::uint64_t cpuMsOf(pid_t pid)
{
    const std::string stat = statOf(pid);
    const auto ticks = std::uint64_t(std::max(1L, ::sysconf(_SC_CLK_TCK)));
    std::uint64_t used = 0;
    for (int number = 12; number <= 15; ++number) // utime, stime, cutime, cstime
        used += statField(stat, number);
    return used * 1000 / ticks;
}

} // namespace isol8::guest
