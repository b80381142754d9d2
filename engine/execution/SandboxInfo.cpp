// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/execution/SandboxInfo.h>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8 {

QJsonObject toJson(const SandboxInfo &info, bool withOwner)
{
    QJsonObject object{{u"id"_s, info.id},
                       {u"containerId"_s, info.containerId},
                       {u"purpose"_s, info.purpose},
                       {u"runtime"_s, info.runtime},
                       {u"image"_s, info.image},
                       {u"state"_s, info.state},
                       {u"createdAt"_s, info.createdAt.toUTC().toString(Qt::ISODateWithMs)},
                       {u"ageMs"_s, std::max<qint64>(info.createdAt.msecsTo(QDateTime::currentDateTimeUtc()), 0)},
                       {u"memoryLimit"_s, info.memoryLimit},
                       {u"cpuLimit"_s, info.cpuLimit}};
    if (withOwner)
        object.insert(u"owner"_s, info.owner);
    if (!info.sessionId.isEmpty())
        object.insert(u"sessionId"_s, info.sessionId);
    if (info.cpuMs)
        object.insert(u"cpuMs"_s, *info.cpuMs);
    if (info.cpuPercent)
        object.insert(u"cpuPercent"_s, *info.cpuPercent);
    if (info.memoryMB)
        object.insert(u"memoryMB"_s, *info.memoryMB);
    return object;
}

SandboxInfo sandboxInfoFromJson(const QJsonObject &object)
{
    const auto text = [&](QLatin1StringView key) { return object.value(key).toString(); };
    const auto number = [&](QLatin1StringView key) {
        const QJsonValue value = object.value(key);
        return value.isDouble() ? std::optional(value.toDouble()) : std::nullopt;
    };
    SandboxInfo info;
    info.id = text("id"_L1);
    info.containerId = text("containerId"_L1);
    info.purpose = text("purpose"_L1);
    info.owner = text("owner"_L1);
    info.runtime = text("runtime"_L1);
    info.image = text("image"_L1);
    info.state = text("state"_L1);
    info.sessionId = text("sessionId"_L1);
    info.createdAt = QDateTime::fromString(text("createdAt"_L1), Qt::ISODateWithMs).toUTC();
    info.memoryLimit = object.value("memoryLimit"_L1).toInteger();
    info.cpuLimit = object.value("cpuLimit"_L1).toDouble();
    if (object.value("cpuMs"_L1).isDouble())
        info.cpuMs = object.value("cpuMs"_L1).toInteger();
    info.cpuPercent = number("cpuPercent"_L1);
    info.memoryMB = number("memoryMB"_L1);
    return info;
}

} // namespace isol8
