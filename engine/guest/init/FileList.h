// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "Resolve.h"

#include <functional>

namespace isol8::guest {

/*!
    The entries that a FileList asks for, sorted by path:
    - a plain path of a folder: what it holds; with Recursive, all below it
    - a plain path of anything else: itself
    - a glob: what matches (perhaps nothing); with Recursive, also all below the folders that match
    Links are entries and are never followed, save those in the part of the path that holds no wildcard.
    \a interrupted is asked now and then; when it says true the answer is Aborted.
*/
struct FileListing
{
    FileError error = FileError::None;
    std::string message; //!< without an error: what is too deep to be listed
    std::vector<FileEntryMessage> entries;
};

//! Without a link's target.
[[nodiscard]] FileEntryMessage entryOf(std::string path, const struct stat &status);

[[nodiscard]] FileListing listFiles(const FileListMessage &request, const std::function<bool()> &interrupted);

} // namespace isol8::guest
