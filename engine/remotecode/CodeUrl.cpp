// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/remotecode/CodeUrl.h>

#include <QList>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::remotecode {

namespace {

constexpr qsizetype ShownLimit = 200;
constexpr qsizetype NameLimit = 255;

tl::unexpected<Error> bad(const QString &why)
{
    return fail(errors::BadRequest, u"The URL of the code cannot be used: %1."_s.arg(why));
}

bool isSchemeByte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '-' ||
           c == '.';
}

// The length of "https" in "https:…", or -1.
qsizetype schemeLength(QByteArrayView text)
{
    const qsizetype colon = text.indexOf(':');
    return colon > 0 && std::all_of(text.begin(), text.begin() + colon, isSchemeByte) ? colon : -1;
}

// RFC 3986, 5.2.4, for a path that begins with '/'.
QByteArray withoutDotSegments(QByteArrayView path)
{
    QList<QByteArray> kept;
    const QList<QByteArray> segments = path.sliced(1).toByteArray().split('/');
    for (qsizetype i = 0; i < segments.size(); ++i) {
        const QByteArray plain = segments[i].toLower().replace("%2e", ".");
        const bool last = i + 1 == segments.size();
        if (plain != "." && plain != "..") {
            kept.append(segments[i]);
            continue;
        }
        if (plain == ".." && !kept.isEmpty())
            kept.removeLast();
        if (last)
            kept.append(QByteArray());
    }
    return '/' + kept.join('/');
}

// What may not stand in a URL, encoded; what is encoded stays so.
QByteArray encoded(QByteArrayView text)
{
    static constexpr char Hex[] = "0123456789ABCDEF";
    QByteArray out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x80 || QByteArrayView("\"<>^`{|}").contains(c)) {
            out += '%';
            out += Hex[byte >> 4];
            out += Hex[byte & 15];
        } else {
            out += c;
        }
    }
    return out;
}

QByteArray canonicalTarget(QByteArrayView rest)
{
    if (const qsizetype fragment = rest.indexOf('#'); fragment >= 0)
        rest = rest.first(fragment);
    const qsizetype question = rest.indexOf('?');
    const QByteArrayView path = question < 0 ? rest : rest.first(question);
    const QByteArray clean = path.isEmpty() ? QByteArray("/") : withoutDotSegments(path);
    return encoded(clean) + (question < 0 ? QByteArray() : encoded(rest.sliced(question)));
}

Result<CodeUrl> parseBytes(QByteArrayView text)
{
    if (text.size() > CodeUrl::Limit)
        return bad(u"it is longer than %1 bytes"_s.arg(CodeUrl::Limit));
    if (std::any_of(text.begin(), text.end(),
                    [](char c) { return (static_cast<unsigned char>(c) <= 0x20) || c == 0x7f || c == '\\'; }))
        return bad(u"it has a blank, a backslash or a control character in it"_s);
    const qsizetype length = schemeLength(text);
    const QByteArray scheme = text.first(std::max<qsizetype>(length, 0)).toByteArray().toLower();
    if (scheme != "https" && scheme != "http")
        return bad(u"it must begin with https://"_s);
    QByteArrayView rest = text.sliced(length + 1);
    if (!rest.startsWith("//"))
        return bad(u"it must begin with https:// and a host"_s);
    rest = rest.sliced(2);
    const auto *end = std::find_if(rest.begin(), rest.end(), [](char c) { return c == '/' || c == '?' || c == '#'; });
    const QByteArrayView authority = rest.first(end - rest.begin());
    if (authority.contains('@'))
        return bad(u"it has a user or a password before its host, and isol8 sends none"_s);
    CodeUrl url;
    url.secure = scheme == "https";
    auto parsed = egress::parseAuthority(authority, url.secure ? 443 : 80);
    if (!parsed.value)
        return bad(parsed.refusal.sentence.chopped(parsed.refusal.sentence.endsWith(u'.') ? 1 : 0));
    url.authority = *parsed.value;
    url.target = canonicalTarget(rest.sliced(authority.size()));
    return url;
}

} // namespace

QByteArray CodeUrl::origin() const
{
    const QByteArray port =
        authority.port == (secure ? 443 : 80) ? QByteArray() : ':' + QByteArray::number(authority.port);
    return scheme() + "://" + authority.host.forAuthority() + port;
}

QString CodeUrl::shown() const
{
    const qsizetype question = target.indexOf('?');
    const QString all = QString::fromLatin1(origin() + (question < 0 ? target : target.first(question) + "?..."));
    return all.size() > ShownLimit ? all.first(ShownLimit) + u'…' : all;
}

QString CodeUrl::fileName() const
{
    const qsizetype question = target.indexOf('?');
    const QByteArray path = question < 0 ? target : target.first(question);
    const QByteArray name = QByteArray::fromPercentEncoding(path.sliced(path.lastIndexOf('/') + 1));
    const QString text = QString::fromUtf8(name);
    const bool usable = QUtf8StringView(name).isValidUtf8() && name.size() <= NameLimit && name != "." &&
                        name != ".." && std::all_of(text.begin(), text.end(), [](QChar c) {
                            return c != u'/' && c.category() != QChar::Other_Control;
                        });
    return usable ? text : QString();
}

Result<CodeUrl> CodeUrl::parse(QStringView text)
{
    return parseBytes(text.toUtf8());
}

Result<CodeUrl> CodeUrl::resolved(QByteArrayView location) const
{
    if (schemeLength(location) > 0)
        return parseBytes(location);
    if (location.startsWith("//"))
        return parseBytes(QByteArray(scheme() + ':' + location));
    const QByteArray path = target.first(target.indexOf('?') < 0 ? target.size() : target.indexOf('?'));
    QByteArray rest;
    if (location.startsWith('/'))
        rest = location.toByteArray();
    else if (location.startsWith('?'))
        rest = path + location;
    else if (location.isEmpty() || location.startsWith('#'))
        rest = target;
    else
        rest = path.first(path.lastIndexOf('/') + 1) + location;
    return parseBytes(QByteArray(origin() + rest));
}

} // namespace isol8::remotecode
