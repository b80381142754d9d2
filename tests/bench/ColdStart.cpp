// SPDX-License-Identifier: GPL-3.0-or-later
#include "Bench.h"
#include "Engines.h"

#include <QFileInfo>
#include <QProcess>
#include <QTemporaryDir>
#include <QThread>

using namespace Qt::StringLiterals;

namespace bench {

// A whole `isol8 run` without an engine before it against Docker's own client with the same image and program.
QList<Comparison> coldStart(int rounds)
{
    const QString program = u"print(\"hello\")"_s;
    QList<Comparison> comparisons;
    comparisons << compareProcesses(u"isol8 run -e 'print(\"hello\")', cold"_s,
                                    {isol8Binary(), u"run"_s, u"-e"_s, program},
                                    u"docker run --rm --network none, the same image and command"_s,
                                    {u"docker"_s, u"run"_s, u"--rm"_s, u"--network"_s, u"none"_s, u"isol8:python"_s,
                                     u"python3"_s, u"-c"_s, program},
                                    u"at most 0.6"_s, rounds);
    return comparisons;
}

// A whole `isol8 run` that a background engine serves, against the same program on the host.
QList<Comparison> background(int rounds)
{
    const QString program = u"print(\"hello\")"_s;
    Comparison comparison{{u"isol8 run -e 'print(\"hello\")' with a background engine"_s, u"ms"_s, {}},
                          {u"host /usr/bin/python3 -c"_s, u"ms"_s, {}},
                          u"at most the host's and 25 ms"_s};
    const QTemporaryDir folder; // its socket and home: no configuration
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(u"XDG_RUNTIME_DIR"_s, folder.path());
    environment.insert(u"HOME"_s, folder.path());
    for (const QString &name : {u"ISOL8_ENGINE"_s, u"ISOL8_CONFIG"_s})
        environment.remove(name);
    QProcess service;
    service.setProcessEnvironment(environment);
    service.setStandardErrorFile(QProcess::nullDevice());
    service.start(isol8Binary(), {u"serve"_s, u"--local"_s});
    QThread::msleep(3000); // until the pool has one

    QProcess check; // that it is the engine that is measured
    check.setProcessEnvironment(environment);
    check.start(isol8Binary(), {u"run"_s, u"--debug"_s, u"-e"_s, program});
    if (!check.waitForFinished(30000) || !check.readAllStandardError().contains("running in the background engine")) {
        qWarning("background: the background engine does not take a run");
        comparison.subject.failed = rounds;
        rounds = 0;
    }
    for (int i = 0; i < rounds; ++i) {
        QThread::msleep(700);
        comparison.subject.add(timeProcess(isol8Binary(), {u"run"_s, u"-e"_s, program}, environment));
        comparison.comparator.add(timeProcess(u"/usr/bin/python3"_s, {u"-c"_s, program}));
    }
    service.terminate();
    service.waitForFinished(20000);
    return {comparison};
}

QList<Comparison> startUp(int rounds)
{
    Comparison help = compareProcesses(u"isol8 --help"_s, {isol8Binary(), u"--help"_s}, u"/bin/true"_s,
                                       {u"/bin/true"_s}, u"under 25 ms"_s, rounds);
    return {help};
}

} // namespace bench
