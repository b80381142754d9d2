// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/snapshot/SnapshotSave.h>

#include <QFileInfo>

#include <utility>

using namespace Qt::StringLiterals;

namespace isol8 {

SnapshotSave::SnapshotSave(const SnapshotStore &store, GuestChannel *channel, Request request, QObject *parent)
    : QObject(parent)
    , m_store(store)
    , m_channel(channel)
    , m_request(std::move(request))
{
}

SnapshotSave::~SnapshotSave() = default;

void SnapshotSave::start()
{
    if (const auto good = SnapshotStore::checkName(m_request.name); !good)
        return end(good.error());
    if (!m_request.replace && QFileInfo::exists(m_store.pathOf(m_request.owner, m_request.name)))
        return end({errors::Exists.toString(),
                    u"There is a snapshot of that name already; remove it, or choose another name."_s,
                    {}});
    m_info.name = m_request.name;
    m_info.runtime = m_request.runtime;
    m_info.created = QDateTime::currentDateTimeUtc();
    m_info.spec = m_request.spec;
    const QByteArray begin = snapshots::encodeInfo(m_info);
    if (begin.size() > snapshots::MaxInfoSize)
        return end({errors::TooLarge.toString(), u"What is to be kept with the snapshot is too large."_s, {}});
    m_file = std::make_unique<snapshots::NewFile>();
    m_room = m_store.maxBytes() - m_store.usedBytes(m_request.owner, m_request.name);
    if (const auto opened = m_file->open(m_store.folderOf(m_request.owner)); !opened)
        return end(opened.error());
    DirectoryDownload::Limits limits;
    limits.whole = snapshots::limits();
    m_download = new DirectoryDownload(m_channel, "/sandbox", limits, this);
    connect(m_download, &DirectoryDownload::data, this, &SnapshotSave::take);
    connect(m_download, &DirectoryDownload::progress, this, &SnapshotSave::progress);
    connect(m_download, &DirectoryDownload::finished, this, &SnapshotSave::packed);
    take(begin);
    if (!m_over)
        m_download->start();
}

void SnapshotSave::cancel()
{
    end({errors::Cancelled.toString(), u"The saving of the snapshot %1 was cancelled."_s.arg(m_request.name), {}});
}

void SnapshotSave::take(const QByteArray &bytes)
{
    if (m_over)
        return;
    if (m_file->size() + bytes.size() > m_room)
        return end({errors::TooLarge.toString(),
                    u"There is no room for the snapshot: all together may have %1; remove some."_s.arg(
                        formatSize(m_store.maxBytes())),
                    {}});
    if (const auto written = m_file->write(bytes); !written)
        end(written.error());
}

void SnapshotSave::packed(const Error &error)
{
    if (m_over)
        return;
    if (!error.code.isEmpty())
        return end(error);
    m_info.size = m_file->size();
    m_info.skipped = m_download->skipped();
    const auto published = m_file->publish(m_request.name + u".tar"_s, m_request.replace);
    end(published ? Error() : published.error());
}

void SnapshotSave::end(const Error &error)
{
    if (std::exchange(m_over, true))
        return;
    m_file.reset();
    if (m_download) {
        m_download->disconnect(this);
        m_download->cancel();
    }
    QMetaObject::invokeMethod(
        this, [this, error] { Q_EMIT finished(error); }, Qt::QueuedConnection);
}

} // namespace isol8
