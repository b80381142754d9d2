// SPDX-License-Identifier: GPL-3.0-or-later
#include "Confine.h"

#include "System.h"

#include <isol8/guest/protocol.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstddef>

#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#ifndef AF_VSOCK
#define AF_VSOCK 40
#endif
#ifndef SECCOMP_RET_KILL_PROCESS
#define SECCOMP_RET_KILL_PROCESS 0x80000000U
#endif

namespace isol8::guest {

namespace {

// A user that owns nothing in the sandbox. Signals and ptrace look at the real and saved user, files at the effective
// one.
constexpr uid_t GuardUid = 1001;
constexpr uid_t NobodyUid = 65534;

std::uint64_t boundingSet = ~std::uint64_t(0); // bits; it can only shrink after init's start

bool dropBoundingSet()
{
    for (int capability = 0; capability < 64; ++capability) {
        if (!(boundingSet & (std::uint64_t(1) << capability)))
            continue;
        if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0)
            return false;
    }
    return true;
}

bool clearCapabilities()
{
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2]{};
    (void)::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); // unknown to old kernels, which have none
    return ::syscall(SYS_capset, &header, data) == 0;
}

bool become(uid_t real, uid_t effective, gid_t group = SandboxGid)
{
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) != 0 ||
        !dropBoundingSet() || ::setgroups(0, nullptr) != 0 || ::setresgid(group, group, group) != 0 ||
        ::setresuid(real, effective, real) != 0 || !clearCapabilities())
        return false;
    // A change of user may have made it dumpable again (fs.suid_dumpable); it holds a copy of init's memory.
    return ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
}

constexpr sock_filter load(std::size_t offset)
{
    return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}

constexpr sock_filter jumpIfEqual(std::uint32_t value, std::uint8_t yes, std::uint8_t no)
{
    return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no);
}

constexpr sock_filter give(std::uint32_t action)
{
    return BPF_STMT(BPF_RET | BPF_K, action);
}

bool install(const sock_filter *program, std::size_t count)
{
    const sock_fprog filter{static_cast<unsigned short>(count), const_cast<sock_filter *>(program)};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0;
}

#if defined(__x86_64__)
constexpr std::uint32_t OurArch = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t OurArch = AUDIT_ARCH_AARCH64;
#else
#error "the filter knows x86_64 and aarch64"
#endif

} // namespace

void prepareConfinement()
{
    for (int number = 1; number < NSIG; ++number)
        (void)::signal(number, SIG_DFL);
    for (int capability = 0; capability < 64; ++capability) {
        if (::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) <= 0) // absent, or past the last that this kernel has
            boundingSet &= ~(std::uint64_t(1) << capability);
    }
}

void resetSignals()
{
    (void)::signal(SIGPIPE, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void offerToOomKiller(int score)
{
    const Fd fd(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
    char text[8];
    std::size_t size = 0;
    for (int unit = 1000; unit > 0; unit /= 10) {
        if (score >= unit || size > 0)
            text[size++] = static_cast<char>('0' + score / unit % 10);
    }
    if (fd)
        (void)writeAll(fd.get(), text, size);
}

void closeFrom(int first)
{
#ifdef SYS_close_range
    if (::syscall(SYS_close_range, unsigned(first), ~0U, 0) == 0)
        return;
#endif
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    for (int fd = first; fd < int(std::min<rlim_t>(limit.rlim_cur, 65536)); ++fd)
        ::close(fd);
}

bool becomeSandboxUser()
{
    return become(SandboxUid, SandboxUid);
}

bool becomeGuardedHelper()
{
    return become(GuardUid, SandboxUid);
}

bool becomeDoor()
{
    const rlimit none{0, 0};
    return ::setrlimit(RLIMIT_CORE, &none) == 0 && become(NobodyUid, NobodyUid, NobodyUid);
}

bool becomeForker()
{
    constexpr std::uint32_t kept = (1U << CAP_SETUID) | (1U << CAP_SETGID);
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2]{};
    data[0].effective = data[0].permitted = data[0].inheritable = kept;
    // A capability becomes inheritable only while the bounding set has it, so that goes last but for SETPCAP's own use.
    __user_cap_data_struct before[2]{};
    before[0].inheritable = kept;
    before[0].effective = before[0].permitted = kept | (1U << CAP_SETPCAP);
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::setgroups(0, nullptr) == 0 &&
           ::setresgid(GuardUid, GuardUid, GuardUid) == 0 && ::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0 &&
           ::setresuid(GuardUid, GuardUid, GuardUid) == 0 && ::syscall(SYS_capset, &header, before) == 0 &&
           dropBoundingSet() && ::syscall(SYS_capset, &header, data) == 0 &&
           ::prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) == 0 &&
           ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SETUID, 0, 0) == 0 &&
           ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SETGID, 0, 0) == 0;
}

void killSandboxUser()
{
    // As the sandbox user and without the capability to kill, the kernel itself chooses whom kill(-1) may meet.
    if (::setresuid(uid_t(-1), SandboxUid, uid_t(-1)) != 0)
        return;
    (void)::kill(-1, SIGKILL);
    (void)!::setresuid(uid_t(-1), 0, uid_t(-1));
    (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

bool installFilter()
{
    constexpr std::uint32_t allow = SECCOMP_RET_ALLOW;
    constexpr std::uint32_t refuse = SECCOMP_RET_ERRNO | EPERM;
    // The low word of the first argument: the kernel takes an int there, and both machines are little-endian.
    constexpr std::size_t domain = offsetof(seccomp_data, args);
    const sock_filter program[] = {
        load(offsetof(seccomp_data, arch)),
        jumpIfEqual(OurArch, 1, 0),
        give(SECCOMP_RET_KILL_PROCESS),
        load(offsetof(seccomp_data, nr)),
#if defined(__x86_64__)
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1), // x32
        give(refuse),
#endif
        jumpIfEqual(SYS_io_uring_setup, 7, 0),
        jumpIfEqual(SYS_io_uring_enter, 6, 0),
        jumpIfEqual(SYS_io_uring_register, 5, 0),
        jumpIfEqual(SYS_socket, 1, 0),
        jumpIfEqual(SYS_socketpair, 0, 2),
        load(domain),
        jumpIfEqual(AF_VSOCK, 1, 0),
        give(allow),
        give(refuse),
    };
    return install(program, sizeof program / sizeof program[0]);
}

bool installDoorFilter()
{
    static const int allowed[] = {
        SYS_recvfrom, SYS_sendto, SYS_ppoll,         SYS_accept4,      SYS_setsockopt,
        SYS_shutdown, SYS_close,  SYS_clock_gettime, SYS_brk,          SYS_mmap,
        SYS_munmap,   SYS_mremap, SYS_exit_group,    SYS_rt_sigreturn, SYS_restart_syscall,
#ifdef SYS_poll
        SYS_poll,
#endif
    };
    constexpr std::size_t count = sizeof allowed / sizeof allowed[0];
    sock_filter program[count + 6] = {load(offsetof(seccomp_data, arch)), jumpIfEqual(OurArch, 1, 0),
                                      give(SECCOMP_RET_KILL_PROCESS), load(offsetof(seccomp_data, nr))};
    for (std::size_t i = 0; i < count; ++i)
        program[4 + i] = jumpIfEqual(static_cast<std::uint32_t>(allowed[i]), static_cast<std::uint8_t>(count - i), 0);
    program[4 + count] = give(SECCOMP_RET_ERRNO | EPERM);
    program[5 + count] = give(SECCOMP_RET_ALLOW);
    return install(program, count + 6);
}

} // namespace isol8::guest
