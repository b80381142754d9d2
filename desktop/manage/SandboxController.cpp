// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/manage/SandboxController.h>

#include <desktop/run/RunController.h>
#include <isol8/execution/LocalEngine.h>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

SandboxController::SandboxController(EngineHub *hub, QObject *parent)
    : QObject(parent)
    , m_hub(hub)
{
    m_timer.setInterval(Interval);
    connect(&m_timer, &QTimer::timeout, this, &SandboxController::refresh);
    // One that is removed does not answer what it was asked.
    connect(m_hub, &EngineHub::connectionsChanged, this, [this] { m_pending = m_snapshotsPending = 0; });
}

void SandboxController::setWatched(bool watched)
{
    if (watched && !m_timer.isActive()) {
        m_timer.start();
        refresh();
    } else if (!watched) {
        m_timer.stop();
    }
}

void SandboxController::refresh()
{
    if (m_pending > 0)
        return; // the answers to the last question are still to come
    m_rows.clear();
    m_pending = 1;
    for (EngineConnection *connection : m_hub->connections()) {
        if (connection->state() != EngineConnection::State::Ready)
            continue;
        ++m_pending;
        ask(connection);
        if (docker::Client *daemon = connection->docker()) {
            ++m_pending;
            daemon->listContainers(
                {{u"org.isol8"_s, QString()}},
                {this, [this, guard = QPointer(connection)](const Result<QList<docker::ContainerSummary>> &containers) {
                     if (guard && containers)
                         addContainers(guard, *containers);
                     answered();
                 }});
        }
    }
    answered();
}

// What an engine elsewhere has, its pool included; of one here the daemon tells more, and quicker.
void SandboxController::ask(EngineConnection *connection)
{
    const auto guard = QPointer(connection);
    const auto askSessions = [this, guard] {
        guard->engine()->sessions({}, {this, [this, guard](const Result<QList<SessionInfo>> &sessions) {
                                           if (guard && sessions)
                                               addSessions(guard, *sessions);
                                           answered();
                                       }});
    };
    if (connection->docker()) {
        askSessions();
        return;
    }
    connection->engine()->sandboxes({}, true,
                                    {this, [this, guard, askSessions](const Result<QList<SandboxInfo>> &sandboxes) {
                                         if (guard && !sandboxes)
                                             return askSessions(); // one that does not tell of them
                                         if (guard)
                                             addSandboxes(guard, *sandboxes);
                                         answered();
                                     }});
}

void SandboxController::addSandboxes(EngineConnection *connection, const QList<SandboxInfo> &sandboxes)
{
    using State = SandboxRow::State;
    static const QHash<QString, State> states{{u"starting"_s, State::Starting}, {u"running"_s, State::Running},
                                              {u"idle"_s, State::Idle},         {u"paused"_s, State::Paused},
                                              {u"lost"_s, State::Lost},         {u"ready"_s, State::Ready},
                                              {u"resetting"_s, State::Starting}};
    for (const SandboxInfo &sandbox : sandboxes) {
        const bool session = sandbox.purpose == "session"_L1;
        SandboxRow row;
        row.key = (session ? u"s:"_s : u"e:"_s) + connection->spec().id + u':' + sandbox.id;
        row.source = session ? SandboxRow::Source::Session : SandboxRow::Source::Engine;
        row.id = sandbox.id;
        row.kind = session                        ? SandboxRow::Kind::Session
                   : sandbox.purpose == "pool"_L1 ? SandboxRow::Kind::Pool
                                                  : SandboxRow::Kind::Run;
        row.state = states.value(sandbox.state, State::Other);
        row.connection = connection->spec().id;
        row.connectionName = connection->spec().name;
        row.session = session ? sandbox.sessionId : QString();
        row.runtime = sandbox.runtime;
        row.container = sandbox.containerId;
        row.created = sandbox.createdAt;
        row.cpuPercent = sandbox.cpuPercent;
        row.memoryMB = sandbox.memoryMB;
        m_rows.append(row);
    }
}

void SandboxController::addSessions(EngineConnection *connection, const QList<SessionInfo> &sessions)
{
    for (const SessionInfo &session : sessions) {
        SandboxRow row;
        row.key = u"s:"_s + connection->spec().id + u':' + session.id;
        row.source = SandboxRow::Source::Session;
        row.id = session.id;
        row.kind = SandboxRow::Kind::Session;
        row.state = session.isPaused   ? SandboxRow::State::Paused
                    : session.isActive ? SandboxRow::State::Running
                                       : SandboxRow::State::Idle;
        row.connection = connection->spec().id;
        row.connectionName = connection->spec().name;
        row.session = session.id;
        row.runtime = session.runtime;
        row.container = session.containerId;
        row.created = session.createdAt;
        if (connection->spec().kind != ConnectionSpec::Kind::Service && !row.container.isEmpty()) {
            const ContainerUsage::Sample sample = m_usage.sample(row.container);
            row.cpuPercent = sample.cpuPercent;
            row.memoryMB = sample.memoryMB;
        }
        m_rows.append(row);
    }
}

void SandboxController::addContainers(EngineConnection *connection, const QList<docker::ContainerSummary> &containers)
{
    const auto *local = qobject_cast<LocalEngine *>(connection->engine());
    for (const docker::ContainerSummary &container : containers) {
        const auto label = [&](const QString &name) { return container.labels.value(u"org.isol8"_s + name); };
        SandboxRow row;
        row.key = u"c:"_s + container.id;
        const QString purpose = label(u".purpose"_s);
        row.kind = purpose == "pool"_L1      ? SandboxRow::Kind::Pool
                   : purpose == "session"_L1 ? SandboxRow::Kind::Session
                   : purpose == "persist"_L1 ? SandboxRow::Kind::Kept
                                             : SandboxRow::Kind::Run;
        row.state = container.state == "running"_L1
                        ? (row.kind == SandboxRow::Kind::Pool ? SandboxRow::State::Ready : SandboxRow::State::Running)
                        : SandboxRow::State::Other;
        row.connection = connection->spec().id;
        row.connectionName = connection->spec().name;
        row.session = row.kind == SandboxRow::Kind::Session ? label(u".session"_s) : QString();
        row.runtime = label(u".runtime"_s);
        row.container = container.id;
        row.created = QDateTime::fromSecsSinceEpoch(container.createdAt, Qt::UTC);
        row.isOurs = local && label({}) == local->id();
        const ContainerUsage::Sample sample = m_usage.sample(container.id);
        row.cpuPercent = sample.cpuPercent;
        row.memoryMB = sample.memoryMB;
        m_rows.append(row);
    }
}

void SandboxController::answered()
{
    if (m_pending <= 0 || --m_pending > 0)
        return;
    m_usage.sweep();
    // What an engine has and its container are one sandbox.
    QStringList known;
    for (const SandboxRow &row : std::as_const(m_rows)) {
        if (row.source != SandboxRow::Source::Daemon && !row.container.isEmpty())
            known.append(row.container);
    }
    m_rows.removeIf([&](const SandboxRow &row) {
        return row.source == SandboxRow::Source::Daemon &&
               std::any_of(known.begin(), known.end(), [&](const QString &id) { return row.container.startsWith(id); });
    });
    m_model.setRows(m_rows);
    m_model.tick();
}

Engine *SandboxController::engineOf(const SandboxRow &row) const
{
    EngineConnection *connection = m_hub->connection(row.connection);
    return connection ? connection->engine() : nullptr;
}

Callback<void> SandboxController::report(const QString &sentence)
{
    return {this, [this, sentence](const Result<void> &result) {
                if (result)
                    Q_EMIT done(sentence);
                else
                    Q_EMIT failed(result.error().message);
                refresh();
            }};
}

void SandboxController::stop(const SandboxRow &row)
{
    EngineConnection *connection = m_hub->connection(row.connection);
    if (!connection)
        return;
    if (row.source == SandboxRow::Source::Session) {
        connection->engine()->removeSession({}, row.session, {this, [this](const Result<bool> &removed) {
                                                                  if (!removed)
                                                                      Q_EMIT failed(removed.error().message);
                                                                  refresh();
                                                              }});
        return;
    }
    const Callback<void> gone = report(tr("The sandbox is gone."));
    // The background engine's containers are this machine's.
    docker::Client *daemon = connection->docker();
    if (!daemon && !connection->service() && m_hub->local())
        daemon = m_hub->local()->docker();
    if (daemon && !row.container.isEmpty())
        daemon->removeContainer(row.container, gone);
    else if (connection->service() && row.kind == SandboxRow::Kind::Run)
        connection->service()->ask({"DELETE", "/runs/" + row.id.toUtf8().toPercentEncoding()},
                                   {this, [gone](const Result<QJsonObject> &answer) {
                                        gone(answer ? Result<void>() : Result<void>(fail(answer.error())));
                                    }});
    else
        Q_EMIT failed(tr("What a service has started ahead is its own to end."));
}

RunController *SandboxController::openShell(const SandboxRow &row, QObject *parent)
{
    auto *shell = new RunController(m_hub, parent);
    Program program;
    program.connection = row.connection;
    program.request.runtime = row.runtime;
    program.request.cmd = u"exec bash -i"_s;
    program.request.env.insert(u"TERM"_s, u"xterm-256color"_s);
    program.request.timeout = std::chrono::hours(24);
    program.request.interactiveStdin = true;
    program.options.mode = RunMode::Persistent;
    program.options.sessionId = row.session;
    program.options.pty = true;
    shell->start(program);
    return shell;
}

void SandboxController::setPaused(const SandboxRow &row, bool paused)
{
    if (Engine *engine = engineOf(row))
        engine->setSessionPaused({}, row.session, paused,
                                 report(paused ? tr("The session is paused.") : tr("The session goes on.")));
}

void SandboxController::saveSnapshot(const SandboxRow &row, const QString &name)
{
    if (Engine *engine = engineOf(row))
        engine->saveSnapshot({}, row.session, name, {this, [this, name](const Result<SnapshotInfo> &saved) {
                                                         if (saved)
                                                             Q_EMIT done(tr("The snapshot %1 is saved.").arg(name));
                                                         else
                                                             Q_EMIT failed(saved.error().message);
                                                     }});
}

void SandboxController::listSnapshots()
{
    if (m_snapshotsPending > 0)
        return;
    m_snapshots.clear();
    m_snapshotsPending = 1;
    const auto answered = [this] {
        if (--m_snapshotsPending == 0)
            Q_EMIT snapshotsFound(m_snapshots);
    };
    for (EngineConnection *connection : m_hub->connections()) {
        // What the background engine has is the same folder's.
        if (connection->state() != EngineConnection::State::Ready ||
            connection->spec().kind == ConnectionSpec::Kind::Background)
            continue;
        ++m_snapshotsPending;
        const ConnectionSpec spec = connection->spec();
        connection->engine()->snapshots({}, {this, [this, spec, answered](const Result<QList<SnapshotInfo>> &list) {
                                                 if (!list)
                                                     Q_EMIT failed(list.error().message);
                                                 for (const SnapshotInfo &info : list.value_or(QList<SnapshotInfo>()))
                                                     m_snapshots.append({info, spec.id, spec.name});
                                                 answered();
                                             }});
    }
    QTimer::singleShot(0, this, answered);
}

void SandboxController::removeSnapshot(const SnapshotRow &row)
{
    if (EngineConnection *connection = m_hub->connection(row.connection))
        connection->engine()->removeSnapshot({}, row.info.name, {this, [this](const Result<void> &removed) {
                                                                     if (!removed)
                                                                         Q_EMIT failed(removed.error().message);
                                                                     listSnapshots();
                                                                 }});
}

void SandboxController::listFiles(const SandboxRow &row, Callback<QList<SessionFile>> done)
{
    if (Engine *engine = engineOf(row))
        engine->listFiles({}, row.session, u"/sandbox"_s, true, std::move(done));
}

void SandboxController::getFile(const SandboxRow &row, const QString &path, Callback<QByteArray> done)
{
    if (Engine *engine = engineOf(row))
        engine->getFile({}, row.session, path, std::move(done));
}

void SandboxController::putFile(const SandboxRow &row, const QString &path, const QByteArray &content)
{
    if (Engine *engine = engineOf(row))
        engine->putFile({}, row.session, path, content, {}, report(tr("%1 is in the sandbox.").arg(path)));
}

} // namespace isol8::desktop
