// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/config/Config.h>
#include <isol8/docker/Endpoint.h>
#include <isol8/egress/Resolver.h>
#include <isol8/execution/Engine.h>
#include <isol8/execution/Resolve.h>

#include <memory>
#include <optional>

namespace isol8 {

struct LocalEngineOptions
{
    Config config;
    //! Which of config.limits cut what a request asks for: those that the file sets, or (what a service wants) all.
    LimitsApplied limits = LimitsApplied::Configured;
    //! Not set: found as `docker` finds it (docker::Endpoint::discover()).
    std::optional<docker::Endpoint> endpoint;
    //! What filtered runs' host names are resolved by; null: the system.
    std::shared_ptr<egress::Resolver> resolver = nullptr;
};

/*!
    The engine that drives a Docker daemon. Each run gets a sandbox of its own, which is destroyed behind the answer.

    Killing the process at any moment leaves no container: its sandboxes' streams close, and a small reaper process
    removes what was created but not started. At most config.maxConcurrent runs are under way, the rest wait.
*/
class LocalEngine : public Engine
{
    Q_OBJECT

public:
    explicit LocalEngine(LocalEngineOptions options = {}, QObject *parent = nullptr);
    ~LocalEngine() override;

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
    void sandboxes(const QString &owner, bool everybodys, Callback<QList<SandboxInfo>> done) override;
    void saveSnapshot(const QString &owner, const QString &session, const QString &name,
                      Callback<SnapshotInfo> done) override;
    void snapshots(const QString &owner, Callback<QList<SnapshotInfo>> done) override;
    void removeSnapshot(const QString &owner, const QString &name, Callback<void> done) override;
    void stop(Callback<void> done) override;

    //! For runs and sessions that begin from here on. What the engine was made with stays: maxConcurrent, the pool,
    //! runtimes, remoteCode.
    void setConfig(const Config &config);

    //! Of all owners.
    [[nodiscard]] qsizetype sessionCount() const;

    //! Of \a owner; one that is being made is there.
    [[nodiscard]] bool hasSession(const QString &owner, const QString &id) const;
    struct SessionUse
    {
        qint64 cpuMs = 0; //!< of its sandbox since its start, runs and all that goes on between them
        bool isPaused = false;
    };
    //! unknown_session; session_lost where it has no sandbox (any more); what Docker says.
    void measureSession(const QString &owner, const QString &id, Callback<SessionUse> done);

    //! Ends the sessions of all owners that have no run under way, and tells how many.
    void removeIdleSessions(Callback<int> done);
    //! Runs that wait for their turn.
    [[nodiscard]] qsizetype queueLength() const;

    //! Of the sandboxes that are started ahead of their runs.
    struct PoolStatus
    {
        qsizetype waiting = 0;  //!< a run could have them at once
        qsizetype starting = 0; //!< or being reset
        qint64 hits = 0;        //!< runs that got one, since the beginning
        qint64 misses = 0;      //!< runs that had to start their own
    };
    [[nodiscard]] PoolStatus poolStatus() const;

    //! The value of the label org.isol8 of this engine's containers.
    [[nodiscard]] QString id() const;

Q_SIGNALS:
    //! sessionCount() is another.
    void sessionsChanged();

private:
    class Private;
    std::unique_ptr<Private> d;
};

} // namespace isol8
