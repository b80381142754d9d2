// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/archive/TarReader.h>
#include <isol8/sandbox/FileUpload.h>

#include <QMap>
#include <QQueue>
#include <QSet>

namespace isol8 {

/*!
    Unpacks a tar archive into a folder of a sandbox as its bytes come, with modes and times; the folder is made where
   it is missing. What has the name of a file or link is replaced and never followed. Nothing of it is on the host but
   the piece under way and the names.

    finished() comes exactly once after the start, never from inside a call, and is the last signal. When it carries an
    error, members before that were unpacked already, and stay. Deleting it gives it up.

    Errors: bad_archive (archive/TarReader.h, MemberRules.h), those of FileOperation.h, cancelled.
*/
class DirectoryUpload final : public QObject
{
    Q_OBJECT

public:
    static constexpr qint64 HighWater = 256 * 1024; //!< bytesPending() above which a writer should wait for taken()

    //! Into \a limits' directory.
    DirectoryUpload(GuestChannel *channel, const archive::TarLimits &limits, QObject *parent = nullptr);
    ~DirectoryUpload() override;

    //! Fed by write() and finish().
    void start();
    //! Fed by \a source, which is open, not sequential, and must live until finished().
    void start(QIODevice *source);
    void write(const QByteArray &bytes);
    //! The archive is complete.
    void finish();
    //! What write() was given and was not looked at yet.
    [[nodiscard]] qint64 bytesPending() const { return m_pending; }
    //! Zeros in files become holes, as far as they come in whole pieces; before start().
    void setSparse(bool sparse) { m_sparse = sparse; }
    //! For progress().
    void setTotal(qint64 bytes) { m_total = bytes; }
    void cancel();

    //! Members that were unpacked or are on their way.
    [[nodiscard]] int members() const { return m_members; }

Q_SIGNALS:
    void taken();
    //! Bytes of the archive; -1 where their number is not known.
    void progress(qint64 bytesDone, qint64 bytesTotal);
    //! An error without a code: all is there.
    void finished(const isol8::Error &error);

private:
    enum class State { Fresh, Members, Folders, Over };

    void work();
    void goOn();
    [[nodiscard]] bool look();
    [[nodiscard]] bool refill();
    [[nodiscard]] bool isBlocked() const;
    void begin(const archive::TarMember &member);
    void beginFile(const archive::TarMember &member);
    void makeFolder(const archive::TarMember &member, bool isLast);
    void makeLink(const archive::TarMember &member);
    void setFolders();
    void watch(FileJob *job, qint64 bytes);
    void jobFinished(FileJob *job, qint64 bytes, const Error &error);
    void channelGone();
    void end(const Error &error);
    [[nodiscard]] QByteArray placeOf(const QByteArray &name) const;

    QPointer<GuestChannel> m_channel;
    QByteArray m_directory;
    archive::TarReader m_reader;
    State m_state = State::Fresh;
    QPointer<QIODevice> m_source;
    QQueue<QByteArray> m_queue;
    qsizetype m_at = 0; //!< of its head: what was looked at
    qint64 m_pending = 0;
    qint64 m_done = 0;
    qint64 m_total = -1;
    bool m_sparse = false;
    bool m_finishing = false;
    bool m_working = false;
    int m_members = 0;
    FileUpload *m_file = nullptr;                   //!< whose content comes now
    QSet<FileJob *> m_jobs;                         //!< all that are under way
    qint64 m_bytes = 0;                             //!< of them
    QMap<QByteArray, archive::TarMember> m_folders; //!< that get their modes and times when all else is done
};

} // namespace isol8
