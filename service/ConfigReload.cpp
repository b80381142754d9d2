// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/ConfigReload.h>

using namespace Qt::StringLiterals;

namespace isol8::service {

ConfigReload reloadConfig(const Config &now, const Config &file)
{
    ConfigReload reload{now, {}, {}};
    reload.config.defaults = file.defaults;
    reload.config.limits = file.limits;
    reload.config.limitsConfigured = file.limitsConfigured;
    reload.config.limitKeys = file.limitKeys;
    reload.config.network = file.network;
    reload.config.cleanup = file.cleanup;
    reload.config.security = file.security;
    reload.config.service = file.service;
    reload.config.audit = file.audit;
    const QJsonObject before = now.toJson();
    const QJsonObject after = reload.config.toJson();
    const QJsonObject wanted = file.toJson();
    for (const QString &section : wanted.keys()) {
        if (before.value(section) != after.value(section))
            reload.changed.append(section);
        if (after.value(section) != wanted.value(section))
            reload.kept.append(section);
    }
    return reload;
}

} // namespace isol8::service
