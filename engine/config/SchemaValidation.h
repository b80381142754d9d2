// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QJsonObject>
#include <QString>

#include <optional>

namespace isol8 {

//! Whether \a object fits the draft-07 \a schema, as valijson sees it: nothing, or a sentence with valijson's own words
//! in it.
[[nodiscard]] std::optional<QString> misfitOf(const QJsonObject &object, const QJsonObject &schema);

} // namespace isol8
