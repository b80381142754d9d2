// SPDX-License-Identifier: GPL-3.0-or-later
/*
    Stands in for isol8-init in tst_policy_docker: PID 1 of a real container, linked statically. Prints what it finds
    of its walls ("fact KEY=VALUE", as HelloMessage has them), then tries system calls as root and as the sandbox user
    ("call WHO NAME GOT WANTED", errno or 0; wanted -1: any errno).
*/
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <ifaddrs.h>
#include <linux/openat2.h>
#include <mntent.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *who = "root";

static void fact(const char *key, const char *value)
{
    printf("fact %s=%s\n", key, value);
}

// The first line of a file that can be read; "" otherwise.
static const char *line(const char *path)
{
    static char buffer[256];
    buffer[0] = 0;
    FILE *f = fopen(path, "re");
    if (f) {
        if (!fgets(buffer, sizeof buffer, f))
            buffer[0] = 0;
        fclose(f);
    }
    buffer[strcspn(buffer, "\n")] = 0;
    return buffer;
}

static void status_facts(void)
{
    static const char *names[][2] = {
        {"NoNewPrivs:", "nnp"}, {"Seccomp:", "seccomp"}, {"CapBnd:", "cap.bounding"}, {"CapEff:", "cap.effective"}};
    char key[64], value[128];
    char text[256];
    FILE *f = fopen("/proc/self/status", "re");
    while (f && fgets(text, sizeof text, f))
        for (unsigned i = 0; i < 4; ++i)
            if (sscanf(text, "%63s %127s", key, value) == 2 && !strcmp(key, names[i][0]))
                fact(names[i][1], value);
    if (f)
        fclose(f);
}

static void net_fact(void)
{
    char text[512], list[512] = "";
    FILE *f = fopen("/proc/net/dev", "re");
    for (int n = 0; f && fgets(text, sizeof text, f); ++n) {
        char *end = strchr(text, ':');
        if (n < 2 || !end)
            continue;
        *end = 0;
        if (list[0])
            strcat(list, ",");
        strcat(list, text + strspn(text, " "));
    }
    if (f)
        fclose(f);
    fact("net", list);
}

static void mount_facts(void)
{
    FILE *f = setmntent("/proc/self/mounts", "re");
    struct mntent *m;
    while (f && (m = getmntent(f))) {
        if (strcmp(m->mnt_dir, "/sandbox") && strcmp(m->mnt_dir, "/tmp") && strcmp(m->mnt_dir, "/dev/shm"))
            continue;
        struct statvfs s;
        if (statvfs(m->mnt_dir, &s) == 0)
            printf("fact mount:%s=%s %s %llu\n", m->mnt_dir, m->mnt_type, m->mnt_opts,
                   (unsigned long long)s.f_blocks * s.f_frsize);
    }
    if (f)
        endmntent(f);
    struct statvfs root;
    fact("root.readonly", statvfs("/", &root) == 0 && (root.f_flag & ST_RDONLY) ? "1" : "0");
}

static void cgroup_facts(void)
{
    char text[600];
    if (access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0) {
        fact("cgroup", "2");
        fact("memory.max", line("/sys/fs/cgroup/memory.max"));
        fact("memory.swap.max", line("/sys/fs/cgroup/memory.swap.max"));
        fact("pids.max", line("/sys/fs/cgroup/pids.max"));
        fact("cpu.max", line("/sys/fs/cgroup/cpu.max"));
        return;
    }
    fact("cgroup", "1");
    const long long memory = atoll(line("/sys/fs/cgroup/memory/memory.limit_in_bytes"));
    snprintf(text, sizeof text, "%lld", memory);
    fact("memory.max", text);
    const long long both = atoll(line("/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes"));
    snprintf(text, sizeof text, "%lld", both - memory);
    fact("memory.swap.max", both ? text : "");
    fact("pids.max", line("/sys/fs/cgroup/pids/pids.max"));
    const long long quota = atoll(line("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"));
    const long long period = atoll(line("/sys/fs/cgroup/cpu/cpu.cfs_period_us"));
    if (quota > 0)
        snprintf(text, sizeof text, "%lld %lld", quota, period);
    else
        snprintf(text, sizeof text, "max %lld", period);
    fact("cpu.max", text);
}

static void number_fact(const char *key, unsigned long long value)
{
    char text[32];
    snprintf(text, sizeof text, "%llu", value);
    fact(key, text);
}

static void facts(int door)
{
    struct rlimit limit;
    struct sysinfo info;
    status_facts();
    net_fact();
    mount_facts();
    cgroup_facts();
    fact("door", door ? "127.0.0.1:8118" : ""); // which init would open
    getrlimit(RLIMIT_NOFILE, &limit);
    number_fact("nofile", limit.rlim_max);
    getrlimit(RLIMIT_CORE, &limit);
    number_fact("core", limit.rlim_max);
    sysinfo(&info);
    fact("mounts.writable", "");
    number_fact("swap.total", (unsigned long long)info.totalswap * info.mem_unit);
    number_fact("uid", getuid());
    number_fact("pid", (unsigned long long)getpid());
    fact("hosts", line("/etc/hosts"));
}

static void report(const char *name, long result, int wanted)
{
    printf("call %s %s %d %d\n", who, name, result == -1 ? errno : 0, wanted);
}

#define DENIED(name, ...) report(#name, syscall(SYS_##name, __VA_ARGS__), EPERM)
#define ABSENT(name, ...) report(#name, syscall(SYS_##name, __VA_ARGS__), ENOSYS)
#define WORKS(name, expression) report(name, (long)(expression), 0)

// A new process in new namespaces, gone at once where it comes to be.
static void denied_clone(unsigned long flags)
{
    const long child = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
    if (child == 0)
        _exit(0);
    report("clone", child, EPERM);
}

// Arguments are such that an open call would fail by another errno, or do no harm.
static void denied(void)
{
    DENIED(unshare, 0x10000000);
    DENIED(unshare, 0);
    DENIED(setns, -1, 0);
    DENIED(mount, 0, 0, 0, 0, 0);
    DENIED(umount2, 0, 0);
    DENIED(pivot_root, 0, 0);
    DENIED(chroot, "/");
    DENIED(fsopen, 0, 0);
    DENIED(fsconfig, -1, 0, 0, 0, 0);
    DENIED(fsmount, -1, 0, 0);
    DENIED(fspick, -1, "/", 0);
    DENIED(open_tree, -1, "/", 0);
    DENIED(move_mount, -1, "", -1, "", 0);
    DENIED(mount_setattr, -1, "/", 0, 0, 0);
    DENIED(add_key, 0, 0, 0, 0, 0);
    DENIED(request_key, 0, 0, 0, 0);
    DENIED(keyctl, -1, 0, 0, 0, 0);
    DENIED(bpf, -1, 0, 0);
    DENIED(userfaultfd, 1);
    DENIED(perf_event_open, 0, 0, -1, -1, 0);
    DENIED(kexec_load, 0, 0, 0, 0);
    DENIED(init_module, 0, 0, 0);
    DENIED(finit_module, -1, 0, 0);
    DENIED(delete_module, 0, 0);
    DENIED(reboot, 0, 0, 0, 0);
    DENIED(swapon, 0, 0);
    DENIED(swapoff, 0);
    DENIED(acct, "/nowhere");
    DENIED(quotactl, 0, 0, 0, 0);
    DENIED(open_by_handle_at, -1, 0, 0);
    DENIED(name_to_handle_at, -1, "", 0, 0, 0);
    DENIED(process_vm_readv, getpid(), 0, 0, 0, 0, 0);
    DENIED(process_vm_writev, getpid(), 0, 0, 0, 0, 0);
    DENIED(process_madvise, -1, 0, 0, 0, 0);
    DENIED(pidfd_getfd, -1, 0, 0);
    DENIED(kcmp, getpid(), getpid(), 0, 0, 0);
    DENIED(settimeofday, 0, 0);
    DENIED(clock_settime, -1, 0);
    DENIED(clock_adjtime, -1, 0);
    DENIED(adjtimex, 0);
    DENIED(syslog, 10, 0, 0);
    DENIED(vhangup, 0);
    DENIED(fanotify_init, -1, 0);
    DENIED(fanotify_mark, -1, 0, 0, 0, 0);
    DENIED(vmsplice, -1, 0, 0, 0);
    DENIED(sethostname, "x", 1);
    DENIED(memfd_secret, 0);
#ifdef __x86_64__
    DENIED(iopl, 0);
    DENIED(ioperm, 0, 0, 0);
    DENIED(modify_ldt, 0, 0, 0);
#endif
    denied_clone(0x10000000);
    denied_clone(0x40000000);
    denied_clone(0x00020000);
    DENIED(socket, 40, SOCK_STREAM, 0);
    DENIED(socket, 0x100000028, SOCK_STREAM, 0);
    DENIED(socket, 38, SOCK_SEQPACKET, 0);
    DENIED(socket, 17, SOCK_RAW, 0);
    DENIED(socket, AF_INET, SOCK_RAW, 1);
    DENIED(socket, AF_INET, SOCK_STREAM, 132);
    DENIED(socket, AF_INET, SOCK_SEQPACKET, 0);
    DENIED(socket, 16, SOCK_RAW, 9);
    DENIED(socketpair, 30, SOCK_STREAM, 0, 0);
    DENIED(personality, 0x400000);
    ABSENT(clone3, 0, 0);
    ABSENT(io_uring_setup, 0, 0);
    ABSENT(io_uring_enter, -1, 0, 0, 0, 0);
    ABSENT(io_uring_register, -1, 0, 0, 0);
    ABSENT(io_setup, 0, 0);
    ABSENT(mbind, 0, 0, 0, 0, 0, 0);
    ABSENT(get_mempolicy, 0, 0, 0, 0, 0);
    ABSENT(move_pages, 0, 0, 0, 0, 0, 0);
}

static void *thread(void *argument)
{
    return argument;
}

static int thread_works(void)
{
    static int token;
    pthread_t id;
    void *result = NULL;
    return pthread_create(&id, NULL, thread, &token) == 0 && pthread_join(id, &result) == 0 && result == &token ? 0
                                                                                                                : -1;
}

static int copy_works(void)
{
    int from = open("/sandbox/from", O_RDWR | O_CREAT | O_CLOEXEC, 0600),
        to = open("/sandbox/to", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    return write(from, "isol8", 5) == 5 && lseek(from, 0, SEEK_SET) == 0 && copy_file_range(from, 0, to, 0, 5, 0) == 5
               ? 0
               : -1;
}

static int splice_works(void)
{
    int a[2], b[2];
    return pipe2(a, O_CLOEXEC) == 0 && pipe2(b, O_CLOEXEC) == 0 && write(a[1], "x", 1) == 1 &&
                   tee(a[0], b[1], 1, 0) == 1 && splice(a[0], 0, b[1], 0, 1, 0) == 1
               ? 0
               : -1;
}

static int traced_child(void)
{
    int status = -1;
    const pid_t child = fork();
    if (child == 0) {
        if (ptrace(PTRACE_TRACEME, 0, 0, 0) != 0)
            _exit(1);
        raise(SIGSTOP);
        _exit(0);
    }
    waitpid(child, &status, 0);
    if (!WIFSTOPPED(status))
        return -1;
    ptrace(PTRACE_CONT, child, 0, 0);
    waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static void terminal(void)
{
    int typed = 0;
    const int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
    WORKS("ptmx", master);
    report("TIOCSTI", ioctl(master, TIOCSTI, "x"), EPERM);
    report("TIOCSTI_high", syscall(SYS_ioctl, master, 0x100000000 | TIOCSTI, "x"), EPERM);
    WORKS("FIONREAD", ioctl(master, FIONREAD, &typed));
}

static void needed(void)
{
    struct ifaddrs *addresses;
    struct statx sx;
    struct open_how how = {.flags = O_RDONLY | O_CLOEXEC};
    struct sched_param param = {0};
    sigset_t set;
    timer_t timer;
    char bytes[16];
    int pair[2];
    sigemptyset(&set);
    WORKS("thread", thread_works());
    WORKS("getifaddrs", getifaddrs(&addresses));
    WORKS("socket_unix", socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    WORKS("socket_tcp", socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 6));
    WORKS("socket_udp", socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    WORKS("socket_netlink", socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0));
    WORKS("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    WORKS("epoll", epoll_create1(EPOLL_CLOEXEC));
    WORKS("eventfd", eventfd(0, EFD_CLOEXEC));
    WORKS("signalfd", signalfd(-1, &set, SFD_CLOEXEC));
    WORKS("timerfd", timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
    WORKS("inotify", inotify_init1(IN_CLOEXEC));
    WORKS("memfd", memfd_create("x", MFD_CLOEXEC));
    WORKS("pidfd_open", syscall(SYS_pidfd_open, getpid(), 0));
    WORKS("close_range", syscall(SYS_close_range, 900, 1000, 0));
    WORKS("statx", statx(AT_FDCWD, "/", 0, STATX_ALL, &sx));
    WORKS("openat2", syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof how));
    WORKS("faccessat2", syscall(SYS_faccessat2, AT_FDCWD, "/", R_OK, AT_EACCESS));
    WORKS("copy_file_range", copy_works());
    WORKS("splice", splice_works());
    WORKS("getrandom", syscall(SYS_getrandom, bytes, sizeof bytes, 0));
    WORKS("membarrier", syscall(SYS_membarrier, 0, 0, 0));
    WORKS("mlock", mlock(bytes, sizeof bytes));
    WORKS("timer_create", timer_create(CLOCK_MONOTONIC, NULL, &timer));
    WORKS("sched_getparam", sched_getparam(0, &param));
    WORKS("shmget", shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600));
    WORKS("semget", semget(IPC_PRIVATE, 1, IPC_CREAT | 0600));
    WORKS("msgget", msgget(IPC_PRIVATE, IPC_CREAT | 0600));
    WORKS("mq_open", mq_open(who[0] == 'r' ? "/root" : "/user", O_RDWR | O_CREAT | O_CLOEXEC, 0600, NULL));
    WORKS("personality", personality(0xffffffff));
    WORKS("fixed_addresses", personality(ADDR_NO_RANDOMIZE));
    WORKS("sync", syscall(SYS_sync));
    WORKS("syncfs", syncfs(-1)); // not done: a real call would say EBADF
    WORKS("ptrace_child", traced_child());
    terminal();
}

#ifdef __x86_64__
// A call of the 32-bit interface must kill: 20 is getpid there.
static void foreign_abi(void)
{
    int status = 0;
    const pid_t child = fork();
    if (child == 0) {
        long result = 20;
        __asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
        _exit(0);
    }
    waitpid(child, &status, 0);
    report("int80_killed", WIFSIGNALED(status) ? 0 : -1, 0);
}
#endif

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    facts(argc > 1 && strcmp(argv[1], "--door") == 0);
    denied();
    prctl(PR_SET_DUMPABLE, 0);
    const pid_t child = fork();
    if (child == 0) {
        who = "user";
        if (setgroups(0, NULL) || setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000))
            return 1;
        prctl(PR_SET_DUMPABLE, 1);
        denied();
        needed();
        report("ptrace_init", ptrace(PTRACE_ATTACH, 1, 0, 0), EPERM);
        report("kill_init", kill(1, SIGKILL), EPERM);
        report("write_root", open("/x", O_WRONLY | O_CREAT | O_CLOEXEC, 0600), -1);
#ifdef __x86_64__
        foreign_abi();
#endif
        return 0;
    }
    int status = 1;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}
