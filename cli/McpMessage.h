// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QJsonObject>
#include <QJsonValue>
#include <QList>

namespace isol8::cli {

//! The error codes of JSON-RPC 2.0.
namespace rpc {
constexpr int ParseError = -32700;
constexpr int InvalidRequest = -32600;
constexpr int MethodNotFound = -32601;
constexpr int InvalidParams = -32602;
} // namespace rpc

//! A message of JSON-RPC 2.0, as it came.
struct McpMessage
{
    QJsonValue id; //!< a string or a number: it wants an answer; else a notification, or a refusal of nobody's
    QString method;
    QJsonObject params;
    int code = 0; //!< not 0: it is refused with it and with problem
    QString problem;
};

//! The messages of \a line, which is one or a batch. Answers are left out, for nothing was asked.
[[nodiscard]] QList<McpMessage> readMcpLine(const QByteArray &line);

} // namespace isol8::cli
