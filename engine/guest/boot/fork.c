// SPDX-License-Identifier: GPL-3.0-or-later
/*
    Preloaded into an interpreter that forks itself for each run (init/Waiting.h). Its calls of fork() have three
   meanings.

    The first never returns there. It makes a child for each byte that init sends on descriptor 3, tells init its pid,
   and returns 0 in the child. The child's first call waits on descriptor 5 until a run is there, and returns 0 when the
    process is what init would have made of it: its own session, the run's pipes, the sandbox user, no capability in any
    set. Every later fork() is the C library's.

    Uses no C library, so that it fits glibc and musl alike; dlsym finds the true fork. The child is made by clone(2) as
    the library's fork makes it, but with CLONE_PARENT, so that init, and not the interpreter, is its parent.
*/
#include <linux/capability.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>

enum { Channel = 3, Requests = 5, SandboxUser = 1000, OutOfMemoryScoreSize = 4 };

// ExecFailure of Spawn.h.
struct failure
{
    unsigned int what;
    int code;
};
enum { Wall = 2 };

void *dlsym(void *handle, const char *name);
#define NEXT ((void *)-1L)

#if defined(__x86_64__)
static long call(long number, long a, long b, long c, long d, long e)
{
    long result = number;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    __asm__ volatile("syscall" : "+a"(result) : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8) : "rcx", "r11", "memory");
    return result;
}
#define CLONE(flags, tid) call(SYS_clone, flags, 0, 0, (long)(tid), 0)
#elif defined(__aarch64__)
static long call(long number, long a, long b, long c, long d, long e)
{
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
    return x0;
}
#define CLONE(flags, tid) call(SYS_clone, flags, 0, 0, 0, (long)(tid))
#else
#error "x86_64 and aarch64"
#endif

static void leave(int code)
{
    for (;;)
        call(SYS_exit_group, code, 0, 0, 0, 0);
}

static void check(long result)
{
    if (result >= 0)
        return;
    const struct failure why = {Wall, (int)-result};
    call(SYS_write, Channel, (long)&why, sizeof why, 0, 0);
    leave(127);
}

// What may be done before there is a run, and costs nobody's time then.
static void prepare(void)
{
    const char score[OutOfMemoryScoreSize + 1] = "1000";
    check(call(SYS_setsid, 0, 0, 0, 0, 0));
    // While its files in /proc belong to this user.
    call(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0);
    const long file = call(SYS_openat, -100, (long)"/proc/self/oom_score_adj", 1, 0, 0);
    if (file >= 0) {
        call(SYS_write, file, (long)score, OutOfMemoryScoreSize, 0, 0);
        call(SYS_close, file, 0, 0, 0, 0);
    }
    call(SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static void become_sandbox_user(void)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[2] = {{0, 0, 0}, {0, 0, 0}};
    check(call(SYS_setgroups, 0, 0, 0, 0, 0));
    check(call(SYS_setresgid, SandboxUser, SandboxUser, SandboxUser, 0, 0));
    check(call(SYS_setresuid, SandboxUser, SandboxUser, SandboxUser, 0, 0));
    check(call(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
    check(call(SYS_capset, (long)&header, (long)none, 0, 0, 0));
    // As after an execve: nothing of the interpreter's before is secret, and it runs none but the sandbox user's code.
    check(call(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0));
}

/*
    A child would touch many of its parent's pages, and each first touch is a fault of its own: 25 to 35 microseconds on
    a virtual machine, where the kernel enters or copies a page in 5 when it is asked for many at once. So the parent
    notes what it has touched, and each child asks for all of that before it begins; for the stack, which a program goes
    deeper into; and for all code that is in memory, since the parent has never run what ends a program. More would be
    in the way: each page that is there must be given back before the program's end is told.
*/
enum { MaxRanges = 512, PageSize = 4096, MapsSize = 65536, PopulateRead = 22, PopulateWrite = 23 };
enum { LargestRange = 32 << 20 };

static struct range
{
    unsigned long start;
    unsigned long size;
    int advice;
} ranges[MaxRanges];
static int range_count;

static void note(unsigned long start, unsigned long end, int advice)
{
    if (range_count == MaxRanges || start == end)
        return;
    ranges[range_count].start = start;
    ranges[range_count].size = end - start;
    ranges[range_count++].advice = advice;
}

static long pagemap = -1;

// Of code, what the page cache has; else what this process has touched, where the kernel tells.
static void note_resident(unsigned long start, unsigned long end, int advice, int code)
{
    static union {
        unsigned char cached[LargestRange / PageSize];
        unsigned long long entries[LargestRange / PageSize];
    } pages;
    const unsigned long count = (end - start) / PageSize;
    const long size = (long)(count * sizeof pages.entries[0]);
    if (end - start > LargestRange)
        return;
    const int touched = !code && pagemap >= 0 &&
                        call(SYS_pread64, pagemap, (long)pages.entries, size,
                             (long)(start / PageSize * sizeof pages.entries[0]), 0) == size;
    if (!touched && call(SYS_mincore, (long)start, (long)(end - start), (long)pages.cached, 0, 0) != 0)
        return;
    unsigned long from = start;
    for (unsigned long i = 0; i < count; ++i) {
        if (touched ? pages.entries[i] >> 63 : pages.cached[i] & 1)
            continue;
        note(from, start + i * PageSize, advice);
        from = start + (i + 1) * PageSize;
    }
    note(from, end, advice);
}

static const char *hexadecimal(const char *at, unsigned long *value)
{
    *value = 0;
    for (;; ++at) {
        if (*at >= '0' && *at <= '9')
            *value = *value * 16 + (unsigned long)(*at - '0');
        else if (*at >= 'a' && *at <= 'f')
            *value = *value * 16 + (unsigned long)(*at - 'a' + 10);
        else
            return at;
    }
}

// "start-end rw-p offset device inode path"
static void note_memory(void)
{
    static char maps[MapsSize + 1];
    long size = 0;
    const long file = call(SYS_openat, -100, (long)"/proc/self/maps", 0, 0, 0);
    if (file < 0)
        return;
    for (long n; size < MapsSize && (n = call(SYS_read, file, (long)(maps + size), MapsSize - size, 0, 0)) > 0;)
        size += n;
    call(SYS_close, file, 0, 0, 0, 0);
    pagemap = call(SYS_openat, -100, (long)"/proc/self/pagemap", 0, 0, 0);
    for (const char *line = maps; line < maps + size;) {
        const char *end = line;
        while (end < maps + size && *end != '\n')
            ++end;
        unsigned long from = 0;
        unsigned long to = 0;
        const char *at = hexadecimal(hexadecimal(line, &from) + 1, &to) + 1;
        const int stack = end[-1] == ']' && end[-2] == 'k';
        const int special = end[-1] == ']' && end[-2] != 'p'; // [vdso], … but [heap]
        if (stack)
            note(from, to, PopulateWrite);
        else if (end - at > 4 && !special && at[0] == 'r' && at[3] == 'p')
            note_resident(from, to, at[1] == 'w' ? PopulateWrite : PopulateRead, at[2] == 'x');
        line = end + 1;
    }
    call(SYS_close, pagemap, 0, 0, 0, 0);
}

static void populate(void)
{
    for (int i = 0; i < range_count; ++i) // kernels before 5.14 know none of it
        call(SYS_madvise, (long)ranges[i].start, (long)ranges[i].size, ranges[i].advice, 0, 0);
}

static void become_program(const int *fds)
{
    int high[4];
    for (int i = 0; i < 4; ++i) { // above the numbers that they are to get
        high[i] = (int)call(SYS_fcntl, fds[i], 0 /* F_DUPFD */, 10, 0, 0);
        if (high[i] < 0)
            leave(127);
    }
    for (int i = 0; i < 4; ++i) {
        if (call(SYS_dup3, high[i], i, 0, 0, 0) != i)
            leave(127);
    }
    check(call(SYS_close_range, 5, ~0U, 0, 0, 0));
    become_sandbox_user();
}

// The four descriptors of a run; 0 when init is gone.
static int receive(int *fds)
{
    char byte = 0;
    struct iovec data = {&byte, 1};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(4 * sizeof(int))];
    } control;
    struct msghdr message = {NULL, 0, &data, 1, &control, sizeof control, 0};
    long n;
    do {
        n = call(SYS_recvmsg, Requests, (long)&message, MSG_CMSG_CLOEXEC, 0, 0);
    } while (n == -4); // EINTR
    if (n != 1 || message.msg_controllen < CMSG_LEN(4 * sizeof(int)) || control.header.cmsg_type != SCM_RIGHTS)
        return 0;
    const int *received = (const int *)CMSG_DATA(&control.header);
    for (int i = 0; i < 4; ++i)
        fds[i] = received[i];
    return 1;
}

static void serve(void)
{
    void *tid = NULL;
    void *robust_list = NULL;
    size_t robust_size = 0;
    char byte = 'R';
    note_memory(); // while its files in /proc belong to this user
    call(SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
    // Where the C library keeps the thread's number: the kernel writes the child's there, as for its own fork.
    check(call(SYS_prctl, PR_GET_TID_ADDRESS, (long)&tid, 0, 0, 0));
    check(call(SYS_get_robust_list, 0, (long)&robust_list, (long)&robust_size, 0, 0));
    call(SYS_write, Channel, (long)&byte, 1, 0, 0);
    while (call(SYS_read, Channel, (long)&byte, 1, 0, 0) == 1) {
        const int pid = (int)CLONE(CLONE_PARENT | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD, tid);
        if (pid == 0) {
            populate();
            call(SYS_set_robust_list, (long)robust_list, (long)robust_size, 0, 0, 0);
            call(SYS_close, Channel, 0, 0, 0, 0);
            return;
        }
        call(SYS_write, Channel, (long)&pid, sizeof pid, 0, 0);
    }
    leave(0);
}

static void await_run(void)
{
    int fds[4];
    prepare();
    if (!receive(fds))
        leave(0);
    become_program(fds);
}

__attribute__((visibility("default"))) pid_t fork(void)
{
    static int calls;
    static pid_t (*true_fork)(void);
    switch (calls) {
    case 0:
        calls = 1;
        serve();
        return 0;
    case 1:
        calls = 2;
        await_run();
        return 0;
    default:
        if (!true_fork)
            *(void **)&true_fork = dlsym(NEXT, "fork");
        return true_fork();
    }
}
