// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QHash>
#include <QString>

namespace isol8::cli {

/*!
    What isol8 has brought into a folder: a hash of each file, so that a later run may replace what it made itself as
    long as nobody has changed it. A small file of isol8's own; one that cannot be read or written is the same as none.
*/
class SaveRecord
{
public:
    //! \a records: where the records are kept. \a folder: whose record it is.
    SaveRecord(const QString &records, const QString &folder);

    //! Whether isol8 brought what has this \a hash (NewLocalFile.h: contentHash()) to \a place, a path below the
    //! folder, the last time.
    [[nodiscard]] bool holds(const QString &place, const QByteArray &hash) const;
    void add(const QString &place, const QByteArray &hash);
    //! Writes what was added; drops what is not there any more.
    void store();

private:
    QString m_folder;
    QString m_path;
    QHash<QString, QByteArray> m_hashes;
    bool m_changed = false;
};

} // namespace isol8::cli
