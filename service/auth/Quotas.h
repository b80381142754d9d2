// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/execution/Run.h>
#include <service/Caller.h>
#include <service/auth/KeyRecord.h>
#include <service/auth/KeyStore.h>

#include <QHash>
#include <QObject>

#include <deque>
#include <functional>

namespace isol8::service {

/*!
    What each key has used of its quota, which may change at any time. Runs a minute and runs at a time are counted in
    this process; CPU time is counted by day (of UTC) in the database, for all services that use it, and survives them.

    A run whose client leaves before its end is charged what was last heard of its CPU time, and all of the time since.
*/
class Quotas : public QObject
{
    Q_OBJECT

public:
    //! \a now: ms since 1970, for tests.
    explicit Quotas(QObject *parent = nullptr, std::function<qint64()> now = {});

    //! What the database says of a key; answers come in the order in which it was asked, what was written included.
    void learn(const KeyRecord &record);
    //! The CPU time that the database does not know yet. wereNoted() says that it does.
    [[nodiscard]] KeyNotes takeNotes();
    void wereNoted(const KeyNotes &notes);
    //! They could not be written.
    void keepNotes(const KeyNotes &notes);

    //! As RunMeter has them.
    [[nodiscard]] Result<void> admit(const Caller &caller);
    [[nodiscard]] int retryAfter(const Caller &caller) const;
    void count(const Caller &caller, Run *run);
    [[nodiscard]] Quota quotaOf(const QString &keyId) const { return m_uses.value(keyId).quota; }
    //! CPU time that no run has used.
    void charge(const QString &keyId, qint64 cpuMs);
    //! over_quota where the day's CPU time is used up, and \a grace beyond it.
    [[nodiscard]] Result<void> mayCompute(const QString &keyId, qint64 graceMs = 0);

    //! What goes on is ended when it has used so much more than there was: what is heard of it is that old.
    static constexpr qint64 RunningGraceMs = 1000;

Q_SIGNALS:
    //! There is something in takeNotes().
    void noteworthy();

private:
    struct Running
    {
        qint64 cpuMs = 0;    //!< that was last heard of
        qint64 heardAt = -1; //!< when; -1: it has not begun
    };
    struct Use
    {
        Quota quota;
        std::deque<qint64> begun; //!< in the last minute
        QHash<const Run *, Running> running;
        qint64 day = 0;         //!< that the following are of
        qint64 cpuNoted = 0;    //!< in the database
        qint64 cpuOnTheWay = 0; //!< given by takeNotes()
        qint64 cpuNew = 0;
        qint64 seen = 0; //!< when the database told of it last
    };

    void turn(Use *use, qint64 now) const;
    void endRun(const QString &keyId, const Run *run, qint64 cpuMs);
    void onFinished(const QString &keyId, const Run *run, const RunResult &result);
    void onEnded(const QString &keyId, const Run *run);
    [[nodiscard]] qint64 timeOf(const Running &running) const;
    [[nodiscard]] qint64 cpuOf(const Use &use) const;
    void prune(qint64 now);

    std::function<qint64()> m_now;
    QHash<QString, Use> m_uses;
};

} // namespace isol8::service
