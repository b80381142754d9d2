// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QHash>
#include <QSslConfiguration>
#include <QSslServer>
#include <QStringBuilder>
#include <QTcpServer>
#include <QTcpSocket>

#include <functional>
#include <optional>

namespace isol8::test {

/*!
    A service on loopback that plays a script: what it answers to a request, head and body. For the faults that a real
    one does not give on demand.
*/
class ScriptServer : public QObject
{
public:
    struct Reply
    {
        QByteArray bytes;                                   //!< as they go out
        bool close = true;                                  //!< and end the connection
        Reply(const QByteArray &answer, bool closes = true) // NOLINT: a script returns bytes
            : bytes(answer)
            , close(closes)
        {
        }
        template<class A, class B> Reply(const QStringBuilder<A, B> &answer) // NOLINT: likewise
            : bytes(answer)
        {
        }
    };
    using Script = std::function<Reply(const QByteArray &head, const QByteArray &body)>;

    explicit ScriptServer(Script play = {}, const std::optional<QSslConfiguration> &tls = {})
        : script(std::move(play))
    {
        if (tls) {
            auto *server = new QSslServer(this);
            server->setSslConfiguration(*tls);
            m_server = server;
        } else {
            m_server = new QTcpServer(this);
        }
        connect(m_server, &QTcpServer::pendingConnectionAvailable, this, &ScriptServer::accept);
        if (!m_server->listen(QHostAddress::LocalHost))
            qWarning("cannot listen: %s", qPrintable(m_server->errorString()));
        isTls = tls.has_value();
    }

    [[nodiscard]] quint16 port() const { return m_server->serverPort(); }
    [[nodiscard]] QString url(const QString &host = QStringLiteral("127.0.0.1")) const
    {
        return QStringLiteral("%1://%2:%3")
            .arg(isTls ? QStringLiteral("https") : QStringLiteral("http"), host)
            .arg(port());
    }

    static QByteArray answer(int status, const QByteArray &body, const QByteArray &fields = {})
    {
        return "HTTP/1.1 " + QByteArray::number(status) + " X\r\n" + fields +
               "Content-Length: " + QByteArray::number(body.size()) + "\r\n\r\n" + body;
    }
    static QByteArray error(int status, const QByteArray &code, const QByteArray &sentence,
                            const QByteArray &fields = {})
    {
        return answer(status, "{\"error\":\"" + sentence + "\",\"code\":\"" + code + "\"}", fields);
    }

    Script script;
    QByteArray greeting;     //!< said before anything is asked
    QList<QByteArray> heads; //!< of the requests
    int connections = 0;
    bool isTls = false;

private:
    void accept()
    {
        while (QTcpSocket *socket = m_server->nextPendingConnection()) {
            ++connections;
            socket->write(greeting);
            connect(socket, &QTcpSocket::disconnected, this, [this, socket] {
                m_read.remove(socket);
                socket->deleteLater();
            });
            connect(socket, &QTcpSocket::readyRead, this, [this, socket] { read(socket); });
            read(socket);
        }
    }

    void read(QTcpSocket *socket)
    {
        QByteArray &bytes = m_read[socket];
        bytes += socket->readAll();
        const qsizetype end = bytes.indexOf("\r\n\r\n");
        if (end < 0)
            return;
        const QByteArray head = bytes.first(end + 4);
        const qsizetype field = head.indexOf("Content-Length: ");
        const qsizetype size =
            field < 0 ? 0 : head.mid(field + 16, head.indexOf('\r', field) - field - 16).toLongLong();
        if (bytes.size() < end + 4 + size)
            return;
        const QByteArray body = bytes.sliced(end + 4, size);
        bytes.remove(0, end + 4 + size);
        heads.append(head);
        const Reply reply = script ? script(head, body) : Reply(answer(404, {}));
        socket->write(reply.bytes);
        if (reply.close)
            socket->disconnectFromHost();
    }

    QTcpServer *m_server = nullptr;
    QHash<QTcpSocket *, QByteArray> m_read;
};

} // namespace isol8::test
