// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/SetupScript.h>

#include <isol8/base/Units.h>
#include <isol8/execution/Validate.h>

#include <QFile>
#include <QFileInfo>

using namespace Qt::StringLiterals;

namespace isol8::cli {

namespace {

// One script that runs all: each in a shell of its own, and none behind one that failed.
QString joinScripts(const QStringList &scripts)
{
    if (scripts.size() < 2)
        return scripts.value(0);
    QString joined;
    for (const QString &script : scripts) {
        QString end = u"ISOL8_SETUP"_s;
        while (script.contains(end))
            end += u'_';
        joined += u"bash /dev/fd/9 9<<'%1' || exit\n"_s.arg(end) + script + u'\n' + end + u'\n';
    }
    return joined;
}

} // namespace

Result<QString> readSetupScript(const QStringList &values)
{
    QStringList scripts;
    for (const QString &item : values) {
        if (item.contains(u'\n') || !QFileInfo(item).isFile()) {
            scripts.append(item);
            continue;
        }
        QFile file(item);
        if (!file.open(QIODevice::ReadOnly))
            return fail(errors::FileError, u"--setup %1 cannot be read: %2."_s.arg(item.left(256), file.errorString()));
        const QByteArray script = file.read(MaxCodeSize + 1);
        if (script.size() > MaxCodeSize || !QUtf8StringView(script).isValidUtf8())
            return fail(errors::BadRequest, u"--setup %1 is no script: it is larger than %2, or not UTF-8 text."_s.arg(
                                                item.left(256), formatSize(MaxCodeSize)));
        scripts.append(QString::fromUtf8(script));
    }
    return joinScripts(scripts);
}

} // namespace isol8::cli
