// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QPalette>

namespace isol8::desktop {

//! The colour of a terminal's palette (0 to 255), readable on a light or a dark ground.
[[nodiscard]] QColor terminalColour(int index, bool dark);
[[nodiscard]] bool isDark(const QPalette &palette);
//! Of what a program wrote to stderr, and of what isol8 itself says.
[[nodiscard]] QColor errorColour(bool dark);
[[nodiscard]] QColor noteColour(bool dark);
[[nodiscard]] QColor goodColour(bool dark);

} // namespace isol8::desktop
