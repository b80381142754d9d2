// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/remote/Feed.h>

#include <algorithm>
#include <cstring>

namespace isol8::remote {

Feed::Feed(QObject *parent)
    : QIODevice(parent)
{
    open(QIODevice::ReadOnly | QIODevice::Unbuffered);
}

void Feed::give(const QByteArray &bytes)
{
    if (m_ended || bytes.isEmpty())
        return;
    m_bytes.remove(0, std::exchange(m_at, 0));
    m_bytes.append(bytes);
    QMetaObject::invokeMethod(this, &QIODevice::readyRead, Qt::QueuedConnection);
}

void Feed::end()
{
    if (std::exchange(m_ended, true))
        return;
    QMetaObject::invokeMethod(this, &QIODevice::readChannelFinished, Qt::QueuedConnection);
}

qint64 Feed::readData(char *data, qint64 size)
{
    const qint64 count = std::min<qint64>(size, m_bytes.size() - m_at);
    std::memcpy(data, m_bytes.constData() + m_at, size_t(count));
    m_at += count;
    if (m_at == m_bytes.size()) {
        m_bytes.clear();
        m_at = 0;
        if (count > 0)
            QMetaObject::invokeMethod(this, &Feed::taken, Qt::QueuedConnection);
    }
    return count;
}

} // namespace isol8::remote
