// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <desktop/manage/SandboxModel.h>
#include <isol8/session/SessionFile.h>

#include <QWidget>

QT_BEGIN_NAMESPACE
class QLabel;
class QPushButton;
class QSortFilterProxyModel;
class QTableView;
QT_END_NAMESPACE

namespace isol8::desktop {

class FilesPane;
class SandboxController;
struct SnapshotRow;

//! The list of sandboxes, and the files of the session that is chosen.
class SandboxView : public QWidget
{
    Q_OBJECT

public:
    explicit SandboxView(SandboxController *controller, QWidget *parent = nullptr);

Q_SIGNALS:
    //! To be used from the Run view: a session with its runtime and connection.
    void continueRequested(const isol8::desktop::SandboxRow &row);
    void startRequested(const isol8::desktop::SnapshotRow &row);
    void logRequested(const isol8::desktop::SandboxRow &row);

protected:
    void showEvent(QShowEvent *event) override;
    void hideEvent(QHideEvent *event) override;

private:
    [[nodiscard]] std::optional<SandboxRow> current() const;
    void updateButtons();
    void showFiles();
    void openShell();
    void askSnapshotName();
    void showSnapshots();
    void put(const QStringList &paths);
    void say(const QString &sentence);

    SandboxController *m_controller;
    QSortFilterProxyModel *m_sorted;
    QTableView *m_table;
    FilesPane *m_files;
    QPushButton *m_continue;
    QPushButton *m_pause;
    QPushButton *m_shell;
    QPushButton *m_log;
    QPushButton *m_snapshots;
    QAction *m_saveSnapshot;
    QPushButton *m_showFiles;
    QPushButton *m_stop;
    QLabel *m_status;
};

} // namespace isol8::desktop
