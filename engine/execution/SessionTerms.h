// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/execution/RunPlan.h>

namespace isol8 {

//! What the first run of a session has fixed for all.
struct SessionTerms
{
    SandboxSpec spec;
    NetworkPlan network;
    QStringList whitelist; //!< as asked for
    QStringList blacklist;
};

//! Of the run that makes a session.
[[nodiscard]] SessionTerms termsOf(const RunPlan &plan, const RunOptions &options);

//! Wire names of the options that are set and belong to a session's sandbox; "runtime", where the request says which.
[[nodiscard]] QStringList askedOptions(const RunRequest &request, const RunOptions &options);

//! What request and options leave open becomes as \a terms have it; remembers what was asked for. Before the run is
//! planned.
void adoptTerms(RunRequest *request, RunOptions *options, const SessionTerms &terms);

/*!
    Makes \a plan one of a session with \a terms. session_conflict names what \a options ask for otherwise. Pure.
*/
[[nodiscard]] Result<void> applyTerms(RunPlan *plan, const RunOptions &options, const SessionTerms &terms);

} // namespace isol8
