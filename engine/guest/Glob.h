// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace isol8::guest {

namespace glob {

//! One UTF-8 character at \a at, or one byte where the text is not UTF-8; \a at moves behind it.
[[nodiscard]] inline std::uint32_t nextCharacter(std::string_view text, std::size_t &at)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(at);
    const std::size_t length = first < 0xc2 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 1;
    if (length == 1 || at + length > text.size())
        return byte(at++);
    std::uint32_t value = first & (0xffU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(at + i) & 0xc0) != 0x80)
            return byte(at++);
        value = (value << 6) | (byte(at + i) & 0x3fU);
    }
    at += length;
    return value;
}

//! Whether \a c is in the bracket that begins at \a at (behind the '['). \a at moves behind the ']'; without one it
//! does not move and the '[' stands for itself.
[[nodiscard]] inline bool inBracket(std::string_view pattern, std::size_t &at, std::uint32_t c, bool *isBracket)
{
    std::size_t i = at;
    const bool negated = i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^');
    if (negated)
        ++i;
    bool found = false;
    for (bool first = true; i < pattern.size(); first = false) {
        if (pattern[i] == ']' && !first) {
            at = i + 1;
            *isBracket = true;
            return found != negated;
        }
        std::uint32_t low = nextCharacter(pattern, i);
        if (low == '\\' && i < pattern.size())
            low = nextCharacter(pattern, i);
        std::uint32_t high = low;
        if (i + 1 < pattern.size() && pattern[i] == '-' && pattern[i + 1] != ']') {
            ++i;
            high = nextCharacter(pattern, i);
            if (high == '\\' && i < pattern.size())
                high = nextCharacter(pattern, i);
        }
        found = found || (low <= c && c <= high);
    }
    *isBracket = false;
    return false;
}

//! Matches one element of \a pattern at \a p (anything but '*') with the character \a c; \a p moves behind it on
//! success.
[[nodiscard]] inline bool matchOne(std::string_view pattern, std::size_t &p, std::uint32_t c)
{
    std::size_t next = p;
    const std::uint32_t element = nextCharacter(pattern, next);
    if (element == '[') {
        bool isBracket = false;
        const bool found = inBracket(pattern, next, c, &isBracket);
        if (isBracket ? !found : c != '[')
            return false;
    } else if (element == '\\' && next < pattern.size()) {
        if (nextCharacter(pattern, next) != c)
            return false;
    } else if (element != '?' && element != c) {
        return false;
    }
    p = next;
    return true;
}

} // namespace glob

/*!
    Whether the file name \a name matches \a pattern: `*` is any text, `?` one character, `[a-z]` and `[!a-z]` one of a
    set, `\` takes the next character for itself. A leading dot is matched only by a leading dot. Pure; the time is at
    most the product of both lengths.
*/
[[nodiscard]] inline bool matchName(std::string_view pattern, std::string_view name)
{
    if (!name.empty() && name[0] == '.' && (pattern.empty() || pattern[0] != '.') &&
        pattern.substr(0, 2) != std::string_view("\\."))
        return false;
    std::size_t p = 0;
    std::size_t n = 0;
    std::size_t star = std::string_view::npos; // behind the last '*' that was seen
    std::size_t starName = 0;                  // and where what it took ends
    while (n < name.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = ++p;
            starName = n;
            continue;
        }
        std::size_t nextName = n;
        const std::uint32_t c = glob::nextCharacter(name, nextName);
        if (p < pattern.size() && glob::matchOne(pattern, p, c)) {
            n = nextName;
            continue;
        }
        if (star == std::string_view::npos)
            return false;
        p = star;
        (void)glob::nextCharacter(name, starName);
        n = starName;
    }
    while (p < pattern.size() && pattern[p] == '*')
        ++p;
    return p == pattern.size();
}

[[nodiscard]] inline bool hasGlob(std::string_view component)
{
    return component.find_first_of("*?[\\") != std::string_view::npos;
}

/*!
    An absolute glob, cut into the folder that holds no wildcard and the components behind it, and a matcher that walks
    a tree with it: a state says which components the path so far may have reached. `**` stands for any number of
    components, none among them, and does not enter hidden ones.
*/
class Glob
{
public:
    using State = std::uint64_t;
    static constexpr std::size_t MaxComponents = 63;

    //! False when \a pattern is not absolute, has a ".." behind its first wildcard, or too many components.
    [[nodiscard]] bool parse(std::string_view pattern)
    {
        m_base.clear();
        m_components.clear();
        if (pattern.empty() || pattern[0] != '/')
            return false;
        std::size_t at = 0;
        while (at < pattern.size()) {
            const std::size_t slash = std::min(pattern.find('/', at), pattern.size());
            const std::string_view component = pattern.substr(at, slash - at);
            at = slash + 1;
            if (component.empty() || component == ".")
                continue;
            if (m_components.empty() && !hasGlob(component)) {
                m_base.push_back('/');
                m_base.append(component);
                continue;
            }
            if (component == ".." || m_components.size() == MaxComponents)
                return false;
            m_components.emplace_back(component);
        }
        if (m_base.empty())
            m_base.push_back('/');
        return true;
    }

    [[nodiscard]] const std::string &base() const { return m_base; }
    [[nodiscard]] bool isPlain() const { return m_components.empty(); }
    [[nodiscard]] State start() const { return closure(1); }

    //! The state behind the component \a name; zero when nothing below can match.
    [[nodiscard]] State step(State state, std::string_view name) const
    {
        State next = 0;
        for (std::size_t i = 0; i < m_components.size(); ++i) {
            if (!(state & (State(1) << i)))
                continue;
            if (m_components[i] == "**")
                next |= name.empty() || name[0] != '.' ? State(1) << i : 0;
            else if (matchName(m_components[i], name))
                next |= State(1) << (i + 1);
        }
        return closure(next);
    }

    [[nodiscard]] bool accepts(State state) const { return state & (State(1) << m_components.size()); }
    //! Whether something below a folder of this state may match.
    [[nodiscard]] bool descends(State state) const { return state & ((State(1) << m_components.size()) - 1); }

private:
    [[nodiscard]] State closure(State state) const
    {
        for (std::size_t i = 0; i < m_components.size(); ++i) {
            if ((state & (State(1) << i)) && m_components[i] == "**")
                state |= State(1) << (i + 1);
        }
        return state;
    }

    std::string m_base;
    std::vector<std::string> m_components;
};

} // namespace isol8::guest
