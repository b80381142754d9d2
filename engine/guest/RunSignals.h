// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <csignal>
#include <iterator>

namespace isol8::guest {

//! Whether a run may be sent \a number (FrameType::Signal). The others would stop what watches it, or are the kernel's.
[[nodiscard]] inline bool isRunSignal(int number)
{
    constexpr int allowed[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGKILL, SIGUSR1, SIGUSR2, SIGCONT, SIGTSTP, SIGWINCH};
    return std::find(std::begin(allowed), std::end(allowed), number) != std::end(allowed);
}

} // namespace isol8::guest
