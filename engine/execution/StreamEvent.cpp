// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/execution/StreamEvent.h>

#include <isol8/execution/FieldReader.h>

#include <QJsonDocument>

#include <algorithm>
#include <array>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

using Type = StreamEvent::Type;

struct NamedType
{
    Type type;
    QStringView name;
};

constexpr std::array Types{NamedType{Type::Stdout, u"stdout"},         NamedType{Type::Stderr, u"stderr"},
                           NamedType{Type::Error, u"error"},           NamedType{Type::Exit, u"exit"},
                           NamedType{Type::Accepted, u"accepted"},     NamedType{Type::Queued, u"queued"},
                           NamedType{Type::Progress, u"progress"},     NamedType{Type::Started, u"started"},
                           NamedType{Type::Usage, u"usage"},           NamedType{Type::Network, u"network"},
                           NamedType{Type::Stdin, u"stdin"},           NamedType{Type::Value, u"value"},
                           NamedType{Type::Background, u"background"}, NamedType{Type::FileOpened, u"files"}};

// The first byte of a binary message.
constexpr char BinaryStdout = 1;
constexpr char BinaryStderr = 2;
constexpr char BinaryFile = 3;
constexpr char BinaryFileData = 4;
constexpr char BinaryFileEnd = 5;
constexpr char BinarySetup = 0x10;

char kindOf(Type type)
{
    switch (type) {
    case Type::Stderr:
        return BinaryStderr;
    case Type::FileOpened:
        return BinaryFile;
    case Type::FileData:
        return BinaryFileData;
    case Type::FileEnded:
        return BinaryFileEnd;
    default:
        return BinaryStdout;
    }
}

std::optional<Type> typeOf(char kind)
{
    for (const Type type : {Type::Stdout, Type::Stderr, Type::FileOpened, Type::FileData, Type::FileEnded}) {
        if (kindOf(type) == kind)
            return type;
    }
    return {};
}

QByteArray fileText(const RunFile &file)
{
    return QJsonDocument(QJsonObject{{u"path"_s, QString::fromLatin1(file.path.toBase64())},
                                     {u"size"_s, file.size},
                                     {u"mode"_s, int(file.info.mode)},
                                     {u"mtimeMs"_s, file.info.mtimeMs}})
        .toJson(QJsonDocument::Compact);
}

std::optional<RunFile> readFile(const QByteArray &text)
{
    const QJsonObject object = QJsonDocument::fromJson(text).object();
    RunFile file;
    file.path = QByteArray::fromBase64(object.value(u"path"_s).toString().toLatin1());
    file.size = object.value(u"size"_s).toInteger(-1);
    file.info.mode = uint(object.value(u"mode"_s).toInt()) & 0777;
    file.info.mtimeMs = std::max<qint64>(object.value(u"mtimeMs"_s).toInteger(), 0);
    if (!file.path.startsWith('/') || file.path.contains('\0') || file.size < 0)
        return {};
    return file;
}

// \a text is UTF-8 that may hold anything; the result is a JSON string without its quotes.
void appendEscaped(QByteArray *json, QByteArrayView text)
{
    qsizetype plain = 0;
    for (qsizetype i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
            continue;
        json->append(text.sliced(plain, i - plain));
        plain = i + 1;
        switch (c) {
        case '\n':
            json->append("\\n");
            break;
        case '\r':
            json->append("\\r");
            break;
        case '\t':
            json->append("\\t");
            break;
        case '"':
            json->append("\\\"");
            break;
        case '\\':
            json->append("\\\\");
            break;
        default:
            json->append("\\u00").append(QByteArray::number(c, 16).rightJustified(2, '0'));
        }
    }
    json->append(text.sliced(plain));
}

} // namespace

QString toString(StreamEvent::Type type)
{
    for (const NamedType &named : Types) {
        if (named.type == type)
            return named.name.toString();
    }
    return {};
}

bool StreamEvent::isBinary() const
{
    return typeOf(kindOf(type)) == type;
}

QByteArray StreamEvent::toBinary() const
{
    const QByteArray content = type == Type::FileOpened ? fileText(file) : data;
    QByteArray message;
    message.reserve(content.size() + 1);
    message.append(static_cast<char>(kindOf(type) | (phase == Phase::Setup ? BinarySetup : 0)));
    return message.append(content);
}

std::optional<StreamEvent> StreamEvent::fromBinary(const QByteArray &message)
{
    if (message.isEmpty())
        return {};
    const auto type = typeOf(static_cast<char>(message[0] & ~BinarySetup));
    if (!type || (message.size() < 2 && *type != Type::FileEnded))
        return {};
    StreamEvent event;
    event.type = *type;
    event.phase = message[0] & BinarySetup ? Phase::Setup : Phase::Code;
    event.data = message.sliced(1);
    if (event.type != Type::FileOpened)
        return event;
    const auto file = readFile(std::exchange(event.data, {}));
    if (!file)
        return {};
    event.file = *file;
    return event;
}

QByteArray StreamEvent::toJson() const
{
    // Written by hand: output passes here, a QJsonObject would take it through UTF-16 and back.
    QByteArray json;
    json.reserve(data.size() + data.size() / 8 + 64);
    json.append("{\"type\":\"").append(toString(type).toLatin1()).append("\",\"data\":\"");
    appendEscaped(&json, data);
    json.append("\",\"phase\":\"").append(toString(phase).toLatin1()).append('"');
    const auto member = [&](const char *name, const QJsonObject &object) {
        json.append(",\"").append(name).append("\":").append(QJsonDocument(object).toJson(QJsonDocument::Compact));
    };
    if (!code.isEmpty()) {
        json.append(",\"code\":\"");
        appendEscaped(&json, code.toUtf8());
        json.append('"');
    }
    if (!resultText.isEmpty())
        json.append(",\"result\":").append(resultText);
    else if (!result.isEmpty())
        member("result", result);
    if (usage)
        member("usage", isol8::toJson(*usage));
    if (!network.isEmpty())
        member("network", network);
    if (!value.isEmpty())
        member("value", value);
    if (type == Type::Background)
        json.append(stream == OutputStream::Stdout ? ",\"stream\":\"stdout\"" : ",\"stream\":\"stderr\"");
    return json.append('}');
}

Result<std::optional<StreamEvent>> StreamEvent::fromJson(const QByteArray &json)
{
    QJsonParseError problem;
    const QJsonDocument document = QJsonDocument::fromJson(json, &problem);
    if (!document.isObject())
        return fail(errors::BadRequest, u"An event is not a JSON object."_s, problem.errorString());
    const QJsonObject object = document.object();
    FieldReader reader(object, u"event"_s);
    QString type, phase;
    std::optional<QByteArray> data;
    QJsonObject usage;
    StreamEvent event;
    reader.read(u"type"_s, &type);
    reader.read(u"phase"_s, &phase);
    reader.read(u"data"_s, &data);
    reader.read(u"code"_s, &event.code);
    reader.read(u"result"_s, &event.result);
    reader.read(u"usage"_s, &usage);
    reader.read(u"network"_s, &event.network);
    reader.read(u"value"_s, &event.value);
    QString stream;
    reader.read(u"stream"_s, &stream);
    event.stream = stream == u"stderr" ? OutputStream::Stderr : OutputStream::Stdout;
    if (reader.error())
        return fail(*reader.error());
    const auto *named =
        std::find_if(Types.begin(), Types.end(), [&](const NamedType &candidate) { return candidate.name == type; });
    if (type.isEmpty())
        return fail(errors::BadRequest, u"event.type is missing."_s);
    if (named == Types.end())
        return std::optional<StreamEvent>();
    event.type = named->type;
    event.data = data.value_or(QByteArray());
    event.phase = phase == u"setup" ? Phase::Setup : Phase::Code;
    if (event.type == Type::Usage) {
        const auto read = RunResult::fromJson({{u"resourceUsage"_s, usage}});
        if (!read)
            return fail(read.error());
        event.usage = read->resourceUsage;
    }
    return std::optional(std::move(event));
}

} // namespace isol8
