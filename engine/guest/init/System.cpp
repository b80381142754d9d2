// SPDX-License-Identifier: GPL-3.0-or-later
#include "System.h"

#include <isol8/guest/Text.h>

#include <cerrno>
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

bool isDying(pid_t pid)
{
    constexpr std::uint64_t Exiting = 0x4; // PF_EXITING
    const std::string stat = readText(("/proc/" + toText(std::uint64_t(pid)) + "/stat").c_str(), 4096);
    const char state = processState(stat);
    std::size_t at = stat.rfind(')'); // behind it: state, ppid, pgrp, session, tty_nr, tpgid, flags
    for (int field = 0; field < 7 && at != std::string::npos; ++field)
        at = stat.find(' ', at + 1);
    if (state == 0 || state == 'Z' || state == 'X' || at == std::string::npos)
        return true;
    return (std::strtoull(stat.c_str() + at, nullptr, 10) & Exiting) != 0;
}

char stateOf(pid_t pid)
{
    const std::string path = "/proc/" + toText(std::uint64_t(pid)) + "/stat";
    return processState(readText(path.c_str(), 4096));
}

} // namespace isol8::guest
