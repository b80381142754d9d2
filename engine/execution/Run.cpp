// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/execution/Run.h>

#include <utility>

namespace isol8 {

QFuture<RunResult> Run::future()
{
    auto promise = std::make_shared<QPromise<RunResult>>();
    promise->start();
    if (isFinished()) {
        promise->addResult(result());
        promise->finish();
    } else {
        m_promises.push_back(promise);
    }
    return promise->future();
}

void Run::tellFinished()
{
    for (const auto &promise : std::exchange(m_promises, {})) {
        promise->addResult(result());
        promise->finish();
    }
    Q_EMIT finished(result());
}

} // namespace isol8
