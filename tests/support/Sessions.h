// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "support/Docker.h"

#include <isol8/execution/LocalEngine.h>

#include <QTest>

#include <memory>

//! An engine of its own, and runs in its sessions, for several tests.
class Sessions
{
public:
    explicit Sessions(const isol8::Config &config = {})
    {
        isol8::LocalEngineOptions options;
        options.config = config;
        m_engine = std::make_unique<isol8::LocalEngine>(options);
    }
    ~Sessions()
    {
        if (m_engine)
            qWarning("end() was not called");
    }

    isol8::LocalEngine *engine() const { return m_engine.get(); }

    //! False when a container was left behind.
    [[nodiscard]] bool end()
    {
        const QString id = m_engine->id();
        bool stopped = false;
        m_engine->stop({m_engine.get(), [&](const isol8::Result<void> &) { stopped = true; }});
        const bool ended = QTest::qWaitFor([&] { return stopped; }, 30000);
        m_engine.reset();
        return dockertest::gone(id, 30000) && ended;
    }

    static isol8::RunRequest program(const QString &runtime, const QByteArray &code, int timeoutMs = 60000)
    {
        isol8::RunRequest request;
        request.runtime = runtime;
        request.code = code;
        request.timeout = isol8::milliseconds(timeoutMs);
        return request;
    }
    isol8::Run *start(const isol8::RunRequest &request, const QString &session, isol8::RunOptions options = {},
                      const QString &owner = QStringLiteral("owner"))
    {
        options.sessionId = session;
        return m_engine->execute(request, options, owner);
    }
    static isol8::RunResult wait(isol8::Run *run)
    {
        (void)QTest::qWaitFor([run] { return run->isFinished(); }, 120000);
        const isol8::RunResult result = run->result();
        delete run;
        return result;
    }
    isol8::RunResult run(const QString &session, const QString &runtime, const QByteArray &code, int timeoutMs = 60000)
    {
        return wait(start(program(runtime, code, timeoutMs), session));
    }
    //! Waits until \a run has written something.
    static bool isUp(isol8::Run *run)
    {
        bool up = false;
        QObject::connect(run, &isol8::Run::output, run, [&] { up = true; });
        const bool came = QTest::qWaitFor([&] { return up || run->isFinished(); }, 60000);
        run->disconnect(SIGNAL(output(isol8::OutputStream, QByteArray, isol8::Phase)));
        return came && up;
    }

    QList<isol8::SessionInfo> list(const QString &owner = QStringLiteral("owner"))
    {
        return ask<QList<isol8::SessionInfo>>([&](auto done) { m_engine->sessions(owner, done); })
            .value_or(QList<isol8::SessionInfo>());
    }
    isol8::Result<bool> remove(const QString &session, const QString &owner = QStringLiteral("owner"))
    {
        return ask<bool>([&](auto done) { m_engine->removeSession(owner, session, done); });
    }
    isol8::Result<void> setPaused(const QString &session, bool paused)
    {
        return ask<void>(
            [&](auto done) { m_engine->setSessionPaused(QStringLiteral("owner"), session, paused, done); });
    }
    template<class T, class Function> isol8::Result<T> ask(const Function &function)
    {
        std::optional<isol8::Result<T>> answer;
        function(isol8::Callback<T>(m_engine.get(), [&](const isol8::Result<T> &given) { answer = given; }));
        if (!QTest::qWaitFor([&] { return answer.has_value(); }, 30000))
            return isol8::fail(isol8::errors::Timeout, {});
        return *answer;
    }

private:
    std::unique_ptr<isol8::LocalEngine> m_engine;
};

//! Tests that have one session for each runtime.
class SessionTest : public QObject
{
protected:
    static isol8::RunRequest program(const QString &runtime, const QByteArray &code, int timeoutMs = 60000)
    {
        return Sessions::program(runtime, code, timeoutMs);
    }
    isol8::Run *start(const isol8::RunRequest &request, const isol8::RunOptions &options = {})
    {
        return m->start(request, request.runtime, options);
    }
    static isol8::RunResult wait(isol8::Run *run) { return Sessions::wait(run); }
    isol8::RunResult run(const QString &runtime, const QByteArray &code, int timeoutMs = 60000)
    {
        return wait(start(program(runtime, code, timeoutMs)));
    }

    std::unique_ptr<Sessions> m;
};
