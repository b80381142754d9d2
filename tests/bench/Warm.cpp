// SPDX-License-Identifier: GPL-3.0-or-later
#include "Bench.h"
#include "Engines.h"

#include <QElapsedTimer>
#include <QEventLoop>
#include <QFileInfo>

using namespace Qt::StringLiterals;
using namespace isol8;

namespace bench {

namespace {

constexpr auto Rest = std::chrono::milliseconds(600); // a pool refills while nothing runs

struct Language
{
    QString name;
    QByteArray code;
    QStringList onHost; //!< the comparator; empty: this machine has none
};

// Milliseconds from asking to the result; negative when the run was not what it should be.
double timeRun(LocalEngine &engine, const Language &language, double *cpuMs)
{
    RunRequest request;
    request.runtime = language.name;
    request.code = language.code;
    QElapsedTimer timer;
    timer.start();
    Run *run = engine.execute(request);
    QEventLoop loop;
    QObject::connect(run, &Run::finished, &loop, &QEventLoop::quit);
    loop.exec();
    const double ms = double(timer.nsecsElapsed()) / 1e6;
    const bool right = run->result().exitCode == 0 && run->result().stdoutText == "hello\n";
    *cpuMs = double(run->result().resourceUsage.cpuMs);
    delete run;
    return right ? ms : -1;
}

QList<Comparison> warmRuns(const Language &language, Config::PoolStrategy strategy, const QString &goal, int rounds)
{
    const bool fast = strategy == Config::PoolStrategy::Fast;
    Comparison comparison{{u"warm %1 run, %2"_s.arg(language.name, fast ? u"fast"_s : u"secure"_s), u"ms"_s, {}},
                          {u"host %1"_s.arg(language.onHost.join(u' ')), u"ms"_s, {}},
                          goal};
    Comparison typescript{{},
                          {u"the TypeScript isol8's library with a warm pool, measured once on a slower machine"_s,
                           u"ms"_s,
                           {fast ? 403.0 : 392.0}},
                          u"at most 0.025"_s};
    Comparison cpu{{u"its CPU time"_s, u"ms"_s, {}}, {}, u"none"_s};
    LocalEngine engine(pooled(strategy, 1));
    if (!startEngine(engine, {language.name}))
        return {comparison};
    for (int i = 0; i < rounds; ++i) {
        double cpuMs = 0;
        const double ms = timeRun(engine, language, &cpuMs);
        comparison.subject.add(ms);
        cpu.subject.add(ms < 0 ? ms : cpuMs);
        if (!language.onHost.isEmpty())
            comparison.comparator.add(timeProcess(language.onHost.first(), language.onHost.mid(1)));
        wait(fast ? std::chrono::milliseconds(language.name == u"python" ? 30 : 300) : Rest);
    }
    stopEngine(engine);
    typescript.subject = comparison.subject;
    if (language.name == u"python")
        return {comparison, typescript, cpu};
    return {comparison, cpu};
}

// The system's own, not a shim that a version manager puts before it in PATH.
QString ofSystem(const QString &program)
{
    const QString path = u"/usr/bin/"_s + program;
    return QFileInfo::exists(path) ? path : program;
}

const Language Python{u"python"_s, "print('hello')", {ofSystem(u"python3"_s), u"-c"_s, u"print('hello')"_s}};
const Language Node{u"node"_s, "console.log('hello')", {ofSystem(u"node"_s), u"-e"_s, u"console.log('hello')"_s}};
const Language Bun{u"bun"_s, "console.log('hello')", {}};
const Language Deno{u"deno"_s, "console.log('hello')", {}};
const Language Bash{u"bash"_s, "echo hello", {u"bash"_s, u"-c"_s, u"echo hello"_s}};

QList<Comparison> both(const Language &language, bool counts, int rounds)
{
    return warmRuns(language, Config::PoolStrategy::Fast, counts ? u"at most 0.3"_s : u"none"_s, rounds) +
           warmRuns(language, Config::PoolStrategy::Secure, counts ? u"at most 0.45"_s : u"none"_s, rounds / 2);
}

} // namespace

QList<Comparison> warmPython(int rounds)
{
    return both(Python, true, rounds);
}

QList<Comparison> warmNode(int rounds)
{
    return both(Node, true, rounds);
}

QList<Comparison> warmBun(int rounds)
{
    return both(Bun, false, rounds);
}

QList<Comparison> warmDeno(int rounds)
{
    return both(Deno, false, rounds);
}

QList<Comparison> warmBash(int rounds)
{
    return both(Bash, false, rounds);
}

// Runs a second with eight clients, each asking again as soon as it has its answer.
QList<Comparison> throughput(int rounds)
{
    Comparison comparison{{u"python runs a second, fast, 8 clients"_s, u"1/s"_s, {}},
                          {u"the TypeScript isol8's, measured once on such a machine"_s, u"1/s"_s, {2.2}},
                          u"at least 45 (100 runs a second)"_s};
    LocalEngine engine(pooled(Config::PoolStrategy::Fast, 8));
    if (!startEngine(engine, {u"python"_s}))
        return {comparison};
    for (int i = 0; i < rounds + 1; ++i) {
        Samples first = comparison.subject; // the first round fills the pool
        sustained(i > 0 ? &comparison.subject : &first, 8, [&](QObject *, const std::function<void(bool)> &done) {
            Run *run = engine.execute(hello());
            QObject::connect(run, &Run::finished, run, [run, done](const RunResult &result) {
                run->deleteLater();
                done(isHello(result));
            });
        });
    }
    stopEngine(engine);
    return {comparison};
}

} // namespace bench
