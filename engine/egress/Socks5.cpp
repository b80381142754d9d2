// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/egress/Socks5.h>

#include <QtEndian>

using namespace Qt::StringLiterals;

namespace isol8::egress::socks5 {

namespace {

constexpr char Version = 5;
constexpr char NoAuthentication = 0;
constexpr char Connect = 1;
enum AddressType : char { Address4 = 1, Name = 3, Address6 = 4 };

Request refused(Reply reply, QStringView code, const QString &sentence)
{
    Request request;
    request.status = Status::Refused;
    request.reply = reply;
    request.refusal = {code.toString(), sentence, 400};
    return request;
}

} // namespace

Greeting parseGreeting(QByteArrayView input)
{
    Greeting greeting;
    if (!input.isEmpty() && input[0] != Version) {
        greeting.status = Status::Refused;
        return greeting;
    }
    if (input.size() < 2)
        return greeting;
    const auto count = static_cast<quint8>(input[1]);
    if (input.size() < 2 + count)
        return greeting;
    const bool open = input.sliced(2, count).contains(NoAuthentication);
    greeting.status = open ? Status::Done : Status::Refused;
    greeting.consumed = 2 + count;
    greeting.answer = QByteArray(1, Version) + (open ? NoAuthentication : char(0xff));
    return greeting;
}

Request parseRequest(QByteArrayView input)
{
    if (!input.isEmpty() && input[0] != Version)
        return refused(Reply::Failure, reasons::BadRequest, u"The request is none of SOCKS5."_s);
    if (input.size() < 5)
        return {};
    if (input[1] != Connect)
        return refused(Reply::CommandNotSupported, reasons::Unsupported, u"Of SOCKS5 only CONNECT is served."_s);
    if (input[2] != 0)
        return refused(Reply::Failure, reasons::BadRequest, u"The request is none of SOCKS5."_s);
    qsizetype begin = 4;
    qsizetype length = 0;
    switch (input[3]) {
    case Address4:
        length = 4;
        break;
    case Address6:
        length = 16;
        break;
    case Name:
        begin = 5;
        length = static_cast<quint8>(input[4]);
        break;
    default:
        return refused(Reply::AddressTypeNotSupported, reasons::BadRequest, u"SOCKS5 has no such type of address."_s);
    }
    if (input.size() < begin + length + 2)
        return {};
    const QByteArrayView bytes = input.sliced(begin, length);
    Request request;
    request.status = Status::Done;
    request.consumed = begin + length + 2;
    request.target.port = qFromBigEndian<quint16>(input.data() + begin + length);
    QByteArray text = bytes.toByteArray();
    if (input[3] == Address4)
        text = QHostAddress(qFromBigEndian<quint32>(bytes.data())).toString().toLatin1();
    else if (input[3] == Address6)
        text = '[' + QHostAddress(reinterpret_cast<const quint8 *>(bytes.data())).toString().toLatin1() + ']';
    const Parsed<Host> host = parseHost(text);
    if (!host.value) {
        Request bad = refused(Reply::NotAllowed, host.refusal.code, host.refusal.sentence);
        bad.consumed = request.consumed;
        return bad;
    }
    if (request.target.port == 0)
        return refused(Reply::Failure, reasons::BadHost, u"There is no port 0."_s);
    request.target.host = *host.value;
    return request;
}

QByteArrayView nameIn(QByteArrayView request)
{
    if (request.size() < 5 || request[3] != Name)
        return {};
    return request.sliced(5).first(std::min<qsizetype>(static_cast<quint8>(request[4]), request.size() - 5));
}

QByteArray answer(Reply reply)
{
    return QByteArray("\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00", 10).replace(1, 1, QByteArray(1, char(reply)));
}

Reply replyFor(const Refusal &refusal)
{
    if (refusal.code == reasons::Unresolved || refusal.code == reasons::ResolveTimeout)
        return Reply::HostUnreachable;
    if (refusal.code == reasons::Unreachable)
        return Reply::ConnectionRefused;
    return isWall(refusal.code) ? Reply::NotAllowed : Reply::Failure;
}

} // namespace isol8::egress::socks5
