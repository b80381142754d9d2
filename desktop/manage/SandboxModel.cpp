// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/manage/SandboxModel.h>

#include <desktop/core/Texts.h>

#include <QHash>
#include <QLocale>
#include <QSet>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

namespace {

QString kindName(SandboxRow::Kind kind)
{
    switch (kind) {
    case SandboxRow::Kind::Session:
        return SandboxModel::tr("Session");
    case SandboxRow::Kind::Run:
        return SandboxModel::tr("Run");
    case SandboxRow::Kind::Pool:
        return SandboxModel::tr("Started ahead");
    case SandboxRow::Kind::Kept:
        return SandboxModel::tr("Kept");
    }
    return {};
}

QString stateName(SandboxRow::State state)
{
    switch (state) {
    case SandboxRow::State::Idle:
        return SandboxModel::tr("Idle");
    case SandboxRow::State::Running:
        return SandboxModel::tr("Running");
    case SandboxRow::State::Paused:
        return SandboxModel::tr("Paused");
    case SandboxRow::State::Ready:
        return SandboxModel::tr("Ready");
    case SandboxRow::State::Starting:
        return SandboxModel::tr("Starting");
    case SandboxRow::State::Lost:
        return SandboxModel::tr("Lost");
    case SandboxRow::State::Other:
        break;
    }
    return u"–"_s;
}

} // namespace

void SandboxModel::setRows(const QList<SandboxRow> &rows)
{
    QSet<QString> keys;
    for (const SandboxRow &row : rows)
        keys.insert(row.key);
    for (int i = int(m_rows.size()) - 1; i >= 0; --i) {
        if (!keys.contains(m_rows.at(i).key)) {
            beginRemoveRows({}, i, i);
            m_rows.removeAt(i);
            endRemoveRows();
        }
    }
    QHash<QString, int> places;
    for (int i = 0; i < m_rows.size(); ++i)
        places.insert(m_rows.at(i).key, i);
    QList<SandboxRow> fresh;
    for (const SandboxRow &row : rows) {
        const auto place = places.constFind(row.key);
        if (place == places.constEnd()) {
            fresh.append(row);
        } else if (m_rows.at(*place) != row) {
            m_rows[*place] = row;
            Q_EMIT dataChanged(index(*place, 0), index(*place, ColumnCount - 1));
        }
    }
    if (fresh.isEmpty())
        return;
    beginInsertRows({}, int(m_rows.size()), int(m_rows.size() + fresh.size()) - 1);
    m_rows += fresh;
    endInsertRows();
}

void SandboxModel::tick()
{
    if (!m_rows.isEmpty())
        Q_EMIT dataChanged(index(0, Age), index(int(m_rows.size()) - 1, Age), {Qt::DisplayRole});
}

int SandboxModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_rows.size());
}

int SandboxModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant SandboxModel::data(const QModelIndex &index, int role) const
{
    const SandboxRow &row = m_rows.at(index.row());
    if (role == Qt::TextAlignmentRole && (index.column() == Cpu || index.column() == Memory || index.column() == Age))
        return int(Qt::AlignRight | Qt::AlignVCenter);
    if (role == Qt::ToolTipRole)
        return texts::plainToolTip(row.container);
    if (role != Qt::DisplayRole)
        return {};
    switch (index.column()) {
    case Name:
        return !row.session.isEmpty()     ? row.session
               : !row.container.isEmpty() ? row.container.left(12)
                                          : row.id.left(12);
    case Kind:
        return kindName(row.kind);
    case State:
        return stateName(row.state);
    case Runtime:
        return row.runtime;
    case Age:
        return row.created.isValid() ? texts::age(row.created.secsTo(QDateTime::currentDateTimeUtc())) : u"–"_s;
    case Cpu:
        return row.cpuPercent ? tr("%1 %").arg(QLocale().toString(*row.cpuPercent, 'f', 1)) : u"–"_s;
    case Memory:
        return row.memoryMB ? texts::megabytes(*row.memoryMB) : u"–"_s;
    case Where:
        return row.isOurs ? row.connectionName : tr("another isol8");
    default:
        return {};
    }
}

QVariant SandboxModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Name:
        return tr("Sandbox");
    case Kind:
        return tr("Kind");
    case State:
        return tr("State");
    case Runtime:
        return tr("Runtime");
    case Age:
        return tr("Age");
    case Cpu:
        return tr("CPU");
    case Memory:
        return tr("Memory");
    case Where:
        return tr("Of");
    default:
        return {};
    }
}

} // namespace isol8::desktop
