// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/config/Config.h>
#include <isol8/config/ConfigSchema.h>

#include <variant>

namespace isol8 {

//! Config::fromJson() with the problem's place, for those who know the text it came from.
[[nodiscard]] std::variant<Config, ConfigProblem> checkConfig(const QJsonObject &object);

} // namespace isol8
