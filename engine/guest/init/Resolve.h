// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "System.h"

#include <isol8/guest/protocol.h>

#include <sys/stat.h>

namespace isol8::guest {

//! How a path is to be followed.
struct Follow
{
    bool lastLink = true;      //!< a symbolic link at its end is followed; else it is the object itself
    bool mayBeMissing = false; //!< the last component need not exist: then there is no object
    bool makeParents = false;  //!< missing folders on the way are made, mode 0755
};

/*!
    Where a path leads, found component by component without ever letting the kernel follow a link, and proven to be
    /sandbox, /tmp or something below them. The descriptors are O_PATH: nothing was opened yet, so no pipe blocks and no
    device stirs. What they name cannot be exchanged any more.
*/
struct Place
{
    FileError error = FileError::None;
    std::string message;
    Fd parent;        //!< the folder that holds it; none where the path ends in ".." or is "/"
    std::string leaf; //!< its name there
    Fd object;        //!< none when it is missing
    struct stat status
    {
    };                //!< of the object
    std::string path; //!< the object's (or, missing, the parent's) real path

    [[nodiscard]] bool ok() const { return error == FileError::None; }
    [[nodiscard]] bool isRoot() const { return path == "/sandbox" || path == "/tmp"; }
};

[[nodiscard]] Place resolve(const std::string &path, const Follow &follow);

//! Opens what an O_PATH descriptor names.
[[nodiscard]] Fd reopen(const Fd &object, int flags);

//! The error that an errno means to the host.
[[nodiscard]] FileError fileError(int code);

} // namespace isol8::guest
