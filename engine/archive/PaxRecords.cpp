// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/archive/PaxRecords.h>

#include <algorithm>

namespace isol8::archive {

namespace {

bool isNumber(const QByteArray &text, qsizetype most)
{
    return !text.isEmpty() && text.size() <= most &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

} // namespace

std::optional<QHash<QByteArray, QByteArray>> readPaxRecords(const QByteArray &body)
{
    QHash<QByteArray, QByteArray> records;
    qsizetype at = 0;
    while (at < body.size()) {
        const qsizetype space = body.indexOf(' ', at);
        const QByteArray digits = space < 0 ? QByteArray() : body.mid(at, space - at);
        if (!isNumber(digits, 8))
            return {};
        const qsizetype length = digits.toLongLong();
        const qsizetype text = space + 1 - at; // where key=value begins in the record
        if (length <= text + 1 || length > body.size() - at || body[at + length - 1] != '\n')
            return {};
        const QByteArray record = body.mid(at + text, length - text - 1);
        const qsizetype equals = record.indexOf('=');
        if (equals <= 0)
            return {};
        records.insert(record.left(equals), record.mid(equals + 1));
        at += length;
    }
    return records;
}

QByteArray paxRecord(const QByteArray &key, const QByteArray &value)
{
    const qsizetype rest = key.size() + value.size() + 3;
    qsizetype length = rest + 1;
    while (rest + QByteArray::number(length).size() != length) // its own digits count
        ++length;
    return QByteArray::number(length) + ' ' + key + '=' + value + '\n';
}

std::optional<qint64> readPaxTime(const QByteArray &text)
{
    const bool negative = text.startsWith('-');
    const QByteArray number = negative ? text.mid(1) : text;
    const qsizetype dot = number.indexOf('.');
    const QByteArray seconds = number.left(dot < 0 ? number.size() : dot);
    const QByteArray fraction = dot < 0 ? QByteArray() : number.mid(dot + 1);
    if (!isNumber(seconds, 15) || (!fraction.isEmpty() && !isNumber(fraction, 64)))
        return {};
    if (negative)
        return 0;
    return seconds.toLongLong() * 1000 + fraction.left(3).leftJustified(3, '0').toLongLong();
}

} // namespace isol8::archive
