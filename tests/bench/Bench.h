// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QJsonObject>
#include <QList>
#include <QProcessEnvironment>
#include <QString>
#include <QStringList>

#include <functional>

namespace bench {

//! Samples of one measured thing.
struct Samples
{
    QString name;
    QString unit; //!< "ms", "MB/s", "kB"
    QList<double> values;
    int failed = 0; //!< that are not among the values

    //! A negative one has failed.
    void add(double value);
    [[nodiscard]] double median() const;
    [[nodiscard]] double lowest() const;
    [[nodiscard]] double highest() const;
};

//! A thing, what it is compared with, and the ratio to reach.
struct Comparison
{
    Samples subject;
    Samples comparator;
    QString goal; //!< "at most 0.6"
};

using Benchmark = std::function<QList<Comparison>(int rounds)>;

//! Resident memory of this process.
[[nodiscard]] qint64 residentKiB();

//! Wall time in ms of a whole process; negative when it fails.
[[nodiscard]] double timeProcess(const QString &program, const QStringList &arguments,
                                 const QProcessEnvironment &environment = QProcessEnvironment::systemEnvironment());
//! This process's, with ISOL8_ENGINE=local: no background engine takes part.
[[nodiscard]] QProcessEnvironment withoutEngine();

//! Interleaves the two, so that a busy machine is busy for both. The subject starts no background engine and asks none.
[[nodiscard]] Comparison compareProcesses(const QString &subjectName, const QStringList &subject,
                                          const QString &comparatorName, const QStringList &comparator,
                                          const QString &goal, int rounds);

QList<Comparison> coldStart(int rounds);
QList<Comparison> startUp(int rounds);
QList<Comparison> background(int rounds);
QList<Comparison> streamedOutput(int rounds);
QList<Comparison> droppedOutput(int rounds);
QList<Comparison> memory(int rounds);
QList<Comparison> warmPython(int rounds);
QList<Comparison> warmNode(int rounds);
QList<Comparison> warmBun(int rounds);
QList<Comparison> warmDeno(int rounds);
QList<Comparison> warmBash(int rounds);
QList<Comparison> throughput(int rounds);
QList<Comparison> secureThroughput(int rounds);
QList<Comparison> burst(int rounds);
QList<Comparison> firstByte(int rounds);
QList<Comparison> httpExecute(int rounds);
QList<Comparison> remoteExecute(int rounds);
QList<Comparison> httpThroughput(int rounds);
QList<Comparison> health(int rounds);
QList<Comparison> idleConnections(int rounds);
QList<Comparison> sse1000(int rounds);
QList<Comparison> http10000(int rounds);
QList<Comparison> doorStream(int rounds);
QList<Comparison> doorProxy(int rounds);
QList<Comparison> fileUp(int rounds);
QList<Comparison> fileDown(int rounds);
QList<Comparison> sessionRun(int rounds);
QList<Comparison> idleSessions(int rounds);

} // namespace bench
