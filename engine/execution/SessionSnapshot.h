// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Callback.h>
#include <isol8/snapshot/SnapshotStore.h>

namespace isol8 {

class Session;

/*!
    Saves a session's /sandbox as \a name. It has the session's turn meanwhile; one with a run is session_busy. Ends by
    itself with \a parent, or with session_lost when the session ends.
*/
void saveSession(Session *session, const QString &owner, const QString &name, QObject *parent,
                 const Callback<SnapshotInfo> &done);

} // namespace isol8
