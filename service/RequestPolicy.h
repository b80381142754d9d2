// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/config/Config.h>
#include <service/ExecuteMessage.h>

namespace isol8::service {

/*!
    What a caller who is not this user may ask for: the specification's section 9, "What a request over HTTP may set".
    Pure.

    Changes \a message so that the engine holds what only it can: the server's whitelist as a ceiling, images that are
    isol8's own. What is accepted and ignored is taken out. not_allowed names the field that asks for what only the
    server's owner decides, unless it asks for what \a config has anyway, or `service.allow` names it.
*/
[[nodiscard]] Result<void> applyRequestPolicy(ExecuteMessage *message, const Config &config);

} // namespace isol8::service
