// SPDX-License-Identifier: GPL-3.0-or-later
#include "Bench.h"

#include <isol8/docker/AttachStream.h>
#include <isol8/docker/Client.h>
#include <isol8/execution/LocalEngine.h>

#include <QElapsedTimer>
#include <QEventLoop>
#include <QFile>
#include <QProcessEnvironment>

using namespace Qt::StringLiterals;
using namespace isol8;

namespace bench {

namespace {

constexpr qint64 StreamedBytes = 256 * MiB;

RunResult runToEnd(LocalEngine &engine, const RunRequest &request, const RunOptions &options,
                   const std::function<void(qsizetype)> &onOutput = {})
{
    Run *run = engine.execute(request, options);
    QEventLoop loop;
    if (onOutput)
        QObject::connect(run, &Run::output, &loop,
                         [&](OutputStream, const QByteArray &text) { onOutput(text.size()); });
    QObject::connect(run, &Run::finished, &loop, &QEventLoop::quit);
    loop.exec();
    const RunResult result = run->result();
    delete run;
    return result;
}

double programTime(const RunResult &result)
{
    return result.exitCode == 0 ? double(result.durationMs) : -1;
}

RunRequest writer(qint64 bytes)
{
    RunRequest request;
    request.cmd = u"head -c %1 /dev/zero"_s.arg(bytes); // the cheapest writer there is
    request.timeout = milliseconds(300000);
    return request;
}

// MB/s between the first and the last byte of the same program's output on a bare attached stream: the same limits, but
// no init, no frames, no filter.
double bareStream(docker::Client &client, qint64 bytes)
{
    QEventLoop loop;
    QString id;
    const QJsonObject request{{u"Image"_s, u"isol8:bash"_s},
                              {u"Cmd"_s, QJsonArray{u"bash"_s, u"-c"_s, writer(bytes).cmd}},
                              {u"AttachStdin"_s, true},
                              {u"AttachStdout"_s, true},
                              {u"AttachStderr"_s, true},
                              {u"OpenStdin"_s, true},
                              {u"StdinOnce"_s, true},
                              {u"NetworkDisabled"_s, true},
                              {u"HostConfig"_s, QJsonObject{{u"AutoRemove"_s, true},
                                                            {u"NanoCpus"_s, 1'000'000'000},
                                                            {u"Memory"_s, 512 * MiB},
                                                            {u"MemorySwap"_s, 512 * MiB},
                                                            {u"LogConfig"_s, QJsonObject{{u"Type"_s, u"none"_s}}}}}};
    client.createContainer(request, {}, {&loop, [&](const Result<QString> &created) {
                                             id = created.value_or(QString());
                                             loop.quit();
                                         }});
    loop.exec();
    if (id.isEmpty())
        return 0;
    docker::AttachStream *stream = client.attach(id, &loop);
    QElapsedTimer timer;
    qint64 seen = 0;
    double rate = 0;
    QObject::connect(stream, &docker::AttachStream::opened, &loop, [&] {
        client.startContainer(id, {&loop, [](const Result<void> &) {}});
    });
    QObject::connect(stream, &docker::AttachStream::standardOutput, &loop, [&](QByteArrayView data) {
        if (!timer.isValid())
            timer.start();
        seen += data.size();
        if (seen >= bytes) {
            rate = double(seen) / 1e6 / (double(timer.nsecsElapsed()) / 1e9);
            loop.quit();
        }
    });
    QObject::connect(stream, &docker::AttachStream::closed, &loop, &QEventLoop::quit);
    loop.exec();
    delete stream;
    client.removeContainer(id, {&loop, [&](const Result<void> &) { loop.quit(); }});
    loop.exec();
    return rate;
}

} // namespace

QList<Comparison> streamedOutput(int rounds)
{
    Comparison comparison{{u"256 MB of stdout through the engine"_s, u"MB/s"_s, {}},
                          {u"the same on a bare attached stream"_s, u"MB/s"_s, {}},
                          u"at least 0.9"_s};
    LocalEngine engine;
    docker::Client client(
        docker::Endpoint::discover(QProcessEnvironment::systemEnvironment()).value_or(docker::Endpoint{}));
    RunOptions options;
    options.maxOutputSize = 4 * GiB;
    options.collectOutput = false;
    for (int i = 0; i < rounds; ++i) {
        QElapsedTimer timer;
        qint64 seen = 0;
        double rate = 0;
        runToEnd(engine, writer(StreamedBytes), options, [&](qsizetype size) {
            if (!timer.isValid())
                timer.start();
            seen += size;
            if (seen >= StreamedBytes)
                rate = double(seen) / 1e6 / (double(timer.nsecsElapsed()) / 1e9);
        });
        comparison.subject.add(rate > 0 ? rate : -1);
        comparison.comparator.values.append(bareStream(client, StreamedBytes));
    }
    return {comparison};
}

QList<Comparison> droppedOutput(int rounds)
{
    Comparison comparison{{u"1 GB of stdout past the limit, by the program's own time"_s, u"ms"_s, {}},
                          {u"the same program into cat >/dev/null, inside"_s, u"ms"_s, {}},
                          u"at most 1.2"_s};
    LocalEngine engine;
    const qint64 bytes = 1 * GiB;
    for (int i = 0; i < rounds; ++i) {
        comparison.subject.add(programTime(runToEnd(engine, writer(bytes), {})));
        RunRequest piped = writer(bytes);
        piped.cmd += u" | cat >/dev/null"_s;
        comparison.comparator.add(programTime(runToEnd(engine, piped, {})));
    }
    return {comparison};
}

// Resident memory of this process (the engine within it) after 1 GB has passed, against before.
QList<Comparison> memory(int rounds)
{
    Comparison comparison{
        {u"engine's memory after 1 GB of streamed stdout"_s, u"kB"_s, {}}, {u"before"_s, u"kB"_s, {}}, u"flat"_s};
    LocalEngine engine;
    RunOptions options;
    options.maxOutputSize = 4 * GiB;
    options.collectOutput = false;
    for (int i = 0; i < rounds; ++i) {
        runToEnd(engine, writer(1 * MiB), options);
        comparison.comparator.values.append(double(residentKiB()));
        runToEnd(engine, writer(1 * GiB), options);
        comparison.subject.values.append(double(residentKiB()));
    }
    return {comparison};
}

} // namespace bench
