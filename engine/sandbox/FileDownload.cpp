// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/sandbox/FileDownload.h>

#include <QIODevice>

#include <utility>

using namespace Qt::StringLiterals;
using isol8::guest::FrameType;

namespace isol8 {

namespace {
constexpr qint64 SinkHighWater = 256 * 1024;
}

FileDownload::FileDownload(GuestChannel *channel, const QByteArray &path, qint64 limit, QObject *parent)
    : FileJob(channel, path, parent)
    , m_limit(limit)
{
}

FileDownload::~FileDownload() = default;

void FileDownload::start()
{
    begin(FrameType::FileGet, guest::FileGetMessage{path(), quint64(m_limit)}.encode());
}

void FileDownload::start(QIODevice *sink)
{
    m_sink = sink;
    connect(sink, &QIODevice::bytesWritten, this, [this] {
        if (m_sink && m_sink->bytesToWrite() <= SinkHighWater)
            setPaused(false);
    });
    start();
}

void FileDownload::setPaused(bool paused)
{
    if (std::exchange(m_paused, paused) && !paused)
        QMetaObject::invokeMethod(this, &FileDownload::resume, Qt::QueuedConnection);
}

bool FileDownload::onData(FrameType type, QByteArrayView payload)
{
    if (type == FrameType::FileEntry)
        return open(payload);
    if (m_complete)
        return false;
    m_received += payload.size();
    // What is held and what is owed are the whole of what may be outstanding.
    if (type != FrameType::FileBytes || !m_opened || m_received > qint64(m_entry.size) ||
        m_held.size() + m_owed + payload.size() > guest::FileWindow)
        return false;
    if (m_paused || !m_held.isEmpty())
        m_held.append(payload);
    else
        deliver(payload.toByteArray());
    return true;
}

bool FileDownload::open(QByteArrayView payload)
{
    if (std::exchange(m_opened, true) || !m_entry.decode(payloadText(payload)) || m_entry.kind != 'f' ||
        m_entry.size > quint64(m_limit))
        return false;
    Q_EMIT opened();
    return true;
}

// May end in this being deleted.
void FileDownload::deliver(const QByteArray &bytes)
{
    m_delivered += bytes.size();
    m_owed += bytes.size();
    if (m_owed >= guest::FileWindow / 4) {
        guest::Writer w;
        w.u32(quint32(std::exchange(m_owed, 0)));
        const std::string give = w.take();
        send(FrameType::FileGive, QByteArrayView(give.data(), qsizetype(give.size())));
    }
    const QPointer<FileDownload> self(this);
    if (m_sink) {
        if (m_sink->write(bytes) != bytes.size()) {
            giveUp({errors::FileError.toString(),
                    u"What %1 holds cannot be written: %2."_s.arg(shownPath(), m_sink->errorString()),
                    {}});
            return;
        }
        m_paused = m_paused || m_sink->bytesToWrite() > SinkHighWater;
    } else {
        Q_EMIT data(bytes);
    }
    if (self && !isOver())
        Q_EMIT progress(m_delivered, qint64(m_entry.size));
}

void FileDownload::resume()
{
    if (m_paused || isOver())
        return;
    const QPointer<FileDownload> self(this);
    if (!m_held.isEmpty())
        deliver(std::exchange(m_held, {}));
    if (self && m_complete && !m_paused && !isOver())
        conclude();
}

void FileDownload::onDone()
{
    m_complete = true;
    if (!m_paused && m_held.isEmpty())
        conclude();
}

void FileDownload::conclude()
{
    if (!m_opened || m_delivered < qint64(m_entry.size))
        end({errors::FileError.toString(), u"%1 became shorter while it was read."_s.arg(shownPath()), {}});
    else
        end({});
}

} // namespace isol8
