// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Callback.h>
#include <isol8/execution/Run.h>
#include <service/Caller.h>
#include <service/auth/KeyRecord.h>

#include <functional>
#include <optional>

namespace isol8::service {

//! The CPU time that a run used, in ms. Not set where it ended from outside and its sandbox told no more of itself.
[[nodiscard]] inline std::optional<qint64> usedCpu(const RunResult &result)
{
    const bool endedByItself =
        result.reason != Reason::Cancelled && result.reason != Reason::SessionLost && result.reason != Reason::Internal;
    return endedByItself || result.usageIsWhole ? std::optional(result.resourceUsage.cpuMs) : std::nullopt;
}

//! Whether callers may run something, by what they have run before and by their keys (service/auth). Runs asks it.
class RunMeter
{
public:
    //! Ends a run, and says why to whoever waits for it.
    using End = std::function<void(const Error &)>;

    virtual ~RunMeter() = default;

    //! Whether the key of \a caller, who was let pass some time ago, still counts.
    virtual void confirm(const Caller &caller, Callback<void> done) = 0;
    //! Whether \a caller may have one more run now; else why not: over_quota.
    [[nodiscard]] virtual Result<void> admit(const Caller &caller) = 0;
    //! Seconds until what admit() refused can be tried again.
    [[nodiscard]] virtual int retryAfter(const Caller &caller) const = 0;
    //! \a caller has begun \a run; \a end is called, while that goes on, when the key does not count any more.
    virtual void count(const Caller &caller, Run *run, End end) = 0;

    //! Of a key, as far as it is known; nothing is set for the master key.
    [[nodiscard]] virtual Quota quotaOf(const QString &keyId) const = 0;
    //! Whether there is CPU time left: over_quota.
    [[nodiscard]] virtual Result<void> mayCompute(const QString &keyId) = 0;
    //! CPU time that was used for a key outside of its runs.
    virtual void charge(const QString &keyId, qint64 cpuMs) = 0;
};

} // namespace isol8::service
