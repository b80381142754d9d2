// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Callback.h>
#include <isol8/execution/CompileCache.h>
#include <isol8/execution/RunPlan.h>
#include <isol8/image/ImageCatalogue.h>
#include <isol8/policy/SandboxSpec.h>

namespace isol8 {

class LocalRun;
class Sandbox;
class Session;
struct SessionTerms;

namespace docker {
class Client;
}
namespace egress {
class Resolver;
}
namespace registry {
class Registries;
}
namespace remotecode {
class Loader;
}

//! What a LocalRun needs of its engine.
class RunHost
{
public:
    virtual ~RunHost() = default;

    [[nodiscard]] virtual PlanContext planContext() const = 0;
    //! LocalRun::admitted() follows, from the event loop; queue_full otherwise.
    [[nodiscard]] virtual Result<void> enqueue(LocalRun *run, int priority) = 0;
    //! The run has ended or is given up; the next may start.
    virtual void leave(LocalRun *run) = 0;

    [[nodiscard]] virtual docker::Client *client() const = 0;
    //! Where the hosts that filtered runs reach get their addresses.
    [[nodiscard]] virtual egress::Resolver *resolver() const = 0;
    //! The daemon's custom images, as they were a moment ago.
    virtual void customImages(Callback<ImageCatalogue::Images> done) = 0;
    //! What runs have compiled.
    [[nodiscard]] virtual CompileCache &compiled() = 0;
    //! What answers installers, by the host's present configuration.
    [[nodiscard]] virtual registry::Registries *registries() = 0;
    //! Where the program of a codeUrl comes from.
    [[nodiscard]] virtual remotecode::Loader *codeLoader() const = 0;
    //! A sandbox of exactly \a spec that belongs to \a run from now on, or null. It may still be starting.
    [[nodiscard]] virtual Sandbox *takePooled(const SandboxSpec &spec, LocalRun *run) = 0;
    //! A session of \a owner, or null.
    [[nodiscard]] virtual Session *findSession(const QString &owner, const QString &id) const = 0;
    [[nodiscard]] virtual const SessionTerms &termsOf(Session *session) const = 0;
    //! A new one, named \a id; an empty \a id: by a name of the engine's.
    [[nodiscard]] virtual Session *makeSession(const QString &owner, const QString &id, SessionTerms terms) = 0;
    //! Its sandbox is gone, or never came about.
    virtual void endSession(Session *session) = 0;
    //! All that must be in place before a container is created: the guest's files, the reaper.
    virtual void prepareIdentity(const QString &owner, const QString &purpose, const QString &session,
                                 Callback<SandboxIdentity> done) = 0;
    //! Takes \a sandbox over and destroys it in the background; or keeps it for the \a owner's next run, when all went
    //! well in it.
    virtual void release(Sandbox *sandbox, const QString &owner, bool wentWell) = 0;
    //! A run that needed a start of its own has its sandbox, or gave up.
    virtual void started() = 0;
};

} // namespace isol8
