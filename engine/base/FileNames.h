// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>

namespace isol8 {

/*!
    File names are bytes, and most of them UTF-8. A byte that is no part of a UTF-8 character becomes a lone surrogate,
    U+DC80 to U+DCFF, as Python does it (surrogateescape), so that a name survives the way through a QString and through
    JSON, where it stands as "\udcff". Pure.
*/
[[nodiscard]] QString fileNameFromBytes(const QByteArray &bytes);
[[nodiscard]] QByteArray fileNameToBytes(const QString &name);
//! For sentences: what is no text is U+FFFD.
[[nodiscard]] QString shownFileName(const QString &name);

} // namespace isol8
