// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/sandbox/GuestChannel.h>

#include <QByteArray>
#include <QObject>
#include <QPointer>

namespace isol8 {

/*!
    What the transfers of a file have in common: one operation of the sandbox's file helper, from its first frame to
    finished(), which comes exactly once after the start, is the last signal, and never comes from inside a call.
    Deleting it before, also in a slot of its signals, gives the operation up.

    Errors: those of FileOperation.h; cancelled.
*/
class FileJob : public QObject, protected FrameHandler
{
    Q_OBJECT

public:
    ~FileJob() override;

    //! Gives it up: finished() with cancelled follows, no other signal before it.
    void cancel();

Q_SIGNALS:
    //! Bytes that have passed, and in all; -1 where that is not known.
    void progress(qint64 bytesDone, qint64 bytesTotal);
    //! An error without a code: all has passed.
    void finished(const isol8::Error &error);

protected:
    //! \a path as Unix has it, absolute.
    FileJob(GuestChannel *channel, QByteArray path, QObject *parent);

    [[nodiscard]] std::string path() const { return m_path.toStdString(); }
    [[nodiscard]] QString shownPath() const { return QString::fromUtf8(m_path); }
    //! What FileDone said besides.
    [[nodiscard]] const std::string &note() const { return m_note; }
    [[nodiscard]] bool isOver() const { return m_state == State::Over; }
    [[nodiscard]] bool isUnderWay() const { return m_state == State::UnderWay; }

    void begin(guest::FrameType type, std::string_view payload);
    void send(guest::FrameType type, QByteArrayView payload = {});
    //! Tells the guest that nothing more is wanted, and then finished().
    void giveUp(const Error &error);
    //! No frame follows, and finished() comes now, or \a later from the event loop. This may be deleted by it.
    void end(const Error &error, bool later = false);

    //! One of its own frames; false when it breaks the protocol.
    [[nodiscard]] virtual bool onData(guest::FrameType type, QByteArrayView payload) = 0;
    //! FileDone came without an error; ends with end().
    virtual void onDone() { end({}); }

private:
    enum class State { Fresh, UnderWay, Over };

    [[nodiscard]] bool onFrame(guest::FrameType type, QByteArrayView payload) final;
    void onLost(const Error &error) final;

    QPointer<GuestChannel> m_channel;
    QByteArray m_path;
    std::string m_note;
    quint32 m_id = 0;
    State m_state = State::Fresh;
};

} // namespace isol8
