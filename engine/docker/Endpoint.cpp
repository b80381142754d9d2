// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/docker/Endpoint.h>

#include <isol8/base/Paths.h>
#include <isol8/base/Units.h>

#include <QCryptographicHash>
#include <QDir>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QUrl>

#include <optional>

using namespace Qt::StringLiterals;

namespace isol8::docker {

namespace {

constexpr qint64 FileLimit = MiB;
constexpr quint16 PlainPort = 2375;
constexpr quint16 TlsPort = 2376;

tl::unexpected<Error> wrong(const QString &origin, const QString &why)
{
    return fail(errors::BadConfig, u"%1 does not say where Docker is: %2."_s.arg(origin, why));
}

//! The address as Docker's own tools read it; \a tls: a TCP address means TLS.
Result<Endpoint> parseAddress(const QString &text, bool tls, const QString &origin)
{
    Endpoint endpoint;
    endpoint.origin = origin;
    const qsizetype separator = text.indexOf("://"_L1);
    const QString scheme = separator < 0 ? u"tcp"_s : text.first(separator).toLower();
    const QString rest = separator < 0 ? text : text.sliced(separator + 3);
    if (scheme == "unix"_L1) {
        if (!rest.startsWith(u'/'))
            return wrong(origin, u"“%1” is no absolute path"_s.arg(rest));
        endpoint.path = rest;
        return endpoint;
    }
    if (scheme == "ssh"_L1)
        return wrong(origin, u"isol8 does not speak ssh; forward the socket (ssh -nNT -L "
                             u"/tmp/docker.sock:/var/run/docker.sock HOST) and "
                             "set DOCKER_HOST=unix:///tmp/docker.sock"_s);
    if (scheme != "tcp"_L1)
        return wrong(origin, u"“%1” is neither unix://PATH nor tcp://HOST:PORT"_s.arg(text));
    const QUrl url(u"tcp://"_s + rest, QUrl::StrictMode);
    if (!url.isValid() || !url.userInfo().isEmpty() || (!url.path().isEmpty() && url.path() != "/"_L1) ||
        url.hasQuery() || url.hasFragment())
        return wrong(origin, u"“%1” is not of the form tcp://HOST:PORT"_s.arg(text));
    endpoint.kind = tls ? Endpoint::Kind::Tls : Endpoint::Kind::Tcp;
    endpoint.host = url.host().isEmpty() ? u"localhost"_s : url.host();
    const int port = url.port(tls ? TlsPort : PlainPort);
    if (port < 1 || port > 65535)
        return wrong(origin, u"“%1” has no port from 1 to 65535"_s.arg(text));
    endpoint.port = static_cast<quint16>(port);
    return endpoint;
}

Result<QJsonObject> readObject(const QString &path)
{
    const auto content = readFile(path, FileLimit);
    if (!content)
        return fail(errors::BadConfig, content.error().message, content.error().detail);
    QJsonParseError problem;
    const QJsonDocument document = QJsonDocument::fromJson(*content, &problem);
    if (!document.isObject())
        return fail(errors::BadConfig, u"%1 is no JSON object; mend or remove it."_s.arg(path), problem.errorString());
    return document.object();
}

class Discovery
{
public:
    Discovery(const QProcessEnvironment &environment, const QString &systemSocket)
        : m_environment(environment)
        , m_systemSocket(systemSocket)
        , m_folder(environment.value(u"DOCKER_CONFIG"_s))
    {
        if (m_folder.isEmpty())
            m_folder = environment.value(u"HOME"_s, QDir::homePath()) + u"/.docker"_s;
    }

    Result<Endpoint> find() const
    {
        const QString host = m_environment.value(u"DOCKER_HOST"_s).trimmed();
        if (!host.isEmpty())
            return fromHost(host);
        const auto context = contextName();
        if (!context)
            return fail(context.error());
        return context->isEmpty() || *context == "default"_L1 ? Result<Endpoint>(fromDefault()) : fromContext(*context);
    }

private:
    Result<Endpoint> fromHost(const QString &host) const
    {
        const QString certificates = m_environment.value(u"DOCKER_CERT_PATH"_s);
        const bool verify = !m_environment.value(u"DOCKER_TLS_VERIFY"_s).isEmpty();
        const bool tls = verify || !m_environment.value(u"DOCKER_TLS"_s).isEmpty() || !certificates.isEmpty();
        auto endpoint = parseAddress(host, tls, u"DOCKER_HOST"_s);
        if (endpoint && endpoint->kind == Endpoint::Kind::Tls) {
            endpoint->certPath = certificates.isEmpty() ? m_folder : certificates;
            endpoint->verify = verify;
        }
        return endpoint;
    }

    Result<QString> contextName() const
    {
        const QString asked = m_environment.value(u"DOCKER_CONTEXT"_s);
        const QString path = m_folder + u"/config.json"_s;
        if (!asked.isEmpty() || !QFileInfo::exists(path))
            return asked;
        const auto config = readObject(path);
        if (!config)
            return fail(config.error());
        return config->value("currentContext"_L1).toString();
    }

    Result<Endpoint> fromContext(const QString &name) const
    {
        const QString origin = u"context "_s + name;
        const QString hash =
            QString::fromLatin1(QCryptographicHash::hash(name.toUtf8(), QCryptographicHash::Sha256).toHex());
        const QString metaPath = u"%1/contexts/meta/%2/meta.json"_s.arg(m_folder, hash);
        if (!QFileInfo::exists(metaPath))
            return fail(
                errors::BadConfig,
                u"There is no Docker context %1; choose one of those that docker context ls shows."_s.arg(name));
        const auto meta = readObject(metaPath);
        if (!meta)
            return fail(meta.error());
        const QJsonObject docker = meta->value("Endpoints"_L1).toObject().value("docker"_L1).toObject();
        const QString host = docker.value("Host"_L1).toString();
        if (host.isEmpty())
            return wrong(u"Docker's "_s + origin, u"it names no host"_s);
        const QString certificates = u"%1/contexts/tls/%2/docker"_s.arg(m_folder, hash);
        const bool skipVerify = docker.value("SkipTLSVerify"_L1).toBool();
        auto endpoint = parseAddress(host, skipVerify || QFileInfo(certificates).isDir(), u"Docker's "_s + origin);
        if (!endpoint)
            return endpoint;
        endpoint->origin = origin;
        if (endpoint->kind == Endpoint::Kind::Tls) {
            endpoint->certPath = QFileInfo(certificates).isDir() ? certificates : QString();
            endpoint->verify = !skipVerify;
        }
        return endpoint;
    }

    Endpoint fromDefault() const
    {
        Endpoint endpoint;
        endpoint.origin = u"default"_s;
        endpoint.path = m_systemSocket;
        const QString runtime = m_environment.value(u"XDG_RUNTIME_DIR"_s);
        const QString rootless = runtime + u"/docker.sock"_s;
        if (!runtime.isEmpty() && !QFileInfo::exists(m_systemSocket) && QFileInfo::exists(rootless)) {
            endpoint.path = rootless;
            endpoint.origin = u"rootless"_s;
        }
        return endpoint;
    }

    const QProcessEnvironment &m_environment;
    QString m_systemSocket;
    QString m_folder;
};

} // namespace

Result<Endpoint> Endpoint::discover(const QProcessEnvironment &environment, const QString &systemSocket)
{
    return Discovery(environment, systemSocket).find();
}

QString Endpoint::toString() const
{
    if (kind == Kind::Unix)
        return u"unix://"_s + path;
    const QString name = host.contains(u':') ? u'[' + host + u']' : host;
    return u"tcp://%1:%2"_s.arg(name).arg(port);
}

} // namespace isol8::docker
