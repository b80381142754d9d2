// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <desktop/history/HistoryStore.h>

#include <QAbstractTableModel>

namespace isol8::desktop {

//! The runs of a HistoryStore as a table that fetches as it is scrolled.
class HistoryModel : public QAbstractTableModel
{
    Q_OBJECT

public:
    enum Column { When, Title, Runtime, Ended, Took, Memory, ColumnCount };

    explicit HistoryModel(HistoryStore *store, QObject *parent = nullptr);

    void setSearch(const QString &text);
    [[nodiscard]] const HistoryRow &row(int index) const { return m_rows.at(index); }

    [[nodiscard]] int rowCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex &index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    [[nodiscard]] bool canFetchMore(const QModelIndex &parent) const override;
    void fetchMore(const QModelIndex &parent) override;

    static constexpr int Page = 200;

private:
    void reload();

    HistoryStore *m_store;
    QString m_search;
    QList<HistoryRow> m_rows;
    bool m_more = false;
};

} // namespace isol8::desktop
