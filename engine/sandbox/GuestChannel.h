// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/ByteStream.h>
#include <isol8/base/Error.h>
#include <isol8/docker/AttachStream.h>
#include <isol8/guest/protocol.h>
#include <isol8/sandbox/FrameParser.h>

#include <QByteArrayView>
#include <QElapsedTimer>
#include <QHash>
#include <QObject>
#include <QTimer>

#include <memory>

namespace isol8 {

class Door;

//! What receives the frames of one id: a program, a file operation.
class FrameHandler
{
public:
    virtual ~FrameHandler() = default;
    //! False when the frame breaks the protocol: the channel is lost then. May delete the handler.
    [[nodiscard]] virtual bool onFrame(guest::FrameType type, QByteArrayView payload) = 0;
    //! A connection of its program's to the door; it belongs to the handler, and is reset when that lets go of it. May
    //! delete the handler.
    virtual void onConnection(std::unique_ptr<ByteStream>) {}
    //! The channel ended. Called once at most; no frame follows. May delete the handler.
    virtual void onLost(const Error &error) = 0;
};

/*!
    The engine's end of the protocol with isol8-init: frames over one attach stream, ids, pings.

    Treats everything it reads as hostile; what breaks the protocol ends in lost() with sandbox_lost. Owned by its
    Sandbox. lost() comes at most once and is the last signal.
*/
class GuestChannel : public QObject
{
    Q_OBJECT

public:
    //! \a stream must outlive the channel.
    explicit GuestChannel(docker::AttachStream *stream, QObject *parent = nullptr);
    ~GuestChannel() override;

    //! Registers \a handler and gives the id of its frames. It must remove itself before it dies.
    [[nodiscard]] quint32 add(FrameHandler *handler);
    //! Frames of \a id that still arrive are ignored from now on.
    void remove(quint32 id);

    void send(guest::FrameType type, quint32 id, QByteArrayView payload = {});
    [[nodiscard]] bool isLost() const { return m_lost; }
    //! See AttachStream::setPaused().
    void setPaused(bool paused);
    //! What send() was given and the stream has not taken yet.
    [[nodiscard]] qint64 bytesToWrite() const { return m_stream->bytesToWrite(); }

Q_SIGNALS:
    void hello(const isol8::guest::HelloMessage &message);
    void lost(const isol8::Error &error);
    //! What processes of a session write between its runs.
    void idleOutput(bool isStderr, QByteArrayView data);
    //! bytesToWrite() is smaller.
    void written();

private:
    void read(QByteArrayView data);
    [[nodiscard]] bool dispatch(const FrameParser::Frame &frame);
    [[nodiscard]] bool dispatchDoor(const FrameParser::Frame &frame);
    void ping();
    [[nodiscard]] Error ended() const;
    void fail(const Error &error);

    docker::AttachStream *m_stream;
    FrameParser m_parser;
    QHash<quint32, FrameHandler *> m_handlers;
    std::unique_ptr<Door> m_door;
    QTimer m_pingTimer;
    QElapsedTimer m_lastFrame;
    QElapsedTimer m_lastPing;
    bool m_silentTooLong = false; //!< we were, so init has given us up
    quint32 m_nextId = 1;
    bool m_helloSeen = false;
    bool m_paused = false;
    bool m_lost = false;
};

} // namespace isol8
