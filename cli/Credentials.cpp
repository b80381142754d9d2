// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/Credentials.h>

#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <functional>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace isol8::cli {

namespace {

constexpr char FileName[] = "credentials.json";
constexpr char NewFileName[] = "credentials.json.new"; // writers take turns, so one name is enough
constexpr qint64 CredentialsLimit = 1024 * 1024;

// Of the file or folder that is open.
class OpenFile
{
public:
    explicit OpenFile(int fd)
        : m_fd(fd)
    {
    }
    ~OpenFile()
    {
        if (m_fd >= 0)
            ::close(m_fd);
    }
    OpenFile(OpenFile &&other) noexcept
        : m_fd(std::exchange(other.m_fd, -1))
    {
    }
    OpenFile(const OpenFile &) = delete;
    OpenFile &operator=(const OpenFile &) = delete;
    OpenFile &operator=(OpenFile &&) = delete;
    [[nodiscard]] int get() const { return m_fd; }

private:
    int m_fd;
};

tl::unexpected<Error> cannot(const QString &what, const QString &path, int code = errno)
{
    const QString why = code == ELOOP || code == ENOTDIR ? u"it is a link, or not what it should be"_s
                                                         : QString::fromLocal8Bit(std::strerror(code));
    return fail(errors::FileError, u"Cannot %1 %2: %3."_s.arg(what, path, why));
}

// None where there is no such folder.
Result<std::optional<OpenFile>> openFolder(const QString &path, bool make)
{
    const QByteArray name = QFile::encodeName(path);
    if (make && ::mkdir(name.constData(), 0700) != 0 && errno != EEXIST)
        return cannot(u"make"_s, path);
    OpenFile folder(::open(name.constData(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (folder.get() < 0)
        return errno == ENOENT ? Result<std::optional<OpenFile>>(std::nullopt) : cannot(u"open"_s, path);
    struct stat status = {};
    if (::fstat(folder.get(), &status) != 0)
        return cannot(u"open"_s, path);
    if (status.st_uid != ::geteuid())
        return fail(errors::NotAllowed, u"%1 belongs to another user; keys are not kept there."_s.arg(path));
    if ((status.st_mode & 077) != 0 && make && ::fchmod(folder.get(), 0700) != 0)
        return cannot(u"close to others"_s, path);
    if ((status.st_mode & 022) != 0 && !make)
        return fail(
            errors::NotAllowed,
            u"%1 can be written to by others, so the keys in it are not used; run chmod 700 on it."_s.arg(path));
    return folder;
}

bool writeAndSync(int fd, const QByteArray &content)
{
    for (qsizetype at = 0; at < content.size();) {
        const ssize_t size = ::write(fd, content.constData() + at, size_t(content.size() - at));
        if (size < 0 && errno == EINTR)
            continue;
        if (size <= 0)
            return false;
        at += size;
    }
    return ::fsync(fd) == 0;
}

Result<QByteArray> readWhole(const OpenFile &folder, const QString &path)
{
    const OpenFile file(::openat(folder.get(), FileName, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (file.get() < 0)
        return errno == ENOENT ? Result<QByteArray>(QByteArray()) : cannot(u"read"_s, path);
    struct stat status = {};
    if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode))
        return cannot(u"read"_s, path, ELOOP);
    if (status.st_uid != ::geteuid() || (status.st_mode & 077) != 0)
        return fail(
            errors::NotAllowed,
            u"%1 can be read by others, so the keys in it are not used; run chmod 600 on it, and log in anew."_s.arg(
                path));
    QByteArray content;
    char part[16384];
    while (content.size() <= CredentialsLimit) {
        const ssize_t size = ::read(file.get(), part, sizeof part);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return cannot(u"read"_s, path);
        if (size == 0)
            return content;
        content.append(part, size);
    }
    return fail(errors::FileError, u"%1 is too large to be isol8's."_s.arg(path));
}

Result<QList<Credentials::Entry>> parseEntries(const QByteArray &json, const QString &path)
{
    QList<Credentials::Entry> entries;
    if (json.isEmpty())
        return entries;
    const QJsonDocument document = QJsonDocument::fromJson(json);
    if (!document.isObject())
        return fail(errors::FileError, u"%1 cannot be read; remove it, and log in anew."_s.arg(path));
    const QJsonObject hosts = document.object().value("hosts"_L1).toObject();
    for (auto it = hosts.begin(); it != hosts.end(); ++it) {
        const QJsonObject object = it.value().toObject();
        entries.append({it.key(), object.value("token"_L1).toString().toLatin1(), object.value("keyId"_L1).toString(),
                        object.value("name"_L1).toString(),
                        QDateTime::fromString(object.value("expiresAt"_L1).toString(), Qt::ISODateWithMs).toUTC()});
    }
    return entries;
}

QByteArray entriesJson(const QList<Credentials::Entry> &entries)
{
    QJsonObject hosts;
    for (const Credentials::Entry &entry : entries) {
        QJsonObject object{
            {u"token"_s, QString::fromLatin1(entry.token)}, {u"keyId"_s, entry.keyId}, {u"name"_s, entry.name}};
        if (entry.expiresAt.isValid())
            object.insert(u"expiresAt"_s, entry.expiresAt.toUTC().toString(Qt::ISODateWithMs));
        hosts.insert(entry.host, object);
    }
    return QJsonDocument(QJsonObject{{u"hosts"_s, hosts}}).toJson();
}

// Reads, has \a change made, and writes, while no other writer does.
Result<void> rewrite(const QString &folderPath, const QString &path,
                     const std::function<void(QList<Credentials::Entry> *)> &change)
{
    const auto folder = openFolder(folderPath, true);
    if (!folder)
        return fail(folder.error());
    if (!*folder)
        return cannot(u"open"_s, folderPath, ENOENT);
    const int fd = (*folder)->get();
    if (::flock(fd, LOCK_EX) != 0)
        return cannot(u"lock"_s, folderPath);
    const auto content = readWhole(**folder, path);
    auto entries = content ? parseEntries(*content, path) : Result<QList<Credentials::Entry>>(fail(content.error()));
    if (!entries)
        return fail(entries.error());
    change(&*entries);
    ::unlinkat(fd, NewFileName, 0);
    const OpenFile file(::openat(fd, NewFileName, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (file.get() < 0)
        return cannot(u"write"_s, path);
    if (!writeAndSync(file.get(), entriesJson(*entries)) || ::renameat(fd, NewFileName, fd, FileName) != 0) {
        const int code = errno;
        ::unlinkat(fd, NewFileName, 0);
        return cannot(u"write"_s, path, code);
    }
    return {};
}

} // namespace

Credentials::Credentials(QString folder)
    : m_folder(std::move(folder))
{
}

QString Credentials::path() const
{
    return m_folder + u'/' + QLatin1StringView(FileName);
}

Result<QList<Credentials::Entry>> Credentials::all() const
{
    const auto folder = openFolder(m_folder, false);
    if (!folder)
        return fail(folder.error());
    if (!*folder)
        return QList<Entry>();
    const auto content = readWhole(**folder, path());
    if (!content)
        return fail(content.error());
    return parseEntries(*content, path());
}

Result<std::optional<Credentials::Entry>> Credentials::find(const QString &host) const
{
    const auto entries = all();
    if (!entries)
        return fail(entries.error());
    const auto found =
        std::find_if(entries->begin(), entries->end(), [&](const Entry &entry) { return entry.host == host; });
    return found == entries->end() ? std::nullopt : std::optional(*found);
}

Result<void> Credentials::store(const Entry &entry) const
{
    return rewrite(m_folder, path(), [&](QList<Entry> *entries) {
        erase_if(*entries, [&](const Entry &other) { return other.host == entry.host || other.isExpired(); });
        entries->append(entry);
    });
}

Result<bool> Credentials::remove(const QString &host) const
{
    const auto found = find(host);
    if (!found)
        return fail(found.error());
    if (!*found)
        return false;
    const auto done = rewrite(m_folder, path(), [&](QList<Entry> *entries) {
        erase_if(*entries, [&](const Entry &entry) { return entry.host == host; });
    });
    return done ? Result<bool>(true) : fail(done.error());
}

} // namespace isol8::cli
