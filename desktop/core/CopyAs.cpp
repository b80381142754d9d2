// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/core/Program.h>

#include <QJsonDocument>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

namespace {

QString quoted(QString text)
{
    return u'\'' + text.replace(u'\'', u"'\\''"_s) + u'\'';
}

QString literal(const QString &text)
{
    QString delimiter;
    while (text.contains(u')' + delimiter + u'"'))
        delimiter += u'~';
    return u"R\""_s + delimiter + u'(' + text + u')' + delimiter + u'"';
}

QString networkName(Network network)
{
    return network == Network::None ? u"none"_s : network == Network::Host ? u"host"_s : u"filtered"_s;
}

} // namespace

QString asCommandLine(const Program &program)
{
    const RunRequest &request = program.request;
    const RunOptions &options = program.options;
    QStringList words{u"isol8"_s, u"run"_s};
    const auto add = [&](const QString &flag, const QString &value) { words << flag << quoted(value); };
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
    if (options.pty)
        words << u"-t"_s;
    if (!request.stdinData.isEmpty())
        add(u"--stdin"_s, QString::fromUtf8(request.stdinData));
    add(u"-e"_s, program.code());
    if (!request.args.isEmpty())
        words << u"--"_s;
    for (const QString &argument : request.args)
        words << quoted(argument);
    return words.join(u' ');
}

QString asCurl(const Program &program, const QString &url)
{
    QJsonObject options = program.options.toJson();
    options.remove(u"secrets"_s);
    QJsonObject message{{u"request"_s, program.request.toJson()}, {u"options"_s, options}};
    if (!program.options.sessionId.isEmpty())
        message.insert(u"sessionId"_s, program.options.sessionId);
    return u"curl -sS "_s + quoted(url + u"/execute"_s) +
           u" -H \"Authorization: Bearer $ISOL8_API_KEY\" -H 'Content-Type: application/json' --data-binary "_s +
           quoted(QString::fromUtf8(QJsonDocument(message).toJson(QJsonDocument::Compact)));
}

QString asCpp(const Program &program)
{
    QString text = u"isol8::LocalEngine engine;\nisol8::RunRequest request;\n"_s;
    text += u"request.runtime = QStringLiteral(\"%1\");\n"_s.arg(program.request.runtime);
    text += u"request.code = "_s + literal(program.code()) + u";\n"_s;
    if (program.request.timeout)
        text += u"request.timeout = std::chrono::milliseconds(%1);\n"_s.arg(program.request.timeout->count());
    for (const QString &package : program.request.installPackages)
        text += u"request.installPackages.append(QStringLiteral(\"%1\"));\n"_s.arg(package);
    text += u"isol8::RunOptions options;\n"_s;
    if (program.options.memoryLimit)
        text += u"options.memoryLimit = %1;\n"_s.arg(*program.options.memoryLimit);
    if (program.options.cpuLimit)
        text += u"options.cpuLimit = %1;\n"_s.arg(*program.options.cpuLimit);
    if (program.options.network) {
        const QString name = *program.options.network == Network::None   ? u"None"_s
                             : *program.options.network == Network::Host ? u"Host"_s
                                                                         : u"Filtered"_s;
        text += u"options.network = isol8::Network::%1;\n"_s.arg(name);
    }
    text += u"isol8::Run *run = engine.execute(request, options);\n"
            u"QObject::connect(run, &isol8::Run::finished, run, [run](const isol8::RunResult &result) {\n"
            u"    qInfo().noquote() << result.stdoutText << result.stderrText << result.exitCode;\n"
            u"    run->deleteLater();\n});\n"_s;
    return text;
}

} // namespace isol8::desktop
