// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/config/Config.h>
#include <isol8/execution/RunRequest.h>
#include <isol8/runtime/Runtime.h>

namespace isol8 {

//! Which of the configuration's `limits` cut what a run asks for: none, those that stand in the file (the command
//! line), or all (the service).
enum class LimitsApplied { None, Configured, All };

//! Everything that a run leaves open, decided.
struct ResolvedOptions
{
    milliseconds timeout{0};
    qint64 memoryLimit = 0;
    double cpuLimit = 0;
    int pidsLimit = 0;
    qint64 sandboxSize = 0;
    qint64 tmpSize = 0;
    qint64 maxOutputSize = 0;
    bool readonlyRootFs = true;
    Network network = Network::None;
    Config::NetworkRules
        networkRules; //!< a request's whitelist instead of the configuration's, its blacklist beside it
    SeccompMode seccomp = SeccompMode::Strict;
    QString customProfilePath;
    QString image; //!< the request's own, else the runtime's
    QString isolation;
    QStringList limited; //!< wire names of what was asked for and lowered

    friend bool operator==(const ResolvedOptions &, const ResolvedOptions &) = default;
};

/*!
    Request before options before the runtime's own defaults before the configuration, then cut by its limits. Pure. A
   \a limits cpuLimit of 0 stands for \a hostCpus; 0 for both: no ceiling.
*/
[[nodiscard]] ResolvedOptions resolve(const RunRequest &request, const RunOptions &options, const Runtime &runtime,
                                      const Config &config, LimitsApplied limits, double hostCpus);

} // namespace isol8
