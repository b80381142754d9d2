// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/sandbox/Program.h>

#include <algorithm>

using isol8::guest::FrameType;

namespace isol8 {

Program::Program(GuestChannel *channel, QObject *parent)
    : QObject(parent)
    , m_channel(channel)
    , m_id(channel->add(this))
{
}

Program::~Program()
{
    if (m_channel)
        m_channel->remove(m_id);
}

void Program::start(const guest::RunMessage &message)
{
    if (m_channel)
        m_channel->send(FrameType::Run, m_id, message.encode());
}

void Program::writeStdin(const QByteArray &data)
{
    if (m_ended || m_stdinClosing || data.isEmpty())
        return;
    m_stdin.enqueue(data);
    m_stdinQueued += data.size();
    pumpStdin();
}

void Program::closeStdin()
{
    m_stdinClosing = true;
    pumpStdin();
}

void Program::pumpStdin()
{
    while (m_channel && !m_ended && m_window > 0 && !m_stdin.isEmpty()) {
        const QByteArrayView head = QByteArrayView(m_stdin.head()).sliced(m_stdinAt);
        const qint64 n = std::min({qint64(head.size()), m_window, qint64(guest::DataChunk)});
        m_channel->send(FrameType::Stdin, m_id, head.first(n));
        m_window -= n;
        m_stdinQueued -= n;
        m_stdinAt += n;
        if (n == head.size()) {
            m_stdin.dequeue();
            m_stdinAt = 0;
        }
    }
    if (m_channel && m_stdinClosing && !m_stdinClosed && m_stdin.isEmpty()) {
        m_stdinClosed = true;
        m_channel->send(FrameType::StdinEof, m_id);
    }
}

void Program::sendSignal(int number)
{
    guest::Writer payload;
    payload.u32(quint32(number));
    if (m_channel && !m_ended)
        m_channel->send(FrameType::Signal, m_id, payload.take());
}

void Program::interrupt()
{
    if (m_channel && !m_ended)
        m_channel->send(FrameType::Interrupt, m_id);
}

void Program::kill()
{
    if (m_channel && !m_ended)
        m_channel->send(FrameType::Kill, m_id);
}

void Program::resize(int columns, int rows)
{
    guest::Writer payload;
    payload.u32(quint32(columns));
    payload.u32(quint32(rows));
    if (m_channel && !m_ended)
        m_channel->send(FrameType::Resize, m_id, payload.take());
}

bool Program::onFrame(FrameType type, QByteArrayView payload)
{
    switch (type) {
    case FrameType::Started:
        Q_EMIT started();
        return true;
    case FrameType::Stdout:
    case FrameType::Stderr:
        if (!payload.isEmpty())
            Q_EMIT output(type == FrameType::Stderr, payload);
        return true;
    case FrameType::Display:
        return display(payload);
    case FrameType::Usage: {
        guest::UsageMessage message;
        if (!message.decode(payloadText(payload)))
            return false;
        Q_EMIT usage(message);
        return true;
    }
    case FrameType::Credit: {
        guest::Reader reader(payloadText(payload));
        const qint64 bytes = reader.u32();
        if (!reader.done() || m_window + bytes > guest::Window)
            return false;
        m_window += bytes;
        pumpStdin();
        Q_EMIT stdinTaken();
        return true;
    }
    case FrameType::Exit: {
        guest::ExitMessage message;
        if (!message.decode(payloadText(payload)))
            return false;
        m_ended = true;
        m_stdin.clear();
        m_stdinQueued = 0;
        m_channel->remove(m_id);
        Q_EMIT exited(message);
        return true;
    }
    default:
        return false;
    }
}

bool Program::display(QByteArrayView payload)
{
    guest::DisplayMessage message;
    if (!message.decode(payloadText(payload)))
        return false;
    const bool first = message.flags & guest::DisplayMessage::First;
    if (first == m_valueOpen)
        return false;
    if (first) {
        m_valueType = QByteArray::fromStdString(message.type);
        m_valueTooLarge = false;
    }
    m_valueOpen = !(message.flags & guest::DisplayMessage::Last);
    m_valueTooLarge = m_valueTooLarge || m_value.size() + qsizetype(message.data.size()) > MaxValue;
    if (!m_valueTooLarge)
        m_value.append(message.data.data(), qsizetype(message.data.size()));
    if (m_valueOpen && !m_valueTooLarge)
        return true;
    const QByteArray value = std::exchange(m_value, {});
    if (m_valueOpen)
        return true;
    if (m_valueTooLarge)
        Q_EMIT leftOut(m_valueType);
    else
        Q_EMIT displayed(m_valueType, value);
    return true;
}

void Program::onConnection(std::unique_ptr<ByteStream> stream)
{
    if (const Connected connected = m_connected) // a copy: it may delete this
        connected(std::move(stream));
}

void Program::onLost(const Error &error)
{
    if (m_ended)
        return;
    m_ended = true;
    Q_EMIT lost(error);
}

} // namespace isol8
