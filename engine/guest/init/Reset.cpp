// SPDX-License-Identifier: GPL-3.0-or-later
#include "Reset.h"

#include "Confine.h"
#include "Tree.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>

#include <fcntl.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <sys/xattr.h>

namespace isol8::guest {

namespace {

constexpr std::uint64_t WipeMs = 10000;
constexpr const char *Done = "done";

union SemaphoreArgument // semctl wants one, though IPC_RMID looks at none
{
    int value;
    void *pointer;
};

// What a run can hang on a folder besides its content: attributes and default access lists, which its next user would
// inherit.
void clearAttributes(int folder)
{
    char names[4096];
    const ssize_t size = ::flistxattr(folder, names, sizeof names);
    for (ssize_t at = 0; at < size; at += ssize_t(std::strlen(names + at)) + 1)
        (void)::fremovexattr(folder, names + at);
}

// It was not set at the time \a now or just after. A file system may keep whole seconds.
bool isOther(const timespec &time, const timespec &now)
{
    const bool before =
        time.tv_sec < now.tv_sec || (time.tv_sec == now.tv_sec && time.tv_nsec < now.tv_nsec && time.tv_nsec != 0);
    return before || time.tv_sec > now.tv_sec + 1;
}

std::string wipeSysV()
{
    struct Kind
    {
        const char *path;
        const char *name;
        void (*remove)(int id);
    };
    static const Kind kinds[] = {
        {"/proc/sysvipc/shm", "shared memory", [](int id) { (void)::shmctl(id, IPC_RMID, nullptr); }},
        {"/proc/sysvipc/sem", "semaphores", [](int id) { (void)::semctl(id, 0, IPC_RMID, SemaphoreArgument{}); }},
        {"/proc/sysvipc/msg", "message queues", [](int id) { (void)::msgctl(id, IPC_RMID, nullptr); }},
    };
    for (const Kind &kind : kinds) {
        for (const int id : sysvIds(readText(kind.path, 4 * MiB)))
            kind.remove(id);
        if (!sysvIds(readText(kind.path)).empty())
            return std::string("System V ") + kind.name + " stay.";
    }
    return {};
}

std::optional<std::uint64_t> connectionsBegun()
{
    return networkCounter(readText("/proc/net/snmp"), "Tcp:", "ActiveOpens");
}

// A closed connection keeps its port for a minute, and only the network's administrator could take it away. The lists
// of sockets are exact, but each costs a walk through all of the machine's: they are read where the counters of this
// network do not say already that there is nothing. Those do not count a connection that is half begun, so none may
// have been.
std::string openSockets(const std::optional<std::uint64_t> &begunBefore)
{
    if (begunBefore && connectionsBegun() == begunBefore && noSockets(readText("/proc/net/sockstat")) &&
        (::access("/proc/net/sockstat6", F_OK) != 0 || noSockets(readText("/proc/net/sockstat6"))))
        return {};
    for (const char *path : {"/proc/net/tcp", "/proc/net/tcp6", "/proc/net/udp", "/proc/net/udp6"}) {
        const std::string content = readText(path);
        std::string_view text = content;
        (void)takeLine(text); // the heading
        if (!trimmed(text).empty())
            return std::string(path) + " shows sockets that were used.";
    }
    return {};
}

} // namespace

Reset::Reset()
    : m_mounts(parseMountInfo(readText("/proc/self/mountinfo", 1024 * KiB)))
{
    for (Root &root : m_roots) {
        struct stat status
        {
        };
        root.exists = ::stat(root.path, &status) == 0 && S_ISDIR(status.st_mode);
        root.mode = status.st_mode & 07777;
    }
    m_connections = connectionsBegun();
}

bool Reset::start(std::string *problem)
{
    int fds[2];
    if (::pipe2(fds, O_CLOEXEC) != 0) {
        *problem = errorText(errno);
        return false;
    }
    m_report.reset(fds[0]);
    const Fd theirs(fds[1]);
    m_said.clear();
    m_late = false;
    m_deadline = nowMs() + WipeMs;
    m_pid = setNonBlocking(m_report.get()) ? ::fork() : -1;
    if (m_pid == 0) {
        resetSignals();
        if (::dup2(theirs.get(), 0) != 0)
            ::_exit(1);
        closeFrom(1);
        if (!becomeGuardedHelper())
            ::_exit(1);
        wipe(0);
    }
    if (m_pid < 0) {
        *problem = errorText(errno);
        m_pid = 0;
        m_report.reset();
        return false;
    }
    return true;
}

void Reset::wipe(int report) const
{
    std::string problem = unknownWritable();
    for (const Root &root : m_roots) {
        if (problem.empty() && root.exists)
            problem = wipeRoot(root);
    }
    if (problem.empty())
        problem = wipeSysV();
    if (problem.empty())
        problem = openSockets(m_connections);
    if (problem.empty())
        problem = Done;
    (void)writeAll(report, problem.data(), problem.size());
    ::_exit(0);
}

std::string Reset::wipeRoot(const Root &root) const
{
    const std::string name = root.path;
    struct stat status
    {
    };
    if (::stat(root.path, &status) != 0)
        return name + ": " + errorText(errno) + ".";
    if ((status.st_mode & 07777) != root.mode) // it may have been shut, even to its owner
        (void)::chmod(root.path, 0700);
    const Fd folder(::open(root.path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!folder)
        return name + ": " + errorText(errno) + ".";
    clearAttributes(folder.get());
    std::string why;
    if (!emptyFolder(folder.get(), m_deadline, &why))
        return name + " cannot be emptied: " + why + ".";
    if (!isEmptyFolder(folder.get()))
        return name + " is not empty.";
    if (::fstat(folder.get(), &status) != 0 ||
        ((status.st_mode & 07777) != root.mode && ::fchmod(folder.get(), root.mode) != 0))
        return name + " has not its old mode.";
    // Times can be a message, too, of whoever may write. The file systems take theirs from the coarse clock.
    if (::faccessat(folder.get(), ".", W_OK, AT_EACCESS) != 0)
        return {};
    timespec now{};
    (void)::clock_gettime(CLOCK_REALTIME_COARSE, &now);
    if (::futimens(folder.get(), nullptr) != 0 || ::fstat(folder.get(), &status) != 0 || isOther(status.st_atim, now) ||
        isOther(status.st_mtim, now))
        return name + " keeps the times that it was given.";
    return {};
}

// A place to write that this does not know of cannot be proven empty: a root file system that is not read-only, a
// volume.
std::string Reset::unknownWritable() const
{
    for (const MountLine &mount : m_mounts) {
        bool known = mount.point == "/proc" || mount.point.compare(0, 6, "/proc/") == 0 || mount.type == "devpts";
        for (const Root &root : m_roots)
            known = known || mount.point == root.path;
        if (known || mount.readOnly())
            continue;
        if (mount.point == "/")
            return "The root file system is writable.";
        if (::faccessat(AT_FDCWD, mount.point.c_str(), W_OK, AT_EACCESS) == 0)
            return mount.point + " is writable and not known.";
    }
    return {};
}

void Reset::poll(PollSet &set)
{
    m_index = set.add(m_report.get(), POLLIN);
}

void Reset::handle(const PollSet &set)
{
    if (set.events(m_index))
        read();
}

void Reset::read()
{
    char text[512];
    ssize_t n = 0;
    while (m_report && (n = ::read(m_report.get(), text, sizeof text)) > 0 && m_said.size() < 4096)
        m_said.append(text, std::size_t(n));
    if (n == 0)
        m_report.reset();
}

bool Reset::reaped(pid_t pid, int status, std::string *problem)
{
    if (pid != m_pid || !active())
        return false;
    read();
    m_report.reset();
    m_pid = 0;
    *problem = m_said == Done ? std::string() : m_said;
    if (m_late)
        *problem = "Emptying the writable places takes too long.";
    else if (m_said.empty() || status != 0)
        *problem = "The helper that empties the writable places has failed.";
    if (problem->empty())
        m_connections = connectionsBegun();
    return true;
}

void Reset::watch(std::uint64_t now)
{
    if (!active() || now < m_deadline || m_late)
        return;
    m_late = true;
    m_deadline = ~std::uint64_t(0);
    (void)::kill(m_pid, SIGKILL);
}

} // namespace isol8::guest
