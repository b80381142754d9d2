// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/history/HistoryModel.h>

#include <desktop/core/Texts.h>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

HistoryModel::HistoryModel(HistoryStore *store, QObject *parent)
    : QAbstractTableModel(parent)
    , m_store(store)
{
    connect(store, &HistoryStore::changed, this, &HistoryModel::reload);
    reload();
}

void HistoryModel::setSearch(const QString &text)
{
    if (text == m_search)
        return;
    m_search = text;
    reload();
}

void HistoryModel::reload()
{
    beginResetModel();
    m_rows = m_store->rows(m_search, 0, Page);
    m_more = m_rows.size() == Page;
    endResetModel();
}

int HistoryModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

int HistoryModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

bool HistoryModel::canFetchMore(const QModelIndex &parent) const
{
    return !parent.isValid() && m_more;
}

void HistoryModel::fetchMore(const QModelIndex &)
{
    const QList<HistoryRow> next = m_store->rows(m_search, int(m_rows.size()), Page);
    m_more = next.size() == Page;
    if (next.isEmpty())
        return;
    beginInsertRows({}, int(m_rows.size()), int(m_rows.size() + next.size()) - 1);
    m_rows += next;
    endInsertRows();
}

QVariant HistoryModel::data(const QModelIndex &index, int role) const
{
    const HistoryRow &row = m_rows.at(index.row());
    if (role == Qt::ToolTipRole && index.column() == Title)
        return texts::plainToolTip(row.title);
    if (role == Qt::TextAlignmentRole && (index.column() == Took || index.column() == Memory))
        return int(Qt::AlignRight | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    switch (index.column()) {
    case When:
        return texts::when(row.started);
    case Title:
        return row.title;
    case Runtime:
        return row.runtime;
    case Ended:
        return row.reason == Reason::Completed && row.exitCode != 0 ? tr("Exit code %1").arg(row.exitCode)
                                                                    : texts::reason(row.reason);
    case Took:
        return texts::duration(row.durationMs);
    case Memory:
        return texts::megabytes(row.peakMemoryMB);
    default:
        return {};
    }
}

QVariant HistoryModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case When:
        return tr("When");
    case Title:
        return tr("Program");
    case Runtime:
        return tr("Runtime");
    case Ended:
        return tr("Ended");
    case Took:
        return tr("Time");
    case Memory:
        return tr("Memory");
    default:
        return {};
    }
}

} // namespace isol8::desktop
