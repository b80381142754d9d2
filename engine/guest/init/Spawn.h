// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "System.h"

#include <isol8/guest/protocol.h>

namespace isol8::guest {

/*!
    A program on its way: forked, with our ends of its pipes, all of them non-blocking. \a failure ends without a byte
    when its execve succeeded; else it carries one ExecFailure.

    Of a waiting interpreter \a failure is a socket, and stays open: see Waiting.h.
*/
struct Spawned
{
    pid_t pid = -1; //!< 0: not known yet, a forking interpreter will tell
    Fd input;       //!< we write; with a terminal, its master
    Fd output;      //!< we read; with a terminal, its master
    Fd error;       //!< we read; none with a terminal
    Fd failure;
    Fd payload;  //!< of a waiting interpreter: its RunMessage
    Fd requests; //!< of a forking one: its children's socket
    Fd reader;   //!< of a live one: its input's other end
};

enum class SpawnKind {
    Program,
    Waiting, //!< descriptor 3 is a stream socket, 4 the payload
    Forking, //!< 3 and 5 keep message boundaries; a user of its own, who may become the sandbox user
    Live     //!< descriptor 3 is a stream socket
};

struct ExecFailure
{
    enum What : std::uint32_t { Directory, Program, Wall, Terminal, File };
    std::uint32_t what = Program;
    std::int32_t code = 0; //!< errno
};

//! False with errno set when nothing could be forked.
[[nodiscard]] bool spawn(const RunMessage &run, SpawnKind kind, Spawned *spawned);

//! The pipes of a program; the ends that it gets, in \a theirs: stdin, stdout, stderr, failure. False with errno set.
[[nodiscard]] bool makePipes(Spawned *spawned, Fd (&theirs)[4]);

//! For a person: what could not be started, and why.
[[nodiscard]] std::string describe(const ExecFailure &failure, const RunMessage &run);

//! Tells a terminal's programs its size.
void resizeTerminal(int master, std::uint32_t columns, std::uint32_t rows);

} // namespace isol8::guest
