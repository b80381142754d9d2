// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>
#include <isol8/base/Units.h>
#include <isol8/egress/AddressRange.h>
#include <isol8/egress/HostRules.h>
#include <isol8/remotecode/CodeUrl.h>

#include <QJsonObject>
#include <QStringList>

#include <optional>

namespace isol8::remotecode {

/*!
    What the section `remoteCode` of a configuration says; the defaults are the specification's. A plain value.

    Entries of \c allowedHosts and \c blockedHosts are written as those of network.whitelist: letters, digits, '.' and
    '-' are a host's name, everything else is an RE2 expression that the whole name must match. In \c blockedHosts an
    entry with a '/' is a range of addresses. A blocked host or range is never fetched from, whatever else allows it.
*/
struct CodeSettings
{
    bool enabled = false;
    QStringList allowedSchemes{QStringLiteral("https")};
    QStringList allowedHosts; //!< empty: every public host
    QStringList blockedHosts;
    qint64 maxCodeSize = 10 * MiB;
    milliseconds fetchTimeout{30000};
    bool requireHash = false;
    bool enableCache = true;
    std::chrono::seconds cacheTtl{3600};

    friend bool operator==(const CodeSettings &, const CodeSettings &) = default;

    //! Of what has passed the configuration's schema; a key that is missing keeps its default.
    [[nodiscard]] static CodeSettings fromJson(const QJsonObject &section);
};

//! Ports and private addresses as everything else in the engine that goes out has them.
struct NetworkSettings
{
    QStringList allowPrivate;  //!< network.allowPrivate
    QList<int> ports{80, 443}; //!< network.ports
};

/*!
    Which programs may be fetched, and from where. A value, cheap to copy; pure. Default constructed, none.

    Public addresses only, save for what `allowPrivate` names and no blocked range contains: an owner who wants programs
    from a server of his own network says so in both.
*/
class CodePolicy
{
public:
    CodePolicy() = default;

    //! \a further: a second policy that must allow it, too, and whose amounts are a ceiling; a caller's own. bad_config
    //! names the entry that is wrong.
    [[nodiscard]] static Result<CodePolicy> compile(const CodeSettings &settings, const NetworkSettings &network,
                                                    const std::optional<CodeSettings> &further = {});

    //! remote_code_disabled where nothing may be fetched at all; remote_code_hash_required.
    [[nodiscard]] Result<void> judgeRequest(const QString &hash) const;
    //! Scheme, host and port, before the host is resolved. \a allowInsecure: the caller takes http, too.
    //! remote_code_refused.
    [[nodiscard]] Result<void> judge(const CodeUrl &url, bool allowInsecure) const;
    //! An address that the host of \a url was resolved to. \a own: it is one of this machine's. remote_code_refused.
    [[nodiscard]] Result<void> judgeAddress(const CodeUrl &url, const QHostAddress &address, bool own = false) const;
    //! Whether \a from may send on to \a to: never from https to http. remote_code_refused. judge() comes besides.
    [[nodiscard]] static Result<void> judgeRedirect(const CodeUrl &from, const CodeUrl &to);

    [[nodiscard]] qint64 maxCodeSize() const { return m_settings.maxCodeSize; }
    [[nodiscard]] milliseconds fetchTimeout() const { return m_settings.fetchTimeout; }
    [[nodiscard]] bool usesCache() const { return m_settings.enableCache; }
    [[nodiscard]] std::chrono::seconds cacheTtl() const { return m_settings.cacheTtl; }

private:
    CodeSettings m_settings; //!< both policies', joined
    egress::HostRules m_hosts;
    QList<egress::AddressRange> m_blocked;
};

//! What is wrong with an entry of blockedHosts; empty: nothing. (For allowedHosts: egress::patternProblem().)
[[nodiscard]] QString blockedHostProblem(const QString &entry);

} // namespace isol8::remotecode
