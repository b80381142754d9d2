// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <poll.h>
#include <sys/types.h>
#include <unistd.h>

namespace isol8::guest {

inline constexpr std::size_t KiB = 1024;
inline constexpr std::size_t MiB = 1024 * KiB;

//! Owns a file descriptor.
class Fd
{
public:
    Fd() = default;
    explicit Fd(int fd)
        : m_fd(fd)
    {
    }
    Fd(Fd &&other) noexcept
        : m_fd(std::exchange(other.m_fd, -1))
    {
    }
    Fd &operator=(Fd &&other) noexcept
    {
        if (this != &other)
            reset(std::exchange(other.m_fd, -1));
        return *this;
    }
    ~Fd() { reset(); }

    [[nodiscard]] int get() const { return m_fd; }
    explicit operator bool() const { return m_fd >= 0; }
    void reset(int fd = -1)
    {
        if (m_fd >= 0)
            ::close(m_fd);
        m_fd = fd;
    }

private:
    int m_fd = -1;
};

//! What one turn of the loop waits for.
class PollSet
{
public:
    static constexpr int None = -1;

    //! Where the descriptor stands in the set; None when the set is full.
    int add(int fd, short events)
    {
        if (fd < 0 || m_count == Capacity)
            return None;
        m_fds[m_count] = {fd, events, 0};
        return m_count++;
    }
    [[nodiscard]] short events(int index) const { return index == None ? short(0) : m_fds[index].revents; }
    //! Negative: without an end.
    int wait(std::int64_t timeoutNs);

private:
    static constexpr int Capacity = 64;
    pollfd m_fds[Capacity];
    int m_count = 0;
};

//! Of the monotonic clock.
[[nodiscard]] std::uint64_t clockNs();
[[nodiscard]] inline std::uint64_t nowMs()
{
    return clockNs() / 1000000;
}

//! The beginning of a file, at most \a limit bytes; empty when it cannot be read.
[[nodiscard]] std::string readText(const char *path, std::size_t limit = 64 * KiB);

//! False when not all of it could be written; errno says why.
bool writeAll(int fd, const void *data, std::size_t size);

bool setNonBlocking(int fd);

[[nodiscard]] std::string toText(std::uint64_t value);

//! The system's own words for an error.
[[nodiscard]] std::string errorText(int code);

//! Every process of the sandbox that /proc shows, without init and \a except.
[[nodiscard]] std::vector<pid_t> otherProcesses(pid_t except = 0);

//! Its end has begun, or it is gone: what it has open may be closed already.
[[nodiscard]] bool isDying(pid_t pid);

//! The state letter of a process; 0 when it is gone.
[[nodiscard]] char stateOf(pid_t pid);

//! What all threads of a process, and the children that it has waited for, have used, in ms; 0 when it is gone.
[[nodiscard]] std::uint64_t cpuMsOf(pid_t pid);

} // namespace isol8::guest
