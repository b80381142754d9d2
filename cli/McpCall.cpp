// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/McpCall.h>

#include <isol8/execution/FieldReader.h>

#include <QJsonDocument>
#include <QUrl>

using namespace Qt::StringLiterals;

namespace isol8::cli {

namespace {

constexpr milliseconds TellEvery{100};
constexpr qsizetype LongestTold = 8 * 1024;        // bytes of output in one notification
constexpr qsizetype LargestRead = 4 * 1024 * 1024; // of a file, as a model gets it

QJsonObject textBlock(const QString &text)
{
    return {{u"type"_s, u"text"_s}, {u"text"_s, text}};
}

QString pictureType(const QString &path)
{
    static const QMap<QString, QString> types{{u"png"_s, u"image/png"_s},
                                              {u"jpg"_s, u"image/jpeg"_s},
                                              {u"jpeg"_s, u"image/jpeg"_s},
                                              {u"gif"_s, u"image/gif"_s},
                                              {u"webp"_s, u"image/webp"_s}};
    return types.value(path.section(u'.', -1).toLower());
}

QString sandboxPathOf(const QString &path)
{
    return path.startsWith(u'/') ? path : QString(u"/sandbox/"_s + path);
}

// A picture, a text, or bytes, each as the protocol has it.
QJsonObject fileBlock(const QString &session, const QString &path, const QByteArray &content)
{
    if (const QString type = pictureType(path); !type.isEmpty())
        return {{u"type"_s, u"image"_s}, {u"data"_s, QString::fromLatin1(content.toBase64())}, {u"mimeType"_s, type}};
    QUrl uri;
    uri.setScheme(u"isol8"_s);
    uri.setHost(session.isEmpty() ? u"run"_s : session);
    uri.setPath(sandboxPathOf(path));
    const bool isText = QUtf8StringView(content).isValidUtf8() && !content.contains('\0');
    QJsonObject resource{{u"uri"_s, uri.toString(QUrl::FullyEncoded)},
                         {u"mimeType"_s, isText ? u"text/plain"_s : u"application/octet-stream"_s}};
    if (isText)
        resource.insert(u"text"_s, QString::fromUtf8(content));
    else
        resource.insert(u"blob"_s, QString::fromLatin1(content.toBase64()));
    return {{u"type"_s, u"resource"_s}, {u"resource"_s, resource}};
}

QJsonValue insideKeys(const QJsonValue &files)
{
    if (!files.isObject())
        return files;
    QJsonObject result;
    const QJsonObject object = files.toObject();
    for (auto it = object.begin(); it != object.end(); ++it)
        result.insert(sandboxPathOf(it.key()), it.value());
    return result;
}

QJsonValue insideAll(const QJsonValue &paths)
{
    if (!paths.isArray())
        return paths;
    QJsonArray result;
    for (const QJsonValue &path : paths.toArray())
        result.append(path.isString() ? QJsonValue(sandboxPathOf(path.toString())) : path);
    return result;
}

Result<void> checkNames(const McpPolicy &policy, const QString &tool, const QJsonObject &arguments)
{
    for (const QJsonValue &value : mcpTools(policy)) {
        if (value.toObject().value(u"name"_s) != tool)
            continue;
        const QJsonObject schema = value.toObject().value(u"inputSchema"_s).toObject();
        const QJsonObject properties = schema.value(u"properties"_s).toObject();
        for (const QString &key : arguments.keys()) {
            if (!properties.contains(key))
                return fail(errors::BadRequest, u"%1 has no argument \"%2\"; its arguments are %3."_s.arg(
                                                    tool, key.left(64), properties.keys().join(u", "_s)));
        }
        for (const QJsonValue &required : schema.value(u"required"_s).toArray()) {
            if (!arguments.contains(required.toString()))
                return fail(errors::BadRequest, u"%1 needs the argument %2."_s.arg(tool, required.toString()));
        }
    }
    return {};
}

// What a model reads: output as it was, and behind it what it cannot tell from that.
QString summary(const RunResult &result)
{
    QString text = QString::fromUtf8(result.stdoutText);
    const auto line = [&text](const QString &more) {
        if (!text.isEmpty() && !text.endsWith(u'\n'))
            text += u'\n';
        text += more;
    };
    if (!result.stderrText.isEmpty())
        line(u"[stderr]\n"_s + QString::fromUtf8(result.stderrText));
    if (!result.backgroundStdout.isEmpty() || !result.backgroundStderr.isEmpty())
        line(u"[written since the run before]\n"_s + QString::fromUtf8(result.backgroundStdout) +
             QString::fromUtf8(result.backgroundStderr));
    for (const QJsonValue &value : result.results) {
        if (value.toObject().value(u"type"_s) == u"text/plain"_s)
            line(u"[value] "_s + value.toObject().value(u"data"_s).toString());
    }
    if (result.exitCode != 0 || result.reason != Reason::Completed)
        line(u"[%1, exit code %2]"_s.arg(toString(result.reason)).arg(result.exitCode));
    if (!result.error.isEmpty())
        line(u"["_s + result.error + u']');
    return text.isEmpty() ? u"[no output]"_s : text;
}

} // namespace

McpCall::McpCall(Engine *engine, McpPolicy policy, QObject *parent)
    : QObject(parent)
    , m_engine(engine)
    , m_policy(std::move(policy))
{
    m_telling.setSingleShot(true);
    connect(&m_telling, &QTimer::timeout, this, &McpCall::tell);
}

McpCall::~McpCall()
{
    delete m_run;
}

template<class T, class Function> Callback<T> McpCall::then(const Function &function)
{
    return {this, [this, function](const Result<T> &result) {
                if (result)
                    function(result);
                else
                    fail(result.error());
            }};
}

void McpCall::begin(const QString &tool, const QJsonObject &arguments)
{
    Result<void> begun = checkNames(m_policy, tool, arguments);
    if (begun)
        begun = start(tool, arguments);
    if (!begun)
        QTimer::singleShot(0, this, [this, error = begun.error()] { fail(error); });
}

Result<void> McpCall::start(const QString &tool, const QJsonObject &arguments)
{
    FieldReader reader(arguments, u"arguments"_s);
    QString path;
    QString content;
    QString encoding;
    bool recursive = false;
    reader.read(u"session"_s, &m_session);
    reader.read(u"path"_s, &path);
    reader.read(u"content"_s, &content);
    reader.read(u"encoding"_s, &encoding);
    reader.read(u"recursive"_s, &recursive);
    if (reader.error())
        return isol8::fail(*reader.error());
    if (tool == u"run_code" || tool == u"run_command")
        return startRun(tool == u"run_command", arguments);
    if (tool == u"list_files") {
        m_engine->listFiles({}, m_session, path.isEmpty() ? u"/sandbox"_s : path, recursive,
                            then<QList<SessionFile>>([this](const auto &files) {
                                QJsonArray list;
                                QString text;
                                for (const SessionFile &file : *files) {
                                    list.append(toJson(file));
                                    const bool isFolder = file.type == SessionFile::Type::Directory;
                                    text += isFolder ? QString(file.path + u"/\n"_s)
                                                     : u"%1 (%2 bytes)\n"_s.arg(file.path).arg(file.size);
                                }
                                end({textBlock(text.isEmpty() ? u"[no files]"_s : text)}, {{u"files"_s, list}}, false);
                            }));
    } else if (tool == u"read_file") {
        m_engine->getFile(
            {}, m_session, path, then<QByteArray>([this, path](const Result<QByteArray> &bytes) {
                if (bytes->size() > LargestRead)
                    return fail({errors::TooLarge.toString(),
                                 u"%1 is larger than %2, and is not shown; look at parts of it by run_command."_s.arg(
                                     path.left(256), formatSize(LargestRead)),
                                 {}});
                end({fileBlock(m_session, path, *bytes)}, {}, false);
            }));
    } else if (tool == u"write_file") {
        QByteArray bytes = content.toUtf8();
        if (encoding == u"base64") {
            const auto decoded = QByteArray::fromBase64Encoding(bytes, QByteArray::AbortOnBase64DecodingErrors);
            if (!decoded)
                return isol8::fail(errors::BadRequest, u"arguments.content is not base64."_s);
            bytes = *decoded;
        } else if (!encoding.isEmpty() && encoding != u"text") {
            return isol8::fail(errors::BadRequest, u"arguments.encoding must be text or base64."_s);
        }
        if (bytes.size() > Engine::MaxPut)
            return isol8::fail(Engine::tooLargeToPut(path));
        m_engine->putFile({}, m_session, path, bytes, std::nullopt,
                          then<void>([this, path, size = bytes.size()](const Result<void> &) {
                              end({textBlock(u"Wrote %1 bytes to %2."_s.arg(size).arg(path))}, {}, false);
                          }));
    } else if (tool == u"list_sessions") {
        m_engine->sessions(
            {}, then<QList<SessionInfo>>([this](const auto &sessions) {
                QJsonArray list;
                QString text;
                for (const SessionInfo &session : *sessions) {
                    list.append(toJson(session));
                    text += u"%1 (%2)\n"_s.arg(session.id, session.runtime);
                }
                end({textBlock(text.isEmpty() ? u"[no sessions]"_s : text)}, {{u"sessions"_s, list}}, false);
            }));
    } else {
        m_engine->removeSession({}, m_session, then<bool>([this](const Result<bool> &was) {
                                    end({textBlock(*was ? u"The session %1 has ended."_s.arg(m_session)
                                                        : u"There is no session %1."_s.arg(m_session))},
                                        {}, !*was);
                                }));
    }
    return {};
}

Result<void> McpCall::startRun(bool isCommand, const QJsonObject &arguments)
{
    QJsonObject object = arguments;
    object.remove(u"session"_s);
    if (isCommand)
        object.insert(u"cmd"_s, object.take(u"command"_s));
    if (object.contains(u"files"_s))
        object.insert(u"files"_s, insideKeys(object.value(u"files"_s)));
    if (object.contains(u"outputPaths"_s))
        object.insert(u"outputPaths"_s, insideAll(object.value(u"outputPaths"_s)));
    auto request = RunRequest::fromJson(object);
    if (!request) {
        Error error = request.error();
        error.message.replace(u"request.cmd"_s, u"arguments.command"_s).replace(u"request."_s, u"arguments."_s);
        return isol8::fail(error);
    }
    if (request->timeout.value_or(milliseconds(0)) > m_policy.longest)
        return isol8::fail(errors::BadRequest,
                           u"arguments.timeoutMs must be at most %1."_s.arg(m_policy.longest.count()));
    if (!request->runtime.isEmpty() && !m_policy.runtimes.contains(request->runtime))
        return isol8::fail(errors::UnknownRuntime,
                           u"arguments.runtime must be one of %1."_s.arg(m_policy.runtimes.join(u", "_s)));
    RunOptions options = m_policy.options;
    options.sessionId = m_session;
    m_run = m_engine->execute(*request, options);
    connect(m_run, &Run::output, this, [this](OutputStream, const QByteArray &text) { collect(text); });
    connect(m_run, &Run::progress, this, [this](const QString &sentence) { Q_EMIT progress(m_written, sentence); });
    connect(m_run, &Run::finished, this, &McpCall::runEnded);
    return {};
}

void McpCall::collect(const QByteArray &text)
{
    m_written += text.size();
    m_untold = QByteArray(m_untold + text).right(LongestTold);
    if (!m_telling.isActive())
        m_telling.start(TellEvery);
}

void McpCall::tell()
{
    if (!m_untold.isEmpty())
        Q_EMIT progress(m_written, QString::fromUtf8(std::exchange(m_untold, {})));
}

void McpCall::runEnded()
{
    const RunResult result = m_run->result();
    m_run->deleteLater();
    m_run = nullptr;
    m_telling.stop();
    QJsonArray content{textBlock(summary(result))};
    QJsonArray values;
    for (const QJsonValue &item : result.results) {
        const QJsonObject value = item.toObject();
        const QString type = value.value(u"type"_s).toString();
        if (type == u"image/png" || type == u"image/jpeg")
            content.append(
                QJsonObject{{u"type"_s, u"image"_s}, {u"data"_s, value.value(u"data"_s)}, {u"mimeType"_s, type}});
        else
            values.append(QJsonObject{{u"type"_s, type}, {u"data"_s, value.value(u"data"_s)}});
    }
    for (auto it = result.files.begin(); it != result.files.end(); ++it) {
        if (it->size() > LargestRead)
            content.append(textBlock(u"[%1 is too large to be shown: %2]"_s.arg(it.key(), formatSize(it->size()))));
        else
            content.append(fileBlock(result.sessionId, it.key(), *it));
    }
    QJsonObject structured{{u"exitCode"_s, result.exitCode},
                           {u"reason"_s, toString(result.reason)},
                           {u"stdout"_s, QString::fromUtf8(result.stdoutText)},
                           {u"stderr"_s, QString::fromUtf8(result.stderrText)},
                           {u"durationMs"_s, result.durationMs},
                           {u"truncated"_s, result.truncated}};
    if (!result.error.isEmpty())
        structured.insert(u"error"_s, result.error);
    if (!result.sessionId.isEmpty())
        structured.insert(u"session"_s, result.sessionId);
    if (result.stateKept)
        structured.insert(u"stateKept"_s, *result.stateKept);
    if (!values.isEmpty())
        structured.insert(u"values"_s, values);
    const bool lost = result.errorCode == errors::EngineUnreachable || result.errorCode == errors::EngineLost;
    end(content, structured, result.reason != Reason::Completed, lost);
}

void McpCall::fail(const Error &error)
{
    end({textBlock(error.detail.isEmpty() ? error.message : QString(error.message + u" ("_s + error.detail + u')'))},
        {}, true, error.code == errors::EngineUnreachable || error.code == errors::EngineLost);
}

void McpCall::end(const QJsonArray &content, const QJsonObject &structured, bool isError, bool lost)
{
    if (std::exchange(m_ended, true))
        return;
    QJsonObject result{{u"content"_s, content}, {u"isError"_s, isError}};
    if (!structured.isEmpty())
        result.insert(u"structuredContent"_s, structured);
    deleteLater();
    Q_EMIT finished(result, lost);
}

} // namespace isol8::cli
