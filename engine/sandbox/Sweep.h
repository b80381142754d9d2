// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Callback.h>
#include <isol8/docker/Client.h>

#include <QList>
#include <QObject>

#include <chrono>

namespace isol8 {

//! Whether a container of ours was left behind by an engine that is gone. Pure. Running ones end by themselves within
//! 20 s of their engine's death, so only those that do not run, and have had \a age to start, count. \a now: seconds
//! since 1970.
[[nodiscard]] bool isLeftover(const docker::ContainerSummary &container, qint64 now, std::chrono::seconds age);

//! What a sweep came to.
struct Swept
{
    QStringList removed;   //!< ids
    QList<Error> failures; //!< of containers that could not be removed
};

//! As sweepContainers(), but tells of both: what was removed and what could not be. Fails when they cannot be listed.
void sweep(docker::Client *client, std::function<bool(const docker::ContainerSummary &)> wanted, Callback<Swept> done);

/*!
    Finds all containers that carry isol8's label and removes those for which \a wanted answers true. Gives the ids that
   were removed; the first error if any could not be.
*/
void sweepContainers(docker::Client *client, std::function<bool(const docker::ContainerSummary &)> wanted,
                     Callback<QStringList> done);

} // namespace isol8
