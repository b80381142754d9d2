// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "Bench.h"

#include <isol8/execution/LocalEngine.h>

#include <chrono>
#include <functional>

//! What several benchmarks do with an engine. These run event loops of their own until it is done.
namespace bench {

[[nodiscard]] QString isol8Binary();

void wait(std::chrono::milliseconds time);

[[nodiscard]] isol8::LocalEngineOptions pooled(isol8::Config::PoolStrategy strategy, int dirty);
bool startEngine(isol8::LocalEngine &engine, const QStringList &prewarm);
void stopEngine(isol8::LocalEngine &engine);

//! print('hello') in python, and whether that is what came of it.
[[nodiscard]] isol8::RunRequest hello();
[[nodiscard]] bool isHello(const isol8::RunResult &result);

/*!
    Adds to \a samples how many a second end well of what \a once begins, \a clients at a time, for five seconds; what
    was begun then is waited for, and counted with its time. \a once is given a context that dies with the round, and
    what to call at the end. The time that \a clear takes, which waits until nothing is left of all, counts, too.
*/
void sustained(Samples *samples, int clients, const std::function<void(QObject *, std::function<void(bool)>)> &once,
               const std::function<void()> &clear = {});

} // namespace bench
