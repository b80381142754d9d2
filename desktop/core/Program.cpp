// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/core/Program.h>

#include <isol8/base/Paths.h>

#include <QCoreApplication>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

namespace {

constexpr int FormatVersion = 1;
constexpr qint64 LargestProgram = 10 * MiB;

} // namespace

QString Program::title() const
{
    const QString text = code().left(4000);
    for (const QString &line : text.split(u'\n')) {
        const QString trimmed = line.trimmed();
        if (!trimmed.isEmpty() && !trimmed.startsWith("#!"_L1))
            return trimmed.left(120);
    }
    return {};
}

QJsonObject Program::toJson() const
{
    QJsonObject optionsObject = options.toJson();
    optionsObject.remove(u"secrets"_s);
    QJsonObject object{{u"isol8"_s, FormatVersion}, {u"request"_s, request.toJson()}, {u"options"_s, optionsObject}};
    if (!options.secrets.isEmpty())
        object.insert(u"secretNames"_s, QJsonArray::fromStringList(options.secrets.keys()));
    if (!options.sessionId.isEmpty())
        object.insert(u"sessionId"_s, options.sessionId);
    if (!options.snapshot.isEmpty())
        object.insert(u"snapshot"_s, options.snapshot);
    if (!connection.isEmpty())
        object.insert(u"connection"_s, connection);
    if (options.pty)
        object.insert(u"terminal"_s, true);
    if (request.interactiveStdin)
        object.insert(u"interactive"_s, true);
    return object;
}

Result<Program> Program::fromJson(const QJsonObject &object)
{
    if (object.value(u"isol8"_s).toInt() < 1 || object.value(u"isol8"_s).toInt() > FormatVersion)
        return fail(errors::BadRequest,
                    QCoreApplication::translate("Program", "This is no isol8 document that this version reads."));
    auto request = RunRequest::fromJson(object.value(u"request"_s).toObject());
    if (!request)
        return fail(request.error());
    auto options = RunOptions::fromJson(object.value(u"options"_s).toObject());
    if (!options)
        return fail(options.error());
    Program program{*request, *options, object.value(u"connection"_s).toString(), {}};
    program.options.secrets.clear();
    const QJsonArray names = object.value(u"secretNames"_s).toArray();
    for (const QJsonValue &name : names)
        program.options.secrets.insert(name.toString(), {});
    program.options.sessionId = object.value(u"sessionId"_s).toString();
    program.options.snapshot = object.value(u"snapshot"_s).toString();
    program.options.pty = object.value(u"terminal"_s).toBool();
    program.request.interactiveStdin = object.value(u"interactive"_s).toBool();
    return program;
}

Result<Program> openProgram(const QString &path, const RuntimeRegistry &registry)
{
    const auto content = readFile(path, LargestProgram);
    if (!content)
        return fail(content.error());
    Program program;
    if (QFileInfo(path).suffix() == "isol8"_L1) {
        const QJsonDocument document = QJsonDocument::fromJson(*content);
        auto read = Program::fromJson(document.object());
        if (!read)
            return fail(read.error());
        program = *read;
    } else {
        const auto runtime = registry.byFileName(QFileInfo(path).fileName());
        if (!runtime)
            return fail(runtime.error());
        if (!content->isValidUtf8()) // saving it would change it
            return fail(errors::BadRequest,
                        QCoreApplication::translate("Program", "%1 is no text in UTF-8.").arg(path));
        program.request.runtime = runtime->name;
        program.request.code = *content;
        program.request.fileName = QFileInfo(path).fileName();
    }
    program.path = path;
    return program;
}

QStringList closeWalls(Program *program)
{
    RunOptions &options = program->options;
    QStringList opened;
    const auto close = [&](bool isOpen, const QString &name) {
        if (isOpen)
            opened.append(name);
        return isOpen;
    };
    if (close(options.network == Network::Host, u"network: host"_s))
        options.network.reset();
    if (close(options.seccomp.has_value() || !options.customProfilePath.isEmpty(), u"security"_s)) {
        options.seccomp.reset();
        options.customProfilePath.clear();
    }
    if (close(options.readonlyRootFs.has_value(), u"readonlyRootFs"_s))
        options.readonlyRootFs.reset();
    if (close(!options.isolation.isEmpty(), u"isolation"_s))
        options.isolation.clear();
    if (close(options.persist, u"persist"_s))
        options.persist = false;
    if (close(options.remoteCode.has_value(), u"remoteCode"_s))
        options.remoteCode.reset();
    return opened;
}

Result<void> saveProgram(const QString &path, const Program &program)
{
    // A script that can be started stays one.
    const bool startable = QFileInfo(path).isFile() && QFileInfo(path).isExecutable();
    const bool document = QFileInfo(path).suffix() == "isol8"_L1;
    return writeFileAtomically(
        path, document ? QJsonDocument(program.toJson()).toJson() : program.request.code.value_or(QByteArray()),
        startable ? 0755 : 0644);
}

} // namespace isol8::desktop
