// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/ConfigCommand.h>

#include <cli/ExitCodes.h>
#include <cli/Terminal.h>
#include <isol8/config/Config.h>

#include <QDir>
#include <QJsonDocument>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::cli {

namespace {

// A leaf as it would stand in the file.
QString compact(const QJsonValue &value)
{
    const QByteArray text = QJsonDocument(QJsonArray{value}).toJson(QJsonDocument::Compact);
    return QString::fromUtf8(text.sliced(1, text.size() - 2));
}

QJsonValue leaf(const QJsonObject &config, const QString &path, const QString &prefix = {})
{
    for (auto it = config.begin(); it != config.end(); ++it) {
        const QString key = prefix.isEmpty() ? it.key() : prefix + u'.' + it.key();
        if (key == path)
            return it.value();
        if (it.value().isObject() && path.startsWith(key + u'.'))
            return leaf(it.value().toObject(), path, key);
    }
    return QJsonValue::Undefined;
}

QString json(const QJsonObject &object)
{
    return QString::fromUtf8(QJsonDocument(object).toJson());
}

} // namespace

CLI::App *ConfigCommand::setUp(CLI::App &root)
{
    CLI::App *app = root.add_subcommand("config", "Show the configuration, and where each value comes from");
    m_json = flag(app, "--json", "As JSON, in the form of the file");
    m_origins = flag(app, "--origins", "With --json: also the file, and where each value comes from");
    app->footer(
        "The first of --config, $ISOL8_CONFIG, ./isol8.config.json and ~/.isol8/config.json is read, one file only.\n\n"
        "Examples:\n"
        "  isol8 config\n"
        "  isol8 config --json | jq .defaults\n"
        "  isol8 config check ./isol8.config.json");
    m_check = app->add_subcommand("check", "Say whether a configuration is right, and what is wrong in which line");
    m_file = value(m_check, "FILE", "", "The file; the one that would be used where it is not given");
    m_check->footer("Ends with 0 when it is right, else with 1.\n\nExamples:\n  isol8 config check\n  isol8 config "
                    "check other.json");
    m_schema = app->add_subcommand("schema", "Print the JSON Schema of the configuration, for editors");
    m_schema->footer("Example:\n  isol8 config schema > isol8.schema.json");
    app->require_subcommand(0, 1);
    return app;
}

void ConfigCommand::run(const CommandContext &context)
{
    if (m_schema->parsed())
        Q_EMIT finished(printData(QString::fromUtf8(configSchema())) ? Success : Failure);
    else if (m_check->parsed())
        Q_EMIT finished(check(given(m_file) ? text(m_file) : context.configPath));
    else
        Q_EMIT finished(show(context.configPath));
}

int ConfigCommand::show(const QString &configPath) const
{
    const auto loaded = loadConfig(configPath, QDir::currentPath(), QProcessEnvironment::systemEnvironment());
    if (!loaded) {
        printError(loaded.error());
        return Failure;
    }
    const QJsonObject config = loaded->config.toJson();
    if (given(m_json)) {
        if (!given(m_origins))
            return printData(json(config)) ? Success : Failure;
        QJsonObject origins;
        for (auto it = loaded->origins.begin(); it != loaded->origins.end(); ++it)
            origins.insert(it.key(), it.value());
        return printData(json({{u"file"_s, loaded->path.isEmpty() ? QJsonValue() : loaded->path},
                               {u"config"_s, config},
                               {u"origins"_s, origins}}))
                   ? Success
                   : Failure;
    }

    printNote(loaded->path.isEmpty() ? u"No configuration file; these are the defaults."_s
                                     : u"From %1:"_s.arg(loaded->path));
    qsizetype width = 0;
    for (auto it = loaded->origins.begin(); it != loaded->origins.end(); ++it)
        width = std::max(width, it.key().size());
    QString lines;
    for (auto it = loaded->origins.begin(); it != loaded->origins.end(); ++it) {
        const QString shown = compact(leaf(config, it.key()));
        lines += it.key().leftJustified(width) + u"  "_s +
                 (it.value() == u"default" ? shown : shown.leftJustified(12) + u"  ("_s + it.value() + u')') + u'\n';
    }
    return printData(lines) ? Success : Failure;
}

int ConfigCommand::check(const QString &configPath) const
{
    const auto loaded = loadConfig(configPath, QDir::currentPath(), QProcessEnvironment::systemEnvironment());
    if (!loaded) {
        printError(loaded.error());
        return Failure;
    }
    const Config::Security &security = loaded->config.security;
    if (const auto profile = seccompProfile(security.seccomp, security.customProfilePath); !profile) {
        printError(profile.error());
        return Failure;
    }
    printNote(loaded->path.isEmpty() ? u"There is no configuration file; the defaults are used."_s
                                     : u"%1 is right."_s.arg(loaded->path));
    return Success;
}

} // namespace isol8::cli
