// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/egress/Tunnel.h>

#include <isol8/egress/ClientHello.h>

#include <utility>

using namespace Qt::StringLiterals;

namespace isol8::egress {

namespace {

// Fatal, unrecognized_name: what TLS libraries turn into a message that speaks of the name.
constexpr char Alert[] = "\x15\x03\x01\x00\x02\x02\x70";
constexpr qsizetype HelloRecords =
    2 * ClientHelloLimit; // bytes in which a ClientHello must be, heads of records included

} // namespace

Tunnel::Tunnel(Inlet *inlet, Ledger *ledger, std::unique_ptr<SocketStream> server, const Authority &target,
               std::unique_ptr<Transaction> transaction, Inspection inspection)
    : m_inlet(inlet)
    , m_ledger(ledger)
    , m_server(std::move(server))
    , m_target(target)
    , m_transaction(std::move(transaction))
    , m_inspecting(inspection == Inspection::FirstBytes)
{
    m_headTimer.setSingleShot(true);
    connect(&m_headTimer, &QTimer::timeout, this,
            [this] { refuse(reasons::BadRequest, u"The TLS greeting did not come to its end in time."_s, false); });
}

void Tunnel::start(const QByteArray &rest)
{
    ByteStream *client = m_inlet->stream.get();
    connect(client, &ByteStream::readable, this, &Tunnel::pumpUp);
    connect(client, &ByteStream::drained, this, &Tunnel::pumpDown);
    connect(client, &ByteStream::closed, this, &Tunnel::onClientClosed);
    connect(m_server.get(), &ByteStream::readable, this, &Tunnel::pumpDown);
    connect(m_server.get(), &ByteStream::drained, this, &Tunnel::pumpUp);
    connect(m_server.get(), &ByteStream::closed, this, &Tunnel::onServerClosed);
    if (!rest.isEmpty())
        m_inlet->write(rest);
    QMetaObject::invokeMethod(
        this,
        [this] {
            pumpUp();
            pumpDown();
        },
        Qt::QueuedConnection);
}

void Tunnel::giveUp(const Refusal &refusal)
{
    m_headTimer.stop();
    // What a program had sent before it ended is still brought to the server.
    if (!m_over && m_clientGone && !m_inspecting && refusal.code == reasons::Cut) {
        for (QByteArray data = m_inlet->take(); !data.isEmpty() && !m_upEnded; data = m_inlet->take()) {
            m_server->write(data);
            m_transaction->addOut(data.size());
        }
        SocketStream::sendOff(std::move(m_server), m_ledger->leaving);
    }
    m_over = true;
    if (m_transaction)
        m_transaction->refuse(refusal);
    m_transaction.reset();
}

std::unique_ptr<SocketStream> Tunnel::takeServer()
{
    m_over = true;
    m_inlet->stream->disconnect(this);
    m_server->disconnect(this);
    return std::move(m_server);
}

void Tunnel::pumpUp()
{
    if (m_over)
        return;
    if (m_upEnded && m_clientGone && m_server->pending() == 0)
        return over(true);
    if (m_inspecting) {
        if (!inspect())
            return;
        QMetaObject::invokeMethod(this, &Tunnel::pumpDown, Qt::QueuedConnection); // it had to wait
    }
    while (!m_upEnded && m_server->pending() <= SocketStream::WriteMark) {
        const QByteArray data = m_inlet->take();
        if (data.isEmpty()) {
            if (m_inlet->atEnd() || m_clientGone)
                endUp();
            return;
        }
        m_server->write(data);
        m_transaction->addOut(data.size());
    }
}

// Whether the first bytes may pass.
bool Tunnel::inspect()
{
    m_inlet->fill(HelloRecords);
    const QByteArray &bytes = m_inlet->buffer;
    if (bytes.isEmpty()) {
        if (m_inlet->atEnd())
            over(true);
        return false;
    }
    const QString name = QString::fromLatin1(m_target.host.text);
    if (bytes[0] != TlsHandshake) {
        if (isTlsPort()) {
            refuse(reasons::NotTls, u"Port %1 of %2 is for TLS only."_s.arg(QString::number(m_target.port), name),
                   false);
        } else if (isHttpPort()) {
            m_transaction->finish();
            m_over = true;
            Q_EMIT httpFound();
        } else {
            m_inspecting = false;
        }
        return !m_inspecting;
    }
    const ClientHello hello = parseClientHello(bytes);
    if (hello.status == ClientHello::Status::NeedMore && bytes.size() < HelloRecords && !m_inlet->stream->atEnd()) {
        if (!m_headTimer.isActive())
            m_headTimer.start(m_ledger->limits.head);
        return false;
    }
    if (hello.status != ClientHello::Status::Done) {
        refuse(reasons::BadRequest, u"What began like TLS is no ClientHello."_s, false);
        return false;
    }
    if (!hello.serverName) {
        if (!m_target.host.isAddress()) {
            refuse(
                reasons::SniMissing,
                u"isol8 refuses the connection: TLS to %1 must name its server (SNI), and it names none."_s.arg(name),
                true);
            return false;
        }
    } else if (const Parsed<Host> host = parseHost(*hello.serverName); !host.value || *host.value != m_target.host) {
        refuse(reasons::SniMismatch,
               u"isol8 refuses the connection: the tunnel goes to %1, but TLS in it asks for %2."_s.arg(
                   name, shown(*hello.serverName)),
               true);
        return false;
    }
    m_headTimer.stop();
    m_inspecting = false;
    return true;
}

void Tunnel::refuse(QStringView code, const QString &sentence, bool alert)
{
    if (m_over)
        return;
    m_transaction->refuse({code.toString(), sentence});
    if (alert)
        m_inlet->write(QByteArray(Alert, sizeof Alert - 1));
    over(true);
}

void Tunnel::pumpDown()
{
    const bool early = m_inspecting && (isTlsPort() || isHttpPort());
    if (m_over || early)
        return;
    while (!m_clientGone && m_inlet->takesMore()) { // for nobody nothing is fetched
        const QByteArray data = m_server->read(Slice);
        if (data.isEmpty())
            break;
        m_inlet->write(data);
        m_transaction->addIn(data.size());
    }
    if (!m_server->atEnd() || m_downEnded)
        return;
    m_downEnded = true;
    if (m_server->isBroken())
        return over(false);
    m_inlet->stream->end();
    if (m_server->isOver() || (m_upEnded && m_server->pending() == 0))
        over(true);
}

void Tunnel::endUp()
{
    m_upEnded = true;
    m_server->end();
    if (m_server->pending() == 0 && (m_downEnded || m_clientGone))
        over(true);
}

// What the program had sent before is still brought to the server.
void Tunnel::onClientClosed()
{
    if (m_over)
        return;
    m_clientGone = true;
    if (m_inspecting)
        return over(true);
    pumpUp();
    if (!m_over)
        pumpDown();
}

void Tunnel::onServerClosed()
{
    if (m_over)
        return;
    // While the program does not take what was for it, this waits for its drained().
    pumpDown();
    if (!m_over && m_downEnded)
        over(true);
}

void Tunnel::over(bool clean)
{
    if (std::exchange(m_over, true))
        return;
    m_headTimer.stop();
    if (!clean)
        m_transaction->refuse({reasons::BadAnswer.toString(), u"The server broke the connection."_s});
    m_transaction->finish();
    SocketStream::sendOff(std::move(m_server), m_ledger->leaving);
    if (clean && !m_clientGone)
        Q_EMIT finished();
    else
        Q_EMIT broken();
}

} // namespace isol8::egress
