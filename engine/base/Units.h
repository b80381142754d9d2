// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>

#include <chrono>

namespace isol8 {

using std::chrono::milliseconds;

inline constexpr qint64 KiB = 1024;
inline constexpr qint64 MiB = 1024 * KiB;
inline constexpr qint64 GiB = 1024 * MiB;

/*!
    Bytes from "512m", "1g", "64k", "1.5g" or plain bytes; case does not matter, a trailing "b" or "ib" neither. Powers
   of 1024, as Docker's. Fails with bad_value for anything else, for zero, for negative numbers, and past 2^53.
*/
[[nodiscard]] Result<qint64> parseSize(QStringView text);

//! The shortest exact form that parseSize() reads back: "512m", "1g", "1000".
[[nodiscard]] QString formatSize(qint64 bytes);

//! Milliseconds from "1500" (milliseconds), "1500ms", "30s", "2m" or "1h"; fractions allowed before a unit. bad_value
//! otherwise, and for zero.
[[nodiscard]] Result<milliseconds> parseDuration(QStringView text);

//! For people: "850 ms", "30 s", "2 min".
[[nodiscard]] QString formatDuration(milliseconds duration);

} // namespace isol8
