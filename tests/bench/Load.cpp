// SPDX-License-Identifier: GPL-3.0-or-later
#include "Bench.h"
#include "Engines.h"

#include <isol8/docker/AttachStream.h>
#include <isol8/docker/Client.h>
#include <isol8/execution/LocalEngine.h>
#include <isol8/execution/RunPlan.h>
#include <isol8/sandbox/GuestDelivery.h>

#include <QElapsedTimer>
#include <QEventLoop>
#include <QFile>
#include <QProcessEnvironment>
#include <QThread>
#include <QTimer>

#include <algorithm>
#include <ctime>
#include <functional>

#include <unistd.h>

using namespace Qt::StringLiterals;
using namespace isol8;

namespace bench {

namespace {

constexpr int Clients = 4;

// Create, start and remove with exactly what a run's container is made of, and nothing else.
class BareContainers
{
public:
    BareContainers()
        : m_client(docker::Endpoint::discover(QProcessEnvironment::systemEnvironment()).value_or(docker::Endpoint{}))
        , m_delivery(&m_client)
    {
        QEventLoop loop;
        m_delivery.prepare({&loop, [&](const Result<SandboxIdentity> &identity) {
                                if (identity)
                                    m_identity = *identity;
                                loop.quit();
                            }});
        loop.exec();
        m_identity.engineId = u"isol8-bench"_s;
        m_identity.purpose = u"run"_s;
        const Config config;
        const RuntimeRegistry runtimes = RuntimeRegistry::builtIn();
        if (const auto spec = defaultSpec(
                u"python"_s, {config, runtimes, LimitsApplied::Configured, double(QThread::idealThreadCount())}))
            m_spec = *spec;
    }

    void once(QObject *context, const std::function<void(bool)> &done)
    {
        m_client.createContainer(createRequest(m_spec, m_identity), {},
                                 {context, [this, context, done](const Result<QString> &id) {
                                      if (!id)
                                          return done(false);
                                      start(*id, context, done);
                                  }});
    }

private:
    void start(const QString &id, QObject *context, const std::function<void(bool)> &done)
    {
        docker::AttachStream *stream = m_client.attach(id, &m_client); // or it would end at once, without stdin
        QObject::connect(stream, &docker::AttachStream::opened, context, [this, id, stream, context, done] {
            m_client.startContainer(id, {context, [this, id, stream, context, done](const Result<void> &started) {
                                             remove(id, stream, context, done, started.has_value());
                                         }});
        });
    }
    void remove(const QString &id, docker::AttachStream *stream, QObject *context,
                const std::function<void(bool)> &done, bool started)
    {
        m_client.removeContainer(id, {context, [stream, done, started](const Result<void> &removed) {
                                          delete stream;
                                          done(started && removed.has_value());
                                      }});
    }

    docker::Client m_client;
    GuestDelivery m_delivery;
    SandboxIdentity m_identity;
    SandboxSpec m_spec;
};

// CPU seconds that the whole machine has spent, whoever spent them.
double machineSeconds()
{
    QFile file(u"/proc/stat"_s);
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    const QList<QByteArray> fields = file.readLine().simplified().split(' ');
    double ticks = 0;
    for (const int field : {1, 2, 3, 6, 7}) // user, nice, system, irq, softirq
        ticks += fields.value(field).toDouble();
    return ticks / double(::sysconf(_SC_CLK_TCK));
}

double percentile(QList<double> values, double part)
{
    if (values.isEmpty())
        return 0;
    std::sort(values.begin(), values.end());
    return values[std::min(values.size() - 1, qsizetype(part * double(values.size())))];
}

// Milliseconds from asking to each answer, of `count` runs asked for at the same time. Fewer than that: some failed.
QList<double> atOnce(LocalEngine &engine, int count)
{
    QList<double> times;
    QEventLoop loop;
    QElapsedTimer timer;
    timer.start();
    int open = count;
    for (int i = 0; i < count; ++i) {
        Run *run = engine.execute(hello(), {}, QString());
        QObject::connect(run, &Run::finished, &loop, [&, run](const RunResult &result) {
            if (isHello(result))
                times.append(double(timer.nsecsElapsed()) / 1e6);
            run->deleteLater();
            if (--open == 0)
                loop.quit();
        });
    }
    loop.exec();
    return times;
}

// Milliseconds of CPU, of all processes of the machine, that a run alone costs with what is done behind its answer;
// without what the machine spends anyway. Negative when a run fails.
double costAlone(LocalEngine &engine)
{
    constexpr int Runs = 20;
    QElapsedTimer timer;
    timer.start();
    const double atRest = machineSeconds();
    wait(std::chrono::milliseconds(1500));
    const double anyway = (machineSeconds() - atRest) / double(timer.restart());
    const double before = machineSeconds();
    int good = 0;
    for (int i = 0; i < Runs; ++i)
        good += int(atOnce(engine, 1).size());
    wait(std::chrono::milliseconds(1500));
    const double cost = (machineSeconds() - before - anyway * double(timer.elapsed())) * 1000 / Runs;
    return good == Runs ? cost : -1;
}

QList<Comparison> burst(Config::PoolStrategy strategy, const QString &name, int rounds)
{
    constexpr int Count = 100;
    Comparison comparison{{u"100 runs asked at once, %1: the 99th percentile"_s.arg(name), u"ms"_s, {}},
                          {u"100 times the CPU time, of all processes of the machine, of a run alone"_s, u"ms"_s, {}},
                          u"at most 1.5"_s};
    Comparison lost{{u"of these failed"_s, u"runs"_s, {}}, {}, u"none"_s};
    LocalEngine engine(pooled(strategy, 8));
    startEngine(engine, {u"python"_s});
    for (int i = 0; i < rounds; ++i) {
        wait(std::chrono::milliseconds(1500));
        comparison.comparator.add(costAlone(engine) * Count);
        const QList<double> times = atOnce(engine, Count);
        comparison.subject.values.append(percentile(times, 0.99));
        lost.subject.values.append(Count - double(times.size()));
    }
    stopEngine(engine);
    return {comparison, lost};
}

} // namespace

QList<Comparison> secureThroughput(int rounds)
{
    Comparison comparison{
        {u"python runs a second, secure, %1 clients"_s.arg(Clients), u"1/s"_s, {}},
        {u"containers a second, create, start and remove with the same flags, as many at a time"_s, u"1/s"_s, {}},
        u"at least 0.9"_s};
    BareContainers bare;
    for (int i = 0; i < rounds; ++i) {
        LocalEngine engine(pooled(Config::PoolStrategy::Secure, 1));
        startEngine(engine, {u"python"_s});
        const auto once = [&](QObject *, const std::function<void(bool)> &done) {
            Run *run = engine.execute(hello());
            QObject::connect(run, &Run::finished, run, [run, done](const RunResult &result) {
                run->deleteLater();
                done(isHello(result));
            });
        };
        // A container that is removed behind an answer is part of its run. Those of the bare are gone when each is
        // done.
        sustained(&comparison.subject, Clients, once, [&] { stopEngine(engine); });
        sustained(&comparison.comparator, Clients,
                  [&](QObject *context, const std::function<void(bool)> &done) { bare.once(context, done); });
    }
    return {comparison};
}

QList<Comparison> burst(int rounds)
{
    return burst(Config::PoolStrategy::Fast, u"fast"_s, rounds) + burst(Config::PoolStrategy::Secure, u"secure"_s, 1);
}

// From just before the program's write to the signal that brings it, by the one clock that both read.
QList<Comparison> firstByte(int rounds)
{
    Comparison comparison{{u"from a program's write to Run::output"_s, u"ms"_s, {}}, {}, u"under 2 ms"_s};
    LocalEngine engine(pooled(Config::PoolStrategy::Secure, 1));
    startEngine(engine, {u"python"_s});
    RunRequest request;
    request.code = "import os, time\n"
                   "for i in range(20):\n"
                   "    time.sleep(0.05)\n"
                   "    os.write(1, b'%d\\n' % time.time_ns())\n";
    for (int i = 0; i < rounds; ++i) {
        Run *run = engine.execute(request);
        QEventLoop loop;
        QObject::connect(run, &Run::output, &loop, [&](OutputStream, const QByteArray &text) {
            timespec now{};
            ::clock_gettime(CLOCK_REALTIME, &now);
            const qint64 written = text.trimmed().toLongLong();
            if (written > 0)
                comparison.subject.values.append(double(qint64(now.tv_sec) * 1'000'000'000 + now.tv_nsec - written) /
                                                 1e6);
        });
        QObject::connect(run, &Run::finished, &loop, &QEventLoop::quit);
        loop.exec();
        delete run;
    }
    stopEngine(engine);
    return {comparison};
}

} // namespace bench
