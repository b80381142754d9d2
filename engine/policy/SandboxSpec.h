// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>
#include <isol8/base/Units.h>

#include <QByteArray>
#include <QJsonObject>
#include <QString>

#include <optional>

namespace isol8::guest {
struct HelloMessage;
}

namespace isol8 {

enum class Network { None, Host, Filtered };
enum class SeccompMode { Strict, Unconfined, Custom };

[[nodiscard]] QString toString(Network network);
[[nodiscard]] std::optional<Network> networkFromString(QStringView text);
[[nodiscard]] QString toString(SeccompMode mode);
[[nodiscard]] std::optional<SeccompMode> seccompFromString(QStringView text);

/*!
    Everything that is fixed when a sandbox's container is created. Two runs may share a pool exactly when their specs
    are equal. A plain value; checkSpec() says whether it can be built, createRequest() builds it.
*/
struct SandboxSpec
{
    QString image;   //!< "isol8:python"
    QString runtime; //!< for labels: "python"
    Network network = Network::None;
    qint64 memory = 512 * MiB; //!< bytes; no swap beyond it
    double cpus = 1.0;
    int pids = 64;
    qint64 sandboxSize = 512 * MiB; //!< bytes of the tmpfs at /sandbox
    qint64 tmpSize = 256 * MiB;     //!< bytes of the tmpfs at /tmp
    bool readonlyRoot = true;
    SeccompMode seccomp = SeccompMode::Strict;
    QByteArray seccompProfile; //!< JSON text, read and checked; empty exactly when unconfined
    QString isolation;         //!< the daemon's runtime by name; empty: its default
    bool keep = false;         //!< --persist: no AutoRemove, and init stays for an hour after its host has gone

    friend bool operator==(const SandboxSpec &, const SandboxSpec &) = default;
};

//! What differs from container to container of one spec, and how the guest's files reach it.
struct SandboxIdentity
{
    QString engineId; //!< label org.isol8; with "-kept" behind it the container does not die with the engine
    QString owner;    //!< label org.isol8.owner
    QString session;  //!< label org.isol8.session; empty: none
    QString purpose;  //!< label org.isol8.purpose: "run", "pool", "persist", "session", "build"

    QString initPath;    //!< on the daemon's host: isol8-init; bound read-only. Empty with a volume.
    QString bootPath;    //!< on the daemon's host: the folder of installGuestBoot(). Empty with a volume, or without.
    QString hostsPath;   //!< on the daemon's host: the sandbox's /etc/hosts. Empty with the host's network.
    QString guestVolume; //!< instead, for a daemon on another machine: a volume that holds isol8-init and boot/
};

inline constexpr qint64 MinimumMemory = 16 * MiB; //!< below this the daemon or init cannot start anything
inline constexpr qint64 MinimumTmpfs = 64 * KiB;  //!< one page on every machine
inline constexpr int MinimumPids = 4;
inline constexpr int OpenFilesLimit = 1024;
inline constexpr qint64 ShmSize = 16 * MiB;
inline constexpr QStringView GuestInitPath = u"/.isol8/isol8-init"; //!< inside the container
inline constexpr QStringView GuestBootPath = u"/.isol8/boot";

//! limit_too_low, bad_value or bad_request, naming the limit, what was asked, and the least that works.
[[nodiscard]] Result<void> checkSpec(const SandboxSpec &spec);

//! The whole body of POST /containers/create. Pure; golden files in tests/engine/golden pin it.
[[nodiscard]] QJsonObject createRequest(const SandboxSpec &spec, const SandboxIdentity &identity);

/*!
    Compares what init found inside with what was asked. wall_missing names the wall, what was asked and what was found.
    A fact that init could not read counts as missing unless \a spec does not ask for it.

    Two cases that look like exceptions. Where the kernel does not account swap (memory.swap.max is ""), "no swap beyond
    the memory limit" is shown only by a machine without any (swap.total is "0"). And besides "lo" the kernel's own
    fallback tunnels (tunl0, sit0, …) may be listed: where their modules are loaded they stand, down and without
    an address, in every new network namespace.
*/
[[nodiscard]] Result<void> verifyWalls(const SandboxSpec &spec, const guest::HelloMessage &hello);

//! The profile's JSON text for a mode: ours for Strict (embedded), none for Unconfined, the file's for Custom
//! (bad_config when it cannot be read, is no JSON object, or has no defaultAction).
[[nodiscard]] Result<QByteArray> seccompProfile(SeccompMode mode, const QString &customPath);

} // namespace isol8
