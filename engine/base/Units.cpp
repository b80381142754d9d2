// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/base/Units.h>

#include <cmath>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

constexpr double MaxExact = 9007199254740992.0; // 2^53

// The number and the unit behind it: "1.5g" -> 1.5, "g".
bool split(QStringView text, double *number, QString *unit)
{
    text = text.trimmed();
    qsizetype digits = 0;
    while (digits < text.size() && ((text[digits] >= u'0' && text[digits] <= u'9') || text[digits] == u'.'))
        ++digits;
    bool ok = false;
    *number = text.first(digits).toDouble(&ok);
    *unit = text.sliced(digits).trimmed().toString().toLower();
    return ok && digits > 0;
}

} // namespace

Result<qint64> parseSize(QStringView text)
{
    const auto bad = [&] {
        return fail(
            errors::BadValue,
            u"\"%1\" is not a size; write bytes, or a number with k, m or g, as in 512m or 1g."_s.arg(text.left(64)));
    };
    double number = 0;
    QString unit;
    if (!split(text, &number, &unit))
        return bad();
    if (unit.size() == 3 && unit.endsWith(u"ib"))
        unit.chop(2);
    else if (unit.endsWith(u'b'))
        unit.chop(1);
    double factor = 1;
    if (unit == u"k")
        factor = double(KiB);
    else if (unit == u"m")
        factor = double(MiB);
    else if (unit == u"g")
        factor = double(GiB);
    else if (unit == u"t")
        factor = 1024.0 * double(GiB);
    else if (!unit.isEmpty())
        return bad();
    const double bytes = std::floor(number * factor);
    if (bytes < 1 || bytes > MaxExact)
        return bad();
    return qint64(bytes);
}

QString formatSize(qint64 bytes)
{
    if (bytes >= GiB && bytes % GiB == 0)
        return QString::number(bytes / GiB) + u'g';
    if (bytes >= MiB && bytes % MiB == 0)
        return QString::number(bytes / MiB) + u'm';
    if (bytes >= KiB && bytes % KiB == 0)
        return QString::number(bytes / KiB) + u'k';
    return QString::number(bytes);
}

Result<milliseconds> parseDuration(QStringView text)
{
    const auto bad = [&] {
        return fail(
            errors::BadValue,
            u"\"%1\" is not a duration; write milliseconds, or a number with ms, s, m or h, as in 30s or 2m."_s.arg(
                text.left(64)));
    };
    double number = 0;
    QString unit;
    if (!split(text, &number, &unit))
        return bad();
    double factor = 1;
    if (unit == u"s")
        factor = 1000;
    else if (unit == u"m" || unit == u"min")
        factor = 60000;
    else if (unit == u"h")
        factor = 3600000;
    else if (!unit.isEmpty() && unit != u"ms")
        return bad();
    const double value = std::round(number * factor);
    if (value < 1 || value > 1e12)
        return bad();
    return milliseconds(qint64(value));
}

QString formatDuration(milliseconds duration)
{
    const qint64 ms = duration.count();
    if (ms < 1000)
        return u"%1 ms"_s.arg(ms);
    if (ms < 120000)
        return u"%1 s"_s.arg(double(ms) / 1000.0, 0, 'g', 4);
    return u"%1 min"_s.arg(double(ms) / 60000.0, 0, 'g', 4);
}

} // namespace isol8
