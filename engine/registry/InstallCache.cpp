// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/registry/InstallCache.h>

#include <isol8/base/Paths.h>

#include <QDateTime>
#include <QDir>
#include <QDirIterator>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace isol8::registry {

namespace {

constexpr int Version = 1;
constexpr qint64 SetLimit = 16 * MiB;
constexpr qint64 CheckPiece = 1 * MiB;

bool isHash(const QByteArray &text)
{
    return text.size() == 64 && std::all_of(text.begin(), text.end(),
                                            [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

QJsonObject toJson(const QByteArray &asked, const CacheEntry &entry)
{
    const auto text = [](const QByteArray &bytes) { return QString::fromLatin1(bytes); };
    return {{u"asked"_s, QString::fromUtf8(asked)},
            {u"url"_s, text(entry.answer.url.toEncoded())},
            {u"contentType"_s, text(entry.answer.contentType)},
            {u"etag"_s, text(entry.answer.etag)},
            {u"lastModified"_s, text(entry.answer.lastModified)},
            {u"body"_s, text(entry.body)},
            {u"size"_s, entry.size},
            {u"stored"_s, entry.stored},
            {u"metadata"_s, entry.metadata}};
}

CacheEntry fromJson(const QJsonObject &object)
{
    const auto bytes = [&](QStringView key) { return object.value(key).toString().toLatin1(); };
    CacheEntry entry;
    entry.answer = {200,
                    bytes(u"contentType"),
                    bytes(u"etag"),
                    bytes(u"lastModified"),
                    -1,
                    true,
                    QUrl::fromEncoded(bytes(u"url"), QUrl::StrictMode)};
    entry.body = bytes(u"body");
    entry.size = object.value(u"size").toInteger(-1);
    entry.answer.length = entry.size;
    entry.stored = object.value(u"stored").toInteger();
    entry.metadata = object.value(u"metadata").toBool();
    return entry;
}

} // namespace

QByteArray InstallKey::hash() const
{
    QStringList sorted = packages;
    sorted.removeDuplicates();
    sorted.sort();
    const QJsonArray parts{Version, runtime, imageId, QJsonArray::fromStringList(sorted),
                           QJsonArray::fromStringList(registries)};
    return QCryptographicHash::hash(QJsonDocument(parts).toJson(QJsonDocument::Compact), QCryptographicHash::Sha256)
        .toHex();
}

InstallCache::InstallCache(const QString &folder, const CacheLimits &limits)
    : m_folder(folder)
    , m_limits(limits)
{
}

QString InstallCache::bodyPath(const QByteArray &hash) const
{
    return m_folder + u"/bodies/"_s + QString::fromLatin1(hash);
}

CacheSet InstallCache::load(const InstallKey &key) const
{
    const auto content = readFile(m_folder + u"/sets/"_s + QString::fromLatin1(key.hash()) + u".json"_s, SetLimit);
    if (!content)
        return {};
    const qint64 now = QDateTime::currentSecsSinceEpoch();
    const qint64 oldest = now - std::chrono::seconds(m_limits.metadataAge).count();
    CacheSet set;
    for (const QJsonValue &value : QJsonDocument::fromJson(*content).object().value(u"answers").toArray()) {
        const QJsonObject object = value.toObject();
        const CacheEntry entry = fromJson(object);
        if (isHash(entry.body) && entry.size >= 0 && entry.answer.url.isValid() && entry.stored <= now &&
            (!entry.metadata || entry.stored >= oldest))
            set.insert(object.value(u"asked").toString().toUtf8(), entry);
    }
    return set;
}

void InstallCache::save(const InstallKey &key, const CacheSet &set) const
{
    QJsonArray answers;
    for (auto it = set.begin(); it != set.end(); ++it)
        answers.append(toJson(it.key(), it.value()));
    const QByteArray content = QJsonDocument(QJsonObject{{u"answers"_s, answers}}).toJson(QJsonDocument::Compact);
    const QString path = m_folder + u"/sets/"_s + QString::fromLatin1(key.hash()) + u".json"_s;
    if (content.size() <= SetLimit && writeFileAtomically(path, content, 0600))
        prune();
}

void InstallCache::prune() const
{
    const QDateTime now = QDateTime::currentDateTime();
    const QDateTime forgotten = now.addSecs(-std::chrono::seconds(m_limits.setAge).count());
    for (const QFileInfo &file : QDir(m_folder + u"/sets"_s).entryInfoList(QDir::Files | QDir::Hidden)) {
        if (file.lastModified() < forgotten)
            QFile::remove(file.filePath());
    }
    qint64 total = 0; // newest first; what comes after the limit goes, and what a killed engine left half written
    const QDir bodies(m_folder + u"/bodies"_s);
    for (const QFileInfo &file : bodies.entryInfoList(QDir::Files | QDir::Hidden, QDir::Time)) {
        const bool unfinished = !isHash(file.fileName().toLatin1());
        total += file.size();
        if (unfinished ? file.lastModified() < now.addSecs(-3600) : total > m_limits.total)
            QFile::remove(file.filePath());
    }
    m_grown = 0;
}

void InstallCache::grew(qint64 size) const
{
    m_grown += size;
    if (m_grown > m_limits.total / 8)
        prune();
}

BodyWriter::BodyWriter(const InstallCache &cache)
    : m_cache(cache)
{
    const QString folder = cache.folder() + u"/bodies"_s;
    if (!QFileInfo::exists(folder)) {
        QDir().mkpath(folder);
        const auto mine = QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner;
        QFile::setPermissions(cache.folder(), mine);
        QFile::setPermissions(folder, mine);
    }
    m_file.setFileTemplate(folder + u"/part.XXXXXX"_s);
    m_fine = m_file.open(); // for the user alone
}

void BodyWriter::write(QByteArrayView data)
{
    m_size += data.size();
    m_hash.addData(data.toByteArray());
    m_fine = m_fine && m_size <= m_cache.limits().body && m_file.write(data.data(), data.size()) == data.size();
    if (!m_fine && m_file.isOpen())
        m_file.remove();
}

std::optional<QByteArray> BodyWriter::commit()
{
    if (!m_fine || !m_file.flush())
        return std::nullopt;
    const QByteArray hash = m_hash.result().toHex();
    const QByteArray path = QFile::encodeName(m_cache.bodyPath(hash));
    if (std::rename(QFile::encodeName(m_file.fileName()).constData(), path.constData()) != 0)
        return std::nullopt;
    m_file.setAutoRemove(false);
    m_cache.grew(m_size);
    return hash;
}

CachedSource::CachedSource(const InstallCache &cache, const CacheEntry &entry)
    : m_entry(entry)
    , m_file(cache.bodyPath(entry.body))
{
}

void CachedSource::start()
{
    QMetaObject::invokeMethod(
        this,
        [this] {
            if (m_file.open(QIODevice::ReadOnly | QIODevice::Unbuffered) && m_file.size() == m_entry.size)
                return check();
            m_problem = u"it is not in the cache"_s;
            Q_EMIT finished();
        },
        Qt::QueuedConnection);
}

void CachedSource::check()
{
    const QByteArray piece = m_file.read(CheckPiece);
    m_hash.addData(piece);
    if (!piece.isEmpty() && !m_file.atEnd())
        return void(QMetaObject::invokeMethod(this, &CachedSource::check, Qt::QueuedConnection));
    if (m_hash.result().toHex() != m_entry.body) {
        m_problem = u"it is damaged in the cache"_s;
        m_file.remove();
        Q_EMIT finished();
        return;
    }
    m_file.seek(0);
    m_file.setFileTime(QDateTime::currentDateTime(), QFileDevice::FileModificationTime); // used: goes last
    m_answer = m_entry.answer;
    const QPointer<CachedSource> alive(this);
    Q_EMIT head();
    if (alive)
        Q_EMIT readable();
    if (alive)
        Q_EMIT finished();
}

QByteArray CachedSource::read(qint64 most)
{
    return m_file.isOpen() ? m_file.read(most) : QByteArray();
}

} // namespace isol8::registry
