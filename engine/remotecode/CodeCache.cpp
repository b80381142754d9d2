// SPDX-License-Identifier: GPL-3.0-or-later
/*
    A file: a line that says which format it is, a line of JSON ({"url": hash, "sha256": hash, "origins": [{"url",
   "address"}, ...], "fetchedAt": milliseconds}), the program. Everything is done relative to the folder's descriptor,
   so that what was checked is what is used.
*/
#include <isol8/remotecode/CodeCache.h>

#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRandomGenerator>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <memory>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace isol8::remotecode {

namespace {

constexpr QByteArrayView Magic = "isol8 code 2\n";
constexpr qint64 HeaderLimit = 16 * KiB;
constexpr time_t UnfinishedAge = 3600; // seconds after which a file that is being written is one that nobody writes
constexpr QByteArrayView UnfinishedPrefix = "new-";

class Descriptor
{
public:
    explicit Descriptor(int fd)
        : m_fd(fd)
    {
    }
    ~Descriptor()
    {
        if (m_fd >= 0)
            ::close(m_fd);
    }
    Q_DISABLE_COPY_MOVE(Descriptor)

    [[nodiscard]] int get() const { return m_fd; }
    [[nodiscard]] bool isOpen() const { return m_fd >= 0; }

private:
    int m_fd;
};

QByteArray hexHash(const QByteArray &data)
{
    return QCryptographicHash::hash(data, QCryptographicHash::Sha256).toHex();
}

// -1 where it is not a folder of ours alone.
int openFolder(const QString &folder, bool make)
{
    if (folder.isEmpty())
        return -1;
    const QByteArray path = QFile::encodeName(folder);
    if (make) {
        if (!QDir().mkpath(QDir::cleanPath(folder + u"/.."_s)))
            return -1;
        if (::mkdir(path.constData(), 0700) != 0 && errno != EEXIST)
            return -1;
    }
    const int fd = ::open(path.constData(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat info = {};
    if (fd >= 0 && (::fstat(fd, &info) != 0 || info.st_uid != ::geteuid() ||
                    ((info.st_mode & 077) != 0 && ::fchmod(fd, 0700) != 0))) {
        ::close(fd);
        return -1;
    }
    return fd;
}

bool isOurs(const struct stat &info)
{
    return S_ISREG(info.st_mode) && info.st_uid == ::geteuid() && (info.st_mode & 077) == 0 && info.st_nlink == 1;
}

// Null where it is not a file of ours, or larger.
QByteArray readOurs(int folder, const QByteArray &name, qint64 limit)
{
    const Descriptor file(::openat(folder, name.constData(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
    struct stat info = {};
    if (!file.isOpen() || ::fstat(file.get(), &info) != 0 || !isOurs(info) || info.st_size > limit)
        return {};
    QByteArray content(info.st_size, Qt::Uninitialized);
    qsizetype have = 0;
    while (have < content.size()) {
        const ssize_t n = ::read(file.get(), content.data() + have, size_t(content.size() - have));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return {};
        have += n;
    }
    return content;
}

bool writeAll(int fd, const QByteArray &content)
{
    qsizetype done = 0;
    while (done < content.size()) {
        const ssize_t n = ::write(fd, content.constData() + done, size_t(content.size() - done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        done += n;
    }
    return true;
}

std::optional<CodeEntry> parseEntry(const QByteArray &file, const QByteArray &key)
{
    const qsizetype line = file.indexOf('\n', Magic.size());
    if (!file.startsWith(Magic) || line < 0 || line > HeaderLimit)
        return std::nullopt;
    const QJsonObject header = QJsonDocument::fromJson(file.sliced(Magic.size(), line - Magic.size())).object();
    CodeEntry entry;
    entry.content = file.sliced(line + 1);
    entry.hash = header.value(u"sha256"_s).toString().toLatin1();
    const QJsonArray origins = header.value(u"origins"_s).toArray();
    for (const QJsonValue &value : origins) {
        const QJsonObject origin = value.toObject();
        entry.origins.append(
            {origin.value(u"url"_s).toString().toUtf8(), QHostAddress(origin.value(u"address"_s).toString())});
    }
    entry.fetchedAt = QDateTime::fromMSecsSinceEpoch(header.value(u"fetchedAt"_s).toInteger(), Qt::UTC);
    const bool fine = header.value(u"url"_s).toString().toLatin1() == key && !entry.origins.isEmpty() &&
                      hexHash(entry.content) == entry.hash;
    return fine ? std::optional(entry) : std::nullopt;
}

struct Kept
{
    QByteArray name;
    qint64 size;
    timespec time;
};

// Drops the oldest, and what was left behind half-written.
void trim(int folder)
{
    const int copy = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const std::unique_ptr<DIR, int (*)(DIR *)> listing(copy < 0 ? nullptr : ::fdopendir(copy), ::closedir);
    if (!listing)
        return;
    std::vector<Kept> kept;
    const time_t now = ::time(nullptr);
    while (const dirent *item = ::readdir(listing.get())) {
        const QByteArray name(item->d_name);
        struct stat info = {};
        if (::fstatat(folder, name.constData(), &info, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(info.st_mode))
            continue;
        if (!name.startsWith(UnfinishedPrefix))
            kept.push_back({name, info.st_size, info.st_mtim});
        else if (now - info.st_mtim.tv_sec > UnfinishedAge)
            ::unlinkat(folder, name.constData(), 0);
    }
    std::sort(kept.begin(), kept.end(), [](const Kept &a, const Kept &b) {
        return std::pair(a.time.tv_sec, a.time.tv_nsec) > std::pair(b.time.tv_sec, b.time.tv_nsec);
    });
    qint64 size = 0;
    int count = 0;
    for (const Kept &item : kept) {
        size += item.size;
        if (++count > CodeCache::CountLimit || size > CodeCache::SizeLimit)
            ::unlinkat(folder, item.name.constData(), 0);
    }
}

} // namespace

CodeCache::CodeCache(QString folder)
    : m_folder(std::move(folder))
{
}

std::optional<CodeEntry> CodeCache::find(const QByteArray &url, qint64 limit) const
{
    const Descriptor folder(openFolder(m_folder, false));
    if (!folder.isOpen())
        return std::nullopt;
    const QByteArray key = hexHash(url);
    auto entry = parseEntry(readOurs(folder.get(), key, limit + HeaderLimit), key);
    return entry && entry->content.size() <= limit ? entry : std::nullopt;
}

void CodeCache::store(const QByteArray &url, const CodeEntry &entry) const
{
    const Descriptor folder(openFolder(m_folder, true));
    if (!folder.isOpen())
        return;
    const QByteArray key = hexHash(url);
    QJsonArray origins;
    for (const CodeOrigin &origin : entry.origins)
        origins.append(
            QJsonObject{{u"url"_s, QString::fromUtf8(origin.url)}, {u"address"_s, origin.address.toString()}});
    const QJsonObject header{{u"url"_s, QString::fromLatin1(key)},
                             {u"sha256"_s, QString::fromLatin1(entry.hash)},
                             {u"origins"_s, origins},
                             {u"fetchedAt"_s, entry.fetchedAt.toMSecsSinceEpoch()}};
    const QByteArray name =
        UnfinishedPrefix + QByteArray::number(QRandomGenerator::system()->generate64(), 16) + '-' + key.first(8);
    const Descriptor file(
        ::openat(folder.get(), name.constData(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file.isOpen())
        return;
    // No fsync: what a crash leaves half-written has another hash.
    const bool written = ::fchmod(file.get(), 0600) == 0 &&
                         writeAll(file.get(), Magic + QJsonDocument(header).toJson(QJsonDocument::Compact) + '\n') &&
                         writeAll(file.get(), entry.content);
    if (!written || ::renameat(folder.get(), name.constData(), folder.get(), key.constData()) != 0)
        ::unlinkat(folder.get(), name.constData(), 0);
    trim(folder.get());
}

} // namespace isol8::remotecode
