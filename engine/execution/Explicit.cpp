// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/execution/Explicit.h>

#include <isol8/execution/RunPlan.h>
#include <isol8/execution/SessionTerms.h>

namespace isol8 {

Result<ExplicitRun> makeExplicit(RunRequest request, RunOptions options, const RuntimeRegistry &runtimes,
                                 const Config &config, LimitsApplied limits, double hostCpus)
{
    if (isPersistent(options) && !options.asked)
        options.asked = askedOptions(request, options);
    const auto runtime = chooseRuntime(request, runtimes);
    if (!runtime)
        return fail(runtime.error());
    const ResolvedOptions resolved = resolve(request, options, *runtime, config, limits, hostCpus);
    request.runtime = runtime->name;
    request.timeout = resolved.timeout;
    options.timeout.reset();
    options.memoryLimit = resolved.memoryLimit;
    options.cpuLimit = resolved.cpuLimit;
    options.pidsLimit = resolved.pidsLimit;
    options.sandboxSize = resolved.sandboxSize;
    options.tmpSize = resolved.tmpSize;
    options.maxOutputSize = resolved.maxOutputSize;
    options.readonlyRootFs = resolved.readonlyRootFs;
    options.network = resolved.network;
    options.seccomp = resolved.seccomp;
    options.customProfilePath = resolved.customProfilePath;
    return ExplicitRun{std::move(request), std::move(options), resolved.limited};
}

} // namespace isol8
