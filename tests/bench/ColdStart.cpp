// SPDX-License-Identifier: GPL-3.0-or-later
#include "Bench.h"

#include <QFileInfo>

using namespace Qt::StringLiterals;

namespace bench {

namespace {

QString isol8()
{
    return qEnvironmentVariable("ISOL8_BIN") + u"/isol8"_s;
}

} // namespace

// A whole `isol8 run` without a pool against Docker's own client with the same image and program.
QList<Comparison> coldStart(int rounds)
{
    const QString program = u"print(\"hello\")"_s;
    QList<Comparison> comparisons;
    comparisons << compareProcesses(u"isol8 run -e 'print(\"hello\")', cold"_s, {isol8(), u"run"_s, u"-e"_s, program},
                                    u"docker run --rm --network none, the same image and command"_s,
                                    {u"docker"_s, u"run"_s, u"--rm"_s, u"--network"_s, u"none"_s, u"isol8:python"_s,
                                     u"python3"_s, u"-c"_s, program},
                                    u"at most 0.6"_s, rounds);
    return comparisons;
}

QList<Comparison> startUp(int rounds)
{
    Comparison help = compareProcesses(u"isol8 --help"_s, {isol8(), u"--help"_s}, u"/bin/true"_s, {u"/bin/true"_s},
                                       u"under 25 ms"_s, rounds);
    return {help};
}

} // namespace bench
