// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/base/Paths.h>

#include <QDir>
#include <QFile>
#include <QFileInfo>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

// With its parents; those that are new can be entered by the user alone. 0, or errno.
int makeFolder(const QString &folder)
{
    if (QFileInfo::exists(folder))
        return 0;
    if (const int code = makeFolder(QFileInfo(folder).absolutePath()))
        return code;
    return ::mkdir(QFile::encodeName(folder).constData(), 0700) == 0 || errno == EEXIST ? 0 : errno;
}

} // namespace

QString cacheDirectory()
{
    const QString base = qEnvironmentVariable("XDG_CACHE_HOME");
    return (base.startsWith(u'/') ? base : QDir::homePath() + u"/.cache"_s) + u"/isol8"_s;
}

QString dataDirectory()
{
    const QString base = qEnvironmentVariable("XDG_DATA_HOME");
    return (base.startsWith(u'/') ? base : QDir::homePath() + u"/.local/share"_s) + u"/isol8"_s;
}

QString userDirectory()
{
    return QDir::homePath() + u"/.isol8"_s;
}

Result<void> writeFileAtomically(const QString &path, const QByteArray &content, uint mode)
{
    const auto failed = [&](int code) {
        return fail(errors::FileError,
                    u"Cannot write %1: %2."_s.arg(path, QString::fromLocal8Bit(std::strerror(code))));
    };
    const QString folder = QFileInfo(path).absolutePath();
    if (const int code = makeFolder(folder))
        return failed(code);
    QByteArray temporary = QFile::encodeName(path) + ".XXXXXX";
    const int fd = ::mkostemp(temporary.data(), O_CLOEXEC);
    if (fd < 0)
        return failed(errno);
    int code = 0;
    const char *data = content.constData();
    qsizetype left = content.size();
    while (left > 0 && !code) {
        const ssize_t n = ::write(fd, data, size_t(left));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            code = n < 0 ? errno : ENOSPC;
            break;
        }
        data += n;
        left -= n;
    }
    if (!code && (::fchmod(fd, mode_t(mode)) != 0 || ::fsync(fd) != 0))
        code = errno;
    if (::close(fd) != 0 && !code)
        code = errno;
    if (!code && ::rename(temporary.constData(), QFile::encodeName(path).constData()) != 0)
        code = errno;
    if (!code)
        return {};
    ::unlink(temporary.constData());
    return failed(code);
}

Result<QByteArray> readFile(const QString &path, qint64 limit)
{
    QFile file(path);
    const QFileInfo info(path);
    if (info.exists() && info.isDir())
        return fail(errors::FileError, u"%1 is a folder, not a file."_s.arg(path));
    if (!file.open(QIODevice::ReadOnly))
        return fail(errors::FileError, u"Cannot read %1: %2."_s.arg(path, file.errorString()));
    // read() makes room for all that it is asked for; a file of /proc has more than its size.
    const qint64 step = std::min(limit + 1, std::max<qint64>(info.size() + 1, 4096));
    QByteArray content;
    for (QByteArray part = file.read(step); !part.isEmpty();
         part = file.read(std::min(step, limit + 1 - content.size())))
        content.append(part);
    if (file.error() != QFileDevice::NoError)
        return fail(errors::FileError, u"Cannot read %1: %2."_s.arg(path, file.errorString()));
    if (content.size() > limit)
        return fail(errors::FileError, u"%1 is larger than %2 bytes."_s.arg(path).arg(limit));
    content.squeeze();
    return content;
}

} // namespace isol8
