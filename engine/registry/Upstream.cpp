// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/registry/Upstream.h>

#include <isol8/base/Paths.h>
#include <isol8/base/Units.h>
#include <isol8/egress/AddressRule.h>
#include <isol8/egress/OwnAddress.h>

#include <QNetworkProxy>
#include <QSslCertificate>
#include <QSslKey>

using namespace Qt::StringLiterals;

namespace isol8::registry {

namespace {

class ProxyChoice final : public QNetworkProxyFactory
{
public:
    ProxyChoice(const ClientSettings &settings, std::shared_ptr<const QHash<QString, QString>> addresses)
        : m_settings(settings)
        , m_addresses(std::move(addresses))
    {
    }

    QList<QNetworkProxy> queryProxy(const QNetworkProxyQuery &query) override
    {
        const QUrl url = m_settings.proxyFor(query.url());
        if (url.isEmpty())
            return {QNetworkProxy::NoProxy};
        const bool socks = url.scheme().startsWith(u"socks");
        return {QNetworkProxy(socks ? QNetworkProxy::Socks5Proxy : QNetworkProxy::HttpProxy,
                              m_addresses->value(url.host(), url.host()),
                              quint16(url.port(socks                      ? 1080
                                               : url.scheme() == u"https" ? 443
                                                                          : 80)),
                              url.userName(QUrl::FullyDecoded), url.password(QUrl::FullyDecoded))};
    }

private:
    ClientSettings m_settings;
    std::shared_ptr<const QHash<QString, QString>> m_addresses;
};

QList<QSslCertificate> certificates(const QStringList &files)
{
    QList<QSslCertificate> found;
    for (const QString &file : files) {
        if (const auto content = readFile(file, 16 * MiB))
            found += QSslCertificate::fromData(*content, QSsl::Pem);
    }
    return found;
}

void showCertificate(const ClientCertificate &own, QSslConfiguration *configuration)
{
    const auto content = [&](const QString &file) {
        return own.pem.isEmpty() ? readFile(file, 1 * MiB).value_or(QByteArray()) : own.pem;
    };
    const QByteArray key = content(own.keyFile);
    for (const QSsl::KeyAlgorithm algorithm : {QSsl::Rsa, QSsl::Ec, QSsl::Dsa}) {
        if (const QSslKey parsed(key, algorithm); !parsed.isNull()) {
            configuration->setPrivateKey(parsed);
            configuration->setLocalCertificateChain(QSslCertificate::fromData(content(own.certificateFile), QSsl::Pem));
            return;
        }
    }
}

} // namespace

std::shared_ptr<Upstream> Upstream::create(const ClientSettings &settings, const SharedTls &tls, const NameRules &rules,
                                           std::shared_ptr<egress::Resolver> resolver)
{
    return {new Upstream(settings, tls, rules, std::move(resolver)),
            [](Upstream *upstream) { upstream->deleteLater(); }};
}

Upstream::Upstream(const ClientSettings &settings, const SharedTls &tls, const NameRules &rules,
                   std::shared_ptr<egress::Resolver> resolver)
    : m_settings(settings)
    , m_tls(tls)
    , m_rules(rules)
    , m_resolver(std::move(resolver))
    , m_names(m_resolver.get())
    , m_proxies(std::make_shared<QHash<QString, QString>>())
{
    m_network.setProxyFactory(new ProxyChoice(settings, m_proxies));
    m_network.setRedirectPolicy(QNetworkRequest::ManualRedirectPolicy);
}

QSslConfiguration Upstream::tls(const QUrl &url)
{
    if (!*m_tls) {
        *m_tls = QSslConfiguration::defaultConfiguration();
        QList<QSslCertificate> authorities = certificates(m_settings.authorityFiles);
        authorities += QSslCertificate::fromData(m_settings.authorities, QSsl::Pem);
        const QList<QSslCertificate> added = certificates(m_settings.addedAuthorityFiles);
        if (authorities.isEmpty() && !added.isEmpty())
            authorities = QSslConfiguration::systemCaCertificates();
        if (!authorities.isEmpty())
            (*m_tls)->setCaCertificates(authorities + added);
    }
    QSslConfiguration configuration = **m_tls;
    if (const ClientCertificate *own = m_settings.certificateFor(url))
        showCertificate(*own, &configuration);
    if (trustsBlindly(url))
        configuration.setPeerVerifyMode(QSslSocket::VerifyNone);
    return configuration;
}

bool Upstream::trustsBlindly(const QUrl &url) const
{
    const QString authority = QString::fromLatin1(authorityOf(url));
    return !m_settings.verify || m_settings.unverified.contains(authority) ||
           m_settings.unverified.contains(authority.section(u':', 0, 0));
}

QString Upstream::special(const QHostAddress &address) const
{
    if (m_rules.special)
        return m_rules.special(address);
    const QString special = egress::specialAddress(address);
    return special.isEmpty() && egress::isOwnAddress(address) ? u"this machine's own address"_s : special;
}

void Upstream::resolve(const QString &host, QObject *context, const Addresses &then)
{
    if (const QHostAddress literal(host); !literal.isNull() || m_rules.names) {
        const QList<QHostAddress> addresses = literal.isNull() ? m_rules.names(host) : QList<QHostAddress>{literal};
        QMetaObject::invokeMethod(
            context, [then, addresses] { then(addresses); }, Qt::QueuedConnection);
        return;
    }
    m_names.resolve(QString::fromLatin1(QUrl::toAce(host)),
                    {context, [then](const Result<QList<QHostAddress>> &addresses) {
                         then(addresses.value_or(QList<QHostAddress>()));
                     }});
}

void Upstream::findProxy(const QUrl &proxy, QObject *context, const std::function<void(bool found)> &then)
{
    const QString host = proxy.host();
    resolve(host, context, [then, host, proxies = m_proxies](const QList<QHostAddress> &addresses) {
        if (!addresses.isEmpty())
            proxies->insert(host, addresses.constFirst().toString());
        then(!addresses.isEmpty());
    });
}

} // namespace isol8::registry
