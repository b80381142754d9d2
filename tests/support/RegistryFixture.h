// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "support/Certificates.h"
#include "support/Origins.h"

#include <isol8/registry/Registries.h>

#include <QCryptographicHash>
#include <QJsonDocument>
#include <QTest>

/*!
    What the tests of the origins have in common.
*/
namespace isol8::test {

//! The path of a URL that a sandbox was given.
inline QByteArray pathOf(const QByteArray &url)
{
    const QByteArray plain = url.left(url.indexOf('#') < 0 ? url.size() : url.indexOf('#'));
    return plain.mid(plain.indexOf('/', 7));
}

inline QByteArray tarballIn(const QByteArray &body)
{
    return QJsonDocument::fromJson(body)[u"versions"][u"1.0.0"][u"dist"][u"tarball"].toString().toLatin1();
}

//! Of a package with one version.
inline QByteArray metadata(const QString &tarball)
{
    return R"({"name":"x","versions":{"1.0.0":{"dist":{"tarball":")" + tarball.toLatin1() + R"("}}}})";
}

inline QByteArray noise(qsizetype size)
{
    QByteArray data;
    for (QByteArray block = "seed"; data.size() < size; data += block)
        block = QCryptographicHash::hash(block, QCryptographicHash::Sha256);
    return data.left(size);
}

//! One install, of which there can be several after each other.
class RegistryFixture : public QObject
{
protected:
    bool makeCertificates()
    {
        return m_certificates.makeAuthority(QStringLiteral("ca")) &&
               m_certificates.makeAuthority(QStringLiteral("otherca")) &&
               m_certificates.makeCertificate(
                   QStringLiteral("server"), QStringLiteral("ca"), QStringLiteral("registry"),
                   QStringLiteral("IP:127.0.0.1,DNS:localhost,DNS:files.example.org"), false) &&
               m_certificates.makeCertificate(QStringLiteral("elsewhere"), QStringLiteral("ca"),
                                              QStringLiteral("registry"), QStringLiteral("DNS:elsewhere.example"),
                                              false);
    }

    void forget()
    {
        m_install.reset();
        m_registries.reset();
        m_rules = {};
    }

    //! With \a npm as the npm registry and \a pypi as the indexes.
    [[nodiscard]] registry::RegistrySettings settingsFor(const QString &npm, const QStringList &pypi = {}) const
    {
        registry::RegistrySettings settings;
        settings.npm.registries = {registry::registryUrl(npm)};
        for (const QString &url : pypi)
            settings.pypi.registries.append(registry::registryUrl(url));
        for (registry::ClientSettings *client : {&settings.npm, &settings.pypi})
            client->authorityFiles = {m_certificates.path() + QStringLiteral("/ca.crt")};
        return settings;
    }

    void begin(const registry::RegistrySettings &settings, const QString &cache = {},
               const registry::CacheLimits &limits = {}, const QStringList &packages = {QStringLiteral("x")})
    {
        m_registries = std::make_unique<registry::Registries>(settings, cache, limits);
        m_registries->setNameRules(m_rules);
        m_install = m_registries->install(QStringLiteral("node"), QStringLiteral("sha256:1"), packages);
    }

    [[nodiscard]] egress::Origin *npm() const { return m_install->origins().value("npm.isol8.internal"); }
    [[nodiscard]] egress::Origin *pypi() const { return m_install->origins().value("pypi.isol8.internal"); }
    [[nodiscard]] QSslConfiguration tls(const QString &certificate) const
    {
        return m_certificates.serverConfiguration(certificate, false);
    }

    Certificates m_certificates;
    registry::NameRules m_rules; //!< before begin()
    std::unique_ptr<registry::Registries> m_registries;
    std::unique_ptr<registry::Install> m_install;
};

} // namespace isol8::test
