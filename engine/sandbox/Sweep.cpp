// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/sandbox/Sweep.h>

#include <memory>

using namespace Qt::StringLiterals;

namespace isol8 {

bool isLeftover(const docker::ContainerSummary &container, qint64 now, std::chrono::seconds age)
{
    if (container.state == u"running" || container.state == u"paused" || container.state == u"restarting")
        return false;
    return now - container.createdAt >= age.count();
}

void sweep(docker::Client *client, std::function<bool(const docker::ContainerSummary &)> wanted, Callback<Swept> done)
{
    struct Sweep
    {
        qsizetype left = 0;
        Swept swept;
    };
    const auto listed = [client, wanted = std::move(wanted),
                         done](const Result<QList<docker::ContainerSummary>> &containers) {
        if (!containers) {
            done(fail(containers.error()));
            return;
        }
        QStringList ids;
        for (const auto &container : *containers) {
            if (wanted(container))
                ids.append(container.id);
        }
        if (ids.isEmpty()) {
            done(Swept());
            return;
        }
        const auto state = std::make_shared<Sweep>();
        state->left = ids.size();
        for (const QString &id : std::as_const(ids)) {
            client->removeContainer(id, {client, [state, id, done](const Result<void> &result) {
                                             if (result)
                                                 state->swept.removed.append(id);
                                             else
                                                 state->swept.failures.append(result.error());
                                             if (--state->left == 0)
                                                 done(state->swept);
                                         }});
        }
    };
    client->listContainers({{u"org.isol8"_s, QString()}}, {client, listed});
}

void sweepContainers(docker::Client *client, std::function<bool(const docker::ContainerSummary &)> wanted,
                     Callback<QStringList> done)
{
    sweep(client, std::move(wanted), {client, [done](const Result<Swept> &swept) {
                                          if (!swept)
                                              done(fail(swept.error()));
                                          else if (!swept->failures.isEmpty())
                                              done(fail(swept->failures.first()));
                                          else
                                              done(swept->removed);
                                      }});
}

} // namespace isol8
