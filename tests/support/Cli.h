// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QProcess>
#include <QProcessEnvironment>
#include <QString>
#include <QStringList>

/*!
    The built `isol8`, run as its user would.
*/
namespace clitest {

struct Outcome
{
    int exitCode = -1;
    bool crashed = false;
    QByteArray out;
    QByteArray err;
};

inline QString binary()
{
    return qEnvironmentVariable("ISOL8_BIN") + QStringLiteral("/isol8");
}

//! What \a process, which has \a ended or is ended now, came to.
inline Outcome outcomeOf(QProcess *process, bool ended)
{
    Outcome outcome;
    if (!ended) {
        process->kill();
        process->waitForFinished(5000);
        outcome.err = "(did not end in time)\n";
    }
    outcome.exitCode = process->exitCode();
    outcome.crashed = process->exitStatus() == QProcess::CrashExit;
    outcome.out = process->readAllStandardOutput();
    outcome.err += process->readAllStandardError();
    return outcome;
}

inline Outcome isol8(const QStringList &arguments, const QByteArray &input = {}, const QString &folder = {},
                     const QProcessEnvironment &environment = QProcessEnvironment::systemEnvironment(),
                     int timeoutMs = 60000)
{
    QProcess process;
    process.setProcessEnvironment(environment);
    if (!folder.isEmpty())
        process.setWorkingDirectory(folder);
    process.start(binary(), arguments);
    process.write(input);
    process.closeWriteChannel();
    return outcomeOf(&process, process.waitForFinished(timeoutMs));
}

} // namespace clitest
