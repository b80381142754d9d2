// SPDX-License-Identifier: GPL-3.0-or-later
#include "Bench.h"

#include "Engines.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QProcess>
#include <QTextStream>

#include <algorithm>

using namespace Qt::StringLiterals;
using namespace isol8;

namespace bench {

double Samples::median() const
{
    if (values.isEmpty())
        return 0;
    QList<double> sorted = values;
    std::sort(sorted.begin(), sorted.end());
    const qsizetype middle = sorted.size() / 2;
    return sorted.size() % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

double Samples::lowest() const
{
    return values.isEmpty() ? 0 : *std::min_element(values.begin(), values.end());
}

double Samples::highest() const
{
    return values.isEmpty() ? 0 : *std::max_element(values.begin(), values.end());
}

qint64 residentKiB()
{
    QFile status(u"/proc/self/status"_s);
    if (!status.open(QIODevice::ReadOnly))
        return 0;
    const QByteArray text = status.readAll();
    return text.mid(text.indexOf("VmRSS:") + 6, 16).simplified().split(' ').first().toLongLong();
}

void Samples::add(double value)
{
    if (value < 0)
        ++failed;
    else
        values.append(value);
}

QProcessEnvironment withoutEngine()
{
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(u"ISOL8_ENGINE"_s, u"local"_s);
    return environment;
}

double timeProcess(const QString &program, const QStringList &arguments, const QProcessEnvironment &environment)
{
    QProcess process;
    process.setProcessEnvironment(environment);
    process.setStandardErrorFile(QProcess::nullDevice());
    process.setStandardOutputFile(QProcess::nullDevice());
    QElapsedTimer timer;
    timer.start();
    process.start(program, arguments);
    if (!process.waitForFinished(120000) || process.exitCode() != 0)
        return -1;
    return double(timer.nsecsElapsed()) / 1e6;
}

Comparison compareProcesses(const QString &subjectName, const QStringList &subject, const QString &comparatorName,
                            const QStringList &comparator, const QString &goal, int rounds)
{
    Comparison comparison{{subjectName, u"ms"_s, {}}, {comparatorName, u"ms"_s, {}}, goal};
    for (int i = 0; i < rounds; ++i) {
        comparison.subject.add(timeProcess(subject.first(), subject.mid(1), withoutEngine()));
        comparison.comparator.add(timeProcess(comparator.first(), comparator.mid(1)));
    }
    return comparison;
}

} // namespace bench

namespace {

struct Named
{
    const char *name;
    bench::Benchmark run;
    int rounds;
};

const QList<Named> benchmarks{{"cold-start", bench::coldStart, 15},
                              {"start-up", bench::startUp, 30},
                              {"background", bench::background, 20},
                              {"streamed-output", bench::streamedOutput, 15},
                              {"dropped-output", bench::droppedOutput, 5},
                              {"memory", bench::memory, 1},
                              {"warm-python", bench::warmPython, 40},
                              {"warm-node", bench::warmNode, 40},
                              {"warm-bun", bench::warmBun, 20},
                              {"warm-deno", bench::warmDeno, 20},
                              {"warm-bash", bench::warmBash, 40},
                              {"throughput", bench::throughput, 3},
                              {"secure-throughput", bench::secureThroughput, 2},
                              {"burst", bench::burst, 3},
                              {"first-byte", bench::firstByte, 5},
                              {"http-execute", bench::httpExecute, 40},
                              {"remote-execute", bench::remoteExecute, 40},
                              {"http-throughput", bench::httpThroughput, 3},
                              {"health", bench::health, 3},
                              {"idle-connections", bench::idleConnections, 1},
                              {"sse-1000", bench::sse1000, 1},
                              {"http-10000", bench::http10000, 1},
                              {"door-stream", bench::doorStream, 5},
                              {"door-proxy", bench::doorProxy, 5},
                              {"file-up", bench::fileUp, 7},
                              {"file-down", bench::fileDown, 7},
                              {"session-run", bench::sessionRun, 50},
                              {"idle-sessions", bench::idleSessions, 1}};

QString show(const bench::Samples &samples)
{
    if (samples.values.isEmpty())
        return u"nothing was measured, %1 failed"_s.arg(samples.failed);
    const QString failed = samples.failed > 0 ? u", %1 failed"_s.arg(samples.failed) : QString();
    return u"%1 %2 (%3 to %4, n=%5%6)"_s.arg(samples.median(), 0, 'f', 1)
        .arg(samples.unit)
        .arg(samples.lowest(), 0, 'f', 1)
        .arg(samples.highest(), 0, 'f', 1)
        .arg(samples.values.size())
        .arg(failed);
}

QJsonObject toJson(const bench::Samples &samples)
{
    return {{u"name"_s, samples.name},       {u"unit"_s, samples.unit},         {u"median"_s, samples.median()},
            {u"lowest"_s, samples.lowest()}, {u"highest"_s, samples.highest()}, {u"n"_s, samples.values.size()},
            {u"failed"_s, samples.failed}};
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    QTextStream out(stdout);
    QStringList names = app.arguments().mid(1);
    const bool json = names.removeAll(u"--json"_s) > 0;
    if (names.contains(u"--help"_s)) {
        out << "isol8-bench [--json] [NAME…]: prints medians and ratios; needs Docker and isol8's images (door-proxy: "
               "neither). Names:";
        for (const Named &named : benchmarks)
            out << ' ' << named.name;
        out << '\n';
        return 0;
    }
    for (const QString &name : std::as_const(names)) {
        const auto hasName = [&](const Named &named) { return name == QString::fromLatin1(named.name); };
        if (std::none_of(benchmarks.begin(), benchmarks.end(), hasName)) {
            QTextStream(stderr) << "isol8-bench: there is no benchmark \"" << name
                                << "\"; --help names those there are.\n";
            return 2;
        }
    }
    if (names != QStringList{u"door-proxy"_s}) {
        LocalEngine engine(bench::pooled(Config::PoolStrategy::Fast, 0));
        if (!bench::startEngine(engine, {u"python"_s}))
            return 1;
        bench::stopEngine(engine);
    }
    QJsonArray all;
    bool measured = true;
    for (const Named &named : benchmarks) {
        if (!names.isEmpty() && !names.contains(QString::fromLatin1(named.name)))
            continue;
        if (!json)
            out << named.name << '\n';
        const auto comparisons = named.run(named.rounds);
        for (const auto &[subject, comparator, goal] : comparisons) {
            const double ratio = comparator.median() > 0 ? subject.median() / comparator.median() : 0;
            measured = measured && !subject.values.isEmpty();
            if (json) {
                all.append(QJsonObject{{u"benchmark"_s, QString::fromLatin1(named.name)},
                                       {u"subject"_s, toJson(subject)},
                                       {u"comparator"_s, toJson(comparator)},
                                       {u"ratio"_s, ratio},
                                       {u"goal"_s, goal}});
                continue;
            }
            out << "  " << subject.name << ": " << show(subject) << '\n';
            if (!comparator.values.isEmpty() || comparator.failed > 0)
                out << "  " << comparator.name << ": " << show(comparator) << "\n";
            if (ratio > 0)
                out << "  ratio " << QString::number(ratio, 'f', 3);
            out << "  goal: " << goal << "\n";
            out.flush();
        }
    }
    if (json)
        out << QJsonDocument(all).toJson();
    return measured ? 0 : 1;
}
