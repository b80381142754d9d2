// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/ServeFlags.h>

#include <isol8/base/Paths.h>
#include <service/http/TlsHandshake.h>

#include <QDir>
#include <QLoggingCategory>

#include <algorithm>

#include <sys/stat.h>

using namespace Qt::StringLiterals;

namespace isol8::service {

namespace {

Q_LOGGING_CATEGORY(serveLog, "isol8.serve", QtWarningMsg)

constexpr qint64 KeyFileLimit = 4 * KiB;
constexpr int DefaultPort = 3000;
constexpr int DefaultConnections = 2500; // a thousand streams and those who come meanwhile
constexpr int MostConnections = 100'000;

// Durations may be 0, which parseDuration() refuses: never.
Result<milliseconds> durationOrNever(const std::string &flag, const std::string &text)
{
    if (text == "0")
        return milliseconds(0);
    auto duration = parseDuration(QString::fromStdString(text));
    return duration ? duration
                    : fail(duration.error().code, QString::fromStdString(flag) + u": "_s + duration.error().message);
}

Result<int> numberOf(const QString &name, const QString &text, int least, int most)
{
    bool fine = false;
    const int number = text.toInt(&fine);
    if (fine && number >= least && number <= most)
        return number;
    return fail(errors::BadValue, u"%1 must be a whole number from %2 to %3, not \"%4\"."_s.arg(
                                      name, QString::number(least), QString::number(most), text.left(64)));
}

Result<QByteArray> readKey(const ServeFlags &flags, const QProcessEnvironment &environment)
{
    QByteArray key = QByteArray::fromStdString(flags.key);
    QString source = u"--key"_s;
    if (!flags.keyFile.empty()) {
        source = QString::fromStdString(flags.keyFile);
        const auto text = readFile(source, KeyFileLimit);
        if (!text)
            return fail(text.error().code, u"--key-file: "_s + text.error().message, text.error().detail);
        key = text->trimmed();
        struct stat status = {};
        if (::stat(flags.keyFile.c_str(), &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & S_IROTH))
            qCWarning(serveLog).noquote()
                << u"Every user of this machine can read the key in %1 (chmod 600)."_s.arg(source);
    } else if (flags.key.empty()) {
        source = u"ISOL8_API_KEY"_s;
        key = environment.value(source).toUtf8();
        if (key.isEmpty())
            return fail(u"key_missing",
                        u"Clients need a key: give one by --key-file, or in ISOL8_API_KEY. (isol8 serve "
                        "--local serves this user alone, without one.)"_s);
    }
    const bool fine =
        !key.isEmpty() && std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c < '\x7f'; });
    if (!fine)
        return fail(errors::BadValue,
                    u"The key of %1 must be a word of visible ASCII characters, as a header takes it."_s.arg(source));
    return key;
}

Result<AuthOptions> readAuth(const ServeFlags &flags, const Config &config, const QProcessEnvironment &environment)
{
    AuthOptions auth;
    const auto key = readKey(flags, environment);
    if (!key)
        return fail(key.error());
    auth.masterKey = *key;
    if (flags.authDb)
        auth.database = QString::fromStdString(flags.database);
    else if (config.auth.value(u"enabled"_s).toBool())
        auth.database = config.auth.value(u"connectionString"_s).toString();
    // The service goes to / before it opens anything.
    if (auth.database && !auth.database->isEmpty() && !auth.database->contains(u"://"))
        auth.database = QDir::current().absoluteFilePath(*auth.database);
    auth.defaultTtl = milliseconds(config.auth.value(u"defaultTtlMs"_s).toInteger(auth.defaultTtl.count()));
    auth.cleanupInterval =
        milliseconds(config.auth.value(u"cleanupIntervalMs"_s).toInteger(auth.cleanupInterval.count()));
    return auth;
}

Result<void> readLimits(const ServeFlags &flags, ServiceOptions *options)
{
    ServerLimits &limits = options->limits;
    const auto body = parseSize(QString::fromStdString(flags.maxBody));
    if (!body)
        return fail(body.error().code, u"--max-body: "_s + body.error().message);
    limits.body = *body;
    if (options->isLocal) {
        // A user may leave `isol8 run | less` alone for hours: between processes of one user only the run's timeout
        // counts.
        limits.writeTimeout = milliseconds(0);
        // On a Unix socket the kernel tells of clients that died; one that is stopped (Ctrl-Z) is let be.
        limits.ping = milliseconds(0);
    } else {
        limits.connections = DefaultConnections;
    }
    if (!flags.writeTimeout.empty()) {
        const auto timeout = durationOrNever("--write-timeout", flags.writeTimeout);
        if (!timeout)
            return fail(timeout.error());
        limits.writeTimeout = *timeout;
    }
    if (!flags.maxConnections.empty()) {
        const auto number =
            numberOf(u"--max-connections"_s, QString::fromStdString(flags.maxConnections), 1, MostConnections);
        if (!number)
            return fail(number.error());
        limits.connections = *number;
    }
    return {};
}

Result<void> readTls(const ServeFlags &flags, ServiceOptions *options)
{
    if (flags.tlsCertificate.empty() && flags.tlsKey.empty())
        return {};
    if (flags.tlsCertificate.empty() || flags.tlsKey.empty())
        return fail(errors::BadValue, u"--tls-cert and --tls-key go together."_s);
    options->certificateFile = QDir::current().absoluteFilePath(QString::fromStdString(flags.tlsCertificate));
    options->certificateKeyFile = QDir::current().absoluteFilePath(QString::fromStdString(flags.tlsKey));
    const auto tls = loadServerTls(options->certificateFile, options->certificateKeyFile);
    if (!tls)
        return fail(tls.error());
    options->tls = *tls;
    return {};
}

} // namespace

void setUpFlags(CLI::App &app, ServeFlags *flags)
{
    app.set_version_flag("--version", "isol8 " ISOL8_VERSION);
    app.add_flag("--local", flags->local, "Serve this user, on a socket that only this user can open");
    app.add_flag("--debug", flags->debug, "Tell on stderr what happens");
    app.add_option("--config", flags->config, "Configuration to use instead of the one that is found")
        ->type_name("FILE");
    app.add_option("-p,--port", flags->port, "Port to listen on (ISOL8_PORT, PORT, 3000); 0 picks one")
        ->type_name("PORT");
    app.add_option("--bind", flags->bind, "Address to listen on (127.0.0.1)")->type_name("ADDRESS");
    app.add_option("-k,--key", flags->key, "The key that clients must have (ISOL8_API_KEY)")->type_name("KEY");
    app.add_option("--key-file", flags->keyFile, "A file with that key, which ps does not show")->type_name("FILE");
    app.add_option("--auth-db", flags->database, "Keep more keys in a database (~/.isol8/auth.db)")
        ->type_name("DATABASE")
        ->expected(0, 1);
    app.add_option("--tls-cert", flags->tlsCertificate, "Certificate chain, PEM")->type_name("FILE");
    app.add_option("--tls-key", flags->tlsKey, "Its key, PEM")->type_name("FILE");
    app.add_option("--idle", flags->idle, "With --local: end after this long without clients and runs (15m); 0: never")
        ->type_name("TIME");
    app.add_option("--prewarm", flags->prewarm, "Runtimes to have sandboxes started of (python); none: \"\"")
        ->type_name("RUNTIME");
    app.add_option("--max-body", flags->maxBody, "Largest request that is taken (16m)")->type_name("SIZE");
    app.add_option("--max-connections", flags->maxConnections, "Clients that may be connected at once")
        ->type_name("NUMBER");
    app.add_option("--write-timeout", flags->writeTimeout,
                   "Give clients up that do not read for this long (60s; with --local 0: never)")
        ->type_name("TIME");
    app.add_flag("--access-log", flags->accessLog, "Write a line about each request to stderr");
}

Result<void> finishFlags(const CLI::App &app, ServeFlags *flags)
{
    flags->authDb = app.count("--auth-db") > 0;
    std::erase(flags->prewarm, std::string());
    const auto refuse = [](const std::string &flag, const QString &why) {
        return fail(errors::BadValue, u"%1 %2"_s.arg(QString::fromStdString(flag), why));
    };
    const std::string network[] = {"--port", "--bind", "--key", "--key-file", "--auth-db", "--tls-cert", "--tls-key"};
    for (const std::string &flag : network) {
        if (flags->local && app.count(flag) > 0)
            return refuse(flag, u"does not go with --local, which serves this user on a socket without a key."_s);
    }
    if (!flags->local && app.count("--idle") > 0)
        return refuse("--idle", u"goes with --local; a service for others does not end by itself."_s);
    if (app.count("--key") > 0 && app.count("--key-file") > 0)
        return refuse("--key", u"and --key-file: give one of them."_s);
    if (app.count("--key") > 0 && flags->key.empty())
        return refuse("--key", u"is empty."_s);
    return {};
}

Result<quint16> portOf(const ServeFlags &flags, const QProcessEnvironment &environment)
{
    QString name = u"--port"_s;
    QString text = QString::fromStdString(flags.port);
    for (const QString &variable : {u"ISOL8_PORT"_s, u"PORT"_s}) {
        if (text.isEmpty()) {
            name = variable;
            text = environment.value(variable);
        }
    }
    if (text.isEmpty())
        return quint16(DefaultPort);
    return numberOf(name, text, 0, 65535).map([](int number) { return quint16(number); });
}

Result<Config> readConfig(const ServeFlags &flags, const QProcessEnvironment &environment)
{
    // For one user: the user's own configuration, never that of the folder in which the engine happens to be started.
    auto loaded = loadConfig(QString::fromStdString(flags.config), flags.local ? userDirectory() : QDir::currentPath(),
                             environment);
    if (!loaded)
        return fail(loaded.error());
    return std::move(loaded->config);
}

Result<ServiceOptions> readOptions(const ServeFlags &flags, const QProcessEnvironment &environment)
{
    ServiceOptions options;
    options.isLocal = flags.local;
    options.accessLog = flags.accessLog;
    const auto config = readConfig(flags, environment);
    if (!config)
        return fail(config.error());
    options.config = *config;
    options.audit =
        audit::Settings::fromJson(options.config.audit, flags.local ? QDir::homePath() : QDir::currentPath());
    const auto endpoint = docker::Endpoint::discover(environment);
    if (!endpoint)
        return fail(endpoint.error());
    options.endpoint = *endpoint;
    if (const auto limits = readLimits(flags, &options); !limits)
        return fail(limits.error());
    if (flags.local) {
        const auto idle = durationOrNever("--idle", flags.idle);
        if (!idle)
            return fail(idle.error());
        options.idle = *idle;
    } else {
        const auto auth = readAuth(flags, options.config, environment);
        if (!auth)
            return fail(auth.error());
        options.auth = *auth;
        if (const auto tls = readTls(flags, &options); !tls)
            return fail(tls.error());
    }
    options.drain = drainOf(options.config);
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

} // namespace isol8::service
