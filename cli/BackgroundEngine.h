// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/config/Config.h>
#include <isol8/execution/RunRequest.h>
#include <isol8/remote/RemoteEngine.h>

#include <QProcessEnvironment>

#include <memory>

namespace isol8::cli {

/*!
    The way to this user's background engine (`isol8 serve --local`) for one run, or null where there is none to try: no
    socket that is ours, ISOL8_ENGINE=local, or a run so large that handing it over costs more than it saves. Whether
   the engine answers, and is of our version, its start() says. bad_request for another value of ISOL8_ENGINE.
*/
[[nodiscard]] Result<std::unique_ptr<RemoteEngine>> backgroundEngine(const Config &config, const RunRequest &request,
                                                                     const QProcessEnvironment &environment);

} // namespace isol8::cli
