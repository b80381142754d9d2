// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/egress/Origin.h>

#include <QHash>
#include <QMap>
#include <QPointer>
#include <QSslConfiguration>
#include <QSslServer>
#include <QSslSocket>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>
#include <QUrl>

#include <memory>

namespace isol8::test {

//! What an upstream registry answers.
struct Scripted
{
    int status = 200;
    QList<QByteArray> headers; //!< whole lines
    QByteArray body;
    bool chunked = false;
    qsizetype cutAfter = -1; //!< bytes of the body, and then the connection ends
    bool silent = false;     //!< no answer at all
    bool bare = false;       //!< neither length nor chunks: the connection's end is the body's
};

//! A server on loopback that answers by a script, by path with its query.
class FakeRegistry : public QObject
{
public:
    struct Seen
    {
        QByteArray method;
        QByteArray target;
        QByteArray head; //!< all lines
        [[nodiscard]] QByteArray field(QByteArrayView name) const
        {
            for (const QByteArray &line : head.split('\n')) {
                const qsizetype colon = line.indexOf(':');
                if (colon > 0 && line.left(colon).compare(name, Qt::CaseInsensitive) == 0)
                    return line.mid(colon + 1).trimmed();
            }
            return {};
        }
    };

    FakeRegistry() { listen(&m_plain); }

    explicit FakeRegistry(const QSslConfiguration &tls)
    {
        m_tls.setSslConfiguration(tls);
        listen(&m_tls);
        m_isTls = true;
    }

    void answer(const QByteArray &target, const Scripted &scripted) { m_answers.insert(target, scripted); }
    [[nodiscard]] quint16 port() const { return m_isTls ? m_tls.serverPort() : m_plain.serverPort(); }
    [[nodiscard]] QString url(const QString &host = QStringLiteral("127.0.0.1")) const
    {
        return QStringLiteral("%1://%2:%3/")
            .arg(m_isTls ? QStringLiteral("https") : QStringLiteral("http"), host)
            .arg(port());
    }

    QList<Seen> seen;
    qint64 written = 0; //!< bytes that the sockets have taken

private:
    void listen(QTcpServer *server)
    {
        connect(server, &QTcpServer::pendingConnectionAvailable, this, [this, server] { accept(server); });
        if (!server->listen(QHostAddress::LocalHost))
            qFatal("no port on loopback");
    }

    void accept(QTcpServer *server)
    {
        while (QTcpSocket *socket = server->nextPendingConnection()) {
            connect(socket, &QTcpSocket::readyRead, this, [this, socket] { onReadable(socket); });
            connect(socket, &QTcpSocket::bytesWritten, this, [this](qint64 bytes) { written += bytes; });
            connect(socket, &QTcpSocket::disconnected, socket, &QObject::deleteLater);
            onReadable(socket);
        }
    }

    void onReadable(QTcpSocket *socket)
    {
        QByteArray &in = m_in[socket];
        in += socket->readAll();
        for (qsizetype end = in.indexOf("\r\n\r\n"); end >= 0; end = in.indexOf("\r\n\r\n")) {
            const QByteArray head = in.left(end);
            in.remove(0, end + 4);
            const QList<QByteArray> words = head.left(head.indexOf('\r')).split(' ');
            seen.append({words.value(0), words.value(1), head});
            send(socket, words.value(0) == "HEAD",
                 m_answers.value(words.value(1), {404, {}, "nothing", false, -1, false}));
        }
    }

    static void send(QTcpSocket *socket, bool headOnly, const Scripted &scripted)
    {
        if (scripted.silent)
            return;
        QByteArray out = "HTTP/1.1 " + QByteArray::number(scripted.status) + " Scripted\r\n";
        for (const QByteArray &line : scripted.headers)
            out += line + "\r\n";
        const bool bare = headOnly || scripted.status == 304;
        out += scripted.bare      ? QByteArray()
               : scripted.chunked ? QByteArray("Transfer-Encoding: chunked\r\n")
                                  : "Content-Length: " + QByteArray::number(scripted.body.size()) + "\r\n";
        out += "\r\n";
        const QByteArray body = scripted.body.left(scripted.cutAfter < 0 ? scripted.body.size() : scripted.cutAfter);
        if (!bare && scripted.chunked) {
            for (qsizetype i = 0; i < body.size(); i += 1000) {
                const QByteArray piece = body.mid(i, 1000);
                out += QByteArray::number(piece.size(), 16) + "\r\n" + piece + "\r\n";
            }
            out += scripted.cutAfter < 0 ? "0\r\n\r\n" : "";
        } else if (!bare) {
            out += body;
        }
        socket->write(out);
        if (scripted.cutAfter >= 0 || scripted.bare)
            socket->disconnectFromHost();
    }

    QTcpServer m_plain;
    QSslServer m_tls;
    bool m_isTls = false;
    QHash<QByteArray, Scripted> m_answers;
    QHash<QTcpSocket *, QByteArray> m_in;
};

//! An answer of an origin, taken whole.
struct Taken
{
    http::ResponseHead head;
    QByteArray body;
    bool answered = false;
    bool ended = false;
    bool whole = false;
};

inline Taken take(egress::Origin *origin, const QByteArray &path, const QList<http::Header> &headers = {},
                  const QByteArray &method = "GET", int timeoutMs = 20000)
{
    Taken taken;
    const std::unique_ptr<egress::OriginReply> reply = origin->serve({method, path, headers});
    QObject::connect(reply.get(), &egress::OriginReply::head, reply.get(), [&](const http::ResponseHead &head) {
        taken.head = head;
        taken.answered = true;
    });
    const auto readAll = [&] {
        for (QByteArray data = reply->read(8192); !data.isEmpty(); data = reply->read(8192))
            taken.body += data;
    };
    QObject::connect(reply.get(), &egress::OriginReply::readable, reply.get(), readAll);
    QObject::connect(reply.get(), &egress::OriginReply::finished, reply.get(), [&](bool whole) {
        taken.ended = true;
        taken.whole = whole;
    });
    (void)QTest::qWaitFor([&] { return taken.ended; }, timeoutMs);
    readAll();
    if (!reply->atEnd())
        taken.whole = false;
    return taken;
}

/*!
    A proxy on loopback that answers for made-up hosts by their origins, and for nothing else: what the door does, for
    installers that are started without one.
*/
class OriginProxy : public QObject
{
public:
    explicit OriginProxy(const QMap<QByteArray, egress::Origin *> &origins)
        : m_origins(origins)
    {
        connect(&m_server, &QTcpServer::newConnection, this, [this] {
            while (QTcpSocket *socket = m_server.nextPendingConnection())
                new Client(this, socket);
        });
        if (!m_server.listen(QHostAddress::LocalHost))
            qFatal("no port on loopback");
    }

    [[nodiscard]] QString url() const { return QStringLiteral("http://127.0.0.1:%1").arg(m_server.serverPort()); }
    //! For the installs that come from now on.
    void setOrigins(const QMap<QByteArray, egress::Origin *> &origins) { m_origins = origins; }

    QByteArrayList log; //!< "200 GET http://host/path"

private:
    class Client : public QObject
    {
    public:
        Client(OriginProxy *proxy, QTcpSocket *socket)
            : QObject(proxy)
            , m_proxy(proxy)
            , m_socket(socket)
        {
            socket->setParent(this);
            connect(socket, &QTcpSocket::readyRead, this, &Client::onReadable);
            connect(socket, &QTcpSocket::bytesWritten, this, &Client::pump);
            connect(socket, &QTcpSocket::disconnected, this, &QObject::deleteLater);
            onReadable();
        }

    private:
        void onReadable()
        {
            m_in += m_socket->readAll();
            const qsizetype end = m_in.indexOf("\r\n\r\n");
            if (m_reply || end < 0)
                return;
            const QList<QByteArray> lines = m_in.left(end).split('\n');
            m_in.remove(0, end + 4);
            const QList<QByteArray> words = lines.first().trimmed().split(' ');
            const QUrl url = QUrl::fromEncoded(words.value(1));
            egress::Origin *origin = m_proxy->m_origins.value(url.host().toLatin1());
            m_line = words.value(0) + ' ' + words.value(1);
            if (!origin || words.value(0) == "CONNECT") {
                m_proxy->log.append("403 " + m_line);
                m_socket->write("HTTP/1.1 403 Refused\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                m_socket->disconnectFromHost();
                return;
            }
            egress::Origin::Request request;
            request.method = words.value(0);
            request.path = words.value(1).mid(words.value(1).indexOf('/', 7));
            for (const QByteArray &line : lines.mid(1)) {
                const qsizetype colon = line.indexOf(':');
                request.headers.append({line.left(colon).trimmed(), line.mid(colon + 1).trimmed()});
            }
            m_reply = origin->serve(request);
            connect(m_reply.get(), &egress::OriginReply::head, this,
                    [this](const http::ResponseHead &head) { onHead(head); });
            connect(m_reply.get(), &egress::OriginReply::readable, this, &Client::pump);
            connect(m_reply.get(), &egress::OriginReply::finished, this, [this](bool whole) {
                m_ended = true;
                m_whole = whole;
                pump();
            });
        }

        void onHead(const http::ResponseHead &head)
        {
            m_proxy->log.append(QByteArray::number(head.status) + ' ' + m_line);
            QByteArray out = "HTTP/1.1 " + QByteArray::number(head.status) + ' ' + head.reason + "\r\n";
            for (const http::Header &header : head.headers)
                out += header.name + ": " + header.value + "\r\n";
            m_socket->write(out + "Connection: close\r\n\r\n");
        }

        void pump()
        {
            while (m_reply && m_socket->bytesToWrite() < 65536) {
                const QByteArray data = m_reply->read(16384);
                if (data.isEmpty())
                    break;
                m_socket->write(data);
            }
            if (m_ended && m_reply && m_reply->atEnd()) {
                m_whole ? m_socket->disconnectFromHost() : m_socket->abort();
            }
        }

        OriginProxy *m_proxy;
        QTcpSocket *m_socket;
        std::unique_ptr<egress::OriginReply> m_reply;
        QByteArray m_in;
        QByteArray m_line;
        bool m_ended = false;
        bool m_whole = false;
    };

    QTcpServer m_server;
    QMap<QByteArray, egress::Origin *> m_origins;
};

} // namespace isol8::test
