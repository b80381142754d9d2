// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/config/Config.h>

namespace isol8::service {

//! What becomes of a configuration that is read again while the service runs.
struct ConfigReload
{
    Config config;       //!< the one that holds from now on
    QStringList changed; //!< sections that are otherwise now
    QStringList kept;    //!< sections that are otherwise in the file, and count at the next start
};

//! Pure.
[[nodiscard]] ConfigReload reloadConfig(const Config &now, const Config &file);

} // namespace isol8::service
