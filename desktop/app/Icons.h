// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QIcon>
#include <QString>

namespace isol8::desktop {

//! An icon of ours, drawn from its SVG in the colours of the palette that holds when it is painted: one file for light
//! and dark, sharp at every scale.
[[nodiscard]] QIcon icon(const QString &name);

//! The app's own, with a number in its corner; none for 0.
[[nodiscard]] QIcon appIcon(int number);

} // namespace isol8::desktop
