// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/remotecode/CodePolicy.h>

#include <isol8/egress/AddressRule.h>

#include <QJsonArray>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::remotecode {

namespace {

QStringList strings(const QJsonValue &array)
{
    QStringList list;
    const QJsonArray items = array.toArray();
    for (const QJsonValue &item : items)
        list.append(item.toString());
    return list;
}

tl::unexpected<Error> refused(const CodeUrl &url, const QString &why)
{
    return fail(errors::RemoteCodeRefused, u"The code is not fetched from %1: %2."_s.arg(url.shown(), why));
}

QString hostOf(const CodeUrl &url)
{
    return QString::fromLatin1(url.authority.host.text);
}

QString hostAndPort(const CodeUrl &url)
{
    return QString::fromLatin1(url.authority.host.forAuthority() + ':' + QByteArray::number(url.authority.port));
}

// Why the host rules refuse, in the words of this policy's keys.
QString reasonOf(const egress::Refusal &refusal, const CodeUrl &url)
{
    if (refusal.code == egress::reasons::Blacklisted)
        return u"remoteCode.blockedHosts has %1"_s.arg(hostOf(url));
    if (refusal.code == egress::reasons::NotWhitelisted)
        return u"%1 is not in remoteCode.allowedHosts"_s.arg(hostOf(url));
    if (refusal.code == egress::reasons::IpLiteral)
        return u"%1 is an address; use the host's name, or name %2 in network.allowPrivate"_s.arg(hostOf(url),
                                                                                                  hostAndPort(url));
    if (refusal.code == egress::reasons::Port)
        return u"port %1 is not in network.ports"_s.arg(url.authority.port);
    return refusal.sentence;
}

CodeSettings joined(const CodeSettings &a, const std::optional<CodeSettings> &b)
{
    CodeSettings both = a;
    if (!b)
        return both;
    both.enabled = a.enabled && b->enabled;
    both.allowedSchemes.removeIf([&](const QString &scheme) { return !b->allowedSchemes.contains(scheme); });
    both.blockedHosts += b->blockedHosts;
    both.maxCodeSize = std::min(a.maxCodeSize, b->maxCodeSize);
    both.fetchTimeout = std::min(a.fetchTimeout, b->fetchTimeout);
    both.requireHash = a.requireHash || b->requireHash;
    both.enableCache = a.enableCache && b->enableCache;
    both.cacheTtl = std::min(a.cacheTtl, b->cacheTtl);
    return both;
}

} // namespace

CodeSettings CodeSettings::fromJson(const QJsonObject &section)
{
    CodeSettings settings;
    const auto number = [&](const QString &key, qint64 otherwise) {
        return qint64(section.value(key).toDouble(double(otherwise)));
    };
    settings.enabled = section.value(u"enabled"_s).toBool(settings.enabled);
    if (section.contains(u"allowedSchemes"_s))
        settings.allowedSchemes = strings(section.value(u"allowedSchemes"_s));
    settings.allowedHosts = strings(section.value(u"allowedHosts"_s));
    settings.blockedHosts = strings(section.value(u"blockedHosts"_s));
    settings.maxCodeSize = number(u"maxCodeSize"_s, settings.maxCodeSize);
    settings.fetchTimeout = milliseconds(number(u"fetchTimeoutMs"_s, settings.fetchTimeout.count()));
    settings.requireHash = section.value(u"requireHash"_s).toBool(settings.requireHash);
    settings.enableCache = section.value(u"enableCache"_s).toBool(settings.enableCache);
    settings.cacheTtl = std::chrono::seconds(number(u"cacheTtl"_s, settings.cacheTtl.count()));
    return settings;
}

QString blockedHostProblem(const QString &entry)
{
    if (!entry.contains(u'/'))
        return egress::patternProblem(entry);
    return egress::AddressRange::parse(entry.toUtf8()) ? QString()
                                                       : u"it is no address range such as 10.1.0.0/16 or fd00::/8"_s;
}

Result<CodePolicy> CodePolicy::compile(const CodeSettings &settings, const NetworkSettings &network,
                                       const std::optional<CodeSettings> &further)
{
    CodePolicy policy;
    policy.m_settings = joined(settings, further);
    egress::RuleSet rules;
    rules.whitelist = settings.allowedHosts;
    rules.ceiling = further ? further->allowedHosts : QStringList();
    rules.allowPrivate = network.allowPrivate;
    rules.ports = network.ports;
    for (const QString &entry : std::as_const(policy.m_settings.blockedHosts)) {
        if (const QString problem = blockedHostProblem(entry); !problem.isEmpty())
            return fail(errors::BadConfig, u"remoteCode.blockedHosts has \"%1\", which cannot be used: %2."_s.arg(
                                               entry.left(64), problem));
        if (const auto range = egress::AddressRange::parse(entry.toUtf8()))
            policy.m_blocked.append(*range);
        else
            rules.blacklist.append(entry);
    }
    for (const QString &entry : QStringList(rules.whitelist + rules.ceiling)) {
        if (const QString problem = egress::patternProblem(entry); !problem.isEmpty())
            return fail(errors::BadConfig, u"remoteCode.allowedHosts has \"%1\", which cannot be used: %2."_s.arg(
                                               entry.left(64), problem));
    }
    auto compiled = egress::HostRules::compile(rules);
    if (!compiled)
        return fail(errors::BadConfig, compiled.error().message);
    policy.m_hosts = std::move(*compiled);
    return policy;
}

Result<void> CodePolicy::judgeRequest(const QString &hash) const
{
    if (!m_settings.enabled)
        return fail(errors::RemoteCodeDisabled,
                    u"Code is not fetched from URLs here; set remoteCode.enabled to true in the configuration, or "
                    u"fetch it yourself."_s);
    if (m_settings.requireHash && hash.isEmpty())
        return fail(errors::RemoteCodeHashRequired,
                    u"The configuration (remoteCode.requireHash) wants the code's SHA-256; give it with --hash "
                    u"(codeHash)."_s);
    return {};
}

Result<void> CodePolicy::judge(const CodeUrl &url, bool allowInsecure) const
{
    const QString scheme = QString::fromLatin1(url.scheme());
    if (!m_settings.allowedSchemes.contains(scheme))
        return refused(url, u"%1 is not in remoteCode.allowedSchemes"_s.arg(scheme));
    if (!url.secure && !allowInsecure)
        return refused(url, u"what comes by http can be changed on its way; use https, or give "
                            u"--allow-insecure-code-url (allowInsecureCodeUrl)"_s);
    const egress::Refusal refusal = m_hosts.judge(url.authority);
    if (!refusal.code.isEmpty())
        return refused(url, reasonOf(refusal, url));
    return {};
}

Result<void> CodePolicy::judgeAddress(const CodeUrl &url, const QHostAddress &address, bool own) const
{
    const auto blocked = std::find_if(m_blocked.begin(), m_blocked.end(), [&](const egress::AddressRange &range) {
        if (range.contains(address))
            return true;
        bool isIpv4 = false; // also where it is written as IPv6
        const QHostAddress plain(address.toIPv4Address(&isIpv4));
        return isIpv4 && range.contains(plain);
    });
    if (blocked != m_blocked.end())
        return refused(url, u"it stands for %1, which is in %2/%3 of remoteCode.blockedHosts"_s.arg(
                                address.toString(), blocked->base.toString(), QString::number(blocked->bits)));
    if (!m_hosts.judgeAddress(url.authority, address, own).code.isEmpty()) {
        const QString special = egress::specialAddress(address);
        return refused(url, u"it stands for %1, which is %2 and no public address; %3 in network.allowPrivate would "
                            u"allow it"_s.arg(address.toString(), special.isEmpty() ? u"this machine's own"_s : special,
                                              hostAndPort(url)));
    }
    return {};
}

Result<void> CodePolicy::judgeRedirect(const CodeUrl &from, const CodeUrl &to)
{
    if (from.secure && !to.secure)
        return refused(to, u"%1 sent on from https to http"_s.arg(hostOf(from)));
    return {};
}

} // namespace isol8::remotecode
