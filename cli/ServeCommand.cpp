// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/ServeCommand.h>

#include <cli/ExitCodes.h>
#include <cli/Terminal.h>

#include <QFile>
#include <QFileInfo>

#include <cerrno>
#include <cstring>
#include <vector>

#include <unistd.h>

using namespace Qt::StringLiterals;

namespace isol8::cli {

CLI::App *ServeCommand::setUp(CLI::App &root)
{
    CLI::App *app = root.add_subcommand("serve", "Serve sandboxes over HTTP, or keep them ready for isol8 run");
    m_port =
        value(app, "-p,--port", "PORT", "Port to listen on (ISOL8_PORT, PORT, else 3000); 0 picks one and prints it");
    m_bind = value(app, "--bind", "ADDRESS", "Address to listen on (127.0.0.1); 0.0.0.0 or :: for all");
    m_key =
        value(app, "-k,--key", "KEY", "The key that clients must have (ISOL8_API_KEY); ps shows it: better --key-file");
    m_keyFile = value(app, "--key-file", "FILE", "A file with that key");
    m_authDb = value(app, "--auth-db", "DATABASE",
                     "Keep further keys: in ~/.isol8/auth.db, a file (SQLite), postgres://… or mysql://…");
    m_authDb->expected(0, 1);
    m_tlsCertificate = value(app, "--tls-cert", "FILE", "Speak TLS: the certificate with its chain, PEM");
    m_tlsKey = value(app, "--tls-key", "FILE", "and its key, PEM");
    m_prewarm = value(app, "--prewarm", "RUNTIME", "Have a sandbox of it started ahead of time (python); none: \"\"",
                      Times::Many);
    m_maxBody = value(app, "--max-body", "SIZE", "Largest request that is taken (16m)");
    m_maxConnections = value(app, "--max-connections", "NUMBER", "Clients that may be connected at once (2500)");
    m_writeTimeout = value(app, "--write-timeout", "TIME",
                           "Give clients up that do not read for this long (60s; with --local 0: never)");
    m_accessLog = flag(app, "--access-log", "Write a line about each request to stderr");
    m_local = flag(app, "--local", "For this user's isol8 run, on a socket that only this user can open");
    m_idle = value(app, "--idle", "TIME",
                   "With --local: end after this long without clients and runs: 30s, 15m (default); 0: never");
    app->footer("It prints where it listens, reads ./isol8.config.json or ~/.isol8/config.json, and again on SIGHUP. "
                "Clients send\n"
                "'Authorization: Bearer KEY'; what they may ask for is bounded by limits and service.allow of the\n"
                "configuration. SIGTERM ends it when its runs have ended (service.drainMs). A unit for systemd is in\n"
                "lib/systemd/system/isol8-server.service.\n\n"
                "With --local, isol8 run uses it where it runs, and does without where not. It listens on\n"
                "$XDG_RUNTIME_DIR/isol8/engine.sock and reads ~/.isol8/config.json; what a run may use comes from the\n"
                "configuration of whoever starts the run. With systemd: systemctl --user enable --now isol8.socket\n\n"
                "Examples:\n"
                "  isol8 serve --key-file /etc/isol8/key --bind 0.0.0.0 --tls-cert chain.pem --tls-key key.pem\n"
                "  ISOL8_API_KEY=sesame isol8 serve --port 8080 --auth-db --prewarm python --prewarm node\n"
                "  curl -H 'Authorization: Bearer sesame' localhost:8080/execute -d '{\"request\": {\"code\": "
                "\"print(42)\"}}'\n"
                "  isol8 serve --local &\n"
                "  isol8 serve --local --idle 2h --prewarm python --prewarm node\n"
                "  curl --unix-socket $XDG_RUNTIME_DIR/isol8/engine.sock http://isol8/health");
    return app;
}

QStringList ServeCommand::arguments(const CommandContext &context) const
{
    QStringList list;
    for (const auto &[option, name] : {std::pair{m_local, u"--local"_s}, std::pair{m_accessLog, u"--access-log"_s}}) {
        if (given(option))
            list << name;
    }
    if (!context.configPath.isEmpty())
        list << u"--config"_s << QFileInfo(context.configPath).absoluteFilePath();
    if (context.debug)
        list << u"--debug"_s;
    for (const auto &[option, name] :
         {std::pair{m_port, u"--port"_s}, std::pair{m_bind, u"--bind"_s}, std::pair{m_keyFile, u"--key-file"_s},
          std::pair{m_tlsCertificate, u"--tls-cert"_s}, std::pair{m_tlsKey, u"--tls-key"_s},
          std::pair{m_idle, u"--idle"_s}, std::pair{m_prewarm, u"--prewarm"_s}, std::pair{m_maxBody, u"--max-body"_s},
          std::pair{m_maxConnections, u"--max-connections"_s}, std::pair{m_writeTimeout, u"--write-timeout"_s}}) {
        for (const QString &text : texts(option))
            list << name << text;
    }
    // Last: what follows it would be taken for its value.
    if (given(m_authDb)) {
        list << u"--auth-db"_s;
        if (const QString database = text(m_authDb); !database.isEmpty())
            list << database;
    }
    return list;
}

// By the environment, which other users cannot read, as they can arguments.
bool ServeCommand::handKeyOver()
{
    if (!given(m_key))
        return true;
    const QString key = text(m_key);
    QString why;
    if (given(m_local))
        why = u"--key does not go with --local, which serves this user on a socket without a key."_s;
    else if (given(m_keyFile))
        why = u"--key and --key-file: give one of them."_s;
    else if (key.isEmpty())
        why = u"--key is empty."_s;
    if (why.isEmpty())
        return qputenv("ISOL8_API_KEY", key.toLocal8Bit());
    printError(why);
    return false;
}

void ServeCommand::run(const CommandContext &context)
{
    if (!handKeyOver()) {
        Q_EMIT finished(WrongUsage);
        return;
    }
    const QString program = serviceProgram();
    std::vector<QByteArray> words{QFile::encodeName(program)};
    for (const QString &argument : arguments(context))
        words.push_back(argument.toLocal8Bit());
    std::vector<char *> argv;
    for (QByteArray &word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);
    ::execvp(argv[0], argv.data());
    printError(errno == ENOENT
                   ? u"isol8-service is not installed; it is a part of isol8 that needs Qt's HTTP server."_s
                   : u"isol8-service cannot be started: %1."_s.arg(QString::fromLocal8Bit(std::strerror(errno))));
    Q_EMIT finished(Failure);
}

QString serviceProgram()
{
    const QString self = QFileInfo(u"/proc/self/exe"_s).symLinkTarget();
    const QString beside = QFileInfo(self).path() + u"/isol8-service"_s;
    return QFileInfo(beside).isExecutable() ? beside : u"isol8-service"_s;
}

} // namespace isol8::cli
