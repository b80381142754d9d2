// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>
#include <isol8/base/Units.h>

#include <QObject>
#include <QSslConfiguration>
#include <QTimer>

#include <memory>

QT_BEGIN_NAMESPACE
class QSslSocket;
class QTcpSocket;
QT_END_NAMESPACE

namespace isol8::service {

/*!
    A client with whom TLS is being agreed on. One that does not come to an end in time, or fails, is closed. Deletes
    itself when it is over.
*/
class TlsHandshake : public QObject
{
    Q_OBJECT

public:
    //! \a socket is connected, and has its configuration.
    TlsHandshake(std::unique_ptr<QSslSocket> socket, milliseconds timeout, QObject *parent);
    ~TlsHandshake() override;

    void start();

Q_SIGNALS:
    //! \a socket is the receiver's.
    void done(QTcpSocket *socket);

private:
    void onEncrypted();
    void giveUp(const QString &why);

    std::unique_ptr<QSslSocket> m_socket;
    QTimer m_timer;
    bool m_over = false;
};

/*!
    A server's side of TLS 1.2 and newer, with what stands in two PEM files: the certificate with those that it is
    signed by, and its key (RSA or elliptic curve, without a passphrase). file_error, bad_value: what is wrong with
    which, also where the two do not belong together.
*/
[[nodiscard]] Result<QSslConfiguration> loadServerTls(const QString &certificatePath, const QString &keyPath);

} // namespace isol8::service
