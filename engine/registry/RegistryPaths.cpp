// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/registry/RegistryPaths.h>

#include <QMessageAuthenticationCode>
#include <QRandomGenerator>
#include <QRegularExpression>

#include <array>

using namespace Qt::StringLiterals;

namespace isol8::registry {

namespace {

constexpr QByteArrayView SignedPrefix = "/-/file/";
constexpr qsizetype PathLimit = 8192;
constexpr qsizetype CodeSize = 32; // hexadecimal digits

bool isFetchable(const QUrl &url)
{
    return url.isValid() && (url.scheme() == u"https" || url.scheme() == u"http") && !url.host().isEmpty();
}

std::optional<Asked> askedSigned(QByteArrayView path, const UrlSigner &signer)
{
    const auto url = signer.url(path);
    return url ? std::optional(Asked{*url, false}) : std::nullopt;
}

QUrl below(const QUrl &registry, const QString &rest)
{
    QUrl url = registry;
    url.setPath(registry.path(QUrl::FullyEncoded) + rest, QUrl::TolerantMode);
    return url;
}

} // namespace

UrlSigner::UrlSigner()
    : m_key(32, '\0')
{
    std::array<quint32, 8> random;
    QRandomGenerator::system()->fillRange(random.data(), random.size());
    memcpy(m_key.data(), random.data(), sizeof random);
}

QByteArray UrlSigner::code(const QByteArray &url) const
{
    return QMessageAuthenticationCode::hash(url, m_key, QCryptographicHash::Sha256).toHex().left(CodeSize);
}

QByteArray UrlSigner::path(const QUrl &url) const
{
    const QByteArray target = url.toEncoded(QUrl::RemoveUserInfo | QUrl::RemoveFragment);
    const QString own = url.path(QUrl::FullyEncoded);
    QByteArray name = own.sliced(own.lastIndexOf(u'/') + 1).toLatin1();
    if (name.isEmpty())
        name = "file";
    QByteArray path = SignedPrefix.toByteArray() + code(target) + '/' +
                      target.toBase64(QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals) + '/' + name;
    if (path.size() > PathLimit)
        return {};
    if (url.hasFragment())
        path += '#' + url.fragment(QUrl::FullyEncoded).toLatin1();
    return path;
}

std::optional<QUrl> UrlSigner::url(QByteArrayView path) const
{
    if (!path.startsWith(SignedPrefix) || path.size() > PathLimit + 16)
        return std::nullopt;
    const QList<QByteArray> parts = path.sliced(SignedPrefix.size()).toByteArray().split('/');
    if (parts.size() != 3)
        return std::nullopt;
    const auto target = QByteArray::fromBase64Encoding(parts[1], QByteArray::Base64UrlEncoding |
                                                                     QByteArray::AbortOnBase64DecodingErrors);
    if (target.decodingStatus != QByteArray::Base64DecodingStatus::Ok)
        return std::nullopt;
    const QByteArray right = code(*target);
    char difference = parts[0].size() == right.size() ? '\0' : '\1';
    for (qsizetype i = 0; i < qMin(right.size(), parts[0].size()); ++i)
        difference = char(difference | (right[i] ^ parts[0][i]));
    if (difference != '\0')
        return std::nullopt;

    QUrl url = QUrl::fromEncoded(*target, QUrl::StrictMode);
    if (this->path(url) == path)
        return url;
    constexpr QByteArrayView Beside = ".metadata";
    if (QByteArray(this->path(url) + Beside.toByteArray()) != path)
        return std::nullopt;
    url.setPath(url.path(QUrl::FullyEncoded) + QLatin1StringView(Beside), QUrl::TolerantMode);
    return url;
}

std::optional<Asked> askedOfNpm(QByteArrayView path, const ClientSettings &settings, const UrlSigner &signer)
{
    if (path.startsWith(SignedPrefix))
        return askedSigned(path, signer);
    static const QRegularExpression pattern(
        u"\\A/(?:(?<scope>@[A-Za-z0-9~][A-Za-z0-9._~-]{0,213})(?:%2[fF]|/))?(?<name>[A-Za-z0-9~][A-Za-z0-9._~-]{0,213})"
        "(?:/-/(?<file>[A-Za-z0-9][A-Za-z0-9._+~-]{0,250}\\.tgz)|/(?<version>[A-Za-z0-9^~*][A-Za-z0-9.+_~^*-]{0,250}))?\\z"_s);
    if (path.size() > 1024)
        return std::nullopt;
    const auto match = pattern.match(QString::fromLatin1(path));
    if (!match.hasMatch() || settings.registries.isEmpty())
        return std::nullopt;
    const QString scope = match.captured(u"scope");
    const QString file = match.captured(u"file");
    const QString version = match.captured(u"version");
    const QUrl registry = settings.scopes.value(scope, settings.registries.first());
    // Metadata has the name as one part of the path, as npm itself asks for it; files are where registries put them.
    QString rest =
        (scope.isEmpty() ? QString() : QString(scope + (file.isEmpty() ? u"%2f"_s : u"/"_s))) + match.captured(u"name");
    if (!file.isEmpty())
        rest += u"/-/"_s + file;
    else if (!version.isEmpty())
        rest += u'/' + version;
    return Asked{below(registry, rest), file.isEmpty()};
}

std::optional<Asked> askedOfPypi(QByteArrayView path, const ClientSettings &settings, const UrlSigner &signer)
{
    if (path.startsWith(SignedPrefix))
        return askedSigned(path, signer);
    static const QRegularExpression pattern(
        u"\\A/(?:simple|extra/(?<index>[1-9][0-9]?))/(?<name>[A-Za-z0-9](?:[A-Za-z0-9._-]{0,200}[A-Za-z0-9])?)/?\\z"_s);
    if (path.size() > 1024)
        return std::nullopt;
    const auto match = pattern.match(QString::fromLatin1(path));
    const int index = match.captured(u"index").toInt();
    if (!match.hasMatch() || index >= settings.registries.size())
        return std::nullopt;
    return Asked{below(settings.registries[index], match.captured(u"name") + u'/'), true};
}

QByteArray npmFile(const QUrl &url, const ClientSettings &settings, const UrlSigner &signer)
{
    if (!isFetchable(url))
        return {};
    const QByteArray host = "http://" + NpmHost.toByteArray();
    QList<QUrl> registries = settings.scopes.values();
    registries += settings.registries;
    for (const QUrl &registry : registries) {
        // The short form, where it leads back to the same place.
        const QByteArray base = registry.toEncoded();
        const QByteArray target = url.toEncoded(QUrl::RemoveUserInfo | QUrl::RemoveFragment);
        if (!target.startsWith(base))
            continue;
        const QByteArray path = '/' + target.sliced(base.size());
        if (const auto asked = askedOfNpm(path, settings, signer);
            asked && !asked->metadata && asked->url.toEncoded() == target)
            return host + path;
    }
    const QByteArray path = signer.path(url);
    return path.isEmpty() ? path : host + path;
}

QByteArray pypiFile(const QUrl &url, const UrlSigner &signer)
{
    const QByteArray path = isFetchable(url) ? signer.path(url) : QByteArray();
    return path.isEmpty() ? path : "http://" + PypiHost.toByteArray() + path;
}

} // namespace isol8::registry
