// SPDX-License-Identifier: GPL-3.0-or-later
#include "Bench.h"
#include "Engines.h"

#include <QDir>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QFile>

#include <unistd.h>

using namespace Qt::StringLiterals;
using namespace isol8;

namespace bench {

namespace {

// Milliseconds from asking to the result; negative when the run was not what it should be.
double timeInSession(LocalEngine &engine, const QString &session, const QByteArray &code, const QByteArray &expected)
{
    RunRequest request;
    request.runtime = u"python"_s;
    request.code = code;
    RunOptions options;
    options.sessionId = session;
    QElapsedTimer timer;
    timer.start();
    Run *run = engine.execute(request, options);
    QEventLoop loop;
    QObject::connect(run, &Run::finished, &loop, &QEventLoop::quit);
    loop.exec();
    const double ms = double(timer.nsecsElapsed()) / 1e6;
    const bool right = run->result().exitCode == 0 && run->result().stdoutText == expected;
    delete run;
    return right ? ms : -1;
}

bool pauseSession(LocalEngine &engine, const QString &session)
{
    bool paused = false;
    QEventLoop loop;
    engine.setSessionPaused({}, session, true, {&loop, [&](const Result<void> &result) {
                                                    paused = result.has_value();
                                                    loop.quit();
                                                }});
    loop.exec();
    return paused;
}

// What processes of this machine use whose command line has \a part: CPU time in ms, and resident KiB.
struct Used
{
    double cpuMs = 0;
    double residentKiB = 0;
    int processes = 0;
};

Used usedBy(const QByteArray &part)
{
    Used used;
    const QStringList entries = QDir(u"/proc"_s).entryList({u"[0-9]*"_s}, QDir::Dirs);
    for (const QString &entry : entries) {
        const auto read = [&](const QString &name) {
            QFile file(u"/proc/"_s + entry + u'/' + name);
            return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
        };
        if (!read(u"cmdline"_s).contains(part))
            continue;
        const QByteArray stat = read(u"stat"_s);
        const QByteArrayList fields = stat.sliced(stat.lastIndexOf(')') + 2).split(' ');
        if (fields.size() < 22)
            continue;
        ++used.processes;
        used.cpuMs += read(u"schedstat"_s).split(' ').value(0).toDouble() / 1e6;
        used.residentKiB += fields[21].toDouble() * double(::sysconf(_SC_PAGESIZE)) / 1024.0;
    }
    return used;
}

} // namespace

QList<Comparison> sessionRun(int rounds)
{
    Comparison run{
        {u"run in a live python session"_s, u"ms"_s, {}}, {u"host python3 -c"_s, u"ms"_s, {}}, u"none (below 5 ms)"_s};
    Comparison woken{
        {u"run in a paused session"_s, u"ms"_s, {}}, {u"run in a live one"_s, u"ms"_s, {}}, u"none (below 50 ms)"_s};
    LocalEngine engine;
    if (timeInSession(engine, u"bench"_s, "x = 'hello'", {}) < 0)
        return {run};
    for (int i = 0; i < rounds; ++i) {
        run.subject.add(timeInSession(engine, u"bench"_s, "print(x)", "hello\n"));
        run.comparator.add(timeProcess(u"/usr/bin/python3"_s, {u"-c"_s, u"print('hello')"_s}));
        woken.comparator.add(timeInSession(engine, u"bench"_s, "print(x)", "hello\n"));
        if (pauseSession(engine, u"bench"_s))
            woken.subject.add(timeInSession(engine, u"bench"_s, "print(x)", "hello\n"));
        else
            woken.subject.add(-1);
    }
    stopEngine(engine);
    return {run, woken};
}

// A hundred sessions that nobody uses: what they cost while they are paused.
QList<Comparison> idleSessions(int)
{
    constexpr int Count = 100;
    constexpr auto Watched = std::chrono::seconds(20);
    Comparison cpu{{u"CPU of 100 paused sessions' init"_s, u"% of a core"_s, {}}, {}, u"none (below 0.1)"_s};
    Comparison programs{{u"CPU of their interpreters"_s, u"% of a core"_s, {}}, {}, u"none (0)"_s};
    Comparison memory{{u"memory of a session's init and interpreter"_s, u"KiB"_s, {}},
                      {u"of the daemon's own shim for it"_s, u"KiB"_s, {}},
                      u"none"_s};
    LocalEngine engine;
    const Used initBefore = usedBy("isol8-init");
    const Used shimBefore = usedBy("containerd-shim");
    for (int i = 0; i < Count; ++i) {
        const QString name = u"idle-%1"_s.arg(i);
        if (timeInSession(engine, name, "x = 1", {}) < 0 || !pauseSession(engine, name)) {
            cpu.subject.add(-1);
            stopEngine(engine);
            return {cpu};
        }
    }
    const Used init = usedBy("isol8-init");
    const Used python = usedBy("/.isol8/boot/live/live.py");
    const Used shim = usedBy("containerd-shim");
    memory.subject.add((init.residentKiB - initBefore.residentKiB) / Count + python.residentKiB / Count);
    memory.comparator.add((shim.residentKiB - shimBefore.residentKiB) / Count);
    wait(Watched);
    const double percent = 100.0 / double(std::chrono::milliseconds(Watched).count());
    cpu.subject.add((usedBy("isol8-init").cpuMs - init.cpuMs) * percent);
    programs.subject.add((usedBy("/.isol8/boot/live/live.py").cpuMs - python.cpuMs) * percent);
    stopEngine(engine);
    return {cpu, programs, memory};
}

} // namespace bench
