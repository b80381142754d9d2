// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/core/ConnectionSpec.h>

#include <isol8/base/Paths.h>
#include <isol8/base/Units.h>

#include <QCoreApplication>
#include <QJsonArray>
#include <QJsonDocument>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

Result<QUrl> serviceUrl(const QString &text)
{
    const QString trimmed = text.trimmed();
    QUrl url(trimmed.contains("://"_L1) ? trimmed : QString(u"https://"_s + trimmed), QUrl::StrictMode);
    const bool known = url.scheme() == "http"_L1 || url.scheme() == "https"_L1;
    if (!url.isValid() || !known || url.host().isEmpty() || !url.userInfo().isEmpty() || url.hasQuery())
        return fail(errors::BadValue,
                    QCoreApplication::translate("Connections", "\"%1\" is no address of a service; write "
                                                               "https://host:port or http://host:port.")
                        .arg(trimmed.left(100)));
    if (url.port() < 0)
        url.setPort(url.scheme() == "http"_L1 ? 3000 : 443);
    while (url.path().endsWith(u'/'))
        url.setPath(url.path().chopped(1));
    return url;
}

QList<ConnectionSpec> readConnections(const QString &path)
{
    QList<ConnectionSpec> list;
    const auto content = readFile(path, 1 * MiB);
    const QJsonArray entries = content ? QJsonDocument::fromJson(*content).array() : QJsonArray();
    for (const QJsonValue &entry : entries) {
        const QJsonObject o = entry.toObject();
        const auto url = serviceUrl(o.value("url"_L1).toString());
        const QString id = o.value("id"_L1).toString();
        if (url && !id.isEmpty())
            list.append({id, o.value("name"_L1).toString(), ConnectionSpec::Kind::Service, *url});
    }
    return list;
}

Result<void> writeConnections(const QString &path, const QList<ConnectionSpec> &services)
{
    QJsonArray entries;
    for (const ConnectionSpec &spec : services)
        entries.append(QJsonObject{{u"id"_s, spec.id}, {u"name"_s, spec.name}, {u"url"_s, spec.url.toString()}});
    return writeFileAtomically(path, QJsonDocument(entries).toJson(), 0600);
}

} // namespace isol8::desktop
