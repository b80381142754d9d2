// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/image/CheckUp.h>

#include <QJsonObject>
#include <QList>
#include <QString>

#include <optional>

namespace isol8 {

//! What the machine itself says, where the daemon is one of its own processes; empty or not set where it is not.
struct HostFacts
{
    QString corePattern;             //!< /proc/sys/kernel/core_pattern
    std::optional<uint> socketMode;  //!< permission bits of Docker's socket
    std::optional<uint> socketGroup; //!< its group
};

//! Reads them; \a socket: the path of Docker's Unix socket, empty for a daemon elsewhere.
[[nodiscard]] HostFacts readHostFacts(const QString &socket);

/*!
    How strong the machine under the walls is, by `docker info`, `docker version` and \a facts: kernel, cgroups, whose
   user root in a container is, runc and the others against escapes that are known, who may command the daemon. All of
   it is advice: Level::Problem does not occur. Pure.
*/
[[nodiscard]] QList<CheckItem> hostAdvice(const QJsonObject &info, const QJsonObject &components,
                                          const HostFacts &facts);

} // namespace isol8
