// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/config/Config.h>
#include <isol8/execution/Engine.h>
#include <isol8/execution/Resolve.h>
#include <isol8/remote/EngineContext.h>
#include <isol8/runtime/Runtime.h>
#include <service/Caller.h>
#include <service/ExecuteMessage.h>
#include <service/RunMeter.h>
#include <service/SessionLedger.h>

#include <QDateTime>
#include <QJsonArray>

namespace isol8::service {

//! An answer to a request that comes to nothing.
struct Refusal
{
    int status = 400;
    Error error;
    int retryAfter = 0; //!< seconds; 0: nothing is said of it
};

//! Seconds in which a session or a snapshot more may have become possible: somebody must remove one.
inline constexpr int KeptPatience = 30;

//! What HTTP says of an error before anything ran: the specification's sections 4 and 9.
[[nodiscard]] int httpStatus(const Error &error);
//! Where \a result is of a run that never began: how to answer it instead of with a result. \a started: its program
//! did begin.
[[nodiscard]] std::optional<Refusal> refusalOf(const RunResult &result, bool started);

/*!
    Has the engine run what clients ask for, and counts what is under way.
*/
class Runs : public QObject
{
    Q_OBJECT

public:
    //! Options that a request leaves open are filled from \a config, whose \a limits hold: the engine fills none.
    Runs(Engine *engine, EngineContext context, LimitsApplied limits, QObject *parent = nullptr);

    //! Whether \a token, of the client's EngineContextField, is one of this engine. Null: the client does not care.
    [[nodiscard]] std::optional<Refusal> checkContext(const QByteArray &token) const;

    struct Started
    {
        const Runs *runs = nullptr;
        Run *run = nullptr;  //!< the caller's to delete
        QStringList limited; //!< to be put before the result's own
    };
    //! Asked about callers from now on; over_quota comes from it. Must live as long.
    void setMeter(RunMeter *meter) { m_meter = meter; }
    //! Asked about those that begin sessions. Must live as long.
    void setLedger(SessionLedger *ledger) { m_ledger = ledger; }
    //! Whether \a caller was let pass so long ago that it is best to confirm() that before start().
    [[nodiscard]] bool mayHaveChanged(const Caller &caller) const { return m_meter && !caller.keyId.isEmpty(); }
    void confirm(const Caller &caller, Callback<void> done) { m_meter->confirm(caller, std::move(done)); }
    //! How long who was refused with \a error is best to wait; 0: it does not matter.
    [[nodiscard]] int retryAfter(const Error &error, const Caller &caller) const;
    //! unknown_runtime, bad_request, over_quota, too_many_sessions; not_allowed (RequestPolicy.h); cancelled while
    //! draining.
    [[nodiscard]] Result<Started> start(ExecuteMessage message, const Caller &caller);
    //! For the runs that start from here on. Its runtimes are those of before.
    void setConfig(const Config &config);
    //! From here on start() fails with cancelled.
    void refuseMore() { m_refusing = true; }

    [[nodiscard]] int active() const { return int(m_active.size()); }
    //! Those of \a tenant that are under way, the oldest first: `{id, runtime, state, startedAt}`; state is queued,
    //! starting or running.
    [[nodiscard]] QJsonArray list(const QString &tenant) const;
    //! Ends one of \a tenant's; false: there is none of that id.
    [[nodiscard]] bool cancel(const QString &tenant, const QString &id);
    [[nodiscard]] const EngineContext &context() const { return m_context; }
    [[nodiscard]] const RuntimeRegistry &runtimes() const { return m_runtimes; }

Q_SIGNALS:
    void activeChanged();
    //! \a run was begun for \a caller, with all filled in.
    void made(isol8::Run *run, const isol8::RunRequest &request, const isol8::RunOptions &options,
              const isol8::service::Caller &caller, const QString &runtime);
    //! What \a caller asked for was not begun, for it may not have that now (\a why).
    void refused(const isol8::RunRequest &request, const isol8::RunOptions &options,
                 const isol8::service::Caller &caller, const isol8::Error &why);
    //! \a run is being cancelled, for its caller's key does not count any more: whoever waits need not wait for that.
    void ended(isol8::Run *run, const isol8::Error &why);

private:
    [[nodiscard]] Result<Started> begin(ExecuteMessage *message, const Caller &caller);
    struct Active
    {
        Run *run = nullptr;
        QString tenant;
        QString runtime;
        QString state;
        QDateTime since;
    };
    void useOwnRuntimes(ExecuteMessage *message) const;
    void watch(Run *run, const QString &tenant, const QString &runtime);
    void setState(const Run *run, const QString &state);
    void end(Run *run, const Error &why);

    Engine *m_engine;
    EngineContext m_context;
    LimitsApplied m_limits;
    RuntimeRegistry m_runtimes;
    QByteArray m_token;
    RunMeter *m_meter = nullptr;
    SessionLedger *m_ledger = nullptr;
    bool m_refusing = false;
    QList<Active> m_active;
};

} // namespace isol8::service
