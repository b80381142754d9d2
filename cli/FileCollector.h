// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>
#include <isol8/base/Units.h>
#include <isol8/execution/RunRequest.h>

#include <QList>
#include <QStringList>

namespace isol8::cli {

inline constexpr qint64 MaxCollectedSize = 256 * MiB;

struct CollectedFiles
{
    QList<InputFile> files; //!< paths below /sandbox, as they lie below the folder, with bits and times; folders
                            //!< that are empty, or that have other permission bits than 0755
    QStringList notes;      //!< sentences about what was left out and why
};

/*!
    The files below \a folder, but for those that the standard rules and its .isol8ignore leave out. A symbolic link
   counts as what it points to, as long as that is in the folder, too; one that points out of it is left out with a
   note, as is what is no file (sockets, pipes, devices). file_error for what cannot be read, bad_value for more than \a
   limit bytes.
*/
[[nodiscard]] Result<CollectedFiles> collectFiles(const QString &folder, qint64 limit = MaxCollectedSize);

} // namespace isol8::cli
