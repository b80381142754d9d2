// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/sandbox/FileUpload.h>

#include <QIODevice>

#include <algorithm>

using namespace Qt::StringLiterals;
using isol8::guest::FrameType;

namespace isol8 {

FileUpload::FileUpload(GuestChannel *channel, Target target, QObject *parent)
    : FileJob(channel, target.path, parent)
    , m_target(std::move(target))
{
}

FileUpload::~FileUpload() = default;

void FileUpload::start()
{
    guest::FilePutMessage message;
    message.path = path();
    message.mode = m_target.mode;
    message.mtimeMs = quint64(std::max<qint64>(0, m_target.mtimeMs));
    message.flags = (m_target.replace ? quint32(guest::FilePutMessage::Replace) : 0) |
                    (m_target.sparse ? quint32(guest::FilePutMessage::Sparse) : 0);
    begin(FrameType::FilePut, message.encode());
    pump();
}

void FileUpload::start(QIODevice *source)
{
    m_source = source;
    if (source->isSequential()) {
        connect(source, &QIODevice::readyRead, this, &FileUpload::readSource);
        connect(source, &QIODevice::readChannelFinished, this, [this] {
            m_sourceEnded = true;
            readSource();
        });
    }
    start();
    readSource();
}

void FileUpload::write(const QByteArray &data)
{
    if (isOver() || m_finishing || data.isEmpty())
        return;
    m_queue.enqueue(data);
    m_pending += data.size();
    pump();
}

void FileUpload::finish()
{
    m_finishing = true;
    pump();
}

void FileUpload::pump()
{
    while (isUnderWay() && m_window > 0 && !m_queue.isEmpty()) {
        const QByteArrayView head = QByteArrayView(m_queue.head()).sliced(m_at);
        const qint64 n = std::min({qint64(head.size()), m_window, qint64(guest::DataChunk)});
        send(FrameType::FileData, head.first(n));
        m_window -= n;
        m_pending -= n;
        m_sent += n;
        m_at += n;
        if (n == head.size()) {
            m_queue.dequeue();
            m_at = 0;
        }
    }
    sendEnd();
}

void FileUpload::sendEnd()
{
    if (isUnderWay() && m_finishing && !m_ended && m_queue.isEmpty()) {
        m_ended = true;
        send(FrameType::FileEnd);
    }
}

// Straight from the source into frames.
void FileUpload::readSource()
{
    while (isUnderWay() && m_source && !m_finishing && m_window > 0) {
        char chunk[guest::DataChunk];
        const qint64 n = m_source->read(chunk, std::min(m_window, qint64(sizeof chunk)));
        if (n < 0 && !m_source->isSequential()) {
            giveUp({errors::FileError.toString(),
                    u"What was to become %1 cannot be read: %2."_s.arg(shownPath(), m_source->errorString()),
                    {}});
            return;
        }
        if (n <= 0) { // of one that is sequential, the end only where it says so
            m_finishing = n < 0 || m_sourceEnded || !m_source->isSequential();
            break;
        }
        send(FrameType::FileData, QByteArrayView(chunk, n));
        m_window -= n;
        m_sent += n;
    }
    sendEnd();
}

void FileUpload::onDone()
{
    const QPointer<FileUpload> self(this);
    Q_EMIT progress(m_sent, m_target.size);
    if (self)
        end({});
}

bool FileUpload::onData(FrameType type, QByteArrayView payload)
{
    guest::Reader reader(payloadText(payload));
    const qint64 bytes = reader.u32();
    if (type != FrameType::Credit || !reader.done() || m_window + bytes > guest::FileWindow)
        return false;
    m_window += bytes;
    const QPointer<FileUpload> self(this);
    if (m_source)
        readSource();
    else
        pump();
    if (!isUnderWay())
        return true;
    Q_EMIT progress(m_sent - bytesOnTheWay(), m_target.size);
    if (self && isUnderWay())
        Q_EMIT taken();
    return true;
}

} // namespace isol8
