// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/egress/Host.h>

#include <QStringDecoder>
#include <QUrl>

#include <algorithm>

#include <arpa/inet.h>

using namespace Qt::StringLiterals;

namespace isol8::egress {

namespace {

constexpr qsizetype NameLimit = 253;
constexpr qsizetype LabelLimit = 63;

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

bool isNameByte(char c)
{
    return isDigit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '.';
}

Parsed<Host> refusedHost(QByteArrayView text, QStringView code, const QString &why)
{
    return {std::nullopt, {code.toString(), u"\"%1\" is refused: %2."_s.arg(shown(text), why)}};
}

Parsed<Host> parseBracketed(QByteArrayView text)
{
    const QByteArray inside = text.sliced(1, text.size() - 2).toByteArray();
    in6_addr raw;
    if (inside.contains('\0') || ::inet_pton(AF_INET6, inside.constData(), &raw) != 1)
        return refusedHost(text, reasons::BadHost, u"what is in brackets is no IPv6 address"_s);
    if (IN6_IS_ADDR_V4MAPPED(&raw) || (IN6_IS_ADDR_V4COMPAT(&raw) && !IN6_IS_ADDR_LOOPBACK(&raw)))
        return refusedHost(text, reasons::IpLiteral, u"it is an IPv4 address written as IPv6"_s);
    const QHostAddress address(raw.s6_addr);
    return {Host{address.toString().toLatin1(), address}, {}};
}

// As browsers do it: a name whose last label is a number, in any notation, is an IPv4 address or nothing.
bool endsInNumber(QByteArrayView name)
{
    const QByteArrayView last = name.sliced(name.lastIndexOf('.') + 1);
    if (last.startsWith("0x"))
        return std::all_of(last.begin() + 2, last.end(), [](char c) { return isDigit(c) || (c >= 'a' && c <= 'f'); });
    return !last.isEmpty() && std::all_of(last.begin(), last.end(), isDigit);
}

// Four decimal numbers without leading zeros. inet_pton reads nothing else.
std::optional<QHostAddress> parseQuad(const QByteArray &name)
{
    in_addr raw;
    if (::inet_pton(AF_INET, name.constData(), &raw) != 1)
        return std::nullopt;
    return QHostAddress(ntohl(raw.s_addr));
}

QString labelProblem(const QByteArray &name)
{
    const QList<QByteArray> labels = name.split('.');
    for (const QByteArray &label : labels) {
        if (label.isEmpty() || label.size() > LabelLimit)
            return u"a label of it is empty or longer than 63 characters"_s;
        if (label.startsWith('-') || label.endsWith('-'))
            return u"a label of it begins or ends with a hyphen"_s;
        if (label.startsWith("xn--")) {
            const QString decoded = QUrl::fromAce(label, QUrl::IgnoreIDNWhitelist);
            if (decoded.isEmpty() || QUrl::toAce(decoded, QUrl::IgnoreIDNWhitelist) != label ||
                decoded == QLatin1StringView(label))
                return u"it has an xn-- label that stands for no name"_s;
        }
    }
    return {};
}

// What is not ASCII, as A-labels; empty where it cannot be.
QByteArray toAscii(QByteArrayView text)
{
    QStringDecoder decoder(QStringDecoder::Utf8, QStringDecoder::Flag::Stateless);
    const QString decoded = decoder.decode(text);
    return decoder.hasError() ? QByteArray() : QUrl::toAce(decoded, QUrl::IgnoreIDNWhitelist);
}

} // namespace

bool isWall(QStringView code)
{
    return !code.isEmpty() && code != reasons::Unresolved && code != reasons::ResolveTimeout &&
           code != reasons::Unreachable && code != reasons::BadAnswer && code != reasons::Idle &&
           code != reasons::Cut && code != reasons::Abandoned;
}

QByteArray Host::forAuthority() const
{
    return address.protocol() == QAbstractSocket::IPv6Protocol ? '[' + text + ']' : text;
}

Parsed<Host> parseHost(QByteArrayView text)
{
    if (text.isEmpty() || text.size() > 4 * NameLimit)
        return refusedHost(text, reasons::BadHost, u"a host name has from 1 to 253 characters"_s);
    if (text.startsWith('[') && text.endsWith(']'))
        return parseBracketed(text);
    QByteArray name = text.toByteArray().toLower();
    if (std::any_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) {
        // The mapping turns other characters into dots, digits and slashes; what comes out is judged as if it had come.
        name = toAscii(text).toLower();
        if (name.isEmpty())
            return refusedHost(text, reasons::BadHost, u"it is no international host name"_s);
    }
    if (!std::all_of(name.begin(), name.end(), isNameByte))
        return refusedHost(text, reasons::BadHost,
                           u"host names consist of letters, digits, dots, hyphens and underscores"_s);
    if (name.endsWith('.'))
        name.chop(1);
    if (name.isEmpty() || name.size() > NameLimit)
        return refusedHost(text, reasons::BadHost, u"a host name has from 1 to 253 characters"_s);
    if (endsInNumber(name)) {
        if (const auto address = parseQuad(name))
            return {Host{address->toString().toLatin1(), *address}, {}};
        return refusedHost(text, reasons::IpLiteral,
                           u"it is an address in a notation that programs read differently"_s);
    }
    if (const QString problem = labelProblem(name); !problem.isEmpty())
        return refusedHost(text, reasons::BadHost, problem);
    return {Host{name, {}}, {}};
}

Parsed<Authority> parseAuthority(QByteArrayView text, quint16 defaultPort)
{
    const auto bad = [&](const QString &why) -> Parsed<Authority> {
        return {std::nullopt, refusedHost(text, reasons::BadHost, why).refusal};
    };
    qsizetype colon = text.lastIndexOf(':');
    if (text.endsWith(']'))
        colon = -1;
    quint16 port = defaultPort;
    if (colon >= 0) {
        const QByteArrayView digits = text.sliced(colon + 1);
        const bool number = !digits.isEmpty() && digits.size() <= 5 && digits.front() != '0' &&
                            std::all_of(digits.begin(), digits.end(), isDigit);
        const int value = number ? digits.toByteArray().toInt() : 0;
        if (value < 1 || value > 65535)
            return bad(u"what stands behind its colon is no port"_s);
        port = static_cast<quint16>(value);
    } else if (port == 0) {
        return bad(u"it does not say which port"_s);
    }
    Parsed<Host> host = parseHost(text.first(colon < 0 ? text.size() : colon));
    if (!host.value)
        return {std::nullopt, host.refusal};
    return {Authority{*host.value, port}, {}};
}

QString shown(QByteArrayView text)
{
    const QByteArrayView behind = text.sliced(text.lastIndexOf('@') + 1);
    QString out;
    for (const char c : behind.first(std::min<qsizetype>(behind.size(), 80)))
        out += c >= 0x20 && c < 0x7f && c != '"' ? QLatin1Char(c) : QLatin1Char('?');
    return behind.size() > 80 ? out + u"…"_s : out;
}

} // namespace isol8::egress
