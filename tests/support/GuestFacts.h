// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <string>

namespace isol8::test {

using FactMap = std::map<std::string, std::string>;

//! What init reports of a sandbox of the default spec in which every wall stands.
inline FactMap allWalls()
{
    return {{"net", "lo"},
            {"root.readonly", "1"},
            {"nnp", "1"},
            {"seccomp", "2"},
            {"cap.bounding", "00000000000001e0"},
            {"cap.effective", "00000000000001e0"},
            {"mount:/sandbox", "tmpfs rw,nosuid,nodev,relatime 536870912"},
            {"mount:/tmp", "tmpfs rw,nosuid,nodev,noexec,relatime 268435456"},
            {"mount:/dev/shm", "tmpfs rw,nosuid,nodev,noexec,relatime 16777216"},
            {"mounts.writable", ""},
            {"cgroup", "1"},
            {"memory.max", "536870912"},
            {"memory.swap.max", "0"},
            {"pids.max", "64"},
            {"cpu.max", "100000 100000"},
            {"nofile", "1024"},
            {"core", "0"},
            {"door", ""},
            {"uid", "0"},
            {"pid", "1"}};
}

} // namespace isol8::test
