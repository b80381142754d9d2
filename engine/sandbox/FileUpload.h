// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/sandbox/FileJob.h>

#include <QQueue>

class QIODevice;

namespace isol8 {

/*!
    Writes one file of a sandbox, from a device or from what write() is given, with no more of it in memory than the
    guest's window and what is pending. Parents are made. What was written is taken away again when it fails or is given
    up, unless the file was there before: that is cut short then.
*/
class FileUpload final : public FileJob
{
    Q_OBJECT

public:
    static constexpr qint64 HighWater = 256 * 1024; //!< bytesPending() above which a writer should wait for taken()

    struct Target
    {
        QByteArray path;      //!< absolute, as Unix has it
        uint mode = 0644;     //!< permission bits
        qint64 mtimeMs = 0;   //!< since 1970; 0: now
        qint64 size = -1;     //!< where it is known, for progress()
        bool sparse = false;  //!< pieces that are zeros become holes
        bool replace = false; //!< in place of what has the name, save a folder: no link is followed
    };

    FileUpload(GuestChannel *channel, Target target, QObject *parent = nullptr);
    ~FileUpload() override;

    //! Fed by write() and finish().
    void start();
    //! Fed by \a source, which is open, is read to its end as the guest takes it, and must live until finished().
    void start(QIODevice *source);

    void write(const QByteArray &data);
    //! All was written: the file ends behind it.
    void finish();
    //! What write() was given and the guest has made no room for yet.
    [[nodiscard]] qint64 bytesPending() const { return m_pending; }
    //! Bytes that were sent and that the guest has not acknowledged.
    [[nodiscard]] qint64 bytesOnTheWay() const { return guest::FileWindow - m_window; }

Q_SIGNALS:
    //! bytesPending() is smaller.
    void taken();

private:
    [[nodiscard]] bool onData(guest::FrameType type, QByteArrayView payload) override;
    void onDone() override;
    void pump();
    void readSource();
    void sendEnd();

    Target m_target;
    QPointer<QIODevice> m_source;
    QQueue<QByteArray> m_queue;
    qsizetype m_at = 0; //!< of its head: what is sent already
    qint64 m_pending = 0;
    qint64 m_sent = 0;
    qint64 m_window = guest::FileWindow;
    bool m_sourceEnded = false;
    bool m_finishing = false;
    bool m_ended = false;
};

} // namespace isol8
