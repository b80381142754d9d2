// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/archive/MemberRules.h>
#include <isol8/base/Units.h>
#include <isol8/sandbox/FileDownload.h>

#include <QList>
#include <QStringList>

#include <deque>
#include <optional>

namespace isol8 {

class TreeListing;

/*!
    A folder of a sandbox as a tar archive: data() carries its bytes, names are relative to the folder. Symbolic links
    stay links, whatever they hold. What is no file, folder or link is left out, as is what the sandbox user may not
   read and what has vanished since it was listed: skipped() names it. A file is archived with the size it has when it
   is opened; one that becomes shorter while it is read ends in file_error, as the archive would be wrong.

    finished() comes exactly once after the start, never from inside a call, and is the last signal. Deleting it gives
   it up. Errors: those of FileOperation.h, too_large, cancelled.
*/
class DirectoryDownload final : public QObject
{
    Q_OBJECT

public:
    struct Limits
    {
        int maxEntries = 100000;
        qint64 maxBytes = 4 * GiB; //!< content of files in all
        //! Nothing is left out but sockets, pipes, devices, and what vanishes: what may not be read, or would not be
        //! unpacked again with these limits, is file_error, which names it.
        std::optional<archive::TarLimits> whole = {};
    };

    //! \a directory: absolute, as Unix has it; what climbs by ".." is bad_path.
    DirectoryDownload(GuestChannel *channel, const QByteArray &directory, Limits limits, QObject *parent = nullptr);
    ~DirectoryDownload() override;

    void start();
    //! While paused neither data() nor finished() without an error come, and about 2 MiB at most are held.
    void setPaused(bool paused);
    void cancel();

    //! Sentences about what was left out, at most 20 and how many more.
    [[nodiscard]] QStringList skipped() const;

Q_SIGNALS:
    void data(const QByteArray &bytes);
    //! Bytes of files; -1 before they are listed.
    void progress(qint64 bytesDone, qint64 bytesTotal);
    void finished(const isol8::Error &error);

private:
    // An entry whose turn comes, or, at the front, is.
    struct Item
    {
        guest::FileEntryMessage entry;
        FileDownload *file = nullptr;
        bool begun = false; //!< its header is written
        bool ended = false;
        Error error;
    };

    void listed(const Error &error);
    [[nodiscard]] Error checkWhole() const;
    void work();
    [[nodiscard]] bool startNext();
    void startFile(Item *item);
    [[nodiscard]] bool advance(Item *item);
    [[nodiscard]] bool advanceFile(Item *item);
    void take(const QByteArray &bytes);
    void fileEnded(FileDownload *file, const Error &error);
    [[nodiscard]] Item *itemOf(const FileDownload *file);
    void skip(const Item &item, const QString &why);
    [[nodiscard]] bool flush(qsizetype least);
    void end(const Error &error);

    QPointer<GuestChannel> m_channel;
    QByteArray m_directory;
    const Limits m_limits;
    TreeListing *m_listing = nullptr;
    QList<guest::FileEntryMessage> m_entries;
    qsizetype m_next = 0; //!< of them: the first that was not started
    std::deque<Item> m_items;
    QByteArray m_out;
    qint64 m_total = 0;
    qint64 m_done = 0;
    qint64 m_opened = 0; //!< bytes of all files that were opened
    QStringList m_skipped;
    qsizetype m_moreSkipped = 0;
    bool m_listedAll = false;
    bool m_ended = false; //!< the archive's end is written
    bool m_paused = false;
    bool m_working = false;
    bool m_over = false;
};

} // namespace isol8
