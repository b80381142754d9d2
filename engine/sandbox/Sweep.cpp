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

void sweepContainers(docker::Client *client, std::function<bool(const docker::ContainerSummary &)> wanted,
                     Callback<QStringList> done)
{
    struct Sweep
    {
        qsizetype left = 0;
        QStringList removed;
        std::optional<Error> error;
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
            done(QStringList());
            return;
        }
        const auto sweep = std::make_shared<Sweep>();
        sweep->left = ids.size();
        for (const QString &id : std::as_const(ids)) {
            client->removeContainer(id, {client, [sweep, id, done](const Result<void> &result) {
                                             if (result)
                                                 sweep->removed.append(id);
                                             else if (!sweep->error)
                                                 sweep->error = result.error();
                                             if (--sweep->left > 0)
                                                 return;
                                             if (sweep->error)
                                                 done(fail(*sweep->error));
                                             else
                                                 done(sweep->removed);
                                         }});
        }
    };
    client->listContainers({{u"org.isol8"_s, QString()}}, {client, listed});
}

} // namespace isol8
