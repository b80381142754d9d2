// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/execution/RunQueue.h>

#include <algorithm>
#include <deque>
#include <numeric>
#include <set>
#include <utility>

namespace isol8 {

bool RunQueue::enqueue(quint64 id, const QString &owner, int priority)
{
    if (m_waiting.size() >= m_capacity)
        return false;
    m_waiting.append({id, owner, priority});
    return true;
}

qsizetype RunQueue::best() const
{
    qsizetype found = 0;
    for (qsizetype i = 1; i < m_waiting.size(); ++i) {
        const Entry &entry = m_waiting[i];
        const Entry &leader = m_waiting[found];
        if (entry.priority > leader.priority ||
            (entry.priority == leader.priority && m_load.value(entry.owner) < m_load.value(leader.owner)))
            found = i;
    }
    return found;
}

std::optional<quint64> RunQueue::admit()
{
    if (m_waiting.isEmpty() || m_running.size() >= m_concurrency)
        return {};
    const Entry entry = m_waiting.takeAt(best());
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
    QList<qsizetype> byPriority(m_waiting.size()); // the places in m_waiting
    std::iota(byPriority.begin(), byPriority.end(), qsizetype(0));
    std::stable_sort(byPriority.begin(), byPriority.end(),
                     [this](qsizetype a, qsizetype b) { return m_waiting[a].priority > m_waiting[b].priority; });
    QHash<QString, int> load = m_load;
    QList<quint64> order;
    order.reserve(m_waiting.size());
    for (qsizetype from = 0, to = 0; from < byPriority.size(); from = to) {
        QHash<QString, std::deque<qsizetype>> ofOwner;
        const int priority = m_waiting[byPriority[from]].priority;
        for (; to < byPriority.size() && m_waiting[byPriority[to]].priority == priority; ++to)
            ofOwner[m_waiting[byPriority[to]].owner].push_back(byPriority[to]);
        std::set<std::pair<int, qsizetype>> next; // each owner's load and first entry
        for (auto it = ofOwner.cbegin(); it != ofOwner.cend(); ++it)
            next.emplace(load.value(it.key()), it->front());
        while (!next.empty()) {
            const Entry &entry = m_waiting[next.extract(next.begin()).value().second];
            order.append(entry.id);
            const int loaded = ++load[entry.owner];
            std::deque<qsizetype> &left = ofOwner[entry.owner];
            left.pop_front();
            if (!left.empty())
                next.emplace(loaded, left.front());
        }
    }
    return order;
}

} // namespace isol8
