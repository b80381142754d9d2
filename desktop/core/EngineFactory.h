// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <desktop/core/ConnectionSpec.h>
#include <isol8/config/Config.h>
#include <isol8/execution/Engine.h>

#include <functional>
#include <memory>

namespace isol8::desktop {

//! Makes the engine of a connection; \a key is a service's, and empty for others. Null where there can be none.
using EngineFactory =
    std::function<std::unique_ptr<Engine>(const ConnectionSpec &spec, const QByteArray &key, const Config &config)>;

[[nodiscard]] std::unique_ptr<Engine> makeEngine(const ConnectionSpec &spec, const QByteArray &key,
                                                 const Config &config);

} // namespace isol8::desktop
