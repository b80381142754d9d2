// SPDX-License-Identifier: GPL-3.0-or-later
/*
    isol8-init with walls taken away: linked from the same objects as the one of the product, with these functions in
    the place of some of its own (ld's --wrap). It exists in the tests' build alone, so that a test can see that what
    holds back a program is that wall and not by chance another.

    ISOL8_OPEN_WALLS of its environment names them, comma-separated. ISOL8_FACTS is what it says it found, "key=value"
    joined by "|", whatever it did find: else the engine would refuse the sandbox before a program could try anything.
*/
#include "engine/guest/init/Cgroup.h"

#include <isol8/guest/protocol.h>

#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

using isol8::guest::Cgroup;
using isol8::guest::HelloMessage;

namespace {

bool isOpen(const char *wall)
{
    const char *all = std::getenv("ISOL8_OPEN_WALLS");
    return all && ("," + std::string(all) + ",").find("," + std::string(wall) + ",") != std::string::npos;
}

} // namespace

HelloMessage realFacts(const Cgroup &cgroup, const std::string &door) asm(
    "__real__ZN5isol85guest12collectFactsERKNS0_6CgroupERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE");
HelloMessage toldFacts(const Cgroup &cgroup, const std::string &door) asm(
    "__wrap__ZN5isol85guest12collectFactsERKNS0_6CgroupERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE");
bool realInstallFilter() asm("__real__ZN5isol85guest13installFilterEv");
bool openInstallFilter() asm("__wrap__ZN5isol85guest13installFilterEv");
bool realBecomeSandboxUser() asm("__real__ZN5isol85guest17becomeSandboxUserEv");
bool openBecomeSandboxUser() asm("__wrap__ZN5isol85guest17becomeSandboxUserEv");

HelloMessage toldFacts(const Cgroup &cgroup, const std::string &door)
{
    HelloMessage hello = realFacts(cgroup, door);
    const char *told = std::getenv("ISOL8_FACTS");
    std::string_view rest = told ? told : "";
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('|'), rest.size());
        const std::string_view fact = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        const std::size_t equals = fact.find('=');
        if (equals == std::string_view::npos)
            continue;
        const std::string key(fact.substr(0, equals));
        bool found = false;
        for (auto &[name, value] : hello.facts) {
            if (name == key) {
                value = fact.substr(equals + 1);
                found = true;
            }
        }
        if (!found)
            hello.facts.emplace_back(key, std::string(fact.substr(equals + 1)));
    }
    return hello;
}

bool openInstallFilter()
{
    return isOpen("filter") || realInstallFilter();
}

bool openBecomeSandboxUser()
{
    if (isOpen("user"))
        return true;
    if (!isOpen("capabilities"))
        return realBecomeSandboxUser();
    // The sandbox user, but with all that init has, in a way that lasts over execve().
    const gid_t group = isol8::guest::SandboxGid;
    const uid_t user = isol8::guest::SandboxUid;
    if (::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0 || ::setresgid(group, group, group) != 0 ||
        ::setresuid(user, user, user) != 0)
        return false;
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2]{};
    if (::syscall(SYS_capget, &header, data) != 0)
        return false;
    data[0].effective = data[0].inheritable = data[0].permitted;
    if (::syscall(SYS_capset, &header, data) != 0)
        return false;
    for (int capability = 0; capability < 32; ++capability) {
        if (data[0].permitted & (1U << capability))
            (void)::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0);
    }
    return true;
}

extern "C" {

int __real_prctl(int option, ...);                                       // NOLINT: ld's name for it
int __real_setrlimit(__rlimit_resource_t resource, const rlimit *limit); // NOLINT: ld's name for it
int __wrap_prctl(int option, ...);                                       // NOLINT: ld's name for it
int __wrap_setrlimit(__rlimit_resource_t resource, const rlimit *limit); // NOLINT: ld's name for it

int __wrap_prctl(int option, ...) // NOLINT: ld's name for it
{
    unsigned long arguments[4];
    va_list list;
    va_start(list, option);
    for (unsigned long &argument : arguments)
        argument = va_arg(list, unsigned long);
    va_end(list);
    if ((option == PR_SET_DUMPABLE && isOpen("dumpable")) || (option == PR_SET_NO_NEW_PRIVS && isOpen("nnp")))
        return 0;
    return __real_prctl(option, arguments[0], arguments[1], arguments[2], arguments[3]);
}

int __wrap_setrlimit(__rlimit_resource_t resource, const rlimit *limit) // NOLINT: ld's name for it
{
    return resource == RLIMIT_CORE && isOpen("core") ? 0 : __real_setrlimit(resource, limit);
}

} // extern "C"
