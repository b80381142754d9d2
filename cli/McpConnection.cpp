// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/McpConnection.h>

#include <QJsonArray>
#include <QJsonDocument>

#include <cerrno>

#include <unistd.h>

using namespace Qt::StringLiterals;

namespace isol8::cli {

McpConnection::McpConnection(QObject *parent)
    : QObject(parent)
    , m_out(STDOUT_FILENO)
{
    connect(&m_out, &OutputWriter::drained, this, &McpConnection::drained);
    connect(&m_out, &OutputWriter::broken, this, &McpConnection::close);
}

void McpConnection::open()
{
    m_in = new QSocketNotifier(STDIN_FILENO, QSocketNotifier::Read, this);
    connect(m_in, &QSocketNotifier::activated, this, &McpConnection::read);
}

void McpConnection::close()
{
    if (!m_in || !m_in->isEnabled())
        return;
    m_in->setEnabled(false);
    Q_EMIT closed();
}

void McpConnection::read()
{
    char chunk[64 * 1024];
    const ssize_t n = ::read(STDIN_FILENO, chunk, sizeof chunk);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n <= 0)
        return close();
    m_buffer.append(chunk, n);
    while (m_in->isEnabled()) {
        const qsizetype end = m_buffer.indexOf('\n', m_searched);
        if (end < 0) {
            m_searched = m_buffer.size();
            break;
        }
        const QByteArray line = m_buffer.left(end).trimmed();
        m_buffer.remove(0, end + 1);
        m_searched = 0;
        if (!line.isEmpty())
            readLine(line);
    }
    if (m_buffer.size() > LongestMessage) {
        refuse({}, InvalidRequest, u"A message is longer than 64 MiB."_s);
        close();
    }
}

void McpConnection::readLine(const QByteArray &line)
{
    QJsonParseError problem;
    const QJsonDocument document = QJsonDocument::fromJson(line, &problem);
    if (problem.error != QJsonParseError::NoError)
        return refuse({}, ParseError, u"This is not JSON: %1."_s.arg(problem.errorString()));
    if (!document.isArray())
        return readMessage(document.object());
    if (document.array().isEmpty())
        refuse({}, InvalidRequest, u"A batch has no messages."_s);
    for (const QJsonValue &message : document.array())
        readMessage(message);
}

void McpConnection::readMessage(const QJsonValue &value)
{
    const QJsonObject message = value.toObject();
    const QJsonValue id = message.value(u"id"_s);
    const QJsonValue method = message.value(u"method"_s);
    const QJsonValue params = message.value(u"params"_s);
    const bool isRequest = id.isString() || id.isDouble();
    if (message.value(u"jsonrpc"_s) != u"2.0"_s || !(id.isUndefined() || isRequest) ||
        !(params.isUndefined() || params.isObject())) {
        refuse(isRequest ? id : QJsonValue(), InvalidRequest,
               u"This is no message of JSON-RPC 2.0 with named parameters."_s);
        return;
    }
    if (!method.isString()) {
        if (!message.contains(u"result"_s) && !message.contains(u"error"_s)) // an answer; nothing was asked
            refuse(isRequest ? id : QJsonValue(), InvalidRequest, u"The message has no method."_s);
        return;
    }
    if (isRequest)
        Q_EMIT requested(id, method.toString(), params.toObject());
    else
        Q_EMIT notified(method.toString(), params.toObject());
}

void McpConnection::answer(const QJsonValue &id, const QJsonObject &result)
{
    send({{u"id"_s, id}, {u"result"_s, result}});
}

void McpConnection::refuse(const QJsonValue &id, int code, const QString &sentence)
{
    send({{u"id"_s, id.isUndefined() ? QJsonValue() : id},
          {u"error"_s, QJsonObject{{u"code"_s, code}, {u"message"_s, sentence}}}});
}

void McpConnection::notify(const QString &method, const QJsonObject &params)
{
    send({{u"method"_s, method}, {u"params"_s, params}});
}

void McpConnection::send(QJsonObject message)
{
    message.insert(u"jsonrpc"_s, u"2.0"_s);
    m_out.write(QJsonDocument(message).toJson(QJsonDocument::Compact) + '\n');
}

} // namespace isol8::cli
