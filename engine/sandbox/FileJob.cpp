// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/sandbox/FileJob.h>

#include <isol8/sandbox/FileErrors.h>

using namespace Qt::StringLiterals;
using isol8::guest::FrameType;

namespace isol8 {

FileJob::FileJob(GuestChannel *channel, QByteArray path, QObject *parent)
    : QObject(parent)
    , m_channel(channel)
    , m_path(std::move(path))
{
}

FileJob::~FileJob()
{
    if (!isUnderWay() || !m_channel)
        return;
    m_channel->send(FrameType::FileAbort, m_id);
    m_channel->remove(m_id);
}

void FileJob::begin(FrameType type, std::string_view payload)
{
    Q_ASSERT(m_state == State::Fresh);
    if (!m_channel || m_channel->isLost()) {
        end({errors::SandboxLost.toString(), u"The sandbox ended unexpectedly."_s, {}}, true);
        return;
    }
    m_state = State::UnderWay;
    m_id = m_channel->add(this);
    m_channel->send(type, m_id, QByteArrayView(payload.data(), qsizetype(payload.size())));
}

void FileJob::send(FrameType type, QByteArrayView payload)
{
    if (isUnderWay() && m_channel)
        m_channel->send(type, m_id, payload);
}

void FileJob::cancel()
{
    giveUp({errors::Cancelled.toString(), u"The transfer of %1 was cancelled."_s.arg(shownPath()), {}});
}

void FileJob::giveUp(const Error &error)
{
    if (isOver())
        return;
    send(FrameType::FileAbort);
    end(error, true);
}

void FileJob::end(const Error &error, bool later)
{
    if (isOver())
        return;
    if (m_channel && isUnderWay())
        m_channel->remove(m_id);
    m_state = State::Over;
    if (later)
        QMetaObject::invokeMethod(
            this, [this, error] { Q_EMIT finished(error); }, Qt::QueuedConnection);
    else
        Q_EMIT finished(error);
}

bool FileJob::onFrame(FrameType type, QByteArrayView payload)
{
    if (type != FrameType::FileDone)
        return onData(type, payload);
    guest::FileDoneMessage message;
    if (!message.decode(payloadText(payload)))
        return false;
    m_note = message.message;
    if (message.error == guest::FileError::None)
        onDone();
    else
        end(files::fileError(message, shownPath()));
    return true;
}

void FileJob::onLost(const Error &error)
{
    end(error);
}

} // namespace isol8
