// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/remote/EngineContext.h>

#include <QCryptographicHash>
#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>
#include <utility>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

using Part = std::pair<QByteArray, QByteArray>; // what people call it, and its digest

constexpr char Registries[] = "registries";
constexpr qsizetype DigestSize = 16; // hexadecimal digits

QByteArray digestOf(const QJsonValue &value)
{
    const QByteArray text = QJsonDocument(QJsonArray{value}).toJson(QJsonDocument::Compact);
    return QCryptographicHash::hash(text, QCryptographicHash::Sha256).toHex().first(DigestSize);
}

QList<Part> partsOf(const EngineContext &context)
{
    const Config::NetworkRules &network = context.config.network;
    QJsonArray ports;
    for (const int port : network.ports)
        ports.append(port);
    const bool isAudited = context.config.audit.value(u"enabled"_s).toBool();
    QList<Part> parts{
        {"version", digestOf(context.version)},
        {"docker", digestOf(context.docker)},
        {"network.whitelist", digestOf(QJsonArray::fromStringList(network.whitelist))},
        {"network.blacklist", digestOf(QJsonArray::fromStringList(network.blacklist))},
        {"network.allowPrivate", digestOf(QJsonArray::fromStringList(network.allowPrivate))},
        {"network.ports", digestOf(ports)},
        {"network.maxConnections", digestOf(network.maxConnections)},
        {"network.maxTotalConnections", digestOf(network.maxTotalConnections)},
        {"network.maxBytes", digestOf(network.maxBytes)},
        {"network.idleTimeoutMs", digestOf(qint64(network.idleTimeout.count()))},
        {"remoteCode", digestOf(context.config.remoteCode)},
        {"audit", digestOf(isAudited ? context.config.audit : QJsonObject())},
    };
    if (!context.registries.isEmpty())
        parts.append({Registries, context.registries});
    return parts;
}

// An empty list: it is no token of this version's.
QList<Part> readToken(const QByteArray &token)
{
    QList<Part> parts;
    for (const QByteArray &part : token.split(';')) {
        const qsizetype equals = part.indexOf('=');
        if (equals <= 0 || equals == part.size() - 1)
            return {};
        parts.append({part.first(equals), part.sliced(equals + 1)});
    }
    return parts;
}

} // namespace

QByteArray EngineContext::token() const
{
    QByteArrayList texts;
    for (const auto &[name, digest] : partsOf(*this))
        texts.append(name + '=' + digest);
    return texts.join(';');
}

QStringList EngineContext::differences(const QByteArray &token, const std::function<QByteArray()> &ownRegistries) const
{
    const QList<Part> theirs = readToken(token);
    EngineContext own = *this;
    const bool installs =
        std::any_of(theirs.begin(), theirs.end(), [](const Part &part) { return part.first == Registries; });
    own.registries = installs ? ownRegistries() : QByteArray();
    const QList<Part> ours = partsOf(own);
    QStringList different;
    for (const Part &part : ours) {
        if (!theirs.contains(part))
            different.append(QString::fromLatin1(part.first));
    }
    // What a caller of another version compares and this one does not know.
    if (different.isEmpty() && theirs.size() != ours.size())
        different.append(u"version"_s);
    return different;
}

} // namespace isol8
