// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Units.h>

#include <QByteArray>
#include <QByteArrayView>
#include <QString>

namespace isol8::http {

/*!
    The frames of RFC 6455, without extensions, as pure functions. WebSocket.h has the connection.
*/

enum class WebSocketRole { Client, Server }; //!< a client masks what it sends, and a server demands that

namespace closecodes {
inline constexpr quint16 Normal = 1000;
inline constexpr quint16 GoingAway = 1001;
inline constexpr quint16 ProtocolError = 1002;
inline constexpr quint16 BadMessage = 1003;
inline constexpr quint16 None = 1005; //!< the peer gave no code; never on the wire
inline constexpr quint16 BadText = 1007;
inline constexpr quint16 TooLarge = 1009;
inline constexpr quint16 TryAgainLater = 1013;
} // namespace closecodes

enum class WebSocketOpcode : quint8 { Continuation = 0, Text = 1, Binary = 2, Close = 8, Ping = 9, Pong = 10 };

//! A whole frame. Control frames (Close, Ping, Pong) carry at most 125 bytes; more is cut.
[[nodiscard]] QByteArray webSocketFrame(WebSocketRole sender, WebSocketOpcode opcode, QByteArrayView payload);
//! A Close frame; \a reason is cut at 123 bytes, between characters.
[[nodiscard]] QByteArray webSocketClose(WebSocketRole sender, quint16 code, QByteArrayView reason);

//! A fresh Sec-WebSocket-Key.
[[nodiscard]] QByteArray webSocketKey();
//! The Sec-WebSocket-Accept that answers \a key.
[[nodiscard]] QByteArray webSocketAccept(QByteArrayView key);

/*!
    Messages from bytes: what a peer sends after the handshake. Joins fragments, unmasks, checks text for UTF-8. What
   comes out does not depend on how the input was cut. Limits: \a messageLimit bytes for a message; control frames as
   the RFC has them.
*/
class WebSocketParser
{
public:
    enum class Event {
        NeedMore, //!< all input was consumed
        Text,     //!< payload() is UTF-8
        Binary,
        Ping,
        Pong,
        Close,  //!< closeCode(), and payload() is the reason; nothing more is parsed
        Failed, //!< closeCode() and problem() say why; nothing more is parsed
    };
    struct Step
    {
        Event event = Event::NeedMore;
        qsizetype consumed = 0;
    };

    //! \a self is who parses: a server demands masked frames, a client refuses them.
    explicit WebSocketParser(WebSocketRole self, qint64 messageLimit = 16 * MiB)
        : m_role(self)
        , m_limit(messageLimit)
    {
    }

    //! The next event. Call again with what was not consumed.
    [[nodiscard]] Step parse(QByteArrayView input);
    [[nodiscard]] const QByteArray &payload() const { return m_payload; }
    //! Bytes of a message that is not whole yet.
    [[nodiscard]] qint64 held() const { return m_message.size(); }
    [[nodiscard]] quint16 closeCode() const { return m_closeCode; }
    [[nodiscard]] const QString &problem() const { return m_problem; }

private:
    bool parseHeader();
    [[nodiscard]] qsizetype headerSize() const;
    void takePayload(QByteArrayView part);
    [[nodiscard]] Event endOfFrame();
    [[nodiscard]] Event endOfClose();
    bool refuse(quint16 code, const QString &problem);

    WebSocketRole m_role;
    qint64 m_limit;
    QByteArray m_header;
    bool m_inFrame = false;
    bool m_final = false;
    bool m_over = false;
    WebSocketOpcode m_opcode = WebSocketOpcode::Continuation;
    WebSocketOpcode m_messageOpcode = WebSocketOpcode::Continuation; //!< of the message under way; none
    quint64 m_left = 0;                                              //!< of the frame's payload
    quint64 m_taken = 0;                                             //!< for the mask
    char m_mask[4] = {};
    QByteArray m_message; //!< of a fragmented or plain data message
    QByteArray m_control;
    QByteArray m_payload; //!< of the last event
    quint16 m_closeCode = 0;
    QString m_problem;
};

} // namespace isol8::http
