// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cli/Command.h>
#include <isol8/execution/Engine.h>

namespace isol8::cli {

//! `isol8 session snapshot|snapshots|rm-snapshot`: a part of SessionCommand, which connects.
class SessionSnapshotsCommand : public QObject
{
    Q_OBJECT

public:
    using QObject::QObject;

    //! Adds its subcommands to that of SessionCommand.
    void setUp(CLI::App *session);
    //! Whether one of them was chosen.
    [[nodiscard]] bool isChosen() const;
    //! \a engine: null where none runs; snapshots are there without one.
    void run(Engine *engine);

Q_SIGNALS:
    void finished(int exitCode);

private:
    void show(const QList<SnapshotInfo> &snapshots);
    void end(const Result<void> &result);
    void fail(const Error &error);

    CLI::App *m_save = nullptr, *m_list = nullptr, *m_rm = nullptr;
    CLI::Option *m_json = nullptr, *m_session = nullptr, *m_name = nullptr, *m_rmName = nullptr;
};

} // namespace isol8::cli
