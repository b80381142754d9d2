// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/egress/ClientHello.h>

#include <QtEndian>

namespace isol8::egress {

namespace {

constexpr qsizetype RecordHead = 5;
constexpr qsizetype RecordLimit = 16 * 1024;
constexpr qsizetype MessageHead = 4;
constexpr qsizetype RandomSize = 32;
constexpr qsizetype SessionIdLimit = 32;
constexpr char ClientHelloMessage = 1;
constexpr quint16 ServerNameExtension = 0;
constexpr char HostNameType = 0;

// Bytes that are taken from the front. Once it was asked for more than there is, it is bad and gives nothing.
class Cursor
{
public:
    explicit Cursor(QByteArrayView bytes)
        : m_rest(bytes)
    {
    }

    QByteArrayView take(qsizetype count)
    {
        if (m_bad || count > m_rest.size()) {
            m_bad = true;
            return {};
        }
        const QByteArrayView part = m_rest.first(count);
        m_rest = m_rest.sliced(count);
        return part;
    }
    quint32 number(qsizetype bytes)
    {
        quint32 value = 0;
        const QByteArrayView part = take(bytes);
        for (const char c : part)
            value = value << 8 | static_cast<quint8>(c);
        return value;
    }
    //! A vector with its length in front, in that many bytes.
    QByteArrayView vector(qsizetype lengthBytes) { return take(number(lengthBytes)); }
    [[nodiscard]] bool bad() const { return m_bad; }
    [[nodiscard]] bool atEnd() const { return m_bad || m_rest.isEmpty(); }

private:
    QByteArrayView m_rest;
    bool m_bad = false;
};

ClientHello malformed()
{
    return {ClientHello::Status::Malformed, 0, {}};
}

bool readServerName(QByteArrayView extension, std::optional<QByteArray> *name)
{
    Cursor cursor(extension);
    Cursor list(cursor.vector(2));
    if (cursor.bad() || !cursor.atEnd() || list.atEnd())
        return false;
    const QByteArrayView type = list.take(1);
    const QByteArrayView host = list.vector(2);
    if (list.bad() || !list.atEnd() || type[0] != HostNameType || host.isEmpty())
        return false;
    *name = host.toByteArray();
    return true;
}

bool readMessage(QByteArrayView message, std::optional<QByteArray> *name)
{
    Cursor cursor(message);
    const quint32 version = cursor.number(2);
    cursor.take(RandomSize);
    const QByteArrayView session = cursor.vector(1);
    const QByteArrayView ciphers = cursor.vector(2);
    const QByteArrayView compressions = cursor.vector(1);
    if (cursor.bad() || version >> 8 != 3 || session.size() > SessionIdLimit || ciphers.isEmpty() ||
        ciphers.size() % 2 || compressions.isEmpty())
        return false;
    if (cursor.atEnd())
        return true; // before extensions
    Cursor extensions(cursor.vector(2));
    if (cursor.bad() || !cursor.atEnd())
        return false;
    bool seen = false;
    while (!extensions.atEnd()) {
        const quint32 type = extensions.number(2);
        const QByteArrayView content = extensions.vector(2);
        if (extensions.bad())
            return false;
        if (type != ServerNameExtension)
            continue;
        if (seen || !readServerName(content, name))
            return false;
        seen = true;
    }
    return !extensions.bad();
}

} // namespace

ClientHello parseClientHello(QByteArrayView input)
{
    QByteArray message;
    qsizetype wanted = MessageHead;
    qsizetype at = 0;
    for (;;) {
        const QByteArrayView record = input.sliced(at);
        if ((!record.isEmpty() && record[0] != TlsHandshake) || (record.size() > 1 && record[1] != 3))
            return malformed();
        if (record.size() < RecordHead)
            return {};
        const qsizetype length = qFromBigEndian<quint16>(record.data() + 3);
        if (length == 0 || length > RecordLimit)
            return malformed();
        const QByteArrayView part = record.sliced(RecordHead).first(std::min(length, record.size() - RecordHead));
        message += part;
        if (!message.isEmpty() && message[0] != ClientHelloMessage)
            return malformed();
        if (message.size() >= MessageHead) {
            wanted = MessageHead + Cursor(QByteArrayView(message).sliced(1)).number(3);
            if (wanted > ClientHelloLimit)
                return malformed();
        }
        if (message.size() > wanted)
            return malformed(); // nothing can follow it before the server has answered
        if (part.size() < length)
            return {};
        at += RecordHead + length;
        if (message.size() >= MessageHead && message.size() == wanted)
            break;
    }
    ClientHello hello;
    if (!readMessage(QByteArrayView(message).sliced(MessageHead), &hello.serverName))
        return malformed();
    hello.status = ClientHello::Status::Done;
    hello.consumed = at;
    return hello;
}

} // namespace isol8::egress
