// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Callback.h>
#include <isol8/execution/SandboxInfo.h>

#include <QElapsedTimer>
#include <QHash>
#include <QObject>

namespace isol8 {

namespace docker {
class Client;
}

/*!
    Adds to what an engine knows of its sandboxes what Docker measures of their containers, and remembers it so that the
    next question gets the CPU's use since this one. What cannot be measured is left out.
*/
class SandboxList : public QObject
{
    Q_OBJECT

public:
    //! \a client outlives it.
    explicit SandboxList(docker::Client *client, QObject *parent = nullptr);

    void measure(QList<SandboxInfo> sandboxes, Callback<QList<SandboxInfo>> done);

    //! What Docker's statistics say that a container has used of its CPUs; null of one that does not run.
    [[nodiscard]] static std::optional<qint64> cpuMsOf(const QJsonObject &stats);

private:
    struct Sample
    {
        qint64 cpuNs = 0;
        qint64 at = 0; //!< ms of m_clock
    };
    void take(SandboxInfo *sandbox, const QJsonObject &stats);

    docker::Client *m_client;
    QElapsedTimer m_clock;
    QHash<QString, Sample> m_samples; //!< by container
};

} // namespace isol8
