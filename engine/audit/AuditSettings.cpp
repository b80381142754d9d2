// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/audit/AuditSettings.h>

#include <QDir>

using namespace Qt::StringLiterals;

namespace isol8::audit {

namespace {

QString absolute(const QString &path, const QString &base)
{
    if (path.isEmpty())
        return {};
    if (path.startsWith(u"~/"))
        return QDir::homePath() + path.sliced(1);
    return QDir::cleanPath(QDir(base).absoluteFilePath(path));
}

} // namespace

Settings Settings::fromJson(const QJsonObject &audit, const QString &base)
{
    Settings settings;
    settings.enabled = audit.value(u"enabled"_s).toBool();
    settings.toStdout = audit.value(u"destination"_s) == u"stdout"_s;
    settings.folder = absolute(audit.value(u"logDir"_s).toString(u"./.isol8_audit"_s), base);
    settings.postLogScript = absolute(audit.value(u"postLogScript"_s).toString(), base);
    settings.trackResources = audit.value(u"trackResources"_s).toBool(true);
    settings.retentionDays = audit.value(u"retentionDays"_s).toInt(90);
    settings.includeCode = audit.value(u"includeCode"_s).toBool();
    settings.includeOutput = audit.value(u"includeOutput"_s).toBool();
    return settings;
}

} // namespace isol8::audit
