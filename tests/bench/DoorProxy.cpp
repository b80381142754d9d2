// SPDX-License-Identifier: GPL-3.0-or-later
#include "Bench.h"

#include <isol8/base/Units.h>
#include <isol8/egress/SocketStream.h>
#include <support/Door.h>

#include <QElapsedTimer>
#include <QEventLoop>
#include <QThread>

#include <vector>

using namespace Qt::StringLiterals;
using namespace isol8;
using namespace isol8::egress;

namespace bench {

namespace {

constexpr qint64 MovedBytes = 256 * MiB;
constexpr int LatencyRounds = 200;
constexpr int ManyConnections = 200;

// A server in a thread of its own, as a server in the world is: "D" makes it send, after "U" it takes, others it
// echoes.
class World : public QThread
{
public:
    quint16 port = 0;

    World()
    {
        start();
        moveToThread(this);
        while (!m_ready.loadAcquire())
            msleep(1);
    }
    ~World() override
    {
        quit();
        wait();
    }

protected:
    void run() override
    {
        QTcpServer server;
        server.listen(QHostAddress::LocalHost);
        port = server.serverPort();
        QObject::connect(&server, &QTcpServer::newConnection, &server, [&] {
            while (QTcpSocket *socket = server.nextPendingConnection())
                serve(socket);
        });
        m_ready.storeRelease(1);
        exec();
    }

private:
    static void serve(QTcpSocket *socket)
    {
        auto mode = std::make_shared<char>('\0');
        auto count = std::make_shared<qint64>(0);
        socket->setSocketOption(QAbstractSocket::LowDelayOption, 1);
        QObject::connect(socket, &QTcpSocket::disconnected, socket, &QObject::deleteLater);
        QObject::connect(socket, &QTcpSocket::bytesWritten, socket, [=] {
            static const QByteArray part(256 * KiB, 'd');
            if (*mode == 'D' && *count < MovedBytes && socket->bytesToWrite() < part.size()) {
                *count += part.size();
                socket->write(part);
            }
        });
        QObject::connect(socket, &QTcpSocket::readyRead, socket, [=] {
            const QByteArray data = socket->readAll();
            if (*mode == 0)
                *mode = data[0];
            *count += *mode == 'U' ? data.size() : 0;
            if (*mode != 'U' || *count > MovedBytes)
                socket->write("!");
        });
    }

    QAtomicInt m_ready;
};

// The other end of a sandbox's stream, without the sandbox.
struct Way
{
    test::ScriptedResolver resolver;
    Gate gate{&resolver};
    test::Entrance entrance{&gate};
    QByteArray request;

    explicit Way(quint16 port)
    {
        resolver.answers[u"a.example"_s] = {{QHostAddress(QHostAddress::LocalHost)}};
        GateLimits limits;
        limits.bytes = 0;
        gate.setLimits(limits);
        gate.setRules(*HostRules::compile({{}, {}, {}, {u"127.0.0.0/8"_s}, {int(port)}}));
        const QByteArray authority = "a.example:" + QByteArray::number(port);
        request = "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n\r\n";
    }
};

class Client
{
public:
    Client(quint16 port, const QByteArray &tunnel)
    {
        QEventLoop loop;
        m_stream = std::make_unique<SocketStream>(QHostAddress(QHostAddress::LocalHost), port);
        QObject::connect(m_stream.get(), &SocketStream::connected, &loop, &QEventLoop::quit);
        loop.exec();
        if (tunnel.isEmpty())
            return;
        m_stream->write(tunnel);
        QByteArray head;
        while (!head.endsWith("\r\n\r\n")) {
            wait();
            head += m_stream->read(1000);
        }
    }
    void wait()
    {
        if (m_stream->available() > 0)
            return;
        QEventLoop loop;
        QObject::connect(m_stream.get(), &ByteStream::readable, &loop, &QEventLoop::quit);
        loop.exec();
    }
    void echo()
    {
        m_stream->write("E");
        wait();
        (void)m_stream->read(1);
    }
    double down()
    {
        QElapsedTimer timer;
        timer.start();
        m_stream->write("D");
        QEventLoop loop;
        qint64 got = 0;
        QObject::connect(m_stream.get(), &ByteStream::readable, &loop, [&] {
            got += m_stream->read(MiB).size();
            if (got > MovedBytes)
                loop.quit();
        });
        loop.exec();
        return double(got) * 1e3 / double(timer.nsecsElapsed());
    }
    double up()
    {
        static const QByteArray part(64 * KiB, 'U');
        QElapsedTimer timer;
        timer.start();
        QEventLoop loop;
        qint64 sent = 0;
        const auto push = [&] {
            while (sent <= MovedBytes && m_stream->pending() <= SocketStream::WriteMark) {
                m_stream->write(part);
                sent += part.size();
            }
        };
        QObject::connect(m_stream.get(), &ByteStream::drained, &loop, push);
        QObject::connect(m_stream.get(), &ByteStream::readable, &loop, &QEventLoop::quit);
        push();
        loop.exec();
        return double(sent) * 1e3 / double(timer.nsecsElapsed());
    }

private:
    std::unique_ptr<SocketStream> m_stream;
};

double connectAndEcho(quint16 port, const QByteArray &tunnel)
{
    QElapsedTimer timer;
    timer.start();
    Client(port, tunnel).echo();
    return double(timer.nsecsElapsed()) / 1e6;
}

} // namespace

// Program, door and their sockets share one thread here, as in the engine; the server has its own.
QList<Comparison> doorProxy(int rounds)
{
    World world;
    Way way(world.port);
    const quint16 door = way.entrance.serverPort();
    Comparison down{{u"down through the door"_s, u"MB/s"_s, {}}, {u"direct"_s, u"MB/s"_s, {}}, u"at least 50 MB/s"_s};
    Comparison up{{u"up through the door"_s, u"MB/s"_s, {}}, {u"direct"_s, u"MB/s"_s, {}}, u"at least 50 MB/s"_s};
    Comparison latency{
        {u"new connection and one byte, door"_s, u"ms"_s, {}}, {u"direct"_s, u"ms"_s, {}}, u"at most 2 ms more"_s};
    Comparison memory{{u"memory of an idle connection, both ends"_s, u"kB"_s, {}}, {}, u"at most 64 kB"_s};
    for (int i = 0; i < rounds; ++i) {
        down.subject.values.append(Client(door, way.request).down());
        down.comparator.values.append(Client(world.port, {}).down());
        up.subject.values.append(Client(door, way.request).up());
        up.comparator.values.append(Client(world.port, {}).up());
        const qint64 before = residentKiB();
        std::vector<std::unique_ptr<Client>> clients;
        for (int n = 0; n < ManyConnections; ++n) {
            clients.push_back(std::make_unique<Client>(door, way.request));
            clients.back()->echo();
        }
        memory.subject.values.append(double(residentKiB() - before) / ManyConnections);
    }
    for (int i = 0; i < LatencyRounds; ++i) {
        latency.subject.values.append(connectAndEcho(door, way.request));
        latency.comparator.values.append(connectAndEcho(world.port, {}));
    }
    return {down, up, latency, memory};
}

} // namespace bench
