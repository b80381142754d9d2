// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/execution/SessionTerms.h>

using namespace Qt::StringLiterals;

namespace isol8 {

SessionTerms termsOf(const RunPlan &plan, const RunOptions &options)
{
    return {plan.spec, plan.network, options.whitelist.value_or(QStringList()),
            options.blacklist.value_or(QStringList())};
}

QStringList askedOptions(const RunRequest &request, const RunOptions &options)
{
    QStringList names;
    const auto add = [&](const QString &name, bool isSet) {
        if (isSet)
            names.append(name);
    };
    const bool named = !programName(request).isEmpty() || !request.fileExtension.isEmpty();
    add(u"runtime"_s, request.cmd.isEmpty() && (!request.runtime.isEmpty() || named));
    add(u"network"_s, options.network.has_value());
    add(u"networkFilter.whitelist"_s, options.whitelist.has_value());
    add(u"networkFilter.blacklist"_s, options.blacklist.has_value());
    add(u"memoryLimit"_s, options.memoryLimit.has_value());
    add(u"cpuLimit"_s, options.cpuLimit.has_value());
    add(u"pidsLimit"_s, options.pidsLimit.has_value());
    add(u"sandboxSize"_s, options.sandboxSize.has_value());
    add(u"tmpSize"_s, options.tmpSize.has_value());
    add(u"readonlyRootFs"_s, options.readonlyRootFs.has_value());
    add(u"security"_s, options.seccomp.has_value());
    add(u"image"_s, !options.image.isEmpty());
    add(u"isolation"_s, !options.isolation.isEmpty());
    return names;
}

void adoptTerms(RunRequest *request, RunOptions *options, const SessionTerms &terms)
{
    if (!options->asked)
        options->asked = askedOptions(*request, *options);
    const auto isOpen = [&](QStringView name) { return !options->asked->contains(name); };
    if (isOpen(u"runtime"))
        request->runtime = terms.spec.runtime;
    if (isOpen(u"network"))
        options->network = terms.spec.network;
    if (isOpen(u"networkFilter.whitelist"))
        options->whitelist = terms.spec.network == Network::Filtered ? std::optional(terms.whitelist) : std::nullopt;
    if (isOpen(u"networkFilter.blacklist"))
        options->blacklist = terms.spec.network == Network::Filtered ? std::optional(terms.blacklist) : std::nullopt;
    if (isOpen(u"memoryLimit"))
        options->memoryLimit = terms.spec.memory;
    if (isOpen(u"cpuLimit"))
        options->cpuLimit = terms.spec.cpus;
    if (isOpen(u"pidsLimit"))
        options->pidsLimit = terms.spec.pids;
    if (isOpen(u"sandboxSize"))
        options->sandboxSize = terms.spec.sandboxSize;
    if (isOpen(u"tmpSize"))
        options->tmpSize = terms.spec.tmpSize;
    if (isOpen(u"readonlyRootFs"))
        options->readonlyRootFs = terms.spec.readonlyRoot;
    if (isOpen(u"image")) {
        options->image = terms.spec.image;
        options->ownImagesOnly = false; // the run that made the session was asked
    }
    if (isOpen(u"isolation"))
        options->isolation = terms.spec.isolation;
}

Result<void> applyTerms(RunPlan *plan, const RunOptions &options, const SessionTerms &terms)
{
    const SandboxSpec &is = terms.spec;
    const SandboxSpec &wanted = plan->spec;
    if (wanted.runtime != is.runtime)
        return fail(errors::SessionConflict,
                    u"The session is one of the runtime %1, and this run is for %2; use another session for it."_s.arg(
                        is.runtime, wanted.runtime));
    const QStringList asked = options.asked.value_or(QStringList());
    const std::pair<QStringView, bool> agreed[] = {
        {u"network", wanted.network == is.network},
        {u"networkFilter.whitelist", options.whitelist.value_or(QStringList()) == terms.whitelist},
        {u"networkFilter.blacklist", options.blacklist.value_or(QStringList()) == terms.blacklist},
        {u"memoryLimit", wanted.memory == is.memory},
        {u"cpuLimit", wanted.cpus == is.cpus},
        {u"pidsLimit", wanted.pids == is.pids},
        {u"sandboxSize", wanted.sandboxSize == is.sandboxSize},
        {u"tmpSize", wanted.tmpSize == is.tmpSize},
        {u"readonlyRootFs", wanted.readonlyRoot == is.readonlyRoot},
        {u"security", wanted.seccomp == is.seccomp && wanted.seccompProfile == is.seccompProfile},
        {u"image", wanted.image == is.image},
        {u"isolation", wanted.isolation == is.isolation},
    };
    for (const auto &[name, same] : agreed) {
        if (!same && asked.contains(name))
            return fail(
                errors::SessionConflict,
                u"The session's first run fixed %1 otherwise; leave it out, or use another session."_s.arg(name));
    }
    plan->spec = terms.spec;
    plan->network = terms.network;
    plan->limited.clear();
    return {};
}

} // namespace isol8
