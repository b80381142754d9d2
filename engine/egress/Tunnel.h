// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/egress/Inlet.h>
#include <isol8/egress/Ledger.h>
#include <isol8/egress/SocketStream.h>

#include <QTimer>

namespace isol8::egress {

/*!
    Bytes both ways, each direction with its own end and its own back-pressure.

    Looked into: the first bytes of the program are judged before the server sees any. TLS must name the tunnel's host
    as its server (an address: none, or that). Ports of GateLimits::tlsPorts carry TLS only, those of httpPorts HTTP
    (httpFound()) or TLS; at other ports what is not TLS passes.
*/
class Tunnel : public QObject
{
    Q_OBJECT

public:
    enum class Inspection { None, FirstBytes };

    //! \a inlet must outlive it.
    Tunnel(Inlet *inlet, Ledger *ledger, std::unique_ptr<SocketStream> server, const Authority &target,
           std::unique_ptr<Transaction> transaction, Inspection inspection);

    //! \a rest: what was read from the server already.
    void start(const QByteArray &rest);
    //! Ends the entry; \a code as its reason.
    void giveUp(const Refusal &refusal);
    //! After httpFound().
    [[nodiscard]] std::unique_ptr<SocketStream> takeServer();

Q_SIGNALS:
    void finished(); //!< all that is for the program has been written, though perhaps not sent
    void broken();   //!< the program must notice that the connection was cut
    void httpFound();

private:
    [[nodiscard]] bool isTlsPort() const { return m_ledger->limits.tlsPorts.contains(int(m_target.port)); }
    [[nodiscard]] bool isHttpPort() const { return m_ledger->limits.httpPorts.contains(int(m_target.port)); }
    void pumpUp();
    void pumpDown();
    bool inspect();
    void refuse(QStringView code, const QString &sentence, bool alert);
    void onClientClosed();
    void onServerClosed();
    void endUp();
    void over(bool clean);

    Inlet *m_inlet;
    Ledger *m_ledger;
    std::unique_ptr<SocketStream> m_server;
    Authority m_target;
    std::unique_ptr<Transaction> m_transaction;
    bool m_inspecting;
    bool m_upEnded = false;
    bool m_downEnded = false;
    bool m_clientGone = false;
    bool m_over = false;
    QTimer m_headTimer;
};

} // namespace isol8::egress
