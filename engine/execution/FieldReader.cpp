// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/execution/FieldReader.h>

#include <cmath>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

// What was found, without its content: it may be a secret.
QString kindOf(const QJsonValue &value)
{
    switch (value.type()) {
    case QJsonValue::Bool:
        return u"true or false"_s;
    case QJsonValue::Double:
        return u"a number"_s;
    case QJsonValue::String:
        return u"a text"_s;
    case QJsonValue::Array:
        return u"a list"_s;
    case QJsonValue::Object:
        return u"an object"_s;
    default:
        return u"null"_s;
    }
}

QString readable(double number)
{
    return QString::number(number, 'g', 12);
}

} // namespace

QJsonValue FieldReader::value(const QString &key) const
{
    const QJsonValue found = m_object.value(key);
    return found.isNull() ? QJsonValue(QJsonValue::Undefined) : found;
}

void FieldReader::complain(const QString &path, const QString &expected, const QJsonValue &found)
{
    complain(
        {errors::BadRequest.toString(),
         u"%1 must be %2, not %3."_s.arg(path, expected, found.isDouble() ? readable(found.toDouble()) : kindOf(found)),
         {}});
}

void FieldReader::complain(Error error)
{
    if (!m_error)
        m_error = std::move(error);
}

void FieldReader::read(const QString &key, QString *field)
{
    const QJsonValue found = value(key);
    if (found.isString())
        *field = found.toString();
    else if (!found.isUndefined())
        complain(pathOf(key), u"a text"_s, found);
}

void FieldReader::read(const QString &key, std::optional<QByteArray> *field)
{
    if (value(key).isUndefined())
        return;
    QString text;
    read(key, &text);
    *field = text.toUtf8();
}

void FieldReader::read(const QString &key, bool *field)
{
    const QJsonValue found = value(key);
    if (found.isBool())
        *field = found.toBool();
    else if (!found.isUndefined())
        complain(pathOf(key), u"true or false"_s, found);
}

void FieldReader::read(const QString &key, std::optional<bool> *field)
{
    if (value(key).isUndefined())
        return;
    bool flag = false;
    read(key, &flag);
    *field = flag;
}

void FieldReader::read(const QString &key, double *field, double least, double most)
{
    const QJsonValue found = value(key);
    if (found.isUndefined())
        return;
    const double number = found.toDouble();
    if (!found.isDouble() || !std::isfinite(number) || number < least || number > most)
        complain(pathOf(key), u"a number from %1 to %2"_s.arg(readable(least), readable(most)), found);
    else
        *field = number;
}

void FieldReader::read(const QString &key, std::optional<double> *field, double least, double most)
{
    if (value(key).isUndefined())
        return;
    double number = 0;
    read(key, &number, least, most);
    *field = number;
}

void FieldReader::read(const QString &key, qint64 *field, qint64 least, qint64 most)
{
    const QJsonValue found = value(key);
    if (found.isUndefined())
        return;
    const double number = found.toDouble();
    if (!found.isDouble() || number != std::floor(number) || number < double(least) || number > double(most))
        complain(pathOf(key), u"a whole number from %1 to %2"_s.arg(least).arg(most), found);
    else
        *field = qint64(number);
}

void FieldReader::read(const QString &key, int *field, int least, int most)
{
    qint64 number = *field;
    read(key, &number, qint64(least), qint64(most));
    *field = int(number);
}

void FieldReader::read(const QString &key, std::optional<int> *field, int least, int most)
{
    if (value(key).isUndefined())
        return;
    int number = 0;
    read(key, &number, least, most);
    *field = number;
}

void FieldReader::read(const QString &key, QStringList *field)
{
    const QJsonValue found = value(key);
    if (found.isUndefined())
        return;
    if (!found.isArray()) {
        complain(pathOf(key), u"a list of texts"_s, found);
        return;
    }
    QStringList items;
    const QJsonArray array = found.toArray();
    for (qsizetype i = 0; i < array.size(); ++i) {
        if (!array[i].isString())
            complain(u"%1[%2]"_s.arg(pathOf(key)).arg(i), u"a text"_s, array[i]);
        items.append(array[i].toString());
    }
    *field = items;
}

void FieldReader::read(const QString &key, std::optional<QStringList> *field)
{
    if (value(key).isUndefined())
        return;
    QStringList items;
    read(key, &items);
    *field = items;
}

void FieldReader::read(const QString &key, QMap<QString, QString> *field)
{
    QJsonObject object;
    read(key, &object);
    for (auto it = object.begin(); it != object.end(); ++it) {
        if (!it.value().isString())
            complain(pathOf(key) + u'.' + it.key(), u"a text"_s, it.value());
        field->insert(it.key(), it.value().toString());
    }
}

void FieldReader::read(const QString &key, QJsonObject *field)
{
    const QJsonValue found = value(key);
    if (found.isObject())
        *field = found.toObject();
    else if (!found.isUndefined())
        complain(pathOf(key), u"an object"_s, found);
}

void FieldReader::read(const QString &key, QJsonArray *field)
{
    const QJsonValue found = value(key);
    if (found.isArray())
        *field = found.toArray();
    else if (!found.isUndefined())
        complain(pathOf(key), u"a list"_s, found);
}

void FieldReader::read(const QString &key, std::optional<milliseconds> *field)
{
    const QJsonValue found = value(key);
    if (found.isUndefined())
        return;
    const double number = found.toDouble();
    if (!found.isDouble() || number != std::floor(number) || !(number >= 1) || number > double(LongestTimeoutMs))
        complain(pathOf(key), u"a whole number of milliseconds from 1 to %1"_s.arg(LongestTimeoutMs), found);
    else
        *field = milliseconds(qint64(number));
}

void FieldReader::readSize(const QString &key, std::optional<qint64> *field)
{
    const QJsonValue found = value(key);
    if (found.isUndefined())
        return;
    if (found.isString()) {
        const auto size = parseSize(found.toString());
        if (size)
            *field = *size;
        else
            complain({errors::BadRequest.toString(), u"%1: %2"_s.arg(pathOf(key), size.error().message), {}});
        return;
    }
    const double bytes = found.toDouble();
    if (!found.isDouble() || bytes != std::floor(bytes) || !(bytes >= 1) || bytes > 9007199254740992.0)
        complain(pathOf(key), u"a size such as \"512m\", or a number of bytes"_s, found);
    else
        *field = qint64(bytes);
}

} // namespace isol8
