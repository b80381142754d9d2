// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/http/TlsHandshake.h>

#include <isol8/base/Paths.h>

#include <QLoggingCategory>
#include <QSslCertificate>
#include <QSslKey>
#include <QSslSocket>

#include <sys/socket.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace isol8::service {

namespace {

Q_LOGGING_CATEGORY(tlsLog, "isol8.tls", QtWarningMsg)

constexpr qint64 PemLimit = 1 * MiB;

// OpenSSL tells whether key and certificate belong together when somebody begins to use them.
QString problemOf(const QSslConfiguration &configuration)
{
    int ends[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
        return {};
    QString problem;
    {
        QSslSocket socket;
        socket.setSslConfiguration(configuration);
        if (socket.setSocketDescriptor(ends[0])) {
            socket.startServerEncryption();
            if (socket.error() != QAbstractSocket::UnknownSocketError)
                problem = socket.errorString();
        }
        socket.abort();
    }
    ::close(ends[1]);
    return problem;
}

} // namespace

TlsHandshake::TlsHandshake(std::unique_ptr<QSslSocket> socket, milliseconds timeout, QObject *parent)
    : QObject(parent)
    , m_socket(std::move(socket))
{
    m_timer.setSingleShot(true);
    m_timer.setInterval(timeout);
    connect(&m_timer, &QTimer::timeout, this, [this] { giveUp(u"it took too long"_s); });
    connect(m_socket.get(), &QSslSocket::encrypted, this, &TlsHandshake::onEncrypted);
    connect(m_socket.get(), &QSslSocket::errorOccurred, this, [this] { giveUp(m_socket->errorString()); });
    connect(m_socket.get(), &QSslSocket::disconnected, this, [this] { giveUp(u"the client left"_s); });
}

// In a slot of the socket's, too.
TlsHandshake::~TlsHandshake()
{
    if (!m_socket)
        return;
    m_socket->disconnect(this);
    m_socket->abort();
    m_socket.release()->deleteLater();
}

void TlsHandshake::start()
{
    m_timer.start();
    m_socket->startServerEncryption();
}

void TlsHandshake::onEncrypted()
{
    m_timer.stop();
    m_socket->disconnect(this);
    Q_EMIT done(m_socket.release());
    deleteLater();
}

void TlsHandshake::giveUp(const QString &why)
{
    if (std::exchange(m_over, true))
        return;
    m_timer.stop();
    qCDebug(tlsLog).noquote() << "no TLS with a client:" << why;
    deleteLater();
}

Result<QSslConfiguration> loadServerTls(const QString &certificatePath, const QString &keyPath)
{
    if (!QSslSocket::supportsSsl())
        return fail(errors::FileError, u"This Qt has no TLS backend; install OpenSSL."_s);
    const auto certificateText = readFile(certificatePath, PemLimit);
    if (!certificateText)
        return fail(certificateText.error());
    const auto keyText = readFile(keyPath, PemLimit);
    if (!keyText)
        return fail(keyText.error());
    const QList<QSslCertificate> chain = QSslCertificate::fromData(*certificateText, QSsl::Pem);
    if (chain.isEmpty())
        return fail(errors::BadValue, u"%1 holds no certificate in PEM form."_s.arg(certificatePath));
    QSslKey key;
    for (const QSsl::KeyAlgorithm algorithm : {QSsl::Rsa, QSsl::Ec}) {
        if (key.isNull())
            key = QSslKey(*keyText, algorithm, QSsl::Pem, QSsl::PrivateKey);
    }
    if (key.isNull())
        return fail(errors::BadValue, u"%1 holds no private key in PEM form, RSA or elliptic curve, without a "
                                      "passphrase."_s.arg(keyPath));
    QSslConfiguration configuration = QSslConfiguration::defaultConfiguration();
    configuration.setProtocol(QSsl::TlsV1_2OrLater);
    configuration.setPeerVerifyMode(QSslSocket::VerifyNone); // clients show keys, not certificates
    configuration.setLocalCertificateChain(chain);
    configuration.setPrivateKey(key);
    configuration.setAllowedNextProtocols({QByteArrayLiteral("http/1.1")});
    if (const QString problem = problemOf(configuration); !problem.isEmpty())
        return fail(errors::BadValue,
                    u"The certificate %1 and the key %2 cannot be used together."_s.arg(certificatePath, keyPath),
                    problem);
    return configuration;
}

} // namespace isol8::service
