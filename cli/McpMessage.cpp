// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/McpMessage.h>

#include <QJsonArray>
#include <QJsonDocument>

#include <optional>

using namespace Qt::StringLiterals;

namespace isol8::cli {

namespace {

McpMessage refusal(const QJsonValue &id, int code, const QString &problem)
{
    return {id, {}, {}, code, problem};
}

std::optional<McpMessage> messageOf(const QJsonValue &value)
{
    const QJsonObject message = value.toObject();
    const QJsonValue id = message.value(u"id"_s);
    const QJsonValue method = message.value(u"method"_s);
    const QJsonValue params = message.value(u"params"_s);
    const bool isRequest = id.isString() || id.isDouble();
    const QJsonValue asker = isRequest ? id : QJsonValue();
    if (message.value(u"jsonrpc"_s) != u"2.0"_s || !(id.isUndefined() || isRequest) ||
        !(params.isUndefined() || params.isObject()))
        return refusal(asker, rpc::InvalidRequest, u"This is no message of JSON-RPC 2.0 with named parameters."_s);
    if (method.isString())
        return McpMessage{asker, method.toString(), params.toObject(), 0, {}};
    if (message.contains(u"result"_s) || message.contains(u"error"_s))
        return std::nullopt;
    return refusal(asker, rpc::InvalidRequest, u"The message has no method."_s);
}

} // namespace

QList<McpMessage> readMcpLine(const QByteArray &line)
{
    QJsonParseError problem;
    const QJsonDocument document = QJsonDocument::fromJson(line, &problem);
    if (problem.error != QJsonParseError::NoError)
        return {refusal({}, rpc::ParseError, u"This is not JSON: %1."_s.arg(problem.errorString()))};
    if (document.isArray() && document.array().isEmpty())
        return {refusal({}, rpc::InvalidRequest, u"A batch has no messages."_s)};
    QList<McpMessage> messages;
    const QJsonArray batch = document.isArray() ? document.array() : QJsonArray{document.object()};
    for (const QJsonValue &value : batch) {
        if (auto message = messageOf(value))
            messages.append(*std::move(message));
    }
    return messages;
}

} // namespace isol8::cli
