// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/SessionCommand.h>

#include <cli/BackgroundEngine.h>
#include <cli/ExitCodes.h>
#include <cli/Table.h>
#include <cli/Terminal.h>
#include <isol8/config/Config.h>

#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QProcessEnvironment>

using namespace Qt::StringLiterals;

namespace isol8::cli {

namespace {

// "3 min"
QString ageOf(const QDateTime &time)
{
    const qint64 seconds = std::max<qint64>(time.secsTo(QDateTime::currentDateTimeUtc()), 0);
    if (seconds < 120)
        return u"%1 s"_s.arg(seconds);
    if (seconds < 7200)
        return u"%1 min"_s.arg(seconds / 60);
    return u"%1 h"_s.arg(seconds / 3600);
}

QString stateOf(const SessionInfo &session)
{
    return session.isActive ? u"running"_s : session.isPaused ? u"paused"_s : u"idle"_s;
}

} // namespace

CLI::App *SessionCommand::setUp(CLI::App &root)
{
    CLI::App *app = root.add_subcommand("session", "Sandboxes that are kept between runs");
    m_list = app->add_subcommand("list", "The sessions that there are");
    m_json = flag(m_list, "--json", "As JSON");
    m_stop = app->add_subcommand("stop", "End sessions, with all that is in them");
    m_stopNames = value(m_stop, "NAME", "", "Which; several may be given", Times::Lists);
    m_all = flag(m_stop, "--all", "All of them");
    m_pause = app->add_subcommand("pause", "Stop a session's processes until its next run");
    m_pauseName = m_pause->add_option("NAME", "Which")->required();
    m_resume = app->add_subcommand("resume", "Have them go on");
    m_resumeName = m_resume->add_option("NAME", "Which")->required();
    m_list->footer("Example:\n  isol8 session list --json");
    m_stop->footer("Examples:\n  isol8 session stop work\n  isol8 session stop work other\n  isol8 session stop --all");
    m_pause->footer("Example:\n  isol8 session pause work");
    m_resume->footer("Example:\n  isol8 session resume work");
    m_filesCommand.setUp(app);
    m_snapshotsCommand.setUp(app);
    for (CLI::App *command : app->get_subcommands([](CLI::App *) { return true; }))
        m_service.addTo(command);
    app->require_subcommand(1);
    app->footer(
        "A session is made by the first run in it, and lives in the background engine, which is started for it.\n"
        "It ends when nobody has used it for an hour (cleanup.maxContainerAgeMs). With --host, or ISOL8_HOST, it "
        "lives\n"
        "at that service.\n\n"
        "Examples:\n"
        "  isol8 run --session-id work -e 'x = 42'\n"
        "  isol8 run --session-id work -e 'print(x)'\n"
        "  isol8 session list\n"
        "  isol8 session get work out.csv\n"
        "  isol8 session stop work\n"
        "  isol8 session list --host https://isol8.example.com");
    return app;
}

void SessionCommand::run(const CommandContext &context)
{
    if (m_list->parsed())
        connectThen(context, [this] { list(); });
    else if (m_pause->parsed())
        connectThen(context, [this] { setPaused(text(m_pauseName), true); });
    else if (m_resume->parsed())
        connectThen(context, [this] { setPaused(text(m_resumeName), false); });
    else if (m_filesCommand.isChosen())
        connectThen(context, [this] {
            connect(&m_filesCommand, &SessionFilesCommand::finished, this, &Command::finished);
            m_filesCommand.run(m_engine.get());
        });
    else if (m_snapshotsCommand.isChosen())
        connectThen(context, [this] {
            connect(&m_snapshotsCommand, &SessionSnapshotsCommand::finished, this, &Command::finished);
            m_snapshotsCommand.run(m_engine.get());
        });
    else if (given(m_all) || given(m_stopNames))
        connectThen(context, [this] { stop(); });
    else
        fail({errors::BadRequest.toString(), u"Say which session to stop, or --all."_s, {}});
}

void SessionCommand::fail(const Error &error)
{
    printError(error);
    Q_EMIT finished(exitCodeFor(error));
}

void SessionCommand::connectThen(const CommandContext &context, std::function<void()> next)
{
    const auto environment = QProcessEnvironment::systemEnvironment();
    const auto loaded = loadConfig(context.configPath, QDir::currentPath(), environment);
    if (!loaded)
        return fail(loaded.error());
    const auto service = m_service.read(environment);
    if (!service)
        return fail(service.error());
    if (*service) {
        m_engine = engineOf(**service);
        next();
        return;
    }
    auto engine = backgroundEngine(loaded->config, {}, environment);
    if (!engine)
        return fail(engine.error());
    if (!*engine) {
        next();
        return;
    }
    m_engine = std::move(*engine);
    m_engine->start({}, {this, [this, next](const Result<void> &ready) {
                             // One with another configuration has this user's sessions all the same.
                             if (!ready && ready.error().code != errors::OtherEngine)
                                 m_engine.release()->deleteLater();
                             next();
                         }});
}

void SessionCommand::list()
{
    const auto show = [this](const QList<SessionInfo> &sessions) {
        if (given(m_json)) {
            QJsonArray array;
            for (const SessionInfo &session : sessions)
                array.append(toJson(session));
            printData(QString::fromUtf8(QJsonDocument(array).toJson()));
        } else if (sessions.isEmpty()) {
            printNote(u"There are no sessions."_s);
        } else {
            QList<QStringList> rows{{u"NAME"_s, u"RUNTIME"_s, u"STATE"_s, u"LAST USED"_s}};
            for (const SessionInfo &session : sessions)
                rows.append({session.id, session.runtime, stateOf(session), ageOf(session.lastAccessedAt) + u" ago"_s});
            printData(table(rows));
        }
        Q_EMIT finished(Success);
    };
    if (!m_engine)
        return show({});
    m_engine->sessions({}, {this, [this, show](const Result<QList<SessionInfo>> &sessions) {
                                if (sessions)
                                    show(*sessions);
                                else
                                    fail(sessions.error());
                            }});
}

void SessionCommand::stop()
{
    const auto each = [this](const QStringList &names) {
        m_left = names;
        if (names.isEmpty()) {
            printNote(u"There are no sessions."_s);
            Q_EMIT finished(Success);
        }
        for (const QString &name : names) {
            m_engine->removeSession({}, name, {this, [this, name](const Result<bool> &removed) {
                                                   if (!removed)
                                                       printError(removed.error());
                                                   else if (!*removed)
                                                       printError(u"There is no session %1."_s.arg(name));
                                                   if (!removed || !*removed)
                                                       m_exitCode = Failure;
                                                   m_left.removeOne(name);
                                                   if (m_left.isEmpty())
                                                       Q_EMIT finished(m_exitCode);
                                               }});
        }
    };
    QStringList names = texts(m_stopNames);
    names.removeDuplicates();
    if (!m_engine) {
        for (const QString &name : names)
            printError(u"There is no session %1."_s.arg(name));
        Q_EMIT finished(names.isEmpty() ? Success : Failure);
        return;
    }
    if (!given(m_all))
        return each(names);
    m_engine->sessions({}, {this, [this, each](const Result<QList<SessionInfo>> &sessions) {
                                if (!sessions)
                                    return fail(sessions.error());
                                QStringList found;
                                for (const SessionInfo &session : *sessions)
                                    found.append(session.id);
                                each(found);
                            }});
}

void SessionCommand::setPaused(const QString &id, bool paused)
{
    if (!m_engine)
        return fail({errors::UnknownSession.toString(), u"There is no session %1."_s.arg(id), {}});
    m_engine->setSessionPaused({}, id, paused, {this, [this](const Result<void> &done) {
                                                    if (done)
                                                        Q_EMIT finished(Success);
                                                    else
                                                        fail(done.error());
                                                }});
}

} // namespace isol8::cli
