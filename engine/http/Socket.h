// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/http/Message.h>

#include <QHostAddress>
#include <QObject>
#include <QTimer>
#include <QUrl>

#include <memory>

QT_BEGIN_NAMESPACE
class QIODevice;
class QLocalSocket;
class QTcpSocket;
QT_END_NAMESPACE

namespace isol8::http {

//! Where a server listens.
struct Address
{
    enum class Kind { Unix, Tcp, Tls };
    Kind kind = Kind::Unix;
    QString path;         //!< Unix
    QString host;         //!< Tcp, Tls
    quint16 port = 0;     //!< Tcp, Tls
    QString certificates; //!< Tls: folder with ca.pem, cert.pem, key.pem; each pair or ca may be missing. Empty: the
                          //!< system's
    bool verify = true;   //!< Tls: check the server's certificate and its host name
    QString authorities;  //!< Tls: a file of certificates that are trusted besides the system's; empty: none
    QHostAddress peer; //!< Tcp, Tls: where to connect to, as who is asked to has checked it: \c host is not resolved,
                       //!< but is who answers there, and no proxy is used. Null: what \c host is resolved to
    QUrl proxy = {}; //!< Tcp, Tls: an HTTP proxy that is asked to connect there (CONNECT), with its user and password;
                     //!< empty: none
};

/*!
    A byte stream over a Unix socket, TCP or TLS, with one face. Reading is bounded: what is not read stays in the
   kernel, so that the peer blocks.

    No signal is emitted from inside a call. Deleting it, also in a slot of its signals, closes the connection at once.
    Bytes that came before the end can be read after closed(), even where the end was noticed by a failed write.
*/
class Socket : public QObject
{
    Q_OBJECT

public:
    explicit Socket(const Address &address, QObject *parent = nullptr);
    ~Socket() override;

    //! A server's side of a connection: \a socket is connected, and belongs to what is returned.
    [[nodiscard]] static std::unique_ptr<Socket> accepted(QTcpSocket *socket);

    //! Once. Ends by connected() or failed().
    void open();
    //! Queues; nothing after closed() or finish().
    void write(const QByteArray &data);
    //! The last of what is written has been: the peer reads the end behind it. closed() follows when the peer closes,
    //! too; who cannot wait for that deletes this.
    void finish();
    //! Whether the peer can still be read behind finish(); with TLS it cannot.
    [[nodiscard]] bool canHalfClose() const { return m_address.kind != Address::Kind::Tls; }
    //! Ends the connection (closed() with Kind::Timeout) when none of what waits to be written leaves for that long;
    //! zero: never.
    void setWriteTimeout(milliseconds timeout) { m_writeTimeout = timeout; }
    [[nodiscard]] qint64 bytesToWrite() const;
    //! Bytes put into \a data, 0 when there are none now.
    qint64 read(char *data, qint64 size);
    [[nodiscard]] bool isConnected() const { return m_state == State::Open; }
    //! Whether closed() or failed() was, or is about to be, emitted. What came before may still be read.
    [[nodiscard]] bool isOver() const { return m_state == State::Over; }
    //! Whether an idle connection is of no use any more: closed by the peer, or it said something unasked.
    [[nodiscard]] bool isStale() const;
    //! Whether the peer has closed, though what it sent before is not read: what closed() cannot tell of a socket whose
    //! owner does not read.
    [[nodiscard]] bool hasPeerLeft() const;

    static constexpr qint64 ReadBufferSize = 256 * KiB;

Q_SIGNALS:
    void connected();
    void failed(const isol8::http::Failure &failure);
    void readyRead();
    void written(qint64 bytes);
    //! The peer closed, or the connection broke (Kind::Lost, Kind::Tls).
    void closed(const isol8::http::Failure &failure);

private:
    enum class State { New, Opening, Open, Over };

    void start();
    void startUnix();
    void startTcp();
    void startTls();
    void watchLeaving();
    void onConnected();
    void onReadyRead();
    void onWritten(qint64 bytes);
    void onError();
    void fail(Failure::Kind kind, const QString &detail);
    void finishLater(const Failure &failure);
    void keepLastBytes();
    void closeSpare();
    [[nodiscard]] Failure currentFailure() const;
    void shutDownWhenWritten();
    void watchWriting();
    void onWriteTimeout();
    template<class Emission> void emitGuarded(Emission emission);

    Address m_address;
    State m_state = State::New;
    QIODevice *m_device = nullptr; //!< is m_local or m_tcp
    QLocalSocket *m_local = nullptr;
    QTcpSocket *m_tcp = nullptr;
    QByteArray m_last; //!< read from a connection that is over
    qsizetype m_lastRead = 0;
    int m_spare = -1; //!< a duplicate of the descriptor: Qt closes its own before one can read what is left
    bool m_finishing = false;
    milliseconds m_writeTimeout{0};
    QTimer m_writeTimer;
    int m_depth = 0; //!< emissions under way in the device's own slots
};

} // namespace isol8::http
