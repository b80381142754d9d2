// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QLocalServer>
#include <QLocalSocket>
#include <QPointer>

namespace desktoptest {

//! Stands before a Unix socket, so that it can go away and come back without anything happening to what it stands for.
class SocketProxy : public QObject
{
public:
    SocketProxy(QString path, QString behind)
        : m_path(std::move(path))
        , m_behind(std::move(behind))
    {
        connect(&m_server, &QLocalServer::newConnection, this, &SocketProxy::accept);
    }

    bool open() { return m_server.listen(m_path); }
    //! As a daemon dies: nobody listens, and every connection breaks.
    void cut()
    {
        m_server.close();
        const QList<QPointer<QLocalSocket>> all = std::exchange(m_sockets, {});
        for (const QPointer<QLocalSocket> &socket : all) {
            if (socket)
                socket->abort();
        }
    }

private:
    void accept()
    {
        while (QLocalSocket *client = m_server.nextPendingConnection()) {
            auto *daemon = new QLocalSocket(client);
            m_sockets << client << daemon;
            pass(client, daemon);
            pass(daemon, client);
            connect(client, &QLocalSocket::disconnected, client, &QObject::deleteLater);
            daemon->connectToServer(m_behind);
        }
    }
    static void pass(QLocalSocket *from, QLocalSocket *to)
    {
        const auto take = [from, to] {
            if (to->state() == QLocalSocket::ConnectedState)
                to->write(from->readAll());
        };
        connect(from, &QLocalSocket::readyRead, to, take);
        connect(from, &QLocalSocket::connected, to, [to, from] {
            if (to->bytesAvailable() > 0) // what came before there was anybody to hand it to
                from->write(to->readAll());
        });
        connect(from, &QLocalSocket::disconnected, to, [to] { to->disconnectFromServer(); });
    }

    QLocalServer m_server;
    QString m_path;
    QString m_behind;
    QList<QPointer<QLocalSocket>> m_sockets;
};

//! DOCKER_HOST as it was, once it goes out of scope.
class DockerHost
{
public:
    DockerHost()
        : m_before(qgetenv("DOCKER_HOST"))
    {
    }
    ~DockerHost() { restore(); }
    void restore() const
    {
        if (m_before.isEmpty())
            qunsetenv("DOCKER_HOST");
        else
            qputenv("DOCKER_HOST", m_before);
    }
    Q_DISABLE_COPY_MOVE(DockerHost)
    [[nodiscard]] QString real() const
    {
        return m_before.startsWith("unix://") ? QString::fromLocal8Bit(m_before.mid(7))
                                              : QStringLiteral("/var/run/docker.sock");
    }
    static void set(const QString &socket) { qputenv("DOCKER_HOST", "unix://" + socket.toLocal8Bit()); }

private:
    QByteArray m_before;
};

} // namespace desktoptest
