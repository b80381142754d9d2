// SPDX-License-Identifier: GPL-3.0-or-later
// What may be used up.
#include "Report.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <vector>

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace isol8::probe {

namespace {

void hardLimit(const char *name, __rlimit_resource_t resource, rlim_t most)
{
    rlimit limit{};
    const bool known = ::getrlimit(resource, &limit) == 0;
    report(name, known && limit.rlim_max <= most,
           limit.rlim_max == RLIM_INFINITY ? std::string("no limit") : std::to_string(limit.rlim_max));
}

double seconds(const timespec &t)
{
    return double(t.tv_sec) + double(t.tv_nsec) / 1e9;
}

double now()
{
    timespec t{};
    ::clock_gettime(CLOCK_MONOTONIC, &t);
    return seconds(t);
}

void fillProcesses()
{
    int made = 0;
    int code = 0;
    std::vector<pid_t> children;
    for (; made < 512; ++made) {
        const pid_t child = ::fork();
        if (child == 0) {
            ::pause();
            ::_exit(0);
        }
        if (child < 0) {
            code = errno;
            break;
        }
        children.push_back(child);
    }
    for (const pid_t child : children)
        ::kill(child, SIGKILL);
    for (const pid_t child : children)
        ::waitpid(child, nullptr, 0);
    std::printf("processes\t%d\t%s\n", made, errorName(code).c_str());
}

void fillDisk()
{
    // Bytes until there is no room, of each place that a program may write to.
    static const char *const places[] = {"/sandbox", "/tmp", "/dev/shm"};
    std::vector<char> block(1 << 20, 'x');
    for (const char *place : places) {
        const std::string path = std::string(place) + "/isol8-walls-fill";
        const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        long long written = 0;
        int code = 0;
        while (written < (1LL << 30)) {
            const ssize_t n = ::write(fd, block.data(), block.size());
            if (n < 0) {
                code = errno;
                break;
            }
            written += n;
        }
        ::close(fd);
        ::unlink(path.c_str());
        std::printf("disk %s\t%lld\t%s\n", place, written, errorName(code).c_str());
    }
}

void fillFiles()
{
    std::vector<int> files;
    int code = 0;
    while (files.size() < 100000) {
        const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (fd < 0) {
            code = errno;
            break;
        }
        files.push_back(fd);
    }
    for (const int fd : files)
        ::close(fd);
    std::printf("files\t%zu\t%s\n", files.size(), errorName(code).c_str());
}

void fillMemory()
{
    constexpr std::size_t step = 1 << 20;
    for (int i = 0; i < 1024; ++i) {
        void *memory = ::mmap(nullptr, step, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED)
            break;
        std::memset(memory, 1, step);
        std::printf("memory\t%d\tMiB\n", i + 1);
        std::fflush(stdout);
    }
}

// What eight busy processes get of the processors in a second, in thousandths of one.
void fillCpu()
{
    const double begin = now();
    for (int i = 0; i < 8; ++i) {
        if (::fork() == 0) {
            while (now() - begin < 1.0) {
            }
            ::_exit(0);
        }
    }
    while (::wait(nullptr) > 0) {
    }
    rusage used{};
    ::getrusage(RUSAGE_CHILDREN, &used);
    const double cpu = double(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                       double(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    std::printf("cpu\t%d\tof 1000\n", int(1000 * cpu / (now() - begin)));
}

} // namespace

void probeLimits()
{
    hardLimit("open files are limited", RLIMIT_NOFILE, 1024);
    hardLimit("core dumps are off", RLIMIT_CORE, 0);
    hardLimit("locked memory is limited", RLIMIT_MEMLOCK, 65536);
    hardLimit("no real-time priority", RLIMIT_RTPRIO, 0);
    sched_param priority{};
    priority.sched_priority = 1;
    refused("run before all others (SCHED_FIFO)", ::sched_setscheduler(0, SCHED_FIFO, &priority));
    refused("be nicer to itself (nice -5)", ::setpriority(PRIO_PROCESS, 0, -5));
    rlimit more{RLIM_INFINITY, RLIM_INFINITY};
    refused("raise a limit", ::setrlimit(RLIMIT_CORE, &more));
    // A crash leaves nothing.
    const pid_t child = ::fork();
    if (child == 0) {
        (void)!::chdir("/sandbox");
        ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
        ::abort();
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    // To a handler of the machine's ("|/usr/lib/…") a crash is told whatever the limit is: advice about the host.
    const bool dumped = WIFSIGNALED(status) && WCOREDUMP(status);
    const bool handled = readFile("/proc/sys/kernel/core_pattern", 1)[0] == '|';
    report("a crash leaves no core dump", !dumped || handled, dumped ? "the machine's handler had it" : "none");
    void *locked = ::mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const int result = ::mlock(locked, 1 << 20);
    report("keep a megabyte in memory (mlock)", result != 0, result ? errorName(errno) : "it was locked");
}

bool fill(std::string_view what)
{
    if (what == "memory") {
        fillMemory();
        return true;
    }
    if (what == "processes")
        fillProcesses();
    else if (what == "disk")
        fillDisk();
    else if (what == "files")
        fillFiles();
    else if (what == "cpu")
        fillCpu();
    else
        return false;
    return true;
}

} // namespace isol8::probe
