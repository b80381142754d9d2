// SPDX-License-Identifier: GPL-3.0-or-later
#include <service/auth/SqliteFile.h>

#include <service/auth/AuthErrors.h>

#include <QFile>
#include <QFileInfo>

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace isol8::service {

namespace {

tl::unexpected<Error> cannot(const QString &path, const QString &why)
{
    return fail(autherrors::AuthDatabase, u"The key database %1 cannot be used: %2."_s.arg(path, why));
}

QString systemError()
{
    return qt_error_string(errno);
}

// Only what is missing is made, each 0700.
Result<void> makeFolder(const QString &folder)
{
    const QByteArray name = QFile::encodeName(folder);
    struct stat found = {};
    if (::stat(name.constData(), &found) == 0) {
        if (!S_ISDIR(found.st_mode))
            return cannot(folder, u"it is no folder"_s);
        if ((found.st_mode & S_IWOTH) != 0 && (found.st_mode & S_ISVTX) == 0)
            return cannot(folder, u"every user may write to that folder"_s);
        return {};
    }
    const QString parent = QFileInfo(folder).path();
    if (parent != folder) {
        if (auto made = makeFolder(parent); !made)
            return made;
    }
    if (::mkdir(name.constData(), 0700) != 0 && errno != EEXIST)
        return cannot(folder, systemError());
    return {};
}

} // namespace

FileIdentity identityOf(const QString &path)
{
    struct stat found = {};
    if (::stat(QFile::encodeName(path).constData(), &found) != 0)
        return {};
    return {quint64(found.st_dev), quint64(found.st_ino)};
}

SqliteCompanions companionsOf(const QString &path)
{
    return {identityOf(path + u"-wal"_s), identityOf(path + u"-shm"_s)};
}

Result<void> removeCompanions(const QString &path, const SqliteCompanions &left)
{
    const std::pair<QString, FileIdentity> files[] = {{path + u"-wal"_s, left.log}, {path + u"-shm"_s, left.index}};
    for (const auto &[name, identity] : files) {
        if (identity.inode == 0 || identityOf(name) != identity)
            continue;
        if (::unlink(QFile::encodeName(name).constData()) != 0 && errno != ENOENT)
            return fail(
                autherrors::AuthUnavailable,
                u"The key database %1 is another one now, and %2 of the one before is beside it; remove that."_s.arg(
                    path, name),
                systemError());
    }
    return {};
}

Result<void> prepareSqliteFile(const QString &path)
{
    if (auto made = makeFolder(QFileInfo(path).path()); !made)
        return made;
    const int file = ::open(QFile::encodeName(path).constData(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);
    if (file < 0)
        return cannot(path, systemError());
    struct stat found = {};
    Result<void> fine;
    if (::fstat(file, &found) != 0)
        fine = cannot(path, systemError());
    else if (!S_ISREG(found.st_mode))
        fine = cannot(path, u"it is no plain file"_s);
    else if (found.st_uid != ::geteuid())
        fine = cannot(path, u"it belongs to another user"_s);
    else if ((found.st_mode & 077) != 0 && ::fchmod(file, 0600) != 0)
        fine = cannot(path, systemError());
    ::close(file);
    return fine;
}

} // namespace isol8::service
