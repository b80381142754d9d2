// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QHash>
#include <QList>
#include <QString>

#include <optional>

namespace isol8 {

/*!
    Who runs next: at most \a concurrency at once; the rest wait by priority, then by fair share (the owner with the
    fewest running first), then by arrival. Pure bookkeeping; ids are the caller's.
*/
class RunQueue
{
public:
    explicit RunQueue(int concurrency, qsizetype capacity = 10000)
        : m_concurrency(concurrency)
        , m_capacity(capacity)
    {
    }

    //! False when the queue is full.
    [[nodiscard]] bool enqueue(quint64 id, const QString &owner, int priority);
    //! The next that may run now; it counts as running from here on.
    [[nodiscard]] std::optional<quint64> admit();
    //! A run ended, or one that waited was given up. Unknown ids are ignored.
    void leave(quint64 id);
    //! Ids in the order in which they would be admitted if nothing else changed.
    [[nodiscard]] QList<quint64> waiting() const;
    [[nodiscard]] qsizetype waitingCount() const { return m_waiting.size(); }
    [[nodiscard]] qsizetype running() const { return m_running.size(); }

private:
    struct Entry
    {
        quint64 id;
        QString owner;
        int priority;
    };
    [[nodiscard]] qsizetype best() const;

    int m_concurrency;
    qsizetype m_capacity;
    QList<Entry> m_waiting; // by arrival
    QHash<quint64, QString> m_running;
    QHash<QString, int> m_load; // owner -> running
};

} // namespace isol8
