// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QSslCertificate>
#include <QSslConfiguration>
#include <QSslKey>
#include <QSslSocket>
#include <QStandardPaths>
#include <QTemporaryDir>

namespace isol8::test {

//! Authorities and certificates for a test, made by openssl in a folder that goes with it.
class Certificates
{
public:
    [[nodiscard]] static bool possible()
    {
        return QSslSocket::supportsSsl() && !QStandardPaths::findExecutable(QStringLiteral("openssl")).isEmpty();
    }

    bool makeAuthority(const QString &name)
    {
        return openssl({QStringLiteral("req"), QStringLiteral("-x509"), QStringLiteral("-newkey"),
                        QStringLiteral("rsa:2048"), QStringLiteral("-nodes"), QStringLiteral("-days"),
                        QStringLiteral("2"), QStringLiteral("-subj"), QStringLiteral("/CN=") + name,
                        QStringLiteral("-keyout"), name + QStringLiteral(".key"), QStringLiteral("-out"),
                        name + QStringLiteral(".crt")});
    }

    //! Without \a alternatives ("IP:127.0.0.1,DNS:localhost") a client's.
    bool makeCertificate(const QString &name, const QString &authority, const QString &subject,
                         const QString &alternatives, bool elliptic)
    {
        QFile extensions(m_files.filePath(name + QStringLiteral(".ext")));
        if (!extensions.open(QIODevice::WriteOnly))
            return false;
        extensions.write(alternatives.isEmpty() ? QByteArray("extendedKeyUsage=clientAuth\n")
                                                : QByteArray("subjectAltName=" + alternatives.toUtf8() + '\n'));
        extensions.close();
        QStringList request{QStringLiteral("req"),     QStringLiteral("-nodes"),
                            QStringLiteral("-subj"),   QStringLiteral("/CN=") + subject,
                            QStringLiteral("-keyout"), name + QStringLiteral(".key"),
                            QStringLiteral("-out"),    name + QStringLiteral(".csr"),
                            QStringLiteral("-newkey")};
        if (elliptic)
            request << QStringLiteral("ec") << QStringLiteral("-pkeyopt")
                    << QStringLiteral("ec_paramgen_curve:prime256v1");
        else
            request << QStringLiteral("rsa:2048");
        return openssl(request) &&
               openssl({QStringLiteral("x509"), QStringLiteral("-req"), QStringLiteral("-in"),
                        name + QStringLiteral(".csr"), QStringLiteral("-CA"), authority + QStringLiteral(".crt"),
                        QStringLiteral("-CAkey"), authority + QStringLiteral(".key"), QStringLiteral("-CAcreateserial"),
                        QStringLiteral("-days"), QStringLiteral("2"), QStringLiteral("-extfile"),
                        name + QStringLiteral(".ext"), QStringLiteral("-out"), name + QStringLiteral(".crt")});
    }

    //! The folder.
    [[nodiscard]] QString path() const { return m_files.path(); }
    //! A file of those made, by its whole name.
    [[nodiscard]] QByteArray read(const QString &name) const
    {
        QFile file(m_files.filePath(name));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

    //! A folder as DOCKER_CERT_PATH has it; empty names leave a file out, "!" fills it with nonsense.
    QString folder(const QString &authority, const QString &certificate, const QString &key)
    {
        const QString path = m_files.filePath(QStringLiteral("client%1").arg(++m_folders));
        QDir().mkpath(path);
        const auto put = [&](const QString &from, const QString &suffix, const QString &to) {
            if (from.isEmpty())
                return;
            QFile file(path + QLatin1Char('/') + to);
            if (file.open(QIODevice::WriteOnly))
                file.write(from == QLatin1String("!") ? QByteArray("nonsense") : read(from + suffix));
        };
        put(authority, QStringLiteral(".crt"), QStringLiteral("ca.pem"));
        put(certificate, QStringLiteral(".crt"), QStringLiteral("cert.pem"));
        put(key, QStringLiteral(".key"), QStringLiteral("key.pem"));
        return path;
    }

    //! \a demand: a client must show a certificate of the authority "ca".
    [[nodiscard]] QSslConfiguration serverConfiguration(const QString &certificate, bool demand) const
    {
        QSslConfiguration configuration = QSslConfiguration::defaultConfiguration();
        configuration.setLocalCertificate(QSslCertificate(read(certificate + QStringLiteral(".crt"))));
        configuration.setPrivateKey(QSslKey(read(certificate + QStringLiteral(".key")), QSsl::Rsa));
        configuration.setCaCertificates({QSslCertificate(read(QStringLiteral("ca.crt")))});
        configuration.setPeerVerifyMode(demand ? QSslSocket::VerifyPeer : QSslSocket::VerifyNone);
        return configuration;
    }

private:
    bool openssl(const QStringList &arguments)
    {
        QProcess process;
        process.setWorkingDirectory(m_files.path());
        process.start(QStringLiteral("openssl"), arguments);
        const bool fine = process.waitForFinished() && process.exitCode() == 0;
        if (!fine)
            qWarning("%s", process.readAllStandardError().constData());
        return fine;
    }

    QTemporaryDir m_files;
    int m_folders = 0;
};

} // namespace isol8::test
