// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <desktop/core/EngineHub.h>
#include <desktop/manage/ContainerUsage.h>
#include <desktop/manage/SandboxModel.h>

#include <QObject>
#include <QTimer>

namespace isol8::desktop {

/*!
    Keeps a SandboxModel true while it is watched: sessions of every connection, and the containers of this machine's
    daemon. What a user does to a row ends by a look at how it is then; what fails, by failed().
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
    void saveSnapshot(const SandboxRow &row, const QString &name);
    void listFiles(const SandboxRow &row, Callback<QList<SessionFile>> done);
    void getFile(const SandboxRow &row, const QString &path, Callback<QByteArray> done);
    void putFile(const SandboxRow &row, const QString &path, const QByteArray &content);

    static constexpr milliseconds Interval{2000};

Q_SIGNALS:
    void failed(const QString &sentence);
    void done(const QString &sentence);

private:
    void answered();
    void addSessions(EngineConnection *connection, const QList<SessionInfo> &sessions);
    void addContainers(EngineConnection *connection, const QList<docker::ContainerSummary> &containers);
    [[nodiscard]] Engine *engineOf(const SandboxRow &row) const;
    [[nodiscard]] Callback<void> report(const QString &sentence);

    EngineHub *m_hub;
    SandboxModel m_model;
    ContainerUsage m_usage;
    QTimer m_timer;
    QList<SandboxRow> m_rows;
    int m_pending = 0;
};

} // namespace isol8::desktop
