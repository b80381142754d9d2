// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>
#include <QStringList>

namespace isol8::cli {

//! Lines of columns, each as wide as what stands in it, the last one of a row without padding.
[[nodiscard]] QString table(const QList<QStringList> &rows);

} // namespace isol8::cli
