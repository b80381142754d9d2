// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "System.h"

#include <isol8/guest/protocol.h>

namespace isol8::guest {

//! What the host asks of names and folders, each done at once. With the rights of the process that calls them.
[[nodiscard]] FileDoneMessage removeTree(const PathMessage &request);
[[nodiscard]] FileDoneMessage makeFolder(const FileMkdirMessage &request);
[[nodiscard]] FileDoneMessage makeLink(const FileSymlinkMessage &request);

//! The answer that an errno is.
[[nodiscard]] FileDoneMessage fileFailure(int code);

//! Sets the time of change of an open file. False with errno.
bool setTime(const Fd &file, std::uint64_t mtimeMs);

} // namespace isol8::guest
