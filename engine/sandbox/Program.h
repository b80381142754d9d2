// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/sandbox/GuestChannel.h>

#include <QPointer>
#include <QQueue>

#include <functional>

namespace isol8 {

/*!
    One program inside a sandbox: the Run frame and all that follows it. Ends by exactly one of exited() and lost(),
    never from inside start(). Deleting it before leaves the program running; kill it, or end the sandbox.
*/
class Program : public QObject, private FrameHandler
{
    Q_OBJECT

public:
    static constexpr qsizetype MaxValue = 8 * 1024 * 1024; //!< bytes

    explicit Program(GuestChannel *channel, QObject *parent = nullptr);
    ~Program() override;

    using Connected = std::function<void(std::unique_ptr<ByteStream>)>;
    /*!
        Who gets the program's connections to the sandbox's door, where that listens. Before start(); without one they
        are reset at once. A stream may be kept as long as one likes, but breaks with the program's end: closed() comes
        before exited() or lost(). One that is let go of is reset.
    */
    void setDoor(Connected connected) { m_connected = std::move(connected); }
    void start(const guest::RunMessage &message);

    //! Queues bytes for stdin, sent as the guest's window allows. Ignored after closeStdin() and the end.
    void writeStdin(const QByteArray &data);
    //! End of file once all queued bytes are sent.
    void closeStdin();
    [[nodiscard]] qint64 stdinPending() const { return m_stdinQueued; }

    void sendSignal(int number);
    //! SIGINT, and whatever it has started dies when it ends: the gentle end of a session's run.
    void interrupt();
    //! SIGKILL to everything in the sandbox but init.
    void kill();
    void resize(int columns, int rows);

Q_SIGNALS:
    void started();
    void output(bool isStderr, QByteArrayView data);
    //! A value that a live interpreter shows. \a type is a MIME type.
    void displayed(const QByteArray &type, const QByteArray &data);
    //! One that is larger than MaxValue.
    void leftOut(const QByteArray &type);
    void usage(const isol8::guest::UsageMessage &usage);
    //! Some queued stdin was sent.
    void stdinTaken();
    void exited(const isol8::guest::ExitMessage &message);
    void lost(const isol8::Error &error);

private:
    [[nodiscard]] bool onFrame(guest::FrameType type, QByteArrayView payload) override;
    void onConnection(std::unique_ptr<ByteStream> stream) override;
    void onLost(const Error &error) override;
    [[nodiscard]] bool display(QByteArrayView payload);
    void pumpStdin();

    QPointer<GuestChannel> m_channel;
    Connected m_connected;
    quint32 m_id = 0;
    QQueue<QByteArray> m_stdin;
    qsizetype m_stdinAt = 0; //!< of its head: what is sent already
    qint64 m_stdinQueued = 0;
    qint64 m_window = guest::Window;
    QByteArray m_valueType; //!< of one that is on its way
    QByteArray m_value;
    bool m_valueOpen = false;
    bool m_valueTooLarge = false;
    bool m_stdinClosing = false;
    bool m_stdinClosed = false;
    bool m_ended = false;
};

} // namespace isol8
