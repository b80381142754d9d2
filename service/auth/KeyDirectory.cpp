// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/auth/KeyDirectory.h>

#include <service/auth/ApiKey.h>
#include <service/auth/AuthErrors.h>

#include <QDateTime>
#include <QLoggingCategory>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::service {

namespace {

Q_LOGGING_CATEGORY(directoryLog, "isol8.auth", QtWarningMsg)

// After a failure the database has peace for so long; who asks meanwhile is told the same.
constexpr milliseconds Respite{200};

Error unavailable()
{
    return {autherrors::AuthUnavailable.toString(), u"The key database does not answer; try again in a moment."_s, {}};
}

} // namespace

KeyDirectory::KeyDirectory(KeyDatabase *database, QObject *parent)
    : QObject(parent)
    , m_database(database)
{
    m_clock.start();
    m_patience.setSingleShot(true);
    connect(&m_patience, &QTimer::timeout, this, &KeyDirectory::giveUp);
}

void KeyDirectory::find(const QByteArray &digest, QObject *context, Found found)
{
    const auto entry = m_entries.constFind(digest);
    if (entry != m_entries.cend() && ageOf(*entry) < Life.count()) {
        if (entry->record && ageOf(*entry) >= RefreshAfter.count())
            (void)enqueue(digest);
        const std::optional<KeyRecord> record = entry->record;
        ask();
        found(record);
        return;
    }
    if (m_clock.elapsed() < m_respiteUntil || !enqueue(digest)) {
        found(fail(unavailable()));
        return;
    }
    m_waiters[digest].push_back({context, std::move(found)});
    if (!m_patience.isActive())
        m_patience.start(Patience);
    ask();
}

// False where too much waits already.
bool KeyDirectory::enqueue(const QByteArray &digest)
{
    if (m_pending.contains(digest)) {
        const auto waiters = m_waiters.constFind(digest);
        return waiters == m_waiters.cend() || waiters->size() < size_t(MostWaiting);
    }
    const auto entry = m_entries.constFind(digest);
    const bool isKnown = entry != m_entries.cend() && entry->record.has_value();
    if (!isKnown && m_others.size() >= MostWaiting)
        return false;
    m_pending.insert(digest);
    (isKnown ? m_known : m_others).append(digest);
    return true;
}

void KeyDirectory::ask()
{
    if (m_asking || m_pending.isEmpty() || m_clock.elapsed() < m_respiteUntil)
        return;
    QList<QByteArray> digests;
    for (QList<QByteArray> *queue : {&m_known, &m_others}) {
        const qsizetype count = std::min(queue->size(), KeyStore::MostAtOnce - digests.size());
        digests += queue->first(count);
        queue->remove(0, count);
    }
    if (digests.isEmpty())
        return;
    m_asking = true;
    const qint64 since = m_clock.elapsed();
    const qint64 day = dayOf(QDateTime::currentMSecsSinceEpoch());
    m_database->run<QList<KeyRecord>>(
        [digests, day](KeyStore &store) { return store.find(digests, day); },
        {this, [this, digests, since](const Result<QList<KeyRecord>> &records) { onAnswer(digests, since, records); }});
}

void KeyDirectory::onAnswer(const QList<QByteArray> &asked, qint64 since, const Result<QList<KeyRecord>> &records)
{
    m_asking = false;
    for (const QByteArray &digest : asked)
        m_pending.remove(digest);
    if (!records) {
        if (!std::exchange(m_failing, true))
            qCWarning(directoryLog).noquote() << records.error().message << records.error().detail;
        m_respiteUntil = m_clock.elapsed() + Respite.count();
        QTimer::singleShot(Respite, this, &KeyDirectory::ask);
        for (const QByteArray &digest : asked)
            settle(digest, fail(unavailable()));
        return;
    }
    if (std::exchange(m_failing, false))
        qCWarning(directoryLog) << "the key database answers again";
    std::vector<std::optional<KeyRecord>> answers;
    for (const QByteArray &digest : asked) {
        const auto record = std::find_if(records->begin(), records->end(), [&digest](const KeyRecord &found) {
            return equalDigests(found.digest, digest);
        });
        std::optional<KeyRecord> known;
        if (record != records->end())
            known = *record;
        if (const auto old = m_entries.constFind(digest); old != m_entries.cend() && !old->record)
            --m_unknown;
        m_entries.insert(digest, {known, since});
        if (known)
            Q_EMIT answered(*known);
        else
            ++m_unknown;
        answers.push_back(std::move(known));
    }
    prune();
    for (size_t i = 0; i < answers.size(); ++i)
        settle(asked[qsizetype(i)], answers[i]);
    ask();
}

void KeyDirectory::settle(const QByteArray &digest, const Result<std::optional<KeyRecord>> &result)
{
    const std::vector<Waiter> waiters = m_waiters.take(digest);
    if (m_waiters.isEmpty())
        m_patience.stop();
    for (const Waiter &waiter : waiters) {
        if (waiter.context)
            waiter.found(result);
    }
}

// The database hangs. What it says at last is kept; those who came meanwhile have waited long enough.
void KeyDirectory::giveUp()
{
    const QList<QByteArray> digests = m_waiters.keys();
    for (const QByteArray &digest : digests)
        settle(digest, fail(unavailable()));
}

void KeyDirectory::forget(const QString &id)
{
    m_entries.removeIf([&id](const auto &entry) { return entry->record && entry->record->id == id; });
}

// What is too old to be used goes when there is much; then what is nobody's; then all.
void KeyDirectory::prune()
{
    if (m_unknown <= MostUnknown && m_entries.size() <= MostKnown)
        return;
    m_entries.removeIf([this](const auto &entry) { return ageOf(*entry) >= Life.count(); });
    m_unknown = std::count_if(m_entries.cbegin(), m_entries.cend(), [](const Entry &entry) { return !entry.record; });
    if (m_unknown > MostUnknown) {
        m_entries.removeIf([](const auto &entry) { return !entry->record; });
        m_unknown = 0;
    }
    if (m_entries.size() > MostKnown) {
        m_entries.clear();
        m_unknown = 0;
    }
}

} // namespace isol8::service
