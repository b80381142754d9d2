// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <desktop/core/EngineHub.h>
#include <desktop/manage/ContainerUsage.h>
#include <desktop/manage/SandboxModel.h>

#include <QObject>
#include <QTimer>

namespace isol8::desktop {

class RunController;

//! A kept /sandbox, and where it is.
struct SnapshotRow
{
    SnapshotInfo info;
    QString connection;     //!< its id
    QString connectionName; //!< for people
};

/*!
    Keeps a SandboxModel true while it is watched: the sandboxes of every connection, and the containers of this
   machine's daemon. What a user does to a row ends by a look at how it is then; what fails, by failed().
*/
class SandboxController : public QObject
{
    Q_OBJECT

public:
    explicit SandboxController(EngineHub *hub, QObject *parent = nullptr);

    [[nodiscard]] SandboxModel *model() { return &m_model; }
    //! Asks every Interval while it is watched; not at all while it is not.
    void setWatched(bool watched);
    void refresh();

    void stop(const SandboxRow &row);
    void setPaused(const SandboxRow &row, bool paused);
    //! A shell in a session; it belongs to \a parent, whose end ends it.
    [[nodiscard]] RunController *openShell(const SandboxRow &row, QObject *parent);
    void saveSnapshot(const SandboxRow &row, const QString &name);
    void listFiles(const SandboxRow &row, Callback<QList<SessionFile>> done);
    void getFile(const SandboxRow &row, const QString &path, Callback<QByteArray> done);
    void putFile(const SandboxRow &row, const QString &path, const QByteArray &content);

    //! Of all connections; answered by snapshotsFound().
    void listSnapshots();
    void removeSnapshot(const SnapshotRow &row);

    static constexpr milliseconds Interval{2000};

Q_SIGNALS:
    void failed(const QString &sentence);
    void done(const QString &sentence);
    void snapshotsFound(const QList<isol8::desktop::SnapshotRow> &rows);

private:
    void ask(EngineConnection *connection);
    void answered();
    void addSessions(EngineConnection *connection, const QList<SessionInfo> &sessions);
    void addSandboxes(EngineConnection *connection, const QList<SandboxInfo> &sandboxes);
    void addContainers(EngineConnection *connection, const QList<docker::ContainerSummary> &containers);
    [[nodiscard]] Engine *engineOf(const SandboxRow &row) const;
    [[nodiscard]] Callback<void> report(const QString &sentence);

    EngineHub *m_hub;
    SandboxModel m_model;
    ContainerUsage m_usage;
    QTimer m_timer;
    QList<SandboxRow> m_rows;
    int m_pending = 0;
    QList<SnapshotRow> m_snapshots;
    int m_snapshotsPending = 0;
};

} // namespace isol8::desktop
