// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>
#include <isol8/guest/protocol.h>

namespace isol8::files {

//! What a failed FileDone means, for a person; \a path is what was asked for. The codes are those of FileOperation.h.
[[nodiscard]] Error fileError(const guest::FileDoneMessage &message, const QString &path);

} // namespace isol8::files
