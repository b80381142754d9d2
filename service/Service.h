// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/audit/Auditor.h>
#include <isol8/config/Config.h>
#include <isol8/docker/Endpoint.h>
#include <isol8/execution/LocalEngine.h>
#include <service/CleanupController.h>
#include <service/ConfigReload.h>
#include <service/ExecuteController.h>
#include <service/FileController.h>
#include <service/HealthController.h>
#include <service/ImageController.h>
#include <service/LogsController.h>
#include <service/Metrics.h>
#include <service/SessionController.h>
#include <service/SessionLedger.h>
#include <service/ShellController.h>
#include <service/SocketController.h>
#include <service/TransferController.h>
#include <service/auth/AuthController.h>
#include <service/http/Listener.h>
#include <service/http/Router.h>

#include <QTimer>

#include <memory>

namespace isol8::service {

struct ServiceOptions
{
    Config config;
    docker::Endpoint endpoint;
    ServerLimits limits;
    bool isLocal = false;            //!< for the one user whose process it is, on a Unix socket
    std::optional<AuthOptions> auth; //!< not set: everybody who connects is let in
    std::optional<QSslConfiguration> tls;
    QString certificateFile; //!< what tls was read from
    QString certificateKeyFile;
    bool accessLog = false;
    milliseconds idle{0}; //!< ends itself after that long without clients and runs; zero: never
    milliseconds drain{10000};
    QStringList prewarm; //!< runtimes
    audit::Settings audit;
};

//! `service.drainMs`.
[[nodiscard]] milliseconds drainOf(const Config &config);
//! `service.maxSessions` and `service.maxSnapshots`.
[[nodiscard]] SessionLedger::Limits keepingOf(const Config &config);
//! `service.maxBodies`, in bytes.
[[nodiscard]] qint64 bodiesOf(const Config &config);

/*!
    The service as a whole: an engine, what listens, and the routes. A local one serves the processes of its own user,
    others whoever has a key.

    drain() ends it in good order: no more clients, what runs may finish for a while, the rest is destroyed; finished()
    when Docker has removed the sandboxes and the clients have their answers.
*/
class Service : public QObject
{
    Q_OBJECT

public:
    explicit Service(ServiceOptions options, QObject *parent = nullptr);
    ~Service() override;

    //! Listens on \a descriptor, which belongs to it from now on, once it knows whom to let in, and has the sandboxes
    //! prewarmed in the background. \a done when clients are served; after an error it serves nobody.
    void start(int descriptor, Callback<void> done);
    //! What can change of \a config, and of what is recorded, while it runs does, for the runs that begin from here on.
    ConfigReload reload(const Config &config, const audit::Settings &audit);
    //! For the clients that connect from here on.
    void setTls(const QSslConfiguration &configuration) { m_listener->setTls(configuration); }
    //! While \a busy it does not end itself for want of clients.
    void setBusy(bool busy);
    void drain();
    //! Like drain() without waiting for what runs.
    void stop();

    [[nodiscard]] const Router &router() const { return m_router; }
    [[nodiscard]] Metrics *metrics() { return &m_metrics; }

Q_SIGNALS:
    //! It takes no more clients from here on, whoever asked for its end.
    void ending();
    void finished();

private:
    void observe();
    [[nodiscard]] Result<void> begin(int descriptor);
    void onActivity();
    void finishWhenQuiet();
    [[nodiscard]] bool isQuiet() const;
    void applyLimits();

    enum class State { Serving, Draining, Stopping, Finished };

    ServiceOptions m_options;
    State m_state = State::Serving;
    bool m_engineStopped = false;
    bool m_busy = false;
    audit::Auditor m_auditor; //!< hears of the end of the last run
    Metrics m_metrics;
    std::unique_ptr<Authenticator> m_authenticator; //!< null: nobody is asked. Hears of the end of the last run, too.
    std::unique_ptr<LocalEngine> m_engine;
    docker::Client m_docker;
    SessionLedger m_ledger;
    Runs m_runs;
    Router m_router;
    Listener *m_listener; //!< m_router's after start()
    ExecuteController m_execute;
    SocketController m_sockets;
    HealthController m_health;
    SessionController m_sessions;
    FileController m_files;
    TransferController m_transfers;
    ShellController m_shells;
    ImageController m_images;
    CleanupController m_cleanup;
    LogsController m_logs;
    AuthController m_auth;
    QTimer m_idleTimer;
    QTimer m_drainTimer;
    QTimer m_lastTimer;
};

} // namespace isol8::service
