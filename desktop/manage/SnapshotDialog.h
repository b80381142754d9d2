// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <desktop/manage/SandboxController.h>

#include <QDialog>

QT_BEGIN_NAMESPACE
class QLabel;
class QPushButton;
class QTreeWidget;
QT_END_NAMESPACE

namespace isol8::desktop {

//! The snapshots of all connections: a session begun from one, or one removed. Deletes itself when it is closed.
class SnapshotDialog : public QDialog
{
    Q_OBJECT

public:
    SnapshotDialog(SandboxController *controller, QWidget *parent);

Q_SIGNALS:
    void startRequested(const isol8::desktop::SnapshotRow &row);

private:
    void show(const QList<SnapshotRow> &rows);
    [[nodiscard]] std::optional<SnapshotRow> current() const;
    void updateButtons();
    void askRemove();

    SandboxController *m_controller;
    QTreeWidget *m_list;
    QLabel *m_status;
    QPushButton *m_start;
    QPushButton *m_remove;
    QList<SnapshotRow> m_rows;
};

} // namespace isol8::desktop
