// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

//! The little that the reaper knows of Docker's API. Pure.
namespace isol8::guest {

//! Percent-encoding for a URL's query: all but unreserved characters.
[[nodiscard]] inline std::string percentEncode(std::string_view text)
{
    constexpr char hex[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                           c == '.' || c == '_' || c == '~';
        if (plain)
            out += c;
        else
            out.append({'%', hex[byte >> 4], hex[byte & 15]});
    }
    return out;
}

//! A JSON string with its quotes. Control characters are left out; no label has them.
[[nodiscard]] inline std::string jsonString(std::string_view text)
{
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            out += '\\';
        if (static_cast<unsigned char>(c) >= 0x20)
            out += c;
    }
    return out + '"';
}

//! The request that lists all containers, running or not, with a label ("name" or "name=value").
[[nodiscard]] inline std::string listRequest(std::string_view label)
{
    return "GET /containers/json?all=1&filters=" + percentEncode("{\"label\":[" + jsonString(label) + "]}") +
           " HTTP/1.0\r\nHost: docker\r\nConnection: close\r\n\r\n";
}

[[nodiscard]] inline std::string deleteRequest(std::string_view id)
{
    return "DELETE /containers/" + std::string(id) +
           "?force=1&v=1 HTTP/1.0\r\nHost: docker\r\nConnection: close\r\n\r\n";
}

//! Whether a whole answer says 200. The reaper asks in HTTP/1.0, so its body simply follows the head.
[[nodiscard]] inline bool isSuccess(std::string_view answer)
{
    return answer.size() > 12 && answer.substr(0, 7) == "HTTP/1." && answer.substr(8, 4) == " 200" &&
           (answer[12] == ' ' || answer[12] == '\r');
}

/*!
    The container ids in an answer to listRequest(): each member "Id" whose value is 64 hexadecimal digits. A quote
   inside a JSON string is escaped, so text of others (a label, a command) cannot look like a member. At most \a limit.
*/
[[nodiscard]] inline std::vector<std::string> containerIds(std::string_view answer, std::size_t limit = 4096)
{
    constexpr std::string_view key = "\"Id\"";
    constexpr std::size_t length = 64;
    std::vector<std::string> ids;
    for (std::size_t at = 0; ids.size() < limit && (at = answer.find(key, at)) != std::string_view::npos;) {
        const bool escaped = at > 0 && answer[at - 1] == '\\';
        at += key.size();
        std::size_t value = at;
        while (value < answer.size() && (answer[value] == ' ' || answer[value] == ':'))
            ++value;
        if (escaped || answer.size() - value < length + 2 || answer[value] != '"' || answer[value + length + 1] != '"')
            continue;
        const std::string_view id = answer.substr(value + 1, length);
        if (id.find_first_not_of("0123456789abcdef") == std::string_view::npos)
            ids.emplace_back(id);
    }
    return ids;
}

} // namespace isol8::guest
