// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>
#include <isol8/egress/Host.h>
#include <isol8/egress/HostPatterns.h>

#include <QList>
#include <QStringList>

#include <memory>

namespace isol8::egress {

//! Rules as people write them.
struct RuleSet
{
    QStringList whitelist;    //!< empty: every public host
    QStringList ceiling;      //!< a second whitelist, of whoever runs the engine: a host must match both. Empty: none
    QStringList blacklist;    //!< wins
    QStringList allowPrivate; //!< "host:port", "10.1.0.0/16"
    QList<int> ports{80, 443};
    QStringList denied = {}; //!< a second blacklist, of the request
    friend bool operator==(const RuleSet &, const RuleSet &) = default;
};

/*!
    Which hosts a run may reach. A value, cheap to copy; pure.

    Patterns are those of HostPatterns.

    `allowPrivate` lifts the rule for addresses, and where it is a host:port also the rule for ports; whitelist and
    blacklist still have to agree. An address as a host is reached only where `allowPrivate` names it: by address:port,
    or by a range on one of the ports. Default constructed, nothing is reached.
*/
class HostRules
{
public:
    HostRules();
    ~HostRules();
    HostRules(const HostRules &);
    HostRules &operator=(const HostRules &);
    HostRules(HostRules &&) noexcept;
    HostRules &operator=(HostRules &&) noexcept;

    //! bad_value with a sentence that names what is wrong with which entry.
    [[nodiscard]] static Result<HostRules> compile(const RuleSet &rules);

    //! Whether the name may be reached at all, before it is resolved. Empty: it may.
    [[nodiscard]] Refusal judge(const Authority &target) const;
    //! Whether \a address, which \a target was resolved to, may be connected to. Empty: it may. \a own: it is one of
    //! this machine's, which are refused like private ones.
    [[nodiscard]] Refusal judgeAddress(const Authority &target, const QHostAddress &address, bool own = false) const;

    static constexpr qsizetype EntryLimit = 10000; //!< of each list

private:
    struct Compiled;
    std::shared_ptr<const Compiled> m_rules;
};

//! What is wrong with an entry of `allowPrivate`; empty: nothing. For whoever checks a configuration.
[[nodiscard]] QString allowPrivateProblem(const QString &entry);

} // namespace isol8::egress
