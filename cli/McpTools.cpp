// SPDX-License-Identifier: GPL-3.0-or-later
// The tools of `isol8 mcp`, as models are told of them.
#include <cli/McpCall.h>

using namespace Qt::StringLiterals;

namespace isol8::cli {

namespace {

QJsonObject worded(const QString &description)
{
    return {{u"type"_s, u"string"_s}, {u"description"_s, description}};
}

QJsonObject texts(const QString &description)
{
    return {
        {u"type"_s, u"array"_s}, {u"items"_s, QJsonObject{{u"type"_s, u"string"_s}}}, {u"description"_s, description}};
}

QJsonObject map(const QString &description)
{
    return {{u"type"_s, u"object"_s},
            {u"additionalProperties"_s, QJsonObject{{u"type"_s, u"string"_s}}},
            {u"description"_s, description}};
}

QJsonObject schema(const QJsonObject &properties, const QStringList &required)
{
    return {{u"type"_s, u"object"_s},
            {u"properties"_s, properties},
            {u"required"_s, QJsonArray::fromStringList(required)},
            {u"additionalProperties"_s, false}};
}

QJsonObject typed(const QString &name)
{
    return {{u"type"_s, name}};
}

QJsonObject runOutput()
{
    const QJsonObject properties{{u"exitCode"_s, typed(u"integer"_s)},   {u"reason"_s, typed(u"string"_s)},
                                 {u"stdout"_s, typed(u"string"_s)},      {u"stderr"_s, typed(u"string"_s)},
                                 {u"durationMs"_s, typed(u"integer"_s)}, {u"truncated"_s, typed(u"boolean"_s)},
                                 {u"error"_s, typed(u"string"_s)},       {u"session"_s, typed(u"string"_s)},
                                 {u"stateKept"_s, typed(u"boolean"_s)},  {u"values"_s, typed(u"array"_s)}};
    return {{u"type"_s, u"object"_s},
            {u"properties"_s, properties},
            {u"required"_s, QJsonArray{u"exitCode"_s, u"reason"_s, u"stdout"_s, u"stderr"_s}}};
}

QJsonObject tool(const QString &name, const QString &title, const QString &description, const QJsonObject &input,
                 const QJsonObject &hints, const QJsonObject &output = {})
{
    QJsonObject object{{u"name"_s, name},
                       {u"title"_s, title},
                       {u"description"_s, description},
                       {u"inputSchema"_s, input},
                       {u"annotations"_s, hints}};
    if (!output.isEmpty())
        object.insert(u"outputSchema"_s, output);
    return object;
}

QString networkSentence(const McpPolicy &policy)
{
    if (!policy.options.network)
        return u" Whether it has a network is for the service to say; installPackages works."_s;
    if (policy.options.network != Network::Filtered)
        return u" There is no network, but installPackages works."_s;
    return u" Of the network only these hosts are reached: %1."_s.arg(
        policy.options.whitelist.value_or(QStringList()).join(u", "_s));
}

QJsonObject runProperties(const McpPolicy &policy)
{
    return {
        {u"session"_s,
         worded(
             u"A name: runs with the same one share files, variables and imports. Without it everything is thrown away afterwards."_s)},
        {u"stdin"_s, worded(u"What the program reads from standard input"_s)},
        {u"args"_s, texts(u"Arguments of the program"_s)},
        {u"env"_s, map(u"Environment variables"_s)},
        {u"files"_s, map(u"Files to write first: path below /sandbox -> text"_s)},
        {u"outputPaths"_s, texts(u"Files to return: paths or patterns below /sandbox"_s)},
        {u"installPackages"_s, texts(u"Packages to install first, from PyPI or npm as the runtime has them"_s)},
        {u"timeoutMs"_s, QJsonObject{{u"type"_s, u"integer"_s},
                                     {u"minimum"_s, 1},
                                     {u"maximum"_s, qint64(policy.longest.count())},
                                     {u"description"_s, u"How long it may take, in milliseconds"_s}}}};
}

QJsonObject sessionFile(const QString &path)
{
    return {{u"session"_s, worded(u"The session's name"_s)}, {u"path"_s, worded(path)}};
}

} // namespace

bool isMcpTool(const QString &name)
{
    static const QStringList names{u"run_code"_s,   u"run_command"_s,   u"list_files"_s,  u"read_file"_s,
                                   u"write_file"_s, u"list_sessions"_s, u"stop_session"_s};
    return names.contains(name);
}

QJsonArray mcpTools(const McpPolicy &policy)
{
    const QJsonObject reads{{u"readOnlyHint"_s, true}, {u"openWorldHint"_s, false}};
    const QJsonObject writes{{u"readOnlyHint"_s, false}, {u"destructiveHint"_s, false}, {u"openWorldHint"_s, false}};
    const QJsonObject destroys{{u"readOnlyHint"_s, false}, {u"destructiveHint"_s, true}, {u"openWorldHint"_s, false}};
    QJsonObject code = runProperties(policy);
    code.insert(u"code"_s, worded(u"The program's text"_s));
    code.insert(u"runtime"_s, QJsonObject{{u"type"_s, u"string"_s},
                                          {u"enum"_s, QJsonArray::fromStringList(policy.runtimes)},
                                          {u"description"_s, u"Its language; python without"_s}});
    QJsonObject command = runProperties(policy);
    command.insert(u"command"_s, worded(u"A command line for bash"_s));
    command.insert(u"runtime"_s, QJsonObject{{u"type"_s, u"string"_s},
                                             {u"enum"_s, QJsonArray::fromStringList(policy.runtimes)},
                                             {u"description"_s, u"Whose programs are there; bash without"_s}});
    QJsonObject list = sessionFile(u"A folder, a file or a pattern; /sandbox without"_s);
    list.insert(u"recursive"_s, QJsonObject{{u"type"_s, u"boolean"_s}, {u"description"_s, u"Also what is below"_s}});
    QJsonObject write = sessionFile(u"Where it is to be, below /sandbox or /tmp; its folders are made"_s);
    write.insert(u"content"_s, worded(u"What it is to hold"_s));
    write.insert(u"encoding"_s, QJsonObject{{u"type"_s, u"string"_s},
                                            {u"enum"_s, QJsonArray{u"text"_s, u"base64"_s}},
                                            {u"description"_s, u"Of content; text without"_s}});
    return {
        tool(
            u"run_code"_s, u"Run code"_s,
            u"Runs a program in a locked-down container and returns its output. The value of a last expression and figures are shown in sessions. It may write below /sandbox, where it starts, and /tmp; memory, processors, processes and time are limited."_s +
                networkSentence(policy),
            schema(code, {u"code"_s}), writes, runOutput()),
        tool(u"run_command"_s, u"Run a command"_s,
             u"Runs a command line by bash in a locked-down container, or in a session's, and returns its output."_s +
                 networkSentence(policy),
             schema(command, {u"command"_s}), writes, runOutput()),
        tool(u"list_files"_s, u"List files"_s, u"Lists files of a session."_s, schema(list, {u"session"_s}), reads),
        tool(u"read_file"_s, u"Read a file"_s, u"Reads a file of a session. Pictures come as such."_s,
             schema(sessionFile(u"Which, below /sandbox or /tmp"_s), {u"session"_s, u"path"_s}), reads),
        tool(u"write_file"_s, u"Write a file"_s,
             u"Writes a file of a session that a run has made; what was there is replaced."_s,
             schema(write, {u"session"_s, u"path"_s, u"content"_s}), destroys),
        tool(u"list_sessions"_s, u"List sessions"_s, u"Lists the sessions that there are."_s, schema({}, {}), reads),
        tool(u"stop_session"_s, u"Stop a session"_s, u"Ends a session with all that is in it."_s,
             schema({{u"session"_s, worded(u"Its name"_s)}}, {u"session"_s}), destroys)};
}

} // namespace isol8::cli
