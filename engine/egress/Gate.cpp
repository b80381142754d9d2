// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/egress/Gate.h>

#include <isol8/egress/Proxy.h>

#include <algorithm>
#include <utility>

using namespace Qt::StringLiterals;

namespace isol8::egress {

Gate::Gate(Resolver *resolver, QObject *parent)
    : QObject(parent)
    , m_ledger(resolver)
{
    connect(&m_ledger, &Ledger::logged, this, &Gate::logged);
    connect(&m_ledger, &Ledger::refused, this, &Gate::refused);
    // Queued, since it comes from the middle of a transfer.
    connect(
        &m_ledger, &Ledger::exhausted, this,
        [this] {
            cutAll({reasons::Bytes.toString(),
                    u"isol8 cut the connection: this run has moved all the bytes that it may."_s});
        },
        Qt::QueuedConnection);
}

Gate::~Gate()
{
    m_ledger.disconnect(this);
    for (Proxy *proxy : std::exchange(m_proxies, {}))
        proxy->cut({reasons::Cut.toString(), {}});
    // Those, too, that have finished and wait for the event loop: all of them use the ledger.
    qDeleteAll(findChildren<Proxy *>(Qt::FindDirectChildrenOnly));
}

void Gate::setLimits(const GateLimits &limits)
{
    m_ledger.limits = limits;
    m_ledger.names.setMost(limits.lookups);
    m_ledger.leaving->most = std::max(limits.connections, 1);
}

void Gate::setRules(const HostRules &rules, const QMap<QByteArray, Origin *> &origins)
{
    m_ledger.rules = rules;
    m_ledger.origins = origins;
    cutAll({reasons::Cut.toString(), u"isol8 cut the connection: the phase that it belongs to is over."_s});
}

void Gate::accept(std::unique_ptr<ByteStream> stream)
{
    const GateLimits &limits = m_ledger.limits;
    if (m_ledger.isExhausted())
        return refuse(std::move(stream), reasons::Bytes, u"This run has moved all the bytes that it may."_s);
    if (openConnections() >= limits.connections)
        return refuse(std::move(stream), reasons::Connections,
                      u"This run has more than %1 connections at once."_s.arg(limits.connections));
    if (m_ledger.statistics.connections >= limits.connectionsInAll)
        return refuse(std::move(stream), reasons::Connections,
                      u"This run has made more than %1 connections."_s.arg(limits.connectionsInAll));
    m_refusing = false;
    ++m_ledger.statistics.connections;
    auto *proxy = new Proxy(std::move(stream), &m_ledger, this);
    m_proxies.push_back(proxy);
    connect(proxy, &Proxy::finished, this, [this, proxy] { remove(proxy); });
}

qsizetype Gate::leavingConnections() const
{
    const auto &streams = m_ledger.leaving->streams;
    return std::count_if(streams.begin(), streams.end(), [](const auto &stream) { return !stream.isNull(); });
}

void Gate::refuse(std::unique_ptr<ByteStream> stream, QStringView code, const QString &sentence)
{
    stream->abort();
    if (std::exchange(m_refusing, true))
        return;
    Transaction transaction(&m_ledger, {}, {}, 0, {});
    transaction.refuse({code.toString(), sentence});
}

void Gate::cutAll(const Refusal &reason)
{
    for (Proxy *proxy : std::exchange(m_proxies, {})) {
        proxy->cut(reason);
        proxy->deleteLater();
    }
}

void Gate::remove(Proxy *proxy)
{
    std::erase(m_proxies, proxy);
    proxy->deleteLater();
}

} // namespace isol8::egress
