// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/ShellController.h>

#include <isol8/execution/Validate.h>
#include <service/Answers.h>
#include <service/SocketController.h>

#include <QJsonDocument>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::service {

namespace {

constexpr qint64 TypedHighWater = 256 * KiB;
constexpr milliseconds WatchInterval{1000};
constexpr qint64 Day = 24 * 3600 * 1000;

Result<ExecuteMessage> shellMessage(const Exchange *exchange)
{
    const Query query(exchange);
    const auto columns = query.number(u"cols"_s, 1, MostCellsASide);
    const auto rows = query.number(u"rows"_s, 1, MostCellsASide);
    const auto timeout = query.number(u"timeoutMs"_s, 1, Day);
    for (const auto *number : {&columns, &rows, &timeout}) {
        if (!*number)
            return fail(number->error());
    }
    QString term = query.value(u"term"_s);
    if (term.isEmpty())
        term = u"xterm-256color"_s;
    ExecuteMessage message;
    message.request.cmd = u"exec bash -i"_s;
    message.request.env.insert(u"TERM"_s, term);
    message.request.timeout = milliseconds(timeout->value_or(Day));
    message.request.interactiveStdin = true;
    message.options.sessionId = exchange->arguments().constFirst();
    message.options.pty = true;
    message.options.ptySize = {int(columns->value_or(80)), int(rows->value_or(24))};
    message.options.collectOutput = false;
    if (const auto valid = validate(message.request); !valid)
        return fail(valid.error());
    return message;
}

} // namespace

ShellController::ShellController(Engine *engine, Runs *runs, Router *router, const ServerLimits &limits,
                                 QObject *parent)
    : QObject(parent)
    , m_engine(engine)
    , m_runs(runs)
    , m_limits(limits)
{
    router->add("GET", u"/session/<arg>/shell"_s, [this](Exchange *exchange) { ask(exchange); });
}

void ShellController::ask(Exchange *exchange)
{
    auto message = shellMessage(exchange);
    if (!message)
        return answerError(exchange, message.error());
    m_engine->sessions(
        exchange->caller().tenant,
        {exchange, [this, exchange, message = std::move(*message)](const Result<QList<SessionInfo>> &sessions) {
             const QString &id = message.options.sessionId;
             if (!sessions)
                 return answerError(exchange, sessions.error());
             if (std::none_of(sessions->begin(), sessions->end(),
                              [&](const SessionInfo &session) { return session.id == id; }))
                 return answerError(exchange,
                                    {errors::UnknownSession.toString(), u"There is no session %1."_s.arg(id), {}});
             open(exchange, message);
         }});
}

void ShellController::open(Exchange *exchange, ExecuteMessage message)
{
    const Caller caller = exchange->caller();
    auto socket = exchange->upgrade(m_limits.body);
    if (!socket)
        return;
    const auto started = m_runs->start(std::move(message), caller);
    if (started) {
        new ShellSession(std::move(socket), *started, m_limits, this);
        return;
    }
    socket->sendText(StreamEvent{
        StreamEvent::Type::Error, started.error().message.toUtf8(), Phase::Setup, started.error().code, {}, {}}
                         .toJson());
    socket->close(http::closecodes::Normal);
    http::WebSocket *const closing = socket.release();
    closing->setParent(this);
    connect(closing, &http::WebSocket::closed, closing, &QObject::deleteLater);
}

ShellSession::ShellSession(std::unique_ptr<http::WebSocket> socket, const Runs::Started &started,
                           const ServerLimits &limits, QObject *parent)
    : QObject(parent)
    , m_socket(std::move(socket))
    , m_events(new RunEvents(started, {StreamEvent::Type::Started}, false, this))
{
    m_peerWatch.setInterval(WatchInterval);
    m_socket->setHeartbeat(limits.ping);
    connect(&m_peerWatch, &QTimer::timeout, this, [this] {
        if (m_socket->hasPeerLeft())
            deleteLater();
    });
    connect(m_socket.get(), &http::WebSocket::text, this, &ShellSession::onMessageText);
    connect(m_socket.get(), &http::WebSocket::binary, this, &ShellSession::onMessageBytes);
    connect(m_socket.get(), &http::WebSocket::written, this, &ShellSession::balance);
    connect(m_socket.get(), &http::WebSocket::closed, this, &QObject::deleteLater);
    connect(m_events, &RunEvents::event, this, &ShellSession::send);
    connect(m_events, &RunEvents::finished, this, &ShellSession::onFinished);
    connect(m_events->run(), &Run::stdinTaken, this, &ShellSession::onTaken);
}

void ShellSession::onMessageText(const QByteArray &text)
{
    if (m_over)
        return;
    const QJsonDocument document = QJsonDocument::fromJson(text);
    if (!document.isObject()) {
        m_over = true;
        complain(u"A text message is not a JSON object; what is typed goes in binary ones."_s);
        m_socket->close(http::closecodes::BadMessage);
        return;
    }
    const QJsonObject message = document.object();
    const QString type = message.value(u"type"_s).toString();
    if (type == u"resize") {
        const auto size = terminalSize(message);
        if (!size)
            return complain(size.error().message);
        m_events->run()->resize(size->width(), size->height());
    } else if (type == u"signal") {
        const auto number = signalNumber(message);
        if (!number)
            return complain(number.error().message);
        m_events->run()->sendSignal(*number);
    } else {
        complain(u"type must be resize or signal; what is typed goes in binary messages."_s);
    }
}

void ShellSession::onMessageBytes(const QByteArray &data)
{
    if (m_over)
        return;
    m_events->run()->writeStdin(data);
    if (m_events->run()->stdinPending() > TypedHighWater) {
        m_socket->setPaused(true);
        m_peerWatch.start();
    }
}

void ShellSession::onTaken()
{
    if (!m_peerWatch.isActive() || m_events->run()->stdinPending() > TypedHighWater)
        return;
    m_peerWatch.stop();
    m_socket->setPaused(false);
}

void ShellSession::send(const StreamEvent &event)
{
    const bool isOutput = event.type == StreamEvent::Type::Stdout || event.type == StreamEvent::Type::Stderr;
    if (isOutput)
        m_socket->sendBinary(event.data);
    else
        m_socket->sendText(event.toJson());
    balance();
}

void ShellSession::complain(const QString &sentence)
{
    send({StreamEvent::Type::Error, sentence.toUtf8(), Phase::Code, errors::BadRequest.toString(), {}, {}});
}

void ShellSession::balance()
{
    if (m_over)
        return;
    const bool pause = m_socket->bytesToWrite() > (m_paused ? OutputLowWater : OutputHighWater);
    if (std::exchange(m_paused, pause) != pause)
        m_events->run()->setOutputPaused(pause);
}

void ShellSession::onFinished()
{
    m_events->finish();
    m_over = true;
    m_peerWatch.stop();
    m_socket->close(http::closecodes::Normal);
}

} // namespace isol8::service
