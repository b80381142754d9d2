// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/execution/RunRequest.h>
#include <isol8/execution/RunResult.h>
#include <isol8/isolation/Walls.h>

#include <functional>

namespace isol8 {

//! One run by which walls are tried, and how its result is judged. A plain value.
struct Trial
{
    QStringList walls; //!< ids that it is about
    RunRequest request;
    RunOptions options;
    //! The probes of one of those walls, by the run's result. Pure.
    std::function<QList<Probe>(const QString &wall, const RunResult &result)> judge;
    bool after = false; //!< runs when all others have ended: it looks for what they left
};

/*!
    The runs that try \a wanted walls (ids; empty: all) in sandboxes of \a runtime's image. Each brings isol8-walls with
   it, for that is not part of any image.
*/
[[nodiscard]] QList<Trial> trials(const QString &runtime, const QStringList &wanted);

//! The bytes of isol8-walls, a static program for Linux.
[[nodiscard]] QByteArray wallsProgram();

} // namespace isol8
