// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/sandbox/DirectoryDownload.h>
#include <isol8/snapshot/SnapshotFile.h>
#include <isol8/snapshot/SnapshotStore.h>

#include <QObject>

#include <memory>

namespace isol8 {

/*!
    Saves a sandbox's /sandbox under a name. It is the caller's to see that no program changes it meanwhile; what does
    ends in file_error at worst. What cannot be read, or not be unpacked again, is file_error, too, before anything is
    written; sockets, pipes and devices are left out, and told of in info(). finished() comes exactly once after the
   start, never from inside the call. Deleting it, cancel() and errors leave nothing behind; what had the name stays
   then.

    Errors: bad_value, exists, too_large (the store's limit), file_error, those of DirectoryDownload, cancelled.
*/
class SnapshotSave final : public QObject
{
    Q_OBJECT

public:
    struct Request
    {
        QString owner;
        QString name;
        QString runtime;
        QJsonObject spec;     //!< kept with it as it is
        bool replace = false; //!< one of that name
    };

    SnapshotSave(const SnapshotStore &store, GuestChannel *channel, Request request, QObject *parent = nullptr);
    ~SnapshotSave() override;

    void start();
    void cancel();

    //! After finished() without an error.
    [[nodiscard]] const SnapshotInfo &info() const { return m_info; }

Q_SIGNALS:
    void progress(qint64 bytesDone, qint64 bytesTotal);
    void finished(const isol8::Error &error);

private:
    void take(const QByteArray &bytes);
    void packed(const Error &error);
    void end(const Error &error);

    const SnapshotStore m_store;
    QPointer<GuestChannel> m_channel;
    Request m_request;
    SnapshotInfo m_info;
    std::unique_ptr<snapshots::NewFile> m_file;
    DirectoryDownload *m_download = nullptr;
    qint64 m_room = 0;
    bool m_over = false;
};

} // namespace isol8
