// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/config/SchemaValidation.h>

#include <QJsonArray>

#include <valijson/adapters/qtjson_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include <exception>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

// valijson's Qt adapter takes only 32 bits for an integer; that a number is whole is checked by fits().
QJsonValue withoutIntegers(const QJsonValue &value, bool isType)
{
    if (isType && value == u"integer"_s)
        return u"number"_s;
    if (value.isArray()) {
        QJsonArray items;
        const QJsonArray array = value.toArray();
        for (const QJsonValue &item : array)
            items.append(withoutIntegers(item, isType));
        return items;
    }
    if (value.isObject()) {
        QJsonObject members;
        const QJsonObject object = value.toObject();
        for (auto it = object.begin(); it != object.end(); ++it)
            members.insert(it.key(), withoutIntegers(it.value(), it.key() == u"type"));
        return members;
    }
    return value;
}

} // namespace

std::optional<QString> misfitOf(const QJsonObject &object, const QJsonObject &schema)
{
    try {
        valijson::Schema compiled;
        valijson::SchemaParser parser;
        const QJsonValue loosened = withoutIntegers(schema, false);
        parser.populateSchema(valijson::adapters::QtJsonAdapter(loosened), compiled);
        valijson::Validator validator(valijson::Validator::kStrongTypes);
        valijson::ValidationResults results;
        const QJsonValue target(object);
        if (validator.validate(compiled, valijson::adapters::QtJsonAdapter(target), &results))
            return std::nullopt;
        valijson::ValidationResults::Error error;
        results.popError(error);
        QString path;
        for (const std::string &part : error.context) {
            if (part != "<root>")
                path += QString::fromStdString(part);
        }
        return u"The configuration does not fit its schema at %1: %2"_s.arg(path,
                                                                            QString::fromStdString(error.description));
    } catch (const std::exception &e) {
        return u"The configuration cannot be checked: %1."_s.arg(QString::fromUtf8(e.what()));
    }
}

} // namespace isol8
