// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/egress/Ledger.h>

#include <isol8/egress/Target.h>

#include <QPointer>

#include <utility>

using namespace Qt::StringLiterals;

namespace isol8::egress {

QJsonObject LogEntry::toJson() const
{
    QJsonObject object{{u"timestamp"_s, timestamp.toUTC().toString(Qt::ISODateWithMs)},
                       {u"method"_s, method},
                       {u"host"_s, host},
                       {u"path"_s, path.isNull() ? QJsonValue(QJsonValue::Null) : QJsonValue(path)},
                       {u"action"_s, allowed ? u"ALLOW"_s : u"BLOCK"_s},
                       {u"durationMs"_s, qint64(duration.count())},
                       {u"port"_s, port},
                       {u"bytesIn"_s, bytesIn},
                       {u"bytesOut"_s, bytesOut}};
    if (!reason.isEmpty())
        object.insert(u"reason"_s, reason);
    return object;
}

Origin *Ledger::originFor(const Target &target) const
{
    const bool possible = !target.connect && target.authority.port == 80;
    return possible ? origins.value(target.authority.host.text) : nullptr;
}

void Ledger::add(const LogEntry &entry, const QString &sentence)
{
    if (log.size() < limits.logEntries)
        log.append(entry);
    else
        ++statistics.dropped;
    if (!entry.allowed)
        ++statistics.refused;
    m_untold.append({entry, sentence});
    if (m_untold.size() == 1)
        QMetaObject::invokeMethod(this, &Ledger::tell, Qt::QueuedConnection);
}

void Ledger::tell()
{
    const QPointer<Ledger> self(this);
    for (const auto &[entry, sentence] : std::exchange(m_untold, {})) {
        if (self)
            Q_EMIT logged(entry);
        if (self && !entry.allowed)
            Q_EMIT refused(entry, sentence);
    }
}

void Ledger::count(qint64 in, qint64 out)
{
    const bool before = isExhausted();
    statistics.bytesIn += in;
    statistics.bytesOut += out;
    if (!before && isExhausted())
        Q_EMIT exhausted();
}

Transaction::Transaction(Ledger *ledger, const QString &method, const QString &host, int port, const QString &path)
    : m_ledger(ledger)
{
    m_entry.timestamp = QDateTime::currentDateTimeUtc();
    m_entry.method = method;
    m_entry.host = host;
    m_entry.port = port;
    m_entry.path = path;
    m_timer.start();
}

Transaction::~Transaction()
{
    if (!m_finished && m_entry.reason.isEmpty())
        m_entry.reason = reasons::Abandoned.toString();
    finish();
}

void Transaction::addIn(qint64 bytes)
{
    m_entry.bytesIn += bytes;
    m_ledger->count(bytes, 0);
}

void Transaction::addOut(qint64 bytes)
{
    m_entry.bytesOut += bytes;
    m_ledger->count(0, bytes);
}

void Transaction::refuse(const Refusal &refusal)
{
    if (!m_entry.reason.isEmpty())
        return;
    m_entry.reason = refusal.code;
    m_entry.allowed = !isWall(refusal.code);
    m_sentence = refusal.sentence;
}

void Transaction::finish()
{
    if (std::exchange(m_finished, true))
        return;
    m_entry.duration = milliseconds(m_timer.elapsed());
    m_ledger->add(m_entry, m_sentence);
}

} // namespace isol8::egress
