// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/SessionSnapshotsCommand.h>

#include <cli/ExitCodes.h>
#include <cli/Table.h>
#include <cli/Terminal.h>

#include <QJsonArray>
#include <QJsonDocument>

using namespace Qt::StringLiterals;

namespace isol8::cli {

void SessionSnapshotsCommand::setUp(CLI::App *session)
{
    m_save = session->add_subcommand("snapshot", "Keep a session's /sandbox under a name");
    m_session = m_save->add_option("NAME", "The session")->required();
    m_name = m_save->add_option("SNAPSHOT", "What the snapshot is to be called")->required();
    m_list = session->add_subcommand("snapshots", "What is kept of sessions");
    m_json = flag(m_list, "--json", "As JSON");
    m_rm = session->add_subcommand("rm-snapshot", "Remove a snapshot");
    m_rmName = m_rm->add_option("SNAPSHOT", "Which")->required();
    m_save->footer("It has the files of /sandbox, and neither programs nor an interpreter's names.\n\n"
                   "Example:\n  isol8 session snapshot work ready\n"
                   "  isol8 run --session-id second --from-snapshot ready -e 'print(1)'");
    m_list->footer("Example:\n  isol8 session snapshots --json");
    m_rm->footer("Example:\n  isol8 session rm-snapshot ready");
}

bool SessionSnapshotsCommand::isChosen() const
{
    return m_save->parsed() || m_list->parsed() || m_rm->parsed();
}

void SessionSnapshotsCommand::run(Engine *engine)
{
    if (m_list->parsed()) {
        if (!engine)
            return show(SnapshotStore().list({}));
        engine->snapshots({}, {this, [this](const Result<QList<SnapshotInfo>> &snapshots) {
                                   if (snapshots)
                                       show(*snapshots);
                                   else
                                       fail(snapshots.error());
                               }});
        return;
    }
    if (m_rm->parsed()) {
        if (!engine)
            return end(SnapshotStore().remove({}, text(m_rmName)));
        engine->removeSnapshot({}, text(m_rmName), {this, [this](const Result<void> &done) { end(done); }});
        return;
    }
    if (!engine)
        return fail({errors::UnknownSession.toString(), u"There is no session %1."_s.arg(text(m_session)), {}});
    engine->saveSnapshot({}, text(m_session), text(m_name),
                         {this, [this](const Result<SnapshotInfo> &saved) {
                              if (!saved)
                                  return fail(saved.error());
                              for (const QString &sentence : saved->skipped)
                                  printNote(printable(u"isol8: left out: "_s + sentence));
                              Q_EMIT finished(Success);
                          }});
}

void SessionSnapshotsCommand::show(const QList<SnapshotInfo> &snapshots)
{
    if (given(m_json)) {
        QJsonArray array;
        for (const SnapshotInfo &snapshot : snapshots)
            array.append(snapshot.toJson());
        printData(QString::fromUtf8(QJsonDocument(array).toJson()));
    } else if (snapshots.isEmpty()) {
        printNote(u"There are no snapshots."_s);
    } else {
        QList<QStringList> rows{{u"NAME"_s, u"RUNTIME"_s, u"SIZE"_s, u"MADE"_s}};
        for (const SnapshotInfo &snapshot : snapshots)
            rows.append({snapshot.name, snapshot.runtime, QString::number(snapshot.size),
                         snapshot.created.toLocalTime().toString(u"yyyy-MM-dd hh:mm:ss"_s)});
        printData(table(rows));
    }
    Q_EMIT finished(Success);
}

void SessionSnapshotsCommand::end(const Result<void> &result)
{
    if (!result)
        return fail(result.error());
    Q_EMIT finished(Success);
}

void SessionSnapshotsCommand::fail(const Error &error)
{
    printError(error);
    Q_EMIT finished(exitCodeFor(error));
}

} // namespace isol8::cli
