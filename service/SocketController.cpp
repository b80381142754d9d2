// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/SocketController.h>

#include <isol8/guest/RunSignals.h>

#include <QJsonDocument>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <limits>

using namespace Qt::StringLiterals;

namespace isol8::service {

namespace {

// Of stdin, that the program has not read. Our own client stops far before, so that its other messages get through.
constexpr qint64 StdinHighWater = MiB;
constexpr milliseconds PeerWatchInterval{1000};

} // namespace

Result<int> signalNumber(const QJsonObject &message)
{
    const QString name = message.value(u"signal"_s).toString();
    QStringList known;
    for (int number = 1; number < 32; ++number) {
        const char *abbreviation = ::sigabbrev_np(number);
        if (!abbreviation || !guest::isRunSignal(number))
            continue;
        known.append(u"SIG"_s + QLatin1StringView(abbreviation));
        if (name == known.constLast())
            return number;
    }
    const QString last = known.takeLast();
    return fail(errors::BadRequest, u"signal must be one of %1 and %2."_s.arg(known.join(u", "_s), last));
}

Result<QSize> terminalSize(const QJsonObject &message)
{
    const int columns = message.value(u"cols"_s).toInt();
    const int rows = message.value(u"rows"_s).toInt();
    if (columns < 1 || rows < 1 || columns > MostCellsASide || rows > MostCellsASide)
        return fail(errors::BadRequest, u"cols and rows must be whole numbers from 1 to %1."_s.arg(MostCellsASide));
    return QSize(columns, rows);
}

SocketController::SocketController(Runs *runs, Router *router, const ServerLimits &limits, QObject *parent)
    : QObject(parent)
    , m_runs(runs)
    , m_limits(limits)
{
    router->add("GET", u"/execute/ws"_s, [this](Exchange *exchange) { open(exchange); });
}

void SocketController::open(Exchange *exchange)
{
    if (const auto refusal = m_runs->checkContext(exchange->head().value(EngineContextField))) {
        exchange->respondError(refusal->status, refusal->error);
        return;
    }
    if (m_sessions >= m_limits.connections) {
        exchange->respondError(503, {u"too_many_clients"_s, u"Too many clients are connected."_s, {}},
                               {{"Retry-After", "1"}});
        return;
    }
    const Caller caller = exchange->caller();
    auto socket = exchange->upgrade(m_limits.body);
    if (!socket)
        return;
    auto *session = new SocketSession(std::move(socket), caller, m_runs, m_limits, this);
    ++m_sessions;
    connect(session, &QObject::destroyed, this, [this] {
        --m_sessions;
        Q_EMIT sessionsChanged();
    });
    Q_EMIT sessionsChanged();
}

void SocketController::closeIdle()
{
    const auto sessions = findChildren<SocketSession *>(Qt::FindDirectChildrenOnly);
    for (SocketSession *session : sessions)
        session->closeIfIdle();
}

SocketSession::SocketSession(std::unique_ptr<http::WebSocket> socket, Caller caller, Runs *runs,
                             const ServerLimits &limits, QObject *parent)
    : QObject(parent)
    , m_socket(std::move(socket))
    , m_caller(std::move(caller))
    , m_runs(runs)
{
    m_patience.setSingleShot(true);
    m_patience.start(limits.idleTimeout);
    m_peerWatch.setInterval(PeerWatchInterval);
    m_socket->setHeartbeat(limits.ping);
    m_arriving = BodyHold(limits.bodies, m_caller.tenant, m_caller.isLocal);
    m_request = BodyHold(limits.bodies, m_caller.tenant, m_caller.isLocal);
    m_socket->setAllowance([this](qint64 bytes) { return m_arriving.resize(bytes).has_value(); });
    connect(&m_patience, &QTimer::timeout, this, &SocketSession::closeIfIdle);
    connect(&m_peerWatch, &QTimer::timeout, this, [this] {
        if (m_socket->hasPeerLeft())
            deleteLater();
    });
    connect(m_socket.get(), &http::WebSocket::text, this, &SocketSession::onMessageText);
    connect(m_socket.get(), &http::WebSocket::binary, this, &SocketSession::onMessageBytes);
    connect(m_socket.get(), &http::WebSocket::written, this, &SocketSession::balance);
    connect(m_socket.get(), &http::WebSocket::closed, this, &QObject::deleteLater);
}

void SocketSession::closeIfIdle()
{
    if (!m_begun)
        m_socket->close(http::closecodes::GoingAway);
}

void SocketSession::onMessageText(const QByteArray &text)
{
    if (m_over)
        return;
    QJsonParseError problem;
    const QJsonDocument document = QJsonDocument::fromJson(text, &problem);
    if (!document.isObject()) {
        m_over = true;
        complain(u"A message is not a JSON object."_s);
        m_socket->close(http::closecodes::BadMessage);
        return;
    }
    const QJsonObject message = document.object();
    if (message.value(u"type"_s) != u"execute"_s)
        onMessage(message);
    else if (std::exchange(m_begun, true))
        complain(u"A connection runs one request; open another for the next."_s);
    else
        confirm(text);
}

void SocketSession::onMessage(const QJsonObject &message)
{
    const QString type = message.value(u"type"_s).toString();
    if (!m_events)
        return complain(u"Nothing runs yet; the first message is of type execute."_s);
    Run *run = m_events->run();
    if (type == u"stdin") {
        const QJsonValue data = message.value(u"data"_s);
        if (!data.isString())
            return complain(u"data must be a text."_s);
        takeStdin(data.toString().toUtf8());
    } else if (type == u"eof") {
        run->closeStdin();
    } else if (type == u"signal") {
        const auto number = signalNumber(message);
        if (!number)
            return complain(number.error().message);
        run->sendSignal(*number);
    } else if (type == u"cancel") { // unlike the connection's end it leaves somebody to be told how that went
        run->cancel();
    } else if (type == u"resize") {
        const auto size = terminalSize(message);
        if (!size)
            return complain(size.error().message);
        run->resize(size->width(), size->height());
    } else {
        complain(u"type must be one of execute, stdin, eof, signal, resize and cancel."_s);
    }
}

void SocketSession::onMessageBytes(const QByteArray &data)
{
    if (m_events && !m_over)
        takeStdin(data);
    else if (!m_over)
        complain(u"Nothing runs yet; the first message is of type execute."_s);
}

void SocketSession::takeStdin(const QByteArray &data)
{
    m_stdinBytes += data.size();
    m_events->run()->writeStdin(data);
    if (m_events->run()->stdinPending() > StdinHighWater) {
        m_socket->setPaused(true);
        m_peerWatch.start();
    }
}

void SocketSession::onStdinTaken()
{
    const qint64 pending = m_events->run()->stdinPending();
    if (pending <= StdinHighWater && m_peerWatch.isActive()) {
        m_peerWatch.stop();
        m_socket->setPaused(false);
    }
    if (m_tellsStdin)
        send({StreamEvent::Type::Stdin,
              QByteArray::number(std::max<qint64>(m_stdinBytes - pending, 0)),
              {},
              {},
              {},
              {}});
}

// Since the handshake the client's key may have been revoked.
void SocketSession::confirm(const QByteArray &text)
{
    m_patience.stop();
    if (!m_runs->mayHaveChanged(m_caller))
        return execute(text);
    m_socket->setPaused(true);
    m_runs->confirm(m_caller, {this, [this, text](const Result<void> &confirmed) {
                                   m_socket->setPaused(false);
                                   if (confirmed)
                                       execute(text);
                                   else
                                       refuse(confirmed.error());
                               }});
}

void SocketSession::execute(const QByteArray &text)
{
    [[maybe_unused]] const auto whole = m_arriving.resize(0);
    if (const auto room = m_request.resize(text.size()); !room)
        return refuse(room.error());
    auto message = ExecuteMessage::fromJson(text);
    if (!message)
        return refuse(message.error());
    m_binary = message->binary;
    m_tellsStdin = message->events.contains(StreamEvent::Type::Stdin);
    message->request.interactiveStdin = message->interactive.value_or(message->request.stdinData.isEmpty());
    const bool collect = message->options.collectOutput = message->collect;
    message->options.streamFiles = message->files;
    if (message->files)
        message->events += {StreamEvent::Type::FileOpened, StreamEvent::Type::FileData, StreamEvent::Type::FileEnded};
    if (message->options.pty && !collect && !m_binary)
        m_terminalText.emplace();
    const auto extras = message->events;
    const auto started = m_runs->start(std::move(*message), m_caller);
    if (!started)
        return refuse(started.error());
    m_events = new RunEvents(*started, extras, collect, this);
    connect(m_events, &RunEvents::event, this, &SocketSession::send);
    connect(m_events, &RunEvents::finished, this, &SocketSession::onFinished);
    connect(m_events->run(), &Run::stdinTaken, this, &SocketSession::onStdinTaken);
    if (extras.contains(StreamEvent::Type::Accepted))
        send({StreamEvent::Type::Accepted, m_events->run()->executionId().toLatin1(), Phase::Setup, {}, {}, {}});
}

void SocketSession::send(const StreamEvent &event)
{
    const bool isOutput = event.type == StreamEvent::Type::Stdout || event.type == StreamEvent::Type::Stderr;
    if (m_binary && event.isBinary())
        m_socket->sendBinary(event.toBinary());
    else if (m_terminalText && (isOutput || event.type == StreamEvent::Type::Exit))
        sendTerminalText(event);
    else
        m_socket->sendText(event.toJson());
    balance();
}

// A terminal's output is bytes, JSON is text.
void SocketSession::sendTerminalText(const StreamEvent &event)
{
    LimitedText text(std::numeric_limits<qint64>::max());
    const bool ended = event.type == StreamEvent::Type::Exit;
    if (ended)
        m_terminalText->finish(false, text);
    else
        m_terminalText->feed(event.data, text);
    StreamEvent output = event;
    output.data = text.take();
    if (ended && !output.data.isEmpty())
        m_socket->sendText(StreamEvent{StreamEvent::Type::Stdout, output.data, event.phase, {}, {}, {}}.toJson());
    if (ended || !output.data.isEmpty())
        m_socket->sendText(ended ? event.toJson() : output.toJson());
}

void SocketSession::balance()
{
    if (!m_events || m_over)
        return;
    const bool pause = m_socket->bytesToWrite() > (m_paused ? OutputLowWater : OutputHighWater);
    if (std::exchange(m_paused, pause) != pause)
        m_events->run()->setOutputPaused(pause);
}

void SocketSession::complain(const QString &sentence)
{
    const Phase phase = m_events && m_events->hasStarted() ? Phase::Code : Phase::Setup;
    send({StreamEvent::Type::Error, sentence.toUtf8(), phase, errors::BadRequest.toString(), {}, {}});
}

// The specification's answer to a request that is refused: error, then exit, then a good end.
void SocketSession::refuse(const Error &error)
{
    m_over = true;
    RunResult result;
    result.reason = Reason::SetupFailed;
    result.error = error.message;
    result.errorCode = error.code;
    result.timestamp = QDateTime::currentDateTimeUtc();
    send({StreamEvent::Type::Error, error.message.toUtf8(), Phase::Setup, error.code, {}, {}});
    send({StreamEvent::Type::Exit, "125", Phase::Setup, {}, result.toJson(false), {}});
    m_socket->close(http::closecodes::Normal);
}

void SocketSession::onFinished()
{
    m_events->finish();
    m_over = true;
    m_peerWatch.stop();
    m_socket->close(http::closecodes::Normal);
}

} // namespace isol8::service
