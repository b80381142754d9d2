// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Units.h>
#include <isol8/registry/Source.h>

#include <QCryptographicHash>
#include <QFile>
#include <QHash>
#include <QStringList>
#include <QTemporaryFile>

#include <memory>
#include <optional>

namespace isol8::registry {

//! What an install was: the same one a second time gets the same answers.
struct InstallKey
{
    QString runtime;
    QString imageId;
    QStringList packages; //!< in any order
    QStringList registries;

    [[nodiscard]] QByteArray hash() const;
};

//! One answer that was kept. Its body is a file named by its hash.
struct CacheEntry
{
    Answer answer;
    QByteArray body; //!< SHA-256 in hexadecimal digits
    qint64 size = 0;
    qint64 stored = 0;     //!< seconds since 1970
    bool metadata = false; //!< grows old

    friend bool operator==(const CacheEntry &, const CacheEntry &) = default;
};

using CacheSet = QHash<QByteArray, CacheEntry>; //!< by what was asked

struct CacheLimits
{
    qint64 total = 2 * GiB;
    qint64 body = 512 * MiB;            //!< a larger one is not kept
    std::chrono::hours metadataAge{24}; //!< older metadata is fetched anew
    std::chrono::hours setAge{24 * 30}; //!< an install that nobody made for so long is forgotten
};

/*!
    Answers of registries on disk, for the user alone (0600): `sets/KEY.json` says what an install was answered,
    `bodies/HASH` are the bodies. Whatever is damaged counts as absent. A disk that is full only means that nothing is
    kept.
*/
class InstallCache
{
public:
    explicit InstallCache(const QString &folder, const CacheLimits &limits = {});

    //! Without what is too old.
    [[nodiscard]] CacheSet load(const InstallKey &key) const;
    //! In place of what was there; prunes.
    void save(const InstallKey &key, const CacheSet &set) const;

    [[nodiscard]] QString bodyPath(const QByteArray &hash) const;
    [[nodiscard]] const QString &folder() const { return m_folder; }
    [[nodiscard]] const CacheLimits &limits() const { return m_limits; }

    //! Removes what is too old, and the bodies that were not used for longest, where there are too many bytes: also
    //! when an install fails, whose bodies no set names.
    void prune() const;
    //! A body of that size has come; now and then this prunes.
    void grew(qint64 size) const;

private:
    QString m_folder;
    CacheLimits m_limits;
    mutable qint64 m_grown = 0; //!< since it was pruned
};

//! A body on its way into the cache. Removed unless commit() says that it is whole.
class BodyWriter
{
public:
    explicit BodyWriter(const InstallCache &cache);

    void write(QByteArrayView data);
    //! The hash by which it is kept, or nothing: too large, or the disk did not take it.
    [[nodiscard]] std::optional<QByteArray> commit();
    [[nodiscard]] qint64 size() const { return m_size; }

private:
    const InstallCache &m_cache;
    QTemporaryFile m_file;
    QCryptographicHash m_hash{QCryptographicHash::Sha256};
    qint64 m_size = 0;
    bool m_fine = false;
};

/*!
    An answer from the cache. Its body is read twice: once to see that it is what was kept, a piece at a time, and then
    for the reader. finished() with a problem and without head(): it is not.
*/
class CachedSource final : public Source
{
    Q_OBJECT

public:
    CachedSource(const InstallCache &cache, const CacheEntry &entry);

    void start() override;
    [[nodiscard]] QByteArray read(qint64 most) override;

private:
    void check();

    CacheEntry m_entry;
    QFile m_file;
    QCryptographicHash m_hash{QCryptographicHash::Sha256};
};

} // namespace isol8::registry
