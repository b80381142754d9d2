// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Callback.h>
#include <isol8/base/Units.h>
#include <isol8/execution/Run.h>
#include <isol8/execution/RunRequest.h>
#include <isol8/execution/SandboxInfo.h>
#include <isol8/execution/Transfer.h>
#include <isol8/session/SessionFile.h>
#include <isol8/session/SessionInfo.h>
#include <isol8/snapshot/SnapshotStore.h>

#include <QByteArray>
#include <QObject>
#include <QStringList>

#include <optional>

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

    /*!
        The files of a session, while a run is under way in it and while it is paused, too. Paths are in /sandbox or
        /tmp, relative ones count from /sandbox. Who uses a session's files keeps it from being idle.

        Errors: unknown_session, also before the session's first run has its sandbox; session_lost; not_found; bad_path
        (it leaves /sandbox and /tmp); too_large; disk_full; file_error (no regular file, denied: the sentence says
        which); oom.
    */
    //! Writes a whole file of at most MaxPut bytes; its folders are made. \a mode: permission bits, 0644 without.
    virtual void putFile(const QString &owner, const QString &session, const QString &path, const QByteArray &content,
                         std::optional<uint> mode, Callback<void> done) = 0;
    //! Reads a whole regular file of at most MaxGet bytes.
    virtual void getFile(const QString &owner, const QString &session, const QString &path,
                         Callback<QByteArray> done) = 0;
    //! What \a path, which may be a glob, names, sorted; of a folder what is in it, \a recursive: and below it.
    virtual void listFiles(const QString &owner, const QString &session, const QString &path, bool recursive,
                           Callback<QList<SessionFile>> done) = 0;
    //! Removes a file, a link itself, or a folder with all that is in it.
    virtual void removeFile(const QString &owner, const QString &session, const QString &path, Callback<void> done) = 0;

    //! Makes a folder and those above it; one that is there is success, and gets \a mode (0755 of a new one without).
    virtual void makeDirectory(const QString &owner, const QString &session, const QString &path,
                               std::optional<uint> mode, Callback<void> done);

    /*!
        Of any size, as the bytes come; bounded by the sandbox's own space. They begin at once, belong to \a parent, and
        tell what is wrong by finished(): the errors above, and of archives bad_archive. Where an engine cannot do any
        of these: unsupported.
    */
    [[nodiscard]] virtual Upload *uploadFile(const QString &owner, const QString &session, const UploadTarget &target,
                                             QObject *parent);
    [[nodiscard]] virtual Download *downloadFile(const QString &owner, const QString &session, const QString &path,
                                                 QObject *parent);
    //! Unpacks a tar archive into the folder \a path, which is made where it is missing (sandbox/DirectoryUpload.h).
    [[nodiscard]] virtual Upload *uploadDirectory(const QString &owner, const QString &session, const QString &path,
                                                  QObject *parent);
    //! The folder \a path as a tar archive (sandbox/DirectoryDownload.h).
    [[nodiscard]] virtual Download *downloadDirectory(const QString &owner, const QString &session, const QString &path,
                                                      QObject *parent);

    //! The sandboxes of \a owner, the oldest first; \a everybodys: of all owners, and the pool's.
    virtual void sandboxes(const QString &owner, bool everybodys, Callback<QList<SandboxInfo>> done);

    static constexpr qint64 MaxGet = 16 * MiB;
    static constexpr qint64 MaxPut = 11 * MiB; //!< what fits, as base64, into a request to a service
    //! too_large, of more than MaxPut bytes for \a path.
    [[nodiscard]] static Error tooLargeToPut(const QString &path)
    {
        return {errors::TooLarge.toString(),
                QStringLiteral("%1 cannot be written: what goes into a session this way may have %2 MiB.")
                    .arg(path.left(256))
                    .arg(MaxPut / MiB),
                {}};
    }

    //! Keeps a session's /sandbox as \a name, for RunOptions::snapshot; its runs wait meanwhile. unknown_session,
    //! session_busy, session_lost, exists, bad_value (the name), too_large (all of an owner's), file_error.
    virtual void saveSnapshot(const QString &owner, const QString &session, const QString &name,
                              Callback<SnapshotInfo> done) = 0;
    //! The snapshots of \a owner, by name. They outlive the engine.
    virtual void snapshots(const QString &owner, Callback<QList<SnapshotInfo>> done) = 0;
    //! not_found, bad_value.
    virtual void removeSnapshot(const QString &owner, const QString &name, Callback<void> done) = 0;

    //! Ends all runs, destroys all sandboxes, and calls back when the daemon has removed them.
    virtual void stop(Callback<void> done) = 0;
};

} // namespace isol8
