// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/registry/RegistrySettings.h>

#include <isol8/registry/SettingsPrivate.h>

#include <isol8/base/Paths.h>
#include <isol8/base/Units.h>

#include <QCryptographicHash>
#include <QDataStream>
#include <QDir>
#include <QFileInfo>
#include <QProcessEnvironment>
#include <QStandardPaths>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::registry {

QString settingsFile(const QString &path)
{
    if (path.isEmpty())
        return {};
    const auto content = readFile(path, 1 * MiB);
    return content ? QString::fromUtf8(*content) : QString();
}

QByteArray authorityOf(const QUrl &url)
{
    QByteArray host = url.host(QUrl::FullyEncoded).toLatin1().toLower();
    if (host.contains(':'))
        host = '[' + host + ']';
    const int usual = url.scheme() == u"https" ? 443 : 80;
    return url.port(usual) == usual ? host : host + ':' + QByteArray::number(url.port());
}

QByteArray basicAuthorization(const QString &user, const QString &password)
{
    return "Basic " + QString(user + u':' + password).toUtf8().toBase64();
}

QUrl registryUrl(const QString &text, QList<Credential> *credentials)
{
    QUrl url(text.trimmed(), QUrl::StrictMode);
    if (!url.isValid() || (url.scheme() != u"https" && url.scheme() != u"http") || url.host().isEmpty())
        return {};
    if (credentials && !url.userInfo().isEmpty())
        credentials->append({authorityOf(url), u"/"_s,
                             basicAuthorization(url.userName(QUrl::FullyDecoded), url.password(QUrl::FullyDecoded))});
    url.setUserInfo({});
    url.setQuery(QString());
    url.setFragment({});
    if (!url.path().endsWith(u'/'))
        url.setPath(url.path(QUrl::FullyEncoded) + u'/', QUrl::TolerantMode);
    return url;
}

QByteArray ClientSettings::authorizationFor(const QUrl &url) const
{
    // A credential has no scheme of its own: in the clear it goes to a registry that is configured so, and to no other.
    if (url.scheme() != u"https" && !isRegistry(url))
        return {};
    const QByteArray authority = authorityOf(url);
    const QString path = url.path(QUrl::FullyEncoded);
    const Credential *best = nullptr;
    for (const Credential &credential : credentials) {
        if (credential.authority == authority && path.startsWith(credential.path) &&
            (!best || credential.path.size() > best->path.size()))
            best = &credential;
    }
    return best ? best->authorization : QByteArray();
}

const ClientCertificate *ClientSettings::certificateFor(const QUrl &url) const
{
    if (url.scheme() != u"https")
        return nullptr;
    const QByteArray authority = authorityOf(url);
    const QString path = url.path(QUrl::FullyEncoded);
    const ClientCertificate *best = nullptr;
    for (const ClientCertificate &certificate : certificates) {
        const bool fits = certificate.authority.isEmpty()
                              ? isRegistry(url)
                              : certificate.authority == authority && path.startsWith(certificate.path);
        if (fits && (!best || certificate.path.size() > best->path.size()))
            best = &certificate;
    }
    return best;
}

bool ClientSettings::isRegistry(const QUrl &url) const
{
    const auto same = [&](const QUrl &registry) {
        return registry.scheme() == url.scheme() && authorityOf(registry) == authorityOf(url);
    };
    return std::any_of(registries.begin(), registries.end(), same) || std::any_of(scopes.begin(), scopes.end(), same);
}

QUrl ClientSettings::proxyFor(const QUrl &url) const
{
    const QUrl &chosen = url.scheme() == u"https" ? proxy.https : proxy.http;
    if (chosen.isEmpty())
        return {};
    const QString host = url.host().toLower();
    const QString authority = QString::fromLatin1(authorityOf(url));
    for (QString exception : proxy.exceptions) {
        exception = exception.trimmed().toLower();
        if (exception == u"*" || exception == host || exception == authority)
            return {};
        if (exception.startsWith(u'*'))
            exception.remove(0, 1);
        if (!exception.startsWith(u'.'))
            exception.prepend(u'.');
        if (exception.size() > 1 && (host.endsWith(exception) || authority.endsWith(exception)))
            return {};
    }
    return chosen;
}

SettingsSources SettingsSources::ofThisProcess()
{
    SettingsSources sources;
    const auto environment = QProcessEnvironment::systemEnvironment();
    for (const QString &name : environment.keys())
        sources.environment.insert(name, environment.value(name));
    sources.home = QDir::homePath();
    sources.npmPrefix = sources.variable(u"PREFIX"_s);
    if (sources.npmPrefix.isEmpty()) {
        const QString node = QFileInfo(QStandardPaths::findExecutable(u"node"_s)).canonicalFilePath();
        sources.npmPrefix = node.isEmpty() ? u"/usr/local"_s : QFileInfo(QFileInfo(node).path()).path();
    }
    sources.pythonPrefix = sources.variable(u"VIRTUAL_ENV"_s);
    const QString python = QStandardPaths::findExecutable(u"python3"_s);
    if (sources.pythonPrefix.isEmpty() && !python.isEmpty())
        sources.pythonPrefix = QFileInfo(QFileInfo(QFileInfo(python).path()).canonicalFilePath()).path();
    return sources;
}

QString SettingsSources::proxyVariable(const QString &name) const
{
    const QString lower = variable(name.toLower());
    return lower.isEmpty() ? variable(name.toUpper()) : lower;
}

void checkCertificates(const ClientSettings &settings, const QString &setting, QStringList *problems)
{
    const bool readable = std::all_of(
        settings.certificates.begin(), settings.certificates.end(), [](const ClientCertificate &certificate) {
            return !certificate.pem.isEmpty() ||
                   (QFileInfo(certificate.certificateFile).isReadable() && QFileInfo(certificate.keyFile).isReadable());
        });
    if (!readable)
        problems->append(setting + u" names a file that cannot be read."_s);
}

QUrl proxyUrl(const QString &text)
{
    if (text.isEmpty())
        return {};
    QUrl url(text.contains(u"://") ? text : QString(u"http://"_s + text), QUrl::StrictMode);
    return url.isValid() && !url.host().isEmpty() ? url : QUrl();
}

RegistrySettings RegistrySettings::read(const SettingsSources &sources)
{
    RegistrySettings settings;
    settings.npm = readNpmSettings(sources, &settings.problems);
    settings.pypi = readPipSettings(sources, &settings.problems);
    return settings;
}

QByteArray RegistrySettings::digest() const
{
    QByteArray bytes;
    QDataStream stream(&bytes, QIODevice::WriteOnly);
    for (const ClientSettings &client : {npm, pypi}) {
        stream << client.registries << client.scopes << client.authorityFiles << client.authorities
               << client.addedAuthorityFiles << client.verify << client.unverified << client.proxy.http
               << client.proxy.https << client.proxy.exceptions << qint64(client.credentials.size());
        for (const Credential &credential : client.credentials)
            stream << credential.authority << credential.path << credential.authorization;
        stream << qint64(client.certificates.size());
        for (const ClientCertificate &one : client.certificates)
            stream << one.authority << one.path << one.certificateFile << one.keyFile << one.pem;
    }
    return QCryptographicHash::hash(bytes, QCryptographicHash::Sha256).toHex();
}

} // namespace isol8::registry
