// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

//! Readers of what the kernel writes in /proc and /sys. Pure.
namespace isol8::guest {

//! Takes the next line of \a rest, without its end.
[[nodiscard]] inline std::string_view takeLine(std::string_view &rest)
{
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return line;
}

//! Takes the next word of \a rest; words are parted by spaces and tabs. Empty at the end.
[[nodiscard]] inline std::string_view takeWord(std::string_view &rest)
{
    const std::size_t begin = std::min(rest.find_first_not_of(" \t"), rest.size());
    rest.remove_prefix(begin);
    const std::size_t end = std::min(rest.find_first_of(" \t"), rest.size());
    const std::string_view word = rest.substr(0, end);
    rest.remove_prefix(end);
    return word;
}

[[nodiscard]] inline std::string_view trimmed(std::string_view text)
{
    const std::size_t begin = std::min(text.find_first_not_of(" \t\n"), text.size());
    const std::size_t end = text.find_last_not_of(" \t\n");
    return end == std::string_view::npos ? std::string_view() : text.substr(begin, end - begin + 1);
}

//! Decimal digits and nothing else.
[[nodiscard]] inline std::optional<std::uint64_t> parseNumber(std::string_view text)
{
    if (text.empty() || text.size() > 20)
        return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : text) {
        const auto digit = static_cast<std::uint64_t>(c - '0');
        if (c < '0' || c > '9' || value > (~std::uint64_t(0) - digit) / 10)
            return std::nullopt;
        value = value * 10 + digit;
    }
    return value;
}

//! The number N of a line "key N" (memory.events, cpu.stat, pids.events, memory.oom_control).
[[nodiscard]] inline std::optional<std::uint64_t> numberOf(std::string_view text, std::string_view key)
{
    while (!text.empty()) {
        std::string_view line = takeLine(text);
        if (takeWord(line) == key)
            return parseNumber(takeWord(line));
    }
    return std::nullopt;
}

//! The value of a line "Key:\tvalue" (/proc/self/status).
[[nodiscard]] inline std::string_view fieldOf(std::string_view text, std::string_view key)
{
    while (!text.empty()) {
        const std::string_view line = takeLine(text);
        if (line.size() > key.size() && line.substr(0, key.size()) == key && line[key.size()] == ':')
            return trimmed(line.substr(key.size() + 1));
    }
    return {};
}

//! The names of /proc/net/dev, parted by commas.
[[nodiscard]] inline std::string networkDevices(std::string_view text)
{
    std::string names;
    while (!text.empty()) {
        const std::string_view line = takeLine(text);
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || line.find('|') < colon)
            continue;
        if (!names.empty())
            names += ',';
        names += trimmed(line.substr(0, colon));
    }
    return names;
}

struct MountLine
{
    std::string point;
    std::string options; //!< of this mount
    std::string type;
    std::string superOptions;
    [[nodiscard]] bool readOnly() const { return has(options, "ro") || has(superOptions, "ro"); }

    [[nodiscard]] static bool has(std::string_view list, std::string_view option)
    {
        while (!list.empty()) {
            const std::size_t comma = std::min(list.find(','), list.size());
            if (list.substr(0, comma) == option)
                return true;
            list.remove_prefix(std::min(comma + 1, list.size()));
        }
        return false;
    }
};

//! "\040" and the like, as mountinfo writes blanks in paths.
[[nodiscard]] inline std::string unescapeOctal(std::string_view text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto digit = [&](std::size_t k) {
            return i + k < text.size() && text[i + k] >= '0' && text[i + k] <= '7';
        };
        if (text[i] == '\\' && digit(1) && digit(2) && digit(3)) {
            out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
            i += 3;
        } else {
            out += text[i];
        }
    }
    return out;
}

//! /proc/self/mountinfo, in its order: a later mount of the same point covers the earlier.
[[nodiscard]] inline std::vector<MountLine> parseMountInfo(std::string_view text)
{
    std::vector<MountLine> mounts;
    while (!text.empty()) {
        std::string_view line = takeLine(text);
        for (int i = 0; i < 4; ++i)
            (void)takeWord(line); // mount id, parent id, device, root
        MountLine mount;
        mount.point = unescapeOctal(takeWord(line));
        mount.options = takeWord(line);
        std::string_view word = takeWord(line);
        while (!word.empty() && word != "-")
            word = takeWord(line); // optional fields
        mount.type = takeWord(line);
        (void)takeWord(line); // source
        mount.superOptions = takeWord(line);
        if (word == "-" && !mount.type.empty())
            mounts.push_back(std::move(mount));
    }
    return mounts;
}

/*!
    The points of \a mounts that a program could write to and that are none of a sandbox's own, parted by commas: no
    tmpfs of it, no file system of the kernel's, none of the three files that Docker puts into /etc, none of the devices
    that are the host's own nodes where a container's root cannot make any (rootless Docker, userns-remap).
*/
[[nodiscard]] inline std::string writablePlaces(const std::vector<MountLine> &mounts)
{
    static constexpr std::string_view own[] = {
        "/", "/dev", "/sandbox", "/tmp", "/dev/shm", "/dev/mqueue", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf"};
    static constexpr std::string_view kernel[] = {"proc", "sysfs", "devpts", "mqueue", "cgroup", "cgroup2"};
    static constexpr std::string_view devices[] = {"/dev/null", "/dev/zero",   "/dev/full",
                                                   "/dev/tty",  "/dev/random", "/dev/urandom"};
    const auto among = [](const auto &list, std::string_view value) {
        return std::find(std::begin(list), std::end(list), value) != std::end(list);
    };
    std::string places;
    for (const MountLine &mount : mounts) {
        const bool below = mount.point.compare(0, 6, "/proc/") == 0 || mount.point.compare(0, 5, "/sys/") == 0;
        if (mount.readOnly() || below || among(own, mount.point) || among(kernel, mount.type))
            continue;
        if (mount.type == "devtmpfs" && among(devices, mount.point))
            continue;
        if (!places.empty())
            places += ',';
        places += mount.point;
    }
    return places;
}

//! The ids of /proc/sysvipc/shm, sem or msg: the second column below the heading.
[[nodiscard]] inline std::vector<int> sysvIds(std::string_view text)
{
    std::vector<int> ids;
    (void)takeLine(text);
    while (!text.empty()) {
        std::string_view line = takeLine(text);
        (void)takeWord(line);
        if (const auto id = parseNumber(takeWord(line)); id && *id <= 0x7fffffff)
            ids.push_back(static_cast<int>(*id));
    }
    return ids;
}

//! Whether /proc/net/sockstat or sockstat6 shows neither a socket nor what is left of a connection. False when in
//! doubt.
[[nodiscard]] inline bool noSockets(std::string_view text)
{
    bool tcp = false;
    while (!text.empty()) {
        std::string_view line = takeLine(text);
        const std::string_view protocol = takeWord(line);
        if (protocol == "sockets:")
            continue; // those of other families, too
        bool inUse = false;
        for (std::string_view key = takeWord(line); !key.empty(); key = takeWord(line)) {
            const std::string_view value = takeWord(line);
            inUse = inUse || key == "inuse";
            if ((key == "inuse" || key == "tw") && value != "0")
                return false; // the others count for the whole machine
        }
        tcp = tcp || (inUse && (protocol == "TCP:" || protocol == "TCP6:"));
    }
    return tcp;
}

//! The counter \a key of \a protocol in /proc/net/snmp: a line of names, then one of numbers.
[[nodiscard]] inline std::optional<std::uint64_t> networkCounter(std::string_view text, std::string_view protocol,
                                                                 std::string_view key)
{
    while (!text.empty()) {
        std::string_view names = takeLine(text);
        std::string_view numbers = names;
        if (takeWord(names) != protocol)
            continue;
        numbers = takeLine(text);
        (void)takeWord(numbers);
        for (std::string_view name = takeWord(names); !name.empty(); name = takeWord(names)) {
            const std::string_view number = takeWord(numbers);
            if (name == key)
                return parseNumber(number);
        }
    }
    return std::nullopt;
}

//! The state letter of /proc/PID/stat, behind the last ')', for a program chooses its own name; 0 when there is none.
[[nodiscard]] inline char processState(std::string_view stat)
{
    const std::size_t end = stat.rfind(") ");
    return end == std::string_view::npos || end + 2 >= stat.size() ? '\0' : stat[end + 2];
}

} // namespace isol8::guest
