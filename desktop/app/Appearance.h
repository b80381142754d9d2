// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace isol8::desktop {

//! Light or dark colours for the whole app.
void setDarkColours(bool dark);
//! Whether the system's own colours are dark ones. To be asked before setDarkColours().
[[nodiscard]] bool systemIsDark();
//! Installs the translations of \a locale ("de", "zh_CN"; empty: the system's), ours and Qt's own.
void installTranslations(const QString &locale);

} // namespace isol8::desktop
