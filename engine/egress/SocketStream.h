// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/ByteStream.h>

#include <QHostAddress>
#include <QList>
#include <QPointer>

#include <memory>

QT_BEGIN_NAMESPACE
class QSocketNotifier;
QT_END_NAMESPACE

namespace isol8::egress {

/*!
    A TCP connection as a ByteStream, whose directions end apart: QTcpSocket closes both when the peer ends one, and a
    tunnel must not.

    At most ReadAhead bytes are read before they are asked for; the rest stays in the kernel. drained() comes already
    when pending() has been above WriteMark and is at half of that, for writers that want to keep less than HighWater.
*/
class SocketStream : public ByteStream
{
    Q_OBJECT

public:
    static constexpr qsizetype ReadAhead = 32 * 1024;
    static constexpr qsizetype WriteMark = 32 * 1024;

    //! Starts to connect to exactly that address. Ends by connected() or failed(), never from inside the call.
    explicit SocketStream(const QHostAddress &address, quint16 port, QObject *parent = nullptr);
    //! Takes a connected \a descriptor over.
    explicit SocketStream(int descriptor, QObject *parent = nullptr);
    ~SocketStream() override;

    [[nodiscard]] QByteArray read(qsizetype most) override;
    [[nodiscard]] qsizetype available() const override { return m_input.size() - m_taken; }
    void write(const QByteArray &data) override;
    [[nodiscard]] qsizetype pending() const override { return m_output.size() - m_sent; }
    void end() override;
    void abort() override;
    [[nodiscard]] bool atEnd() const override { return m_inputEnded && available() == 0; }

    //! Connections that sendOff() has not done with, the oldest first: more of them than \c most cut the oldest, since
    //! otherwise whoever opens and leaves them fast enough takes all the descriptors that there are.
    struct Leaving
    {
        QList<QPointer<SocketStream>> streams;
        qsizetype most = 256;
    };

    //! For a connection whose owner is gone: sends what is pending and ends it, for a few seconds at most. What the
    //! peer still says is read, a little, since unread it would take away what was sent. Also in a slot of its signals.
    static void sendOff(std::unique_ptr<SocketStream> stream, const std::shared_ptr<Leaving> &others);

    [[nodiscard]] bool isConnected() const { return m_state == State::Open; }
    //! closed() was, or is about to be, emitted.
    [[nodiscard]] bool isOver() const { return m_state == State::Over; }
    //! The peer has reset it, or never answered: what was pending is lost, and what is written from now on. What it had
    //! said before can still be read.
    [[nodiscard]] bool isBroken() const { return m_broken; }

Q_SIGNALS:
    void connected();
    //! Nothing else follows.
    void failed(const QString &detail);

private:
    enum class State { Connecting, Open, Over };

    void watch();
    void onReadReady();
    void onWriteReady();
    void onConnectReady();
    void fillInput();
    void send();
    void stopSending();
    void failLater(int error);
    void closeLater(bool broken);
    void finishOutput();
    void release();

    State m_state = State::Connecting;
    int m_descriptor = -1;
    std::unique_ptr<QSocketNotifier> m_readNotifier;
    std::unique_ptr<QSocketNotifier> m_writeNotifier;
    QByteArray m_input;
    qsizetype m_taken = 0;
    QByteArray m_output;
    qsizetype m_sent = 0;
    bool m_inputEnded = false;
    bool m_endWanted = false;   //!< end() was called
    bool m_outputEnded = false; //!< the peer was told
    bool m_wasHigh = false;
    bool m_broken = false;
    bool m_aborted = false;
};

} // namespace isol8::egress
