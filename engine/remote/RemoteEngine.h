// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/execution/Engine.h>
#include <isol8/http/Socket.h>
#include <isol8/remote/EngineContext.h>
#include <isol8/remote/ServiceEndpoint.h>

#include <memory>
#include <optional>

namespace isol8 {

struct RemoteEngineOptions
{
    http::Address address;
    //! Set: runs mean there what they would mean here with this configuration (its limits as far as the file sets
    //! them): they are written out in full (execution/Explicit.h), and an engine that differs in what cannot be written
    //! is refused. Not set: the service's own configuration holds.
    std::optional<EngineContext> context;
    milliseconds patience{30000}; //!< for the service to take a connection
    //! Set: a service elsewhere, asked instead of \c address. It fills in, and limits, what a request leaves open;
    //! there is no \c context then.
    std::optional<remote::ServiceEndpoint> service = std::nullopt;
};

/*!
    The engine that speaks with an isol8 service: each run is a WebSocket connection, GET /execute/ws; or, where a
    service elsewhere is not reached by one, server-sent events (RemoteRun.h says what is missing then).

    start() connects, and so finds out whether there is a service that fits, and takes the key; the next run uses that
    connection. A run that the service did not take ends with reason internal and engine_unreachable, a code of
    remote/ServiceEndpoint.h, or what the service said; one whose connection broke later with engine_lost. A request
    that was refused for now (429, 503 with Retry-After) is sent again up to remote::MostRetries times. Redirects are
    not followed: the key is for this host alone. stop() ends the runs of this engine and not the service; it calls back
    when their connections are closed, which makes the service destroy their sandboxes.
*/
class RemoteEngine : public Engine
{
    Q_OBJECT

public:
    explicit RemoteEngine(RemoteEngineOptions options, QObject *parent = nullptr);
    ~RemoteEngine() override;

    //! \a prewarm is the service's own business.
    void start(const QStringList &prewarm, Callback<void> done) override;
    [[nodiscard]] Run *execute(const RunRequest &request, const RunOptions &options = {},
                               const QString &owner = {}) override;
    void sessions(const QString &owner, Callback<QList<SessionInfo>> done) override;
    void removeSession(const QString &owner, const QString &id, Callback<bool> done) override;
    void setSessionPaused(const QString &owner, const QString &id, bool paused, Callback<void> done) override;
    void putFile(const QString &owner, const QString &session, const QString &path, const QByteArray &content,
                 std::optional<uint> mode, Callback<void> done) override;
    void getFile(const QString &owner, const QString &session, const QString &path, Callback<QByteArray> done) override;
    void listFiles(const QString &owner, const QString &session, const QString &path, bool recursive,
                   Callback<QList<SessionFile>> done) override;
    void removeFile(const QString &owner, const QString &session, const QString &path, Callback<void> done) override;
    void makeDirectory(const QString &owner, const QString &session, const QString &path, std::optional<uint> mode,
                       Callback<void> done) override;
    [[nodiscard]] Upload *uploadFile(const QString &owner, const QString &session, const UploadTarget &target,
                                     QObject *parent) override;
    [[nodiscard]] Download *downloadFile(const QString &owner, const QString &session, const QString &path,
                                         QObject *parent) override;
    [[nodiscard]] Upload *uploadDirectory(const QString &owner, const QString &session, const QString &path,
                                          QObject *parent) override;
    [[nodiscard]] Download *downloadDirectory(const QString &owner, const QString &session, const QString &path,
                                              QObject *parent) override;
    //! \a everybodys is the service's to say, by the key.
    void sandboxes(const QString &owner, bool everybodys, Callback<QList<SandboxInfo>> done) override;
    void saveSnapshot(const QString &owner, const QString &session, const QString &name,
                      Callback<SnapshotInfo> done) override;
    void snapshots(const QString &owner, Callback<QList<SnapshotInfo>> done) override;
    void removeSnapshot(const QString &owner, const QString &name, Callback<void> done) override;
    void stop(Callback<void> done) override;

private:
    class Private;
    std::unique_ptr<Private> d;
};

//! Whether an engine that ends a run with this code has not taken it, so that it can be run elsewhere.
[[nodiscard]] bool isNotTaken(const QString &errorCode);

} // namespace isol8
