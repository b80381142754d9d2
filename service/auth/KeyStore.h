// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>
#include <service/auth/KeyRecord.h>

#include <QHash>
#include <QList>

#include <optional>

namespace isol8::service {

//! What was noticed of keys since it was written down last, by their ids.
struct KeyNotes
{
    QHash<QString, qint64> usedAt; //!< ms since 1970
    qint64 day = 0;
    QHash<QString, qint64> cpuMs; //!< used up beyond what is there, on that day
};

/*!
    Where keys are kept, for any number of services at once. Every call blocks, for seconds where the other side does
   not answer; KeyDatabase calls it on a thread of its own. All calls are made on one thread, destruction included.

    Whatever fails, fails with auth_unavailable where it may go well later, and auth_database where somebody must do
    something about it. After a failure the next call connects anew, where it must.
*/
class KeyStore
{
public:
    virtual ~KeyStore() = default;

    //! Connects, and makes the tables or brings those of an older isol8 up to date.
    [[nodiscard]] virtual Result<void> open() = 0;
    //! Those of \a digests that there are, whether they count or not, in any order; at most MostAtOnce.
    [[nodiscard]] virtual Result<QList<KeyRecord>> find(const QList<QByteArray> &digests, qint64 day) = 0;
    [[nodiscard]] virtual Result<void> insert(const KeyRecord &record) = 0;
    //! The newest first.
    [[nodiscard]] virtual Result<QList<KeyRecord>> list(const std::optional<QString> &tenant) = 0;
    //! False: there is no such key. One that was revoked already is none the less.
    [[nodiscard]] virtual Result<bool> revoke(const QString &id) = 0;
    //! All or nothing. Keys that are gone are no error.
    [[nodiscard]] virtual Result<void> note(const KeyNotes &notes) = 0;
    //! Deletes keys that have expired before \a now, and what was used up on days before.
    [[nodiscard]] virtual Result<void> sweep(qint64 now) = 0;

    static constexpr qsizetype MostAtOnce = 100;
};

} // namespace isol8::service
