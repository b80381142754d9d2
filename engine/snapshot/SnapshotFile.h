// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/archive/MemberRules.h>
#include <isol8/snapshot/SnapshotStore.h>

#include <QByteArray>

namespace isol8::snapshots {

//! How a snapshot's file begins.
[[nodiscard]] QByteArray encodeInfo(const SnapshotInfo &info);
//! What the beginning of a file says; without the size. file_error where it is no snapshot's.
[[nodiscard]] Result<SnapshotInfo> decodeInfo(const QByteArray &begin);
inline constexpr qsizetype MaxInfoSize = 256 * 1024; //!< of that beginning

//! What a snapshot may hold: all that SnapshotSave packs, SnapshotRestore unpacks.
[[nodiscard]] archive::TarLimits limits();

/*!
    A file that appears under its name when it is complete, and not before: also when this process is killed nothing of
    it stays, where the file system knows files without names (else for an hour at most).
*/
class NewFile
{
public:
    NewFile() = default;
    ~NewFile();
    Q_DISABLE_COPY_MOVE(NewFile)

    //! In \a folder, which is made where it is missing. file_error.
    [[nodiscard]] Result<void> open(const QString &folder);
    [[nodiscard]] Result<void> write(const QByteArray &bytes);
    [[nodiscard]] qint64 size() const { return m_size; }
    //! Gives it its name in the folder. exists, where it may not \a replace; file_error.
    [[nodiscard]] Result<void> publish(const QString &name, bool replace);

private:
    [[nodiscard]] tl::unexpected<Error> failed(int code) const;
    void discard();

    QString m_folder;
    QByteArray m_temporary; //!< its path while it has a name of its own
    int m_fd = -1;
    qint64 m_size = 0;
    qint64 m_flushed = 0; //!< on their way to the disk
};

} // namespace isol8::snapshots
