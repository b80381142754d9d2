// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/isolation/HostAdvice.h>

#include <isol8/base/Paths.h>

#include <QFile>
#include <QJsonArray>
#include <QRegularExpression>
#include <QStringList>
#include <QVersionNumber>

#include <algorithm>

#include <sys/stat.h>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

using Level = CheckItem::Level;

struct Escape
{
    QStringView component;
    QStringView name;
    QStringView what;
    QList<QVersionNumber> mended; //!< the first of each line of releases; what is older than all lacks it
};

const QList<Escape> &escapes()
{
    static const QList<Escape> list{
        {u"runc", u"CVE-2019-5736", u"a container overwrites the host's runc", {QVersionNumber(1, 0, 0)}},
        {u"runc", u"CVE-2021-30465", u"mounts are raced out of the container", {QVersionNumber(1, 0, 0)}},
        {u"runc", u"CVE-2024-21626", u"a working directory leads to the host's files", {QVersionNumber(1, 1, 12)}},
        {u"runc",
         u"CVE-2025-31133, CVE-2025-52565 and CVE-2025-52881",
         u"masked paths are raced into writable files of the kernel",
         {QVersionNumber(1, 2, 8), QVersionNumber(1, 3, 3), QVersionNumber(1, 4, 0)}},
        {u"crun", u"CVE-2025-24965", u"a krun container writes outside of its root", {QVersionNumber(1, 20)}},
        {u"containerd",
         u"CVE-2020-15257",
         u"an abstract socket lets containers of the host's network command the shim",
         {QVersionNumber(1, 3, 9), QVersionNumber(1, 4, 3)}},
    };
    return list;
}

// "1.1.5+ds1" and "1.2.0-rc.1" as far as they are numbers.
QVersionNumber numberOf(const QString &version)
{
    static const QRegularExpression digits(u"\\d+(\\.\\d+)+"_s);
    return QVersionNumber::fromString(digits.match(version.left(64)).captured());
}

bool hasMended(const Escape &escape, const QVersionNumber &version, bool candidate)
{
    for (qsizetype i = 0; i < escape.mended.size(); ++i) {
        const QVersionNumber &since = escape.mended[i];
        const bool last = i + 1 == escape.mended.size();
        const bool sameLine =
            version.majorVersion() == since.majorVersion() && version.minorVersion() == since.minorVersion();
        if ((candidate ? version > since : version >= since) && (last || sameLine))
            return true;
    }
    return false;
}

CheckItem component(const QString &name, const QString &version)
{
    const QVersionNumber number = numberOf(version);
    const QString id = u"host_"_s + name.toLower();
    if (number.isNull())
        return {id, Level::Advice, u"%1 does not tell its version."_s.arg(name), u"Look whether it is up to date."_s};
    QStringList open;
    for (const Escape &escape : escapes()) {
        if (escape.component == name && !hasMended(escape, number, version.contains("-rc"_L1)))
            open.append(u"%1 (%2)"_s.arg(escape.name, escape.what));
    }
    if (open.isEmpty())
        return {id, Level::Ok, u"%1 %2 has none of the known ways out."_s.arg(name, version.left(64)), {}};
    return {id, Level::Advice,
            u"%1 %2 is older than the releases that closed %3."_s.arg(name, version.left(64), open.join(u"; "_s)),
            u"Bring it up to date. Distributions mend older releases under their old number: look into the changelog "
            "of your package, too."_s};
}

bool hasOption(const QJsonObject &info, QStringView name)
{
    const QJsonArray options = info.value("SecurityOptions"_L1).toArray();
    return std::any_of(options.begin(), options.end(), [&](const QJsonValue &value) {
        return value.toString().split(u',').contains(QString(u"name="_s + name));
    });
}

CheckItem kernelAdvice(const QString &release)
{
    const QVersionNumber version = numberOf(release);
    if (version.isNull())
        return {u"host_kernel"_s, Level::Advice, u"Docker does not tell the kernel's version."_s, {}};
    const bool fine = version >= QVersionNumber(5, 10);
    return {
        u"host_kernel"_s, fine ? Level::Ok : Level::Advice,
        u"The kernel is %1; sandboxes share it, so its defects are theirs."_s.arg(release.left(64)),
        fine ? QString()
             : u"Use a kernel that is still maintained (5.10 or later), and restart when it was brought up to date."_s};
}

CheckItem cgroupAdvice(const QString &version)
{
    if (version == u"2")
        return {u"host_cgroup"_s, Level::Ok, u"Limits are cgroup v2's."_s, {}};
    return {u"host_cgroup"_s, Level::Advice,
            u"Limits are cgroup v%1's, in which a program named by release_agent runs as the machine's root."_s.arg(
                version.isEmpty() ? u"1"_s : version.left(8)),
            u"Boot with systemd.unified_cgroup_hierarchy=1 for cgroup v2, which has no such thing."_s};
}

CheckItem rootAdvice(const QJsonObject &info)
{
    if (hasOption(info, u"rootless"))
        return {u"host_root"_s, Level::Ok, u"Docker is rootless: who gets out of a sandbox is an ordinary user."_s, {}};
    if (hasOption(info, u"userns"))
        return {u"host_root"_s, Level::Ok, u"Root in a container is nobody on the machine (userns-remap)."_s, {}};
    return {u"host_root"_s, Level::Advice, u"Root in a container is root on the machine."_s,
            u"Use rootless Docker, or \"userns-remap\": \"default\" in /etc/docker/daemon.json."_s};
}

CheckItem confinementAdvice(const QJsonObject &info)
{
    const bool appArmor = hasOption(info, u"apparmor");
    if (appArmor || hasOption(info, u"selinux"))
        return {u"host_lsm"_s,
                Level::Ok,
                u"%1 confines containers besides."_s.arg(appArmor ? u"AppArmor"_s : u"SELinux"_s),
                {}};
    return {u"host_lsm"_s, Level::Advice, u"Neither AppArmor nor SELinux confines containers."_s,
            u"Turn on the one that your distribution has."_s};
}

CheckItem tcpAdvice(const QJsonObject &info)
{
    const QJsonArray warnings = info.value("Warnings"_L1).toArray();
    for (const QJsonValue &warning : warnings) {
        const QString text = warning.toString();
        if (text.contains("accessible on http"_L1) || text.contains("without encryption"_L1))
            return {
                u"host_tcp"_s, Level::Advice, u"Docker says: "_s + text.left(300).simplified(),
                u"Whoever reaches that port is root on the machine: close it, or use TLS with client certificates."_s};
    }
    return {u"host_tcp"_s, Level::Ok, u"Docker warns of no port that is open to all."_s, {}};
}

CheckItem socketAdvice(uint mode, uint group)
{
    const bool all = mode & 0006;
    if (all)
        return {u"host_socket"_s, Level::Advice,
                u"Every user of the machine may command Docker, and so be root (its socket has mode %1)."_s.arg(
                    mode, 4, 8, QLatin1Char('0')),
                u"Set it to 0660 and a group that only administrators are in."_s};
    return {u"host_socket"_s,
            Level::Ok,
            u"Docker's socket is for its owner and group %1, which is as good as root."_s.arg(group),
            {}};
}

CheckItem coreAdvice(const QString &pattern)
{
    if (!pattern.startsWith(u'|'))
        return {u"host_core_pattern"_s,
                Level::Ok,
                u"A program that crashes is shown to no handler of the machine's."_s,
                {}};
    return {u"host_core_pattern"_s, Level::Advice,
            u"A program that crashes in a sandbox is handed to the machine's own handler, as root (%1)."_s.arg(
                pattern.left(100).simplified()),
            u"Limits do not prevent that; sysctl kernel.core_pattern=core does."_s};
}

} // namespace

HostFacts readHostFacts(const QString &socket)
{
    HostFacts facts;
    if (socket.isEmpty())
        return facts;
    if (const auto pattern = readFile(u"/proc/sys/kernel/core_pattern"_s, 4096))
        facts.corePattern = QString::fromUtf8(*pattern).trimmed();
    struct stat status
    {
    };
    if (::stat(QFile::encodeName(socket).constData(), &status) == 0) {
        facts.socketMode = status.st_mode & 07777;
        facts.socketGroup = status.st_gid;
    }
    return facts;
}

QList<CheckItem> hostAdvice(const QJsonObject &info, const QJsonObject &components, const HostFacts &facts)
{
    QList<CheckItem> items{kernelAdvice(info.value("KernelVersion"_L1).toString()),
                           cgroupAdvice(info.value("CgroupVersion"_L1).toString()), rootAdvice(info),
                           confinementAdvice(info)};
    const QJsonArray parts = components.value("Components"_L1).toArray();
    for (const QJsonValue &part : parts) {
        const QString name = part[u"Name"].toString();
        if (name == u"runc" || name == u"crun" || name == u"containerd")
            items.append(component(name, part[u"Version"].toString()));
    }
    items.append(tcpAdvice(info));
    if (facts.socketMode)
        items.append(socketAdvice(*facts.socketMode, facts.socketGroup.value_or(0)));
    if (!facts.corePattern.isEmpty())
        items.append(coreAdvice(facts.corePattern));
    return items;
}

} // namespace isol8
