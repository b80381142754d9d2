// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>

#include <QProcessEnvironment>
#include <QString>

namespace isol8 {

/*!
    Where this user's background engine listens: `isol8/engine.sock` in $XDG_RUNTIME_DIR, else in /run/user/UID where
    that is ours, else /tmp/isol8-UID/engine.sock.
*/
struct LocalSocket
{
    QString folder;
    [[nodiscard]] QString path() const { return folder + QStringLiteral("/engine.sock"); }
    [[nodiscard]] QString lockPath() const { return folder + QStringLiteral("/engine.lock"); }

    [[nodiscard]] static LocalSocket find(const QProcessEnvironment &environment);

    //! Makes the folder, mode 0700, where it is missing. not_allowed where it is not ours alone to write to.
    [[nodiscard]] Result<void> ensureFolder() const;
    //! Whether there is a socket that belongs to this user, in a folder that nobody else may write to.
    [[nodiscard]] bool isOurs() const;
};

} // namespace isol8
