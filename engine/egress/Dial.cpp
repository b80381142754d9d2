// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/egress/Dial.h>

#include <isol8/egress/OwnAddress.h>

#include <utility>

using namespace Qt::StringLiterals;

namespace isol8::egress {

namespace {

constexpr qsizetype AddressLimit = 8; // that are tried

Refusal unresolved(const Authority &target, QStringView code)
{
    const QString name = QString::fromLatin1(target.host.text);
    if (code == errors::Timeout)
        return {reasons::ResolveTimeout.toString(),
                u"The name %1 could not be resolved in time: the name servers do not answer."_s.arg(name), 504};
    if (code == errors::NameServers)
        return {reasons::Unresolved.toString(),
                u"The name %1 could not be resolved: the name servers fail."_s.arg(name), 502};
    return {reasons::Unresolved.toString(), u"The name %1 has no address."_s.arg(name), 502};
}

} // namespace

Dial::Dial(Ledger *ledger, const Authority &target, QObject *parent)
    : QObject(parent)
    , m_ledger(ledger)
    , m_target(target)
{
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &Dial::onTimeout);
}

void Dial::start()
{
    const Refusal refusal = m_ledger->rules.judge(m_target);
    if (!refusal.code.isEmpty())
        return failLater(refusal);
    m_timer.start(m_ledger->limits.connect);
    m_resolving = true;
    const Callback<QList<QHostAddress>> done(this, [this](Result<QList<QHostAddress>> result) { resolved(result); });
    if (m_target.host.isAddress())
        QMetaObject::invokeMethod(
            this, [done, address = m_target.host.address] { done(QList<QHostAddress>{address}); },
            Qt::QueuedConnection);
    else
        m_ledger->names.resolve(QString::fromLatin1(m_target.host.text), done);
}

void Dial::stop()
{
    m_over = true;
    m_resolving = false;
    m_timer.stop();
    m_addresses.clear();
    if (m_socket) {
        m_socket->disconnect(this);
        m_socket.release()->deleteLater(); // may be in its own signal
    }
}

std::unique_ptr<SocketStream> Dial::take()
{
    if (m_socket)
        m_socket->disconnect(this);
    return std::move(m_socket);
}

void Dial::resolved(const Result<QList<QHostAddress>> &addresses)
{
    if (m_over || !std::exchange(m_resolving, false))
        return;
    if (!addresses || addresses->isEmpty())
        return fail(unresolved(m_target, addresses ? errors::NotFound : QStringView(addresses.error().code)));
    Refusal refusal;
    for (const QHostAddress &address : *addresses) {
        const Refusal judged = m_ledger->rules.judgeAddress(m_target, address, isOwnAddress(address));
        if (!judged.code.isEmpty())
            refusal = judged;
        else if (m_addresses.size() < AddressLimit)
            m_addresses.append(address);
    }
    if (m_addresses.isEmpty())
        return fail(refusal);
    tryNext({});
}

void Dial::tryNext(const QString &problem)
{
    if (m_socket)
        m_socket.release()->deleteLater(); // may be in its own signal
    if (m_addresses.isEmpty())
        return fail({reasons::Unreachable.toString(),
                     u"%1 cannot be reached at port %2: %3."_s.arg(QString::fromLatin1(m_target.host.text),
                                                                   QString::number(m_target.port), problem),
                     502});
    m_timer.start(m_ledger->limits.connect);
    m_socket = std::make_unique<SocketStream>(m_addresses.takeFirst(), m_target.port);
    connect(m_socket.get(), &SocketStream::failed, this, &Dial::tryNext);
    connect(m_socket.get(), &SocketStream::connected, this, [this] {
        m_timer.stop();
        m_over = true;
        Q_EMIT connected();
    });
}

void Dial::onTimeout()
{
    if (m_resolving)
        return fail(unresolved(m_target, errors::Timeout));
    if (m_socket)
        m_socket->disconnect(this);
    tryNext(u"it does not answer"_s);
}

void Dial::failLater(const Refusal &refusal)
{
    QMetaObject::invokeMethod(
        this, [this, refusal] { fail(refusal); }, Qt::QueuedConnection);
}

void Dial::fail(const Refusal &refusal)
{
    m_timer.stop();
    if (!std::exchange(m_over, true))
        Q_EMIT failed(refusal);
}

} // namespace isol8::egress
