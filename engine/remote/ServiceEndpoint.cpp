// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/remote/ServiceEndpoint.h>

#include <QHostAddress>
#include <QUrl>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::remote {

namespace {

constexpr int HttpPort = 80;
constexpr int HttpsPort = 443;

bool isLoopback(const QString &host)
{
    return host == u"localhost" || host.endsWith(u".localhost") || QHostAddress(host).isLoopback();
}

// An entry of no_proxy.
bool names(const QString &entry, const QString &host, quint16 port)
{
    if (entry == u"*")
        return true;
    QString name = entry;
    const qsizetype colon = name.lastIndexOf(u':');
    if (colon >= 0 && name.indexOf(u':') == colon) {
        if (name.sliced(colon + 1).toUInt() != port)
            return false;
        name.truncate(colon);
    }
    while (name.startsWith(u'.') || name.startsWith(u'*'))
        name.remove(0, 1);
    return !name.isEmpty() && (host == name || host.endsWith(u'.' + name));
}

} // namespace

Result<ServiceEndpoint> ServiceEndpoint::parse(const QString &text)
{
    const auto wrong = [&](const QString &why) {
        return fail(isol8::errors::BadValue,
                    u"\"%1\" is no address of an isol8 service: %2"_s.arg(text.left(256), why));
    };
    const QUrl url(text.trimmed(), QUrl::StrictMode);
    const QString scheme = url.scheme();
    if (!url.userInfo().isEmpty())
        return fail(isol8::errors::BadValue,
                    u"The service's address has a user or a password in it; a key is given apart from it."_s);
    if ((scheme != u"https" && scheme != u"http") || !text.trimmed().startsWith(scheme + u"://"_s, Qt::CaseInsensitive))
        return wrong(u"write https://HOST or http://HOST:PORT."_s);
    if (!url.isValid() || url.host().isEmpty() || url.port() == 0)
        return wrong(u"it has no host, or one that cannot be read."_s);
    if (url.hasQuery() || url.hasFragment())
        return wrong(u"leave out what stands behind ? or #."_s);
    ServiceEndpoint endpoint;
    const bool tls = scheme == u"https";
    endpoint.address.kind = tls ? http::Address::Kind::Tls : http::Address::Kind::Tcp;
    endpoint.address.host = url.host(QUrl::FullyEncoded).toLower();
    if (endpoint.address.host.startsWith(u'['))
        endpoint.address.host = endpoint.address.host.sliced(1).chopped(1);
    endpoint.address.port = quint16(url.port(tls ? HttpsPort : HttpPort));
    endpoint.prefix = url.path(QUrl::FullyEncoded).toLatin1();
    while (endpoint.prefix.endsWith('/'))
        endpoint.prefix.chop(1);
    return endpoint;
}

QString ServiceEndpoint::toString() const
{
    const bool tls = address.kind == http::Address::Kind::Tls;
    QString text = tls ? u"https://"_s : u"http://"_s;
    text += address.host.contains(u':') ? u'[' + address.host + u']' : address.host;
    if (address.port != (tls ? HttpsPort : HttpPort))
        text += u':' + QString::number(address.port);
    return text + QString::fromLatin1(prefix);
}

bool ServiceEndpoint::isConfidential() const
{
    return address.kind != http::Address::Kind::Tcp || isLoopback(address.host);
}

Result<void> checkKey(const QByteArray &key)
{
    const bool fine = !key.isEmpty() && key.size() <= 4096 &&
                      std::all_of(key.begin(), key.end(), [](char c) { return c > 0x20 && c < 0x7f; });
    return fine ? Result<void>()
                : fail(isol8::errors::BadValue,
                       u"The key is empty, or has blanks or letters in it that no key has; copy it again."_s);
}

QUrl proxyFor(const ServiceEndpoint &endpoint, const QProcessEnvironment &environment)
{
    const http::Address &address = endpoint.address;
    if (address.kind == http::Address::Kind::Unix || isLoopback(address.host))
        return {};
    const auto firstOf = [&](const QStringList &variables) {
        for (const QString &name : variables) {
            if (const QString value = environment.value(name).trimmed(); !value.isEmpty())
                return value;
        }
        return QString();
    };
    const QStringList exceptions = firstOf({u"no_proxy"_s, u"NO_PROXY"_s}).split(u',', Qt::SkipEmptyParts);
    for (const QString &entry : exceptions) {
        if (names(entry.trimmed().toLower(), address.host, address.port))
            return {};
    }
    QString proxy = firstOf(address.kind == http::Address::Kind::Tls
                                ? QStringList{u"https_proxy"_s, u"HTTPS_PROXY"_s, u"all_proxy"_s, u"ALL_PROXY"_s}
                                : QStringList{u"http_proxy"_s, u"all_proxy"_s, u"ALL_PROXY"_s});
    if (!proxy.isEmpty() && !proxy.contains(u"://"_s))
        proxy.prepend(u"http://"_s);
    const QUrl url(proxy, QUrl::StrictMode);
    return url.scheme() == u"http" && !url.host().isEmpty() ? url : QUrl();
}

} // namespace isol8::remote
