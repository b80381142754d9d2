// SPDX-License-Identifier: GPL-3.0-or-later
// Who the program is, and what of the file system is its to change.
#include "Report.h"

#include <algorithm>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

namespace isol8::probe {

namespace {

std::string statusField(const std::string &status, const char *key)
{
    const std::size_t at = status.find(std::string("\n") + key + ":");
    if (at == std::string::npos)
        return {};
    const std::size_t begin = status.find_first_not_of(": \t", at + 1 + std::strlen(key));
    return begin == std::string::npos ? std::string() : status.substr(begin, status.find('\n', begin) - begin);
}

bool startsWith(const std::string &text, const char *prefix)
{
    return text.compare(0, std::strlen(prefix), prefix) == 0;
}

struct Mount
{
    std::string point, options, type;

    [[nodiscard]] bool has(const char *option) const
    {
        return ("," + options + ",").find("," + std::string(option) + ",") != std::string::npos;
    }
};

// "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue"
template<class F> void eachMount(F &&use)
{
    const std::string text = readFile("/proc/self/mountinfo", 1 << 20);
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        char point[512] = "", options[512] = "", type[64] = "";
        const std::string line = text.substr(begin, end - begin);
        std::sscanf(line.c_str(), "%*d %*d %*s %*s %511s %511s", point, options);
        if (const std::size_t dash = line.find(" - "); dash != std::string::npos)
            std::sscanf(line.c_str() + dash, " - %63s", type);
        use(Mount{point, options, type});
        begin = end + 1;
    }
}

bool canRun(const char *path)
{
    std::FILE *file = std::fopen(path, "we");
    if (!file)
        return false;
    std::fputs("#!/bin/sh\nexit 42\n", file);
    std::fclose(file);
    ::chmod(path, 0755);
    const pid_t child = ::fork();
    if (child == 0) {
        ::execl(path, path, static_cast<char *>(nullptr));
        ::_exit(1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ::unlink(path);
    return WIFEXITED(status) && WEXITSTATUS(status) == 42;
}

} // namespace

void probeUser()
{
    const std::string status = readFile("/proc/self/status");
    uid_t r = 0, e = 0, s = 0;
    ::getresuid(&r, &e, &s);
    report("is not root", r != 0 && e != 0 && s != 0, "user " + std::to_string(r));
    gid_t gr = 0, ge = 0, gs = 0;
    ::getresgid(&gr, &ge, &gs);
    report("has no group of the system", gr >= 1000 && ge >= 1000 && gs >= 1000 && ::getgroups(0, nullptr) == 0,
           "group " + std::to_string(gr) + ", " + std::to_string(::getgroups(0, nullptr)) + " more");
    for (const char *set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}) {
        const std::string found = statusField(status, set);
        report(std::string("has no capability: ") + set,
               !found.empty() && found.find_first_not_of('0') == std::string::npos, found);
    }
    report("cannot gain rights by a file", ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1,
           "NoNewPrivs " + statusField(status, "NoNewPrivs"));
    report("runs behind a filter of system calls", statusField(status, "Seccomp") == "2",
           "Seccomp " + statusField(status, "Seccomp"));
    refused("become root", ::setresuid(0, 0, 0));
    const gid_t zero = 0;
    refused("join root's group", ::setgroups(1, &zero));
}

// The host's own node of a device that does nothing: in the place of one that may not be made (rootless Docker), or
// over a file that is to be hidden (crun).
static bool isHarmlessDevice(const std::string &path)
{
    struct stat status
    {
    };
    if (::stat(path.c_str(), &status) != 0 || !S_ISCHR(status.st_mode))
        return false;
    const unsigned device = minor(status.st_rdev);
    return (major(status.st_rdev) == 1 && (device == 3 || device == 5 || device == 7 || device == 8 || device == 9)) ||
           (major(status.st_rdev) == 5 && device == 0);
}

void probeRoot()
{
    struct statvfs root
    {
    };
    const bool readOnly = ::statvfs("/", &root) == 0 && (root.f_flag & ST_RDONLY);
    report("the root file system is read-only", readOnly, readOnly ? "ro" : "rw");
    std::string found;
    for (const char *folder : {"/", "/etc", "/usr/bin", "/usr/lib", "/var", "/run", "/root", "/home", "/opt", "/.isol8",
                               "/proc", "/sys", "/dev", "/var/tmp", "/run/lock", "/var/cache", "/mnt"}) {
        char real[PATH_MAX];
        if (!::realpath(folder, real) || startsWith(real, "/tmp") || startsWith(real, "/sandbox"))
            continue;
        const std::string path = std::string(real) + "/isol8-walls-was-here";
        const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        if (fd < 0)
            continue;
        ::close(fd);
        ::unlink(path.c_str());
        found += std::string(found.empty() ? "" : ", ") + folder;
    }
    report("make a file outside of /sandbox and /tmp", found.empty(), found.empty() ? "refused everywhere" : found);

    std::string writable, foreign;
    eachMount([&](const Mount &mount) {
        const std::string &p = mount.point;
        const bool known = p == "/sandbox" || p == "/tmp" || p == "/dev" || startsWith(p, "/dev/") || p == "/proc" ||
                           startsWith(p, "/proc/"); // what is in /proc is the wall "kernel"
        if (!mount.has("ro") && !known && p != "/" && ::access(p.c_str(), W_OK) == 0)
            writable += " " + p;
        static const char *const kernels[] = {"overlay", "proc",   "sysfs",   "tmpfs",     "devpts",
                                              "mqueue",  "cgroup", "cgroup2", "fuse.lxcfs"};
        bool kernel = false;
        for (const char *type : kernels)
            kernel = kernel || mount.type == type;
        if (!kernel && p != "/" && !startsWith(p, "/.isol8") && p != "/etc/hosts" && p != "/etc/hostname" &&
            p != "/etc/resolv.conf" && !isHarmlessDevice(p))
            foreign += " " + p + " (" + mount.type + ")";
        if (p == "/sandbox" || p == "/tmp" || p == "/dev/shm") {
            report(p + " has no devices and no setuid", mount.has("nosuid") && mount.has("nodev"), mount.options);
        }
    });
    report("no other mount is writable", writable.empty(), writable.empty() ? "none" : writable.substr(1));
    report("nothing of the host is mounted", foreign.empty(),
           foreign.empty() ? "isol8's own files" : foreign.substr(1));
    report("run a program from /tmp", !canRun("/tmp/isol8-walls-run"), "noexec");
    report("run a program from /dev/shm", !canRun("/dev/shm/isol8-walls-run"), "noexec");
    refused("mount the root anew, writable", ::mount(nullptr, "/", nullptr, MS_REMOUNT | MS_BIND, nullptr));
    refused("unmount /proc/kcore's cover", ::umount2("/proc/kcore", MNT_DETACH));
    // A setuid root file where nothing but the program could have put one is what nosuid and the user are against.
    const int fd = ::open("/sandbox/isol8-walls-suid", O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
    if (fd >= 0) {
        refused("give a file to root", ::fchown(fd, 0, 0));
        ::close(fd);
        ::unlink("/sandbox/isol8-walls-suid");
    }
    for (const char *path : {"/etc/shadow", "/etc/gshadow", "/root/.ssh/id_rsa", "/root/.docker/config.json"}) {
        const int secret = ::open(path, O_RDONLY | O_CLOEXEC);
        const int code = errno;
        if (secret >= 0)
            ::close(secret);
        report(std::string("read ") + path, secret < 0, secret < 0 ? errorName(code) : "it was opened");
    }
}

void probeDevices()
{
    const char *path = "/sandbox/isol8-walls-device";
    struct Node
    {
        const char *name;
        mode_t mode;
        dev_t device;
    };
    for (const Node &node : {Node{"make a node of the memory's device", S_IFCHR | 0600, makedev(1, 1)},
                             Node{"make a node of the first disk", S_IFBLK | 0600, makedev(8, 0)},
                             Node{"make a node of the kernel's log", S_IFCHR | 0600, makedev(1, 11)}}) {
        const int result = ::mknod(path, node.mode, node.device);
        const int code = errno;
        ::unlink(path);
        errno = code;
        refused(node.name, result);
    }
    std::string unknown;
    if (DIR *folder = ::opendir("/dev")) {
        static const char *const harmless[] = {".",      "..",    "console", "core", "fd",      "full",
                                               "mqueue", "null",  "ptmx",    "pts",  "random",  "shm",
                                               "stderr", "stdin", "stdout",  "tty",  "urandom", "zero"};
        while (const dirent *entry = ::readdir(folder)) {
            bool known = false;
            for (const char *name : harmless)
                known = known || std::strcmp(name, entry->d_name) == 0;
            if (!known)
                unknown += std::string(" ") + entry->d_name;
        }
        ::closedir(folder);
    }
    report("/dev has only the harmless ones", unknown.empty(), unknown.empty() ? "nothing else" : unknown.substr(1));
    std::string opened;
    for (const char *device : {"/dev/mem", "/dev/kmem", "/dev/port", "/dev/kmsg", "/dev/kvm", "/dev/fuse",
                               "/dev/net/tun", "/dev/vhost-vsock", "/dev/vsock", "/dev/sda", "/dev/vda", "/dev/nvme0n1",
                               "/dev/loop-control", "/dev/mapper/control", "/dev/uinput", "/dev/dri/card0"}) {
        const int fd = ::open(device, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (fd < 0)
            continue;
        ::close(fd);
        opened += std::string(" ") + device;
    }
    report("open a device of the machine", opened.empty(), opened.empty() ? "none is there" : opened.substr(1));
    const int terminal = ::open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal >= 0) {
        refused("type into a terminal (TIOCSTI)", ::ioctl(terminal, TIOCSTI, "x"));
        ::close(terminal);
    } else {
        report("type into a terminal (TIOCSTI)", Outcome::Held, "no terminal can be made");
    }
}

} // namespace isol8::probe
