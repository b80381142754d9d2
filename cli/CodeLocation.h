// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>

#include <QString>

namespace isol8::cli {

/*!
    The URL of a file on GitHub, of "owner/repo/ref/path". The ref is a branch, a tag or a commit; one with slashes is
    written as it is, GitHub finds out where it ends ("refs/heads/a/b" where it could not). Each part is
    percent-encoded, so it is written as the file is called. bad_request. Pure.
*/
[[nodiscard]] Result<QString> githubUrl(const QString &location);

//! The same for a gist, of "id/file" or "user/id/file", where the id may be followed by "@revision". bad_request. Pure.
[[nodiscard]] Result<QString> gistUrl(const QString &location);

} // namespace isol8::cli
