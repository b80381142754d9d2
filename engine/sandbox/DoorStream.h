// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/ByteStream.h>
#include <isol8/guest/door.h>

namespace isol8 {

class Door;

/*!
    A program's connection to the door of its sandbox (guest/door.h), as its other end sees it: what read() gives the
    program wrote, what write() takes the program reads.

    Made by Door alone; belongs to whoever was handed it, and may outlive the sandbox: it is closed() then. Holds at
   most DoorWindow bytes that were not read. What is written leaves as the program takes it.
*/
class DoorStream final : public ByteStream
{
    Q_OBJECT

public:
    ~DoorStream() override;

    [[nodiscard]] QByteArray read(qsizetype most) override;
    [[nodiscard]] qsizetype available() const override { return m_in.size(); }
    void write(const QByteArray &data) override;
    [[nodiscard]] qsizetype pending() const override { return m_out.size(); }
    void end() override;
    void abort() override;
    [[nodiscard]] bool atEnd() const override { return m_peerEnded && m_in.isEmpty(); }

private:
    friend class Door;

    DoorStream(Door *door, quint32 id, quint32 run);

    //! A frame of the guest. False when it breaks the protocol. May end in this being deleted.
    [[nodiscard]] bool take(guest::FrameType type, QByteArrayView payload);
    [[nodiscard]] bool takeData(QByteArrayView data);
    //! The connection is no more; closed() follows now, or where that would be inside a call, later.
    void breakOff(bool now);
    void tellClosed();
    [[nodiscard]] bool maySend() const
    {
        return m_door && ((!m_out.isEmpty() && m_sendWindow > 0) || (m_out.isEmpty() && m_ending && !m_ended));
    }
    //! One frame of what waits.
    void sendSome();
    void closeWhenEnded();

    Door *m_door; //!< null: over
    const quint32 m_id;
    const quint32 m_run;
    QByteArray m_in;
    QByteArray m_out;
    qint64 m_receiveWindow = guest::DoorWindow; //!< what the guest may send
    qint64 m_sendWindow = guest::DoorWindow;    //!< what the guest takes
    qint64 m_owed = 0;                          //!< read, and not given back yet
    bool m_peerEnded = false;
    bool m_ending = false; //!< end() was called
    bool m_ended = false;  //!< and told
    bool m_queued = false; //!< in the door's line of those that may send
    bool m_high = false;   //!< more than half of HighWater was pending, and drained() has not been emitted since
    bool m_silent = false; //!< aborted
    bool m_told = false;   //!< closed() was emitted
};

} // namespace isol8
