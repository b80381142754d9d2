// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/LocalEndpoint.h>
#include <service/Prebuild.h>
#include <service/ServeFlags.h>
#include <service/TcpEndpoint.h>
#include <service/http/TlsHandshake.h>

#include <isol8/base/UnixSignals.h>

#include <QCoreApplication>
#include <QDir>
#include <QLoggingCategory>
#include <QProcessEnvironment>

#include <cstdio>
#include <ctime>

#include <sys/resource.h>
#include <termios.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

using namespace isol8;
using namespace isol8::service;
using namespace Qt::StringLiterals;

namespace {

enum ExitCode { Success = 0, Failure = 1, WrongUsage = 2 };

void say(const QString &sentence)
{
    std::fprintf(stderr, "isol8: %s\n", qPrintable(sentence));
}

int say(const Error &error, ExitCode code)
{
    say(error.message + (error.detail.isEmpty() ? QString() : u" ("_s + error.detail + u')'));
    return code;
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

// False when the service is told to end meanwhile.
bool prebuild(const ServiceOptions &options)
{
    if (!Prebuild::isWanted(options))
        return true;
    ::sd_notify(0, "STATUS=Building images\nEXTEND_TIMEOUT_USEC=1800000000");
    Prebuild images(options);
    UnixSignals signalsOf({SIGINT, SIGTERM, SIGHUP});
    bool ended = false;
    QObject::connect(&signalsOf, &UnixSignals::received, &images, [&](int number) {
        if (number == SIGHUP)
            return;
        ended = true;
        images.cancel();
    });
    QObject::connect(&images, &Prebuild::failed, &images, [](const QString &sentence) { say(sentence); });
    QObject::connect(&images, &Prebuild::finished, qApp, &QCoreApplication::quit, Qt::QueuedConnection);
    images.start();
    QCoreApplication::exec();
    ::sd_notify(0, "STATUS=");
    return !ended;
}

// Of a user's own engine, which must not have its user wait: what runs meanwhile installs its packages itself.
void prebuildBeside(Service *service, const ServiceOptions &options)
{
    if (!Prebuild::isWanted(options))
        return;
    ::sd_notify(0, "STATUS=Building images");
    auto *images = new Prebuild(options, service);
    service->setBusy(true);
    QObject::connect(service, &Service::ending, images, &Prebuild::cancel);
    QObject::connect(images, &Prebuild::failed, images, [](const QString &sentence) { say(sentence); });
    QObject::connect(images, &Prebuild::finished, service, [service, images] {
        images->deleteLater();
        ::sd_notify(0, "STATUS=");
        service->setBusy(false);
    });
    images->start();
}

// Whoever closes the terminal wants the program to end, and not to read its configuration.
bool hasLostTerminal(bool hadTerminal)
{
    termios settings = {};
    return hadTerminal && ::tcgetattr(STDIN_FILENO, &settings) != 0;
}

void reload(Service *service, const ServeFlags &flags, const ServiceOptions &options)
{
    timespec now = {};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    ::sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld",
                 static_cast<long long>(now.tv_sec) * 1000000 + now.tv_nsec / 1000);
    const auto config = readConfig(flags, QProcessEnvironment::systemEnvironment());
    if (config) {
        const ConfigReload reloaded =
            service->reload(*config, audit::Settings::fromJson(config->audit, QDir::currentPath()));
        say(reloaded.changed.isEmpty() ? u"The configuration was read again; nothing in it changes."_s
                                       : u"The configuration was read again: %1."_s.arg(reloaded.changed.join(u", ")));
        if (!reloaded.kept.isEmpty())
            say(u"What changed of %1 counts from the next start."_s.arg(reloaded.kept.join(u", ")));
    } else {
        say({config.error().code, u"The configuration stays as it was. "_s + config.error().message, {}}, Failure);
    }
    if (options.tls) {
        if (const auto tls = loadServerTls(options.certificateFile, options.certificateKeyFile))
            service->setTls(*tls);
        else
            say({tls.error().code, u"The certificate stays as it was. "_s + tls.error().message, tls.error().detail},
                Failure);
    }
    ::sd_notify(0, "READY=1");
}

// \a endpoint is set where the service is one user's.
int serve(const ServeFlags &flags, const ServiceOptions &options, int descriptor, LocalEndpoint *endpoint)
{
    // Clients that come meanwhile wait: their work may want these images.
    if (!options.isLocal && !prebuild(options))
        return Success;
    Service service(options);
    UnixSignals signalsOf({SIGINT, SIGTERM, SIGHUP});
    const bool hasTerminal = ::isatty(STDIN_FILENO) == 1;
    int code = Success;
    bool asked = false;
    QObject::connect(&signalsOf, &UnixSignals::received, &service, [&](int number) {
        if (number == SIGHUP && !options.isLocal && !hasLostTerminal(hasTerminal))
            reload(&service, flags, options);
        else if (std::exchange(asked, true))
            service.stop();
        else
            service.drain();
    });
    QObject::connect(&service, &Service::ending, &service, [&] {
        ::sd_notify(0, "STOPPING=1");
        if (endpoint)
            endpoint->withdraw();
    });
    QObject::connect(&service, &Service::finished, qApp, &QCoreApplication::quit, Qt::QueuedConnection);
    service.start(descriptor, {&service, [&](const Result<void> &started) {
                                   if (!started) {
                                       code = say(started.error(), Failure);
                                       service.stop();
                                       return;
                                   }
                                   if (!options.isLocal) {
                                       std::printf("%s://%s\n", options.tls ? "https" : "http",
                                                   qPrintable(tcpName(descriptor)));
                                       std::fflush(stdout);
                                   }
                                   ::sd_notify(0, "READY=1");
                                   if (options.isLocal)
                                       prebuildBeside(&service, options);
                               }});
    QCoreApplication::exec();
    return code;
}

// On a terminal whoever sits there is asked for another one.
Result<int> listenOnPort(const QString &address, quint16 port)
{
    auto descriptor = listenOnTcp(address, port);
    while (!descriptor && descriptor.error().code == PortTaken && port < 65535 && ::isatty(STDIN_FILENO) &&
           ::isatty(STDERR_FILENO)) {
        std::fprintf(stderr, "Port %d is taken. Listen on %d instead? [Y/n] ", port, port + 1);
        char answer[64] = {};
        if (!std::fgets(answer, sizeof answer, stdin))
            break;
        if (answer[0] != '\n' && answer[0] != 'y' && answer[0] != 'Y')
            break;
        descriptor = listenOnTcp(address, ++port);
    }
    return descriptor;
}

int serveLocally(const ServeFlags &flags, const ServiceOptions &options)
{
    LocalEndpoint endpoint;
    const auto descriptor = endpoint.listen(LocalSocket::find(QProcessEnvironment::systemEnvironment()));
    if (!descriptor)
        return say(descriptor.error(), Failure);
    return serve(flags, options, *descriptor, &endpoint);
}

int serveOthers(const ServeFlags &flags, const ServiceOptions &options)
{
    const auto port = portOf(flags, QProcessEnvironment::systemEnvironment());
    if (!port)
        return say(port.error(), WrongUsage);
    const auto descriptor = listenOnPort(QString::fromStdString(flags.bind), *port);
    if (!descriptor)
        return say(descriptor.error(), descriptor.error().code == errors::BadValue ? WrongUsage : Failure);
    if (!options.tls && !isLoopback(*descriptor))
        say(u"Keys and code travel unencrypted to this port: give --tls-cert and --tls-key, or put a proxy with TLS before it."_s);
    return serve(flags, options, *descriptor, nullptr);
}

} // namespace

int main(int argc, char **argv)
{
    std::signal(SIGPIPE, SIG_IGN); // a client that leaves is a failed write, seen where it happens
    CLI::App app("Serves sandboxes to other processes. Started by isol8 serve and by systemd.", "isol8-service");
    ServeFlags flags;
    setUpFlags(app, &flags);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError &error) {
        return app.exit(error) == 0 ? Success : WrongUsage;
    }
    if (const auto fine = finishFlags(app, &flags); !fine)
        return say(fine.error(), WrongUsage);

    argc = 1;
    const QCoreApplication application(argc, argv);
    QCoreApplication::setApplicationName(u"isol8-service"_s);
    QLoggingCategory::setFilterRules(flags.debug ? u"isol8.*=true"_s : u"isol8.*.debug=false\nisol8.*.info=false"_s);
    qSetMessagePattern(u"isol8: %{message}"_s);
    raiseFileLimit();
    const auto options = readOptions(flags, QProcessEnvironment::systemEnvironment());
    if (!options)
        return say(options.error(), options.error().code == errors::BadValue ? WrongUsage : Failure);
    qunsetenv("ISOL8_API_KEY"); // not for what this starts
    if (!flags.local)
        return serveOthers(flags, *options);
    // Whoever started this may take its folder away.
    if (::chdir("/") != 0)
        return say({{}, u"The root folder cannot be entered."_s, {}}, Failure);
    return serveLocally(flags, *options);
}
