// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/config/Config.h>

#include <isol8/base/Paths.h>
#include <isol8/config/ConfigCheck.h>
#include <isol8/config/JsonOutline.h>

#include <QDir>
#include <QFileInfo>
#include <QJsonDocument>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

constexpr qint64 MaxConfigSize = 1 * MiB;

struct ParsedFile
{
    QJsonObject object;
    Config config;
};

Result<ParsedFile> parseFile(const QByteArray &text, const QString &name)
{
    const auto at = [&](TextPosition position, const QString &sentence) {
        return fail(errors::BadConfig,
                    u"%1, line %2, column %3: %4"_s.arg(name).arg(position.line).arg(position.column).arg(sentence));
    };
    const JsonOutline outline = outlineJson(text);
    if (outline.problem)
        return at(outline.problem->position, outline.problem->sentence);
    QJsonParseError parseError;
    const QJsonDocument document = QJsonDocument::fromJson(text, &parseError);
    if (parseError.error != QJsonParseError::NoError)
        return at(positionAt(text, parseError.offset), parseError.errorString() + u'.');
    if (!document.isObject())
        return at({}, u"A configuration is an object: { … }."_s);

    auto checked = checkConfig(document.object());
    if (const auto *problem = std::get_if<ConfigProblem>(&checked)) {
        const auto position = positionOf(outline, problem->path);
        if (position)
            return fail(errors::BadConfig, u"%1, line %2: %3"_s.arg(name).arg(position->line).arg(problem->sentence));
        return fail(errors::BadConfig, u"%1: %2"_s.arg(name, problem->sentence));
    }
    return ParsedFile{document.object(), std::get<Config>(std::move(checked))};
}

// The file to read, or nothing; an explicit one that is absent is an error.
Result<QString> find(const QString &explicitPath, const QString &folder, const QProcessEnvironment &environment)
{
    const QString variable = environment.value(u"ISOL8_CONFIG"_s);
    const QString wanted = explicitPath.isEmpty() ? variable : explicitPath;
    if (!wanted.isEmpty()) {
        const QString path = QDir(folder).absoluteFilePath(wanted);
        if (!QFileInfo::exists(path))
            return fail(errors::BadConfig, u"There is no configuration file %1 (%2 names it)."_s.arg(
                                               path, explicitPath.isEmpty() ? u"ISOL8_CONFIG"_s : u"--config"_s));
        return path;
    }
    const QString home = environment.value(u"HOME"_s, QDir::homePath());
    for (const QString &path :
         {QDir(folder).absoluteFilePath(u"isol8.config.json"_s), QString(home + u"/.isol8/config.json"_s)}) {
        if (QFileInfo::exists(path))
            return path;
    }
    return QString();
}

// Where the leaves of \a value came from: the file, as far as \a file has them.
void collectOrigins(const QJsonValue &value, const QJsonValue &file, const QString &path, const QString &origin,
                    QMap<QString, QString> *origins)
{
    const QJsonObject object = value.toObject();
    if (object.isEmpty()) {
        origins->insert(path, file.isUndefined() ? u"default"_s : origin);
        return;
    }
    for (auto it = object.begin(); it != object.end(); ++it) {
        // A scalar that stands for an object, such as poolSize, gives all of its members.
        const QJsonValue inFile = file.isObject() ? file.toObject().value(it.key()) : file;
        collectOrigins(it.value(), inFile, path.isEmpty() ? it.key() : path + u'.' + it.key(), origin, origins);
    }
}

QString expandedPath(const QString &path, const QString &folder, const QString &home)
{
    if (path.startsWith(u"~/"))
        return home + path.sliced(1);
    return QDir::cleanPath(QDir(folder).absoluteFilePath(path));
}

} // namespace

Result<Config> parseConfig(const QByteArray &text, const QString &name)
{
    auto parsed = parseFile(text, name);
    if (!parsed)
        return fail(parsed.error());
    return parsed->config;
}

Result<LoadedConfig> loadConfig(const QString &explicitPath, const QString &folder,
                                const QProcessEnvironment &environment)
{
    const auto path = find(explicitPath, folder, environment);
    if (!path)
        return fail(path.error());
    LoadedConfig loaded;
    loaded.path = *path;
    QJsonObject file;
    if (!loaded.path.isEmpty()) {
        const auto text = readFile(loaded.path, MaxConfigSize);
        if (!text)
            return fail(errors::BadConfig, text.error().message);
        auto parsed = parseFile(*text, loaded.path);
        if (!parsed)
            return fail(parsed.error());
        loaded.config = std::move(parsed->config);
        file = parsed->object;
        QString &profile = loaded.config.security.customProfilePath;
        if (!profile.isEmpty())
            profile = expandedPath(profile, QFileInfo(loaded.path).absolutePath(),
                                   environment.value(u"HOME"_s, QDir::homePath()));
    }
    const QString auditFolder = environment.value(u"ISOL8_AUDIT_DIR"_s);
    const bool auditFromEnvironment =
        !auditFolder.isEmpty() && !file.value(u"audit"_s).toObject().contains(u"logDir"_s);
    if (auditFromEnvironment)
        loaded.config.audit.insert(u"logDir"_s, auditFolder);
    collectOrigins(loaded.config.toJson(), file, {}, loaded.path, &loaded.origins);
    if (auditFromEnvironment)
        loaded.origins.insert(u"audit.logDir"_s, u"ISOL8_AUDIT_DIR"_s);
    return loaded;
}

} // namespace isol8
