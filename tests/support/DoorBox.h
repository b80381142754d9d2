// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/ByteStream.h>
#include <isol8/docker/Client.h>
#include <isol8/guest/door.h>
#include <isol8/sandbox/GuestDelivery.h>
#include <isol8/sandbox/Program.h>
#include <isol8/sandbox/Sandbox.h>

#include <QCryptographicHash>
#include <QEventLoop>
#include <QPointer>
#include <QProcessEnvironment>
#include <QRandomGenerator>
#include <QTimer>
#include <QUuid>

#include <functional>
#include <memory>

namespace isol8::test {

/*!
    What stands in for the proxy: does with a connection what its first line says.

        echo        gives back what it reads, and ends when the program has
        sink        reads to the end, answers with the SHA-1 of it in hexadecimal, ends
        source N    sends N bytes and ends; sent() is their SHA-1
        early N     ends at once, then reads to the program's end; received() is the SHA-1
        hold        reads nothing more
        reset       breaks the connection
*/
class DoorPeer : public QObject
{
public:
    DoorPeer(std::unique_ptr<ByteStream> stream, QObject *parent)
        : QObject(parent)
        , m_stream(std::move(stream))
    {
        connect(m_stream.get(), &ByteStream::readable, this, [this] { work(); });
        connect(m_stream.get(), &ByteStream::drained, this, [this] { work(); });
        connect(m_stream.get(), &ByteStream::closed, this, [this] { closed = true; });
    }

    [[nodiscard]] QByteArray hash() const { return m_hash.result().toHex(); }
    [[nodiscard]] ByteStream *stream() const { return m_stream.get(); }
    //! Reads again after hold.
    void letGo()
    {
        m_line = "sink";
        work();
    }

    bool closed = false;
    qint64 bytes = 0;

private:
    void work()
    {
        if (m_stream->atEnd() && (m_line.isEmpty() || m_line == "hold"))
            m_stream->end();
        if (m_line.isEmpty() && !readLine())
            return;
        if (m_line == "reset") {
            m_stream->abort();
        } else if (m_line == "echo") {
            while (m_stream->pending() < ByteStream::HighWater && m_stream->available() > 0)
                m_stream->write(take());
            if (m_stream->atEnd())
                m_stream->end();
        } else if (m_line == "sink" || m_line == "early") {
            if (m_line == "early")
                m_stream->end();
            while (m_stream->available() > 0)
                take();
            if (m_stream->atEnd() && m_line == "sink") {
                m_stream->write(hash());
                m_stream->end();
            }
        } else if (m_line.startsWith("source ")) {
            source(m_line.mid(7).toLongLong());
        }
    }
    bool readLine()
    {
        while (m_stream->available() > 0) {
            const QByteArray byte = m_stream->read(1);
            if (byte == "\n") {
                m_line = m_begun;
                return true;
            }
            m_begun += byte;
        }
        return false;
    }
    QByteArray take()
    {
        const QByteArray data = m_stream->read(64 * 1024);
        m_hash.addData(data);
        bytes += data.size();
        return data;
    }
    void source(qint64 total)
    {
        static const QByteArray block = [] {
            QByteArray random(64 * 1024, '\0');
            QRandomGenerator generator(8118);
            for (char &c : random)
                c = char(generator.generate());
            return random;
        }();
        while (bytes < total && m_stream->pending() < ByteStream::HighWater) {
            const QByteArray part = block.left(qsizetype(std::min<qint64>(total - bytes, block.size())));
            m_hash.addData(part);
            m_stream->write(part);
            bytes += part.size();
        }
        if (bytes == total)
            m_stream->end();
    }

    std::unique_ptr<ByteStream> m_stream;
    QByteArray m_begun;
    QByteArray m_line;
    QCryptographicHash m_hash{QCryptographicHash::Sha1};
};

//! One sandbox of isol8:python on the real daemon, without the rest of the engine, and Python programs in it.
class DoorBox : public QObject
{
public:
    struct Outcome
    {
        bool ended = false; //!< an Exit came
        guest::ExitMessage exit;
        QByteArray output;
        QByteArray errors;
        Error lost;
        qint64 outputBytes = 0; //!< counted, not kept, past 1 MiB
    };

    explicit DoorBox(Network network = Network::Filtered)
    {
        spec.image = QStringLiteral("isol8:python");
        spec.runtime = QStringLiteral("python");
        spec.network = network;
        spec.pids = 256;
        spec.seccompProfile = seccompProfile(SeccompMode::Strict, {}).value();
    }
    ~DoorBox() override
    {
        program.reset();
        qDeleteAll(std::exchange(peers, {}));
        if (sandbox)
            sandbox->destroy();
        wait([&] { return !sandbox; });
    }

    //! False with \a lost set when it does not come up.
    bool open()
    {
        client = std::make_unique<docker::Client>(
            docker::Endpoint::discover(QProcessEnvironment::systemEnvironment()).value_or(docker::Endpoint{}));
        delivery = std::make_unique<GuestDelivery>(client.get());
        delivery->prepare({this, [this](const Result<SandboxIdentity> &prepared) {
                               if (!prepared) {
                                   outcome.lost = prepared.error();
                                   return;
                               }
                               SandboxIdentity identity = *prepared;
                               identity.engineId = engineId;
                               identity.purpose = QStringLiteral("run");
                               sandbox = new Sandbox(client.get(), spec, identity, nullptr);
                               connect(sandbox, &Sandbox::closed, this, [this](const Error &e) { outcome.lost = e; });
                               sandbox->open();
                           }});
        return wait([&] { return !outcome.lost.code.isEmpty() || (sandbox && sandbox->isReady()); }) &&
               outcome.lost.code.isEmpty();
    }

    void start(const QByteArray &code, quint32 flags = 0)
    {
        guest::RunMessage message;
        message.argv = {"python3", "-c", QByteArray(Prelude + code).toStdString()};
        message.env = {"PATH=/usr/local/bin:/usr/bin:/bin"};
        message.cwd = "/sandbox";
        message.flags = flags;
        outcome = {};
        program = std::make_unique<Program>(sandbox->channel());
        connect(program.get(), &Program::output, this, [this](bool isError, QByteArrayView data) {
            outcome.outputBytes += data.size();
            QByteArray &kept = isError ? outcome.errors : outcome.output;
            if (kept.size() < 1024 * 1024)
                kept += data;
        });
        connect(program.get(), &Program::exited, this, [this](const guest::ExitMessage &exit) {
            outcome.ended = true;
            outcome.exit = exit;
        });
        connect(program.get(), &Program::lost, this, [this](const Error &error) { outcome.lost = error; });
        if (withPeers)
            program->setDoor([this](std::unique_ptr<ByteStream> stream) {
                ++connections;
                peers.append(new DoorPeer(std::move(stream), nullptr));
            });
        program->start(message);
    }
    [[nodiscard]] bool finished() const { return outcome.ended || !outcome.lost.code.isEmpty(); }
    Outcome finish(int ms = 60000)
    {
        wait([&] { return finished(); }, ms);
        return outcome;
    }
    Outcome run(const QByteArray &code, int ms = 60000, quint32 flags = 0)
    {
        start(code, flags);
        program->closeStdin();
        return finish(ms);
    }
    //! Whether the reset was proven.
    bool reset()
    {
        bool clean = false;
        bool done = false;
        const auto context = std::make_unique<QObject>();
        connect(sandbox, &Sandbox::wasReset, context.get(), [&](bool good) {
            clean = good;
            done = true;
        });
        sandbox->reset();
        return wait([&] { return done; }) && clean;
    }

    //! Runs the event loop, which unlike qWaitFor() wakes with each event, until \a condition holds.
    template<class Condition> static bool wait(Condition condition, int ms = 60000)
    {
        QTimer timer;
        timer.setSingleShot(true);
        timer.start(ms);
        QEventLoop loop;
        while (!condition() && timer.isActive())
            loop.processEvents(QEventLoop::WaitForMoreEvents);
        return condition();
    }

    SandboxSpec spec;
    QString engineId = QUuid::createUuid().toString(QUuid::Id128);
    bool withPeers = true;
    std::unique_ptr<docker::Client> client;
    std::unique_ptr<GuestDelivery> delivery;
    QPointer<Sandbox> sandbox;
    std::unique_ptr<Program> program;
    QList<DoorPeer *> peers;
    int connections = 0;
    Outcome outcome;

private:
    inline static const QByteArray Prelude = R"PY(
import socket, sys, os, time, hashlib, threading, errno
def dial(line=b'', host='127.0.0.1'):
    s = socket.create_connection((host, 8118), 60)
    if line: s.sendall(line + b'\n')
    return s
def read(s):
    parts = []
    while True:
        data = s.recv(65536)
        if not data: return b''.join(parts)
        parts.append(data)
def echo(data, host='127.0.0.1'):
    s = dial(b'echo', host)
    s.sendall(data); s.shutdown(socket.SHUT_WR)
    return read(s)
def error(f):
    try: f()
    except OSError as e: return errno.errorcode.get(e.errno, type(e).__name__)
    return 'fine'
)PY";
};

} // namespace isol8::test
