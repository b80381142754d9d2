// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/execution/SessionSnapshot.h>

#include <isol8/session/Session.h>
#include <isol8/snapshot/SnapshotSave.h>

using namespace Qt::StringLiterals;

namespace isol8 {

void saveSession(Session *session, const QString &owner, const QString &name, QObject *parent,
                 const Callback<SnapshotInfo> &done)
{
    const QString id = session->id();
    if (session->isLost())
        return done(fail(errors::SessionLost, u"The session %1 is lost: its sandbox ended."_s.arg(id)));
    if (!session->sandbox() || session->info().isActive)
        return done(fail(errors::SessionBusy,
                         u"The session %1 has a run under way; it can be saved when that has ended."_s.arg(id)));
    session->touch();
    auto *save = new SnapshotSave(SnapshotStore(), session->sandbox()->channel(),
                                  {owner, name, session->runtime(), {}, false}, parent);
    const QPointer<Session> kept(session);
    QObject::connect(session, &Session::ending, save, &SnapshotSave::cancel);
    QObject::connect(save, &SnapshotSave::finished, save, [save, kept, id, done](const Error &error) {
        if (kept)
            kept->leave(save);
        save->deleteLater();
        if (error.code == errors::Cancelled || error.code == errors::SandboxLost)
            done(fail(errors::SessionLost, u"The session %1 has ended meanwhile."_s.arg(id)));
        else if (!error.code.isEmpty())
            done(fail(error));
        else
            done(save->info());
    });
    session->enter(save, [save] { save->start(); });
}

} // namespace isol8
