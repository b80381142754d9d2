// SPDX-License-Identifier: GPL-3.0-or-later
#include "Facts.h"

#include <isol8/guest/Text.h>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

namespace isol8::guest {

namespace {

std::string hardLimit(int resource)
{
    rlimit limit{};
    if (::getrlimit(static_cast<__rlimit_resource_t>(resource), &limit) != 0)
        return {};
    return limit.rlim_max == RLIM_INFINITY ? "max" : toText(limit.rlim_max);
}

std::string swapTotal() // "SwapTotal:      2097148 kB"
{
    const std::string text = readText("/proc/meminfo");
    std::string_view value = fieldOf(text, "SwapTotal");
    const auto kilobytes = parseNumber(takeWord(value));
    return kilobytes ? toText(*kilobytes * 1024) : std::string();
}

std::string describe(const MountLine &mount)
{
    struct statvfs space
    {
    };
    std::uint64_t size = 0;
    if (::statvfs(mount.point.c_str(), &space) == 0)
        size = std::uint64_t(space.f_blocks) * space.f_frsize;
    return mount.type + " " + mount.options + " " + toText(size);
}

/*
    crun mounts cgroups of version 1 on a tmpfs that everybody may write to, which would be one place more that outlives
    a run. It is init's own, so init closes it. What stays open is told, parted by commas. A masked file is /dev/null,
    which is on a tmpfs, too, and stays as it is.
*/
std::string closeKernelPlaces(const std::vector<MountLine> &mounts)
{
    std::string open;
    for (const MountLine &mount : mounts) {
        const bool below = mount.point.compare(0, 6, "/proc/") == 0 || mount.point.compare(0, 5, "/sys/") == 0;
        struct stat status
        {
        };
        if (!below || mount.type != "tmpfs" || mount.readOnly() || ::stat(mount.point.c_str(), &status) != 0 ||
            !S_ISDIR(status.st_mode) || !(status.st_mode & S_IWOTH) || ::chmod(mount.point.c_str(), 0755) == 0)
            continue;
        open += ',' + mount.point;
    }
    return open;
}

} // namespace

HelloMessage collectFacts(const Cgroup &cgroup, const std::string &door)
{
    HelloMessage hello;
    const auto fact = [&](const char *key, std::string value) { hello.facts.emplace_back(key, std::move(value)); };

    const std::string status = readText("/proc/self/status");
    fact("net", networkDevices(readText("/proc/net/dev")));
    fact("nnp", std::string(fieldOf(status, "NoNewPrivs")));
    fact("seccomp", std::string(fieldOf(status, "Seccomp")));
    fact("cap.bounding", std::string(fieldOf(status, "CapBnd")));
    fact("cap.effective", std::string(fieldOf(status, "CapEff")));

    const MountLine *root = nullptr;
    const std::vector<MountLine> mounts = parseMountInfo(readText("/proc/self/mountinfo", 1024 * KiB));
    for (const char *point : {"/", "/sandbox", "/tmp", "/dev/shm"}) {
        const MountLine *found = nullptr;
        for (const MountLine &mount : mounts) {
            if (mount.point == point)
                found = &mount;
        }
        if (point[1] == '\0')
            root = found;
        else if (found)
            fact((std::string("mount:") + point).c_str(), describe(*found));
    }
    if (root)
        fact("root.readonly", root->readOnly() ? "1" : "0");

    std::string writable = writablePlaces(mounts) + closeKernelPlaces(mounts);
    fact("mounts.writable", writable[0] == ',' ? writable.substr(1) : std::move(writable));

    fact("cgroup", cgroup.version() ? toText(std::uint64_t(cgroup.version())) : std::string());
    fact("memory.max", cgroup.memoryMax());
    fact("memory.swap.max", cgroup.swapMax());
    fact("swap.total", swapTotal());
    fact("pids.max", cgroup.pidsMax());
    fact("cpu.max", cgroup.cpuMax());
    fact("nofile", hardLimit(RLIMIT_NOFILE));
    fact("core", hardLimit(RLIMIT_CORE));
    fact("door", door);
    fact("uid", toText(::getuid()));
    fact("pid", toText(std::uint64_t(::getpid())));
    return hello;
}

} // namespace isol8::guest
