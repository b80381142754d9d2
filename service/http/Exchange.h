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

#include <functional>
#include <memory>

namespace isol8::service {

class ClientConnection;

/*!
    A request and its answer. Answered once: by respond…(), by a stream, or by an upgrade; from inside the handler or
    later. It is there as soon as its head is; the router has the body read before it calls a handler, or leaves that to
    those that take it as it comes.

    Belongs to its connection, and is deleted when it is answered or when the client is gone: what works for it is best
    its child. Everything else may be called then, too, and does nothing.
*/
class Exchange : public QObject
{
    Q_OBJECT

public:
    Exchange(ClientConnection *connection, http::RequestHead head);

    [[nodiscard]] const http::RequestHead &head() const { return m_head; }
    [[nodiscard]] const QByteArray &body() const { return m_body; }
    //! Has the body read, as far as it may be that large, and calls \a then when it is there; what is wrong with it is
    //! answered.
    void readBody(std::function<void()> then);
    //! Has the body told by bodyData() and bodyEnded(), of whatever size, and never from inside this. One that is
    //! answered before its end is not read on, and its connection closes.
    void streamBody();
    //! While paused no more of it is read.
    void setBodyPaused(bool paused);
    //! What stands where the route's path has "<arg>" and "<rest>", percent-decoded.
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
    void startStream(const QByteArray &contentType, const QList<http::Header> &headers = {});
    //! The same of an answer of \a length bytes; a HEAD's are not sent.
    void startStream(const QByteArray &contentType, qint64 length, const QList<http::Header> &headers);
    //! Of what was answered; 0: nothing yet.
    [[nodiscard]] int status() const { return m_status; }
    [[nodiscard]] bool isStreaming() const { return m_state == State::Streaming; }
    void write(const QByteArray &data);
    //! An answer that is shorter than it said breaks off.
    void end();
    //! Cuts the connection, so that the client sees that what came is not whole.
    void breakOff();
    //! Bytes that the client has not taken yet.
    [[nodiscard]] qint64 pendingBytes() const;

    //! Answers a WebSocket handshake and takes the connection over. Where the request is none: answers that, and null.
    [[nodiscard]] std::unique_ptr<http::WebSocket> upgrade(qint64 messageLimit);

Q_SIGNALS:
    //! Some of what was written left.
    void written();
    void bodyData(const QByteArray &bytes);
    void bodyEnded();

private:
    enum class State { Open, Streaming, Answered };

    friend class ClientConnection;
    void takeWholeBody(QByteArray body);
    [[nodiscard]] QByteArray responseHead(int status, const QList<http::Header> &headers);

    QPointer<ClientConnection> m_connection;
    http::RequestHead m_head;
    QByteArray m_body;
    std::function<void()> m_bodyRead;
    qint64 m_left = -1; //!< of an answer whose length was said
    QStringList m_arguments;
    Caller m_caller;
    State m_state = State::Open;
    int m_status = 0;
};

//! "Not Found" for 404.
[[nodiscard]] QByteArray reasonPhrase(int status);

//! What stands in every answer: "Server: isol8/VERSION".
[[nodiscard]] QByteArray serverField();

} // namespace isol8::service
