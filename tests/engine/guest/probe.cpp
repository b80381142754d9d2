// SPDX-License-Identifier: GPL-3.0-or-later
// A static program that the tests of isol8-init run inside a sandbox: "probe WHAT". It prints what it finds, a line
// each; "open NAME" is a hole.
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <dirent.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

namespace {

void must(bool refused, const char *name)
{
    std::printf("%s %s\n", refused ? "shut" : "open", name);
}

int walls()
{
    for (const char *name : {"mem", "environ", "maps", "auxv", "syscall", "stack", "io", "fd", "exe", "root", "cwd"}) {
        const std::string path = std::string("/proc/1/") + name;
        char byte;
        const int fd = ::open(path.c_str(), O_RDONLY | O_NONBLOCK);
        must(fd < 0 || (::read(fd, &byte, 1) < 0 && errno != EISDIR), path.c_str());
    }
    must(::ptrace(PTRACE_ATTACH, 1, nullptr, nullptr) < 0, "ptrace");
    for (const int number : {SIGKILL, SIGSTOP, SIGTERM, SIGCHLD})
        must(::kill(1, number) < 0, "kill");
    char here[8];
    const iovec local{here, sizeof here};
    const iovec remote{reinterpret_cast<void *>(0x400000), sizeof here};
    must(::process_vm_readv(1, &local, 1, &remote, 1, 0) < 0, "process_vm_readv");
    must(::setpriority(PRIO_PROCESS, 1, 19) < 0, "setpriority");
    must(::socket(40, SOCK_STREAM, 0) < 0 && errno == EPERM, "vsock");
    must(::socket(40, SOCK_DGRAM, 0) < 0 && errno == EPERM, "vsock datagram");
    must(::syscall(425, 8, here) < 0 && errno == EPERM, "io_uring");
    must(::setuid(0) < 0, "setuid");
    must(::syscall(SYS_unshare, 0x10000000) < 0, "user namespace");
    for (int capability = 0; capability < 64; ++capability) {
        const int bounding = ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
        if (bounding > 0)
            must(false, "bounding set");
    }
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2]{};
    must(::syscall(SYS_capget, &header, data) == 0 && !data[0].effective && !data[0].permitted &&
             !data[0].inheritable && !data[1].effective && !data[1].permitted && !data[1].inheritable,
         "capabilities");
    must(::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1, "new privileges");
    must(::prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 2, "seccomp");
    must(::getuid() == 1000 && ::geteuid() == 1000 && ::getgid() == 1000 && ::getgroups(0, nullptr) == 0, "identity");
    must(::getsid(0) == ::getpid() && ::getpgrp() == ::getpid(), "session");
    must(::open("/escaped", O_WRONLY | O_CREAT, 0600) < 0, "root file system");
    for (int fd = 3; fd < 1024; ++fd) {
        if (::fcntl(fd, F_GETFD) >= 0 && fd > 16) // the walls' own probes came first
            must(false, "descriptor");
    }
    rlimit core{};
    must(::getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0, "core dumps");
    sigset_t blocked;
    ::sigprocmask(SIG_SETMASK, nullptr, &blocked);
    must(!::sigismember(&blocked, SIGCHLD) && ::signal(SIGPIPE, SIG_DFL) == SIG_DFL, "signals");
    return 0;
}

int litter()
{
    for (const std::string base : {"/sandbox", "/tmp", "/dev/shm"}) {
        ::mkdir((base + "/shut").c_str(), 0700);
        ::mkdir((base + "/shut/in").c_str(), 0700);
        ::close(::open((base + "/shut/in/secret").c_str(), O_WRONLY | O_CREAT, 0600));
        ::chmod((base + "/shut/in").c_str(), 0);
        ::chmod((base + "/shut").c_str(), 0);
        ::mkfifo((base + "/\xff\n").c_str(), 0);
        (void)!::symlink("/etc", (base + "/link").c_str());
        int folder = ::open(base.c_str(), O_RDONLY | O_DIRECTORY);
        for (int depth = 0; depth < 1500; ++depth) {
            ::mkdirat(folder, "deep", 0700);
            const int next = ::openat(folder, "deep", O_RDONLY | O_DIRECTORY);
            ::close(folder);
            folder = next;
        }
        ::close(folder);
    }
    return 0;
}

int hostileLeftovers()
{
    litter();
    ::chmod("/sandbox", 0);
    bool made = true;
    for (int i = 0; i < 5; ++i) {
        made = made && ::shmget(100 + i, 4096, IPC_CREAT | 0600) >= 0 && ::semget(100 + i, 1, IPC_CREAT | 0600) >= 0 &&
               ::msgget(100 + i, IPC_CREAT | 0600) >= 0;
    }
    for (int i = 0; i < 20; ++i) {
        if (::fork() == 0) {
            ::setsid();
            for (int number = 1; number < 64; ++number)
                (void)::signal(number, SIG_IGN);
            while (true)
                ::pause();
        }
    }
    std::printf("%s\n", made ? "made" : "not made");
    return 0;
}

// Nothing of a former user is to be found.
int remains()
{
    for (const char *path : {"/sandbox", "/tmp", "/dev/shm"}) {
        DIR *dir = ::opendir(path);
        int entries = 0;
        while (dir && ::readdir(dir))
            ++entries;
        must(entries == 2, path);
    }
    for (int i = 0; i < 5; ++i)
        must(::shmget(100 + i, 0, 0) < 0 && ::semget(100 + i, 0, 0) < 0 && ::msgget(100 + i, 0) < 0, "System V");
    struct stat status
    {
    };
    must(::stat("/sandbox", &status) == 0 && (status.st_mode & 07777) == 0755, "mode of /sandbox");
    DIR *proc = ::opendir("/proc");
    int processes = 0;
    while (const dirent *entry = ::readdir(proc))
        processes += entry->d_name[0] >= '1' && entry->d_name[0] <= '9';
    must(processes == 2, "processes");
    return 0;
}

int writeMuch(long long bytes)
{
    static char block[65536];
    std::memset(block, 'x', sizeof block);
    while (bytes > 0) {
        const ssize_t n = ::write(1, block, std::size_t(std::min<long long>(bytes, sizeof block)));
        if (n <= 0)
            return 1;
        bytes -= n;
    }
    return 0;
}

// Both outputs in turn, in pieces of all sizes; byte I of an output is (I * 31 + (I >> 8) + its number) mod 256.
int writeBoth(long long bytes)
{
    static unsigned char pieces[3][70000];
    long long at[3] = {};
    unsigned size = 1;
    while (at[1] < bytes || at[2] < bytes) {
        for (int fd = 1; fd <= 2; ++fd) {
            size = (size * 40503U + 12345U) % sizeof pieces[fd];
            long long left = std::min<long long>(size, bytes - at[fd]);
            for (long long i = 0; i < left; ++i)
                pieces[fd][i] = static_cast<unsigned char>((at[fd] + i) * 31 + ((at[fd] + i) >> 8) + fd);
            for (const unsigned char *from = pieces[fd]; left > 0;) {
                const ssize_t n = ::write(fd, from, std::size_t(left));
                if (n <= 0)
                    return 1;
                from += n;
                left -= n;
                at[fd] += n;
            }
        }
    }
    return 0;
}

int forge()
{
    const char frame[] = {4, 0, 0, 0, 0x46, 0, 0, 0, 1, 0, 0, 0, 'e', 'v', 'i', 'l'};
    for (int fd = 0; fd < 1024; ++fd)
        (void)!::write(fd, frame, sizeof frame);
    return 0;
}

int allocate()
{
    while (true) {
        void *piece = ::mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (piece != MAP_FAILED)
            std::memset(piece, 1, 1 << 20);
    }
}

} // namespace

int main(int argc, char **argv)
{
    ::setvbuf(stdout, nullptr, _IOLBF, 4096);
    const std::string what = argc > 1 ? argv[1] : "";
    const long long number = argc > 2 ? std::atoll(argv[2]) : 0;
    if (what == "walls")
        return walls();
    if (what == "litter")
        return litter();
    if (what == "leave")
        return hostileLeftovers();
    if (what == "remains")
        return remains();
    if (what == "write")
        return writeMuch(number);
    if (what == "both")
        return writeBoth(number);
    if (what == "forge")
        return forge();
    if (what == "allocate")
        return allocate();
    if (what == "exit")
        return int(number);
    if (what == "die")
        return ::kill(::getpid(), int(number));
    if (what == "sleep")
        return ::sleep(unsigned(number)) ? 1 : 0;
    if (what == "bomb") {
        while (true)
            ::fork();
    }
    if (what == "closed") { // nothing left to read or write, and still there
        for (int fd = 0; fd < 3; ++fd)
            ::close(fd);
        ::usleep(300000);
        return 5;
    }
    if (what == "daemon") {
        std::printf("main\n");
        if (::fork() == 0) {
            ::setsid();
            ::sleep(1000);
        }
        return 0;
    }
    if (what == "fill") { // until there is no room
        const int fd = ::open("/sandbox/full", O_WRONLY | O_CREAT, 0600);
        ::dup2(fd, 1);
        return writeMuch(1LL << 40);
    }
    if (what == "cat") {
        char part[65536];
        ssize_t n = 0;
        while ((n = ::read(0, part, sizeof part)) > 0)
            (void)!::write(1, part, std::size_t(n));
        return 0;
    }
    if (what == "terminal") {
        std::printf("%d%d%d %s\n", ::isatty(0), ::isatty(1), ::isatty(2), ::ttyname(0) ? ::ttyname(0) : "none");
        return ::open("/dev/tty", O_RDWR) < 0;
    }
    return 99;
}
