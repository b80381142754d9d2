// SPDX-License-Identifier: GPL-3.0-or-later
/*
    The body of POST /containers/create. Everything that Docker would otherwise take from the image or from the
    daemon's configuration and that bears on a wall is written out, so that neither can weaken it: entry point, user,
    health check, stop signal, log driver, IPC and cgroup namespaces, init, restart policy, ulimits.

    Left to Docker on purpose: MaskedPaths and ReadonlyPaths (its defaults are right and naming them would replace
    them), the AppArmor and SELinux labels, UTS, PID and user namespaces (private by default; user namespaces are the
    daemon's matter), devices (its harmless default set).
*/
#include <isol8/policy/SandboxSpec.h>

#include <isol8/guest/protocol.h>

#include <QJsonArray>

#include <cmath>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

constexpr qint64 LockedMemory = 64 * KiB;
constexpr QStringView GuestFolder = u"/.isol8";

QJsonObject ulimit(const QString &name, qint64 value)
{
    return {{u"Name"_s, name}, {u"Soft"_s, value}, {u"Hard"_s, value}};
}

// Docker wants "rslave" for a source within its own folder, where volumes are.
QJsonObject bindReadOnly(const QString &source, QStringView target, QStringView propagation)
{
    return {{u"Type"_s, u"bind"_s},
            {u"Source"_s, source},
            {u"Target"_s, target.toString()},
            {u"ReadOnly"_s, true},
            {u"BindOptions"_s, QJsonObject{{u"Propagation"_s, propagation.toString()}}}};
}

QJsonArray mounts(const SandboxSpec &spec, const SandboxIdentity &identity)
{
    QJsonArray list;
    if (!identity.guestVolume.isEmpty()) {
        list.append(QJsonObject{{u"Type"_s, u"volume"_s},
                                {u"Source"_s, identity.guestVolume},
                                {u"Target"_s, GuestFolder.toString()},
                                {u"ReadOnly"_s, true},
                                {u"VolumeOptions"_s, QJsonObject{{u"NoCopy"_s, true}}}});
    } else {
        list.append(bindReadOnly(identity.initPath, GuestInitPath, u"rprivate"));
        if (!identity.bootPath.isEmpty())
            list.append(bindReadOnly(identity.bootPath, GuestBootPath, u"rprivate"));
    }
    // Without a network Docker leaves /etc/hosts empty; on the host's it writes the host's.
    if (!identity.hostsPath.isEmpty() && spec.network != Network::Host)
        list.append(bindReadOnly(identity.hostsPath, u"/etc/hosts",
                                 identity.guestVolume.isEmpty() ? QStringView(u"rprivate") : u"rslave"));
    return list;
}

QString seccompOption(const SandboxSpec &spec)
{
    if (spec.seccomp == SeccompMode::Unconfined)
        return u"seccomp=unconfined"_s;
    // A spec that lost its profile gets ours rather than none; checkSpec() refuses it before.
    const QByteArray profile = spec.seccompProfile.isEmpty()
                                   ? seccompProfile(SeccompMode::Strict, {}).value_or(QByteArray())
                                   : spec.seccompProfile;
    return u"seccomp="_s + QString::fromUtf8(profile);
}

QJsonObject tmpfs(const SandboxSpec &spec)
{
    return {{u"/sandbox"_s, u"rw,exec,nosuid,nodev,size=%1,mode=0755,uid=%2,gid=%3"_s.arg(spec.sandboxSize)
                                .arg(guest::SandboxUid)
                                .arg(guest::SandboxGid)},
            {u"/tmp"_s, u"rw,noexec,nosuid,nodev,size=%1,mode=1777"_s.arg(spec.tmpSize)}};
}

QJsonObject hostConfig(const SandboxSpec &spec, const SandboxIdentity &identity)
{
    QJsonObject host{
        {u"NetworkMode"_s, spec.network == Network::Host ? u"host"_s : u"none"_s},
        {u"AutoRemove"_s, !spec.keep},
        {u"RestartPolicy"_s, QJsonObject{{u"Name"_s, u"no"_s}, {u"MaximumRetryCount"_s, 0}}},
        {u"ReadonlyRootfs"_s, spec.readonlyRoot},
        {u"Tmpfs"_s, tmpfs(spec)},
        {u"Mounts"_s, mounts(spec, identity)},
        {u"ShmSize"_s, ShmSize},
        {u"Memory"_s, spec.memory},
        {u"MemorySwap"_s, spec.memory},
        {u"OomKillDisable"_s, false},
        {u"NanoCpus"_s, qint64(std::llround(spec.cpus * 1e9))},
        {u"PidsLimit"_s, spec.pids},
        {u"Ulimits"_s, QJsonArray{ulimit(u"core"_s, 0), ulimit(u"memlock"_s, LockedMemory),
                                  ulimit(u"nofile"_s, OpenFilesLimit), ulimit(u"rtprio"_s, 0)}},
        {u"Privileged"_s, false},
        {u"CapDrop"_s, QJsonArray{u"ALL"_s}},
        {u"CapAdd"_s, QJsonArray{u"KILL"_s, u"SETGID"_s, u"SETPCAP"_s, u"SETUID"_s}},
        {u"SecurityOpt"_s, QJsonArray{u"no-new-privileges:true"_s, seccompOption(spec)}},
        {u"IpcMode"_s, u"private"_s},
        {u"CgroupnsMode"_s, u"private"_s},
        {u"Init"_s, false},
        {u"LogConfig"_s, QJsonObject{{u"Type"_s, u"none"_s}, {u"Config"_s, QJsonObject()}}},
    };
    // A connection through the door leaves no port in use behind: reset() proves that there is none.
    if (spec.network == Network::Filtered)
        host.insert(u"Sysctls"_s, QJsonObject{{u"net.ipv4.tcp_max_tw_buckets"_s, u"0"_s}});
    if (!spec.isolation.isEmpty())
        host.insert(u"Runtime"_s, spec.isolation);
    return host;
}

QJsonArray initArguments(const SandboxSpec &spec)
{
    QJsonArray arguments;
    if (spec.network == Network::Filtered)
        arguments.append(u"--door"_s);
    if (spec.keep)
        arguments.append(u"--stay"_s);
    return arguments;
}

} // namespace

QJsonObject createRequest(const SandboxSpec &spec, const SandboxIdentity &identity)
{
    return {
        {u"Image"_s, spec.image},
        {u"Entrypoint"_s, QJsonArray{GuestInitPath.toString()}},
        {u"Cmd"_s, initArguments(spec)},
        {u"User"_s, u"0:0"_s},
        {u"WorkingDir"_s, u"/sandbox"_s},
        {u"Env"_s, QJsonArray{u"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"_s}},
        {u"Hostname"_s, u"sandbox"_s},
        {u"Tty"_s, false},
        {u"OpenStdin"_s, true},
        {u"StdinOnce"_s, true},
        {u"AttachStdin"_s, true},
        {u"AttachStdout"_s, true},
        {u"AttachStderr"_s, true},
        {u"NetworkDisabled"_s, spec.network != Network::Host},
        {u"Healthcheck"_s, QJsonObject{{u"Test"_s, QJsonArray{u"NONE"_s}}}},
        {u"StopSignal"_s, u"SIGKILL"_s},
        {u"StopTimeout"_s, 1},
        {u"Labels"_s, QJsonObject{{u"org.isol8"_s, identity.engineId},
                                  {u"org.isol8.owner"_s, identity.owner},
                                  {u"org.isol8.purpose"_s, identity.purpose},
                                  {u"org.isol8.runtime"_s, spec.runtime},
                                  {u"org.isol8.session"_s, identity.session}}},
        {u"HostConfig"_s, hostConfig(spec, identity)},
    };
}

} // namespace isol8
