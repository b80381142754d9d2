// SPDX-License-Identifier: GPL-3.0-or-later
// test: unit; policy
/*
    What the strict profile does with a system call, by a small evaluator of Docker's format that sees arguments as the
    kernel's filter does: 64 bits each. tst_seccomp_docker asks the kernel the same.
*/
#include <isol8/policy/SandboxSpec.h>

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLibrary>
#include <QSet>
#include <QTest>

#include <algorithm>
#include <array>

using namespace isol8;
using namespace Qt::StringLiterals;

using Arguments = std::array<quint64, 6>;
Q_DECLARE_METATYPE(Arguments)

namespace {

constexpr int Allowed = -1;
constexpr int Eperm = 1;
constexpr int Enosys = 38;
constexpr quint64 High = quint64(1) << 32; // a bit that the kernel ignores in a 32-bit argument and a filter sees

bool matches(const QJsonObject &arg, const Arguments &arguments)
{
    const quint64 given = arguments[size_t(arg[u"index"_s].toInt())];
    const auto value = quint64(arg[u"value"_s].toInteger());
    const auto two = quint64(arg[u"valueTwo"_s].toInteger());
    const QString op = arg[u"op"_s].toString();
    if (op == u"SCMP_CMP_EQ")
        return given == value;
    if (op == u"SCMP_CMP_MASKED_EQ"_s)
        return (given & value) == two;
    qFatal("the profile uses %s, which this test does not know", qPrintable(op));
}

// Allowed, or the errno that the call gets.
int evaluate(const QJsonObject &profile, const QString &name, const Arguments &arguments)
{
    for (const auto &entry : profile[u"syscalls"_s].toArray()) {
        const QJsonObject rule = entry.toObject();
        if (!rule[u"names"_s].toArray().contains(name))
            continue;
        const QJsonArray args = rule[u"args"_s].toArray();
        if (!std::all_of(args.begin(), args.end(), [&](const auto &a) { return matches(a.toObject(), arguments); }))
            continue;
        return rule[u"action"_s] == u"SCMP_ACT_ALLOW"_s ? Allowed : rule[u"errnoRet"_s].toInt(-2);
    }
    return profile[u"defaultErrnoRet"_s].toInt(-2);
}

// Calls that libseccomp 2.5.4 does not know yet; runtimes skip them there.
const QSet<QString> &newer()
{
    static const QSet<QString> names{u"cachestat"_s,        u"fchmodat2"_s,
                                     u"futex_requeue"_s,    u"futex_wait"_s,
                                     u"futex_wake"_s,       u"getxattrat"_s,
                                     u"listmount"_s,        u"listxattrat"_s,
                                     u"map_shadow_stack"_s, u"mseal"_s,
                                     u"removexattrat"_s,    u"setxattrat"_s,
                                     u"statmount"_s,        u"set_mempolicy_home_node"_s};
    return names;
}

} // namespace

class tst_seccomp : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void call_data();
    void call();
    void terminalInjection();
    void wellFormed();
    void namesResolve();

private:
    QJsonObject m_profile;
};

void tst_seccomp::initTestCase()
{
    m_profile = QJsonDocument::fromJson(seccompProfile(SeccompMode::Strict, {}).value()).object();
    QCOMPARE(m_profile[u"defaultAction"_s].toString(), u"SCMP_ACT_ERRNO"_s);
    QCOMPARE(m_profile[u"defaultErrnoRet"_s].toInt(), Eperm);
}

void tst_seccomp::call_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<Arguments>("arguments");
    QTest::addColumn<int>("result");
    const auto row = [](const QString &label, const QString &name, const Arguments &arguments, int result) {
        QTest::newRow(qPrintable(label)) << name << arguments << result;
    };
    const auto each = [&](const QString &names, int result) {
        for (const QString &name : names.split(u' '))
            row(name, name, {}, result);
    };
    each(
        u"read write openat openat2 close close_range statx newfstatat faccessat2 fchmodat2 getdents64 renameat2 "
        "memfd_create mmap mprotect mremap madvise mlock membarrier rseq epoll_create1 epoll_pwait2 eventfd2 signalfd4 "
        "timerfd_create inotify_init1 inotify_add_watch copy_file_range splice tee sendfile fork vfork execve execveat "
        "waitid wait4 kill tgkill pidfd_open pidfd_send_signal futex futex_waitv set_robust_list prlimit64 "
        "sched_getaffinity sched_setscheduler timer_create clock_gettime clock_nanosleep getrandom sysinfo uname "
        "shmget semtimedop msgrcv mq_open accept4 sendmmsg getsockopt landlock_restrict_self seccomp prctl arch_prctl "
        "setuid setresuid setgid setgroups capset capget setsid chown fchownat mknodat ptrace"_s,
        Allowed);
    each(u"unshare setns mount umount2 pivot_root chroot fsopen fsconfig fsmount fspick open_tree move_mount "
         "mount_setattr add_key request_key keyctl bpf userfaultfd perf_event_open kexec_load kexec_file_load "
         "init_module finit_module delete_module reboot swapon swapoff acct quotactl quotactl_fd open_by_handle_at "
         "name_to_handle_at process_vm_readv process_vm_writev process_madvise pidfd_getfd kcmp settimeofday "
         "clock_settime clock_adjtime adjtimex syslog iopl ioperm modify_ldt lookup_dcookie vhangup nfsservctl "
         "fanotify_init fanotify_mark memfd_secret vmsplice sethostname setdomainname uselib ustat sysfs "
         "remap_file_pages no_such_call"_s,
         Eperm);
    each(u"clone3 io_uring_setup io_uring_enter io_uring_register io_setup io_submit mbind set_mempolicy move_pages "
         "migrate_pages get_mempolicy"_s,
         Enosys);
    each(u"sync syncfs"_s, 0);

    row(u"clone: fork"_s, u"clone"_s, {0x1200011}, Allowed);
    row(u"clone: thread"_s, u"clone"_s, {0x3d0f00}, Allowed);
    for (const quint64 flag : {0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000})
        row(u"clone: namespace %1"_s.arg(flag, 0, 16), u"clone"_s, {flag | 17}, Eperm);

    const auto socket = [&](const char *label, quint64 family, quint64 type, quint64 protocol, int result) {
        row(u"socket: "_s + QLatin1StringView(label), u"socket"_s, {family, type, protocol}, result);
    };
    socket("unix", 1, 1, 0, Allowed);
    socket("unix, close on exec", 1, 1 | 02000000, 0, Allowed);
    socket("TCP", 2, 1, 6, Allowed);
    socket("TCP, non-blocking and close on exec", 2, 1 | 04000 | 02000000, 0, Allowed);
    socket("UDP", 2, 2, 17, Allowed);
    socket("ping", 2, 2, 1, Allowed);
    socket("TCP 6", 10, 1, 0, Allowed);
    socket("UDP 6", 10, 2, 0, Allowed);
    socket("ping 6", 10, 2, 58, Allowed);
    socket("route netlink", 16, 3, 0, Allowed);
    socket("raw", 2, 3, 1, Eperm);
    socket("SCTP", 2, 1, 132, Eperm);
    socket("SCTP by type", 2, 5, 0, Eperm);
    socket("DCCP", 2, 6, 33, Eperm);
    socket("DCCP by type", 2, 6, 0, Eperm);
    socket("MPTCP", 2, 1, 262, Eperm);
    socket("UDP-Lite 6", 10, 2, 136, Eperm);
    socket("audit netlink", 16, 3, 9, Eperm);
    socket("netfilter netlink", 16, 3, 12, Eperm);
    socket("packet", 17, 3, 0, Eperm);
    socket("ALG", 38, 5, 0, Eperm);
    socket("vsock", 40, 1, 0, Eperm);
    socket("vsock with a high bit", 40 | High, 1, 0, Eperm);
    socket("XDP", 44, 3, 0, Eperm);
    socket("bluetooth", 31, 3, 1, Eperm);
    socket("RDS", 21, 5, 0, Eperm);
    socket("unspecified", 0, 1, 0, Eperm);
    row(u"socketpair: unix"_s, u"socketpair"_s, {1, 1, 0}, Allowed);
    row(u"socketpair: TIPC"_s, u"socketpair"_s, {30, 1, 0}, Eperm);

    row(u"personality: question"_s, u"personality"_s, {0xffffffff}, Allowed);
    row(u"personality: Linux"_s, u"personality"_s, {0}, Allowed);
    row(u"personality: fixed addresses"_s, u"personality"_s, {0x40000}, Allowed);
    row(u"personality: read implies exec"_s, u"personality"_s, {0x400000}, Eperm);
    row(u"personality: mmap page zero"_s, u"personality"_s, {0x100000}, Eperm);
    row(u"personality: SVR4"_s, u"personality"_s, {0x4100001}, Eperm);
}

void tst_seccomp::call()
{
    QFETCH(QString, name);
    QFETCH(Arguments, arguments);
    QFETCH(int, result);
    QCOMPARE(evaluate(m_profile, name, arguments), result);
}

void tst_seccomp::terminalInjection()
{
    constexpr quint64 Tiocsti = 0x5412;
    QCOMPARE(evaluate(m_profile, u"ioctl"_s, {0, Tiocsti}), Eperm);
    for (int bit = 0; bit < 32; ++bit) {
        QCOMPARE(evaluate(m_profile, u"ioctl"_s, {0, Tiocsti ^ (quint64(1) << bit)}), Allowed);
        QCOMPARE(evaluate(m_profile, u"ioctl"_s, {0, Tiocsti | (High << bit)}), Eperm);
    }
    for (const quint64 request : {0x5401, 0x5413, 0x541b, 0x5421, 0x8905})
        QCOMPARE(evaluate(m_profile, u"ioctl"_s, {0, request}), Allowed);
}

// What Docker and runc ask of a profile, and that no two rules of a call contradict each other.
void tst_seccomp::wellFormed()
{
    QMap<QString, QString> actions;
    QSet<QString> unconditional;
    for (const auto &entry : m_profile[u"syscalls"_s].toArray()) {
        const QJsonObject rule = entry.toObject();
        const QString action = rule[u"action"_s].toString() + QString::number(rule[u"errnoRet"_s].toInt(-1));
        QVERIFY(rule[u"comment"_s].isString());
        QVERIFY(rule[u"action"_s] == u"SCMP_ACT_ALLOW"_s || rule[u"errnoRet"_s].isDouble());
        QVERIFY(!rule[u"names"_s].toArray().isEmpty());
        for (const auto &value : rule[u"names"_s].toArray()) {
            const QString name = value.toString();
            QVERIFY2(!unconditional.contains(name), qPrintable(name));
            QVERIFY2(!actions.contains(name) || actions[name] == action, qPrintable(name));
            if (rule[u"args"_s].toArray().isEmpty()) {
                QVERIFY2(!actions.contains(name), qPrintable(name));
                unconditional.insert(name);
            }
            actions[name] = action;
        }
        for (const auto &value : rule[u"args"_s].toArray()) {
            const QJsonObject arg = value.toObject();
            QVERIFY(arg[u"index"_s].toInt(-1) >= 0 && arg[u"index"_s].toInt() < 6);
            QVERIFY(arg[u"value"_s].toInteger(-1) >= 0 && arg[u"valueTwo"_s].toInteger(-1) >= 0);
            if (arg[u"op"_s] == u"SCMP_CMP_MASKED_EQ"_s) // else it can never match
                QCOMPARE(arg[u"valueTwo"_s].toInteger() & ~arg[u"value"_s].toInteger(), 0);
        }
    }
    QVERIFY(actions.size() > 300);
    QVERIFY(!m_profile.contains(u"architectures"_s)); // Docker refuses both
    QStringList architectures;
    for (const auto &entry : m_profile[u"archMap"_s].toArray()) {
        architectures.append(entry[u"architecture"_s].toString());
        QVERIFY(entry[u"subArchitectures"_s].toArray().isEmpty());
    }
    QCOMPARE(architectures, QStringList({u"SCMP_ARCH_X86_64"_s, u"SCMP_ARCH_AARCH64"_s}));
}

// A misspelt name would be skipped by the runtime without a word.
void tst_seccomp::namesResolve()
{
    QLibrary library(u"seccomp"_s, 2);
    if (!library.load())
        QSKIP("libseccomp is not installed");
    constexpr uint32_t X86_64 = 0xc000003e;
    const auto resolve =
        reinterpret_cast<int (*)(uint32_t, const char *)>(library.resolve("seccomp_syscall_resolve_name_arch"));
    QVERIFY(resolve);
    QCOMPARE(resolve(X86_64, "read"), 0);
    for (const auto &entry : m_profile[u"syscalls"_s].toArray())
        for (const auto &value : entry[u"names"_s].toArray()) {
            const QString name = value.toString();
            const bool known = resolve(X86_64, qPrintable(name)) >= 0;
            QVERIFY2(known || newer().contains(name), qPrintable(name + u" is no system call"_s));
        }
}

QTEST_GUILESS_MAIN(tst_seccomp)
#include "tst_seccomp.moc"
