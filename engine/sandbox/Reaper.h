// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>
#include <isol8/docker/Endpoint.h>

#include <QString>

#include <sys/types.h>

namespace isol8 {

/*!
    The tiny process (isol8-reaper) that outlives an engine which was killed: it holds the other end of a socket pair,
   and when that ends removes every container with the engine's label, for two seconds. It closes the one gap that dying
    with the stream leaves: a container created but not started.

    Only for daemons on a Unix socket; for others launch() does nothing and the next engine's sweep serves.
*/
class Reaper
{
public:
    Reaper() = default;
    //! Lets the reaper do its work, unless dismiss() came first.
    ~Reaper();
    Reaper(const Reaper &) = delete;
    Reaper &operator=(const Reaper &) = delete;

    //! \a label is "org.isol8=<engine id>". Fails with internal when the process cannot be started: nothing may be
    //! created then.
    [[nodiscard]] Result<void> launch(const docker::Endpoint &endpoint, const QString &label);
    //! Nothing is left to reap: the process ends at once.
    void dismiss();

private:
    int m_pipe = -1;
    pid_t m_pid = -1;
};

} // namespace isol8
