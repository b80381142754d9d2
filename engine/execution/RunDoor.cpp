// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/execution/RunDoor.h>

#include <isol8/sandbox/Program.h>

#include <QLoggingCategory>
#include <QPointer>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

Q_LOGGING_CATEGORY(networkLog, "isol8.network", QtWarningMsg)

} // namespace

RunDoor::RunDoor(const std::optional<NetworkPlan> &plan, std::shared_ptr<const SecretPatterns> secrets,
                 egress::Resolver *names, QObject *parent)
    : QObject(parent)
    , m_plan(plan)
    , m_secrets(std::move(secrets))
    , m_gate(names)
{
    if (m_plan)
        m_gate.setLimits(m_plan->limits);
    connect(&m_gate, &egress::Gate::logged, this, [this](const egress::LogEntry &entry) {
        const QJsonObject object = shown(entry);
        qCDebug(networkLog) << (entry.allowed ? "allowed" : "refused") << object.value(u"method"_s).toString()
                            << object.value(u"host"_s).toString() << entry.port << entry.reason;
        Q_EMIT logged(object);
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
        result->networkLogs.append(shown(entry));
}

// Hosts and paths are the program's words: a secret may be among them.
QJsonObject RunDoor::shown(const egress::LogEntry &entry) const
{
    QJsonObject object = entry.toJson();
    for (const QString &key : {u"method"_s, u"host"_s, u"path"_s}) {
        if (const QJsonValue value = object.value(key); value.isString())
            object.insert(key, QString::fromUtf8(m_secrets->mask(value.toString().toUtf8())));
    }
    return object;
}

} // namespace isol8
