// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "System.h"

#include <isol8/guest/protocol.h>

namespace isol8::guest {

/*!
    A program on its way: forked, with our ends of its pipes, all of them non-blocking. \a failure ends without a byte
    when its execve succeeded; else it carries one ExecFailure.
*/
struct Spawned
{
    pid_t pid = -1;
    Fd input;  //!< we write; with a terminal, its master
    Fd output; //!< we read; with a terminal, its master
    Fd error;  //!< we read; none with a terminal
    Fd failure;
};

struct ExecFailure
{
    enum What : std::uint32_t { Directory, Program, Wall, Terminal };
    std::uint32_t what = Program;
    std::int32_t code = 0; //!< errno
};

//! False with errno set when nothing could be forked.
[[nodiscard]] bool spawn(const RunMessage &run, Spawned *spawned);

//! For a person: what could not be started, and why.
[[nodiscard]] std::string describe(const ExecFailure &failure, const RunMessage &run);

//! Tells a terminal's programs its size.
void resizeTerminal(int master, std::uint32_t columns, std::uint32_t rows);

} // namespace isol8::guest
