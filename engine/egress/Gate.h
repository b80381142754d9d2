// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/ByteStream.h>
#include <isol8/egress/Ledger.h>

#include <memory>
#include <vector>

namespace isol8::egress {

class Proxy;

/*!
    The door of one run: every connection of its sandbox comes here, and leaves by what the rules allow.

    Begins closed: without rules everything is refused. Every request and every tunnel is one log entry, also those that
    are refused or cut; connections over a limit are logged once until there is room again.

    Must not be deleted in a slot of its signals (deleteLater() is fine). Deleting it cuts everything without a signal;
    whoever wants the entries of what is going on calls close() before.
*/
class Gate : public QObject
{
    Q_OBJECT

public:
    //! \a resolver must outlive it.
    explicit Gate(Resolver *resolver, QObject *parent = nullptr);
    ~Gate() override;

    //! For connections from now on.
    void setLimits(const GateLimits &limits);
    //! Another phase begins: the connections of the one before are cut, and none that was under way to a server comes
    //! about. Requests by plain HTTP for the hosts of
    //! \a origins are answered by those, whatever the rules; they must outlive the phase.
    void setRules(const HostRules &rules, const QMap<QByteArray, Origin *> &origins = {});
    //! Cuts everything, tells what there is to tell of it, and refuses what comes.
    void close()
    {
        setRules(HostRules());
        m_ledger.tell();
    }

    //! A connection of the sandbox: SOCKS5 or HTTP. The stream may have its first bytes already.
    void accept(std::unique_ptr<ByteStream> stream);

    [[nodiscard]] const QList<LogEntry> &log() const { return m_ledger.log; }
    [[nodiscard]] const GateStatistics &statistics() const { return m_ledger.statistics; }
    //! Connections that are open now.
    [[nodiscard]] int openConnections() const { return int(m_proxies.size()); }
    //! Connections to servers that programs have left, and that still bring there what was sent; at most as many as may
    //! be open.
    [[nodiscard]] qsizetype leavingConnections() const;

Q_SIGNALS:
    void logged(const isol8::egress::LogEntry &entry);
    //! An entry with BLOCK, after logged(): a security event. \a sentence is what the program was told.
    void refused(const isol8::egress::LogEntry &entry, const QString &sentence);

private:
    void cutAll(const Refusal &reason);
    void remove(Proxy *proxy);
    void refuse(std::unique_ptr<ByteStream> stream, QStringView code, const QString &sentence);

    Ledger m_ledger;
    std::vector<Proxy *> m_proxies; //!< children
    bool m_refusing = false;        //!< a limit's refusal has been logged
};

} // namespace isol8::egress
