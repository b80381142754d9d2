// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/execution/Resolve.h>

namespace isol8 {

//! A run that says all that resolve() decides, so that an engine with another configuration runs it the same way.
struct ExplicitRun
{
    RunRequest request;
    RunOptions options;
    QStringList limited; //!< for the result: what the limits lowered
};

/*!
    What \a config and its \a limits make of a run, written into its request and options. The engine that gets it must
    have LimitsApplied::None, and the same runtimes and network rules: the configuration's lists of hosts are not
    written in, for they may be larger than a request's. unknown_runtime.
*/
[[nodiscard]] Result<ExplicitRun> makeExplicit(RunRequest request, RunOptions options, const RuntimeRegistry &runtimes,
                                               const Config &config, LimitsApplied limits, double hostCpus);

} // namespace isol8
