// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <desktop/history/HistoryModel.h>

#include <QTimer>
#include <QWidget>

QT_BEGIN_NAMESPACE
class QLineEdit;
class QPlainTextEdit;
class QPushButton;
class QTableView;
QT_END_NAMESPACE

namespace isol8::desktop {

//! Every run there was: searched, looked at, compared, run again.
class HistoryView : public QWidget
{
    Q_OBJECT

public:
    explicit HistoryView(HistoryStore *store, QWidget *parent = nullptr);

Q_SIGNALS:
    void openRequested(const isol8::desktop::Program &program);
    void runRequested(const isol8::desktop::Program &program);

private:
    [[nodiscard]] QList<qint64> chosen() const;
    void showCurrent();
    void updateButtons();
    void compare();
    void open(bool run);

    HistoryStore *m_store;
    HistoryModel *m_model;
    QLineEdit *m_search;
    QTableView *m_table;
    QPlainTextEdit *m_preview;
    QPushButton *m_open;
    QPushButton *m_again;
    QPushButton *m_compare;
    QPushButton *m_remove;
    QTimer m_searchTimer;
};

} // namespace isol8::desktop
