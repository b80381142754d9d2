// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/snapshot/SnapshotFile.h>

#include <isol8/archive/PaxRecords.h>
#include <isol8/archive/TarFormat.h>
#include <isol8/archive/TarWriter.h>

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QRandomGenerator>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace isol8::snapshots {

namespace {

constexpr qint64 FlushEvery = 8 * MiB;
constexpr qsizetype LeastHole = 16 * KiB;
constexpr int FormatVersion = 1;
constexpr qint64 LeftoverSeconds = 3600;

// Of processes that were killed; younger ones may be written right now.
void removeLeftovers(const QString &folder)
{
    const QFileInfoList files = QDir(folder).entryInfoList({u".new-*"_s}, QDir::Files | QDir::Hidden);
    for (const QFileInfo &file : files) {
        if (file.lastModified().secsTo(QDateTime::currentDateTime()) > LeftoverSeconds)
            (void)::unlink(QFile::encodeName(file.filePath()).constData());
    }
}

} // namespace

QByteArray encodeInfo(const SnapshotInfo &info)
{
    QJsonObject json = info.toJson();
    json.remove(u"size"_s);
    json.insert(u"isol8Snapshot"_s, FormatVersion);
    return archive::tarComment(QJsonDocument(json).toJson(QJsonDocument::Compact));
}

Result<SnapshotInfo> decodeInfo(const QByteArray &begin)
{
    const auto broken = [] { return fail(errors::FileError, u"The file is no snapshot of isol8's."_s); };
    bool isNumber = false;
    const qint64 size = begin.mid(124, 11).toLongLong(&isNumber, 8);
    if (!isNumber || size <= 0 || size > MaxInfoSize || begin.size() < archive::TarBlock + size || begin[156] != 'g')
        return broken();
    const auto records = archive::readPaxRecords(begin.mid(archive::TarBlock, size));
    const QJsonObject json =
        QJsonDocument::fromJson(records.value_or(QHash<QByteArray, QByteArray>()).value("comment")).object();
    if (json.value(u"isol8Snapshot"_s).toInt() != FormatVersion)
        return broken();
    SnapshotInfo info;
    info.name = json.value(u"name"_s).toString();
    info.runtime = json.value(u"runtime"_s).toString();
    info.created = QDateTime::fromString(json.value(u"created"_s).toString(), Qt::ISODateWithMs);
    info.spec = json.value(u"spec"_s).toObject();
    return info;
}

archive::TarLimits limits()
{
    archive::TarLimits limits;
    limits.maxDepth = 2048;      // what a path may be at most
    limits.linksMayLeave = true; // it is what a sandbox held: a virtual environment's python, for one
    return limits;
}

NewFile::~NewFile()
{
    discard();
}

void NewFile::discard()
{
    if (m_fd >= 0)
        ::close(m_fd);
    m_fd = -1;
    if (!m_temporary.isEmpty())
        (void)::unlink(m_temporary.constData());
    m_temporary.clear();
}

tl::unexpected<Error> NewFile::failed(int code) const
{
    return fail(errors::FileError, u"The snapshot cannot be written in %1: %2."_s.arg(
                                       m_folder, QString::fromLocal8Bit(std::strerror(code))));
}

Result<void> NewFile::open(const QString &folder)
{
    m_folder = folder;
    // Each that is new for the user alone.
    const QStringList parts = QDir::cleanPath(folder).split(u'/', Qt::SkipEmptyParts);
    QString path;
    for (const QString &part : parts) {
        path += u'/' + part;
        if (::mkdir(QFile::encodeName(path).constData(), 0700) != 0 && errno != EEXIST && !QDir(path).exists())
            return failed(errno);
    }
    removeLeftovers(folder);
    m_fd = ::open(QFile::encodeName(folder).constData(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (m_fd >= 0)
        return {};
    m_temporary = QFile::encodeName(folder) + "/.new-XXXXXX";
    m_fd = ::mkostemp(m_temporary.data(), O_CLOEXEC);
    if (m_fd >= 0)
        return {};
    const int code = errno;
    m_temporary.clear();
    return failed(code);
}

Result<void> NewFile::write(const QByteArray &bytes)
{
    qsizetype at = 0;
    // What was a hole in the sandbox is one here.
    if (bytes.size() >= LeastHole && bytes[0] == 0 &&
        std::memcmp(bytes.constData(), bytes.constData() + 1, size_t(bytes.size() - 1)) == 0) {
        if (::lseek(m_fd, bytes.size(), SEEK_CUR) < 0)
            return failed(errno);
        at = bytes.size();
    }
    while (at < bytes.size()) {
        const ssize_t n = ::write(m_fd, bytes.constData() + at, size_t(bytes.size() - at));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return failed(n < 0 ? errno : ENOSPC);
        at += n;
    }
    m_size += bytes.size();
    // Bit by bit, so that the wait at the end is short: the event loop waits with it.
    if (m_size - m_flushed >= FlushEvery) {
        (void)::sync_file_range(m_fd, m_flushed, m_size - m_flushed, SYNC_FILE_RANGE_WRITE);
        m_flushed = m_size;
    }
    return {};
}

Result<void> NewFile::publish(const QString &name, bool replace)
{
    const QByteArray path = QFile::encodeName(m_folder + u'/' + name);
    if (::ftruncate(m_fd, m_size) != 0 || ::fdatasync(m_fd) != 0)
        return failed(errno);
    if (m_temporary.isEmpty()) {
        const QByteArray proc = "/proc/self/fd/" + QByteArray::number(m_fd);
        m_temporary =
            QFile::encodeName(m_folder) + "/.new-" + QByteArray::number(QRandomGenerator::system()->generate64());
        if (::linkat(AT_FDCWD, proc.constData(), AT_FDCWD, m_temporary.constData(), AT_SYMLINK_FOLLOW) != 0) {
            const int code = errno;
            m_temporary.clear();
            return failed(code);
        }
    }
    if (::renameat2(AT_FDCWD, m_temporary.constData(), AT_FDCWD, path.constData(), replace ? 0 : RENAME_NOREPLACE) !=
        0) {
        const int code = errno;
        discard();
        if (code == EEXIST)
            return fail(errors::Exists,
                        u"There is a snapshot of that name already; remove it, or choose another name."_s);
        return failed(code);
    }
    m_temporary.clear();
    return {};
}

} // namespace isol8::snapshots
