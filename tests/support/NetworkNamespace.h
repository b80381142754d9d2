// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QProcess>
#include <QStringList>

#include <unistd.h>

namespace isol8::test {

/*!
    A network of a test's own: a namespace with one server process in it, at private addresses that this machine reaches
    by a veth pair. Made by root only.

    The namespace has no name: it lives as long as the process, which ends with its stdin. So nothing of it is left
    behind, not by a test that was killed either; the veth pair goes with the namespace.
*/
class NetworkNamespace
{
public:
    ~NetworkNamespace()
    {
        if (m_servers.state() == QProcess::NotRunning)
            return;
        m_servers.closeWriteChannel();
        if (m_servers.waitForFinished(5000))
            return;
        m_servers.kill();
        m_servers.waitForFinished(10000);
    }

    //! Starts \a program, Python that says "waiting", reads a line, serves at every address, says "ready" and ends when
    //! its stdin does. False: problem() says why there can be no such network here.
    bool make(const QByteArray &program, const QStringList &arguments)
    {
        if (::geteuid() != 0)
            return fail(QStringLiteral("network namespaces are made by root only"));
        m_servers.setProcessChannelMode(QProcess::MergedChannels);
        m_servers.start(QStringLiteral("unshare"),
                        QStringList{QStringLiteral("--net"), QStringLiteral("--"), QStringLiteral("python3"),
                                    QStringLiteral("-c"), QString::fromLatin1(program)} +
                            arguments);
        if (!says("waiting"))
            return fail(QStringLiteral("no network namespace can be made: ") + QString::fromUtf8(m_said));
        const QString pid = QString::number(m_servers.processId());
        const QStringList inside{QStringLiteral("nsenter"), QStringLiteral("-t"), pid, QStringLiteral("-n")};
        const auto here = [this](const QString &words) { return command(words.split(u' ')); };
        const auto there = [&](const QString &words) { return command(inside + words.split(u' ')); };
        return here(QStringLiteral("ip link add %1 type veth peer name eth0 netns %2").arg(link(), pid)) &&
               here(QStringLiteral("ip addr add %1/29 dev %2").arg(address(1), link())) &&
               here(QStringLiteral("ip link set %1 up").arg(link())) &&
               there(QStringLiteral("ip addr add %1/29 dev eth0").arg(address(2))) &&
               there(QStringLiteral("ip addr add %1/29 dev eth0").arg(address(3))) &&
               there(QStringLiteral("ip link set eth0 up")) && there(QStringLiteral("ip link set lo up"));
    }

    //! Lets the servers begin.
    bool serve()
    {
        m_servers.write("go\n");
        return says("ready") || fail(QStringLiteral("the servers do not start: ") + QString::fromUtf8(m_said));
    }

    //! 1: this machine's end; 2 and 3: the servers'.
    [[nodiscard]] QString address(int host) const
    {
        return QStringLiteral("10.%1.%2.%3").arg(130 + ::getpid() / 254 % 100).arg(1 + ::getpid() % 254).arg(host);
    }
    //! This machine's end.
    [[nodiscard]] QString link() const { return QStringLiteral("i8d%1").arg(::getpid()); }
    [[nodiscard]] QString problem() const { return m_problem; }

    bool command(const QStringList &words)
    {
        QProcess process;
        process.start(words.first(), words.mid(1));
        if (process.waitForFinished(60000) && process.exitStatus() == QProcess::NormalExit && process.exitCode() == 0)
            return true;
        return fail(words.join(u' ') + QStringLiteral(": ") + QString::fromUtf8(process.readAllStandardError()));
    }

private:
    bool fail(const QString &problem)
    {
        m_problem = problem;
        return false;
    }

    bool says(const QByteArray &word)
    {
        m_said.clear();
        while (!m_said.contains('\n') && m_servers.waitForReadyRead(60000))
            m_said += m_servers.readAll();
        return m_said.startsWith(word) && m_said.mid(word.size()).startsWith('\n');
    }

    QProcess m_servers;
    QByteArray m_said;
    QString m_problem;
};

} // namespace isol8::test
