// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/egress/HostRules.h>

#include <isol8/egress/AddressRange.h>
#include <isol8/egress/AddressRule.h>

#include <QUrl>

#include <algorithm>
#include <optional>
#include <vector>

#include <arpa/inet.h>
#include <re2/re2.h>

using namespace Qt::StringLiterals;

namespace isol8::egress {

namespace rules {

struct Pattern
{
    QByteArray literal;
    std::shared_ptr<const RE2> expression; //!< instead

    [[nodiscard]] bool matches(const QByteArray &host) const
    {
        return expression
                   ? RE2::FullMatch(re2::StringPiece(host.constData(), static_cast<size_t>(host.size())), *expression)
                   : host == literal;
    }
};

} // namespace rules

using rules::Pattern;

namespace {

constexpr qint64 PatternMemory = 256 * 1024; // bytes of a compiled pattern's states

struct PatternResult
{
    Pattern pattern;
    QString problem;
};

bool isLiteral(const QString &pattern)
{
    return std::all_of(pattern.begin(), pattern.end(), [](QChar c) {
        return c.isLetterOrNumber() || c == u'.' || c == u'-' || c == u'\u3002' ||
               c.category() == QChar::Mark_NonSpacing;
    });
}

QString describe(const RE2 &expression)
{
    const auto part = QString::fromStdString(expression.error_arg()).left(64);
    switch (expression.error_code()) {
    case RE2::ErrorBadPerlOp:
        return u"it uses \"%1\", and these patterns (RE2) have no look-around"_s.arg(part);
    case RE2::ErrorBadEscape:
        return u"it uses \"%1\", and these patterns (RE2) have no back-references and few escapes"_s.arg(part);
    case RE2::ErrorRepeatArgument:
        return u"there is nothing in front of \"%1\" to repeat (any name below a domain is .*\\.example\\.com)"_s.arg(
            part);
    case RE2::ErrorMissingParen:
        return u"a closing parenthesis is missing"_s;
    case RE2::ErrorMissingBracket:
        return u"a closing bracket is missing"_s;
    case RE2::ErrorPatternTooLarge:
        return u"it is too large when compiled"_s;
    default:
        return QString::fromStdString(expression.error()).left(200);
    }
}

PatternResult compilePattern(const QString &text)
{
    if (text.isEmpty())
        return {{}, u"it is empty"_s};
    if (text.size() > HostRules::PatternLimit)
        return {{}, u"it is longer than %1 characters"_s.arg(HostRules::PatternLimit)};
    if (isLiteral(text)) {
        Parsed<Host> host = parseHost(text.toUtf8());
        return host.value ? PatternResult{{host.value->text, {}}, {}}
                          : PatternResult{{}, u"it is no host name (%1)"_s.arg(host.refusal.sentence)};
    }
    const QByteArray bytes = text.toUtf8();
    if (std::any_of(bytes.begin(), bytes.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }))
        return {{}, u"expressions see international names in their ASCII form (xn--…), so write that"_s};
    RE2::Options options(RE2::Latin1);
    options.set_case_sensitive(false);
    options.set_log_errors(false);
    options.set_max_mem(PatternMemory);
    auto expression =
        std::make_shared<const RE2>(re2::StringPiece(bytes.constData(), static_cast<size_t>(bytes.size())), options);
    if (!expression->ok())
        return {{}, describe(*expression)};
    return {{{}, std::move(expression)}, {}};
}

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

} // namespace

struct HostRules::Compiled
{
    std::vector<Pattern> whitelist;
    std::vector<Pattern> ceiling;
    std::vector<Pattern> blacklist;
    QList<Authority> exempt;
    QList<AddressRange> ranges;
    QList<int> ports;

    static bool anyMatches(const std::vector<Pattern> &patterns, const QByteArray &host)
    {
        return std::any_of(patterns.begin(), patterns.end(), [&](const Pattern &p) { return p.matches(host); });
    }
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
    if (tooMany(rules.whitelist) || tooMany(rules.ceiling) || tooMany(rules.blacklist) || tooMany(rules.allowPrivate))
        return fail(errors::BadValue, u"A network list has more than %1 entries."_s.arg(EntryLimit));
    for (const auto &[list, target] :
         {std::pair{&rules.whitelist, &compiled->whitelist}, std::pair{&rules.ceiling, &compiled->ceiling},
          std::pair{&rules.blacklist, &compiled->blacklist}}) {
        for (const QString &text : *list) {
            PatternResult result = compilePattern(text);
            if (!result.problem.isEmpty())
                return fail(errors::BadValue,
                            u"The host pattern \"%1\" cannot be used: %2."_s.arg(text.left(64), result.problem));
            target->push_back(std::move(result.pattern));
        }
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
    const bool exempt = m_rules->exempt.contains(target);
    if (Compiled::anyMatches(m_rules->blacklist, host.text))
        return refuse(reasons::Blacklisted, u"the blacklist forbids %1."_s.arg(name(target)));
    const bool named = m_rules->whitelist.empty() || Compiled::anyMatches(m_rules->whitelist, host.text);
    if (!named && !host.isAddress())
        return refuse(
            reasons::NotWhitelisted,
            u"%1 is not on the whitelist; --allow %1 (networkFilter.whitelist) would allow it."_s.arg(name(target)));
    if (!m_rules->ceiling.empty() && !Compiled::anyMatches(m_rules->ceiling, host.text))
        return refuse(reasons::NotWhitelisted,
                      u"%1 is not on the whitelist of this engine's owner (network.whitelist)."_s.arg(name(target)));
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

Refusal HostRules::judgeAddress(const Authority &target, const QHostAddress &address) const
{
    const QString special = specialAddress(address);
    if (special.isEmpty() || (m_rules && (m_rules->exempt.contains(target) || m_rules->inRanges(address))))
        return {};
    return refuse(
        reasons::PrivateAddress,
        u"%1 stands for %2, which is %3 and no public address; %1:%4 in network.allowPrivate would allow it."_s.arg(
            name(target), address.toString(), special, QString::number(target.port)));
}

QString patternProblem(const QString &pattern)
{
    return compilePattern(pattern).problem;
}

QString allowPrivateProblem(const QString &entry)
{
    return compilePrivate(entry).problem;
}

} // namespace isol8::egress
