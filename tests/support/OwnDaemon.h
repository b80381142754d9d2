// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "Docker.h"
#include "Signals.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>

#include <csignal>
#include <memory>

#include <sys/types.h>

namespace dockertest {

//! A daemon of the test's own, in a network namespace of its own so that it cannot touch the machine's bridge.
class OwnDaemon
{
public:
    OwnDaemon()
        : m_folder(QDir::tempPath() + QStringLiteral("/isol8-daemon-XXXXXX"))
    {
    }
    ~OwnDaemon()
    {
        stop(SIGTERM);
        if (!m_folder.isValid())
            return;
        // What a killed daemon leaves behind is its own containerd with its shims, and mounts; all carry the folder's
        // name, but not as it is written here.
        QProcess::execute(
            QStringLiteral("sh"),
            {QStringLiteral("-c"), QStringLiteral("pkill -9 -f '%1[/]'; sleep 0.3; cut -d' ' -f2 /proc/mounts | grep "
                                                  "'^%1[/]' | sort -r | xargs -r umount")
                                       .arg(m_folder.path())});
    }

    QStringList extraArguments; //!< of dockerd

    [[nodiscard]] QString socket() const { return m_folder.filePath(QStringLiteral("docker.sock")); }

    bool start()
    {
        // After a SIGKILL its number may belong to another process by now, and then it would not start.
        QFile::remove(m_folder.filePath(QStringLiteral("pid")));
        m_process = std::make_unique<QProcess>();
        m_process->setProcessChannelMode(QProcess::MergedChannels);
        m_process->setStandardOutputFile(m_folder.filePath(QStringLiteral("log")), QIODevice::Append);
        m_process->start(QStringLiteral("unshare"),
                         QStringList{QStringLiteral("--net"), QStringLiteral("dockerd"),
                                     QStringLiteral("--bridge=none"), QStringLiteral("--iptables=false"),
                                     QStringLiteral("--data-root"), m_folder.filePath(QStringLiteral("data")),
                                     QStringLiteral("--exec-root"), m_folder.filePath(QStringLiteral("exec")),
                                     QStringLiteral("--pidfile"), m_folder.filePath(QStringLiteral("pid")),
                                     QStringLiteral("--host"), QStringLiteral("unix://") + socket()} +
                             extraArguments);
        return m_process->waitForStarted() &&
               QTest::qWaitFor(
                   [&] {
                       return !docker({QStringLiteral("version"), QStringLiteral("--format"),
                                       QStringLiteral("{{.Server.Version}}")})
                                   .isEmpty();
                   },
                   30000);
    }

    void stop(int signal)
    {
        if (!m_process || m_process->state() == QProcess::NotRunning)
            return;
        // unshare replaces itself by the daemon, so this is the daemon's own id.
        processtest::sendSignal(*m_process, signal);
        m_process->waitForFinished(20000);
    }

    [[nodiscard]] QByteArray docker(const QStringList &arguments) const
    {
        return dockertest::docker(QStringList{QStringLiteral("-H"), QStringLiteral("unix://") + socket()} + arguments);
    }

    bool loadImage(const QString &name) const
    {
        QProcess shell;
        shell.start(QStringLiteral("sh"),
                    {QStringLiteral("-c"),
                     QStringLiteral("docker save '%1' | docker -H 'unix://%2' load").arg(name, socket())});
        return shell.waitForFinished(120000) && shell.exitCode() == 0;
    }

private:
    QTemporaryDir m_folder;
    std::unique_ptr<QProcess> m_process;
};

} // namespace dockertest
