// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/image/CheckUp.h>

#include <isol8/base/Units.h>
#include <isol8/image/Recipe.h>

#include <QJsonArray>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

// One root file system, unpacked, beside the archive that it came from.
constexpr qint64 RoomNeeded = GiB;

CheckItem item(const QString &id, bool fine, const QString &good, const QString &bad, const QString &advice,
               CheckItem::Level level = CheckItem::Level::Problem)
{
    return fine ? CheckItem{id, CheckItem::Level::Ok, good, {}} : CheckItem{id, level, bad, advice};
}

bool hasSecurityOption(const QJsonObject &info, QLatin1StringView name)
{
    const QJsonArray options = info.value("SecurityOptions"_L1).toArray();
    for (const QJsonValue &value : options) {
        if (value.toString().split(u',').contains("name="_L1 + name))
            return true;
    }
    return false;
}

CheckItem limit(const QJsonObject &info, const QString &id, const QString &what,
                std::initializer_list<const char *> keys)
{
    bool fine = true;
    for (const char *key : keys)
        fine = fine && info.value(QLatin1StringView(key)).toBool();
    const bool rootless = hasSecurityOption(info, "rootless"_L1);
    const QString advice =
        rootless ? u"Delegate the cgroup controllers to your user (systemd, Delegate=yes for user@.service), or use a "
                   "daemon that runs as root."_s
        : id == "swap_limit"_L1
            ? u"Boot the kernel with swapaccount=1, or turn swap off (swapoff -a)."_s
            : u"Enable that cgroup controller in the kernel (for memory: boot with cgroup_enable=memory)."_s;
    return item(id, fine, u"Docker can limit %1."_s.arg(what), u"Docker cannot limit %1 here."_s.arg(what), advice);
}

} // namespace

QList<CheckItem> checkDocker(const QJsonObject &info, qint64 freeBytes)
{
    QList<CheckItem> items;
    const QString version = info.value("ServerVersion"_L1).toString();
    items.append({u"version"_s, CheckItem::Level::Ok, u"Docker %1 answers."_s.arg(version), {}});

    const QString system = info.value("OSType"_L1).toString();
    items.append(item(u"system"_s, system == "linux"_L1, u"It runs Linux containers."_s,
                      u"It runs %1 containers."_s.arg(system.isEmpty() ? u"unknown"_s : system),
                      u"Switch Docker to Linux containers."_s));
    const QString machine = info.value("Architecture"_L1).toString();
    items.append(item(u"architecture"_s, !imageArchitecture(machine).isEmpty(),
                      u"Its architecture is %1."_s.arg(machine),
                      u"Its architecture is %1, for which isol8 has no images."_s.arg(machine),
                      u"Use a daemon on x86_64 or aarch64."_s));

    items.append(limit(info, u"memory_limit"_s, u"memory"_s, {"MemoryLimit"}));
    items.append(limit(info, u"swap_limit"_s, u"swap"_s, {"SwapLimit"}));
    items.append(limit(info, u"cpu_limit"_s, u"CPU time"_s, {"CpuCfsPeriod", "CpuCfsQuota"}));
    items.append(limit(info, u"pids_limit"_s, u"the number of processes"_s, {"PidsLimit"}));
    items.append(item(u"seccomp"_s, hasSecurityOption(info, "seccomp"_L1), u"It filters system calls (seccomp)."_s,
                      u"It cannot filter system calls (seccomp)."_s,
                      u"Use a kernel and a Docker that are built with seccomp."_s));
    if (freeBytes >= 0) {
        const QString room = u"%1 MiB free where Docker keeps its images (%2)"_s.arg(freeBytes / MiB)
                                 .arg(info.value("DockerRootDir"_L1).toString());
        items.append(item(u"disk"_s, freeBytes >= RoomNeeded, room + u'.', u"Only "_s + room + u'.',
                          u"Make room: an image needs up to %1 MiB while it is made."_s.arg(RoomNeeded / MiB)));
    }
    return items;
}

} // namespace isol8
