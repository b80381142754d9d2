// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/PresetsCommand.h>

#include <cli/ExitCodes.h>
#include <cli/Table.h>
#include <cli/Terminal.h>
#include <isol8/egress/HostPresets.h>

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

using namespace Qt::StringLiterals;

namespace isol8::cli {

CLI::App *PresetsCommand::setUp(CLI::App &root)
{
    CLI::App *app = root.add_subcommand("presets", "List the names that stand for well-known hosts");
    m_json = flag(app, "--json", "As JSON");
    app->footer("A preset stands for its hosts in --allow, in --deny and in the configuration's lists.\n\n"
                "Examples:\n"
                "  isol8 presets\n"
                "  isol8 run fetch.py --net filtered --allow preset:pypi --allow api.example.com");
    return app;
}

void PresetsCommand::run(const CommandContext &)
{
    QJsonArray array;
    QList<QStringList> rows{{u"NAME"_s, u"FOR"_s, u"HOSTS"_s}};
    for (const egress::HostPreset &preset : egress::hostPresets()) {
        const QString name = u"preset:"_s + preset.name;
        array.append(QJsonObject{{u"name"_s, name},
                                 {u"description"_s, preset.description},
                                 {u"hosts"_s, QJsonArray::fromStringList(preset.hosts)}});
        rows.append({name, preset.description, preset.hosts.join(u", "_s)});
    }
    const bool written = printData(given(m_json) ? QString::fromUtf8(QJsonDocument(array).toJson()) : table(rows));
    Q_EMIT finished(written ? Success : Failure);
}

} // namespace isol8::cli
