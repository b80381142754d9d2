// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QJsonObject>
#include <QString>

#include <optional>

namespace isol8 {

//! What is wrong with a configuration, and where.
struct ConfigProblem
{
    QString path;     //!< "defaults.memoryLimit"; empty: the whole
    QString sentence; //!< what is wrong, beginning with the path
};

//! Checks \a object against resources/config.schema.json. Unknown keys come with the nearest known one.
[[nodiscard]] std::optional<ConfigProblem> checkAgainstSchema(const QJsonObject &object);

//! The schema's defaults of everything under \a section, or of the whole for an empty one.
[[nodiscard]] QJsonObject schemaDefaults(const QString &section);

} // namespace isol8
