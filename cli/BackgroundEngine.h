// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Callback.h>
#include <isol8/config/Config.h>
#include <isol8/execution/RunRequest.h>
#include <isol8/remote/RemoteEngine.h>

#include <QElapsedTimer>
#include <QObject>
#include <QProcessEnvironment>

#include <memory>

namespace isol8::cli {

/*!
    The way to this user's background engine (`isol8 serve --local`) for one run, or null where there is none to try: no
    socket that is ours, ISOL8_ENGINE=local, or a run so large that handing it over costs more than it saves. Whether
   the engine answers, and is of our version, its start() says. bad_request for another value of ISOL8_ENGINE.
*/
[[nodiscard]] Result<std::unique_ptr<RemoteEngine>> backgroundEngine(const Config &config, const RunRequest &request,
                                                                     const QProcessEnvironment &environment);

/*!
    Has the background engine there for what only it can do: sessions. Starts it where it does not run, with \a config's
    file, and calls back when it answers. bad_request for ISOL8_ENGINE=local; engine_unreachable where it cannot be
    started or does not fit.
*/
class BackgroundStart : public QObject
{
    Q_OBJECT

public:
    //! \a installs: for a run that installs packages, from the registries of this process's settings.
    BackgroundStart(Config config, QString configPath, bool installs, QProcessEnvironment environment, QObject *parent);
    void start(Callback<std::shared_ptr<RemoteEngine>> done);

private:
    void attempt();
    [[nodiscard]] bool launch();
    void fail(const QString &code, const QString &sentence, const QString &detail = {});

    Config m_config;
    QString m_configPath;
    bool m_installs;
    QProcessEnvironment m_environment;
    Callback<std::shared_ptr<RemoteEngine>> m_done;
    std::shared_ptr<RemoteEngine> m_engine;
    QElapsedTimer m_since;
    QString m_problem;
    bool m_launched = false;
};

} // namespace isol8::cli
