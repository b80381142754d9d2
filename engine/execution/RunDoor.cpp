// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/execution/RunDoor.h>

#include <isol8/sandbox/Program.h>

#include <QLoggingCategory>
#include <QPointer>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

Q_LOGGING_CATEGORY(networkLog, "isol8.network", QtWarningMsg)

constexpr qsizetype MostEvents = 100;

} // namespace

RunDoor::RunDoor(const NetworkPlan &plan, std::shared_ptr<const SecretPatterns> secrets, egress::Resolver *names,
                 QObject *parent)
    : QObject(parent)
    , m_plan(plan)
    , m_secrets(std::move(secrets))
    , m_gate(std::make_unique<egress::Gate>(names))
{
    m_gate->setLimits(m_plan.limits);
    connect(m_gate.get(), &egress::Gate::refused, this, &RunDoor::remember);
    connect(m_gate.get(), &egress::Gate::logged, this, [this](const egress::LogEntry &entry) {
        const QJsonObject object = shown(entry);
        qCDebug(networkLog) << (entry.allowed ? "allowed" : "refused") << object.value(u"method"_s).toString()
                            << object.value(u"host"_s).toString() << entry.port << entry.reason;
        // Whoever follows a run hears of as many as its log keeps: nothing holds a program back that makes more.
        if (m_told < m_plan.limits.logEntries) {
            ++m_told;
            Q_EMIT logged(object);
        }
    });
}

// Whoever deletes it may do so in a signal of the gate.
RunDoor::~RunDoor()
{
    m_gate->disconnect(this);
    m_gate->close();
    m_gate.release()->deleteLater();
}

void RunDoor::serve(Program *program)
{
    m_gate->setRules(m_plan.rules.value_or(egress::HostRules()));
    connectTo(program);
}

void RunDoor::serveInstaller(Program *program, const QMap<QByteArray, egress::Origin *> &registries)
{
    m_gate->setRules({}, registries);
    connectTo(program);
}

void RunDoor::connectTo(Program *program)
{
    program->setDoor([gate = QPointer<egress::Gate>(m_gate.get())](std::unique_ptr<ByteStream> stream) {
        if (gate)
            gate->accept(std::move(stream));
    });
}

void RunDoor::finish(RunResult *result, bool withLog)
{
    m_gate->close();
    const egress::GateStatistics &statistics = m_gate->statistics();
    result->resourceUsage.networkBytesIn = statistics.bytesIn;
    result->resourceUsage.networkBytesOut = statistics.bytesOut;
    result->securityEvents = m_events;
    result->securityEventsDropped = m_eventsDropped;
    if (!withLog)
        return;
    for (const egress::LogEntry &entry : m_gate->log())
        result->networkLogs.append(shown(entry));
    result->networkLogsDropped = statistics.dropped;
    if (statistics.dropped == 0)
        return;
    const QString sentence = u"The network log has the first %1 entries; %2 more were left out."_s.arg(
        QString::number(m_gate->log().size()), QString::number(statistics.dropped));
    result->error += (result->error.isEmpty() ? QString() : u" "_s) + sentence;
}

void RunDoor::remember(const egress::LogEntry &refused, const QString &sentence)
{
    if (m_events.size() >= MostEvents) {
        ++m_eventsDropped;
        return;
    }
    QJsonObject details{{u"host"_s, masked(refused.host)}, {u"port"_s, refused.port}, {u"reason"_s, refused.reason}};
    if (!refused.method.isEmpty())
        details.insert(u"method"_s, masked(refused.method));
    m_events.append(QJsonObject{{u"type"_s, u"network_blocked"_s},
                                {u"message"_s, masked(sentence)},
                                {u"details"_s, details},
                                {u"timestamp"_s, refused.timestamp.toUTC().toString(Qt::ISODateWithMs)}});
}

QString RunDoor::masked(const QString &text) const
{
    return QString::fromUtf8(m_secrets->mask(text.toUtf8()));
}

// Hosts and paths are the program's words: a secret may be among them.
QJsonObject RunDoor::shown(const egress::LogEntry &entry) const
{
    QJsonObject object = entry.toJson();
    for (const QString &key : {u"method"_s, u"host"_s, u"path"_s}) {
        if (const QJsonValue value = object.value(key); value.isString())
            object.insert(key, masked(value.toString()));
    }
    return object;
}

} // namespace isol8
