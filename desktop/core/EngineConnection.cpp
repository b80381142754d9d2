// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/core/EngineConnection.h>

#include <isol8/docker/Endpoint.h>

#include <QProcessEnvironment>

namespace isol8::desktop {

EngineConnection::EngineConnection(ConnectionSpec spec, std::unique_ptr<Engine> engine, QObject *parent)
    : QObject(parent)
    , m_spec(std::move(spec))
    , m_engine(std::move(engine))
{
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &EngineConnection::check);
    m_timer.start(0);
}

EngineConnection::~EngineConnection() = default;

void EngineConnection::check()
{
    if (m_asking || m_stopping)
        return;
    m_timer.stop();
    m_asking = true;
    if (m_spec.kind == ConnectionSpec::Kind::Local && !m_docker) {
        const auto endpoint = docker::Endpoint::discover(QProcessEnvironment::systemEnvironment());
        if (!endpoint) {
            answered(fail(endpoint.error()));
            return;
        }
        m_docker = std::make_unique<docker::Client>(*endpoint);
        m_docker->setTimeout(std::chrono::seconds(10));
    }
    if (m_docker && m_started) {
        m_docker->ping({this, [this](const Result<docker::Version> &version) {
                            answered(version ? Result<void>() : Result<void>(fail(version.error())));
                        }});
        return;
    }
    if (m_started && m_state == State::Ready) {
        m_engine->sessions({}, {this, [this](const Result<QList<SessionInfo>> &list) {
                                    answered(list ? Result<void>() : Result<void>(fail(list.error())));
                                }});
        return;
    }
    m_engine->start({}, {this, [this](const Result<void> &result) {
                             m_started = m_started || result.has_value();
                             answered(result);
                         }});
}

void EngineConnection::answered(const Result<void> &result)
{
    m_asking = false;
    if (m_stopping)
        return;
    const State before = m_state;
    const Error problem = result ? Error{} : result.error();
    m_state = result ? State::Ready : State::Failed;
    // A key that is refused stays so until its owner changes it; asking often would count as guessing.
    const bool forOwner = problem.code == remote::errors::Forbidden || problem.code == remote::errors::Unauthorized;
    m_timer.start(result ? LookEvery : forOwner ? OwnerEvery : RetryEvery);
    if (m_state != before || m_problem != problem) {
        m_problem = problem;
        Q_EMIT stateChanged();
    }
}

void EngineConnection::setService(const remote::ServiceEndpoint &endpoint)
{
    m_service = std::make_unique<remote::ServiceClient>(endpoint);
}

void EngineConnection::stop()
{
    m_stopping = true;
    m_timer.stop();
    m_engine->stop({this, [this](const Result<void> &) { Q_EMIT stopped(); }});
}

} // namespace isol8::desktop
