// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/sandbox/GuestChannel.h>

#include <isol8/base/Units.h>
#include <isol8/sandbox/Door.h>
#include <isol8/sandbox/DoorStream.h>

#include <QLoggingCategory>
#include <QPointer>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

Q_LOGGING_CATEGORY(channelLog, "isol8.sandbox.channel", QtWarningMsg)

// Longer silence than this of a guest that is asked every PingIntervalMs means that it is frozen or gone.
constexpr qint64 GuestSilenceMs = 4 * guest::PingIntervalMs + 10000;

Error lie(const QString &detail)
{
    return {errors::SandboxLost.toString(), u"The sandbox broke the protocol of its stream and was ended."_s, detail};
}

} // namespace

GuestChannel::GuestChannel(docker::AttachStream *stream, QObject *parent)
    : QObject(parent)
    , m_stream(stream)
    , m_door(std::make_unique<Door>(this))
{
    connect(stream, &docker::AttachStream::written, this, &GuestChannel::written);
    connect(stream, &docker::AttachStream::standardOutput, this, &GuestChannel::read);
    connect(stream, &docker::AttachStream::standardError, this, [](QByteArrayView data) {
        qCDebug(channelLog) << "init says" << data.first(std::min<qsizetype>(data.size(), 512)).trimmed();
    });
    connect(stream, &docker::AttachStream::closed, this,
            [this](const Error &error) { fail(error.code.isEmpty() ? ended() : error); });
    connect(&m_pingTimer, &QTimer::timeout, this, &GuestChannel::ping);
    m_pingTimer.start(guest::PingIntervalMs);
    m_lastFrame.start();
    m_lastPing.start();
}

GuestChannel::~GuestChannel()
{
    m_door.reset();
    const auto handlers = std::exchange(m_handlers, {});
    for (FrameHandler *handler : handlers)
        handler->onLost({errors::SandboxLost.toString(), u"The sandbox was ended."_s, {}});
}

quint32 GuestChannel::add(FrameHandler *handler)
{
    const quint32 id = m_nextId++;
    m_handlers.insert(id, handler);
    return id;
}

void GuestChannel::remove(quint32 id)
{
    m_handlers.remove(id);
}

void GuestChannel::send(guest::FrameType type, quint32 id, QByteArrayView payload)
{
    if (m_lost)
        return;
    unsigned char header[guest::HeaderSize];
    guest::encodeHeader(header, {static_cast<quint32>(payload.size()), type, id});
    QByteArray frame;
    frame.reserve(qsizetype(sizeof header) + payload.size());
    frame.append(reinterpret_cast<const char *>(header), sizeof header);
    frame.append(payload);
    m_stream->write(frame);
}

void GuestChannel::setPaused(bool paused)
{
    if (m_paused == paused || m_lost)
        return;
    m_paused = paused;
    m_lastFrame.restart();
    m_stream->setPaused(paused);
}

void GuestChannel::read(QByteArrayView data)
{
    if (m_lost)
        return;
    m_lastFrame.restart();
    m_parser.feed(data);
    FrameParser::Frame frame;
    const QPointer<GuestChannel> self(this);
    for (;;) {
        switch (m_parser.next(&frame)) {
        case FrameParser::Status::NeedMore:
            return;
        case FrameParser::Status::Broken:
            fail(lie(u"a frame's header is wrong"_s));
            return;
        case FrameParser::Status::Frame:
            const bool good = dispatch(frame);
            if (!self || m_lost)
                return;
            if (!good) {
                fail(lie(u"a frame of type %1 is wrong"_s.arg(int(frame.type))));
                return;
            }
        }
    }
}

bool GuestChannel::dispatch(const FrameParser::Frame &frame)
{
    // Init answers before it says Hello where raising its walls takes long.
    if (frame.type == guest::FrameType::Pong)
        return frame.id == 0;
    if (!m_helloSeen) {
        guest::HelloMessage message;
        if (frame.type != guest::FrameType::Hello || frame.id != 0 || !message.decode(payloadText(frame.payload)))
            return false;
        m_helloSeen = true;
        Q_EMIT hello(message);
        return true;
    }
    if (frame.id == 0 && (frame.type == guest::FrameType::Stdout || frame.type == guest::FrameType::Stderr)) {
        Q_EMIT idleOutput(frame.type == guest::FrameType::Stderr, frame.payload);
        return true;
    }
    if (guest::isDoorFrame(frame.type))
        return dispatchDoor(frame);
    if (frame.type == guest::FrameType::Exit) {
        const QPointer<GuestChannel> self(this);
        m_door->runEnded(frame.id); // before its owner hears of the end
        if (!self || m_lost)
            return true;
    }
    if (const auto handler = m_handlers.constFind(frame.id); handler != m_handlers.constEnd())
        return (*handler)->onFrame(frame.type, frame.payload);
    // Late frames of something given up are expected; what was never asked for is not.
    return frame.id != 0 && frame.id < m_nextId;
}

bool GuestChannel::dispatchDoor(const FrameParser::Frame &frame)
{
    if (frame.type != guest::FrameType::DoorOpen)
        return m_door->take(frame);
    guest::NumberMessage message;
    if (!message.decode(payloadText(frame.payload)) || message.number == 0 || message.number >= m_nextId)
        return false;
    std::unique_ptr<DoorStream> stream = m_door->open(frame, message.number);
    if (!stream)
        return false;
    if (FrameHandler *const handler = m_handlers.value(message.number))
        handler->onConnection(std::move(stream));
    return true; // of a run that was given up: the stream's end here resets it
}

// Init ends by itself when it hears nothing from us: as when this process was stopped (Ctrl-Z).
Error GuestChannel::ended() const
{
    const bool wasStopped = m_silentTooLong || m_lastPing.elapsed() > guest::HostSilenceMs;
    const QString sentence =
        wasStopped ? u"The sandbox ended, since isol8 was stopped for longer than %1; let it go on."_s.arg(
                         formatDuration(milliseconds(guest::HostSilenceMs)))
                   : u"The sandbox ended unexpectedly."_s;
    return {errors::SandboxLost.toString(), sentence, {}};
}

void GuestChannel::ping()
{
    m_silentTooLong = m_silentTooLong || m_lastPing.restart() > guest::HostSilenceMs;
    if (!m_paused && m_lastFrame.elapsed() > GuestSilenceMs) {
        fail({errors::SandboxLost.toString(), u"The sandbox does not answer any more and was ended."_s, {}});
        return;
    }
    send(guest::FrameType::Ping, 0, QByteArrayView("isol8"));
}

void GuestChannel::fail(const Error &error)
{
    if (m_lost)
        return;
    qCDebug(channelLog) << "lost:" << error.code << error.message << error.detail;
    m_lost = true;
    m_pingTimer.stop();
    const QPointer<GuestChannel> self(this);
    m_door->lose();
    if (!self)
        return;
    const auto handlers = std::exchange(m_handlers, {});
    for (FrameHandler *handler : handlers)
        handler->onLost(error);
    if (self)
        Q_EMIT lost(error);
}

} // namespace isol8
