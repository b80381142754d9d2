// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "System.h"

#include <isol8/guest/Text.h>

#include <sys/stat.h>

namespace isol8::guest {

/*!
    Makes the sandbox as it was: every place that the sandbox user can write is emptied, and proven empty, by a child
    that has that user's rights. All processes must be dead before. One at a time; it never blocks init's loop.
*/
class Reset
{
public:
    //! Remembers what the places look like now, at init's start.
    Reset();

    [[nodiscard]] bool active() const { return m_pid > 0; }
    [[nodiscard]] pid_t child() const { return m_pid; }

    //! Forks the child. False with \a problem when it cannot.
    [[nodiscard]] bool start(std::string *problem);

    void poll(PollSet &set);
    void handle(const PollSet &set);
    //! True when it was the child's end: \a problem is what was not proven, empty when all was.
    [[nodiscard]] bool reaped(pid_t pid, int status, std::string *problem);

    void watch(std::uint64_t now);
    [[nodiscard]] std::uint64_t deadline() const { return active() ? m_deadline : ~std::uint64_t(0); }

private:
    struct Root
    {
        const char *path;
        bool exists = false;
        mode_t mode = 0;
    };

    [[noreturn]] void wipe(int report) const;
    [[nodiscard]] std::string wipeRoot(const Root &root) const;
    [[nodiscard]] std::string unknownWritable() const;
    void read();

    static constexpr int RootCount = 4;
    Root m_roots[RootCount] = {{"/sandbox"}, {"/tmp"}, {"/dev/shm"}, {"/dev/mqueue"}};
    std::vector<MountLine> m_mounts;
    std::optional<std::uint64_t> m_connections; //!< that had been begun when nothing was left of any
    pid_t m_pid = 0;
    Fd m_report;
    std::string m_said;
    bool m_late = false;
    std::uint64_t m_deadline = 0;
    int m_index = PollSet::None;
};

} // namespace isol8::guest
