// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Callback.h>
#include <isol8/execution/Run.h>
#include <service/Caller.h>

namespace isol8::service {

//! Whether callers may run something, by what they have run before and by their keys (service/auth). Runs asks it.
class RunMeter
{
public:
    virtual ~RunMeter() = default;

    //! Whether the key of \a caller, who was let pass some time ago, still counts.
    virtual void confirm(const Caller &caller, Callback<void> done) = 0;
    //! Whether \a caller may have one more run now; else why not: over_quota.
    [[nodiscard]] virtual Result<void> admit(const Caller &caller) = 0;
    //! Seconds until what admit() refused can be tried again.
    [[nodiscard]] virtual int retryAfter(const Caller &caller) const = 0;
    //! \a caller has begun \a run.
    virtual void count(const Caller &caller, Run *run) = 0;
};

} // namespace isol8::service
