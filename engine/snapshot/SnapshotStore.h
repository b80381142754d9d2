// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>
#include <isol8/base/Units.h>

#include <QDateTime>
#include <QJsonObject>
#include <QList>
#include <QString>
#include <QStringList>

namespace isol8 {

//! What is known of a snapshot without unpacking it.
struct SnapshotInfo
{
    QString name;
    QString runtime;
    QDateTime created;        //!< UTC
    qint64 size = 0;          //!< bytes on the disk
    QJsonObject spec;         //!< what the sandbox was like, as its saver wrote it
    QStringList skipped = {}; //!< of one that was saved right now: sentences about what was left out

    [[nodiscard]] QJsonObject toJson() const;

    friend bool operator==(const SnapshotInfo &, const SnapshotInfo &) = default;
};

//! What is missing or wrong stays as it is by default.
[[nodiscard]] SnapshotInfo snapshotInfoFromJson(const QJsonObject &object);

/*!
    Saved /sandbox folders: an owner's by their names, each a tar archive that begins with what is known of it
    (a pax header's comment), so that each is one file, complete or not there. Files are 0600, folders 0700.
   SnapshotSave makes them, SnapshotRestore unpacks them; several engines may use a folder at the same time.

    Names are 1 to 64 of A-Z, a-z, 0-9, ".", "_" and "-", not "." in front: else bad_value. Owners may be any text.
*/
class SnapshotStore
{
public:
    //! dataDirectory()/snapshots.
    [[nodiscard]] static QString standardFolder();

    //! \a maxBytes: of one owner's snapshots together.
    explicit SnapshotStore(QString folder = standardFolder(), qint64 maxBytes = 20 * GiB);

    [[nodiscard]] static Result<void> checkName(const QString &name);

    //! Sorted by name. What is not readable as a snapshot is not in it.
    [[nodiscard]] QList<SnapshotInfo> list(const QString &owner) const;
    //! not_found, bad_value.
    [[nodiscard]] Result<SnapshotInfo> info(const QString &owner, const QString &name) const;
    //! not_found, bad_value, file_error. A restore under way goes on.
    [[nodiscard]] Result<void> remove(const QString &owner, const QString &name) const;

    [[nodiscard]] qint64 maxBytes() const { return m_maxBytes; }
    //! Where an owner's are; it may not be there yet.
    [[nodiscard]] QString folderOf(const QString &owner) const;
    [[nodiscard]] QString pathOf(const QString &owner, const QString &name) const;
    //! Bytes of all of an owner's but \a except.
    [[nodiscard]] qint64 usedBytes(const QString &owner, const QString &except = {}) const;

private:
    QString m_folder;
    qint64 m_maxBytes;
};

} // namespace isol8
