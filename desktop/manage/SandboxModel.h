// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractTableModel>
#include <QDateTime>
#include <QList>
#include <QString>

#include <optional>

namespace isol8::desktop {

//! A sandbox of any connection.
struct SandboxRow
{
    enum class Kind { Session, Run, Pool, Kept };
    enum class State { Idle, Running, Paused, Ready, Starting, Lost, Other };
    //! Who knows of it: an engine, of its session or of a sandbox; or this machine's daemon alone.
    enum class Source { Session, Engine, Daemon };

    QString key; //!< unique
    Source source = Source::Daemon;
    QString id; //!< what the engine calls it by
    Kind kind = Kind::Run;
    State state = State::Other;
    QString connection;     //!< its id
    QString connectionName; //!< for people
    QString session;        //!< of a session, its name
    QString runtime;
    QString container; //!< its id, where it is known
    QDateTime created;
    std::optional<double> cpuPercent;
    std::optional<double> memoryMB;
    bool isOurs = true; //!< of an engine that this app drives, or the background engine

    friend bool operator==(const SandboxRow &, const SandboxRow &) = default;
};

//! The sandboxes there are now. setRows() changes what has changed and nothing else, so that a selection holds.
class SandboxModel : public QAbstractTableModel
{
    Q_OBJECT

public:
    enum Column { Name, Kind, State, Runtime, Age, Cpu, Memory, Where, ColumnCount };

    using QAbstractTableModel::QAbstractTableModel;

    void setRows(const QList<SandboxRow> &rows);
    [[nodiscard]] const SandboxRow &row(int index) const { return m_rows.at(index); }
    //! Ages have grown.
    void tick();

    [[nodiscard]] int rowCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex &index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QList<SandboxRow> m_rows;
};

} // namespace isol8::desktop
