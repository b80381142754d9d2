// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/ExecuteMessage.h>

#include <isol8/execution/FieldReader.h>
#include <isol8/execution/Validate.h>

#include <QJsonDocument>

using namespace Qt::StringLiterals;

namespace isol8::service {

namespace {

constexpr StreamEvent::Type ExtraEvents[] = {
    StreamEvent::Type::Accepted, StreamEvent::Type::Queued, StreamEvent::Type::Progress,
    StreamEvent::Type::Started,  StreamEvent::Type::Usage,  StreamEvent::Type::Network,
    StreamEvent::Type::Stdin,    StreamEvent::Type::Value,  StreamEvent::Type::Background};
constexpr int MostCells = 10000;

void readExtras(const QJsonObject &object, FieldReader *reader, ExecuteMessage *message)
{
    QStringList events;
    reader->read(u"events"_s, &events);
    for (const StreamEvent::Type type : ExtraEvents) {
        if (events.contains(toString(type)))
            message->events.insert(type);
    }
    std::optional<bool> interactive;
    reader->read(u"interactive"_s, &interactive);
    message->interactive = interactive;
    reader->read(u"sessionId"_s, &message->options.sessionId);
    reader->read(u"snapshot"_s, &message->options.snapshot);
    std::optional<QStringList> asked;
    reader->read(u"asked"_s, &asked);
    message->options.asked = asked;
    QString frames;
    reader->read(u"frames"_s, &frames);
    message->binary = frames == u"binary";
    message->files = message->binary && events.contains(u"files"_s);
    reader->read(u"collect"_s, &message->collect);
    reader->read(u"explicit"_s, &message->isExplicit);
    reader->read(u"fileName"_s, &message->request.fileName);
    if (object.value(u"runtimes"_s).isObject())
        message->options.runtimes = object.value(u"runtimes"_s).toObject();
    if (object.value(u"terminal"_s).isUndefined() || object.value(u"terminal"_s).isNull())
        return;
    QJsonObject terminal;
    reader->read(u"terminal"_s, &terminal);
    FieldReader size(terminal, u"terminal"_s);
    int columns = 80, rows = 24;
    size.read(u"cols"_s, &columns, 1, MostCells);
    size.read(u"rows"_s, &rows, 1, MostCells);
    if (size.error())
        reader->complain(*size.error());
    message->options.pty = true;
    message->options.ptySize = {columns, rows};
}

} // namespace

Result<QJsonObject> parseObject(const QByteArray &json)
{
    QJsonParseError problem;
    const QJsonDocument document = QJsonDocument::fromJson(json, &problem);
    if (problem.error != QJsonParseError::NoError)
        return fail(errors::BadRequest,
                    u"The request is not JSON: %1 at byte %2."_s.arg(problem.errorString()).arg(problem.offset));
    if (!document.isObject())
        return fail(errors::BadRequest, u"The request is not a JSON object."_s);
    return document.object();
}

Result<ExecuteMessage> ExecuteMessage::fromJson(const QByteArray &json)
{
    const auto object = parseObject(json);
    if (!object)
        return fail(object.error());
    if (!object->value(u"request"_s).isObject())
        return fail(errors::BadRequest, object->contains(u"request"_s) ? u"request must be an object."_s
                                                                       : u"request is missing; it says what to run."_s);
    if (const QJsonValue options = object->value(u"options"_s);
        !options.isUndefined() && !options.isNull() && !options.isObject())
        return fail(errors::BadRequest, u"options must be an object."_s);
    auto request = RunRequest::fromJson(object->value(u"request"_s).toObject());
    if (!request)
        return fail(request.error());
    auto options = RunOptions::fromJson(object->value(u"options"_s).toObject());
    if (!options)
        return fail(options.error());
    ExecuteMessage message;
    message.request = std::move(*request);
    message.options = std::move(*options);
    FieldReader reader(*object, {});
    readExtras(*object, &reader, &message);
    if (reader.error())
        return fail(*reader.error());
    if (const auto valid = validate(message.request); !valid)
        return fail(valid.error());
    return message;
}

} // namespace isol8::service
