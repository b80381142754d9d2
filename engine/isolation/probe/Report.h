// SPDX-License-Identifier: GPL-3.0-or-later
/*
    isol8-walls: a static program that tries, inside a sandbox and as its user, what no wall lets through, and tells
    what came of it. Each try is a line on stdout: "WALL<tab>NAME<tab>held|open|untried<tab>FOUND". It does no harm
   where a wall is missing: arguments are such that an open call fails by another errno, or what it made is undone.

        isol8-walls                 every wall that one quiet process can look at
        isol8-walls WALL…           those alone
        isol8-walls fill WHAT       takes all it can get of "processes", "disk", "files", "cpu", "memory"
        isol8-walls door            what may not be reached through the door of a filtered sandbox
*/
#pragma once

#include <cerrno>
#include <string>
#include <string_view>

namespace isol8::probe {

enum class Outcome { Held, Open, Untried };

//! The wall that what follows is about.
void setWall(const char *wall);
void report(std::string_view name, Outcome outcome, std::string_view found);

inline void report(std::string_view name, bool held, std::string_view found)
{
    report(name, held ? Outcome::Held : Outcome::Open, found);
}

//! "EPERM", or the number of one that is not named here.
[[nodiscard]] std::string errorName(int code);

//! A call that must be refused: by EPERM, EACCES, ENOSYS or EROFS. Anything else got as far as the kernel's own work.
//! Below 0 \a result is one, with errno as the call left it.
void refused(std::string_view name, long result);

//! Whole, up to \a limit bytes; "" where it cannot be read.
[[nodiscard]] std::string readFile(const char *path, std::size_t limit = 65536);

void probeUser();
void probeRoot();
void probeCalls();
void probeDevices();
void probeKernel();
void probeInit();
void probeNamespaces();
void probeNetwork();
void probeLimits();
void probeDoor();
//! False: no such thing.
[[nodiscard]] bool fill(std::string_view what);

} // namespace isol8::probe
