// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/NewLocalFile.h>

#include <isol8/base/Units.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include <fcntl.h>
#include <sys/stat.h>

namespace isol8::cli {

namespace {

constexpr qsizetype LeastHole = 4096;
constexpr qint64 FlushEvery = 16 * MiB;

bool isZero(const QByteArray &bytes)
{
    return bytes.size() >= LeastHole && bytes[0] == 0 &&
           std::memcmp(bytes.constData(), bytes.constData() + 1, size_t(bytes.size() - 1)) == 0;
}

QByteArray procPath(int fd)
{
    return "/proc/self/fd/" + QByteArray::number(fd);
}

} // namespace

NewLocalFile::~NewLocalFile()
{
    if (!m_temporary.isEmpty())
        (void)::unlinkat(m_parent, m_temporary.constData(), 0);
}

NewLocalFile::NewLocalFile(NewLocalFile &&other) noexcept
    : m_parent(other.m_parent)
    , m_file(std::move(other.m_file))
    , m_temporary(std::exchange(other.m_temporary, {}))
    , m_size(other.m_size)
    , m_hash(std::move(other.m_hash))
{
}

int NewLocalFile::open(int parent, uint mode, Hashed hashed)
{
    m_parent = parent;
    if (hashed == Hashed::Yes)
        m_hash = std::make_unique<QCryptographicHash>(QCryptographicHash::Sha256);
    const mode_t bits = (mode & 0777) | S_IRUSR;
    m_file.reset(::openat(parent, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, bits));
    if (m_file)
        return 0;
    const QByteArray name = ".isol8-" + QByteArray::number(::getpid()) + ".tmp";
    (void)::unlinkat(parent, name.constData(), 0);
    m_file.reset(
        ::openat(parent, name.constData(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, bits | S_IWUSR));
    if (!m_file)
        return errno;
    m_temporary = name;
    return 0;
}

int NewLocalFile::write(const QByteArray &bytes)
{
    if (m_hash)
        m_hash->addData(bytes);
    if (isZero(bytes)) {
        m_size += bytes.size();
        return 0;
    }
    const qint64 before = m_size;
    qsizetype at = 0;
    while (at < bytes.size()) {
        const ssize_t n = ::pwrite(m_file.get(), bytes.constData() + at, size_t(bytes.size() - at), m_size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? errno : ENOSPC;
        at += n;
        m_size += n;
    }
    // Bit by bit, so that no large write-back holds the program up later.
    if (m_size / FlushEvery != before / FlushEvery)
        (void)::sync_file_range(m_file.get(), 0, 0, SYNC_FILE_RANGE_WRITE);
    return 0;
}

int NewLocalFile::setMode(uint mode) const
{
    return ::fchmod(m_file.get(), mode & 0777) == 0 ? 0 : errno;
}

int NewLocalFile::prepare(std::optional<mode_t> mode, qint64 mtimeMs) const
{
    if (::ftruncate(m_file.get(), m_size) != 0)
        return errno;
    if (mode && ::fchmod(m_file.get(), *mode & 0777) != 0)
        return errno;
    const timespec times[2] = {{0, UTIME_OMIT}, {time_t(mtimeMs / 1000), long(mtimeMs % 1000) * 1000000}};
    return mtimeMs > 0 && ::futimens(m_file.get(), times) != 0 ? errno : 0;
}

int NewLocalFile::publish(const QByteArray &leaf, std::optional<mode_t> replaced, qint64 mtimeMs)
{
    if (const int code = prepare(replaced, mtimeMs))
        return code;
    const QByteArray from = procPath(m_file.get());
    if (m_temporary.isEmpty()) {
        if (!replaced)
            return ::linkat(AT_FDCWD, from.constData(), m_parent, leaf.constData(), AT_SYMLINK_FOLLOW) == 0 ? 0 : errno;
        const QByteArray name = ".isol8-" + QByteArray::number(::getpid()) + ".tmp";
        (void)::unlinkat(m_parent, name.constData(), 0);
        if (::linkat(AT_FDCWD, from.constData(), m_parent, name.constData(), AT_SYMLINK_FOLLOW) != 0)
            return errno;
        m_temporary = name;
    }
    const unsigned flags = replaced ? 0 : RENAME_NOREPLACE;
    int result = ::renameat2(m_parent, m_temporary.constData(), m_parent, leaf.constData(), flags);
    if (result != 0 && errno == EINVAL) // a file system that knows no flags
        result = ::renameat(m_parent, m_temporary.constData(), m_parent, leaf.constData());
    if (result != 0)
        return errno;
    m_temporary.clear();
    return 0;
}

QByteArray contentHash(int fd)
{
    QCryptographicHash hash(QCryptographicHash::Sha256);
    QByteArray buffer(256 * KiB, Qt::Uninitialized);
    while (true) {
        const ssize_t n = ::read(fd, buffer.data(), size_t(buffer.size()));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return {};
        if (n == 0)
            return hash.result().toHex();
        hash.addData(buffer.left(n));
    }
}

QByteArray contentHash(const QByteArray &content)
{
    return QCryptographicHash::hash(content, QCryptographicHash::Sha256).toHex();
}

} // namespace isol8::cli
