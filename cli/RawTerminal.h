// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace isol8::cli {

/*!
    Puts the terminal at stdin into raw mode, so that every key goes to the program inside, and back when it dies. So it
    does when the process exits, and when a signal ends it, a crash among them; only SIGKILL leaves the terminal raw.
    Does nothing where stdin is no terminal. One at a time.
*/
class RawTerminal
{
public:
    RawTerminal();
    ~RawTerminal();
    RawTerminal(const RawTerminal &) = delete;
    RawTerminal &operator=(const RawTerminal &) = delete;

    //! Stops this process, as SIGTSTP does, with the terminal as it was, and goes on raw.
    void stopProcess();
    //! Raw again, whatever a shell made of the terminal meanwhile.
    void renew();
};

} // namespace isol8::cli
