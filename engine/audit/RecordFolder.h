// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/audit/RecordChain.h>
#include <isol8/base/Error.h>

#include <QDate>
#include <QJsonObject>
#include <QString>
#include <QStringList>

#include <optional>

namespace isol8::audit {

inline constexpr char CurrentFile[] = "executions.log";
inline constexpr char ChainFile[] = "executions.chain";
inline constexpr qint64 LongestLine = qint64(256) * 1024 * 1024; //!< bytes

//! The files of records in \a folder by name, the oldest first, the one that is written to last.
[[nodiscard]] QStringList recordFiles(const QString &folder);
//! The day of "executions-2026-11-26.log"; invalid for any other name.
[[nodiscard]] QDate dayOf(const QString &fileName);

//! What executions.chain holds: where the chain begins and ends.
struct ChainEnds
{
    ChainPoint first; //!< behind what retention has deleted
    ChainPoint last;
    QDate day;       //!< of executions.log, UTC
    qint64 size = 0; //!< of executions.log, in bytes

    [[nodiscard]] QByteArray toBytes() const; //!< always of the same length
    [[nodiscard]] static std::optional<ChainEnds> fromBytes(const QByteArray &bytes);
};

/*!
    The folder of records, executions.log and its predecessors executions-DAY.log, as what writes to it sees it. Any
    number of processes may write: executions.chain is the lock (flock), and says where the chain ends. A line is one
    write() to a file opened with O_APPEND; what a process that was killed in between left is put right by the next one.

    The order is line, then executions.chain: lines behind its end are those of a writer that was killed, and belong to
    the chain if they continue it. Whoever may write to the folder can of course write a whole new chain; the hash of
    the last line, kept elsewhere, shows that.
*/
class RecordFolder
{
public:
    RecordFolder(QString path, int retentionDays);
    ~RecordFolder();
    RecordFolder(const RecordFolder &) = delete;
    RecordFolder &operator=(const RecordFolder &) = delete;

    //! Makes the folder, for its owner alone. file_error where it is somebody else's, or cannot be used.
    [[nodiscard]] Result<void> open();

    enum class Outcome {
        Written,
        Locked //!< another process writes; try again soon
    };
    //! Writes \a record behind all others. \a unsaid: so many were lost before it; zero when that stands in the log.
    //! \a today: UTC. Never waits.
    [[nodiscard]] Result<Outcome> append(const QJsonObject &record, qint64 *unsaid, const QDate &today);

    //! The last failure was that there is no room.
    [[nodiscard]] bool isFull() const { return m_full; }
    [[nodiscard]] const QString &path() const { return m_path; }
    [[nodiscard]] QString currentFile() const { return m_path + u'/' + QLatin1StringView(CurrentFile); }

private:
    struct Writer;

    [[nodiscard]] Result<bool> lock();
    void close();
    [[nodiscard]] Result<void> write(const QJsonObject &record, qint64 *unsaid, const QDate &today);
    [[nodiscard]] int openRecords() const;
    [[nodiscard]] std::optional<ChainEnds> readEnds() const;
    [[nodiscard]] bool writeEnds(const ChainEnds &ends) const;
    [[nodiscard]] ChainEnds endsFromFiles() const;
    [[nodiscard]] QByteArray takeOver(int file, qint64 size, ChainEnds *ends) const;
    [[nodiscard]] bool rotate(const QDate &day) const;
    void prune(ChainEnds *ends, const QDate &today) const;
    [[nodiscard]] Error failure(const char *what, int code);

    QString m_path;
    int m_retentionDays;
    int m_folder = -1;
    int m_chain = -1;
    bool m_full = false;
    QDate m_pruned;
};

} // namespace isol8::audit
