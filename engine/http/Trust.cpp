// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/http/Trust.h>

#include <isol8/base/Paths.h>
#include <isol8/base/Units.h>

#include <QFile>
#include <QSslCertificate>
#include <QSslConfiguration>
#include <QSslKey>

#include <unistd.h>

using namespace Qt::StringLiterals;

namespace isol8::http {

namespace {
constexpr qint64 PemLimit = MiB;
constexpr qint64 BundleLimit = 16 * MiB;
} // namespace

Result<void> loadCertificates(const QString &folder, QSslConfiguration &configuration)
{
    const auto exists = [&](const QString &name) {
        return ::access(QFile::encodeName(folder + u'/' + name).constData(), F_OK) == 0;
    };
    if (exists(u"ca.pem"_s)) {
        const auto pem = readFile(folder + u"/ca.pem"_s, PemLimit);
        if (!pem)
            return fail(pem.error());
        const QList<QSslCertificate> authorities = QSslCertificate::fromData(*pem, QSsl::Pem);
        if (authorities.isEmpty())
            return fail(errors::FileError, folder + u"/ca.pem holds no certificate"_s);
        configuration.setCaCertificates(authorities);
    }
    if (!exists(u"cert.pem"_s) && !exists(u"key.pem"_s))
        return {};
    const auto certificate = readFile(folder + u"/cert.pem"_s, PemLimit);
    if (!certificate)
        return fail(certificate.error());
    const auto keyPem = readFile(folder + u"/key.pem"_s, PemLimit);
    if (!keyPem)
        return fail(keyPem.error());
    const QList<QSslCertificate> chain = QSslCertificate::fromData(*certificate, QSsl::Pem);
    if (chain.isEmpty())
        return fail(errors::FileError, folder + u"/cert.pem holds no certificate"_s);
    QSslKey key;
    for (const QSsl::KeyAlgorithm algorithm : {QSsl::Rsa, QSsl::Ec, QSsl::Dsa}) {
        key = QSslKey(*keyPem, algorithm, QSsl::Pem, QSsl::PrivateKey);
        if (!key.isNull())
            break;
    }
    if (key.isNull())
        return fail(errors::FileError, folder + u"/key.pem holds no private key without a passphrase"_s);
    configuration.setLocalCertificateChain(chain);
    configuration.setPrivateKey(key);
    return {};
}

Result<void> addAuthorities(const QString &path, QSslConfiguration &configuration)
{
    const auto pem = readFile(path, BundleLimit);
    if (!pem)
        return fail(pem.error());
    const QList<QSslCertificate> authorities = QSslCertificate::fromData(*pem, QSsl::Pem);
    if (authorities.isEmpty())
        return fail(errors::FileError, path + u" holds no certificate"_s);
    configuration.addCaCertificates(authorities);
    return {};
}

} // namespace isol8::http
