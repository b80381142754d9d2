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
    CLI::App *app = root.add_subcommand("serve", "Keep sandboxes ready for other processes");
    m_local = flag(app, "--local", "For this user's isol8 run, on a socket that only this user can open");
    m_idle = value(app, "--idle", "TIME", "End after this long without clients and runs: 30s, 15m (default); 0: never");
    m_prewarm = value(app, "--prewarm", "RUNTIME", "Have a sandbox of it started ahead of time (python); none: \"\"",
                      Times::Many);
    m_maxBody = value(app, "--max-body", "SIZE", "Largest request that is taken (16m)");
    m_writeTimeout =
        value(app, "--write-timeout", "TIME", "Give clients up that do not read for this long; 0: never (default)");
    app->footer("isol8 run uses the background engine where it runs, and does without where not. It listens on\n"
                "$XDG_RUNTIME_DIR/isol8/engine.sock and reads ~/.isol8/config.json; what a run may use comes from the\n"
                "configuration of whoever starts the run. With systemd: systemctl --user enable --now isol8.socket\n\n"
                "Examples:\n"
                "  isol8 serve --local &\n"
                "  isol8 serve --local --idle 2h --prewarm python --prewarm node\n"
                "  curl --unix-socket $XDG_RUNTIME_DIR/isol8/engine.sock http://isol8/health");
    return app;
}

QStringList ServeCommand::arguments(const CommandContext &context) const
{
    QStringList list{u"--local"_s};
    if (!context.configPath.isEmpty())
        list << u"--config"_s << QFileInfo(context.configPath).absoluteFilePath();
    if (context.debug)
        list << u"--debug"_s;
    for (const auto &[option, name] :
         {std::pair{m_idle, u"--idle"_s}, std::pair{m_prewarm, u"--prewarm"_s}, std::pair{m_maxBody, u"--max-body"_s},
          std::pair{m_writeTimeout, u"--write-timeout"_s}}) {
        for (const QString &text : texts(option))
            list << name << text;
    }
    return list;
}

void ServeCommand::run(const CommandContext &context)
{
    if (!given(m_local)) {
        printError(u"This version serves only this user: isol8 serve --local."_s);
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
