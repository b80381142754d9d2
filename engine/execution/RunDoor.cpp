// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/execution/RunDoor.h>

#include <isol8/sandbox/Program.h>

#include <QLoggingCategory>
#include <QPointer>

namespace isol8 {

namespace {

Q_LOGGING_CATEGORY(networkLog, "isol8.network", QtWarningMsg)

} // namespace

RunDoor::RunDoor(const std::optional<NetworkPlan> &plan, egress::Resolver *names, QObject *parent)
    : QObject(parent)
    , m_plan(plan)
    , m_gate(names)
{
    if (m_plan)
        m_gate.setLimits(m_plan->limits);
    connect(&m_gate, &egress::Gate::logged, this, [this](const egress::LogEntry &entry) {
        qCDebug(networkLog) << (entry.allowed ? "allowed" : "refused") << entry.method << entry.host << entry.port
                            << entry.reason;
        Q_EMIT logged(entry.toJson());
    });
}

void RunDoor::serve(Program *program)
{
    m_gate.setRules(m_plan ? m_plan->rules : egress::HostRules());
    connectTo(program);
}

void RunDoor::serveInstaller(Program *program, const QMap<QByteArray, egress::Origin *> &registries)
{
    m_gate.setRules({}, registries);
    connectTo(program);
}

void RunDoor::connectTo(Program *program)
{
    program->setDoor([gate = QPointer<egress::Gate>(&m_gate)](std::unique_ptr<ByteStream> stream) {
        if (gate)
            gate->accept(std::move(stream));
    });
}

void RunDoor::finish(RunResult *result, bool withLog)
{
    m_gate.close();
    result->resourceUsage.networkBytesIn = m_gate.statistics().bytesIn;
    result->resourceUsage.networkBytesOut = m_gate.statistics().bytesOut;
    if (!withLog)
        return;
    for (const egress::LogEntry &entry : m_gate.log())
        result->networkLogs.append(entry.toJson());
}

} // namespace isol8
