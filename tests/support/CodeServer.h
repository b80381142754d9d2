// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/egress/Resolver.h>

#include <QCoreApplication>
#include <QHash>
#include <QMap>
#include <QPointer>
#include <QSslConfiguration>
#include <QSslServer>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTimer>

#include <memory>
#include <optional>

namespace isol8::test {

/*!
    A server of programs on loopback, over HTTP or HTTPS, that plays a script: an answer for each path.
*/
class CodeServer : public QObject
{
public:
    struct Answer
    {
        QByteArray bytes; //!< head and body, as they go out
        bool close = true;
        int pieceMs = 0; //!< a byte each so many milliseconds
    };

    explicit CodeServer(const std::optional<QSslConfiguration> &tls = {},
                        const QHostAddress &address = QHostAddress(QHostAddress::LocalHost))
    {
        if (tls) {
            auto *server = new QSslServer(this);
            server->setSslConfiguration(*tls);
            m_server = server;
        } else {
            m_server = new QTcpServer(this);
        }
        connect(m_server, &QTcpServer::pendingConnectionAvailable, this, &CodeServer::accept);
        if (!m_server->listen(address))
            qWarning("cannot listen: %s", qPrintable(m_server->errorString()));
    }

    [[nodiscard]] quint16 port() const { return m_server->serverPort(); }

    static QByteArray text(const QByteArray &body, const QByteArray &fields = {})
    {
        return "HTTP/1.1 200 OK\r\n" + fields + "Content-Length: " + QByteArray::number(body.size()) + "\r\n\r\n" +
               body;
    }
    static QByteArray redirect(const QByteArray &location, int status = 302)
    {
        return "HTTP/1.1 " + QByteArray::number(status) + " X\r\nLocation: " + location +
               "\r\nContent-Length: 0\r\n\r\n";
    }
    void serve(const QByteArray &path, const QByteArray &body) { answers[path] = {text(body)}; }

    QMap<QByteArray, Answer> answers; //!< by path and query; 404 for others
    QList<QByteArray> heads;          //!< of the requests
    int open = 0;                     //!< connections

private:
    void accept()
    {
        while (QTcpSocket *socket = m_server->nextPendingConnection()) {
            ++open;
            connect(socket, &QTcpSocket::disconnected, this, [this, socket] {
                --open;
                socket->deleteLater();
            });
            connect(socket, &QTcpSocket::readyRead, this, [this, socket] { read(socket); });
            read(socket);
        }
    }

    void read(QTcpSocket *socket)
    {
        QByteArray &head = m_reading[socket];
        head += socket->readAll();
        if (!head.endsWith("\r\n\r\n"))
            return;
        const QByteArray whole = std::exchange(head, {});
        heads.append(whole);
        const QByteArray path = whole.split(' ').value(1);
        reply(socket, answers.value(path, {"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"}));
    }

    void reply(QTcpSocket *socket, Answer answer)
    {
        if (answer.pieceMs > 0 && answer.bytes.size() > 1) {
            socket->write(answer.bytes.first(1));
            answer.bytes.remove(0, 1);
            QTimer::singleShot(answer.pieceMs, socket, [this, socket, answer] { reply(socket, answer); });
            return;
        }
        socket->write(answer.bytes);
        if (answer.close)
            socket->disconnectFromHost();
    }

    QTcpServer *m_server = nullptr;
    QHash<QTcpSocket *, QByteArray> m_reading;
};

//! Names stand for what the script says, one answer after the other; the last one stays.
class ScriptedResolver : public egress::Resolver
{
public:
    void resolve(const QString &host, const Callback<QList<QHostAddress>> &done) override
    {
        asked.append(host);
        if (silent)
            return;
        QList<QStringList> &script = answers[host];
        const QStringList addresses = script.size() > 1 ? script.takeFirst() : script.value(0);
        QTimer::singleShot(0, qApp, [done, addresses] {
            if (addresses.isEmpty())
                return done(fail(errors::NotFound, QStringLiteral("no such name")));
            QList<QHostAddress> list;
            for (const QString &address : addresses)
                list.append(QHostAddress(address));
            done(list);
        });
    }

    QHash<QString, QList<QStringList>> answers;
    QStringList asked;
    bool silent = false;
};

} // namespace isol8::test
