// SPDX-License-Identifier: GPL-3.0-or-later
/*
    What init found against what was asked, wall by wall. Every check fails closed: an absent fact, an empty one and
    one that cannot be parsed all count as a missing wall.
*/
#include <isol8/policy/SandboxSpec.h>

#include <isol8/guest/door.h>

#include <QStringList>

#include <algorithm>
#include <cmath>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

constexpr quint64 InitCapabilities = (1U << 5) | (1U << 6) | (1U << 7) | (1U << 8); // KILL, SETGID, SETUID, SETPCAP
constexpr qint64 LargestPage = 64 * KiB; // kernels round limits to a page, of 4 to 64 KiB
constexpr double CpuBelow = 0.0001;      // of a CPU: a quota is whole microseconds of a period
constexpr double CpuAbove = 0.0101;      // systemd as the cgroup driver rounds up to 10 ms a second

QString quoted(QStringView text)
{
    return u"\"%1\""_s.arg(text.left(200));
}

// One sandbox's facts and the words for what is wrong with them.
class Facts
{
public:
    explicit Facts(const guest::HelloMessage &hello)
        : m_hello(hello)
    {
    }

    [[nodiscard]] QString operator[](std::string_view key) const
    {
        for (const auto &[name, value] : m_hello.facts)
            if (name == key)
                return QString::fromStdString(value);
        return {};
    }

    [[nodiscard]] bool has(std::string_view key) const
    {
        return std::any_of(m_hello.facts.begin(), m_hello.facts.end(),
                           [&](const auto &fact) { return fact.first == key; });
    }

    [[nodiscard]] std::optional<qint64> number(std::string_view key) const { return toNumber((*this)[key]); }

    static std::optional<qint64> toNumber(QStringView text)
    {
        bool ok = false;
        const qint64 value = text.toLongLong(&ok);
        const bool digits = std::all_of(text.begin(), text.end(), [](QChar c) { return c >= u'0' && c <= u'9'; });
        return ok && digits ? std::optional(value) : std::nullopt;
    }

private:
    const guest::HelloMessage &m_hello;
};

tl::unexpected<Error> missing(QStringView wall, QStringView asked, QStringView found)
{
    const QString what =
        found.isEmpty() ? u"isol8-init could not read it"_s : u"the sandbox has %1"_s.arg(quoted(found));
    return fail(errors::WallMissing,
                u"The sandbox is not safe to use: %1 should be %2, but %3."_s.arg(wall, asked, what));
}

Result<void> expectFact(const Facts &facts, std::string_view key, QStringView wall, QStringView value)
{
    const QString found = facts[key];
    return found == value ? Result<void>() : missing(wall, value, found);
}

Result<void> checkNetwork(const SandboxSpec &spec, const Facts &facts)
{
    static constexpr QStringView fallback[] = {u"tunl0",    u"gre0",    u"gretap0", u"erspan0", u"ip_vti0",
                                               u"ip6_vti0", u"ip6tnl0", u"ip6gre0", u"sit0"};
    if (spec.network == Network::Host)
        return {};
    const QString found = facts["net"];
    const QStringList devices = found.split(u',');
    const bool closed =
        devices.contains(u"lo"_s) && std::all_of(devices.begin(), devices.end(), [](const QString &d) {
            return d == u"lo" || std::find(std::begin(fallback), std::end(fallback), d) != std::end(fallback);
        });
    return closed ? Result<void>() : missing(u"the list of network devices", u"\"lo\" alone", found);
}

// Where nothing may leave, nothing listens; where the door is the only way out, it stands.
Result<void> checkDoor(const SandboxSpec &spec, const Facts &facts)
{
    if (!facts.has("door"))
        return missing(u"where the door listens", u"known", {});
    const QString found = facts["door"];
    const QString address = u"127.0.0.1:%1"_s.arg(guest::DoorPort);
    if (spec.network != Network::Filtered && !found.isEmpty())
        return missing(u"where the door listens", u"nowhere", found);
    if (spec.network == Network::Filtered && !found.split(u',').contains(address))
        return missing(u"where the door listens", address, found.isEmpty() ? QStringView(u"no door") : found);
    return {};
}

Result<void> checkRights(const SandboxSpec &spec, const Facts &facts)
{
    if (spec.readonlyRoot && facts["root.readonly"] != u"1")
        return missing(u"the read-only root file system", u"1", facts["root.readonly"]);
    if (spec.seccomp != SeccompMode::Unconfined && facts["seccomp"] != u"2")
        return missing(u"the seccomp mode (profile \"%1\")"_s.arg(toString(spec.seccomp)), u"2", facts["seccomp"]);
    for (const QStringView set : {u"bounding", u"effective"}) {
        bool ok = false;
        const QString found = facts["cap." + set.toUtf8().toStdString()];
        if (found.toULongLong(&ok, 16) != InitCapabilities || !ok)
            return missing(u"isol8-init's %1 set of capabilities"_s.arg(set), QString::number(InitCapabilities, 16),
                           found);
    }
    return expectFact(facts, "nnp", u"no-new-privileges", u"1");
}

// "tmpfs rw,nosuid,nodev,relatime 536870912"
Result<void> checkTmpfs(const Facts &facts, const QString &path, qint64 size, bool exec)
{
    const QString found = facts["mount:" + path.toStdString()];
    const QStringList parts = found.split(u' ');
    const QStringList options = parts.value(1).split(u',');
    const auto bytes = Facts::toNumber(parts.value(2));
    const QString asked = u"a tmpfs of %1, rw,nosuid,nodev,%2"_s.arg(formatSize(size), exec ? u"exec"_s : u"noexec"_s);
    const bool right = parts.size() == 3 && parts[0] == u"tmpfs" && options.contains(u"rw") &&
                       options.contains(u"nosuid") && options.contains(u"nodev") &&
                       options.contains(u"noexec") != exec && bytes && std::abs(*bytes - size) < LargestPage;
    return right ? Result<void>() : missing(path, asked, found);
}

Result<void> checkPlaces(const SandboxSpec &spec, const Facts &facts)
{
    if (!facts.has("mounts.writable"))
        return missing(u"the list of other writable places", u"empty", {});
    if (const QString extra = facts["mounts.writable"]; !extra.isEmpty())
        return missing(u"the list of other writable places", u"empty", extra);
    return checkTmpfs(facts, u"/sandbox"_s, spec.sandboxSize, true)
        .and_then([&] { return checkTmpfs(facts, u"/tmp"_s, spec.tmpSize, false); })
        .and_then([&] { return checkTmpfs(facts, u"/dev/shm"_s, ShmSize, false); });
}

Result<void> checkMemory(const SandboxSpec &spec, const Facts &facts)
{
    const auto limit = facts.number("memory.max");
    if (!limit || *limit > spec.memory || spec.memory - *limit >= LargestPage)
        return missing(u"the memory limit (memoryLimit)", QString::number(spec.memory), facts["memory.max"]);
    const QString swap = facts["memory.swap.max"];
    if (swap == u"0" || (swap.isEmpty() && facts["swap.total"] == u"0"))
        return {};
    if (swap.isEmpty())
        return fail(
            errors::WallMissing,
            u"The sandbox is not safe to use: the kernel does not account swap, so memoryLimit would not hold; boot it with swapaccount=1, or turn swap off."_s);
    return missing(u"swap beyond the memory limit", u"0", swap);
}

Result<void> checkCpu(const SandboxSpec &spec, const Facts &facts)
{
    const QString found = facts["cpu.max"];
    const QStringList parts = found.split(u' ');
    const auto quota = Facts::toNumber(parts.value(0));
    const auto period = Facts::toNumber(parts.value(1));
    if (parts.size() == 2 && quota && period && *period > 0) {
        const double above = double(*quota) / double(*period) - spec.cpus;
        if (above > -CpuBelow && above < CpuAbove)
            return {};
    }
    return missing(u"the CPU limit (cpuLimit)", u"%1 of a period"_s.arg(spec.cpus), found);
}

Result<void> checkLimits(const SandboxSpec &spec, const Facts &facts)
{
    if (const QString cgroup = facts["cgroup"]; cgroup != u"1" && cgroup != u"2") {
        const QString runtime = spec.isolation.isEmpty() ? u"the daemon's default runtime"_s
                                                         : u"the isolation runtime \"%1\""_s.arg(spec.isolation);
        return fail(
            errors::WallMissing,
            u"The sandbox is not safe to use: %1 shows no cgroup inside, so it cannot be seen to hold memoryLimit (%2), cpuLimit (%3) and pidsLimit (%4); choose another isolation."_s
                .arg(runtime, formatSize(spec.memory))
                .arg(spec.cpus)
                .arg(spec.pids));
    }
    return checkMemory(spec, facts)
        .and_then([&] { return checkCpu(spec, facts); })
        .and_then(
            [&] { return expectFact(facts, "pids.max", u"the process limit (pidsLimit)", QString::number(spec.pids)); })
        .and_then([&] {
            return expectFact(facts, "nofile", u"the hard limit of open files", QString::number(OpenFilesLimit));
        })
        .and_then([&] { return expectFact(facts, "core", u"the hard limit of core dumps", u"0"); });
}

} // namespace

Result<void> verifyWalls(const SandboxSpec &spec, const guest::HelloMessage &hello)
{
    if (hello.version != guest::ProtocolVersion)
        return fail(
            errors::WallMissing,
            u"The isol8-init in the sandbox speaks version %1 of the protocol, not %2; install both from one release."_s
                .arg(hello.version)
                .arg(guest::ProtocolVersion));
    const Facts facts(hello);
    return expectFact(facts, "uid", u"isol8-init's user", u"0")
        .and_then([&] { return expectFact(facts, "pid", u"isol8-init's process number", u"1"); })
        .and_then([&] { return checkNetwork(spec, facts); })
        .and_then([&] { return checkDoor(spec, facts); })
        .and_then([&] { return checkRights(spec, facts); })
        .and_then([&] { return checkPlaces(spec, facts); })
        .and_then([&] { return checkLimits(spec, facts); });
}

} // namespace isol8
