// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/FileSaver.h>

#include <cli/SaveRecord.h>
#include <isol8/base/Error.h>
#include <isol8/execution/Validate.h>

#include <QFile>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace isol8::cli {

namespace {

constexpr mode_t NewFolderMode = 0777; // less the umask
constexpr mode_t NewFileMode = 0666;

class Descriptor
{
public:
    explicit Descriptor(int fd = -1)
        : m_fd(fd)
    {
    }
    ~Descriptor()
    {
        if (m_fd >= 0)
            ::close(m_fd);
    }
    Descriptor(const Descriptor &) = delete;
    Descriptor &operator=(const Descriptor &) = delete;

    void reset(int fd)
    {
        if (m_fd >= 0)
            ::close(m_fd);
        m_fd = fd;
    }
    [[nodiscard]] int get() const { return m_fd; }
    explicit operator bool() const { return m_fd >= 0; }

private:
    int m_fd;
};

QString reason(int code)
{
    return QString::fromLocal8Bit(std::strerror(code));
}

// 0, or errno.
int writeTo(int fd, const QByteArray &content)
{
    qsizetype at = 0;
    while (at < content.size()) {
        const ssize_t n = ::write(fd, content.constData() + at, size_t(content.size() - at));
        if (n > 0)
            at += n;
        else if (n == 0 || errno != EINTR)
            return n == 0 ? ENOSPC : errno;
    }
    return 0;
}

// At most \a limit bytes; nothing where it cannot be read.
std::optional<QByteArray> readFrom(int fd, qint64 limit)
{
    QFile file;
    if (!file.open(fd, QIODevice::ReadOnly))
        return {};
    if (file.size() > limit)
        return {};
    QByteArray content = file.read(file.size() + 1); // read() makes room for all that it is asked for
    if (file.error() != QFileDevice::NoError || content.size() > limit)
        return {};
    return content;
}

// "a/b.csv" of "/sandbox/a/b.csv"; empty for what is below neither of the two.
QString relativePath(const QString &path)
{
    for (const QStringView root : {u"/sandbox/", u"/tmp/"}) {
        if (path.startsWith(root))
            return path.sliced(root.size());
    }
    return {};
}

class Saver
{
public:
    Saver(const QString &folder, const FilesToSave &request, const QString &records)
        : m_request(request)
        , m_record(records, folder)
        , m_root(::open(QFile::encodeName(folder).constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC))
    {
        if (!m_root)
            m_saved.problems.append(
                u"No file was brought, since %1 cannot be opened: %2."_s.arg(folder, reason(errno)));
        for (const QString &pattern : request.wanted) {
            if (const auto path = sandboxPath(pattern))
                m_named.append(*path);
        }
    }

    SavedFiles save()
    {
        if (!m_root)
            return std::move(m_saved);
        QMap<QString, QString> from; // by the place here
        for (auto it = m_request.files.cbegin(); it != m_request.files.cend(); ++it) {
            const QString place = relativePath(it.key());
            if (place.isEmpty())
                continue;
            if (const auto first = from.constFind(place); first != from.constEnd()) {
                problem(u"%1 and %2 both belong at ./%3; only the first was brought. Get them one by one."_s.arg(
                    *first, it.key(), place));
                continue;
            }
            if (file(it.key(), place, it.value()))
                from.insert(place, it.key());
        }
        m_record.store();
        return std::move(m_saved);
    }

private:
    // True when it is here now.
    bool file(const QString &path, const QString &place, const QByteArray &content)
    {
        const bool named = m_named.contains(path);
        const auto given = m_request.given.constFind(path);
        const bool unchanged = given != m_request.given.constEnd() && *given == content;
        if (unchanged && !named)
            return false;
        if (!allowed(place, named))
            return false;
        QStringList parts = place.split(u'/');
        const QByteArray leaf = QFile::encodeName(parts.takeLast());
        Descriptor parent(::fcntl(m_root.get(), F_DUPFD_CLOEXEC, 3));
        for (const QString &part : std::as_const(parts)) {
            const QByteArray name = QFile::encodeName(part);
            if (::mkdirat(parent.get(), name.constData(), NewFolderMode) != 0 && errno != EEXIST) {
                problem(u"./%1 cannot be written: %2."_s.arg(place, reason(errno)));
                return false;
            }
            parent.reset(::openat(parent.get(), name.constData(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
            if (!parent) {
                problem(errno == ENOTDIR || errno == ELOOP
                            ? u"./%1 was not brought: on the way to it lies a file or a symbolic link."_s.arg(place)
                            : u"./%1 cannot be written: %2."_s.arg(place, reason(errno)));
                return false;
            }
        }
        return put(parent.get(), leaf, path, place, content, named, unchanged);
    }

    bool allowed(const QString &place, bool named)
    {
        const QStringList parts = place.split(u'/');
        const QString name = parts.constLast();
        for (const QStringView own : {u"isol8.config.json", u".isol8ignore"}) {
            if (name.compare(own, Qt::CaseInsensitive) == 0) {
                problem(u"./%1 was not brought: it would tell isol8 what to do here."_s.arg(place));
                return false;
            }
        }
        const auto isHidden = [](const QString &part) { return part.startsWith(u'.'); };
        if (std::any_of(parts.cbegin(), parts.cend() - 1, isHidden)) {
            note(u"./%1 was not brought: isol8 writes nothing into hidden folders."_s.arg(place));
            return false;
        }
        if (isHidden(name) && !named) {
            note(u"./%1 was not brought: a hidden file comes only by its full name."_s.arg(place));
            return false;
        }
        return true;
    }

    bool put(int parent, const QByteArray &leaf, const QString &path, const QString &place, const QByteArray &content,
             bool named, bool unchanged)
    {
        struct stat status = {};
        const bool exists = ::fstatat(parent, leaf.constData(), &status, AT_SYMLINK_NOFOLLOW) == 0;
        if (exists && !S_ISREG(status.st_mode)) {
            problem(u"./%1 was not brought: what is there is %2; move it out of the way."_s.arg(
                place, S_ISDIR(status.st_mode)   ? u"a folder"_s
                       : S_ISLNK(status.st_mode) ? u"a symbolic link"_s
                                                 : u"no file"_s));
            return false;
        }
        if (exists) {
            const Replace replace = mayReplace(parent, leaf, path, place, content, named);
            if (replace == Replace::Same)
                return true;
            if (unchanged)
                return false;
            if (replace == Replace::No) {
                problem(u"./%1 was not replaced: it is here already, and not from isol8 as it is. Remove it, or name "
                        u"it: --get %1"_s.arg(place));
                return false;
            }
        }
        if (const int code = replaceFile(parent, leaf, content, exists ? std::optional(status.st_mode) : std::nullopt,
                                         infoOf(path))) {
            problem(u"./%1 cannot be written: %2."_s.arg(place, reason(code)));
            return false;
        }
        m_record.add(place, content);
        return true;
    }

    enum class Replace { No, Yes, Same };

    Replace mayReplace(int parent, const QByteArray &leaf, const QString &path, const QString &place,
                       const QByteArray &content, bool named) const
    {
        const int fd = ::openat(parent, leaf.constData(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        std::optional<QByteArray> old;
        if (const Descriptor file(fd); file)
            old = readFrom(fd, LargestKnown);
        if (old && *old == content)
            return Replace::Same;
        if (named)
            return Replace::Yes;
        if (!old)
            return Replace::No;
        const bool handedOver = m_request.replaceable.contains(path) && m_request.given.value(path) == *old;
        return handedOver || m_record.holds(place, *old) ? Replace::Yes : Replace::No;
    }

    // 0, or errno. Readers see the old file or the new one.
    static int replaceFile(int parent, const QByteArray &leaf, const QByteArray &content, std::optional<mode_t> mode,
                           std::optional<FileInfo> info)
    {
        const QByteArray temporary = ".isol8-" + QByteArray::number(::getpid()) + ".tmp";
        (void)::unlinkat(parent, temporary.constData(), 0);
        const Descriptor file(::openat(parent, temporary.constData(),
                                       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                                       info ? (info->mode & 0777) | S_IRUSR : NewFileMode));
        if (!file)
            return errno;
        int code = writeTo(file.get(), content);
        if (!code && mode && ::fchmod(file.get(), *mode & 0777) != 0)
            code = errno;
        const qint64 ms = info ? info->mtimeMs : 0;
        const timespec times[2] = {{0, UTIME_OMIT}, {time_t(ms / 1000), long(ms % 1000) * 1000000}};
        if (!code && ms > 0 && ::futimens(file.get(), times) != 0)
            code = errno;
        if (!code && ::renameat(parent, temporary.constData(), parent, leaf.constData()) != 0)
            code = errno;
        if (code)
            (void)::unlinkat(parent, temporary.constData(), 0);
        return code;
    }

    [[nodiscard]] std::optional<FileInfo> infoOf(const QString &path) const
    {
        const auto found = m_request.info.constFind(path);
        return found == m_request.info.constEnd() ? std::nullopt : std::optional(*found);
    }

    void problem(const QString &sentence) { m_saved.problems.append(sentence); }
    void note(const QString &sentence) { m_saved.notes.append(sentence); }

    static constexpr qint64 LargestKnown = 256 * MiB; // no run brings more

    const FilesToSave &m_request;
    SaveRecord m_record;
    Descriptor m_root;
    QStringList m_named; // --get by absolute paths
    SavedFiles m_saved;
};

} // namespace

SavedFiles saveFiles(const QString &folder, const FilesToSave &request, const QString &records)
{
    return Saver(folder, request, records).save();
}

} // namespace isol8::cli
