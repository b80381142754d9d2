// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/execution/RunRequest.h>

#include <isol8/base/ShellWords.h>
#include <isol8/execution/FieldReader.h>
#include <isol8/execution/Validate.h>

#include <QJsonArray>

#include <cmath>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

constexpr uint DefaultMode = 0644;
constexpr double MaxTime = 9007199254740992; // 2^53

// {"type": "Buffer", "data": [104, 105]}: what JSON.stringify makes of a Buffer.
std::optional<QByteArray> bufferBytes(const QJsonArray &data)
{
    QByteArray bytes;
    bytes.reserve(data.size());
    for (const QJsonValue &item : data) {
        const double number = item.toDouble(-1);
        if (!(number >= 0 && number <= 255) || number != std::floor(number))
            return std::nullopt;
        bytes.append(char(uchar(number)));
    }
    return bytes;
}

// Nothing where there is none; -1 where it is none from 0 to \a most.
std::optional<qint64> wholeNumber(const QJsonValue &value, double most)
{
    if (value.isUndefined() || value.isNull())
        return std::nullopt;
    const double number = value.toDouble(-1);
    return number >= 0 && number <= most && number == std::floor(number) ? qint64(number) : -1;
}

void readInputFile(FieldReader *reader, const QString &path, const QJsonValue &value, InputFile *file)
{
    if (value.isString()) {
        file->content = value.toString().toUtf8();
        return;
    }
    const QJsonObject object = value.toObject();
    if (object.value(u"type"_s) == u"Buffer"_s && object.value(u"data"_s).isArray()) {
        if (const auto bytes = bufferBytes(object.value(u"data"_s).toArray()))
            file->content = *bytes;
        else
            reader->complain({errors::BadRequest.toString(),
                              u"%1.data must hold whole numbers from 0 to 255 only."_s.arg(path),
                              {}});
    } else if (object.value(u"base64"_s).isString()) {
        const auto decoded = QByteArray::fromBase64Encoding(object.value(u"base64"_s).toString().toLatin1(),
                                                            QByteArray::AbortOnBase64DecodingErrors);
        if (decoded)
            file->content = *decoded;
        else
            reader->complain({errors::BadRequest.toString(), u"%1.base64 is not valid base64."_s.arg(path), {}});
    } else {
        reader->complain(path, u"a text, { \"base64\": … } or a Buffer"_s, value);
        return;
    }
    if (const auto bits = wholeNumber(object.value(u"mode"_s), 0777); bits && *bits >= 0)
        file->mode = uint(*bits);
    else if (bits)
        reader->complain(path + u".mode"_s, u"permission bits from 0 to 511 (0777)"_s, object.value(u"mode"_s));
    if (const auto time = wholeNumber(object.value(u"mtimeMs"_s), MaxTime); time && *time >= 0)
        file->mtimeMs = *time;
    else if (time)
        reader->complain(path + u".mtimeMs"_s, u"milliseconds since 1970"_s, object.value(u"mtimeMs"_s));
}

void readInputFiles(FieldReader *reader, QList<InputFile> *files)
{
    QJsonObject object;
    reader->read(u"files"_s, &object);
    if (object.size() > MaxInputFiles) {
        reader->complain({errors::BadRequest.toString(),
                          u"request.files has %1 files; at most %2 are taken."_s.arg(object.size()).arg(MaxInputFiles),
                          {}});
        return;
    }
    for (auto it = object.begin(); it != object.end(); ++it) {
        InputFile file;
        file.path = it.key();
        file.mode = DefaultMode;
        readInputFile(reader, u"request.files."_s + it.key().left(256), it.value(), &file);
        if (const auto path = sandboxPath(file.path); path && !file.path.endsWith(u'/'))
            file.path = *path; // what is wrong with it validate() says
        files->append(file);
    }
}

// A list, or one text that is split as a shell would: so clients of the TypeScript isol8 send it.
void readAgentFlags(FieldReader *reader, QStringList *flags)
{
    const QString key = u"agentFlags"_s;
    const QJsonValue found = reader->value(key);
    if (!found.isString()) {
        reader->read(key, flags);
        return;
    }
    const auto words = splitShellWords(found.toString());
    if (words)
        *flags = *words;
    else
        reader->complain({errors::BadRequest.toString(), reader->pathOf(key) + u": "_s + words.error().message, {}});
}

QJsonValue fileJson(const InputFile &file)
{
    const bool isText = !file.content.contains('\0') && QUtf8StringView(file.content).isValidUtf8();
    if (isText && file.mode == DefaultMode && file.mtimeMs == 0)
        return QString::fromUtf8(file.content);
    QJsonObject object{{u"base64"_s, QString::fromLatin1(file.content.toBase64())}, {u"mode"_s, int(file.mode)}};
    if (file.mtimeMs != 0)
        object.insert(u"mtimeMs"_s, file.mtimeMs);
    return object;
}

} // namespace

Result<RunRequest> RunRequest::fromJson(const QJsonObject &object)
{
    RunRequest request;
    FieldReader reader(object, u"request"_s);
    reader.read(u"code"_s, &request.code);
    reader.read(u"codeUrl"_s, &request.codeUrl);
    reader.read(u"cmd"_s, &request.cmd);
    reader.read(u"runtime"_s, &request.runtime);
    reader.read(u"codeHash"_s, &request.codeHash);
    reader.read(u"allowInsecureCodeUrl"_s, &request.allowInsecureCodeUrl);
    reader.read(u"timeoutMs"_s, &request.timeout);
    reader.read(u"env"_s, &request.env);
    reader.read(u"fileExtension"_s, &request.fileExtension);
    std::optional<QByteArray> stdinText;
    reader.read(u"stdin"_s, &stdinText);
    request.stdinData = stdinText.value_or(QByteArray());
    readInputFiles(&reader, &request.files);
    reader.read(u"outputPaths"_s, &request.outputPaths);
    reader.read(u"installPackages"_s, &request.installPackages);
    reader.read(u"setupScript"_s, &request.setupScript);
    reader.read(u"workdir"_s, &request.workdir);
    readAgentFlags(&reader, &request.agentFlags);
    reader.read(u"metadata"_s, &request.metadata);
    reader.read(u"args"_s, &request.args);
    if (reader.error())
        return fail(*reader.error());
    if (const auto valid = validate(request); !valid)
        return fail(valid.error());
    return request;
}

QJsonObject RunRequest::toJson() const
{
    QJsonObject object;
    const auto text = [&](const QString &key, const QString &value) {
        if (!value.isEmpty())
            object.insert(key, value);
    };
    const auto list = [&](const QString &key, const QStringList &value) {
        if (!value.isEmpty())
            object.insert(key, QJsonArray::fromStringList(value));
    };
    if (code)
        object.insert(u"code"_s, QString::fromUtf8(*code));
    text(u"codeUrl"_s, codeUrl);
    text(u"cmd"_s, cmd);
    text(u"runtime"_s, runtime);
    text(u"codeHash"_s, codeHash);
    if (allowInsecureCodeUrl)
        object.insert(u"allowInsecureCodeUrl"_s, true);
    if (timeout)
        object.insert(u"timeoutMs"_s, qint64(timeout->count()));
    if (!env.isEmpty()) {
        QJsonObject variables;
        for (auto it = env.begin(); it != env.end(); ++it)
            variables.insert(it.key(), it.value());
        object.insert(u"env"_s, variables);
    }
    text(u"fileExtension"_s, fileExtension);
    text(u"stdin"_s, QString::fromUtf8(stdinData));
    if (!files.isEmpty()) {
        QJsonObject contents;
        for (const InputFile &file : files)
            contents.insert(file.path, fileJson(file));
        object.insert(u"files"_s, contents);
    }
    list(u"outputPaths"_s, outputPaths);
    list(u"installPackages"_s, installPackages);
    text(u"setupScript"_s, setupScript);
    text(u"workdir"_s, workdir);
    list(u"agentFlags"_s, agentFlags);
    if (!metadata.isEmpty())
        object.insert(u"metadata"_s, metadata);
    list(u"args"_s, args);
    return object;
}

} // namespace isol8
