// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/egress/Gate.h>
#include <isol8/execution/RunResult.h>
#include <isol8/output/OutputFilter.h>

#include <QObject>

#include <memory>
#include <optional>

namespace isol8 {

class Program;

//! What a run's programs may reach, and how much of it.
struct NetworkPlan
{
    std::optional<egress::HostRules> rules; //!< filtered. Not set: programs have no network
    egress::GateLimits limits;              //!< hold for an installer, too
};

/*!
    The door of one run: hands the connections of its programs to the gate, and says in the end what they did.
*/
class RunDoor : public QObject
{
    Q_OBJECT

public:
    //! \a names must outlive it. \a secrets are shown in no entry.
    RunDoor(const NetworkPlan &plan, std::shared_ptr<const SecretPatterns> secrets, egress::Resolver *names,
            QObject *parent);
    //! Also in a slot of logged().
    ~RunDoor() override;

    //! Before the program starts: its connections come here from now on, those of the program before are cut.
    void serve(Program *program);
    //! The same for an installer: it reaches \a registries, which outlive its end, and nothing else.
    void serveInstaller(Program *program, const QMap<QByteArray, egress::Origin *> &registries);
    //! Cuts what is open, and writes what was done into \a result: byte counts and refusals always, the log \a withLog.
    void finish(RunResult *result, bool withLog);

Q_SIGNALS:
    //! A request or tunnel has ended, or was refused: an entry as in RunResult::networkLogs, and of no more than those.
    void logged(const QJsonObject &entry);

private:
    void connectTo(Program *program);
    [[nodiscard]] QString masked(const QString &text) const;
    [[nodiscard]] QJsonObject shown(const egress::LogEntry &entry) const;

    void remember(const egress::LogEntry &refused, const QString &sentence);

    NetworkPlan m_plan;
    std::shared_ptr<const SecretPatterns> m_secrets;
    std::unique_ptr<egress::Gate> m_gate;
    QJsonArray m_events; //!< RunResult::securityEvents
    qint64 m_eventsDropped = 0;
    qsizetype m_told = 0;
};

} // namespace isol8
