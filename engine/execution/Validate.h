// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>
#include <isol8/base/Units.h>
#include <isol8/execution/RunRequest.h>

namespace isol8 {

inline constexpr qint64 MaxCodeSize = 16 * MiB;
inline constexpr qsizetype MaxArgumentSize =
    128 * 1024 - 1; //!< the kernel's limit of one argument, or one NAME=value, in bytes
inline constexpr qsizetype MaxArgumentsSize =
    1024 * 1024; //!< all arguments and variables together; the kernel takes a quarter of the stack
inline constexpr qsizetype MinSecretSize =
    4; //!< bytes; a shorter one could not be masked without masking half the output
inline constexpr qsizetype MaxInputFiles = 50000;

//! Everything that can be said about a request without a sandbox: exactly one of code, codeUrl and cmd; text that is
//! there and is text; names, values and paths that the kernel takes. bad_request or bad_path, naming the field.
[[nodiscard]] Result<void> validate(const RunRequest &request);

//! bad_secret names the secret, never its value; bad_request the field.
[[nodiscard]] Result<void> validate(const RunOptions &options);

/*!
    The absolute path inside the sandbox that \a path means: relative ones count from /sandbox, "." and ".." are
   resolved lexically (symbolic links are for those who open it). bad_path when the result is not /sandbox, /tmp or
   below them, or cannot be a path.
*/
[[nodiscard]] Result<QString> sandboxPath(QStringView path);

} // namespace isol8
