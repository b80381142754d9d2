// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/http/WebSocketFrames.h>

#include <QCryptographicHash>
#include <QRandomGenerator>
#include <QtEndian>

#include <algorithm>
#include <cstring>

using namespace Qt::StringLiterals;

namespace isol8::http {

namespace {

constexpr qsizetype ControlLimit = 125;
constexpr QByteArrayView HandshakeGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

bool isControl(WebSocketOpcode opcode)
{
    return static_cast<quint8>(opcode) >= 8;
}

// Whole words at a time; \a at is the place in the frame of the first byte.
void applyMask(char *data, qsizetype size, const char mask[4], quint64 at)
{
    char turned[8];
    for (unsigned i = 0; i < 8; ++i)
        turned[i] = mask[(at + i) % 4];
    quint64 word = 0;
    std::memcpy(&word, turned, 8);
    qsizetype i = 0;
    for (; i + 8 <= size; i += 8) {
        quint64 bytes = 0;
        std::memcpy(&bytes, data + i, 8);
        bytes ^= word;
        std::memcpy(data + i, &bytes, 8);
    }
    for (; i < size; ++i)
        data[i] = static_cast<char>(data[i] ^ turned[i % 8]);
}

bool isCloseCode(quint16 code)
{
    const bool reserved = code == 1004 || code == 1005 || code == 1006;
    return (code >= 1000 && code <= 1014 && !reserved) || (code >= 3000 && code <= 4999);
}

} // namespace

QByteArray webSocketFrame(WebSocketRole sender, WebSocketOpcode opcode, QByteArrayView payload)
{
    if (isControl(opcode) && payload.size() > ControlLimit)
        payload = payload.first(ControlLimit);
    const auto size = static_cast<quint64>(payload.size());
    const char masked = sender == WebSocketRole::Client ? char(0x80) : char(0);
    QByteArray frame;
    frame.reserve(payload.size() + 14);
    frame.append(static_cast<char>(0x80 | static_cast<quint8>(opcode)));
    char length[8];
    if (size < 126) {
        frame.append(static_cast<char>(masked | static_cast<char>(size)));
    } else if (size <= 0xffff) {
        frame.append(static_cast<char>(masked | char(126)));
        qToBigEndian(static_cast<quint16>(size), length);
        frame.append(length, 2);
    } else {
        frame.append(static_cast<char>(masked | char(127)));
        qToBigEndian(size, length);
        frame.append(length, 8);
    }
    if (sender == WebSocketRole::Server)
        return frame.append(payload);
    char mask[4];
    const quint32 random = QRandomGenerator::global()->generate();
    std::memcpy(mask, &random, 4);
    frame.append(mask, 4);
    const qsizetype begin = frame.size();
    frame.append(payload);
    applyMask(frame.data() + begin, payload.size(), mask, 0);
    return frame;
}

QByteArray webSocketClose(WebSocketRole sender, quint16 code, QByteArrayView reason)
{
    qsizetype size = std::min<qsizetype>(reason.size(), ControlLimit - 2);
    while (size > 0 && size < reason.size() && (static_cast<quint8>(reason[size]) & 0xc0) == 0x80)
        --size;
    char bytes[2];
    qToBigEndian(code, bytes);
    return webSocketFrame(sender, WebSocketOpcode::Close, QByteArray(bytes, 2).append(reason.first(size)));
}

QByteArray webSocketKey()
{
    quint32 words[4];
    QRandomGenerator::system()->fillRange(words);
    return QByteArray::fromRawData(reinterpret_cast<const char *>(words), sizeof words).toBase64();
}

QByteArray webSocketAccept(QByteArrayView key)
{
    return QCryptographicHash::hash(key.toByteArray().append(HandshakeGuid), QCryptographicHash::Sha1).toBase64();
}

WebSocketParser::Step WebSocketParser::parse(QByteArrayView input)
{
    qsizetype at = 0;
    while (!m_over) {
        if (!m_inFrame) {
            // The header's own first bytes say how long it is.
            while (m_header.size() < headerSize() && at < input.size())
                m_header.append(input[at++]);
            if (m_header.size() < headerSize())
                return {Event::NeedMore, at};
            if (!parseHeader())
                break;
        }
        const auto part = static_cast<qsizetype>(std::min<quint64>(m_left, static_cast<quint64>(input.size() - at)));
        takePayload(input.sliced(at, part));
        at += part;
        if (m_left > 0)
            return {Event::NeedMore, at};
        m_inFrame = false;
        if (const Event event = endOfFrame(); event != Event::NeedMore)
            return {event, at};
    }
    return {Event::Failed, at};
}

qsizetype WebSocketParser::headerSize() const
{
    if (m_header.size() < 2)
        return 2;
    const auto second = static_cast<quint8>(m_header[1]);
    const qsizetype length = (second & 0x7f) == 126 ? 2 : (second & 0x7f) == 127 ? 8 : 0;
    return 2 + length + (second & 0x80 ? 4 : 0);
}

bool WebSocketParser::parseHeader()
{
    const auto first = static_cast<quint8>(m_header[0]);
    const auto second = static_cast<quint8>(m_header[1]);
    const bool masked = second & 0x80;
    m_final = first & 0x80;
    m_opcode = static_cast<WebSocketOpcode>(first & 0x0f);
    m_left = second & 0x7f;
    if (m_left == 126)
        m_left = qFromBigEndian<quint16>(m_header.constData() + 2);
    else if (m_left == 127)
        m_left = qFromBigEndian<quint64>(m_header.constData() + 2);
    if (masked)
        std::memcpy(m_mask, m_header.constData() + m_header.size() - 4, 4);
    else
        std::memset(m_mask, 0, 4);
    m_header.clear();
    m_taken = 0;

    if (first & 0x70)
        return refuse(closecodes::ProtocolError, u"a frame has reserved bits set"_s);
    if (masked != (m_role == WebSocketRole::Server))
        return refuse(closecodes::ProtocolError, masked ? u"a server masked a frame"_s : u"a frame is not masked"_s);
    switch (m_opcode) {
    case WebSocketOpcode::Text:
    case WebSocketOpcode::Binary:
        if (m_messageOpcode != WebSocketOpcode::Continuation)
            return refuse(closecodes::ProtocolError, u"a message began inside another"_s);
        m_messageOpcode = m_opcode;
        break;
    case WebSocketOpcode::Continuation:
        if (m_messageOpcode == WebSocketOpcode::Continuation)
            return refuse(closecodes::ProtocolError, u"a message went on that had not begun"_s);
        break;
    case WebSocketOpcode::Close:
    case WebSocketOpcode::Ping:
    case WebSocketOpcode::Pong:
        if (!m_final || m_left > static_cast<quint64>(ControlLimit))
            return refuse(closecodes::ProtocolError, u"a control frame is fragmented or too long"_s);
        break;
    default:
        return refuse(closecodes::ProtocolError, u"a frame is of an unknown kind"_s);
    }
    if (!isControl(m_opcode) && m_left > static_cast<quint64>(std::max<qint64>(m_limit - m_message.size(), 0)))
        return refuse(closecodes::TooLarge, u"a message is larger than %1"_s.arg(formatSize(m_limit)));
    m_inFrame = true;
    return true;
}

void WebSocketParser::takePayload(QByteArrayView part)
{
    QByteArray &target = isControl(m_opcode) ? m_control : m_message;
    const qsizetype begin = target.size();
    target.append(part);
    if (m_role == WebSocketRole::Server)
        applyMask(target.data() + begin, part.size(), m_mask, m_taken);
    m_taken += static_cast<quint64>(part.size());
    m_left -= static_cast<quint64>(part.size());
}

WebSocketParser::Event WebSocketParser::endOfFrame()
{
    if (isControl(m_opcode)) {
        m_payload = std::exchange(m_control, {});
        if (m_opcode == WebSocketOpcode::Close)
            return endOfClose();
        return m_opcode == WebSocketOpcode::Ping ? Event::Ping : Event::Pong;
    }
    if (!m_final)
        return Event::NeedMore;
    m_payload = std::exchange(m_message, {});
    const bool text = std::exchange(m_messageOpcode, WebSocketOpcode::Continuation) == WebSocketOpcode::Text;
    if (text && !QUtf8StringView(m_payload).isValidUtf8()) {
        refuse(closecodes::BadText, u"a text is not UTF-8"_s);
        return Event::Failed;
    }
    return text ? Event::Text : Event::Binary;
}

WebSocketParser::Event WebSocketParser::endOfClose()
{
    m_closeCode = closecodes::None;
    m_over = true;
    if (m_payload.isEmpty())
        return Event::Close;
    if (m_payload.size() < 2) {
        refuse(closecodes::ProtocolError, u"a close frame has half a code"_s);
        return Event::Failed;
    }
    m_closeCode = qFromBigEndian<quint16>(m_payload.constData());
    m_payload.remove(0, 2);
    if (!isCloseCode(m_closeCode)) {
        refuse(closecodes::ProtocolError, u"a close frame has an unknown code"_s);
        return Event::Failed;
    }
    if (!QUtf8StringView(m_payload).isValidUtf8()) {
        refuse(closecodes::BadText, u"a close frame's reason is not UTF-8"_s);
        return Event::Failed;
    }
    return Event::Close;
}

bool WebSocketParser::refuse(quint16 code, const QString &problem)
{
    m_closeCode = code;
    m_problem = problem;
    m_over = true;
    m_message.clear();
    m_control.clear();
    return false;
}

} // namespace isol8::http
