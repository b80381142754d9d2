// SPDX-License-Identifier: GPL-3.0-or-later
// isol8-init: PID 1 of every sandbox. The protocol that it speaks is in ../protocol.h.
#include "Init.h"

#include <cstring>

#include <sys/prctl.h>

int main(int argc, char **argv)
{
    // Before anything else: what is in this process's memory is closed to all others of the sandbox.
    (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (::getpid() != 1) {
        const char sentence[] = "isol8-init: this is the first process of a sandbox; only isol8 starts it.\n";
        (void)isol8::guest::writeAll(2, sentence, sizeof sentence - 1);
        return 1;
    }
    bool stay = false;
    bool door = false;
    for (int i = 1; i < argc; ++i) {
        stay = stay || std::strcmp(argv[i], "--stay") == 0;
        door = door || std::strcmp(argv[i], "--door") == 0;
    }
    auto *const init = new isol8::guest::Init(stay, door); // never deleted: the end of this process ends all
    ::_exit(init->loop());
}
