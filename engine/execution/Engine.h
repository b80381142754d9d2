// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Callback.h>
#include <isol8/execution/Run.h>
#include <isol8/execution/RunRequest.h>
#include <isol8/session/SessionInfo.h>

#include <QObject>
#include <QStringList>

namespace isol8 {

/*!
    Runs code in sandboxes. The one interface that the command line, the service and the desktop know; LocalEngine
    drives a Docker daemon, a RemoteEngine an isol8 service.

    Everything is asynchronous on the thread it lives in, which needs an event loop. Deleting an engine ends its runs
    and their sandboxes.
*/
class Engine : public QObject
{
    Q_OBJECT

public:
    using QObject::QObject;

    //! Connects, checks, and has a sandbox of each runtime in \a prewarm started. execute() works without it, only
    //! colder.
    virtual void start(const QStringList &prewarm, Callback<void> done) = 0;
    //! Returns at once. Everything that is wrong arrives by Run::finished(). \a owner: whom the sandbox serves.
    [[nodiscard]] virtual Run *execute(const RunRequest &request, const RunOptions &options = {},
                                       const QString &owner = {}) = 0;

    //! The sessions of \a owner, the oldest first.
    virtual void sessions(const QString &owner, Callback<QList<SessionInfo>> done) = 0;
    //! Ends a session with all that is in it; a run that is under way ends session_lost. False: there is none of that
    //! name.
    virtual void removeSession(const QString &owner, const QString &id, Callback<bool> done) = 0;
    //! Stops a session's processes until its next run, or until they are to go on. unknown_session, session_busy.
    virtual void setSessionPaused(const QString &owner, const QString &id, bool paused, Callback<void> done) = 0;

    //! Ends all runs, destroys all sandboxes, and calls back when the daemon has removed them.
    virtual void stop(Callback<void> done) = 0;
};

} // namespace isol8
