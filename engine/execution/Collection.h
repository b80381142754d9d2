// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>
#include <isol8/execution/RunResult.h>
#include <isol8/guest/protocol.h>
#include <isol8/sandbox/FileOperation.h>

#include <QMap>
#include <QObject>
#include <QStringList>

namespace isol8 {

/*!
    Reads what a run leaves at its output paths, of a directory all that is below it, one file after the other, up to
   4096 files and 256 MiB in all. What cannot be had is told of and holds nothing up. The sandbox's end does: its owner
   calls giveUp() then.
*/
class Collection : public QObject
{
    Q_OBJECT

public:
    //! \a patterns: absolute paths and globs. \a channel must live until finished().
    Collection(GuestChannel *channel, const QStringList &patterns, QObject *parent = nullptr);

    void start();
    //! Names what is still to come as not brought back, \a why ("since the sandbox ended"); finished() is emitted.
    void giveUp(const QString &why);

    //! Absolute path -> content.
    [[nodiscard]] QMap<QString, QByteArray> takeFiles() { return std::move(m_files); }
    [[nodiscard]] QMap<QString, FileInfo> takeInfo() { return std::move(m_info); }
    //! Sentences about what was not collected.
    [[nodiscard]] QStringList problems() const;

Q_SIGNALS:
    //! Once; never from inside start().
    void finished();

private:
    void listed(const QString &pattern, const Result<QList<guest::FileEntryMessage>> &entries);
    void fetchNext();
    void fetched(const QString &path, const Result<files::Content> &content);
    void finish();

    GuestChannel *m_channel;
    QStringList m_patterns;
    QStringList m_toList;       //!< patterns that init looks up
    QStringList m_toFetch;      //!< what they name; the first is on its way
    QStringList m_missing;      //!< what was not found
    QStringList m_notCollected; //!< sentences
    QMap<QString, QByteArray> m_files;
    QMap<QString, FileInfo> m_info; //!< of them
    qint64 m_bytes = 0;
    bool m_finished = false;
};

} // namespace isol8
