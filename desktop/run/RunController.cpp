// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/run/RunController.h>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

RunController::RunController(EngineHub *hub, QObject *parent)
    : QObject(parent)
    , m_hub(hub)
{
    m_frame.setInterval(Frame);
    connect(&m_frame, &QTimer::timeout, this, &RunController::flush);
}

RunController::~RunController()
{
    if (m_run && !m_finished) {
        m_run->disconnect(this);
        delete m_run.data();
    }
    setRunning(false);
}

void RunController::setRunning(bool running)
{
    if (running == m_running)
        return;
    m_running = running;
    if (m_hub)
        m_hub->countRun(running ? 1 : -1);
}

Engine *RunController::engine() const
{
    EngineConnection *connection =
        !m_hub ? nullptr
               : m_hub->connection(m_program.connection.isEmpty() ? LocalId.toString() : m_program.connection);
    return connection ? connection->engine() : nullptr;
}

void RunController::start(const Program &program)
{
    if (m_running)
        return;
    m_program = program;
    m_result = {};
    setRunning(true);
    m_finished = m_cancelled = m_paused = false;
    m_pieces.clear();
    m_pending = 0;
    m_asked.clear();
    ++m_generation;
    Q_EMIT begun();
    if (!engine())
        return failToStart({errors::EngineUnreachable.toString(),
                            tr("The connection that this program was for is not there any more; choose another."),
                            {}});
    if (m_program.options.sessionId.isEmpty() || !wantsFiles()) {
        m_before.clear();
        launch();
    } else {
        listThenLaunch();
    }
}

void RunController::listThenLaunch()
{
    engine()->listFiles({}, m_program.options.sessionId, u"/sandbox"_s, true,
                        {this, [this, generation = m_generation](const Result<QList<SessionFile>> &files) {
                             if (generation != m_generation || !m_running)
                                 return;
                             m_before = files.value_or(QList<SessionFile>());
                             if (m_cancelled || !engine())
                                 return failToStart({errors::Cancelled.toString(), tr("Stopped."), {}});
                             launch();
                         }});
}

RunRequest RunController::preparedRequest() const
{
    RunRequest request = m_program.request;
    if (request.outputPaths.isEmpty() && wantsFiles() && m_program.options.sessionId.isEmpty()) {
        // What an installer puts there is not what the program has made; it lies in folders.
        request.outputPaths = QStringList{request.installPackages.isEmpty() ? u"/sandbox"_s : u"/sandbox/*"_s};
    }
    return request;
}

RunOptions RunController::preparedOptions() const
{
    RunOptions options = m_program.options;
    options.logNetwork = true;
    // A python program's figures and its last value are shown like a session's.
    if (m_program.request.runtime == "python"_L1 && !options.pty && !m_program.request.interactiveStdin)
        options.results = true;
    if (options.network == Network::Filtered && !m_allowed.isEmpty() && options.whitelist)
        options.whitelist = *options.whitelist + m_allowed;
    if (options.pty)
        options.collectOutput = false;
    options.secrets.removeIf([](const auto &secret) { return secret.value().isEmpty(); });
    return options;
}

void RunController::launch()
{
    m_run = engine()->execute(preparedRequest(), preparedOptions());
    Run *run = m_run;
    connect(run, &Run::queued, this,
            [this](int place) { Q_EMIT progressed(tr("Waiting, at place %1 of the queue").arg(place)); });
    connect(run, &Run::progress, this, &RunController::progressed);
    connect(run, &Run::started, this, &RunController::programStarted);
    connect(run, &Run::output, this, [this](OutputStream stream, const QByteArray &text, Phase) {
        take(stream == OutputStream::Stdout ? OutputKind::Out : OutputKind::Err, text);
    });
    connect(run, &Run::background, this, [this](OutputStream stream, const QByteArray &text) {
        take(stream == OutputStream::Stdout ? OutputKind::Out : OutputKind::Err, text);
    });
    connect(run, &Run::usage, this, &RunController::usageSampled);
    connect(run, &Run::displayed, this, &RunController::displayed);
    connect(run, &Run::networkLogged, this, [this](const QJsonObject &entry) {
        const QString host = entry.value(u"host"_s).toString();
        if (entry.value(u"action"_s).toString() != "BLOCK"_L1 || m_asked.contains(host) || m_denied.contains(host))
            return;
        m_asked.append(host);
        Q_EMIT hostRefused({host, entry.value(u"port"_s).toInt(), entry.value(u"reason"_s).toString()});
    });
    connect(run, &Run::finished, this, &RunController::finished);
    connect(run, &QObject::destroyed, this, [this, generation = m_generation] {
        // Its engine went away under it.
        if (generation == m_generation && m_running && !m_finished)
            failToStart({errors::EngineLost.toString(), tr("The connection was removed while the program ran."), {}});
    });
}

void RunController::take(OutputKind kind, const QByteArray &bytes)
{
    if (!m_pieces.isEmpty() && m_pieces.last().kind == kind && m_pieces.last().bytes.size() < FrameBytes / 4)
        m_pieces.last().bytes += bytes;
    else
        m_pieces.append({kind, bytes});
    m_pending += bytes.size();
    if (!m_paused && m_pending > HighWater && m_run) {
        m_paused = true;
        m_run->setOutputPaused(true);
    }
    if (!m_frame.isActive())
        m_frame.start();
}

void RunController::flush()
{
    qsizetype left = FrameBytes;
    while (!m_pieces.isEmpty() && left > 0) {
        const Piece piece = m_pieces.takeFirst();
        left -= piece.bytes.size();
        m_pending -= piece.bytes.size();
        Q_EMIT output(piece.kind, piece.bytes);
    }
    if (m_paused && m_pending < HighWater / 2 && m_run) {
        m_paused = false;
        m_run->setOutputPaused(false);
    }
    if (!m_pieces.isEmpty())
        return;
    m_frame.stop();
    if (m_finished && m_running)
        finish();
}

void RunController::stop()
{
    m_cancelled = true;
    if (m_run && !m_finished)
        m_run->cancel();
}

void RunController::sendInput(const QByteArray &bytes)
{
    if (m_run && !m_finished)
        m_run->writeStdin(bytes);
}

void RunController::endInput()
{
    if (m_run && !m_finished)
        m_run->closeStdin();
}

void RunController::resizeTerminal(int columns, int rows)
{
    if (m_run && !m_finished)
        m_run->resize(columns, rows);
}

void RunController::finished(const RunResult &result)
{
    m_result = result;
    m_finished = true;
    m_run->deleteLater();
    if (m_pieces.isEmpty())
        finish();
}

void RunController::failToStart(const Error &error)
{
    RunResult result;
    result.reason = error.code == errors::Cancelled ? Reason::Cancelled : Reason::Internal;
    result.error = error.message;
    result.errorCode = error.code;
    result.runtime = m_program.request.runtime;
    result.timestamp = QDateTime::currentDateTimeUtc();
    m_result = result;
    m_finished = true;
    m_frame.start(); // never from inside start()
}

void RunController::finish()
{
    setRunning(false);
    m_frame.stop();
    Q_EMIT ended(m_result);
    if (wantsFiles())
        findFiles();
}

void RunController::findFiles()
{
    const QString session = m_result.sessionId;
    if (session.isEmpty()) {
        Q_EMIT filesFound(filesOf(m_result, m_program.request));
        return;
    }
    Engine *from = engine();
    if (!from)
        return;
    from->listFiles({}, session, u"/sandbox"_s, true,
                    {this, [this, generation = m_generation](const Result<QList<SessionFile>> &files) {
                         if (files && generation == m_generation)
                             Q_EMIT filesFound(filesOf(*files, m_before, m_program.request));
                     }});
}

void RunController::fetch(const QString &path, Callback<QByteArray> done)
{
    if (Engine *from = engine(); from && !m_result.sessionId.isEmpty()) {
        from->getFile({}, m_result.sessionId, path, std::move(done));
        return;
    }
    QTimer::singleShot(0, this, [done] {
        done(fail(errors::UnknownSession, tr("The sandbox of that run is gone; its file was not kept.")));
    });
}

void RunController::putIntoSession(const QString &path, const QByteArray &content, Callback<void> done)
{
    if (Engine *to = engine(); to && !m_result.sessionId.isEmpty())
        to->putFile({}, m_result.sessionId, path, content, {}, std::move(done));
}

} // namespace isol8::desktop
