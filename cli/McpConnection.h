// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cli/McpMessage.h>
#include <cli/OutputWriter.h>

#include <QJsonObject>
#include <QJsonValue>
#include <QObject>
#include <QSocketNotifier>

namespace isol8::cli {

/*!
    JSON-RPC 2.0 on stdin and stdout, a message a line, as the Model Context Protocol has it. What is no message is
    answered here.
*/
class McpConnection : public QObject
{
    Q_OBJECT

public:
    explicit McpConnection(QObject *parent = nullptr);

    void open();
    void answer(const QJsonValue &id, const QJsonObject &result);
    void refuse(const QJsonValue &id, int code, const QString &sentence);
    void notify(const QString &method, const QJsonObject &params);
    [[nodiscard]] qsizetype pending() const { return m_out.pending(); }

Q_SIGNALS:
    void requested(const QJsonValue &id, const QString &method, const QJsonObject &params);
    void notified(const QString &method, const QJsonObject &params);
    //! Nobody is there any more, or says what is longer than a message may be.
    void closed();
    //! Everything is written.
    void drained();

private:
    void read();
    void readLine(const QByteArray &line);
    void send(QJsonObject message);
    void close();

    static constexpr qsizetype LongestMessage = 64 * 1024 * 1024;

    OutputWriter m_out;
    QSocketNotifier *m_in = nullptr;
    QByteArray m_buffer;
    qsizetype m_searched = 0;
};

} // namespace isol8::cli
