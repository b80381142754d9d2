// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <desktop/history/HistoryStore.h>

#include <QDialog>

QT_BEGIN_NAMESPACE
class QPlainTextEdit;
class QTreeWidget;
QT_END_NAMESPACE

namespace isol8::desktop {

//! A run as a sandbox's log shows it.
struct LogEntry
{
    QDateTime time;
    QString title;
    QString ended;
    qint64 durationMs = 0;
    QString detail; //!< whole, for people
};

//! Which runs are asked for.
struct LogQuestion
{
    QString connection;  //!< its id
    QString session;     //!< empty: none, then only records tell
    QString container;   //!< its id; empty: not known
    QString auditFolder; //!< where records of runs are; empty: nowhere
};

//! The runs of a sandbox, newest first: what this app has kept of them, and the records of others' where such are kept.
[[nodiscard]] QList<LogEntry> runLog(const HistoryStore &history, const LogQuestion &question);

//! Shows them. Deletes itself when it is closed.
class RunLogDialog : public QDialog
{
    Q_OBJECT

public:
    RunLogDialog(const QString &title, const QList<LogEntry> &entries, QWidget *parent);

private:
    QTreeWidget *m_list;
    QPlainTextEdit *m_detail;
};

} // namespace isol8::desktop
