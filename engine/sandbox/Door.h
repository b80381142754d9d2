// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/guest/door.h>
#include <isol8/sandbox/FrameParser.h>

#include <QHash>
#include <QList>
#include <QObject>
#include <QPointer>
#include <QQueue>

#include <memory>

namespace isol8 {

class DoorStream;
class GuestChannel;

/*!
    All streams of one sandbox's door, the engine's end of guest/door.h. Belongs to its GuestChannel.

    Treats what it is given as hostile: ids, windows and the number of streams are checked, and per stream at most its
    window is held. Streams send in turn, and only while little waits to leave the channel, so that neither one of them
    nor all together delay what else is sent (a kill, a ping) by more than SendAhead bytes.
*/
class Door : public QObject
{
    Q_OBJECT

public:
    static constexpr qint64 SendAhead = 256 * 1024;
    //! Of answers to the guest (credit, resets): one that goes on asking for them, and takes none, is hostile.
    static constexpr qint64 MaxUnread = 1024 * 1024;

    explicit Door(GuestChannel *channel);
    //! Every stream breaks; they tell their owners later.
    ~Door() override;

    //! The guest has opened a stream: null when it breaks the protocol.
    [[nodiscard]] std::unique_ptr<DoorStream> open(const FrameParser::Frame &frame, quint32 run);
    //! Any other frame of a stream. False when it breaks the protocol. May end in this being deleted.
    [[nodiscard]] bool take(const FrameParser::Frame &frame);
    //! Its Exit is here: its streams break, and all of them have said closed() behind this, those that were over a
    //! moment before, too. May end in this being deleted.
    void runEnded(quint32 run);
    //! Every stream breaks. May end in this being deleted.
    void lose();

private:
    friend class DoorStream;

    void send(guest::FrameType type, quint32 id, QByteArrayView payload = {});
    void sendNumber(guest::FrameType type, quint32 id, qint64 number);
    void mayHaveMore(DoorStream *stream);
    void forget(quint32 id) { m_streams.remove(id); }
    void tellBeforeExit(DoorStream *stream);
    void pump();
    void tellDrained();
    template<class Which> void breakAll(Which which, bool now);

    GuestChannel *m_channel;
    QHash<quint32, DoorStream *> m_streams;
    QQueue<quint32> m_line;             //!< those that may send
    QList<QPointer<DoorStream>> m_over; //!< of those that are over the latest; some have not said so yet
    quint32 m_lastId = guest::DoorFirstId - 1;
    qint64 m_unread = 0; //!< sent since the channel was last rid of most of what it had
    bool m_pumping = false;
    bool m_telling = false; //!< tellDrained() is on its way
};

} // namespace isol8
