// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/sandbox/DoorStream.h>

#include <isol8/sandbox/Door.h>
#include <isol8/sandbox/FrameParser.h>

#include <algorithm>

namespace isol8 {

namespace {

constexpr qint64 CreditStep = guest::DoorWindow / 4;

} // namespace

DoorStream::DoorStream(Door *door, quint32 id, quint32 run)
    : m_door(door)
    , m_id(id)
    , m_run(run)
{
}

DoorStream::~DoorStream()
{
    abort();
}

QByteArray DoorStream::read(qsizetype most)
{
    if (most <= 0 || m_in.isEmpty())
        return {};
    QByteArray data;
    if (most >= m_in.size()) {
        data = std::exchange(m_in, {});
    } else {
        data = m_in.first(most);
        m_in.remove(0, most);
    }
    m_owed += data.size();
    if (m_door && !m_peerEnded && m_owed >= CreditStep) {
        m_receiveWindow += m_owed;
        m_door->sendNumber(guest::FrameType::DoorGive, m_id, std::exchange(m_owed, 0));
    }
    return data;
}

void DoorStream::write(const QByteArray &data)
{
    if (!m_door || m_ending || data.isEmpty())
        return;
    m_out += data;
    m_high = m_high || m_out.size() > HighWater / 2;
    m_door->mayHaveMore(this);
}

void DoorStream::end()
{
    if (!m_door || m_ending)
        return;
    m_ending = true;
    m_door->mayHaveMore(this);
}

void DoorStream::abort()
{
    m_silent = true;
    if (!m_door)
        return;
    m_door->send(guest::FrameType::DoorReset, m_id);
    std::exchange(m_door, nullptr)->forget(m_id);
    m_out.clear();
}

void DoorStream::sendSome()
{
    if (!m_out.isEmpty()) {
        const qsizetype n = std::min({m_out.size(), qsizetype(m_sendWindow), qsizetype(guest::DataChunk)});
        m_door->send(guest::FrameType::DoorData, m_id, QByteArrayView(m_out).first(n));
        m_sendWindow -= n;
        if (n == m_out.size())
            m_out = {};
        else
            m_out.remove(0, n);
    }
    if (m_out.isEmpty() && m_ending && !m_ended) {
        m_ended = true;
        m_door->send(guest::FrameType::DoorEnd, m_id);
        closeWhenEnded();
    }
}

void DoorStream::closeWhenEnded()
{
    if (m_door && m_peerEnded && m_ended)
        breakOff(false);
}

void DoorStream::breakOff(bool now)
{
    if (Door *const door = std::exchange(m_door, nullptr)) {
        door->forget(m_id);
        if (!now)
            door->tellBeforeExit(this);
    }
    m_out = {};
    if (now)
        tellClosed();
    else
        QMetaObject::invokeMethod(this, &DoorStream::tellClosed, Qt::QueuedConnection);
}

void DoorStream::tellClosed()
{
    if (!m_silent && !std::exchange(m_told, true))
        Q_EMIT closed();
}

bool DoorStream::takeData(QByteArrayView data)
{
    if (m_peerEnded || data.size() > m_receiveWindow)
        return false;
    m_receiveWindow -= data.size();
    m_in.append(data);
    Q_EMIT readable();
    return true;
}

bool DoorStream::take(guest::FrameType type, QByteArrayView payload)
{
    guest::NumberMessage message;
    switch (type) {
    case guest::FrameType::DoorBytes:
        return takeData(payload);
    case guest::FrameType::DoorCredit:
        if (!message.decode(payloadText(payload)) || message.number == 0 ||
            m_sendWindow + message.number > guest::DoorWindow)
            return false;
        m_sendWindow += message.number;
        m_door->mayHaveMore(this);
        return true;
    case guest::FrameType::DoorDone:
        if (m_peerEnded)
            return false;
        m_peerEnded = true;
        closeWhenEnded();
        Q_EMIT readable();
        return true;
    case guest::FrameType::DoorBroken:
        breakOff(true);
        return true;
    default:
        return false;
    }
}

} // namespace isol8
