// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/core/Program.h>

#include <QJsonDocument>
#include <QRegularExpression>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

namespace {

QString quoted(QString text)
{
    return u'\'' + text.replace(u'\'', u"'\\''"_s) + u'\'';
}

constexpr qsizetype LongestDelimiter = 16;     // the language's
constexpr qsizetype LongestArgument = 100'000; // in bytes; Linux takes 128 KiB

// A raw string; what cannot stand in one goes between two.
QString literal(QString text)
{
    QString delimiter;
    while (text.contains(u')' + delimiter + u'"') && delimiter.size() < LongestDelimiter)
        delimiter += u'~';
    const QString begin = u"R\""_s + delimiter + u'(';
    const QString end = u')' + delimiter + u'"';
    text.replace(end, end + u" \")"_s + delimiter + u"\\\"\" "_s + begin);
    text.replace(u"\r"_s, end + u" \"\\r\" "_s + begin);
    return begin + text + end;
}

bool isVariable(const QString &name)
{
    static const QRegularExpression pattern(u"\\A[A-Za-z_][A-Za-z0-9_]*\\z"_s);
    return pattern.match(name).hasMatch();
}

QByteArray compact(const QJsonObject &object)
{
    return QJsonDocument(object).toJson(QJsonDocument::Compact);
}

// A secret of the name of an environment variable is that variable's value; of another name it has no way in.
QString secretsForShell(const QStringList &names)
{
    QStringList pairs;
    for (const QString &name : names) {
        if (isVariable(name))
            pairs.append(u'"' + name + u"\":\"'\"$"_s + name + u"\"'\""_s);
    }
    return pairs.isEmpty() ? QString() : QString(u"\"secrets\":{"_s + pairs.join(u',') + u'}');
}

QString networkName(Network network)
{
    return network == Network::None ? u"none"_s : network == Network::Host ? u"host"_s : u"filtered"_s;
}

} // namespace

QString asCommandLine(const Program &program, const QString &service)
{
    const RunRequest &request = program.request;
    const RunOptions &options = program.options;
    QStringList words{u"isol8"_s, u"run"_s};
    const auto add = [&](const QString &flag, const QString &value) { words << flag << quoted(value); };
    if (!service.isEmpty())
        add(u"--host"_s, service);
    if (!request.runtime.isEmpty())
        words << u"-r"_s << request.runtime;
    if (request.timeout)
        words << u"--timeout"_s << QString::number(request.timeout->count());
    if (options.network)
        words << u"--net"_s << networkName(*options.network);
    for (const QString &host : options.whitelist.value_or(QStringList()))
        add(u"--allow"_s, host);
    for (const QString &host : options.blacklist.value_or(QStringList()))
        add(u"--deny"_s, host);
    if (options.memoryLimit)
        words << u"--memory"_s << QString::number(*options.memoryLimit);
    if (options.cpuLimit)
        words << u"--cpu"_s << QString::number(*options.cpuLimit);
    if (options.pidsLimit)
        words << u"--pids-limit"_s << QString::number(*options.pidsLimit);
    if (options.maxOutputSize)
        words << u"--max-output"_s << QString::number(*options.maxOutputSize);
    if (options.sandboxSize)
        words << u"--sandbox-size"_s << QString::number(*options.sandboxSize);
    if (options.tmpSize)
        words << u"--tmp-size"_s << QString::number(*options.tmpSize);
    if (!request.workdir.isEmpty())
        add(u"--workdir"_s, request.workdir);
    if (!options.isolation.isEmpty())
        add(u"--isolation"_s, options.isolation);
    for (const QString &package : request.installPackages)
        add(u"--install"_s, package);
    if (!request.setupScript.isEmpty())
        add(u"--setup"_s, request.setupScript);
    for (auto at = request.env.begin(); at != request.env.end(); ++at)
        add(u"--env"_s, at.key() + u'=' + at.value());
    for (const QString &name : options.secrets.keys())
        add(u"--secret"_s, name);
    if (!options.image.isEmpty())
        add(u"--image"_s, options.image);
    if (!options.sessionId.isEmpty())
        add(u"--session-id"_s, options.sessionId);
    if (!options.snapshot.isEmpty())
        add(u"--from-snapshot"_s, options.snapshot);
    if (options.pty)
        words << u"-t"_s;
    if (!request.stdinData.isEmpty())
        add(u"--stdin"_s, QString::fromUtf8(request.stdinData));
    const QString code = program.code();
    const bool byStdin = code.toUtf8().size() > LongestArgument && request.stdinData.isEmpty();
    if (!byStdin)
        add(u"-e"_s, code);
    if (!request.args.isEmpty())
        words << u"--"_s;
    for (const QString &argument : request.args)
        words << quoted(argument);
    const QString line = words.join(u' ');
    return byStdin ? QString(u"printf %s "_s + quoted(code) + u" | "_s + line) : line;
}

QString asCurl(const Program &program, const QString &url)
{
    QJsonObject options = program.options.toJson();
    options.remove(u"secrets"_s);
    QJsonObject rest{{u"request"_s, program.request.toJson()}};
    if (!program.options.sessionId.isEmpty())
        rest.insert(u"sessionId"_s, program.options.sessionId);
    if (!program.options.snapshot.isEmpty())
        rest.insert(u"snapshot"_s, program.options.snapshot);
    // Of the quoted text only the secrets are the shell's to read.
    const auto inner = [](const QByteArray &object) { return QString::fromUtf8(object.mid(1).chopped(1)); };
    const QString secrets = secretsForShell(program.options.secrets.keys());
    const QString before = quoted(u'{' + inner(compact(rest)) + u",\"options\":{"_s + inner(compact(options)) +
                                  (options.isEmpty() || secrets.isEmpty() ? QString() : u","_s))
                               .chopped(1);
    const QString body = before + secrets + u"}}'"_s;
    const QString curl = u"curl -sS "_s + quoted(url + u"/execute"_s) +
                         u" -H \"Authorization: Bearer $ISOL8_API_KEY\" -H 'Content-Type: application/json' "
                         u"--data-binary "_s;
    if (body.toUtf8().size() > LongestArgument)
        return u"printf %s "_s + body + u" | "_s + curl + u"@-"_s;
    return curl + body;
}

QString asCpp(const Program &program)
{
    const RunRequest &request = program.request;
    const RunOptions &options = program.options;
    QString text = u"// Built against the installed library: find_package(Isol8), link Isol8::Engine.\n"
                   u"#include <isol8/execution/LocalEngine.h>\n\n#include <QCoreApplication>\n\n#include <cstdio>\n\n"
                   u"int main(int argc, char **argv)\n{\n    QCoreApplication app(argc, argv);\n"
                   u"    isol8::LocalEngine engine;\n\n    isol8::RunRequest request;\n"_s;
    const auto line = [&](const QString &statement) { text += u"    "_s + statement + u";\n"_s; };
    const auto set = [&](const QString &field, const QString &value) {
        if (!value.isEmpty())
            line(field + u" = QString::fromUtf8("_s + literal(value) + u')');
    };
    const auto list = [&](const QString &field, const QStringList &values) {
        QStringList items;
        for (const QString &value : values)
            items.append(u"QString::fromUtf8("_s + literal(value) + u')');
        if (!items.isEmpty())
            line(field + u" = QStringList{"_s + items.join(u", "_s) + u'}');
    };
    const auto number = [&](const QString &field, const auto &value) {
        if (value)
            line(field + u" = "_s + QString::number(*value));
    };
    set(u"request.runtime"_s, request.runtime);
    line(u"request.code = QByteArray("_s + literal(program.code()) + u')');
    if (request.timeout)
        line(u"request.timeout = std::chrono::milliseconds(%1)"_s.arg(request.timeout->count()));
    list(u"request.args"_s, request.args);
    list(u"request.installPackages"_s, request.installPackages);
    set(u"request.setupScript"_s, request.setupScript);
    set(u"request.workdir"_s, request.workdir);
    if (!request.stdinData.isEmpty())
        line(u"request.stdinData = QByteArray("_s + literal(QString::fromUtf8(request.stdinData)) + u')');
    for (auto at = request.env.begin(); at != request.env.end(); ++at)
        line(u"request.env.insert(QString::fromUtf8(%1), QString::fromUtf8("_s.arg(literal(at.key())) +
             literal(at.value()) + u"))"_s);
    text += u"    isol8::RunOptions options;\n"_s;
    if (options.network) {
        const QString name = *options.network == Network::None   ? u"None"_s
                             : *options.network == Network::Host ? u"Host"_s
                                                                 : u"Filtered"_s;
        line(u"options.network = isol8::Network::"_s + name);
    }
    list(u"options.whitelist"_s, options.whitelist.value_or(QStringList()));
    list(u"options.blacklist"_s, options.blacklist.value_or(QStringList()));
    number(u"options.memoryLimit"_s, options.memoryLimit);
    number(u"options.cpuLimit"_s, options.cpuLimit);
    number(u"options.pidsLimit"_s, options.pidsLimit);
    number(u"options.sandboxSize"_s, options.sandboxSize);
    number(u"options.tmpSize"_s, options.tmpSize);
    number(u"options.maxOutputSize"_s, options.maxOutputSize);
    set(u"options.image"_s, options.image);
    set(u"options.isolation"_s, options.isolation);
    if (!options.sessionId.isEmpty())
        line(u"options.mode = isol8::RunMode::Persistent"_s);
    set(u"options.sessionId"_s, options.sessionId);
    set(u"options.snapshot"_s, options.snapshot);
    for (const QString &name : options.secrets.keys())
        line(u"options.secrets.insert(QString::fromUtf8("_s + literal(name) + u"), qEnvironmentVariable("_s +
             literal(name) + u"))"_s);
    text += u"\n    isol8::Run *run = engine.execute(request, options);\n"
            u"    QObject::connect(run, &isol8::Run::finished, &app, [&](const isol8::RunResult &result) {\n"
            u"        std::fwrite(result.stdoutText.constData(), 1, size_t(result.stdoutText.size()), stdout);\n"
            u"        std::fwrite(result.stderrText.constData(), 1, size_t(result.stderrText.size()), stderr);\n"
            u"        if (!result.error.isEmpty())\n"
            u"            std::fprintf(stderr, \"%s\\n\", qPrintable(result.error));\n"
            u"        app.exit(result.exitCode);\n    });\n    return app.exec();\n}\n"_s;
    return text;
}

} // namespace isol8::desktop
