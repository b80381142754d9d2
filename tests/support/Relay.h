// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QHash>
#include <QLocalSocket>
#include <QSslConfiguration>
#include <QSslServer>
#include <QTcpServer>
#include <QTcpSocket>

#include <optional>

namespace isol8::test {

/*!
    What stands before a service: takes requests over TCP or TLS, wants the key, and hands them on to a service's Unix
    socket, each on a connection of its own. May take the way a proxy has that knows no WebSocket.
*/
class Relay : public QObject
{
public:
    struct Options
    {
        QString socket;
        QByteArray key = "isol8_relay_key";
        QByteArray prefix = "/relay"; //!< that requests must have, and that goes no further
        bool stripsUpgrade = false;
        std::optional<QSslConfiguration> tls = {};
    };

    explicit Relay(Options options)
        : m_options(std::move(options))
    {
        if (m_options.tls) {
            auto *server = new QSslServer(this);
            server->setSslConfiguration(*m_options.tls);
            m_server = server;
        } else {
            m_server = new QTcpServer(this);
        }
        connect(m_server, &QTcpServer::pendingConnectionAvailable, this, &Relay::accept);
        if (!m_server->listen(QHostAddress::LocalHost))
            qWarning("cannot listen: %s", qPrintable(m_server->errorString()));
        url = QStringLiteral("%1://127.0.0.1:%2%3")
                  .arg(m_options.tls ? QStringLiteral("https") : QStringLiteral("http"))
                  .arg(m_server->serverPort())
                  .arg(QString::fromLatin1(m_options.prefix));
    }

    //! Breaks every connection.
    void cut()
    {
        const auto clients = m_pairs.keys();
        for (QTcpSocket *client : clients)
            client->abort();
    }

    QString url;
    QByteArrayList lines; //!< the requests' first ones, as they came

private:
    struct Pair
    {
        QLocalSocket *service = nullptr;
        QByteArray head; //!< as long as it is not whole
        bool handedOn = false;
    };

    void accept()
    {
        while (QTcpSocket *client = m_server->nextPendingConnection()) {
            auto *service = new QLocalSocket(client);
            m_pairs.insert(client, {service, {}, false});
            client->setReadBufferSize(Buffer);
            client->setSocketOption(QAbstractSocket::LowDelayOption, 1);
            service->setReadBufferSize(Buffer);
            connect(client, &QTcpSocket::disconnected, this, [this, client] {
                m_pairs.remove(client);
                client->deleteLater();
            });
            connect(client, &QTcpSocket::readyRead, this, [this, client] { fromClient(client); });
            connect(service, &QLocalSocket::bytesWritten, this, [this, client] { fromClient(client); });
            connect(client, &QTcpSocket::bytesWritten, this, [this, client] { fromService(client); });
            connect(service, &QLocalSocket::readyRead, this, [this, client] { fromService(client); });
            connect(service, &QLocalSocket::disconnected, client, [this, client] {
                fromService(client, true);
                client->disconnectFromHost();
            });
            service->connectToServer(m_options.socket);
            fromClient(client);
        }
    }

    void fromClient(QTcpSocket *client)
    {
        const auto pair = m_pairs.find(client);
        if (pair == m_pairs.end() || pair->service->bytesToWrite() > Buffer)
            return;
        if (pair->handedOn) {
            pair->service->write(client->readAll());
            return;
        }
        pair->head += client->readAll();
        const qsizetype end = pair->head.indexOf("\r\n\r\n");
        if (end < 0)
            return;
        pair->handedOn = true;
        handOn(client, pair->service, pair->head.first(end).split('\n'), pair->head.sliced(end + 4));
    }

    void handOn(QTcpSocket *client, QLocalSocket *service, QByteArrayList head, const QByteArray &rest)
    {
        for (QByteArray &line : head)
            line = line.trimmed();
        lines.append(head.first());
        const auto refuse = [&](const QByteArray &status) {
            client->write("HTTP/1.1 " + status + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            client->disconnectFromHost();
        };
        const qsizetype key = head.indexOf("Authorization: Bearer " + m_options.key);
        const QByteArray prefix = ' ' + m_options.prefix;
        const qsizetype at = head.first().indexOf(prefix);
        if (key < 0)
            return refuse(head.join('\n').contains("Authorization:") ? "403 Forbidden" : "401 Unauthorized");
        if (at < 0)
            return refuse("404 Not Found");
        head.removeAt(key);
        head.first().replace(at, prefix.size(), " ");
        const bool upgrades = head.contains("Upgrade: websocket") && !m_options.stripsUpgrade;
        if (!upgrades) {
            head.removeIf(
                [](const QByteArray &line) { return line.startsWith("Upgrade:") || line.startsWith("Connection:"); });
            head.append("Connection: close");
        }
        service->write(head.join("\r\n") + "\r\n\r\n" + rest);
    }

    void fromService(QTcpSocket *client, bool all = false)
    {
        const auto pair = m_pairs.find(client);
        if (pair != m_pairs.end() && (all || client->bytesToWrite() <= Buffer))
            client->write(pair->service->readAll());
    }

    static constexpr qint64 Buffer = 256 * 1024;

    Options m_options;
    QTcpServer *m_server = nullptr;
    QHash<QTcpSocket *, Pair> m_pairs;
};

} // namespace isol8::test
