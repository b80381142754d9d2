// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/BackgroundEngine.h>

#include <cli/ServeCommand.h>
#include <isol8/docker/Endpoint.h>
#include <isol8/registry/RegistrySettings.h>
#include <isol8/remote/LocalSocket.h>

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QProcess>
#include <QTimer>

using namespace Qt::StringLiterals;

namespace isol8::cli {

namespace {

// On this machine a connection is a matter of microseconds; an engine that is stopped must not stop us.
constexpr milliseconds Patience{1000};
constexpr qint64 LargestRequest = 4 * MiB;

qint64 sizeOf(const RunRequest &request)
{
    qint64 size = request.code.value_or(QByteArray()).size();
    for (const InputFile &file : request.files)
        size += file.content.size();
    return size;
}

// How long an engine that was just started may take to answer, and how often it is asked.
constexpr milliseconds StartPatience{10000};
constexpr milliseconds StartStep{20};

RemoteEngineOptions engineOptions(const LocalSocket &socket, const docker::Endpoint &endpoint, const Config &config,
                                  bool installs)
{
    RemoteEngineOptions options;
    options.address.path = socket.path();
    options.context = EngineContext{u"" ISOL8_VERSION ""_s, endpoint.toString(), config};
    if (installs)
        options.context->registries =
            registry::RegistrySettings::read(registry::SettingsSources::ofThisProcess()).digest();
    options.patience = Patience;
    return options;
}

} // namespace

Result<std::unique_ptr<RemoteEngine>> backgroundEngine(const Config &config, const RunRequest &request,
                                                       const QProcessEnvironment &environment)
{
    const QString wanted = environment.value(u"ISOL8_ENGINE"_s);
    if (wanted == u"local")
        return nullptr;
    if (!wanted.isEmpty() && wanted != u"auto")
        return fail(errors::BadRequest, u"ISOL8_ENGINE must be auto or local, not \"%1\"."_s.arg(wanted.left(64)));
    const LocalSocket socket = LocalSocket::find(environment);
    if (sizeOf(request) > LargestRequest || !socket.isOurs())
        return nullptr;
    const auto endpoint = docker::Endpoint::discover(environment);
    if (!endpoint)
        return nullptr;
    return std::make_unique<RemoteEngine>(engineOptions(socket, *endpoint, config, !request.installPackages.isEmpty()));
}

BackgroundStart::BackgroundStart(Config config, QString configPath, bool installs, QProcessEnvironment environment,
                                 QObject *parent)
    : QObject(parent)
    , m_config(std::move(config))
    , m_configPath(std::move(configPath))
    , m_installs(installs)
    , m_environment(std::move(environment))
{
}

void BackgroundStart::start(Callback<std::shared_ptr<RemoteEngine>> done)
{
    m_done = std::move(done);
    m_since.start();
    QTimer::singleShot(0, this, &BackgroundStart::attempt);
}

void BackgroundStart::fail(const QString &code, const QString &sentence, const QString &detail)
{
    m_done(isol8::fail(code, sentence, detail));
}

void BackgroundStart::attempt()
{
    if (m_environment.value(u"ISOL8_ENGINE"_s) == u"local")
        return fail(errors::BadRequest.toString(),
                    u"Sessions live in the background engine, which ISOL8_ENGINE=local turns off; unset it."_s);
    const auto endpoint = docker::Endpoint::discover(m_environment);
    if (!endpoint)
        return fail(endpoint.error().code, endpoint.error().message);
    const LocalSocket socket = LocalSocket::find(m_environment);
    const auto again = [this] { QTimer::singleShot(StartStep, this, &BackgroundStart::attempt); };
    if (m_since.hasExpired(StartPatience.count()))
        return fail(errors::EngineUnreachable.toString(),
                    u"The background engine was started but does not answer; see what isol8 serve --local says."_s,
                    m_problem);
    if (!socket.isOurs()) {
        if (launch())
            again();
        return;
    }
    m_engine = std::make_shared<RemoteEngine>(engineOptions(socket, *endpoint, m_config, m_installs));
    m_engine->start({},
                    {this, [this, again](const Result<void> &ready) {
                         if (ready) {
                             m_done(m_engine);
                         } else if (ready.error().code == errors::OtherEngine) {
                             fail(ready.error().code,
                                  u"The background engine that runs is of another version or configuration; end it, "
                                  u"and its sessions, or use the configuration that it was started with."_s,
                                  ready.error().message);
                         } else {
                             m_problem = ready.error().message; // one that is starting, or left its socket behind
                             if (launch())
                                 again();
                         }
                     }});
}

// Once. False when it has failed, and has been told so.
bool BackgroundStart::launch()
{
    if (std::exchange(m_launched, true))
        return true;
    QStringList arguments{u"--local"_s, u"--prewarm"_s, QString()};
    if (!m_configPath.isEmpty())
        arguments << u"--config"_s << QFileInfo(m_configPath).absoluteFilePath();
    QProcess process;
    process.setProgram(serviceProgram());
    process.setArguments(arguments);
    process.setProcessEnvironment(m_environment);
    process.setWorkingDirectory(QDir::homePath());
    process.setStandardInputFile(QProcess::nullDevice());
    process.setStandardOutputFile(QProcess::nullDevice());
    process.setStandardErrorFile(QProcess::nullDevice());
    if (process.startDetached())
        return true;
    fail(errors::EngineUnreachable.toString(),
         u"Sessions live in the background engine, and isol8-service, which is that, cannot be started; install it."_s,
         process.errorString());
    return false;
}

} // namespace isol8::cli
