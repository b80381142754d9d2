// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/sandbox/DirectoryUpload.h>
#include <isol8/snapshot/SnapshotStore.h>

#include <QFile>
#include <QObject>

namespace isol8 {

/*!
    Unpacks a snapshot into a sandbox's /sandbox. finished() comes exactly once after the start, never from inside the
    call. With an error what was unpacked before it stays: the sandbox is better not used. A snapshot that is removed or
    replaced meanwhile is still restored as it was.

    Errors: bad_value, not_found, file_error, those of DirectoryUpload, cancelled.
*/
class SnapshotRestore final : public QObject
{
    Q_OBJECT

public:
    SnapshotRestore(const SnapshotStore &store, GuestChannel *channel, QString owner, QString name,
                    QObject *parent = nullptr);
    ~SnapshotRestore() override;

    void start();
    void cancel();

    [[nodiscard]] const SnapshotInfo &info() const { return m_info; }

Q_SIGNALS:
    void progress(qint64 bytesDone, qint64 bytesTotal);
    void finished(const isol8::Error &error);

private:
    void end(const Error &error);

    const SnapshotStore m_store;
    QPointer<GuestChannel> m_channel;
    QString m_owner;
    QString m_name;
    SnapshotInfo m_info;
    QFile m_file;
    DirectoryUpload *m_upload = nullptr;
    bool m_over = false;
};

} // namespace isol8
