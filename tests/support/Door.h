// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/egress/Gate.h>
#include <isol8/egress/Resolver.h>
#include <isol8/egress/SocketStream.h>

#include <QHash>
#include <QMetaObject>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTimer>

#include <functional>
#include <memory>

namespace isol8::test {

//! Names as a test has them; each question takes the next answer, the last one stays.
class ScriptedResolver : public egress::Resolver
{
public:
    QHash<QString, QList<QList<QHostAddress>>> answers;
    QStringList asked;
    bool silent = false;
    bool holds = false; //!< the questions, in `held`
    QList<Callback<QList<QHostAddress>>> held = {};

    void resolve(const QString &host, const Callback<QList<QHostAddress>> &done) override
    {
        asked.append(host);
        if (holds)
            held.append(done);
        if (holds)
            return;
        if (silent)
            return;
        auto &list = answers[host];
        const QList<QHostAddress> answer = list.size() > 1 ? list.takeFirst() : list.value(0);
        QTimer::singleShot(0, [done, answer] {
            if (answer.isEmpty())
                done(fail(errors::NotFound, QStringLiteral("scripted")));
            else
                done(answer);
        });
    }
};

//! Where programs connect to, in place of a sandbox: each connection goes to the gate.
class Entrance : public QTcpServer
{
public:
    explicit Entrance(egress::Gate *gate)
        : m_gate(gate)
    {
        listen(QHostAddress::LocalHost);
    }

protected:
    void incomingConnection(qintptr descriptor) override
    {
        m_gate->accept(std::make_unique<egress::SocketStream>(int(descriptor)));
    }

private:
    egress::Gate *m_gate;
};

//! A server in the world. It keeps what it gets, and calls `onData` with the whole of it so far.
class OriginServer : public QTcpServer
{
public:
    struct Peer
    {
        QTcpSocket *socket = nullptr;
        QByteArray received;
    };
    std::function<void(Peer &)> onData;
    std::function<void(Peer &)> onConnect;
    QList<std::shared_ptr<Peer>> peers;

    explicit OriginServer(const QHostAddress &address = QHostAddress(QHostAddress::LocalHost))
    {
        listen(address);
        connect(this, &QTcpServer::newConnection, this, [this] {
            while (QTcpSocket *socket = nextPendingConnection()) {
                auto peer = std::make_shared<Peer>(Peer{socket, {}});
                peers.append(peer);
                connect(socket, &QTcpSocket::readyRead, this, [this, peer] {
                    peer->received += peer->socket->readAll();
                    if (onData)
                        onData(*peer);
                });
                if (onConnect)
                    onConnect(*peer);
            }
        });
    }
    //! "name:port"
    [[nodiscard]] QByteArray at(const QByteArray &name) const { return name + ':' + QByteArray::number(serverPort()); }
    [[nodiscard]] QByteArray received(qsizetype peer = 0) const
    {
        return peer < peers.size() ? peers[peer]->received : QByteArray();
    }
};

//! A program that speaks with the door.
class Program : public QTcpSocket
{
public:
    QByteArray received;
    bool ended = false;

    explicit Program(const Entrance &entrance)
    {
        connect(this, &QTcpSocket::readyRead, this, [this] { received += readAll(); });
        connect(this, &QTcpSocket::disconnected, this, [this] { ended = true; });
        connect(this, &QTcpSocket::errorOccurred, this, [this] { ended = true; }); // cut before it was connected
        connectToHost(entrance.serverAddress(), entrance.serverPort());
    }
    ~Program() override { QObject::disconnect(this, nullptr, nullptr, nullptr); } // QTcpSocket's emits signals
    void send(const QByteArray &bytes) { write(bytes); }
    void sendByteByByte(const QByteArray &bytes)
    {
        waitForConnected(5000);
        for (const char c : bytes) {
            write(&c, 1);
            flush();
        }
    }
};

} // namespace isol8::test
