// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/snapshot/SnapshotRestore.h>

#include <isol8/snapshot/SnapshotFile.h>

#include <utility>

using namespace Qt::StringLiterals;

namespace isol8 {

SnapshotRestore::SnapshotRestore(const SnapshotStore &store, GuestChannel *channel, QString owner, QString name,
                                 QObject *parent)
    : QObject(parent)
    , m_store(store)
    , m_channel(channel)
    , m_owner(std::move(owner))
    , m_name(std::move(name))
{
}

SnapshotRestore::~SnapshotRestore()
{
    delete m_upload; // before the file that it reads
}

void SnapshotRestore::start()
{
    const auto info = m_store.info(m_owner, m_name);
    if (!info)
        return end(info.error());
    m_info = *info;
    m_file.setFileName(m_store.pathOf(m_owner, m_name));
    if (!m_file.open(QIODevice::ReadOnly))
        return end({errors::FileError.toString(),
                    u"The snapshot %1 cannot be read: %2."_s.arg(m_name, m_file.errorString()),
                    {}});
    archive::TarLimits limits = snapshots::limits();
    limits.maxBytes = m_file.size();
    m_upload = new DirectoryUpload(m_channel, limits, this);
    m_upload->setSparse(true);
    connect(m_upload, &DirectoryUpload::progress, this, &SnapshotRestore::progress);
    connect(m_upload, &DirectoryUpload::finished, this, &SnapshotRestore::end);
    m_upload->start(&m_file);
}

void SnapshotRestore::cancel()
{
    end({errors::Cancelled.toString(), u"The restoring of the snapshot %1 was cancelled."_s.arg(m_name), {}});
}

void SnapshotRestore::end(const Error &error)
{
    if (std::exchange(m_over, true))
        return;
    if (m_upload) {
        m_upload->disconnect(this);
        m_upload->cancel();
    }
    QMetaObject::invokeMethod(
        this, [this, error] { Q_EMIT finished(error); }, Qt::QueuedConnection);
}

} // namespace isol8
