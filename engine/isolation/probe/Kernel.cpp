// SPDX-License-Identifier: GPL-3.0-or-later
// What the kernel shows and lets be set in /proc and /sys; isol8-init; what else is on the machine.
#include "Report.h"

#include <csignal>
#include <cstdlib>
#include <cstring>

#include <dirent.h>
#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace isol8::probe {

namespace {

// Opening is what counts; nothing is written.
void mayNotWrite(const std::string &path)
{
    const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK);
    const int code = errno;
    if (fd >= 0)
        ::close(fd);
    report("write " + path, fd < 0, fd < 0 ? errorName(code) : "it was opened");
}

void mayNotRead(const std::string &path)
{
    char byte = 0;
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    const int code = errno;
    const bool got = fd >= 0 && ::read(fd, &byte, 1) > 0;
    if (fd >= 0)
        ::close(fd);
    report("read " + path, !got, got ? "it has content" : fd < 0 ? errorName(code) : "empty");
}

int entries(const char *path)
{
    DIR *folder = ::opendir(path);
    if (!folder)
        return 0;
    int count = -2;
    while (::readdir(folder))
        ++count;
    ::closedir(folder);
    return count;
}

void isEmpty(const char *path)
{
    const int count = entries(path);
    report(std::string("look into ") + path, count <= 0, std::to_string(count > 0 ? count : 0) + " entries");
}

void isReadOnly(const char *path)
{
    struct statvfs space
    {
    };
    const bool there = ::statvfs(path, &space) == 0;
    report(std::string(path) + " is read-only", !there || (space.f_flag & ST_RDONLY), there ? "mounted" : "not there");
}

// Each hierarchy's top as it is seen from here, and what the program may do in it.
void probeCgroups()
{
    std::string writable, made, agents;
    const auto look = [&](const std::string &folder) {
        for (const char *file : {"cgroup.procs", "tasks", "memory.max", "memory.limit_in_bytes", "pids.max", "cpu.max",
                                 "cpu.cfs_quota_us", "devices.allow", "cgroup.subtree_control"}) {
            const int fd = ::open((folder + "/" + file).c_str(), O_WRONLY | O_CLOEXEC);
            if (fd >= 0) {
                ::close(fd);
                writable += " " + folder + "/" + file;
            }
        }
        for (const char *file : {"release_agent", "notify_on_release"}) {
            const int fd = ::open((folder + "/" + file).c_str(), O_WRONLY | O_CLOEXEC);
            if (fd >= 0) {
                ::close(fd);
                agents += " " + folder + "/" + file;
            }
        }
        const std::string inner = folder + "/isol8-walls";
        if (::mkdir(inner.c_str(), 0755) == 0) {
            ::rmdir(inner.c_str());
            made += " " + folder;
        }
    };
    look("/sys/fs/cgroup");
    if (DIR *top = ::opendir("/sys/fs/cgroup")) {
        while (const dirent *entry = ::readdir(top)) {
            if (entry->d_name[0] != '.' && entry->d_type == DT_DIR)
                look(std::string("/sys/fs/cgroup/") + entry->d_name);
        }
        ::closedir(top);
    }
    report("change a limit of its cgroup", writable.empty(), writable.empty() ? "refused" : writable.substr(1));
    report("name a program for the kernel to run (release_agent)", agents.empty(),
           agents.empty() ? "refused" : agents.substr(1));
    report("make a cgroup", made.empty(), made.empty() ? "refused" : made.substr(1));
}

bool onlyHeader(const char *path)
{
    const std::string text = readFile(path);
    const std::size_t end = text.find('\n');
    return end == std::string::npos || end + 1 >= text.size();
}

} // namespace

void probeKernel()
{
    for (const char *path :
         {"/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sys/kernel/hostname",
          "/proc/sys/vm/overcommit_memory", "/proc/sys/fs/binfmt_misc/register", "/proc/sys/net/ipv4/ip_forward",
          "/proc/sysrq-trigger", "/proc/irq/default_smp_affinity", "/proc/bus/pci/devices", "/sys/kernel/uevent_helper",
          "/sys/power/state", "/sys/module/kernel/parameters/panic", "/sys/kernel/mm/transparent_hugepage/enabled",
          "/sys/kernel/security/apparmor/.replace"})
        mayNotWrite(path);
    for (const char *path :
         {"/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/sched_debug", "/proc/latency_stats", "/proc/kmsg",
          "/proc/kpageflags", "/proc/vmallocinfo", "/proc/slabinfo", "/sys/kernel/debug/sched_features"})
        mayNotRead(path);
    for (const char *path : {"/sys/firmware", "/proc/acpi", "/proc/scsi", "/sys/kernel/debug", "/sys/kernel/tracing"})
        isEmpty(path);
    for (const char *path : {"/proc/sys", "/proc/bus", "/proc/fs", "/proc/irq", "/sys"})
        isReadOnly(path);
    probeCgroups();
    // "ffffffff81000000 T _stext": addresses are what exploits of the kernel need first.
    const std::string symbols = readFile("/proc/kallsyms", 64);
    report("read where the kernel lies (kallsyms)", symbols.empty() || symbols.compare(0, 8, "00000000") == 0,
           symbols.empty() ? "empty" : symbols.substr(0, 16));
    const int fd = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    refused("have others killed for its memory", fd < 0 ? -1 : ::write(fd, "-1000", 5));
    if (fd >= 0)
        ::close(fd);
}

void probeInit()
{
    refused("kill isol8-init", ::kill(1, SIGKILL));
    refused("stop isol8-init", ::kill(1, SIGSTOP));
    long result = ::ptrace(PTRACE_SEIZE, 1, nullptr, nullptr); // which stops nothing, and ends with this process
    refused("trace isol8-init", result);
    char byte = 0;
    iovec here{&byte, 1}, there{reinterpret_cast<void *>(0x400000), 1};
    result = ::process_vm_readv(1, &here, 1, &there, 1, 0);
    refused("read isol8-init's memory", result);
#ifdef SYS_pidfd_open
    const int pidfd = int(::syscall(SYS_pidfd_open, 1, 0));
    if (pidfd >= 0) {
        result = ::syscall(SYS_pidfd_getfd, pidfd, 0, 0);
        refused("take isol8-init's stream", result);
        ::close(pidfd);
    }
#endif
    for (const char *name : {"mem", "environ", "maps", "auxv", "syscall", "stack", "task/1/mem", "task/1/environ"})
        mayNotRead(std::string("/proc/1/") + name);
    for (const char *name : {"fd", "fdinfo", "map_files", "task/1/fd", "root/"}) {
        const std::string path = std::string("/proc/1/") + name;
        DIR *folder = ::opendir(path.c_str());
        const int code = errno;
        if (folder)
            ::closedir(folder);
        report("list " + path, !folder, folder ? "it was listed" : errorName(code));
    }
    for (const char *name : {"exe", "root", "cwd", "fd/0", "fd/1", "ns/mnt"}) {
        char target[256];
        const std::string path = std::string("/proc/1/") + name;
        const ssize_t size = ::readlink(path.c_str(), target, sizeof target);
        report("follow " + path, size < 0, size < 0 ? errorName(errno) : "it was read");
    }
    mayNotWrite("/proc/1/oom_score_adj");
    mayNotWrite("/proc/1/mem");
    mayNotWrite("/.isol8/isol8-init");
}

void probeNamespaces()
{
    const std::string init = readFile("/proc/1/cmdline", 256);
    report("its first process is isol8's", init.compare(0, 18, "/.isol8/isol8-init") == 0, init.c_str());
    int others = 0;
    if (DIR *proc = ::opendir("/proc")) {
        while (const dirent *entry = ::readdir(proc)) {
            if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
                continue;
            const std::string path = std::string("/proc/") + entry->d_name + "/status";
            others += readFile(path.c_str()).find("\nKthread:\t1") != std::string::npos;
        }
        ::closedir(proc);
    }
    const int processes = entries("/proc") > 0 ? 1 : 0;
    // Threads of the kernel are seen in the machine's own PID namespace alone; the second one there is kthreadd.
    const std::string second = readFile("/proc/2/comm", 32);
    report("no process of the machine is seen", processes == 1 && others == 0 && second != "kthreadd\n",
           second == "kthreadd\n" ? "the kernel's own" : "its own alone");
    utsname names{};
    ::uname(&names);
    report("the machine's name is hidden", std::strcmp(names.nodename, "sandbox") == 0, names.nodename);
    std::string cgroup = readFile("/proc/self/cgroup");
    bool hidden = true;
    for (std::size_t begin = 0; begin < cgroup.size();) {
        const std::size_t end = std::min(cgroup.find('\n', begin), cgroup.size());
        const std::string line = cgroup.substr(begin, end - begin);
        const std::size_t colon = line.rfind(':');
        hidden = hidden && (colon == std::string::npos || line.substr(colon + 1) == "/");
        begin = end + 1;
    }
    report("its place among the machine's cgroups is hidden", hidden, hidden ? "/" : "a path of the machine");
    const bool ipc =
        onlyHeader("/proc/sysvipc/shm") && onlyHeader("/proc/sysvipc/sem") && onlyHeader("/proc/sysvipc/msg");
    report("no shared memory of others", ipc, ipc ? "none" : "System V objects of others");
    const int queues = entries("/dev/mqueue");
    report("no message queue of others", queues <= 0, std::to_string(queues > 0 ? queues : 0));
    const int shared = entries("/dev/shm");
    report("nothing of others in /dev/shm", shared <= 0, std::to_string(shared > 0 ? shared : 0) + " files");
}

} // namespace isol8::probe
