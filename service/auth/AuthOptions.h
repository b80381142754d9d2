// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Units.h>

#include <QByteArray>
#include <QString>

#include <optional>

namespace isol8::service {

struct AuthOptions
{
    QByteArray masterKey;
    //! Where keys are kept. Empty: ~/.isol8/auth.db; a path: SQLite there; postgres://…, mysql://… (DatabaseTarget).
    //! None: there is only the master key.
    std::optional<QString> database = std::nullopt;
    milliseconds defaultTtl{86400000};     //!< of keys that say nothing else
    milliseconds cleanupInterval{3600000}; //!< between deletions of expired keys
};

} // namespace isol8::service
