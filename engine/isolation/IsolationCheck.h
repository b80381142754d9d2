// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/docker/Client.h>
#include <isol8/execution/LocalEngine.h>
#include <isol8/isolation/Trials.h>

#include <QMap>
#include <QObject>

#include <memory>

namespace isol8 {

/*!
    Tries the walls of real sandboxes from inside: a dozen runs by an engine of its own, on a daemon and with a
   configuration as runs have them. finished() comes exactly once, never from inside start().

    Deleting it ends what is under way.
*/
class IsolationCheck : public QObject
{
    Q_OBJECT

public:
    //! \a options as for a LocalEngine; its endpoint is set. \a runtime: whose image; bash is in each.
    IsolationCheck(const LocalEngineOptions &options, QString runtime, QObject *parent = nullptr);
    ~IsolationCheck() override;

    //! \a wanted: ids of walls; empty: all.
    void start(const QStringList &wanted);

Q_SIGNALS:
    //! How many of the runs have ended.
    void progress(int ended, int all);
    //! In the order of walls(); those that were wanted.
    void finished(const QList<isol8::WallReport> &reports);

private:
    void begin(bool after);
    void ended(qsizetype index, const RunResult &result);
    void lookForContainers(int attempts);
    void finish();

    docker::Client m_client;
    std::unique_ptr<LocalEngine> m_engine;
    QString m_runtime;
    QStringList m_wanted;
    QList<Trial> m_trials;
    QMap<QString, QList<Probe>> m_probes; //!< by wall
    int m_running = 0;
    int m_ended = 0;
};

} // namespace isol8
