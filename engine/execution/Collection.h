// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>
#include <isol8/execution/RunResult.h>
#include <isol8/guest/protocol.h>
#include <isol8/sandbox/GuestChannel.h>

#include <QList>
#include <QMap>
#include <QObject>
#include <QPointer>
#include <QSet>
#include <QStringList>

namespace isol8 {

class FileDownload;

/*!
    Reads what a run leaves at its output paths, of a directory all that is below it, one file after the other. What
    cannot be had is told of and holds nothing up. The sandbox's end does: its owner calls giveUp() then.

    Files are kept for takeFiles(), or, streamed, told by signals with no more of them here than the guest's window.
*/
class Collection : public QObject
{
    Q_OBJECT

public:
    struct Limits
    {
        bool streamed = false;
        qint64 bytes = MostResultFiles; //!< of all files together
        int files = 4096;               //!< that one pattern names
    };

    //! \a patterns: absolute paths and globs.
    Collection(GuestChannel *channel, const QStringList &patterns, Limits limits, QObject *parent = nullptr);
    ~Collection() override;

    void start();
    //! While paused a streamed file's bytes do not come.
    void setPaused(bool paused);
    //! Names what is still to come as not brought back, \a why ("since the sandbox ended"); finished() is emitted.
    void giveUp(const QString &why);
    //! No signal comes any more.
    void stop();

    //! Absolute path -> content. Streamed: none.
    [[nodiscard]] QMap<QString, QByteArray> takeFiles() { return std::move(m_files); }
    [[nodiscard]] QMap<QString, FileInfo> takeInfo() { return std::move(m_info); }
    //! Sentences about what was not collected.
    [[nodiscard]] QStringList problems() const;
    //! Whether something was too large to be collected.
    [[nodiscard]] bool isCut() const { return m_cut; }

Q_SIGNALS:
    //! Streamed: as of Run.
    void fileOpened(const isol8::RunFile &file);
    void fileData(const QByteArray &bytes);
    void fileEnded(const QString &problem);
    //! Another file, or another MiB, has come.
    void moved();
    //! Once; never from inside start().
    void finished();

private:
    struct Wanted
    {
        QByteArray path;
        qint64 size = 0; //!< when it was listed
    };

    void listed(const QString &pattern, const Result<QList<guest::FileEntryMessage>> &entries);
    void fetchNext();
    void opened();
    void take(const QByteArray &bytes);
    void fetched(const Error &error);
    void complain(const Error &error);
    void finish();

    QPointer<GuestChannel> m_channel;
    QStringList m_patterns;
    const Limits m_limits;
    QStringList m_toList;     //!< patterns that init looks up
    QList<Wanted> m_toFetch;  //!< what they name; m_next is on its way
    QSet<QByteArray> m_known; //!< their paths
    qsizetype m_next = 0;
    QStringList m_missing;      //!< what was not found
    QStringList m_notCollected; //!< sentences
    QMap<QString, QByteArray> m_files;
    QMap<QString, FileInfo> m_info; //!< of them
    FileDownload *m_download = nullptr;
    QByteArray m_content; //!< of the one on its way, where it is kept
    qint64 m_bytes = 0;   //!< of all
    qint64 m_told = 0;    //!< of them by moved()
    bool m_open = false;  //!< fileOpened() was told, and fileEnded() not yet
    bool m_paused = false;
    bool m_cut = false;
    bool m_finished = false;
};

} // namespace isol8
