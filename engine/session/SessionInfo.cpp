// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/session/SessionInfo.h>

using namespace Qt::StringLiterals;

namespace isol8 {

QJsonObject toJson(const SessionInfo &info)
{
    return {{u"id"_s, info.id},
            {u"runtime"_s, info.runtime},
            {u"containerId"_s, info.containerId},
            {u"isActive"_s, info.isActive},
            {u"isPaused"_s, info.isPaused},
            {u"createdAt"_s, info.createdAt.toUTC().toString(Qt::ISODateWithMs)},
            {u"lastAccessedAt"_s, info.lastAccessedAt.toUTC().toString(Qt::ISODateWithMs)}};
}

SessionInfo sessionInfoFromJson(const QJsonObject &object)
{
    const auto time = [&](QLatin1StringView key) {
        return QDateTime::fromString(object.value(key).toString(), Qt::ISODateWithMs).toUTC();
    };
    SessionInfo info;
    info.id = object.value("id"_L1).toString();
    info.runtime = object.value("runtime"_L1).toString();
    info.containerId = object.value("containerId"_L1).toString();
    info.isActive = object.value("isActive"_L1).toBool();
    info.isPaused = object.value("isPaused"_L1).toBool();
    info.createdAt = time("createdAt"_L1);
    info.lastAccessedAt = time("lastAccessedAt"_L1);
    return info;
}

} // namespace isol8
