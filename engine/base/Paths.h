// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>

#include <QByteArray>
#include <QString>

namespace isol8 {

//! Where isol8 keeps what can be made again: $XDG_CACHE_HOME/isol8, else ~/.cache/isol8. Not created here.
[[nodiscard]] QString cacheDirectory();

//! Where isol8 keeps what a user has made: $XDG_DATA_HOME/isol8, else ~/.local/share/isol8. Not created here.
[[nodiscard]] QString dataDirectory();

//! The user's own isol8 folder, ~/.isol8 (configuration, credentials). Not created here.
[[nodiscard]] QString userDirectory();

/*!
    Writes \a content to \a path so that readers see the old file or the new one, never a part (a temporary file,
    fsync, rename). The folder is created with mode 0700 where it is missing. file_error on failure.
*/
[[nodiscard]] Result<void> writeFileAtomically(const QString &path, const QByteArray &content, uint mode);

//! The whole of a regular file of at most \a limit bytes. file_error says which of the two failed, and why.
[[nodiscard]] Result<QByteArray> readFile(const QString &path, qint64 limit);

} // namespace isol8
