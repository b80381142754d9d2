// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/guest/Text.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace isol8::guest {

//! A line that a session's interpreter says to isol8-init (init/Live.h).
struct LiveHeader
{
    static constexpr std::size_t MaxLength = 256;
    static constexpr std::size_t MaxValue = 64 * 1024 * 1024;

    char kind = 0;
    std::size_t left = 0; //!< bytes of the value; of an end, its code
    std::string type;     //!< of a beginning or an end, its word
    bool begun = false;   //!< a part of the value was passed on
};

//! \a line without its end; nullopt: it breaks the rules.
[[nodiscard]] inline std::optional<LiveHeader> parseLiveHeader(std::string_view line)
{
    const auto isType = [](std::string_view text) {
        return !text.empty() && text.size() <= 100 && text.find('/') != std::string_view::npos &&
               std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
    };
    if (line.empty() || line.size() > LiveHeader::MaxLength)
        return std::nullopt;
    LiveHeader header;
    header.kind = line[0];
    if (line == "R")
        return header;
    if (line.size() < 3 || line[1] != ' ')
        return std::nullopt;
    line.remove_prefix(2);
    const std::size_t space = line.find(' ');
    if (header.kind == 'B') {
        header.type = line;
        return header;
    }
    if (space == std::string_view::npos)
        return std::nullopt;
    const std::string_view first = line.substr(0, space);
    const std::string_view second = line.substr(space + 1);
    const bool ends = header.kind == 'E';
    const auto number = parseNumber(ends ? second : first);
    header.type = ends ? first : second;
    if (!number || *number > (ends ? 255 : LiveHeader::MaxValue) || !(ends || (header.kind == 'D' && isType(second))))
        return std::nullopt;
    header.left = std::size_t(*number);
    return header;
}

} // namespace isol8::guest
