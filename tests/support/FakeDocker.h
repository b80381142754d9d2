// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/docker/Endpoint.h>

#include <QLocalServer>
#include <QLocalSocket>
#include <QSslServer>
#include <QSslSocket>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QTimer>

#include <chrono>
#include <functional>
#include <optional>

namespace isol8::test {

using namespace std::chrono_literals;

struct FakeRequest
{
    QByteArray method;
    QByteArray path;                      //!< without the version, with the query
    QByteArray version;                   //!< "1.41"; empty where the path has none
    QMap<QByteArray, QByteArray> headers; //!< names in lower case
    QByteArray body;
    int connection = 0; //!< the how-manieth, from 1

    [[nodiscard]] bool is(QByteArrayView what) const { return QByteArray(method + ' ' + path).startsWith(what); }
};

//! What the fake does with a request, or with the first bytes of one.
struct FakeReply
{
    enum class After {
        Keep,   //!< the next request may come
        Close,  //!< the connection is closed when all is written
        Stream, //!< the connection is a raw stream from here on
        Hang    //!< nothing more is read or written
    };
    QList<QByteArray> pieces; //!< each written in a turn of the event loop of its own
    After after = After::Keep;
    std::chrono::milliseconds delay{0};

    //! A whole answer with its length.
    static FakeReply answer(int status, const QByteArray &body, const QByteArray &fields = {})
    {
        return {{"HTTP/1.1 " + QByteArray::number(status) + " X\r\nContent-Type: application/json\r\n" + fields +
                 "Content-Length: " + QByteArray::number(body.size()) + "\r\n\r\n" + body}};
    }
    static FakeReply raw(const QByteArray &bytes, After after = After::Close) { return {{bytes}, after}; }
    static FakeReply byteByByte(const QByteArray &bytes, After after = After::Keep)
    {
        FakeReply reply{{}, after};
        for (const char c : bytes)
            reply.pieces.append(QByteArray(1, c));
        return reply;
    }
    static FakeReply hang() { return {{}, After::Hang}; }
    static FakeReply ping(const QByteArray &api = "1.41")
    {
        return answer(200, "OK", "Api-Version: " + api + "\r\nOstype: linux\r\n");
    }
    //! Docker's answer to attach, then \a stream.
    static FakeReply attached(const QByteArray &stream = {}, After after = After::Stream)
    {
        return {{"HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: "
                 "Upgrade\r\nUpgrade: tcp\r\n\r\n" +
                 stream},
                after};
    }
};

//! One of the fake's connections.
class FakePeer : public QObject
{
public:
    using Handler = std::function<std::optional<FakeReply>(const FakeRequest &, FakePeer &)>;

    FakePeer(QIODevice *socket, int number, Handler early, Handler handler, QObject *parent)
        : QObject(parent)
        , m_socket(socket)
        , m_number(number)
        , m_early(std::move(early))
        , m_handler(std::move(handler))
    {
        m_socket->setParent(this);
        connect(m_socket, &QIODevice::readyRead, this, &FakePeer::read);
        connect(m_socket, &QIODevice::readChannelFinished, this, [this] { isClosed = true; });
        read();
    }

    //! Bytes of the raw stream.
    void write(const QByteArray &data)
    {
        m_socket->write(data);
        flush();
    }
    [[nodiscard]] qint64 bytesToWrite() const { return m_socket->bytesToWrite(); }
    //! After what is written.
    void close()
    {
        if (auto *local = qobject_cast<QLocalSocket *>(m_socket))
            local->disconnectFromServer();
        else if (auto *tcp = qobject_cast<QTcpSocket *>(m_socket))
            tcp->disconnectFromHost();
    }
    //! From here on what the other side writes stays in its kernel.
    void stopReading()
    {
        if (auto *local = qobject_cast<QLocalSocket *>(m_socket))
            local->setReadBufferSize(1024);
        else if (auto *tcp = qobject_cast<QTcpSocket *>(m_socket))
            tcp->setReadBufferSize(1024);
        m_deaf = true;
    }
    void reply(const FakeReply &reply)
    {
        m_reply = reply;
        m_busy = true;
        QTimer::singleShot(reply.delay, this, &FakePeer::writeNext);
    }

    QByteArray streamed;   //!< what came on the raw stream
    bool isClosed = false; //!< by the other side

private:
    void flush()
    {
        if (auto *local = qobject_cast<QLocalSocket *>(m_socket))
            local->flush();
        else if (auto *tcp = qobject_cast<QTcpSocket *>(m_socket))
            tcp->flush();
    }

    [[nodiscard]] bool isConnected() const
    {
        if (auto *local = qobject_cast<QLocalSocket *>(m_socket))
            return local->state() == QLocalSocket::ConnectedState;
        auto *tcp = qobject_cast<QTcpSocket *>(m_socket);
        return tcp && tcp->state() == QTcpSocket::ConnectedState;
    }

    void writeNext()
    {
        if (!m_reply.pieces.isEmpty()) {
            write(m_reply.pieces.takeFirst());
            QTimer::singleShot(0, this, &FakePeer::writeNext);
            return;
        }
        m_busy = false;
        switch (m_reply.after) {
        case FakeReply::After::Close:
            close();
            break;
        case FakeReply::After::Stream:
            m_stream = true;
            read();
            break;
        case FakeReply::After::Hang:
            m_busy = true;
            break;
        case FakeReply::After::Keep:
            read();
        }
    }

    void read()
    {
        if (!isConnected())
            return;
        if (m_stream && !m_deaf) {
            streamed += std::exchange(m_buffer, {}) + m_socket->readAll();
            return;
        }
        if (m_busy || m_deaf)
            return;
        m_buffer += m_socket->readAll();
        const qsizetype end = m_buffer.indexOf("\r\n\r\n");
        if (end < 0)
            return;
        FakeRequest request = parseHead(m_buffer.first(end));
        if (!m_earlyAsked && m_early) {
            m_earlyAsked = true;
            if (const auto early = m_early(request, *this)) {
                m_buffer.clear();
                reply(*early);
                return;
            }
        }
        const qsizetype size = takeBody(end + 4, request);
        if (size < 0)
            return;
        m_buffer.remove(0, size);
        m_earlyAsked = false;
        m_busy = true; // until reply() where the handler gives none
        if (const auto answer = m_handler(request, *this))
            reply(*answer);
    }

    [[nodiscard]] FakeRequest parseHead(const QByteArray &head) const
    {
        FakeRequest request;
        request.connection = m_number;
        const QList<QByteArray> lines = head.split('\n');
        const QList<QByteArray> words = lines.first().split(' ');
        request.method = words.value(0);
        request.path = words.value(1);
        if (request.path.startsWith("/v1.")) {
            const qsizetype slash = request.path.indexOf('/', 1);
            request.version = request.path.sliced(2, slash - 2);
            request.path.remove(0, slash);
        }
        for (const QByteArray &line : lines.sliced(1)) {
            const qsizetype colon = line.indexOf(':');
            request.headers.insert(line.first(colon).toLower(), line.sliced(colon + 1).trimmed());
        }
        return request;
    }

    //! The size of head and body where the body is whole, else -1.
    [[nodiscard]] qsizetype takeBody(qsizetype begin, FakeRequest &request) const
    {
        if (request.headers.value("transfer-encoding") != "chunked") {
            const qsizetype length = request.headers.value("content-length").toLongLong();
            request.body = m_buffer.mid(begin, length);
            return m_buffer.size() < begin + length ? -1 : begin + length;
        }
        for (;;) {
            const qsizetype line = m_buffer.indexOf("\r\n", begin);
            if (line < 0)
                return -1;
            const qsizetype length = m_buffer.sliced(begin, line - begin).toLongLong(nullptr, 16);
            if (m_buffer.size() < line + 2 + length + 2)
                return -1;
            request.body += m_buffer.sliced(line + 2, length);
            begin = line + 2 + length + 2;
            if (length == 0)
                return begin;
        }
    }

    QIODevice *m_socket;
    int m_number;
    Handler m_early;
    Handler m_handler;
    QByteArray m_buffer;
    FakeReply m_reply;
    bool m_busy = false;
    bool m_stream = false;
    bool m_deaf = false;
    bool m_earlyAsked = false;
};

/*!
    A real server that plays Docker as a script tells it, for the faults that a daemon will not give on demand.
   `handler` says what each request gets (nothing: the test calls FakePeer::reply() later); a `/_ping` that it has no
   answer for gets one.
*/
class FakeDocker : public QObject
{
public:
    explicit FakeDocker(docker::Endpoint::Kind kind = docker::Endpoint::Kind::Unix, const QSslConfiguration &tls = {})
        : m_kind(kind)
    {
        if (kind == docker::Endpoint::Kind::Unix) {
            connect(&m_local, &QLocalServer::newConnection, this, [this] {
                while (QLocalSocket *socket = m_local.nextPendingConnection())
                    add(socket);
            });
            m_local.listen(m_folder.filePath(QStringLiteral("docker.sock")));
            return;
        }
        if (kind == docker::Endpoint::Kind::Tls) {
            auto *server = new QSslServer(this);
            server->setSslConfiguration(tls);
            m_tcp = server;
        } else {
            m_tcp = new QTcpServer(this);
        }
        // QSslServer tells of connections only when their handshake is done.
        connect(m_tcp, &QTcpServer::pendingConnectionAvailable, this, [this] {
            while (QTcpSocket *socket = m_tcp->nextPendingConnection())
                add(socket);
        });
        m_tcp->listen(QHostAddress::LocalHost);
    }

    [[nodiscard]] docker::Endpoint endpoint() const
    {
        docker::Endpoint endpoint;
        endpoint.kind = m_kind;
        endpoint.path = m_local.fullServerName();
        endpoint.host = QStringLiteral("127.0.0.1");
        endpoint.port = m_tcp ? m_tcp->serverPort() : 0;
        return endpoint;
    }
    //! How many requests began with \a what ("POST /containers/x/start").
    [[nodiscard]] qsizetype count(QByteArrayView what) const
    {
        return std::count_if(requests.begin(), requests.end(),
                             [&](const FakeRequest &request) { return request.is(what); });
    }
    [[nodiscard]] qsizetype openConnections() const
    {
        return std::count_if(peers.begin(), peers.end(), [](const FakePeer *peer) { return peer && !peer->isClosed; });
    }
    //! There is one.
    [[nodiscard]] FakePeer *lastPeer() const { return peers.last(); }

    FakePeer::Handler handler;
    FakePeer::Handler early; //!< asked when a request's head is there and its body perhaps not yet
    QList<FakeRequest> requests;
    QList<FakePeer *> peers;

private:
    void add(QIODevice *socket)
    {
        // The socket's bytes may be there already: the peer must be known before it reads.
        peers.append(nullptr);
        const qsizetype index = peers.size() - 1;
        auto *peer = new FakePeer(
            socket, static_cast<int>(peers.size()),
            [this](const FakeRequest &request, FakePeer &who) { return early ? early(request, who) : std::nullopt; },
            [this](const FakeRequest &request, FakePeer &who) -> std::optional<FakeReply> {
                requests.append(request);
                const auto reply = handler ? handler(request, who) : std::nullopt;
                if (!reply && request.is("GET /_ping"))
                    return FakeReply::ping();
                return reply;
            },
            this);
        peers[index] = peer;
    }

    docker::Endpoint::Kind m_kind;
    QTemporaryDir m_folder;
    QLocalServer m_local;
    QTcpServer *m_tcp = nullptr;
};

} // namespace isol8::test
