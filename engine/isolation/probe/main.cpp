// SPDX-License-Identifier: GPL-3.0-or-later
#include "Report.h"

#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace isol8::probe {

namespace {

const char *currentWall = "";

struct Name
{
    int code;
    const char *name;
};

} // namespace

void setWall(const char *wall)
{
    currentWall = wall;
}

void report(std::string_view name, Outcome outcome, std::string_view found)
{
    static const char *const words[] = {"held", "open", "untried"};
    std::printf("%s\t%.*s\t%s\t%.*s\n", currentWall, int(name.size()), name.data(), words[int(outcome)],
                int(found.size()), found.data());
    std::fflush(stdout);
}

std::string errorName(int code)
{
    static const Name names[] = {{EPERM, "EPERM"},
                                 {ENOENT, "ENOENT"},
                                 {ESRCH, "ESRCH"},
                                 {EBADF, "EBADF"},
                                 {EAGAIN, "EAGAIN"},
                                 {ENOMEM, "ENOMEM"},
                                 {EACCES, "EACCES"},
                                 {EFAULT, "EFAULT"},
                                 {EBUSY, "EBUSY"},
                                 {EEXIST, "EEXIST"},
                                 {ENODEV, "ENODEV"},
                                 {ENOTDIR, "ENOTDIR"},
                                 {EINVAL, "EINVAL"},
                                 {EMFILE, "EMFILE"},
                                 {ENOSPC, "ENOSPC"},
                                 {EROFS, "EROFS"},
                                 {ENOSYS, "ENOSYS"},
                                 {ENXIO, "ENXIO"},
                                 {EIO, "EIO"},
                                 {EAFNOSUPPORT, "EAFNOSUPPORT"},
                                 {EPROTONOSUPPORT, "EPROTONOSUPPORT"},
                                 {ENETUNREACH, "ENETUNREACH"},
                                 {ECONNREFUSED, "ECONNREFUSED"},
                                 {EADDRNOTAVAIL, "EADDRNOTAVAIL"},
                                 {ETIMEDOUT, "ETIMEDOUT"}};
    for (const Name &name : names) {
        if (name.code == code)
            return name.name;
    }
    return std::to_string(code);
}

void refused(std::string_view name, long result)
{
    const int code = errno;
    if (result >= 0)
        report(name, Outcome::Open, "it was done");
    else
        report(name, code == EPERM || code == EACCES || code == ENOSYS || code == EROFS, errorName(code));
}

std::string readFile(const char *path, std::size_t limit)
{
    std::string text;
    const int fd = ::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return text;
    char buffer[4096];
    ssize_t n = 0;
    while (text.size() < limit && (n = ::read(fd, buffer, sizeof buffer)) > 0)
        text.append(buffer, std::size_t(n));
    ::close(fd);
    return text;
}

} // namespace isol8::probe

using namespace isol8::probe;

int main(int argc, char **argv)
{
    struct Wall
    {
        const char *name;
        void (*probe)();
    };
    static const Wall walls[] = {
        {"user", probeUser},     {"root", probeRoot}, {"calls", probeCalls},           {"devices", probeDevices},
        {"kernel", probeKernel}, {"init", probeInit}, {"namespaces", probeNamespaces}, {"network", probeNetwork},
        {"limits", probeLimits}};
    if (argc == 3 && std::strcmp(argv[1], "fill") == 0)
        return fill(argv[2]) ? 0 : 2;
    if (argc == 2 && std::strcmp(argv[1], "door") == 0) {
        setWall("door");
        probeDoor();
        return 0;
    }
    int known = 0;
    for (const Wall &wall : walls) {
        bool wanted = argc == 1;
        for (int i = 1; i < argc; ++i)
            wanted = wanted || std::strcmp(argv[i], wall.name) == 0;
        if (!wanted)
            continue;
        ++known;
        setWall(wall.name);
        wall.probe();
    }
    return argc == 1 || known == argc - 1 ? 0 : 2;
}
