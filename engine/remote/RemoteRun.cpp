// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/remote/RemoteRun.h>

#include <QJsonDocument>
#include <QPointer>
#include <QTimer>
#include <QUuid>

#include <algorithm>
#include <csignal>
#include <cstring>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

constexpr milliseconds Heartbeat{15000};
constexpr qint64 StdinPart = 64 * KiB;

// Longer than a program in a session has to end by itself, and than any other takes to be killed.
constexpr milliseconds SessionCancelPatience{6000};
constexpr milliseconds CancelPatience{2000};

QJsonArray wantedEvents(bool files)
{
    QJsonArray events{u"accepted"_s, u"queued"_s, u"progress"_s, u"started"_s,   u"usage"_s,
                      u"network"_s,  u"stdin"_s,  u"value"_s,    u"background"_s};
    if (files)
        events.append(u"files"_s);
    return events;
}

} // namespace

RemoteRun::RemoteRun(RemoteRunPlan plan, std::unique_ptr<http::WebSocket> socket, QObject *parent)
    : Run(parent)
    , m_plan(std::move(plan))
{
    m_result.executionId = QUuid::createUuid().toString(QUuid::WithoutBraces);
    m_result.timestamp = QDateTime::currentDateTimeUtc();
    m_result.runtime = m_plan.request.runtime;
    // Stdin is bytes, JSON is text: all of it goes as messages of its own.
    m_stdin = std::exchange(m_plan.request.stdinData, {});
    if (!m_plan.request.interactiveStdin) {
        m_stdinOpen = false;
        m_eofDue = !m_stdin.isEmpty();
    }
    if (socket)
        useSocket(std::move(socket));
    QTimer::singleShot(0, this, &RemoteRun::begin);
}

RemoteRun::RemoteRun(const Error &error, QObject *parent)
    : Run(parent)
{
    m_result.executionId = QUuid::createUuid().toString(QUuid::WithoutBraces);
    m_result.timestamp = QDateTime::currentDateTimeUtc();
    QTimer::singleShot(0, this, [this, error] { fail(Reason::SetupFailed, error); });
}

RemoteRun::~RemoteRun() = default;

void RemoteRun::begin()
{
    if (m_state != State::Opening || m_cancelled)
        return;
    if (m_socket) {
        m_state = State::Asked;
        m_socket->sendText(executeMessage());
        pumpStdin();
        return;
    }
    if (m_plan.peer->withoutSockets)
        openStream();
    else
        openSocket();
}

void RemoteRun::useSocket(std::unique_ptr<http::WebSocket> socket)
{
    m_socket = std::move(socket);
    m_socket->setHeartbeat(Heartbeat);
    m_socket->setPaused(m_paused);
    connect(m_socket.get(), &http::WebSocket::text, this, &RemoteRun::onMessageText);
    connect(m_socket.get(), &http::WebSocket::binary, this, &RemoteRun::onMessageBytes);
    connect(m_socket.get(), &http::WebSocket::closed, this, [this](quint16 code, const QString &reason) {
        const bool isSaid = !reason.isEmpty() || code == http::closecodes::None;
        onClosed(isSaid ? reason : u"code %1"_s.arg(code));
    });
}

QByteArray RemoteRun::executeMessage() const
{
    const RunOptions &options = m_plan.options;
    QJsonObject message{{u"type"_s, u"execute"_s},
                        {u"request"_s, m_plan.request.toJson()},
                        {u"options"_s, options.toJson()},
                        {u"events"_s, wantedEvents(options.streamFiles)},
                        {u"interactive"_s, m_stdinOpen || m_eofDue},
                        {u"frames"_s, u"binary"_s},
                        {u"collect"_s, options.collectOutput},
                        {u"explicit"_s, m_plan.isExplicit}};
    if (!m_plan.request.fileName.isEmpty())
        message.insert(u"fileName"_s, m_plan.request.fileName);
    if (!options.sessionId.isEmpty())
        message.insert(u"sessionId"_s, options.sessionId);
    if (!options.snapshot.isEmpty())
        message.insert(u"snapshot"_s, options.snapshot);
    if (options.runtimes)
        message.insert(u"runtimes"_s, *options.runtimes);
    if (options.asked)
        message.insert(u"asked"_s, QJsonArray::fromStringList(*options.asked));
    if (options.pty)
        message.insert(u"terminal"_s,
                       QJsonObject{{u"cols"_s, options.ptySize.width()}, {u"rows"_s, options.ptySize.height()}});
    return QJsonDocument(message).toJson(QJsonDocument::Compact);
}

void RemoteRun::onMessageText(const QByteArray &text)
{
    if (m_state == State::Finished)
        return;
    const auto event = StreamEvent::fromJson(text);
    if (!event)
        fail(Reason::Internal,
             {errors::EngineLost.toString(), u"The isol8 engine sent what is no event."_s, event.error().message});
    else if (*event)
        onEvent(**event);
}

void RemoteRun::onMessageBytes(const QByteArray &message)
{
    if (m_state == State::Finished)
        return;
    if (const auto event = StreamEvent::fromBinary(message))
        onEvent(*event);
}

void RemoteRun::onEvent(const StreamEvent &event)
{
    if (m_stream && m_plan.options.collectOutput)
        keep(event);
    switch (event.type) {
    case StreamEvent::Type::Stdout:
    case StreamEvent::Type::Stderr:
        if (!event.data.isEmpty())
            Q_EMIT output(event.type == StreamEvent::Type::Stdout ? OutputStream::Stdout : OutputStream::Stderr,
                          event.data, event.phase);
        break;
    case StreamEvent::Type::Accepted:
        m_state = State::Accepted;
        m_result.executionId = QString::fromUtf8(event.data);
        break;
    case StreamEvent::Type::Queued:
        Q_EMIT queued(std::max(event.data.toInt(), 1));
        break;
    case StreamEvent::Type::Progress:
        Q_EMIT progress(QString::fromUtf8(event.data));
        break;
    case StreamEvent::Type::Started:
        m_sinceStart.start();
        Q_EMIT started();
        break;
    case StreamEvent::Type::Usage:
        if (event.usage) {
            m_result.resourceUsage = *event.usage;
            Q_EMIT usage(*event.usage);
        }
        break;
    case StreamEvent::Type::Network:
        Q_EMIT networkLogged(event.network);
        break;
    case StreamEvent::Type::Value:
        Q_EMIT displayed(event.value);
        break;
    case StreamEvent::Type::Background:
        Q_EMIT background(event.stream, event.data);
        break;
    case StreamEvent::Type::Stdin: {
        const QPointer<RemoteRun> alive(this);
        m_stdinTaken = std::clamp<qint64>(event.data.toLongLong(), m_stdinTaken, m_stdinSent);
        Q_EMIT stdinTaken();
        if (alive)
            pumpStdin();
        break;
    }
    case StreamEvent::Type::FileOpened:
        Q_EMIT fileOpened(event.file);
        break;
    case StreamEvent::Type::FileData:
        Q_EMIT fileData(event.data);
        break;
    case StreamEvent::Type::FileEnded:
        Q_EMIT fileEnded(QString::fromUtf8(event.data));
        break;
    case StreamEvent::Type::Error:
        if (m_askedToCancel && event.code == errors::BadRequest)
            cancel(); // an older service, which knows the connection's end alone
        break;        // the exit that follows says it, too
    case StreamEvent::Type::Exit:
        onExit(event);
        break;
    }
}

void RemoteRun::onExit(const StreamEvent &event)
{
    auto result = RunResult::fromJson(event.result);
    if (!result) {
        fail(Reason::Internal, {errors::EngineLost.toString(), u"The isol8 engine sent a result that cannot be read."_s,
                                result.error().message});
        return;
    }
    if (isOverQuota(*result)) {
        dropSocket();
        retryIn(milliseconds(1000 << m_attempt));
        return;
    }
    const QString id = m_result.executionId;
    if (m_stream && m_plan.options.collectOutput) {
        result->stdoutText = std::move(m_result.stdoutText);
        result->stderrText = std::move(m_result.stderrText);
        result->results = m_result.results;
        result->backgroundStdout = std::move(m_result.backgroundStdout);
        result->backgroundStderr = std::move(m_result.backgroundStderr);
    }
    m_result = std::move(*result);
    if (m_result.executionId.isEmpty())
        m_result.executionId = id;
    m_result.limited = m_plan.limited + m_result.limited;
    finish();
}

void RemoteRun::onClosed(const QString &detail)
{
    if (m_state == State::Finished || m_cancelled)
        return;
    if (m_state == State::Accepted)
        fail(Reason::Internal, m_plan.peer->lost(detail));
    else
        fail(Reason::Internal, {errors::EngineUnreachable.toString(),
                                u"%1 closed the connection before it took the run."_s.arg(
                                    m_plan.peer->isElsewhere() ? m_plan.peer->name : u"The isol8 engine"_s),
                                detail});
}

void RemoteRun::fail(Reason reason, const Error &error)
{
    if (m_state == State::Finished)
        return;
    m_result.reason = reason;
    m_result.exitCode = 125;
    m_result.errorCode = error.code;
    m_result.error = error.detail.isEmpty() ? error.message : error.message + u" ("_s + error.detail + u')';
    finish();
}

void RemoteRun::finish()
{
    if (m_state == State::Finished)
        return;
    m_state = State::Finished;
    dropSocket();
    m_stdin.clear();
    m_stdinSent = m_stdinTaken = 0;
    tellFinished();
}

// It may be in the middle of a signal; the connection closes before the event loop goes on.
void RemoteRun::dropSocket()
{
    m_opening.reset();
    if (m_stream) {
        m_stream->disconnect(this);
        m_stream.release()->deleteLater();
    }
    if (!m_socket)
        return;
    m_socket->disconnect(this);
    m_socket.release()->deleteLater();
}

void RemoteRun::cancel()
{
    if (m_state == State::Finished || m_cancelled)
        return;
    // Only the service knows what it has used, and what became of a session's interpreter.
    const bool inSession = m_plan.options.mode == RunMode::Persistent || !m_plan.options.sessionId.isEmpty();
    if (m_socket && m_state == State::Accepted && !std::exchange(m_askedToCancel, true)) {
        sendObject(QJsonObject{std::pair(u"type"_s, QJsonValue(u"cancel"_s))});
        setOutputPaused(false);
        QTimer::singleShot(inSession ? SessionCancelPatience : CancelPatience, this, &RemoteRun::cancel);
        return;
    }
    m_cancelled = true;
    m_result.reason = Reason::Cancelled;
    m_result.exitCode = 130;
    m_result.errorCode = errors::Cancelled.toString();
    m_result.error = u"The run was cancelled."_s;
    if (m_sinceStart.isValid())
        m_result.durationMs = m_sinceStart.elapsed();
    dropSocket();
    QTimer::singleShot(0, this, &RemoteRun::finish);
}

void RemoteRun::writeStdin(const QByteArray &data)
{
    if (!m_stdinOpen || m_state == State::Finished)
        return;
    m_stdin.append(data);
    pumpStdin();
}

void RemoteRun::closeStdin()
{
    if (!std::exchange(m_stdinOpen, false))
        return;
    m_eofDue = true;
    pumpStdin();
}

void RemoteRun::pumpStdin()
{
    if (!m_socket || m_state == State::Opening || m_state == State::Finished)
        return;
    while (!m_stdin.isEmpty() && m_stdinSent - m_stdinTaken < StdinWindow) {
        const qint64 size = std::min({qint64(m_stdin.size()), StdinPart, StdinWindow - (m_stdinSent - m_stdinTaken)});
        m_socket->sendBinary(QByteArrayView(m_stdin).first(size));
        m_stdin.remove(0, size);
        m_stdinSent += size;
    }
    if (m_stdin.isEmpty() && std::exchange(m_eofDue, false))
        sendObject(QJsonObject{std::pair(u"type"_s, QJsonValue(u"eof"_s))});
}

void RemoteRun::sendObject(const QJsonObject &object)
{
    if (m_socket && m_state != State::Opening)
        m_socket->sendText(QJsonDocument(object).toJson(QJsonDocument::Compact));
}

void RemoteRun::sendSignal(int signal)
{
    if (const char *name = ::sigabbrev_np(signal))
        sendObject({{u"type"_s, u"signal"_s}, {u"signal"_s, QString(u"SIG"_s + QLatin1StringView(name))}});
}

void RemoteRun::resize(int columns, int rows)
{
    m_plan.options.ptySize = {columns, rows};
    sendObject({{u"type"_s, u"resize"_s}, {u"cols"_s, columns}, {u"rows"_s, rows}});
}

void RemoteRun::setOutputPaused(bool paused)
{
    m_paused = paused;
    if (m_socket)
        m_socket->setPaused(paused);
    if (m_stream)
        m_stream->setPaused(paused);
}

} // namespace isol8
