// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/egress/Ledger.h>
#include <isol8/egress/SocketStream.h>

#include <QTimer>

namespace isol8::egress {

/*!
    The way to one host: decide by its name, resolve that, check every address, connect to one that was checked. Ends by
    exactly one of its signals, never from inside start(). Deleting it gives up.
*/
class Dial : public QObject
{
    Q_OBJECT

public:
    Dial(Ledger *ledger, const Authority &target, QObject *parent = nullptr);

    void start();
    //! Gives up: nothing is connected to any more, and no signal follows.
    void stop();
    //! After connected().
    [[nodiscard]] std::unique_ptr<SocketStream> take();

Q_SIGNALS:
    void connected();
    void failed(const isol8::egress::Refusal &refusal);

private:
    void resolved(const Result<QList<QHostAddress>> &addresses);
    void tryNext(const QString &problem);
    void failLater(const Refusal &refusal);
    void fail(const Refusal &refusal);
    void onTimeout();

    Ledger *m_ledger;
    Authority m_target;
    QList<QHostAddress> m_addresses; //!< checked, to be tried
    std::unique_ptr<SocketStream> m_socket;
    QTimer m_timer;
    bool m_over = false;
    bool m_resolving = false;
};

} // namespace isol8::egress
