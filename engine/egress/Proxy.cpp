// SPDX-License-Identifier: GPL-3.0-or-later
/*
    Parts end by signals of their own, so they are never deleted in their slots: dropParts() leaves that to the loop.
*/
#include <isol8/egress/Proxy.h>

using namespace Qt::StringLiterals;

namespace isol8::egress {

namespace {

constexpr char Socks5Version = 5;
constexpr qsizetype SocksLimit = 512; // more than any of its messages has

// At the latest with \a owner: what it uses is gone then.
template<class T> void deleteInLoop(std::unique_ptr<T> *object, QObject *owner)
{
    if (*object) {
        (*object)->disconnect();
        (*object)->setParent(owner);
        object->release()->deleteLater();
    }
}

} // namespace

Proxy::Proxy(std::unique_ptr<ByteStream> client, Ledger *ledger, QObject *parent)
    : QObject(parent)
    , m_ledger(ledger)
{
    m_client.stream = std::move(client);
    connect(m_client.stream.get(), &ByteStream::readable, this, &Proxy::onReadable);
    connect(m_client.stream.get(), &ByteStream::closed, this, [this] {
        if (m_stage == Stage::Lingering || m_stage < Stage::Http)
            over();
    });
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &Proxy::onTimeout);
    connect(&m_idleTimer, &QTimer::timeout, this, &Proxy::onIdleTick);
    m_timer.start(ledger->limits.head);
    m_idleTimer.start(ledger->limits.idle / 2);
    QMetaObject::invokeMethod(this, &Proxy::onReadable, Qt::QueuedConnection);
}

void Proxy::cut(const Refusal &reason)
{
    m_stage = Stage::Over;
    m_timer.stop();
    m_idleTimer.stop();
    if (m_transaction)
        m_transaction->refuse(reason);
    m_transaction.reset();
    if (m_http)
        m_http->giveUp(reason);
    if (m_tunnel)
        m_tunnel->giveUp(reason);
    dropParts();
    m_client.stream->abort();
}

void Proxy::onReadable()
{
    switch (m_stage) {
    case Stage::Detect:
        return detect();
    case Stage::SocksGreeting:
        return greet();
    case Stage::SocksRequest:
        return readSocksRequest();
    case Stage::Lingering:
        while (!m_client.stream->read(Slice).isEmpty()) {
        }
        return;
    case Stage::SocksDialing:
    case Stage::Http:
    case Stage::Tunnel:
    case Stage::Over:
        return;
    }
}

void Proxy::detect()
{
    m_client.fill(SocksLimit);
    if (m_client.buffer.isEmpty()) {
        if (m_client.stream->atEnd())
            linger();
        return;
    }
    if (m_client.buffer[0] == Socks5Version) {
        m_stage = Stage::SocksGreeting;
        return greet();
    }
    startHttp(std::make_unique<HttpForward>(&m_client, m_ledger));
}

void Proxy::greet()
{
    m_client.fill(SocksLimit);
    const socks5::Greeting greeting = socks5::parseGreeting(m_client.buffer);
    if (greeting.status == socks5::Status::NeedMore) {
        if (m_client.stream->atEnd())
            linger();
        return;
    }
    m_client.buffer.remove(0, greeting.consumed);
    m_client.write(greeting.answer);
    if (greeting.status == socks5::Status::Refused) {
        m_transaction = std::make_unique<Transaction>(m_ledger, u"SOCKS5"_s, QString(), 0, QString());
        m_transaction->refuse({reasons::Unsupported.toString(), u"isol8's SOCKS5 takes no password."_s});
        m_transaction.reset();
        return linger();
    }
    m_stage = Stage::SocksRequest;
    readSocksRequest();
}

void Proxy::readSocksRequest()
{
    m_client.fill(SocksLimit);
    const socks5::Request request = socks5::parseRequest(m_client.buffer);
    if (request.status == socks5::Status::NeedMore) {
        if (m_client.stream->atEnd())
            linger();
        return;
    }
    m_timer.stop();
    m_target = request.target;
    const bool fine = request.status == socks5::Status::Done;
    const QString host = fine ? QString::fromLatin1(m_target.host.text) : shown(socks5::nameIn(m_client.buffer));
    m_client.buffer.remove(0, request.consumed);
    m_transaction = std::make_unique<Transaction>(m_ledger, u"SOCKS5"_s, host, m_target.port, QString());
    if (!fine)
        return refuseSocks(request.refusal, request.reply);
    m_stage = Stage::SocksDialing;
    m_dial = std::make_unique<Dial>(m_ledger, m_target);
    connect(m_dial.get(), &Dial::failed, this,
            [this](const Refusal &refusal) { refuseSocks(refusal, socks5::replyFor(refusal)); });
    connect(m_dial.get(), &Dial::connected, this, &Proxy::onSocksDialled);
    m_dial->start();
}

void Proxy::refuseSocks(const Refusal &refusal, socks5::Reply reply)
{
    m_transaction->refuse(refusal);
    m_transaction->finish();
    m_transaction.reset();
    m_client.write(socks5::answer(reply));
    linger();
}

void Proxy::onSocksDialled()
{
    auto server = m_dial->take();
    deleteInLoop(&m_dial, this);
    m_client.write(socks5::answer(socks5::Reply::Succeeded));
    startTunnel(std::move(server), m_target, std::move(m_transaction), Tunnel::Inspection::FirstBytes, {});
}

void Proxy::startHttp(std::unique_ptr<HttpForward> http)
{
    m_stage = Stage::Http;
    m_timer.stop();
    m_http = std::move(http);
    connect(m_http.get(), &HttpForward::finished, this, &Proxy::linger);
    connect(m_http.get(), &HttpForward::broken, this, &Proxy::breakOff);
    connect(m_http.get(), &HttpForward::raw, this, &Proxy::onRaw);
    m_http->start();
}

void Proxy::onRaw(bool isConnect)
{
    auto server = m_http->takeServer();
    auto transaction = m_http->takeTransaction();
    const QByteArray rest = m_http->takeRest();
    m_target = m_http->target();
    deleteInLoop(&m_http, this);
    startTunnel(std::move(server), m_target, std::move(transaction),
                isConnect ? Tunnel::Inspection::FirstBytes : Tunnel::Inspection::None, rest);
}

void Proxy::startTunnel(std::unique_ptr<SocketStream> server, const Authority &target,
                        std::unique_ptr<Transaction> transaction, Tunnel::Inspection inspection, const QByteArray &rest)
{
    m_stage = Stage::Tunnel;
    server->disconnect();
    m_tunnel =
        std::make_unique<Tunnel>(&m_client, m_ledger, std::move(server), target, std::move(transaction), inspection);
    connect(m_tunnel.get(), &Tunnel::finished, this, &Proxy::linger);
    connect(m_tunnel.get(), &Tunnel::broken, this, &Proxy::breakOff);
    connect(m_tunnel.get(), &Tunnel::httpFound, this, &Proxy::onHttpFound);
    m_tunnel->start(rest);
}

void Proxy::onHttpFound()
{
    auto server = m_tunnel->takeServer();
    deleteInLoop(&m_tunnel, this);
    startHttp(std::make_unique<HttpForward>(&m_client, m_ledger, m_target, std::move(server)));
}

void Proxy::dropParts()
{
    if (m_http)
        m_client.stream->disconnect(m_http.get());
    if (m_tunnel)
        m_client.stream->disconnect(m_tunnel.get());
    if (m_dial)
        m_dial->stop();
    deleteInLoop(&m_dial, this);
    deleteInLoop(&m_http, this);
    deleteInLoop(&m_tunnel, this);
}

// The program is to read the last of it, and a reset would take that away: so what it still sends is read, for a while.
void Proxy::linger()
{
    if (m_stage == Stage::Over)
        return;
    m_stage = Stage::Lingering;
    dropParts();
    m_client.buffer.clear();
    m_client.stream->end();
    m_timer.start(m_ledger->limits.linger);
    QMetaObject::invokeMethod(this, &Proxy::onReadable, Qt::QueuedConnection);
}

void Proxy::onTimeout()
{
    if (m_stage == Stage::SocksGreeting || m_stage == Stage::SocksRequest) {
        Transaction transaction(m_ledger, u"SOCKS5"_s, QString(), 0, QString());
        transaction.refuse({reasons::BadRequest.toString(), u"The SOCKS5 greeting did not come to its end in time."_s});
    }
    breakOff();
}

void Proxy::breakOff()
{
    if (m_stage == Stage::Over)
        return;
    dropParts();
    m_client.stream->abort();
    over();
}

void Proxy::onIdleTick()
{
    if (std::exchange(m_seenActivity, m_client.activity) != m_client.activity) {
        m_idleTicks = 0;
    } else if (++m_idleTicks >= 2) {
        cut({reasons::Idle.toString(), u"Nothing moved for too long."_s});
        over();
    }
}

void Proxy::over()
{
    m_stage = Stage::Over;
    m_timer.stop();
    m_idleTimer.stop();
    m_transaction.reset(); // as abandoned
    dropParts();
    Q_EMIT finished();
}

} // namespace isol8::egress
