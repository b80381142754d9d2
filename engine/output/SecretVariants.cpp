// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/output/SecretVariants.h>

#include <QStringDecoder>

#include <algorithm>
#include <array>
#include <utility>

namespace isol8 {

namespace {

constexpr char LowerHex[] = "0123456789abcdef";
constexpr char UpperHex[] = "0123456789ABCDEF";

void add(QList<QByteArray> &list, const QByteArray &text)
{
    if (!list.contains(text))
        list.append(text);
}

bool isAlphanumeric(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

// How a library percent-encodes: what it keeps besides letters and digits, and what a space becomes.
struct PercentStyle
{
    QByteArrayView kept;
    bool plusForSpace = false;
    bool everything = false;
};

constexpr std::array PercentStyles{
    PercentStyle{"-_.!~*'()"},            // encodeURIComponent
    PercentStyle{"-_.~"},                 // RFC 3986, rawurlencode, quote(safe="")
    PercentStyle{"-_.~/"},                // quote
    PercentStyle{"-_.!~*'();/?:@&=+$,#"}, // encodeURI
    PercentStyle{"*-._", true},           // form data, URLSearchParams
    PercentStyle{"*-._"},                 // the same, spaces encoded
    PercentStyle{"-_.~", true},           // quote_plus
    PercentStyle{"-_.", true},            // urlencode of PHP
    PercentStyle{"", false, true},        // every byte
};

QByteArray percentEncoded(QByteArrayView secret, const PercentStyle &style, const char *hex)
{
    QByteArray out;
    for (const char c : secret) {
        if (!style.everything && (isAlphanumeric(c) || style.kept.contains(c))) {
            out += c;
        } else if (c == ' ' && style.plusForSpace) {
            out += '+';
        } else {
            out += '%';
            out += hex[uchar(c) >> 4];
            out += hex[uchar(c) & 15];
        }
    }
    return out;
}

// How a library escapes in JSON, beyond what it must.
struct JsonStyle
{
    bool asciiOnly; // \uXXXX for everything past ASCII
    const char *hex;
    bool slash;          // "\/"
    QByteArrayView html; // also as \uXXXX, so that it can stand in a page
};

QList<JsonStyle> jsonStyles()
{
    QList<JsonStyle> styles;
    for (const bool asciiOnly : {false, true})
        for (const char *hex : {LowerHex, UpperHex})
            for (const bool slash : {false, true})
                for (const QByteArrayView html : {"", "<>&", "<>&='"})
                    styles.append({asciiOnly, hex, slash, html});
    return styles;
}

void appendUnit(QByteArray &out, char16_t unit, const char *hex)
{
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4)
        out += hex[(unit >> shift) & 15];
}

bool appendShort(QByteArray &out, char32_t c)
{
    static constexpr std::array<std::pair<char, const char *>, 7> names{
        {{'"', "\\\""}, {'\\', "\\\\"}, {'\n', "\\n"}, {'\r', "\\r"}, {'\t', "\\t"}, {'\b', "\\b"}, {'\f', "\\f"}}};
    for (const auto &[character, name] : names)
        if (c == char32_t(character)) {
            out += name;
            return true;
        }
    return false;
}

void appendJson(QByteArray &out, char32_t c, const JsonStyle &style)
{
    if (appendShort(out, c))
        return;
    if (c == U'/' && style.slash)
        out += "\\/";
    else if (c < 0x20 || (c < 0x80 && style.html.contains(char(c))) || (c >= 0x7f && style.asciiOnly && c < 0x10000))
        appendUnit(out, char16_t(c), style.hex);
    else if (c >= 0x10000 && style.asciiOnly) {
        appendUnit(out, QChar::highSurrogate(c), style.hex);
        appendUnit(out, QChar::lowSurrogate(c), style.hex);
    } else if (c < 0x80) {
        out += char(c);
    } else {
        out += QString::fromUcs4(&c, 1).toUtf8();
    }
}

QByteArray jsonEscaped(const QList<uint> &text, const JsonStyle &style)
{
    QByteArray out;
    for (const uint c : text)
        appendJson(out, char32_t(c), style);
    return out;
}

} // namespace

QList<QByteArray> SecretVariants::plain(QByteArrayView secret)
{
    const QByteArray raw = secret.toByteArray();
    QList<QByteArray> list{raw};
    if (raw.contains('\n')) {
        QByteArray terminal = raw;
        terminal.replace("\n", "\r\n");
        add(list, terminal);
    }
    for (const PercentStyle &style : PercentStyles)
        for (const char *hex : {UpperHex, LowerHex})
            add(list, percentEncoded(secret, style, hex));

    QStringDecoder decoder(QStringDecoder::Utf8, QStringConverter::Flag::Stateless);
    const QString text = decoder.decode(secret);
    if (decoder.hasError())
        return list; // no text, so no library writes it as JSON
    const QList<uint> characters = text.toUcs4();
    const auto any = [&](auto matches) { return std::any_of(raw.begin(), raw.end(), matches); };
    for (const JsonStyle &style : jsonStyles()) {
        // What a style does differently must occur, else another one gives the same.
        const bool differs = (!style.asciiOnly || any([](char c) { return uchar(c) >= 0x7f; })) &&
                             (!style.slash || raw.contains('/')) &&
                             (style.html.isEmpty() || any([&](char c) { return style.html.contains(c); }));
        if (differs)
            add(list, jsonEscaped(characters, style));
    }
    return list;
}

QList<QByteArray> SecretVariants::base64(QByteArrayView secret)
{
    QList<QByteArray> list;
    for (qsizetype before = 0; before < 3; ++before) {
        const QByteArray text = QByteArray(before, '\0') + secret.toByteArray();
        const qsizetype first = (before * 8 + 5) / 6;    // the first character without a bit of the bytes before
        const qsizetype whole = text.size() * 8 / 6;     // characters without a bit of the bytes after
        const qsizetype all = (text.size() * 8 + 5) / 6; // where nothing comes after
        for (const auto alphabet : {QByteArray::Base64Encoding, QByteArray::Base64UrlEncoding}) {
            const QByteArray encoded = text.toBase64(alphabet | QByteArray::KeepTrailingEquals);
            add(list, encoded.mid(first, whole - first));
            add(list, encoded.mid(first, all - first));
            add(list, encoded.mid(first));
        }
    }
    return list;
}

} // namespace isol8
