// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/sandbox/Door.h>

#include <isol8/sandbox/DoorStream.h>
#include <isol8/sandbox/GuestChannel.h>

#include <QPointer>

namespace isol8 {

Door::Door(GuestChannel *channel)
    : m_channel(channel)
{
    // Queued: a stream's own call may be what makes the channel write.
    connect(channel, &GuestChannel::written, this, &Door::pump, Qt::QueuedConnection);
}

Door::~Door()
{
    breakAll([](const DoorStream *) { return true; }, false);
}

std::unique_ptr<DoorStream> Door::open(const FrameParser::Frame &frame, quint32 run)
{
    if (m_unread > MaxUnread || frame.id <= m_lastId || m_streams.size() >= qsizetype(guest::DoorMaxStreams))
        return nullptr;
    m_lastId = frame.id;
    std::unique_ptr<DoorStream> stream(new DoorStream(this, frame.id, run));
    m_streams.insert(frame.id, stream.get());
    return stream;
}

bool Door::take(const FrameParser::Frame &frame)
{
    const guest::Header header{quint32(frame.payload.size()), frame.type, frame.id};
    if (m_unread > MaxUnread || !guest::doorFrameFits(header))
        return false;
    DoorStream *const stream = m_streams.value(frame.id);
    // What was given up here may still be spoken of; what was never opened may not.
    return stream ? stream->take(frame.type, frame.payload) : frame.id <= m_lastId;
}

void Door::runEnded(quint32 run)
{
    QList<QPointer<DoorStream>> over; // this may be gone when they are told
    m_over.removeIf([&](const QPointer<DoorStream> &stream) {
        if (stream && stream->m_run == run)
            over.append(stream);
        return !stream || stream->m_run == run;
    });
    breakAll([run](const DoorStream *stream) { return stream->m_run == run; }, true);
    for (const auto &stream : over) {
        if (stream)
            stream->tellClosed();
    }
}

// It says closed() from the event loop, which may come to that behind the Exit.
void Door::tellBeforeExit(DoorStream *stream)
{
    m_over.removeIf([](const QPointer<DoorStream> &other) { return !other || other->m_told; });
    m_over.append(stream);
}

void Door::lose()
{
    breakAll([](const DoorStream *) { return true; }, true);
}

template<class Which> void Door::breakAll(Which which, bool now)
{
    QList<QPointer<DoorStream>> ending;
    for (DoorStream *stream : std::as_const(m_streams)) {
        if (which(stream))
            ending.append(stream);
    }
    // First all, then their owners' slots, which may delete any of them, and this.
    for (const auto &stream : ending) {
        m_streams.remove(stream->m_id);
        stream->m_door = nullptr;
    }
    for (const auto &stream : ending) {
        if (stream)
            stream->breakOff(now);
    }
}

void Door::send(guest::FrameType type, quint32 id, QByteArrayView payload)
{
    m_unread = m_channel->bytesToWrite() < SendAhead ? 0 : m_unread + guest::HeaderSize + payload.size();
    m_channel->send(type, id, payload);
}

void Door::sendNumber(guest::FrameType type, quint32 id, qint64 number)
{
    const std::string payload = guest::NumberMessage{quint32(number)}.encode();
    send(type, id, {payload.data(), qsizetype(payload.size())});
}

void Door::mayHaveMore(DoorStream *stream)
{
    if (!stream->m_queued && stream->maySend()) {
        stream->m_queued = true;
        m_line.enqueue(stream->m_id);
    }
    pump();
}

void Door::pump()
{
    if (std::exchange(m_pumping, true))
        return;
    while (!m_line.isEmpty() && m_channel->bytesToWrite() < SendAhead) {
        DoorStream *const stream = m_streams.value(m_line.dequeue());
        if (!stream)
            continue;
        stream->m_queued = false;
        if (!stream->maySend())
            continue;
        stream->sendSome();
        if (stream->maySend()) {
            stream->m_queued = true;
            m_line.enqueue(stream->m_id);
        }
        if (stream->m_high && stream->pending() <= ByteStream::HighWater / 2 && !std::exchange(m_telling, true))
            QMetaObject::invokeMethod(this, &Door::tellDrained, Qt::QueuedConnection);
    }
    m_pumping = false;
}

void Door::tellDrained()
{
    m_telling = false;
    QList<QPointer<DoorStream>> drained;
    for (DoorStream *stream : std::as_const(m_streams)) {
        if (stream->m_high && stream->pending() <= ByteStream::HighWater / 2) {
            stream->m_high = false;
            drained.append(stream);
        }
    }
    for (const auto &stream : drained) {
        if (stream)
            Q_EMIT stream->drained();
    }
}

} // namespace isol8
