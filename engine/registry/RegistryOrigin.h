// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/egress/Origin.h>
#include <isol8/registry/InstallCache.h>
#include <isol8/registry/RegistryPaths.h>
#include <isol8/registry/Upstream.h>

#include <memory>
#include <optional>

namespace isol8::registry {

//! What a run's installer was answered.
struct InstallStatistics
{
    int fetched = 0; //!< answers from registries
    int cached = 0;  //!< answers from the cache
    qint64 bytesFetched = 0;

    friend bool operator==(const InstallStatistics &, const InstallStatistics &) = default;
};

//! What the origins of one install share; replies that outlive it keep it.
struct InstallState
{
    InstallState() = default;
    //! The bodies of an install that failed must not pile up.
    ~InstallState();
    Q_DISABLE_COPY_MOVE(InstallState)

    std::shared_ptr<Upstream> npm;
    std::shared_ptr<Upstream> pypi;
    std::shared_ptr<const UrlSigner> signer;
    std::shared_ptr<const InstallCache> cache; //!< null: none
    CacheSet kept;                             //!< from an install of the same
    CacheSet used;                             //!< answered whole in this one
    InstallStatistics statistics;
    bool saved = false;   //!< as an install that can be answered again
    QStringList problems; //!< a few

    void addProblem(const QString &sentence);
};

enum class RegistryKind { Npm, Pypi };

/*!
    The registry of one installer as a sandbox sees it: over plain HTTP, without credentials, and no more than package
    metadata and the files that metadata names. What the sandbox sends besides a path, one of a few Accept fields and
    conditions goes nowhere.

    Answers: 200, 304; 404 for what is not there and for paths that are none; 403 where the registry does not accept the
    host's credentials; 502 where it fails or where it may not be asked, with a sentence as body and, shorter, as
    reason. None of them holds a credential.
*/
class RegistryOrigin final : public egress::Origin
{
public:
    RegistryOrigin(RegistryKind kind, std::shared_ptr<InstallState> state);

    [[nodiscard]] std::unique_ptr<egress::OriginReply> serve(const Request &request) override;

private:
    RegistryKind m_kind;
    std::shared_ptr<InstallState> m_state;
};

} // namespace isol8::registry
