// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/egress/HostPresets.h>

#include <isol8/base/Embedded.h>

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>

ISOL8_DECLARE_EMBEDDED(host_presets)

using namespace Qt::StringLiterals;

namespace isol8::egress {

namespace {

constexpr QStringView Prefix = u"preset:";

QList<HostPreset> readPresets()
{
    QList<HostPreset> list;
    const QJsonObject all = QJsonDocument::fromJson(isol8_embedded_host_presets()).object();
    for (auto it = all.begin(); it != all.end(); ++it) {
        const QJsonObject preset = it->toObject();
        QStringList hosts;
        for (const QJsonValue &host : preset.value(u"hosts"_s).toArray())
            hosts.append(host.toString());
        list.append({it.key(), preset.value(u"description"_s).toString(), hosts});
    }
    return list;
}

} // namespace

const QList<HostPreset> &hostPresets()
{
    static const QList<HostPreset> presets = readPresets();
    return presets;
}

bool asksForPreset(QStringView pattern)
{
    return pattern.startsWith(Prefix);
}

const HostPreset *presetOf(QStringView pattern)
{
    const QStringView name = asksForPreset(pattern) ? pattern.sliced(Prefix.size()) : QStringView();
    const auto found = std::find_if(hostPresets().begin(), hostPresets().end(),
                                    [&](const HostPreset &preset) { return preset.name == name; });
    return found == hostPresets().end() ? nullptr : &*found;
}

} // namespace isol8::egress
