// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/LocalEndpoint.h>
#include <service/Service.h>

#include <isol8/base/Paths.h>
#include <isol8/base/UnixSignals.h>
#include <isol8/builder/ImageBuilds.h>

#include <QCoreApplication>
#include <QDir>
#include <QLoggingCategory>
#include <QProcessEnvironment>

#include <cstdio>

#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <systemd/sd-daemon.h>

using namespace isol8;
using namespace isol8::service;
using namespace Qt::StringLiterals;

namespace {

enum ExitCode { Success = 0, Failure = 1, WrongUsage = 2 };

struct Flags
{
    bool local = false;
    bool debug = false;
    std::string config;
    std::string idle = "15m";
    std::string maxBody = "16m";
    std::string writeTimeout;
    std::vector<std::string> prewarm;
};

int say(const Error &error, ExitCode code)
{
    std::fprintf(stderr, "isol8: %s%s\n", qPrintable(error.message),
                 error.detail.isEmpty() ? "" : qPrintable(u" ("_s + error.detail + u')'));
    return code;
}

// Durations may be 0, which parseDuration() refuses: never.
Result<milliseconds> durationOrNever(const std::string &text)
{
    return text == "0" ? Result<milliseconds>(milliseconds(0)) : parseDuration(QString::fromStdString(text));
}

Result<ServiceOptions> readOptions(const Flags &flags)
{
    ServiceOptions options;
    const auto environment = QProcessEnvironment::systemEnvironment();
    // The user's own configuration, never that of the folder in which the engine happens to be started.
    const auto config = loadConfig(QString::fromStdString(flags.config), userDirectory(), environment);
    if (!config)
        return fail(config.error());
    options.config = config->config;
    options.audit =
        audit::Settings::fromJson(options.config.audit, flags.local ? QDir::homePath() : QDir::currentPath());
    const auto endpoint = docker::Endpoint::discover(environment);
    if (!endpoint)
        return fail(endpoint.error());
    options.endpoint = *endpoint;
    const auto idle = durationOrNever(flags.idle);
    if (!idle)
        return fail(idle.error().code, u"--idle: "_s + idle.error().message);
    options.idle = *idle;
    const auto body = parseSize(QString::fromStdString(flags.maxBody));
    if (!body)
        return fail(body.error().code, u"--max-body: "_s + body.error().message);
    options.limits.body = *body;
    // A user may leave `isol8 run | less` alone for hours: between processes of one user only the run's timeout counts.
    const auto writeTimeout = durationOrNever(flags.writeTimeout.empty() ? "0" : flags.writeTimeout);
    if (!writeTimeout)
        return fail(writeTimeout.error().code, u"--write-timeout: "_s + writeTimeout.error().message);
    options.limits.writeTimeout = *writeTimeout;
    // On a Unix socket the kernel tells of clients that died; one that is stopped (Ctrl-Z) is let be.
    options.limits.ping = milliseconds(0);
    options.drain = milliseconds(options.config.service.value(u"drainMs"_s).toInt(10000));
    for (const std::string &name : flags.prewarm)
        options.prewarm.append(QString::fromStdString(name));
    const auto runtimes = RuntimeRegistry::builtIn().extendedBy(options.config.runtimes);
    if (!runtimes)
        return fail(runtimes.error());
    for (const QString &name : std::as_const(options.prewarm)) {
        if (const auto runtime = runtimes->byName(name); !runtime)
            return fail(runtime.error().code, u"--prewarm: "_s + runtime.error().message);
    }
    return options;
}

// A thousand clients, and a sandbox's stream for each of those that run.
void raiseFileLimit()
{
    rlimit limit = {};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
}

void setUpFlags(CLI::App &app, Flags *flags)
{
    app.set_version_flag("--version", "isol8 " ISOL8_VERSION);
    app.add_flag("--local", flags->local, "Serve this user, on a socket that only this user can open");
    app.add_flag("--debug", flags->debug, "Tell on stderr what happens");
    app.add_option("--config", flags->config, "Configuration to use instead of ~/.isol8/config.json")
        ->type_name("FILE");
    app.add_option("--idle", flags->idle, "End after this long without clients and runs (15m); 0: never")
        ->type_name("TIME");
    app.add_option("--prewarm", flags->prewarm, "Runtimes to have sandboxes started of (python); none: \"\"")
        ->type_name("RUNTIME");
    app.add_option("--max-body", flags->maxBody, "Largest request that is taken (16m)")->type_name("SIZE");
    app.add_option("--write-timeout", flags->writeTimeout, "Give clients up that do not read for this long (0: never)")
        ->type_name("TIME");
}

// The configuration's prebuiltImages. What cannot be built is said, and installed by each run that wants it. False when
// the service is told to end meanwhile.
bool prebuild(const ServiceOptions &options)
{
    const QList<CustomRecipe> recipes = prebuiltRecipes(options.config);
    if (recipes.isEmpty())
        return true;
    ::sd_notify(0, "STATUS=Building images\nEXTEND_TIMEOUT_USEC=1800000000");
    docker::Client client(options.endpoint);
    ImageBuilds builds(&client, recipes, RuntimeRegistry::builtIn().extendedBy(options.config.runtimes).value(), false);
    UnixSignals signalsOf({SIGINT, SIGTERM, SIGHUP});
    bool ended = false;
    QObject::connect(&signalsOf, &UnixSignals::received, &builds, [&](int number) {
        if (number == SIGHUP)
            return;
        ended = true;
        builds.cancel();
    });
    QObject::connect(&builds, &ImageBuilds::failed, &builds, [](const QString &tag, const Error &error) {
        say({error.code, u"The image %1 of prebuiltImages could not be built. %2"_s.arg(tag, error.message), {}},
            Failure);
    });
    QObject::connect(&builds, &ImageBuilds::finished, qApp, &QCoreApplication::quit, Qt::QueuedConnection);
    builds.start();
    QCoreApplication::exec();
    ::sd_notify(0, "STATUS=");
    return !ended;
}

int serve(const ServiceOptions &options)
{
    LocalEndpoint endpoint;
    const auto descriptor = endpoint.listen(LocalSocket::find(QProcessEnvironment::systemEnvironment()));
    if (!descriptor)
        return say(descriptor.error(), Failure);
    // Clients that come meanwhile wait: their work may want these images.
    if (!prebuild(options))
        return Success;
    Service service(options);
    if (const auto started = service.start(*descriptor); !started)
        return say(started.error(), Failure);

    UnixSignals signalsOf({SIGINT, SIGTERM, SIGHUP});
    bool asked = false;
    QObject::connect(&signalsOf, &UnixSignals::received, &service, [&] {
        if (std::exchange(asked, true))
            service.stop();
        else
            service.drain();
    });
    QObject::connect(&service, &Service::ending, &service, [&] {
        ::sd_notify(0, "STOPPING=1");
        endpoint.withdraw();
    });
    QObject::connect(&service, &Service::finished, qApp, &QCoreApplication::quit, Qt::QueuedConnection);
    ::sd_notify(0, "READY=1");
    return QCoreApplication::exec();
}

} // namespace

int main(int argc, char **argv)
{
    std::signal(SIGPIPE, SIG_IGN); // a client that leaves is a failed write, seen where it happens
    CLI::App app("Serves sandboxes to other processes. Started by isol8 serve and by systemd.", "isol8-service");
    Flags flags;
    setUpFlags(app, &flags);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError &error) {
        return app.exit(error) == 0 ? Success : WrongUsage;
    }
    if (!flags.local)
        return say({{}, u"This version serves only one user: give --local."_s, {}}, WrongUsage);
    if (app.count("--prewarm") == 0)
        flags.prewarm = {"python"};
    std::erase(flags.prewarm, std::string());

    argc = 1;
    const QCoreApplication application(argc, argv);
    QCoreApplication::setApplicationName(u"isol8-service"_s);
    QLoggingCategory::setFilterRules(flags.debug ? u"isol8.*=true"_s : u"isol8.*.debug=false\nisol8.*.info=false"_s);
    qSetMessagePattern(u"isol8: %{message}"_s);
    raiseFileLimit();
    const auto options = readOptions(flags);
    if (!options)
        return say(options.error(), options.error().code == errors::BadValue ? WrongUsage : Failure);
    // Whoever started this may take its folder away.
    if (::chdir("/") != 0)
        return say({{}, u"The root folder cannot be entered."_s, {}}, Failure);
    return serve(*options);
}
