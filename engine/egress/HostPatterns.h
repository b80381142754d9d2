// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>

#include <QByteArray>
#include <QStringList>

#include <memory>

namespace isol8::egress {

/*!
    A whitelist or blacklist. A value, cheap to copy; pure.

    A pattern that consists of letters, digits, '.' and '-' is a host name, and one that is an IPv6 address in brackets
    is that; every other is an RE2 expression which the whole name must match, whatever its case. There is no
    look-around and there are no back-references, so that the time a stranger's pattern takes grows with the name's
    length only. A pattern that no host could match (with a scheme, a port, a path, a blank) is refused: in a blacklist
    it would let pass what it was meant for. "preset:NAME" stands for the patterns of a preset (HostPresets.h).

    Lists that were compiled lately are remembered, so that one list costs once, however often it is asked for.
*/
class HostPatterns
{
public:
    HostPatterns() = default;

    //! bad_value with a sentence that names what is wrong with which entry.
    [[nodiscard]] static Result<HostPatterns> compile(const QStringList &patterns);

    [[nodiscard]] bool isEmpty() const { return !m_list; }
    [[nodiscard]] bool matches(const QByteArray &host) const;

    static constexpr qsizetype PatternLimit = 1024; //!< characters
    static constexpr int CostLimit = 2000;          //!< of one pattern, as patternCost() has it

private:
    struct List;
    struct Memory;
    std::shared_ptr<const List> m_list; //!< null: empty
};

//! What is wrong with one pattern; empty: nothing. For whoever checks a configuration.
[[nodiscard]] QString patternProblem(const QString &pattern);

//! About how many steps a compiled \a pattern has, found without compiling it; 0 for a host name. Pure.
[[nodiscard]] int patternCost(const QString &pattern);

} // namespace isol8::egress
