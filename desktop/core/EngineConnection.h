// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <desktop/core/EngineFactory.h>
#include <isol8/docker/Client.h>
#include <isol8/remote/ServiceClient.h>

#include <QObject>
#include <QTimer>

#include <memory>

namespace isol8::desktop {

/*!
    A way to run programs, with its engine. It looks again by itself whether the other end answers: soon after it did
    not, seldom while it does. What failed recovers without anybody's doing.
*/
class EngineConnection : public QObject
{
    Q_OBJECT

public:
    enum class State { Connecting, Ready, Failed };

    EngineConnection(ConnectionSpec spec, std::unique_ptr<Engine> engine, QObject *parent = nullptr);
    ~EngineConnection() override;

    [[nodiscard]] const ConnectionSpec &spec() const { return m_spec; }
    [[nodiscard]] State state() const { return m_state; }
    //! Why it is Failed.
    [[nodiscard]] const Error &problem() const { return m_problem; }
    [[nodiscard]] Engine *engine() const { return m_engine.get(); }
    //! The daemon of a local connection; null for others, and where none can be found.
    [[nodiscard]] docker::Client *docker() const { return m_docker.get(); }
    //! A service's routes beside those of Engine; null for other connections.
    [[nodiscard]] remote::ServiceClient *service() const { return m_service.get(); }
    void setService(const remote::ServiceEndpoint &endpoint);

    //! Looks now.
    void check();
    //! Ends its runs and sandboxes; stopped() follows.
    void stop();

    static constexpr milliseconds RetryEvery{2000};
    static constexpr milliseconds LookEvery{5000};
    static constexpr milliseconds OwnerEvery{60000};

Q_SIGNALS:
    void stateChanged();
    void stopped();

private:
    void answered(const Result<void> &result);

    ConnectionSpec m_spec;
    std::unique_ptr<Engine> m_engine;
    std::unique_ptr<docker::Client> m_docker;
    std::unique_ptr<remote::ServiceClient> m_service;
    State m_state = State::Connecting;
    Error m_problem;
    QTimer m_timer;
    bool m_asking = false;
    bool m_started = false;
    bool m_stopping = false;
};

} // namespace isol8::desktop
