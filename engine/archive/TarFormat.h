// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QtGlobal>

namespace isol8::archive {

inline constexpr qsizetype TarBlock = 512;
inline constexpr qsizetype TarNameSize = 100; //!< the longest name, and link target, of a header

[[nodiscard]] constexpr qint64 tarPaddingSize(qint64 size)
{
    return (TarBlock - size % TarBlock) % TarBlock;
}

} // namespace isol8::archive
