// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QProcess>

#include <csignal>

#include <sys/types.h>

/*!
    Signals to one process. kill(2) takes 0 and negative numbers for groups of processes, and 0 is what QProcess calls
    one that has ended: the test, and all that started it, would be struck.
*/
namespace processtest {

//! False where there is no such process.
inline bool sendSignal(pid_t process, int number)
{
    return process > 1 && ::kill(process, number) == 0;
}

//! False where it has ended.
inline bool sendSignal(const QProcess &process, int number)
{
    return sendSignal(static_cast<pid_t>(process.processId()), number);
}

} // namespace processtest
