// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/policy/SandboxSpec.h>

#include <algorithm>
#include <array>
#include <cmath>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

constexpr double MinimumCpus = 0.01;            // Docker's own least
constexpr double MaximumCpus = 4096;            // the daemon refuses what its machine does not have
constexpr int MaximumPids = 4194304;            // the kernel's PID_MAX_LIMIT
constexpr qint64 MaximumSize = qint64(1) << 50; // 1 PiB
constexpr qsizetype MaximumName = 512;          // characters of an image's name
template<class T> struct Named
{
    T value;
    QStringView name;
};
constexpr std::array Networks{Named<Network>{Network::None, u"none"}, Named<Network>{Network::Host, u"host"},
                              Named<Network>{Network::Filtered, u"filtered"}};
constexpr std::array SeccompModes{Named<SeccompMode>{SeccompMode::Strict, u"strict"},
                                  Named<SeccompMode>{SeccompMode::Unconfined, u"unconfined"},
                                  Named<SeccompMode>{SeccompMode::Custom, u"custom"}};

template<class T, std::size_t N> QString nameOf(const std::array<Named<T>, N> &table, T value)
{
    const auto it = std::find_if(table.begin(), table.end(), [&](const auto &entry) { return entry.value == value; });
    return it == table.end() ? QString() : it->name.toString();
}

template<class T, std::size_t N> std::optional<T> valueOf(const std::array<Named<T>, N> &table, QStringView name)
{
    const auto it = std::find_if(table.begin(), table.end(), [&](const auto &entry) { return entry.name == name; });
    return it == table.end() ? std::nullopt : std::optional(it->value);
}

Result<void> checkSize(QStringView option, qint64 bytes, qint64 least)
{
    if (bytes < least)
        return fail(errors::LimitTooLow,
                    u"%1 is %2 bytes, but nothing works below %3; ask for at least %3."_s.arg(option).arg(bytes).arg(
                        formatSize(least)));
    if (bytes > MaximumSize)
        return fail(errors::BadValue,
                    u"%1 is %2 bytes, which no machine has; ask for at most %3."_s.arg(option).arg(bytes).arg(
                        formatSize(MaximumSize)));
    return {};
}

// Characters that belong in no name of an image, a runtime or an isolation, and would garble logs and terminals.
bool isPlainName(QStringView name)
{
    return std::all_of(name.begin(), name.end(), [](QChar c) { return c > u' ' && c < u'\x7f'; });
}

Result<void> checkName(QStringView option, QStringView name)
{
    if (name.size() > MaximumName)
        return fail(errors::BadRequest,
                    u"%1 has %2 characters; a name has at most %3."_s.arg(option).arg(name.size()).arg(MaximumName));
    if (!isPlainName(name) || name.startsWith(u'-'))
        return fail(
            errors::BadRequest,
            u"%1 is no name: write printable ASCII characters without spaces, not beginning with \"-\"."_s.arg(option));
    return {};
}

Result<void> checkCpus(double cpus)
{
    if (!std::isfinite(cpus))
        return fail(errors::BadValue, u"cpuLimit is not a finite number; write a number of CPUs, as in 0.5 or 2."_s);
    if (cpus < MinimumCpus)
        return fail(errors::LimitTooLow, u"cpuLimit is %1, but the least that works is 0.01 of a CPU."_s.arg(cpus));
    if (cpus > MaximumCpus)
        return fail(errors::BadValue,
                    u"cpuLimit is %1, which no machine has; ask for at most %2."_s.arg(cpus).arg(MaximumCpus));
    return {};
}

Result<void> checkPids(int pids)
{
    if (pids < MinimumPids)
        return fail(
            errors::LimitTooLow,
            u"pidsLimit is %1, but isol8's own process and a program need at least %2."_s.arg(pids).arg(MinimumPids));
    if (pids > MaximumPids)
        return fail(errors::BadValue,
                    u"pidsLimit is %1, more than the kernel has; ask for at most %2."_s.arg(pids).arg(MaximumPids));
    return {};
}

Result<void> checkSeccomp(const SandboxSpec &spec)
{
    switch (spec.seccomp) {
    case SeccompMode::Unconfined:
        if (!spec.seccompProfile.isEmpty())
            return fail(errors::BadRequest,
                        u"security.seccomp is unconfined, but a profile is given; leave one of the two out."_s);
        return {};
    case SeccompMode::Strict:
        if (spec.seccompProfile != seccompProfile(SeccompMode::Strict, {}))
            return fail(errors::BadRequest,
                        u"security.seccomp is strict, but the profile is not isol8's own; ask for custom instead."_s);
        return {};
    case SeccompMode::Custom:
        if (spec.seccompProfile.isEmpty())
            return fail(errors::BadRequest,
                        u"security.seccomp is custom, but no profile is given; name its file in customProfilePath."_s);
        return {};
    }
    return fail(errors::BadRequest, u"security.seccomp is unknown; write strict, unconfined or custom."_s);
}

} // namespace

QString toString(Network network)
{
    return nameOf(Networks, network);
}

std::optional<Network> networkFromString(QStringView text)
{
    return valueOf(Networks, text);
}

QString toString(SeccompMode mode)
{
    return nameOf(SeccompModes, mode);
}

std::optional<SeccompMode> seccompFromString(QStringView text)
{
    return valueOf(SeccompModes, text);
}

Result<void> checkSpec(const SandboxSpec &spec)
{
    if (spec.image.isEmpty())
        return fail(errors::BadRequest, u"image is empty; name an image, as in isol8:python."_s);
    if (toString(spec.network).isEmpty())
        return fail(errors::BadRequest, u"network is unknown; write none, host or filtered."_s);
    return checkName(u"image", spec.image)
        .and_then([&] { return checkName(u"runtime", spec.runtime); })
        .and_then([&] { return checkName(u"isolation", spec.isolation); })
        .and_then([&] { return checkSize(u"memoryLimit", spec.memory, MinimumMemory); })
        .and_then([&] { return checkCpus(spec.cpus); })
        .and_then([&] { return checkPids(spec.pids); })
        .and_then([&] { return checkSize(u"sandboxSize", spec.sandboxSize, MinimumTmpfs); })
        .and_then([&] { return checkSize(u"tmpSize", spec.tmpSize, MinimumTmpfs); })
        .and_then([&] { return checkSeccomp(spec); });
}

} // namespace isol8
