// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QElapsedTimer>
#include <QProcess>
#include <QStringList>
#include <QTest>

/*!
    The daemon as a test sees it from outside: by the docker command, so that the engine's own client is not asked about
   itself.
*/
namespace dockertest {

//! Standard output of `docker ARGS`, trimmed; empty on failure.
inline QByteArray docker(const QStringList &arguments)
{
    QProcess process;
    process.setStandardErrorFile(QProcess::nullDevice());
    process.start(QStringLiteral("docker"), arguments);
    process.waitForFinished(30000);
    return process.exitCode() == 0 ? process.readAllStandardOutput().trimmed() : QByteArray();
}

//! Ids of containers, in any state, with the label \a name=\a value.
inline QList<QByteArray> containers(const QString &name, const QString &value)
{
    const QByteArray out = docker({QStringLiteral("ps"), QStringLiteral("-aq"), QStringLiteral("--no-trunc"),
                                   QStringLiteral("--filter"), QStringLiteral("label=%1=%2").arg(name, value)});
    return out.isEmpty() ? QList<QByteArray>() : out.split('\n');
}

//! Waits until no container of the engine \a id is left; false after \a ms.
inline bool gone(const QString &id, int ms = 3000)
{
    return QTest::qWaitFor([&] { return containers(QStringLiteral("org.isol8"), id).isEmpty(); }, ms);
}

inline bool hasImage(const QString &name)
{
    return !docker({QStringLiteral("images"), QStringLiteral("-q"), name}).isEmpty();
}

} // namespace dockertest
