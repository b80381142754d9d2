// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/McpConnection.h>

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
        refuse({}, rpc::InvalidRequest, u"A message is longer than 64 MiB."_s);
        close();
    }
}

void McpConnection::readLine(const QByteArray &line)
{
    for (const McpMessage &message : readMcpLine(line)) {
        if (message.code != 0)
            refuse(message.id, message.code, message.problem);
        else if (message.id.isNull())
            Q_EMIT notified(message.method, message.params);
        else
            Q_EMIT requested(message.id, message.method, message.params);
    }
}

void McpConnection::answer(const QJsonValue &id, const QJsonObject &result)
{
    send({{u"id"_s, id}, {u"result"_s, result}});
}

void McpConnection::refuse(const QJsonValue &id, int code, const QString &sentence)
{
    send({{u"id"_s, id}, {u"error"_s, QJsonObject{{u"code"_s, code}, {u"message"_s, sentence}}}});
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
