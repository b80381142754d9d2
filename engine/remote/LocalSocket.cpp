// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/remote/LocalSocket.h>

#include <QFile>

#include <cerrno>
#include <cstring>

#include <sys/stat.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

bool isOurFolder(const QString &path)
{
    struct stat info = {};
    return ::lstat(QFile::encodeName(path).constData(), &info) == 0 && S_ISDIR(info.st_mode) &&
           info.st_uid == ::geteuid() && (info.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

} // namespace

LocalSocket LocalSocket::find(const QProcessEnvironment &environment)
{
    // The specification of XDG: a relative path is to be ignored.
    const QString runtime = environment.value(u"XDG_RUNTIME_DIR"_s);
    if (runtime.startsWith(u'/'))
        return {runtime + u"/isol8"_s};
    const QString user = QString::number(::geteuid());
    if (const QString usual = u"/run/user/"_s + user; isOurFolder(usual))
        return {usual + u"/isol8"_s};
    return {u"/tmp/isol8-"_s + user};
}

Result<void> LocalSocket::ensureFolder() const
{
    if (::mkdir(QFile::encodeName(folder).constData(), 0700) != 0 && errno != EEXIST)
        return fail(errors::FileError,
                    u"The folder %1 for the background engine's socket cannot be made."_s.arg(folder),
                    QString::fromLocal8Bit(std::strerror(errno)));
    if (!isOurFolder(folder))
        return fail(errors::NotAllowed,
                    u"The folder %1 is not this user's alone; remove it, or set XDG_RUNTIME_DIR."_s.arg(folder));
    return {};
}

bool LocalSocket::isOurs() const
{
    struct stat info = {};
    return isOurFolder(folder) && ::lstat(QFile::encodeName(path()).constData(), &info) == 0 &&
           S_ISSOCK(info.st_mode) && info.st_uid == ::geteuid();
}

} // namespace isol8
