// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

//! What a child of init does to itself before it may touch what belongs to the program. Safe after fork.
namespace isol8::guest {

/*!
    Once, at init's start: signals that init inherited as ignored become default, and the bounding set is remembered, so
    that no child has to ask for each signal and capability that there could be.
*/
void prepareConfinement();

//! Signals as a new process expects them: default and unblocked. Init itself ignores SIGPIPE alone.
void resetSignals();

//! Closes every descriptor from \a first on.
void closeFrom(int first);

//! Asks the kernel to take this process first when memory runs out.
void offerToOomKiller(int score);

/*!
    Gives up every capability in every set and becomes the sandbox user for good; stays closed to ptrace and /proc until
    its next execve. False with errno set when any step fails.
*/
[[nodiscard]] bool becomeSandboxUser();

/*!
    Becomes a process with the sandbox user's rights on files, and no capability, that the sandbox user can neither
    signal nor trace: its real and saved user are another one. For init's own helpers.
*/
[[nodiscard]] bool becomeGuardedHelper();

/*!
    Becomes a process that the sandbox user can neither signal nor trace, that keeps the right to become the sandbox
    user over its next execve, and no other. For an interpreter that forks itself for each run: its children give up
    that right before they run anything of the user's.
*/
[[nodiscard]] bool becomeForker();

/*!
    Becomes a user whom nothing in the sandbox belongs to, for good, without a capability and closed to ptrace and
   /proc: what the door's process is. False with errno set.
*/
[[nodiscard]] bool becomeDoor();

//! Leaves the door's process the calls that carry bytes, and memory; all others fail. False with errno set.
[[nodiscard]] bool installDoorFilter();

//! SIGKILL to every process of the sandbox user, and to none of init's own.
void killSandboxUser();

/*!
    The second wall behind the daemon's seccomp profile: no AF_VSOCK socket, no io_uring, no x32, no foreign
    architecture. False with errno set.
*/
[[nodiscard]] bool installFilter();

} // namespace isol8::guest
