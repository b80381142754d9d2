// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/remote/EngineContext.h>

#include <QCryptographicHash>
#include <QJsonArray>
#include <QJsonDocument>

using namespace Qt::StringLiterals;

namespace isol8 {

QByteArray EngineContext::token() const
{
    QJsonArray ports;
    for (const int port : config.network.ports)
        ports.append(port);
    const QJsonArray parts{version,
                           docker,
                           config.runtimes,
                           QJsonArray::fromStringList(config.network.whitelist),
                           QJsonArray::fromStringList(config.network.blacklist),
                           QJsonArray::fromStringList(config.network.allowPrivate),
                           ports,
                           config.network.maxConnections,
                           config.network.maxTotalConnections,
                           config.network.maxBytes,
                           qint64(config.network.idleTimeout.count()),
                           config.remoteCode,
                           config.audit.value(u"enabled"_s).toBool() ? config.audit : QJsonObject()};
    const QByteArray hash =
        QCryptographicHash::hash(QJsonDocument(parts).toJson(QJsonDocument::Compact), QCryptographicHash::Sha256)
            .toHex();
    return registries.isEmpty() ? hash : hash + '.' + registries;
}

bool EngineContext::fits(const QByteArray &token, const std::function<QByteArray()> &ownRegistries) const
{
    EngineContext own = *this;
    own.registries = token.contains('.') ? ownRegistries() : QByteArray();
    return own.token() == token;
}

} // namespace isol8
