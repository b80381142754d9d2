// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QHash>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTcpServer>
#include <QTcpSocket>

namespace isol8::test {

//! What a model answers once: tools to use, or a text, in which "{result}" is what the last tool came to.
struct ModelTurn
{
    QString tool; //!< "write", "bash"; empty: the text is the answer
    QJsonObject arguments;
    QString text;
};

//! A conversation as an agent sent it.
struct ModelRequest
{
    QByteArray host; //!< of its Host header
    QByteArray authorization;
    QJsonArray messages;
    QStringList tools; //!< their names

    //! The text of the last message by \a role.
    [[nodiscard]] QString last(const QString &role) const
    {
        QString found;
        for (const QJsonValue &message : messages) {
            if (message[QStringLiteral("role")].toString() == role)
                found = textOf(message[QStringLiteral("content")]);
        }
        return found;
    }
    [[nodiscard]] int count(const QString &role) const
    {
        int count = 0;
        for (const QJsonValue &message : messages)
            count += message[QStringLiteral("role")].toString() == role ? 1 : 0;
        return count;
    }

private:
    static QString textOf(const QJsonValue &content)
    {
        QString text = content.toString();
        for (const QJsonValue &part : content.toArray())
            text += part[QStringLiteral("text")].toString();
        return text;
    }
};

/*!
    A model that plays a script: OpenAI's chat completions, streamed, on a loopback port. Each conversation gets the
    turns in their order; one that is longer than the script, or that carries another key, gets an error.
*/
class ModelServer : public QTcpServer
{
public:
    explicit ModelServer(QList<ModelTurn> script)
        : m_script(std::move(script))
    {
        connect(this, &QTcpServer::newConnection, this, [this] {
            QTcpSocket *socket = nextPendingConnection();
            connect(socket, &QTcpSocket::readyRead, this, [this, socket] { read(socket); });
            connect(socket, &QTcpSocket::disconnected, this, [this, socket] {
                m_buffers.remove(socket);
                socket->deleteLater();
            });
        });
        listen(QHostAddress::LocalHost);
    }

    QList<ModelRequest> requests;

    static QByteArray key() { return "sk-of-the-script"; }
    //! pi's configuration that makes this the model, at \a host ("127.0.0.1:PORT" where empty); its key comes from the
    //! variable SCRIPT_KEY.
    [[nodiscard]] QByteArray configuration(const QString &host = {}) const
    {
        const QString at = host.isEmpty() ? QStringLiteral("127.0.0.1:%1").arg(serverPort()) : host;
        const QJsonObject provider{
            {QStringLiteral("baseUrl"), QStringLiteral("http://%1/v1").arg(at)},
            {QStringLiteral("api"), QStringLiteral("openai-completions")},
            {QStringLiteral("apiKey"), QStringLiteral("SCRIPT_KEY")},
            {QStringLiteral("models"), QJsonArray{QJsonObject{{QStringLiteral("id"), QStringLiteral("player")}}}}};
        return QJsonDocument(
                   QJsonObject{{QStringLiteral("providers"), QJsonObject{{QStringLiteral("script"), provider}}}})
            .toJson();
    }

private:
    void read(QTcpSocket *socket)
    {
        QByteArray &buffer = m_buffers[socket];
        buffer += socket->readAll();
        for (;;) {
            const qsizetype end = buffer.indexOf("\r\n\r\n");
            if (end < 0)
                return;
            const QByteArray head = buffer.first(end);
            const qsizetype length = field(head, "content-length").toLongLong();
            if (buffer.size() < end + 4 + length)
                return;
            const QByteArray body = buffer.mid(end + 4, length);
            buffer.remove(0, end + 4 + length);
            const QByteArrayList line = head.first(qMax(head.indexOf("\r\n"), 0)).split(' ');
            answer(socket, line.value(0) + ' ' + line.value(1), head, body);
        }
    }

    static QByteArray field(const QByteArray &head, const QByteArray &name)
    {
        for (const QByteArray &line : head.split('\n')) {
            if (line.left(name.size() + 1).toLower() == name + ':')
                return line.mid(name.size() + 1).trimmed();
        }
        return {};
    }

    void answer(QTcpSocket *socket, const QByteArray &what, const QByteArray &head, const QByteArray &body)
    {
        const QJsonObject asked = QJsonDocument::fromJson(body).object();
        ModelRequest request{
            field(head, "host"), field(head, "authorization"), asked.value(QStringLiteral("messages")).toArray(), {}};
        for (const QJsonValue &tool : asked.value(QStringLiteral("tools")).toArray())
            request.tools.append(tool[QStringLiteral("function")][QStringLiteral("name")].toString());
        requests.append(request);
        const int turn = request.count(QStringLiteral("assistant"));
        if (what != "POST /v1/chat/completions" || !asked.value(QStringLiteral("stream")).toBool())
            return refuse(socket, "404 Not Found", "not_found");
        if (request.authorization != "Bearer " + key())
            return refuse(socket, "401 Unauthorized", "wrong_key");
        if (turn >= m_script.size())
            return refuse(socket, "400 Bad Request", "the_script_has_ended");
        socket->write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n");
        play(socket, m_script.at(turn), request.last(QStringLiteral("tool")));
        socket->write("data: [DONE]\n\n");
        socket->disconnectFromHost();
    }

    static void refuse(QTcpSocket *socket, const QByteArray &status, const QByteArray &code)
    {
        const QByteArray body = "{\"error\":{\"message\":\"" + code + "\",\"code\":\"" + code + "\"}}";
        socket->write("HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\nContent-Length: " +
                      QByteArray::number(body.size()) + "\r\n\r\n" + body);
    }

    // As models do it: what is said comes in small parts, a tool's arguments, too.
    static void play(QTcpSocket *socket, const ModelTurn &turn, const QString &result)
    {
        if (turn.tool.isEmpty()) {
            const QString text = QString(turn.text).replace(QStringLiteral("{result}"), result);
            for (qsizetype at = 0; at < text.size(); at += 7)
                send(socket, {{QStringLiteral("content"), text.mid(at, 7)}});
            return send(socket, {}, QStringLiteral("stop"));
        }
        const auto call = [&](QJsonObject part) {
            part.insert(QStringLiteral("index"), 0);
            send(socket, {{QStringLiteral("tool_calls"), QJsonArray{part}}});
        };
        call(QJsonObject{{QStringLiteral("id"), QString(QStringLiteral("call_") + turn.tool)},
                         {QStringLiteral("type"), QStringLiteral("function")},
                         {QStringLiteral("function"),
                          QJsonObject{{QStringLiteral("name"), turn.tool}, {QStringLiteral("arguments"), QString()}}}});
        const QString arguments = QString::fromUtf8(QJsonDocument(turn.arguments).toJson(QJsonDocument::Compact));
        for (qsizetype at = 0; at < arguments.size(); at += 16)
            call(QJsonObject{
                {QStringLiteral("function"), QJsonObject{{QStringLiteral("arguments"), arguments.mid(at, 16)}}}});
        send(socket, {}, QStringLiteral("tool_calls"));
    }

    static void send(QTcpSocket *socket, const QJsonObject &delta, const QString &end = {})
    {
        const QJsonObject choice{{QStringLiteral("index"), 0},
                                 {QStringLiteral("delta"), delta},
                                 {QStringLiteral("finish_reason"), end.isEmpty() ? QJsonValue() : QJsonValue(end)}};
        const QJsonObject chunk{{QStringLiteral("id"), QStringLiteral("turn")},
                                {QStringLiteral("object"), QStringLiteral("chat.completion.chunk")},
                                {QStringLiteral("created"), 1},
                                {QStringLiteral("model"), QStringLiteral("player")},
                                {QStringLiteral("choices"), QJsonArray{choice}}};
        socket->write("data: " + QJsonDocument(chunk).toJson(QJsonDocument::Compact) + "\n\n");
    }

    QList<ModelTurn> m_script;
    QHash<QTcpSocket *, QByteArray> m_buffers;
};

} // namespace isol8::test
