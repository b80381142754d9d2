// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/*
    What OutputFilter should do, written for clarity and not for speed: whole texts, all places, all patterns.
*/
#include <isol8/output/SecretVariants.h>

#include <QRandomGenerator>

#include <algorithm>
#include <vector>

namespace reference {

inline bool isBreak(char c)
{
    return c == '\n' || c == '\r';
}

struct Interval
{
    qsizetype begin;
    qsizetype end;
};

inline QList<QByteArray> patterns(const QList<QByteArray> &secrets, QList<QByteArray> (*variants)(QByteArrayView))
{
    QList<QByteArray> all;
    for (const QByteArray &secret : secrets)
        all += variants(secret);
    return all;
}

/*
    Bytes of \a text from \a begin on that \a pattern has in common with it, passing over at most two bytes of line
   break between two of its characters. \a end: where the text's part ends; at most \a limit.
*/
inline qsizetype common(const QByteArray &pattern, const QByteArray &text, qsizetype begin, qsizetype limit,
                        bool overBreaks, qsizetype *end)
{
    qsizetype used = 0;
    *end = begin;
    for (qsizetype at = begin; at < limit && used < pattern.size();) {
        if (overBreaks && used > 0 && isBreak(text[at])) {
            qsizetype run = 0;
            while (at + run < limit && isBreak(text[at + run]))
                ++run;
            if (run > 2)
                break;
            at += run;
            continue;
        }
        if (text[at] != pattern[used])
            break;
        ++used;
        *end = ++at;
    }
    return used;
}

// The longest beginning of a pattern (or all of it) with which the first \a limit bytes end; in characters of the
// pattern.
inline qsizetype begun(const QList<QByteArray> &list, const QByteArray &text, qsizetype limit, bool overBreaks,
                       qsizetype *begin)
{
    for (qsizetype from = 0; from < limit; ++from)
        for (const QByteArray &pattern : list) {
            qsizetype end = 0;
            const qsizetype used = common(pattern, text, from, limit, overBreaks, &end);
            qsizetype trailing = 0;
            while (overBreaks && end + trailing < limit && isBreak(text[end + trailing]))
                ++trailing;
            if (used > 0 && end + trailing == limit && trailing <= 2) {
                *begin = from;
                return used;
            }
        }
    return 0;
}

inline QByteArray mask(const QList<QByteArray> &secrets, const QByteArray &text, bool cut)
{
    const auto plain = patterns(secrets, isol8::SecretVariants::plain);
    const auto base64 = patterns(secrets, isol8::SecretVariants::base64);
    // Behind each place: up to where base64 is shown because a line broke when less than four characters had begun.
    std::vector<qsizetype> shown(size_t(text.size()) + 1, 0);
    for (qsizetype at = 0; at < text.size(); ++at) {
        qsizetype begin = 0;
        const qsizetype used = isBreak(text[at]) ? begun(base64, text, at + 1, true, &begin) : 0;
        shown[size_t(at) + 1] = used > 0 && used < 4 ? at + 1 : shown[size_t(at)];
    }
    std::vector<Interval> hidden;
    for (qsizetype from = 0; from < text.size(); ++from) {
        qsizetype end = 0;
        for (const QByteArray &pattern : plain)
            if (common(pattern, text, from, text.size(), false, &end) == pattern.size())
                hidden.push_back({from, end});
        for (const QByteArray &pattern : base64)
            if (common(pattern, text, from, text.size(), true, &end) == pattern.size())
                hidden.push_back({std::max(from, shown[size_t(end)]), end});
    }
    qsizetype begin = 0;
    if (cut && begun(plain, text, text.size(), false, &begin) >= 4)
        hidden.push_back({begin, text.size()});
    if (cut && begun(base64, text, text.size(), true, &begin) >= 4)
        hidden.push_back({std::max(begin, shown.back()), text.size()});

    std::sort(hidden.begin(), hidden.end(), [](const Interval &a, const Interval &b) { return a.begin < b.begin; });
    QByteArray out;
    qsizetype at = 0;
    for (const Interval &interval : hidden) {
        if (interval.begin >= at) {
            out += text.mid(at, interval.begin - at) + "***";
            at = interval.end;
        }
        at = std::max(at, interval.end);
    }
    return out + text.mid(at);
}

// Length of the character at \a at, 0 when there is none.
inline int character(const QByteArray &text, qsizetype at)
{
    const auto byte = [&](qsizetype i) { return at + i < text.size() ? uint(uchar(text[at + i])) : 0U; };
    static constexpr struct
    {
        uint mask, lead, least;
    } forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
    for (int length = 1; length <= 4; ++length) {
        const auto &form = forms[length - 1];
        if ((byte(0) & form.mask) != form.lead || at + length > text.size())
            continue;
        uint value = byte(0) & ~form.mask & 0xff;
        bool good = true;
        for (int i = 1; i < length; ++i) {
            good = good && (byte(i) & 0xc0) == 0x80;
            value = (value << 6) | (byte(i) & 0x3f);
        }
        if (good && value >= form.least && value <= 0x10ffff && !(value >= 0xd800 && value <= 0xdfff))
            return length;
    }
    return 0;
}

// Can \a bytes be completed to a character?
inline bool isBeginning(const QByteArray &bytes)
{
    if (bytes.size() == 4)
        return false;
    static constexpr char more[] = "\x80\x8f\x90\x9f\xa0\xbf";
    for (int i = 0; i < 6; ++i) {
        const QByteArray longer = bytes + more[i];
        if (character(longer, 0) == longer.size() || isBeginning(longer))
            return true;
    }
    return false;
}

inline QByteArray sanitize(const QByteArray &text, bool cut)
{
    QByteArray out;
    for (qsizetype at = 0; at < text.size();) {
        if (const int length = character(text, at)) {
            out += text.mid(at, length);
            at += length;
            continue;
        }
        qsizetype part = 1;
        for (qsizetype length = 2; length <= 3 && at + length <= text.size(); ++length)
            if (isBeginning(text.mid(at, length)))
                part = length;
        const bool unfinished = at + part == text.size() && isBeginning(text.mid(at, part));
        if (!(cut && unfinished))
            out += "\xef\xbf\xbd";
        at += part;
    }
    return out;
}

struct Case
{
    QList<QByteArray> secrets;
    QByteArray text;
};

// Secrets of few letters, so that they overlap, and a text of pieces of them in all their forms.
inline Case randomCase(QRandomGenerator &random)
{
    static const QList<QByteArray> letters{"a",  "b", "ab", " ", "\"",   "/",  "%",
                                           "\n", "é", "\\", "+", "\xc3", "YW", "~"};
    const auto word = [&](int least, int most) {
        QByteArray out;
        const int size = random.bounded(least, most);
        while (out.size() < size)
            out += letters[random.bounded(letters.size())];
        return out;
    };
    Case c;
    for (int i = random.bounded(1, 4); i > 0; --i)
        c.secrets.append(word(4, 12));
    for (int i = random.bounded(1, 6); i > 0; --i) {
        const QByteArray secret = c.secrets[random.bounded(c.secrets.size())];
        const QList<QByteArray> plain = isol8::SecretVariants::plain(secret);
        QByteArray piece;
        switch (random.bounded(6)) {
        case 0:
            piece = word(0, 8);
            break;
        case 1:
            piece = secret;
            break;
        case 2:
            piece = plain[random.bounded(plain.size())];
            break;
        case 3:
            piece = secret.left(random.bounded(int(secret.size())));
            break;
        default:
            piece = word(0, 3) + secret + word(0, 3);
            piece = piece.toBase64(random.bounded(2) ? QByteArray::Base64UrlEncoding : QByteArray::Base64Encoding);
            for (qsizetype at = random.bounded(1, 9); at < piece.size(); at += random.bounded(2, 12))
                piece.insert(at, random.bounded(3) ? "\n" : random.bounded(2) ? "\r\n" : "\n\n\n");
        }
        c.text += piece;
    }
    return c;
}

} // namespace reference
