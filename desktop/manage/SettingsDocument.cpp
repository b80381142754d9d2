// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/manage/SettingsDocument.h>

#include <isol8/base/Paths.h>
#include <isol8/base/Units.h>
#include <isol8/config/Config.h>

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

namespace {

QJsonObject resolved(const QJsonObject &property, const QJsonObject &root)
{
    const QString reference = property.value(u"$ref"_s).toString();
    if (reference.isEmpty())
        return property;
    QJsonObject whole = root.value(u"definitions"_s).toObject().value(reference.section(u'/', -1)).toObject();
    for (auto at = property.begin(); at != property.end(); ++at)
        whole.insert(at.key(), at.value());
    return whole;
}

SettingKey::Kind kindOf(const QJsonObject &property)
{
    if (property.contains(u"enum"_s))
        return SettingKey::Kind::Choice;
    const QString type = property.value(u"type"_s).toString();
    if (type == "boolean"_L1)
        return SettingKey::Kind::Boolean;
    if (type == "integer"_L1 || type == "number"_L1)
        return SettingKey::Kind::Number;
    if (type == "array"_L1) {
        const QString item = property.value(u"items"_s).toObject().value(u"type"_s).toString();
        return item == "object"_L1 ? SettingKey::Kind::Json : SettingKey::Kind::List;
    }
    return type == "object"_L1 ? SettingKey::Kind::Json : SettingKey::Kind::Text;
}

void collect(const QJsonObject &section, const QJsonObject &root, const QStringList &order, const QString &prefix,
             QList<SettingKey> *keys)
{
    const QJsonObject properties = section.value(u"properties"_s).toObject();
    for (const QString &name : order.isEmpty() ? properties.keys() : order) {
        if (name.startsWith(u'$') || !properties.contains(name))
            continue;
        const QJsonObject property = resolved(properties.value(name).toObject(), root);
        if (property.contains(u"properties"_s)) {
            collect(property, root, {}, prefix + name + u'.', keys);
            continue;
        }
        SettingKey key;
        key.path = prefix + name;
        key.kind = kindOf(property);
        const QJsonArray choices = property.value(u"enum"_s).toArray();
        for (const QJsonValue &choice : choices)
            key.choices.append(choice.toString());
        key.defaultValue =
            property.contains(u"default"_s) ? property.value(u"default"_s) : QJsonValue(QJsonValue::Undefined);
        key.meaning = property.value(u"description"_s).toString();
        keys->append(key);
    }
}

QJsonObject with(QJsonObject object, const QStringList &path, const QJsonValue &value)
{
    if (path.size() == 1) {
        if (value.isUndefined())
            object.remove(path.first());
        else
            object.insert(path.first(), value);
        return object;
    }
    const QJsonObject inner = with(object.value(path.first()).toObject(), path.mid(1), value);
    if (inner.isEmpty())
        object.remove(path.first());
    else
        object.insert(path.first(), inner);
    return object;
}

} // namespace

QList<SettingKey> settingKeys(const QByteArray &schema)
{
    const QJsonObject root = QJsonDocument::fromJson(schema).object();
    // The sections that people look for first; the rest as it comes.
    QStringList order{u"defaults"_s,     u"network"_s,  u"limits"_s,  u"maxConcurrent"_s,
                      u"poolStrategy"_s, u"poolSize"_s, u"cleanup"_s, u"security"_s};
    for (const QString &name : root.value(u"properties"_s).toObject().keys()) {
        if (!order.contains(name))
            order.append(name);
    }
    QList<SettingKey> keys;
    collect(root, root, order, {}, &keys);
    return keys;
}

QString settingText(const QJsonValue &value)
{
    if (value.isString())
        return value.toString();
    if (value.isBool())
        return value.toBool() ? u"true"_s : u"false"_s;
    if (value.isDouble())
        return QString::number(value.toDouble(), 'g', 15);
    if (value.isArray()) {
        const QJsonArray array = value.toArray();
        const bool simple = std::none_of(array.begin(), array.end(), [](const QJsonValue &item) {
            return item.isObject() || item.isArray() || item.toString().contains(u',');
        });
        QStringList parts;
        for (const QJsonValue &item : array)
            parts.append(settingText(item));
        return simple ? parts.join(u", "_s) : QString::fromUtf8(QJsonDocument(array).toJson(QJsonDocument::Compact));
    }
    if (value.isObject())
        return QString::fromUtf8(QJsonDocument(value.toObject()).toJson(QJsonDocument::Compact));
    return {};
}

QJsonValue settingValue(const SettingKey &key, const QString &text)
{
    const QString trimmed = text.trimmed();
    if (trimmed.isEmpty())
        return QJsonValue::Undefined;
    bool isNumber = false;
    const double number = trimmed.toDouble(&isNumber);
    switch (key.kind) {
    case SettingKey::Kind::Boolean:
        return trimmed == "true"_L1    ? QJsonValue(true)
               : trimmed == "false"_L1 ? QJsonValue(false)
                                       : QJsonValue(trimmed);
    case SettingKey::Kind::Number:
        return isNumber ? QJsonValue(number) : QJsonValue(trimmed);
    case SettingKey::Kind::Choice:
        return trimmed;
    case SettingKey::Kind::Text:
        return isNumber && !key.defaultValue.isString() ? QJsonValue(number) : QJsonValue(trimmed);
    case SettingKey::Kind::List:
    case SettingKey::Kind::Json:
        break;
    }
    const QJsonDocument document = QJsonDocument::fromJson(trimmed.toUtf8());
    if (document.isArray())
        return document.array();
    if (document.isObject())
        return document.object();
    if (key.kind == SettingKey::Kind::Json)
        return isNumber ? QJsonValue(number) : QJsonValue(trimmed);
    QJsonArray array;
    const bool numbers = key.defaultValue.toArray().first().isDouble();
    for (const QString &part : trimmed.split(u',', Qt::SkipEmptyParts))
        array.append(numbers ? QJsonValue(part.trimmed().toDouble()) : QJsonValue(part.trimmed()));
    return array;
}

SettingsDocument::SettingsDocument(QString path, QObject *parent)
    : QObject(parent)
    , m_path(std::move(path))
{
    (void)load();
}

Result<void> SettingsDocument::load()
{
    m_object = m_saved = {};
    m_changes.clear();
    Result<void> outcome;
    if (QFile::exists(m_path)) {
        const auto text = readFile(m_path, 4 * MiB);
        const QJsonDocument document = text ? QJsonDocument::fromJson(*text) : QJsonDocument();
        if (!text)
            outcome = fail(text.error());
        else if (!document.isObject())
            outcome = fail(errors::BadConfig, tr("%1 is no JSON object.").arg(m_path));
        m_object = m_saved = document.object();
    }
    Q_EMIT changed();
    return outcome;
}

QJsonValue SettingsDocument::value(const QString &path) const
{
    QJsonValue at = m_object;
    for (const QString &part : path.split(u'.'))
        at = at.toObject().value(part);
    return at;
}

void SettingsDocument::set(const QString &path, const QJsonValue &value)
{
    m_object = with(m_object, path.split(u'.'), value);
    m_changes.insert(path, value);
    Q_EMIT changed();
}

Result<void> SettingsDocument::check() const
{
    const auto config = parseConfig(QJsonDocument(m_object).toJson(), m_path);
    return config ? Result<void>() : Result<void>(fail(config.error()));
}

Result<void> SettingsDocument::save()
{
    // A file that cannot be read as JSON is the user's to mend: it is not written over unseen.
    if (const auto now = readFile(m_path, 4 * MiB);
        now && !now->trimmed().isEmpty() && !QJsonDocument::fromJson(*now).isObject())
        return fail(errors::BadConfig, tr("%1 is no JSON object; mend or remove it first.").arg(m_path));
    const QJsonObject before = m_object;
    if (const auto now = readFile(m_path, 4 * MiB)) {
        m_object = QJsonDocument::fromJson(*now).object();
        for (auto at = m_changes.cbegin(); at != m_changes.cend(); ++at)
            m_object = with(m_object, at.key().split(u'.'), at.value());
    }
    auto written = check();
    if (written)
        written = writeFileAtomically(m_path, QJsonDocument(m_object).toJson(), 0600);
    if (!written) {
        m_object = before;
        return written;
    }
    m_saved = m_object;
    m_changes.clear();
    Q_EMIT changed();
    Q_EMIT saved();
    return {};
}

} // namespace isol8::desktop
