// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "System.h"

namespace isol8::guest {

/*!
    Removes all that a folder holds, following no link, whatever its depth, with two descriptors: what lies deeper is
    first moved up into \a folder itself. Folders that shut their owner out are opened up. False with \a problem when
    something stays, or when it takes past \a deadlineMs (of nowMs()).
*/
[[nodiscard]] bool emptyFolder(int folder, std::uint64_t deadlineMs, std::string *problem);

//! Whether a folder holds nothing; false also when it cannot be read.
[[nodiscard]] bool isEmptyFolder(int folder);

} // namespace isol8::guest
