// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/execution/LocalEngine.h>
#include <isol8/execution/RunRequest.h>
#include <service/Caller.h>
#include <service/RunMeter.h>

#include <QHash>
#include <QObject>
#include <QTimer>

namespace isol8::service {

/*!
    Who has begun which sessions, how many, and who pays for what goes on in them between runs.

    How many sessions and snapshots a tenant may have is the configuration's to say (`service.maxSessions`,
    `service.maxSnapshots`), and its keys' quotas may say less. A session whose processes go on when its run is over is
    looked at about once a second where the key that ran something in it last has a quota of CPU time: what it used is
    charged to that key, and a session of a key that has used all of its is paused. One that does nothing is looked at
    less often. The user of a local service is asked for nothing.
*/
class SessionLedger : public QObject
{
    Q_OBJECT

public:
    explicit SessionLedger(LocalEngine *engine, QObject *parent = nullptr);

    //! Keys' quotas come from it, and charges go to it. Null: there are only the tenants' own limits.
    void setMeter(RunMeter *meter) { m_meter = meter; }
    struct Limits
    {
        int sessions = 0; //!< of each tenant; 0: as many as it likes
        int snapshots = 0;
    };
    void setLimits(const Limits &limits) { m_limits = limits; }

    //! Whether \a caller may begin a run with \a options: too_many_sessions.
    [[nodiscard]] Result<void> admit(const RunOptions &options, const Caller &caller) const;
    //! \a caller has begun it.
    void count(Run *run, const RunOptions &options, const Caller &caller);
    //! Whether \a caller may save one more snapshot where its tenant has \a there: too_many_snapshots.
    [[nodiscard]] Result<void> admitSnapshot(qsizetype there, const Caller &caller) const;
    //! Whether \a caller may have the processes of a session go on, for whom it pays from then on: over_quota.
    [[nodiscard]] Result<void> admitResume(const QString &session, const Caller &caller);

    //! Calls \a done when what a session has used so far is charged: it is about to be removed.
    void settle(const QString &tenant, const QString &session, QObject *context, std::function<void()> done);

private:
    using Name = std::pair<QString, QString>; //!< tenant and session
    struct Held
    {
        QString payer;    //!< the id of the key that used it last; empty: nobody is charged
        int runs = 0;     //!< under way in it, or waiting
        qint64 cpuMs = 0; //!< of its sandbox, that somebody was charged
        bool knowsCpu = true;
        int rests = 0; //!< looks to be left out
        int left = 0;  //!< of those
    };

    void counted(Run *run, const Name &name);
    void nameIt(const Run *run);
    void tidy();
    void lookAll();
    void look(const Name &name, const std::function<void()> &done);
    void used(const Name &name, const LocalEngine::SessionUse &use);
    [[nodiscard]] bool isMetered(const Held &held) const;
    [[nodiscard]] int sessionsOf(const QString &tenant) const;

    LocalEngine *m_engine;
    RunMeter *m_meter = nullptr;
    Limits m_limits;
    QHash<Name, Held> m_held;
    struct Unnamed
    {
        QString tenant;
        QString payer;
    };
    QHash<const Run *, Unnamed> m_unnamed; //!< runs that make a session whose name the engine has not told yet
    QTimer m_timer;
};

} // namespace isol8::service
