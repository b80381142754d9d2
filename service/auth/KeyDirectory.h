// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Units.h>
#include <service/auth/KeyDatabase.h>

#include <QElapsedTimer>
#include <QSet>
#include <QTimer>

#include <vector>

namespace isol8::service {

/*!
    What a key database says of keys, as it was less than a second ago: that long at most a key that was revoked there,
    by whatever process, goes on to count.

    A key in use is asked about ahead of time, so that its requests wait for the database only when it begins to be
   used. Many keys are asked about in one query, those that are known before those that may be nobody's. How much is
   kept and how much waits is bounded, whatever strangers send.
*/
class KeyDirectory : public QObject
{
    Q_OBJECT

public:
    explicit KeyDirectory(KeyDatabase *database, QObject *parent = nullptr);

    //! \a found: null where there is no such key. Fails with auth_unavailable. It may be called from inside this call,
    //! which a Callback may not.
    void find(const QByteArray &digest, QObject *context,
              std::function<void(const Result<std::optional<KeyRecord>> &)> found);
    //! Asks anew at the next find().
    void forget(const QString &id);

    //! How many keys something is known of.
    [[nodiscard]] qsizetype kept() const { return m_entries.size(); }

    static constexpr milliseconds Life{950};         //!< counted from when the database was asked
    static constexpr milliseconds RefreshAfter{450}; //!< in use, and as old as that: asked about ahead of time
    static constexpr milliseconds Patience{3000};    //!< that somebody waits for an answer
    static constexpr qsizetype MostKnown = 20000;    //!< keys that are kept
    static constexpr qsizetype MostUnknown = 2000;   //!< those that are nobody's
    static constexpr qsizetype MostWaiting = 1000;   //!< keys that are asked about at the same time
    static_assert(Life < milliseconds(1000) && RefreshAfter < Life);

Q_SIGNALS:
    //! The database has just said so.
    void answered(const isol8::service::KeyRecord &record);

private:
    using Found = std::function<void(const Result<std::optional<KeyRecord>> &)>;
    struct Entry
    {
        std::optional<KeyRecord> record;
        qint64 asked = 0; //!< ms of m_clock
    };
    struct Waiter
    {
        QPointer<QObject> context;
        Found found;
    };

    [[nodiscard]] qint64 ageOf(const Entry &entry) const { return m_clock.elapsed() - entry.asked; }
    [[nodiscard]] bool enqueue(const QByteArray &digest);
    void ask();
    void onAnswer(const QList<QByteArray> &asked, qint64 since, const Result<QList<KeyRecord>> &records);
    void settle(const QByteArray &digest, const Result<std::optional<KeyRecord>> &result);
    void giveUp();
    void prune();

    KeyDatabase *m_database;
    QElapsedTimer m_clock;
    QHash<QByteArray, Entry> m_entries;
    qsizetype m_unknown = 0;                          //!< entries without a record
    QHash<QByteArray, std::vector<Waiter>> m_waiters; //!< by what they wait for
    QList<QByteArray> m_known;                        //!< to be asked next: those in use
    QList<QByteArray> m_others;                       //!< and then
    QSet<QByteArray> m_pending;                       //!< in either, or asked right now
    bool m_asking = false;
    bool m_failing = false;
    qint64 m_respiteUntil = 0; //!< ms of m_clock
    QTimer m_patience;
};

} // namespace isol8::service
