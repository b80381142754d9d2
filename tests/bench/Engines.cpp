// SPDX-License-Identifier: GPL-3.0-or-later
#include "Engines.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QTextStream>
#include <QTimer>

using namespace Qt::StringLiterals;
using namespace isol8;

namespace bench {

QString isol8Binary()
{
    return qEnvironmentVariable("ISOL8_BIN", QCoreApplication::applicationDirPath()) + u"/isol8"_s;
}

void wait(std::chrono::milliseconds time)
{
    QEventLoop loop;
    QTimer::singleShot(time, &loop, &QEventLoop::quit);
    loop.exec();
}

LocalEngineOptions pooled(Config::PoolStrategy strategy, int dirty)
{
    LocalEngineOptions options;
    options.config.poolStrategy = strategy;
    options.config.poolSize = {1, dirty};
    return options;
}

bool startEngine(LocalEngine &engine, const QStringList &prewarm)
{
    QEventLoop loop;
    bool good = false;
    engine.start(prewarm, {&loop, [&](const Result<void> &result) {
                               good = result.has_value();
                               if (!good)
                                   QTextStream(stderr) << "isol8-bench: " << result.error().message << '\n';
                               loop.quit();
                           }});
    loop.exec();
    return good;
}

void stopEngine(LocalEngine &engine)
{
    QEventLoop loop;
    engine.stop({&loop, [&](const Result<void> &) { loop.quit(); }});
    loop.exec();
}

RunRequest hello()
{
    RunRequest request;
    request.code = "print('hello')";
    return request;
}

bool isHello(const RunResult &result)
{
    return result.exitCode == 0 && result.stdoutText == "hello\n";
}

void sustained(Samples *samples, int clients, const std::function<void(QObject *, std::function<void(bool)>)> &once,
               const std::function<void()> &clear)
{
    QEventLoop loop;
    int done = 0;
    int open = 0;
    bool over = false;
    std::function<void()> next = [&] {
        if (over)
            return;
        ++open;
        once(&loop, [&](bool good) {
            --open;
            done += good;
            samples->failed += !good;
            next();
            if (over && open == 0)
                loop.quit();
        });
    };
    QElapsedTimer timer;
    timer.start();
    for (int i = 0; i < clients; ++i)
        next();
    QTimer::singleShot(5000, &loop, [&] { over = true; });
    loop.exec();
    if (clear)
        clear();
    samples->add(double(done) / (double(timer.nsecsElapsed()) / 1e9));
}

} // namespace bench
