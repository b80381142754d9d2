// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Callback.h>
#include <isol8/session/SessionFile.h>

#include <QByteArray>
#include <QList>

#include <optional>

namespace isol8 {

class GuestChannel;
class Session;
namespace guest {
struct FileEntryMessage;
}

/*!
    The files of a session, by paths as people write them (execution/Validate.h: sandboxPath()). Each use keeps the
    session from being idle. To be called from the event loop: what is wrong with the path or the session is told at
    once. Errors: those of sandbox/FileOperation.h, but session_lost where the sandbox ends; unknown_session before the
    session's first run has its sandbox.
*/
namespace sessionfiles {

struct Place
{
    GuestChannel *channel = nullptr;
    QString path;    //!< absolute
    qint64 room = 0; //!< what /sandbox and /tmp hold: only a file of holes says that it is larger
};
//! What a path stands for; the errors above.
[[nodiscard]] Result<Place> placeIn(Session *session, const QString &path);
//! For who asked for a session's file a sandbox that ends is the session's end.
[[nodiscard]] Error told(const Error &error, const QString &sessionId);
[[nodiscard]] SessionFile fileOf(const guest::FileEntryMessage &entry);

void put(Session *session, const QString &path, const QByteArray &content, std::optional<uint> mode,
         const Callback<void> &done);
void get(Session *session, const QString &path, qint64 limit, const Callback<QByteArray> &done);
void list(Session *session, const QString &path, bool recursive, const Callback<QList<SessionFile>> &done);
void remove(Session *session, const QString &path, const Callback<void> &done);
void makeDirectory(Session *session, const QString &path, std::optional<uint> mode, const Callback<void> &done);

} // namespace sessionfiles

} // namespace isol8
