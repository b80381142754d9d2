// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/execution/RunQueue.h>

#include <algorithm>

namespace isol8 {

bool RunQueue::enqueue(quint64 id, const QString &owner, int priority)
{
    if (m_waiting.size() >= m_capacity)
        return false;
    m_waiting.append({id, owner, priority});
    return true;
}

qsizetype RunQueue::best(const QList<Entry> &waiting, const QHash<QString, int> &load)
{
    qsizetype found = 0;
    for (qsizetype i = 1; i < waiting.size(); ++i) {
        const Entry &entry = waiting[i];
        const Entry &leader = waiting[found];
        if (entry.priority > leader.priority ||
            (entry.priority == leader.priority && load.value(entry.owner) < load.value(leader.owner)))
            found = i;
    }
    return found;
}

std::optional<quint64> RunQueue::admit()
{
    if (m_waiting.isEmpty() || m_running.size() >= m_concurrency)
        return {};
    const Entry entry = m_waiting.takeAt(best(m_waiting, m_load));
    m_running.insert(entry.id, entry.owner);
    ++m_load[entry.owner];
    return entry.id;
}

void RunQueue::leave(quint64 id)
{
    if (const auto running = m_running.constFind(id); running != m_running.constEnd()) {
        const auto load = m_load.find(*running);
        if (--*load == 0)
            m_load.erase(load);
        m_running.erase(running);
        return;
    }
    m_waiting.removeIf([id](const Entry &entry) { return entry.id == id; });
}

QList<quint64> RunQueue::waiting() const
{
    QList<Entry> rest = m_waiting;
    QHash<QString, int> load = m_load;
    QList<quint64> order;
    while (!rest.isEmpty()) {
        const Entry entry = rest.takeAt(best(rest, load));
        ++load[entry.owner];
        order.append(entry.id);
    }
    return order;
}

} // namespace isol8
