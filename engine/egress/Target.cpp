// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/egress/Target.h>

#include <algorithm>
#include <array>

using namespace Qt::StringLiterals;

namespace isol8::egress {

namespace {

constexpr quint16 HttpPort = 80;
constexpr qsizetype LoggedPathLimit = 1024;
constexpr QByteArrayView Scheme("http://");

bool equals(QByteArrayView a, QByteArrayView b)
{
    return a.compare(b, Qt::CaseInsensitive) == 0;
}

Parsed<Target> badTarget(QStringView code, const QString &sentence)
{
    return {std::nullopt, {code.toString(), sentence, 400}};
}

QString text(const Authority &authority)
{
    return QString::fromLatin1(authority.host.forAuthority()) + u':' + QString::number(authority.port);
}

// Empty: the Host field agrees. Absent is possible in HTTP/1.0 only, and agrees.
Refusal judgeHostField(const http::RequestHead &head, const Authority &target, quint16 defaultPort)
{
    const QByteArray field = head.value("host");
    if (field.isNull())
        return {};
    const Parsed<Authority> host = parseAuthority(field, defaultPort);
    if (!host.value)
        return host.refusal;
    if (*host.value == target)
        return {};
    return {reasons::HostMismatch.toString(),
            u"isol8 refuses the request: it goes to %1, but its Host field says %2."_s.arg(text(target),
                                                                                           text(*host.value))};
}

Parsed<Target> checked(const http::RequestHead &head, const Target &target, quint16 defaultPort)
{
    const Refusal refusal = judgeHostField(head, target.authority, defaultPort);
    return refusal.code.isEmpty() ? Parsed<Target>{target, {}} : Parsed<Target>{std::nullopt, refusal};
}

// "host[:port]" and the rest of what stands behind "http://".
std::pair<QByteArrayView, QByteArrayView> split(QByteArrayView rest)
{
    const auto end = std::find_if(rest.begin(), rest.end(), [](char c) { return c == '/' || c == '?' || c == '#'; });
    const qsizetype size = end - rest.begin();
    return {rest.first(size), rest.sliced(size)};
}

Parsed<Target> judgeAbsolute(const http::RequestHead &head)
{
    const QByteArrayView target = head.target;
    if (target.size() < Scheme.size() || !equals(target.first(Scheme.size()), Scheme)) {
        if (target.size() > 8 && equals(target.first(8), "https://"))
            return badTarget(reasons::Unsupported, u"For https:// isol8's proxy wants CONNECT."_s);
        return badTarget(reasons::BadRequest,
                         u"This is isol8's proxy: it takes requests for http://host/path, and CONNECT."_s);
    }
    const auto [authority, path] = split(target.sliced(Scheme.size()));
    if (path.contains('#'))
        return badTarget(reasons::BadHost, u"\"%1\" is refused: a request's address has no '#'."_s.arg(shown(target)));
    const Parsed<Authority> parsed = parseAuthority(authority, HttpPort);
    if (!parsed.value)
        return {std::nullopt, parsed.refusal};
    return checked(head, {*parsed.value, false, (path.startsWith('/') ? "" : "/") + path.toByteArray()}, HttpPort);
}

// Fields that are for one connection only, and those that are written anew.
bool isLeftOut(const QByteArray &name, const QByteArrayList &named)
{
    static constexpr std::array Own{
        "connection",        "proxy-connection", "keep-alive", "proxy-authorization", "proxy-authenticate", "te",
        "transfer-encoding", "trailer",          "upgrade",    "content-length",      "http2-settings"};
    const auto is = [&](QByteArrayView other) { return equals(name, other); };
    return std::any_of(Own.begin(), Own.end(), is) || std::any_of(named.begin(), named.end(), is);
}

QByteArray endToEndFields(const QList<http::Header> &headers)
{
    QByteArrayList named;
    for (const http::Header &header : headers) {
        if (!equals(header.name, "connection") && !equals(header.name, "proxy-connection"))
            continue;
        for (const QByteArray &token : header.value.split(','))
            named.append(token.trimmed());
    }
    QByteArray out;
    for (const http::Header &header : headers) {
        if (!isLeftOut(header.name, named) && !equals(header.name, "host"))
            out += header.name + ": " + header.value + "\r\n";
    }
    return out;
}

} // namespace

Parsed<Target> judgeTarget(const http::RequestHead &head, const Authority *tunnel)
{
    if (tunnel) {
        if (head.method == "CONNECT" || (!head.target.startsWith('/') && head.target != "*"))
            return badTarget(reasons::BadRequest, u"A request inside a tunnel to port 80 is for a path."_s);
        if (head.target.contains('#'))
            return badTarget(reasons::BadRequest, u"A request's path has no '#'."_s);
        return checked(head, {*tunnel, false, head.target}, HttpPort);
    }
    if (head.method != "CONNECT")
        return judgeAbsolute(head);
    const Parsed<Authority> parsed = parseAuthority(head.target, 0);
    if (!parsed.value)
        return {std::nullopt, parsed.refusal};
    if (head.chunked || head.contentLength > 0)
        return badTarget(reasons::BadRequest, u"CONNECT has no body."_s);
    return checked(head, {*parsed.value, true, {}}, parsed.value->port); // many send the name alone
}

LoggedTarget loggedTarget(const http::RequestHead &head, const Authority *tunnel)
{
    if (tunnel)
        return {QString::fromLatin1(tunnel->host.text), tunnel->port,
                head.target.startsWith('/') ? loggedPath(head.target.split('#').constFirst()) : QString()};
    const QByteArrayView target = head.target;
    const bool isConnect = head.method == "CONNECT";
    const bool isAbsolute = target.size() >= Scheme.size() && equals(target.first(Scheme.size()), Scheme);
    const auto [text, path] =
        isAbsolute && !isConnect ? split(target.sliced(Scheme.size())) : std::pair{target, QByteArrayView()};
    const Parsed<Authority> authority = parseAuthority(text, isConnect ? 0 : HttpPort);
    if (!authority.value || target.contains('#') || !(isConnect || isAbsolute))
        return {shown(head.target.split('?').constFirst()), 0, {}};
    return {QString::fromLatin1(authority.value->host.text), authority.value->port,
            isConnect ? QString() : loggedPath((path.startsWith('/') ? "" : "/") + path.toByteArray())};
}

QString loggedPath(const QByteArray &path)
{
    const qsizetype end = path.indexOf('?');
    return QString::fromLatin1(path.first(std::min(end < 0 ? path.size() : end, LoggedPathLimit)));
}

bool asksForUpgrade(const http::RequestHead &head)
{
    return head.hasToken("connection", "upgrade") && equals(head.value("upgrade"), "websocket");
}

QByteArray forwardedHead(const http::RequestHead &head, const Target &target)
{
    const Authority &authority = target.authority;
    QByteArray out = head.method + ' ' + target.path + " HTTP/1.1\r\nHost: " + authority.host.forAuthority();
    if (authority.port != HttpPort)
        out += ':' + QByteArray::number(authority.port);
    out += "\r\n" + endToEndFields(head.headers);
    if (head.chunked)
        out += "Transfer-Encoding: chunked\r\n";
    else if (!head.value("content-length").isNull())
        out += "Content-Length: " + QByteArray::number(head.contentLength) + "\r\n";
    QByteArrayList connection;
    if (asksForUpgrade(head)) {
        out += "Upgrade: websocket\r\n";
        connection.append("Upgrade");
    }
    if (head.hasToken("te", "trailers")) {
        out += "TE: trailers\r\n";
        connection.append("TE");
    }
    if (!connection.isEmpty())
        out += "Connection: " + connection.join(", ") + "\r\n";
    return out + "\r\n";
}

QByteArray returnedHead(const http::ResponseHead &head, const QByteArray &framing, bool close)
{
    QByteArray out = "HTTP/1.1 " + QByteArray::number(head.status) + ' ' + head.reason + "\r\n";
    out += endToEndFields(head.headers) + framing;
    if (head.status == 101)
        out += "Upgrade: " + head.value("upgrade") + "\r\nConnection: Upgrade\r\n";
    else if (close)
        out += "Connection: close\r\n";
    return out + "\r\n";
}

QByteArray chunk(const QByteArray &data)
{
    return data.isEmpty() ? QByteArray() : QByteArray::number(data.size(), 16) + "\r\n" + data + "\r\n";
}

QByteArray lastChunk(const QList<http::Header> &trailers)
{
    return "0\r\n" + endToEndFields(trailers) + "\r\n";
}

} // namespace isol8::egress
