// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>

#include <QJsonObject>
#include <QJsonValue>
#include <QList>
#include <QMap>
#include <QObject>
#include <QString>
#include <QStringList>

namespace isol8::desktop {

//! A key of the configuration, as resources/config.schema.json describes it.
struct SettingKey
{
    enum class Kind { Text, Number, Boolean, Choice, List, Json };
    QString path; //!< "defaults.memoryLimit"
    Kind kind = Kind::Text;
    QStringList choices;
    QJsonValue defaultValue; //!< undefined: none
    QString meaning;
};

//! A key's meaning in the user's language; as it is where it is not known.
[[nodiscard]] QString settingMeaning(const QString &english);
//! Every key that is no section, in the schema's order.
[[nodiscard]] QList<SettingKey> settingKeys(const QByteArray &schema);

//! As it is written in a field, and back. Lists are separated by commas; what is more is JSON.
[[nodiscard]] QString settingText(const QJsonValue &value);
[[nodiscard]] QJsonValue settingValue(const SettingKey &key, const QString &text);

/*!
    The configuration file that is edited: what stands in it and nothing else, so that defaults stay defaults.
*/
class SettingsDocument : public QObject
{
    Q_OBJECT

public:
    explicit SettingsDocument(QString path, QObject *parent = nullptr);

    [[nodiscard]] QString path() const { return m_path; }
    //! Reads the file again; what was not saved is gone. bad_config where it is no JSON object.
    Result<void> load();
    //! Undefined: it is not set.
    [[nodiscard]] QJsonValue value(const QString &path) const;
    //! Undefined unsets it.
    void set(const QString &path, const QJsonValue &value);
    [[nodiscard]] bool isModified() const { return m_object != m_saved; }
    //! bad_config names the key.
    [[nodiscard]] Result<void> check() const;
    //! Only what check() finds good. What was set goes into the file as it is by now: others write there, too.
    [[nodiscard]] Result<void> save();

Q_SIGNALS:
    void changed();
    void saved();

private:
    QString m_path;
    QJsonObject m_object;
    QJsonObject m_saved;
    QMap<QString, QJsonValue> m_changes;
};

} // namespace isol8::desktop
