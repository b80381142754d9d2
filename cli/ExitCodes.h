// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>

namespace isol8::cli {

//! What isol8 itself ends with; `run` ends with the program's own code. The specification's section 10.
enum ExitCode { Success = 0, Failure = 1, WrongUsage = 2, TimedOut = 124, CouldNotStart = 125, Interrupted = 130 };

//! What the user wrote is wrong: 2. What the machine did not do: 1.
[[nodiscard]] inline int exitCodeFor(const Error &error)
{
    for (const QStringView code : {errors::BadRequest, errors::BadValue, errors::UnknownRuntime, errors::BadSecret,
                                   errors::BadPath, errors::LimitTooLow}) {
        if (error.code == code)
            return WrongUsage;
    }
    return Failure;
}

} // namespace isol8::cli
