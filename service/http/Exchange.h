// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>
#include <isol8/http/RequestHead.h>
#include <isol8/http/WebSocket.h>
#include <service/Caller.h>

#include <QJsonObject>
#include <QObject>
#include <QPointer>
#include <QStringList>

#include <memory>

namespace isol8::service {

class ClientConnection;

/*!
    A request and its answer. Answered once: by respond…(), by a stream, or by an upgrade; from inside the handler or
    later.

    Belongs to its connection, and is deleted when it is answered or when the client is gone: what works for it is best
    its child. Everything else may be called then, too, and does nothing.
*/
class Exchange : public QObject
{
    Q_OBJECT

public:
    Exchange(ClientConnection *connection, http::RequestHead head, QByteArray body);

    [[nodiscard]] const http::RequestHead &head() const { return m_head; }
    [[nodiscard]] const QByteArray &body() const { return m_body; }
    //! What stands where the route's path has "<arg>", percent-decoded.
    [[nodiscard]] const QStringList &arguments() const { return m_arguments; }
    void setArguments(const QStringList &arguments) { m_arguments = arguments; }
    //! Whom the router let pass.
    [[nodiscard]] const Caller &caller() const { return m_caller; }
    void setCaller(const Caller &caller) { m_caller = caller; }
    //! Gives the body away, which may be large.
    [[nodiscard]] QByteArray takeBody() { return std::exchange(m_body, {}); }

    void respond(int status, const QByteArray &contentType, const QByteArray &body,
                 const QList<http::Header> &headers = {});
    void respondJson(int status, const QJsonObject &object, const QList<http::Header> &headers = {});
    //! `{"error": …, "code": …}`.
    void respondError(int status, const Error &error, const QList<http::Header> &headers = {});

    //! Begins an answer of unknown length, which write() goes on with and end() ends.
    void startStream(const QByteArray &contentType);
    [[nodiscard]] bool isStreaming() const { return m_state == State::Streaming; }
    void write(const QByteArray &data);
    void end();
    //! Bytes that the client has not taken yet.
    [[nodiscard]] qint64 pendingBytes() const;

    //! Answers a WebSocket handshake and takes the connection over. Where the request is none: answers that, and null.
    [[nodiscard]] std::unique_ptr<http::WebSocket> upgrade(qint64 messageLimit);

Q_SIGNALS:
    //! Some of what was written left.
    void written();

private:
    enum class State { Open, Streaming, Answered };

    [[nodiscard]] QByteArray responseHead(int status, const QList<http::Header> &headers) const;

    QPointer<ClientConnection> m_connection;
    http::RequestHead m_head;
    QByteArray m_body;
    QStringList m_arguments;
    Caller m_caller;
    State m_state = State::Open;
};

//! "Not Found" for 404.
[[nodiscard]] QByteArray reasonPhrase(int status);

//! What stands in every answer: "Server: isol8/VERSION".
[[nodiscard]] QByteArray serverField();

} // namespace isol8::service
