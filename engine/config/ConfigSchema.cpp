// SPDX-License-Identifier: GPL-3.0-or-later
/*
    Two nets. valijson decides whether a configuration fits the schema; the walk in this file, over the part of JSON
   Schema that our schema uses, finds the words: which key, what was expected, what is there, and which known key is
   nearest.
*/
#include <isol8/config/ConfigSchema.h>

#include <isol8/base/Embedded.h>
#include <isol8/base/Nearest.h>
#include <isol8/config/Config.h>
#include <isol8/config/SchemaValidation.h>

#include <QJsonDocument>
#include <QRegularExpression>

#include <algorithm>
#include <cmath>

ISOL8_DECLARE_EMBEDDED(config_schema)

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

const QJsonObject &schema()
{
    static const QJsonObject object = QJsonDocument::fromJson(configSchema()).object();
    return object;
}

// A node of the schema with its $ref put in its place.
QJsonObject resolved(const QJsonObject &node)
{
    const QString reference = node.value(u"$ref"_s).toString();
    if (reference.isEmpty())
        return node;
    QJsonObject whole = schema().value(u"definitions"_s)[reference.sliced(reference.lastIndexOf(u'/') + 1)].toObject();
    for (auto it = node.begin(); it != node.end(); ++it)
        whole.insert(it.key(), it.value());
    return whole;
}

QStringList typesOf(const QJsonObject &node)
{
    const QJsonValue type = node.value(u"type"_s);
    if (type.isString())
        return {type.toString()};
    QStringList types;
    const QJsonArray array = type.toArray();
    for (const QJsonValue &item : array)
        types.append(item.toString());
    return types;
}

bool isOfType(const QJsonValue &value, const QString &type)
{
    switch (value.type()) {
    case QJsonValue::Bool:
        return type == u"boolean";
    case QJsonValue::Double:
        return type == u"number" || (type == u"integer" && value.toDouble() == std::floor(value.toDouble()));
    case QJsonValue::String:
        return type == u"string";
    case QJsonValue::Array:
        return type == u"array";
    case QJsonValue::Object:
        return type == u"object";
    default:
        return false;
    }
}

QString number(double value)
{
    return QString::number(value, 'g', 17);
}

// " from 1 to 65535"
QString range(const QJsonObject &node)
{
    const QJsonValue least = node.value(u"minimum"_s);
    const QJsonValue most = node.value(u"maximum"_s);
    if (least.isDouble() && most.isDouble())
        return u" from %1 to %2"_s.arg(number(least.toDouble()), number(most.toDouble()));
    return least.isDouble() ? u" of at least %1"_s.arg(number(least.toDouble())) : QString();
}

// What belongs here: "a whole number from 1 to 65535".
QString expectation(const QJsonObject &node)
{
    if (node.contains(u"enum"_s)) {
        QStringList choices;
        const QJsonArray values = node.value(u"enum"_s).toArray();
        for (const QJsonValue &value : values)
            choices.append(u'"' + value.toString() + u'"');
        return choices.size() == 1 ? choices.constFirst() : u"one of "_s + choices.join(u", "_s);
    }
    if (node.contains(u"pattern"_s))
        return u"a size such as \"512m\" or \"1g\", or a number of bytes"_s;
    QStringList words;
    const QStringList types = typesOf(node);
    for (const QString &type : types) {
        if (type == u"integer")
            words.append(u"a whole number"_s + range(node));
        else if (type == u"number")
            words.append(u"a number"_s + range(node));
        else if (type == u"boolean")
            words.append(u"true or false"_s);
        else if (type == u"string")
            words.append(node.contains(u"minLength"_s) ? u"a text that is not empty"_s : u"a text"_s);
        else if (type == u"array")
            words.append(u"a list, [ … ]"_s);
        else
            words.append(u"an object, { … }"_s);
    }
    return words.join(u" or "_s);
}

QString shown(const QJsonValue &value)
{
    switch (value.type()) {
    case QJsonValue::Bool:
        return value.toBool() ? u"true"_s : u"false"_s;
    case QJsonValue::Double:
        return number(value.toDouble());
    case QJsonValue::String:
        return u'"' + value.toString().left(64) + u'"';
    case QJsonValue::Array:
        return u"a list"_s;
    case QJsonValue::Object:
        return u"an object"_s;
    default:
        return u"null"_s;
    }
}

bool fits(const QJsonObject &node, const QJsonValue &value)
{
    if (node.contains(u"enum"_s))
        return node.value(u"enum"_s).toArray().contains(value);
    const QStringList types = typesOf(node);
    if (!std::any_of(types.begin(), types.end(), [&](const QString &type) { return isOfType(value, type); }))
        return false;
    if (value.isDouble()) {
        const double n = value.toDouble();
        return n >= node.value(u"minimum"_s).toDouble(n) && n <= node.value(u"maximum"_s).toDouble(n);
    }
    if (value.isString()) {
        const QString text = value.toString();
        const QString pattern = node.value(u"pattern"_s).toString();
        return text.size() >= node.value(u"minLength"_s).toInt(0) &&
               text.size() <= node.value(u"maxLength"_s).toInt(1 << 20) &&
               (pattern.isEmpty() || QRegularExpression(pattern).match(text).hasMatch());
    }
    return !value.isArray() || value.toArray().size() <= node.value(u"maxItems"_s).toInt(1 << 20);
}

QString join(const QString &path, const QString &key)
{
    return path.isEmpty() ? key : path + u'.' + key;
}

std::optional<ConfigProblem> explain(const QJsonObject &rawNode, const QJsonValue &value, const QString &path);

std::optional<ConfigProblem> explainObject(const QJsonObject &node, const QJsonObject &object, const QString &path)
{
    const QJsonObject properties = node.value(u"properties"_s).toObject();
    const QJsonValue others = node.value(u"additionalProperties"_s);
    for (auto it = object.begin(); it != object.end(); ++it) {
        if (!properties.contains(it.key()) && !others.isObject()) {
            QString hint = didYouMean(it.key(), properties.keys());
            if (hint.isEmpty())
                hint = u" Known are %1."_s.arg(properties.keys().join(u", "_s));
            return ConfigProblem{join(path, it.key()), u"%1 is not a known key.%2"_s.arg(join(path, it.key()), hint)};
        }
    }
    for (auto it = object.begin(); it != object.end(); ++it) {
        const QJsonObject child =
            properties.contains(it.key()) ? properties.value(it.key()).toObject() : others.toObject();
        if (const auto problem = explain(child, it.value(), join(path, it.key())))
            return problem;
    }
    const QJsonArray required = node.value(u"required"_s).toArray();
    for (const QJsonValue &key : required) {
        if (!object.contains(key.toString()))
            return ConfigProblem{path, u"%1 is missing."_s.arg(join(path, key.toString()))};
    }
    return std::nullopt;
}

std::optional<ConfigProblem> explain(const QJsonObject &rawNode, const QJsonValue &value, const QString &path)
{
    const QJsonObject node = resolved(rawNode);
    if (!fits(node, value))
        return ConfigProblem{path, u"%1 must be %2, not %3."_s.arg(path, expectation(node), shown(value))};
    if (value.isObject())
        return explainObject(node, value.toObject(), path);
    const QJsonArray items = value.toArray();
    for (qsizetype i = 0; i < items.size(); ++i) {
        if (const auto problem = explain(node.value(u"items"_s).toObject(), items[i], u"%1[%2]"_s.arg(path).arg(i)))
            return problem;
    }
    return std::nullopt;
}

QJsonValue defaultsOf(const QJsonObject &rawNode)
{
    const QJsonObject node = resolved(rawNode);
    const QJsonObject properties = node.value(u"properties"_s).toObject();
    if (properties.isEmpty())
        return node.value(u"default"_s);
    QJsonObject defaults;
    for (auto it = properties.begin(); it != properties.end(); ++it) {
        const QJsonValue value = defaultsOf(it.value().toObject());
        if (!value.isUndefined())
            defaults.insert(it.key(), value);
    }
    return defaults;
}

} // namespace

std::optional<ConfigProblem> checkAgainstSchema(const QJsonObject &object)
{
    if (auto problem = explainObject(schema(), object, {}))
        return problem;
    if (const auto misfit = misfitOf(object, schema()))
        return ConfigProblem{{}, *misfit};
    return std::nullopt;
}

QJsonObject schemaDefaults(const QString &section)
{
    return defaultsOf(section.isEmpty() ? schema() : schema().value(u"properties"_s)[section].toObject()).toObject();
}

QByteArray configSchema()
{
    return isol8_embedded_config_schema();
}

} // namespace isol8
