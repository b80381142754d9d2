// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/egress/HttpForward.h>
#include <isol8/egress/Socks5.h>
#include <isol8/egress/Tunnel.h>

namespace isol8::egress {

/*!
    One connection of a program: finds out what it speaks, SOCKS5 or HTTP, and leads it from part to part until both
    sides are done. Reads nothing that it has no room for, and holds at most about 64 KiB beyond what the streams do.
*/
class Proxy : public QObject
{
    Q_OBJECT

public:
    //! \a ledger must outlive it.
    Proxy(std::unique_ptr<ByteStream> client, Ledger *ledger, QObject *parent = nullptr);

    //! Breaks everything at once, with \a reason in the entries of what was going on. finished() does not follow.
    void cut(const Refusal &reason);

Q_SIGNALS:
    //! Of no use any more. Once; from the event loop.
    void finished();

private:
    enum class Stage { Detect, SocksGreeting, SocksRequest, SocksDialing, Http, Tunnel, Lingering, Over };

    void onReadable();
    void detect();
    void greet();
    void readSocksRequest();
    void onSocksDialled();
    void refuseSocks(const Refusal &refusal, socks5::Reply reply);
    void startHttp(std::unique_ptr<HttpForward> http);
    void startTunnel(std::unique_ptr<SocketStream> server, const Authority &target,
                     std::unique_ptr<Transaction> transaction, Tunnel::Inspection inspection, const QByteArray &rest);
    void onRaw(bool connect);
    void onHttpFound();
    void dropParts();
    void linger();
    void onTimeout();
    void breakOff();
    void onIdleTick();
    void over();

    Ledger *m_ledger;
    Inlet m_client;
    Stage m_stage = Stage::Detect;
    std::unique_ptr<Transaction> m_transaction; //!< of SOCKS5, until its tunnel has it
    std::unique_ptr<Dial> m_dial;               //!< of SOCKS5
    std::unique_ptr<HttpForward> m_http;
    std::unique_ptr<Tunnel> m_tunnel;
    Authority m_target; //!< of the tunnel
    QTimer m_timer;     //!< for the first words, and while lingering
    QTimer m_idleTimer;
    quint64 m_seenActivity = 0;
    int m_idleTicks = 0;
};

} // namespace isol8::egress
