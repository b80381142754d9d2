// SPDX-License-Identifier: GPL-3.0-or-later
// System calls that no program needs and many an escape began with.
#include "Report.h"

#include <csignal>
#include <cstdint>

#include <sched.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace isol8::probe {

namespace {

#define TRY(name, ...) refused(name, ::syscall(__VA_ARGS__))

void tryClone(const char *name, unsigned long flags)
{
    const long child = ::syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
    const int code = errno;
    if (child == 0)
        ::_exit(0);
    if (child > 0)
        ::waitpid(pid_t(child), nullptr, 0);
    errno = code;
    refused(name, child);
}

// In a child, for what stays with a process.
template<class F> void inChild(const char *name, F &&call)
{
    int ends[2];
    if (::pipe(ends) != 0)
        return;
    const pid_t child = ::fork();
    if (child == 0) {
        const long result = call();
        const int code = result < 0 ? errno : 0;
        (void)!::write(ends[1], &code, sizeof code);
        ::_exit(0);
    }
    ::close(ends[1]);
    int code = -1;
    const bool told = ::read(ends[0], &code, sizeof code) == ssize_t(sizeof code);
    ::close(ends[0]);
    ::waitpid(child, nullptr, 0);
    errno = code;
    if (!told)
        report(name, Outcome::Held, "killed for it");
    else
        refused(name, code ? -1 : 0);
}

#ifdef __x86_64__
// getpid() of the 32-bit interface: filters that know only the other would not see it.
void foreignInterface()
{
    const pid_t child = ::fork();
    if (child == 0) {
        long result = 20;
        __asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    report("call by the 32-bit interface", WIFSIGNALED(status) != 0, WIFSIGNALED(status) ? "killed" : "it was done");
    inChild("call by the x32 interface", [] { return ::syscall(0x40000000L + 39); });
}
#endif

} // namespace

void probeCalls()
{
    inChild("new user namespace (unshare)", [] { return ::syscall(SYS_unshare, CLONE_NEWUSER); });
    inChild("new mount namespace (unshare)", [] { return ::syscall(SYS_unshare, CLONE_NEWNS); });
    inChild("new network namespace (unshare)", [] { return ::syscall(SYS_unshare, CLONE_NEWNET); });
    tryClone("new user namespace (clone)", CLONE_NEWUSER);
    tryClone("new PID namespace (clone)", CLONE_NEWPID);
    TRY("new namespaces (clone3)", SYS_clone3, 0, 0);
    TRY("enter a namespace (setns)", SYS_setns, -1, 0);
    TRY("mount", SYS_mount, 0, 0, 0, 0, 0);
    TRY("umount", SYS_umount2, 0, 0);
    TRY("pivot_root", SYS_pivot_root, 0, 0);
    TRY("chroot", SYS_chroot, "/");
#ifdef SYS_open_tree
    TRY("fsopen", SYS_fsopen, 0, 0);
    TRY("open_tree", SYS_open_tree, -1, "/", 0);
    TRY("move_mount", SYS_move_mount, -1, "", -1, "", 0);
#endif
    TRY("open a file by its handle", SYS_open_by_handle_at, -1, 0, 0);
    TRY("make a file's handle", SYS_name_to_handle_at, -1, "", 0, 0, 0);
    TRY("load a program into the kernel (bpf)", SYS_bpf, -1, 0, 0);
    TRY("io_uring_setup", SYS_io_uring_setup, 0, 0);
    TRY("io_uring_enter", SYS_io_uring_enter, -1, 0, 0, 0, 0);
    TRY("io_uring_register", SYS_io_uring_register, -1, 0, 0, 0);
    TRY("keyring: add_key", SYS_add_key, 0, 0, 0, 0, 0);
    TRY("keyring: request_key", SYS_request_key, 0, 0, 0, 0);
    TRY("keyring: keyctl", SYS_keyctl, -1, 0, 0, 0, 0);
    TRY("userfaultfd", SYS_userfaultfd, 1);
    TRY("perf_event_open", SYS_perf_event_open, 0, 0, -1, -1, 0);
    TRY("process_vm_readv", SYS_process_vm_readv, ::getpid(), 0, 0, 0, 0, 0);
    TRY("process_vm_writev", SYS_process_vm_writev, ::getpid(), 0, 0, 0, 0, 0);
    TRY("take another's descriptor (pidfd_getfd)", SYS_pidfd_getfd, -1, 0, 0);
    TRY("kcmp", SYS_kcmp, ::getpid(), ::getpid(), 0, 0, 0);
    TRY("load a module (init_module)", SYS_init_module, 0, 0, 0);
    TRY("load a module (finit_module)", SYS_finit_module, -1, 0, 0);
    TRY("remove a module", SYS_delete_module, 0, 0);
    TRY("boot another kernel (kexec_load)", SYS_kexec_load, 0, 0, 0, 0);
    TRY("reboot", SYS_reboot, 0, 0, 0, 0);
    TRY("swapon", SYS_swapon, 0, 0);
    TRY("acct", SYS_acct, "/nowhere");
    TRY("quotactl", SYS_quotactl, 0, 0, 0, 0);
    TRY("read the kernel's log (syslog)", SYS_syslog, 10, 0, 0);
    TRY("set the clock", SYS_clock_settime, -1, 0);
    TRY("set the time of day", SYS_settimeofday, 0, 0);
    TRY("set the host's name", SYS_sethostname, "x", 1);
    TRY("fanotify_init", SYS_fanotify_init, -1, 0);
    TRY("vmsplice", SYS_vmsplice, -1, 0, 0, 0);
    TRY("personality of an old Linux", SYS_personality, 0x400000);
#ifdef __x86_64__
    TRY("iopl", SYS_iopl, 0);
    TRY("ioperm", SYS_ioperm, 0, 0, 0);
    TRY("modify_ldt", SYS_modify_ldt, 0, 0, 0);
    foreignInterface();
#endif
    TRY("socket: vsock", SYS_socket, 40, SOCK_STREAM, 0);
    TRY("socket: vsock, hidden in the high word", SYS_socket, 0x100000028L, SOCK_STREAM, 0);
    TRY("socket: the kernel's ciphers (AF_ALG)", SYS_socket, 38, SOCK_SEQPACKET, 0);
    TRY("socket: packets (AF_PACKET)", SYS_socket, 17, SOCK_RAW, 0);
    TRY("socket: raw", SYS_socket, AF_INET, SOCK_RAW, 1);
    TRY("socket: SCTP", SYS_socket, AF_INET, SOCK_STREAM, 132);
    TRY("socket: netlink audit", SYS_socket, 16, SOCK_RAW, 9);
    TRY("socket: Bluetooth", SYS_socket, 31, SOCK_RAW, 1);
    TRY("socket: CAN", SYS_socket, 29, SOCK_RAW, 1);
    TRY("socket: TIPC", SYS_socket, 30, SOCK_STREAM, 0);
    TRY("socket: RDS", SYS_socket, 21, SOCK_SEQPACKET, 0);
    TRY("socket: XDP", SYS_socket, 44, SOCK_RAW, 0);
}

} // namespace isol8::probe
