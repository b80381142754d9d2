// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/execution/StreamEvent.h>

#include <isol8/execution/FieldReader.h>

#include <QJsonDocument>

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

constexpr std::array Types{NamedType{Type::Stdout, u"stdout"},        NamedType{Type::Stderr, u"stderr"},
                           NamedType{Type::Error, u"error"},          NamedType{Type::Exit, u"exit"},
                           NamedType{Type::Accepted, u"accepted"},    NamedType{Type::Queued, u"queued"},
                           NamedType{Type::Progress, u"progress"},    NamedType{Type::Started, u"started"},
                           NamedType{Type::Usage, u"usage"},          NamedType{Type::Network, u"network"},
                           NamedType{Type::Stdin, u"stdin"},          NamedType{Type::Value, u"value"},
                           NamedType{Type::Background, u"background"}};

// The first byte of a binary message.
constexpr char BinaryStdout = 1;
constexpr char BinaryStderr = 2;
constexpr char BinarySetup = 0x10;

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

QByteArray StreamEvent::toBinary() const
{
    const char kind = type == Type::Stderr ? BinaryStderr : BinaryStdout;
    QByteArray message;
    message.reserve(data.size() + 1);
    message.append(static_cast<char>(kind | (phase == Phase::Setup ? BinarySetup : 0)));
    return message.append(data);
}

std::optional<StreamEvent> StreamEvent::fromBinary(const QByteArray &message)
{
    if (message.size() < 2)
        return {};
    const char kind = static_cast<char>(message[0] & ~BinarySetup);
    if (kind != BinaryStdout && kind != BinaryStderr)
        return {};
    StreamEvent event;
    event.type = kind == BinaryStdout ? Type::Stdout : Type::Stderr;
    event.phase = message[0] & BinarySetup ? Phase::Setup : Phase::Code;
    event.data = message.sliced(1);
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
    if (!result.isEmpty())
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
