// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/sandbox/FileJob.h>

class QIODevice;

namespace isol8 {

/*!
    Reads one regular file of a sandbox, as it is when it is opened, into a device or by data(). A reader that is slow
    holds back nothing else of the sandbox: at most guest::FileWindow bytes are held here meanwhile. file_error, too,
    for a file that became shorter meanwhile.
*/
class FileDownload final : public FileJob
{
    Q_OBJECT

public:
    //! \a limit: of bytes; a larger file is too_large.
    FileDownload(GuestChannel *channel, const QByteArray &path, qint64 limit, QObject *parent = nullptr);
    ~FileDownload() override;

    void start();
    //! Written to \a sink, which is open and must live until finished(), as that takes it.
    void start(QIODevice *sink);
    //! While paused neither data() nor finished() come.
    void setPaused(bool paused);
    [[nodiscard]] bool isOpened() const { return m_opened; }
    //! Size, permission bits and time of the file, once opened() has come.
    [[nodiscard]] const guest::FileEntryMessage &entry() const { return m_entry; }

Q_SIGNALS:
    //! The file is there and may be read: before its first byte.
    void opened();
    void data(const QByteArray &bytes);

private:
    [[nodiscard]] bool onData(guest::FrameType type, QByteArrayView payload) override;
    [[nodiscard]] bool open(QByteArrayView payload);
    void onDone() override;
    void deliver(const QByteArray &bytes);
    void resume();
    void conclude();

    const qint64 m_limit;
    QPointer<QIODevice> m_sink;
    guest::FileEntryMessage m_entry;
    QByteArray m_held; //!< while paused
    qint64 m_received = 0;
    qint64 m_delivered = 0;
    qint64 m_owed = 0; //!< delivered, and not given back yet
    bool m_opened = false;
    bool m_paused = false;
    bool m_complete = false; //!< the guest has sent all
};

} // namespace isol8
