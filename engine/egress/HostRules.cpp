// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/egress/HostRules.h>

#include <isol8/egress/AddressRange.h>
#include <isol8/egress/AddressRule.h>
#include <isol8/egress/HostPatterns.h>
#include <isol8/egress/Origin.h>

#include <algorithm>
#include <optional>

using namespace Qt::StringLiterals;

namespace isol8::egress {

namespace {

struct PrivateEntry
{
    std::optional<Authority> authority;
    AddressRange range; //!< instead
    QString problem;
};

PrivateEntry compilePrivate(const QString &text)
{
    const QByteArray bytes = text.toUtf8();
    if (bytes.contains('/')) {
        const auto range = AddressRange::parse(bytes);
        return range ? PrivateEntry{{}, *range, {}}
                     : PrivateEntry{{}, {}, u"it is no address range such as 10.1.0.0/16 or fd00::/8"_s};
    }
    if (!bytes.contains(':'))
        return {{}, {}, u"it has neither a port (host:port) nor a size (10.1.0.0/16)"_s};
    Parsed<Authority> authority = parseAuthority(bytes, 0);
    if (!authority.value)
        return {{}, {}, u"it is neither host:port nor an address range (%1)"_s.arg(authority.refusal.sentence)};
    return {authority.value, {}, {}};
}

Refusal refuse(QStringView code, const QString &sentence)
{
    return {code.toString(), u"isol8 refuses the connection: "_s + sentence};
}

QString name(const Authority &target)
{
    return QString::fromLatin1(target.host.text);
}

bool isInternal(QByteArrayView host)
{
    const QByteArrayView before = host.chopped(std::min(host.size(), InternalDomain.size()));
    return host.endsWith(InternalDomain) && (before.isEmpty() || before.endsWith('.'));
}

} // namespace

struct HostRules::Compiled
{
    HostPatterns whitelist;
    HostPatterns ceiling;
    HostPatterns blacklist;
    HostPatterns further; //!< a second blacklist
    QList<Authority> exempt;
    QList<AddressRange> ranges;
    QList<int> ports;

    [[nodiscard]] bool inRanges(const QHostAddress &address) const
    {
        return std::any_of(ranges.begin(), ranges.end(), [&](const AddressRange &r) { return r.contains(address); });
    }
};

HostRules::HostRules() = default;
HostRules::~HostRules() = default;
HostRules::HostRules(const HostRules &) = default;
HostRules &HostRules::operator=(const HostRules &) = default;
HostRules::HostRules(HostRules &&) noexcept = default;
HostRules &HostRules::operator=(HostRules &&) noexcept = default;

Result<HostRules> HostRules::compile(const RuleSet &rules)
{
    auto compiled = std::make_shared<Compiled>();
    const auto tooMany = [](const QStringList &list) { return list.size() > EntryLimit; };
    if (tooMany(rules.whitelist) || tooMany(rules.ceiling) || tooMany(rules.blacklist) || tooMany(rules.denied) ||
        tooMany(rules.allowPrivate))
        return fail(errors::BadValue, u"A network list has more than %1 entries."_s.arg(EntryLimit));
    for (const auto &[list, target] :
         {std::pair{&rules.whitelist, &compiled->whitelist}, std::pair{&rules.ceiling, &compiled->ceiling},
          std::pair{&rules.blacklist, &compiled->blacklist}, std::pair{&rules.denied, &compiled->further}}) {
        auto patterns = HostPatterns::compile(*list);
        if (!patterns)
            return fail(patterns.error());
        *target = std::move(*patterns);
    }
    for (const QString &text : rules.allowPrivate) {
        PrivateEntry entry = compilePrivate(text);
        if (!entry.problem.isEmpty())
            return fail(errors::BadValue,
                        u"\"%1\" cannot be allowed as private: %2."_s.arg(text.left(64), entry.problem));
        if (entry.authority)
            compiled->exempt.append(*entry.authority);
        else
            compiled->ranges.append(entry.range);
    }
    compiled->ports = rules.ports;
    HostRules result;
    result.m_rules = std::move(compiled);
    return result;
}

Refusal HostRules::judge(const Authority &target) const
{
    if (!m_rules)
        return refuse(reasons::Closed, u"this run has no network at this time."_s);
    const Host &host = target.host;
    if (isInternal(host.text))
        return refuse(reasons::Closed, u"%1 is there only while packages are installed."_s.arg(name(target)));
    const bool exempt = m_rules->exempt.contains(target);
    if (m_rules->blacklist.matches(host.text) || m_rules->further.matches(host.text))
        return refuse(reasons::Blacklisted, u"the blacklist forbids %1."_s.arg(name(target)));
    // Before the request's own list: who asks for more than this owner gives is not helped by --allow.
    if (!m_rules->ceiling.isEmpty() && !m_rules->ceiling.matches(host.text))
        return refuse(reasons::NotWhitelisted, u"%1 is not on the whitelist of this engine's owner, who alone can add "
                                               u"it (network.whitelist)."_s.arg(name(target)));
    const bool named = m_rules->whitelist.isEmpty() || m_rules->whitelist.matches(host.text);
    if (!named && !host.isAddress())
        return refuse(
            reasons::NotWhitelisted,
            u"%1 is not on the whitelist; --allow %1 (networkFilter.whitelist) would allow it."_s.arg(name(target)));
    if (host.isAddress() && !exempt && !m_rules->inRanges(host.address))
        return refuse(reasons::IpLiteral,
                      u"%1 is an address; use the host's name, or name %2:%3 in network.allowPrivate."_s.arg(
                          name(target), QString::fromLatin1(host.forAuthority()), QString::number(target.port)));
    if (!named)
        return refuse(
            reasons::NotWhitelisted,
            u"%1 is not on the whitelist; --allow %1 (networkFilter.whitelist) would allow it."_s.arg(name(target)));
    if (!exempt && !m_rules->ports.contains(int(target.port)))
        return refuse(reasons::Port, u"port %1 of %2 is not among the allowed (network.ports)."_s.arg(
                                         QString::number(target.port), name(target)));
    return {};
}

Refusal HostRules::judgeAddress(const Authority &target, const QHostAddress &address, bool own) const
{
    QString special = specialAddress(address);
    if (special.isEmpty() && own)
        special = u"this machine's own"_s;
    if (special.isEmpty() || (m_rules && (m_rules->exempt.contains(target) || m_rules->inRanges(address))))
        return {};
    return refuse(
        reasons::PrivateAddress,
        u"%1 stands for %2, which is %3 and no public address; %1:%4 in network.allowPrivate would allow it."_s.arg(
            name(target), address.toString(), special, QString::number(target.port)));
}

QString allowPrivateProblem(const QString &entry)
{
    return compilePrivate(entry).problem;
}

} // namespace isol8::egress
