// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>

namespace isol8::service {

//! What a key may use up; 0: as much as it likes.
struct Quota
{
    int runsPerMinute = 0;
    int concurrentRuns = 0;
    qint64 cpuSecondsPerDay = 0; //!< of UTC
    int sessions = 0;            //!< that its tenant may have for it to begin one more
    int snapshots = 0;           //!< that its tenant may have for it to save one more

    [[nodiscard]] bool isSet() const { return *this != Quota(); }
    friend bool operator==(const Quota &, const Quota &) = default;
};

//! A key as it is kept: all but the key itself. Times in milliseconds since 1970.
struct KeyRecord
{
    QString id;        //!< UUID
    QByteArray digest; //!< SHA-256 of the key, 32 bytes
    QString prefix;    //!< the key's first characters, by which people tell keys apart
    QString name;
    QString tenant;
    qint64 createdAt = 0;
    qint64 expiresAt = 0;
    qint64 lastUsedAt = 0; //!< 0: never
    bool revoked = false;
    Quota quota;
    qint64 cpuMs = 0; //!< used up on the day that was asked about; KeyStore::find() only

    friend bool operator==(const KeyRecord &, const KeyRecord &) = default;
};

inline constexpr qint64 DayMs = 86400000;
//! Of UTC, counted from 1970.
[[nodiscard]] constexpr qint64 dayOf(qint64 ms)
{
    return ms / DayMs;
}

} // namespace isol8::service
