// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>

#include <QByteArray>
#include <QMap>
#include <QString>

namespace isol8 {

//! The static program that is PID 1 of every sandbox. A view of this library's data.
[[nodiscard]] QByteArray guestInit();

//! The static program that removes an engine's containers when the engine was killed (guest/reaper/main.cpp).
[[nodiscard]] QByteArray guestReaper();

//! Sixteen hexadecimal digits of init's SHA-256, known since the build: changes whenever init does.
[[nodiscard]] QString guestHash();

//! A sandbox's /etc/hosts: localhost, by its names and the sandbox's own, and nothing else.
[[nodiscard]] QByteArray guestHosts();

inline constexpr QStringView GuestInitName = u"isol8-init";
inline constexpr QStringView GuestReaperName = u"isol8-reaper";
inline constexpr QStringView GuestHostsName = u"hosts";

/*!
    Puts one of the three files named above into cacheDirectory()/guest/ under a name that holds its hash, and gives its
    absolute path. What stands there already, with the right size, mode and owner, is left as it is, so this costs one
    look at the file system. file_error when it cannot be written; not_found for another name.
*/
[[nodiscard]] Result<QString> installGuestFile(QStringView name);

//! What interpreters that wait for their program load (boot/, init/Waiting.h): path below the folder -> content.
[[nodiscard]] QMap<QString, QByteArray> guestBoot();

//! Puts them into a folder of cacheDirectory()/guest/ as installGuestFile() does, and gives its absolute path.
[[nodiscard]] Result<QString> installGuestBoot();

} // namespace isol8
