// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/sandbox/FileErrors.h>

using namespace Qt::StringLiterals;

namespace isol8::files {

Error fileError(const guest::FileDoneMessage &message, const QString &path)
{
    QString detail = QString::fromUtf8(message.message.data(), qsizetype(message.message.size())).left(512);
    if (!detail.endsWith(u'.'))
        detail += u'.';
    const auto error = [&](QStringView code, const QString &sentence) { return Error{code.toString(), sentence, {}}; };
    switch (message.error) {
    case guest::FileError::NotFound:
        return error(errors::NotFound, u"There is no %1 in the sandbox."_s.arg(path));
    case guest::FileError::Outside:
        return error(errors::BadPath, u"%1 is not inside /sandbox or /tmp."_s.arg(path));
    case guest::FileError::NotRegular:
        return error(errors::FileError, u"%1 is not a regular file."_s.arg(path));
    case guest::FileError::NoSpace:
        return path == u"/tmp" || path.startsWith(u"/tmp/")
                   ? error(errors::DiskFull, u"/tmp is full: %1 does not fit; make room, or raise tmpSize."_s.arg(path))
                   : error(errors::DiskFull,
                           u"/sandbox is full: %1 does not fit; make room, or raise sandboxSize."_s.arg(path));
    case guest::FileError::TooLarge:
        return error(errors::TooLarge, u"%1 is too large to be read: %2"_s.arg(path, detail));
    case guest::FileError::TooMany:
        return error(errors::TooLarge, u"%1 names too many files: %2"_s.arg(path, detail));
    case guest::FileError::NoMemory:
        return error(errors::Oom, u"The sandbox's memory does not suffice for %1; raise the memory limit."_s.arg(path));
    case guest::FileError::Denied:
        return error(errors::FileError, u"The sandbox user may not use %1."_s.arg(path));
    case guest::FileError::None:
    case guest::FileError::Aborted:
    case guest::FileError::Failed:
        break;
    }
    return error(errors::FileError, u"%1 could not be read or written in the sandbox: %2"_s.arg(path, detail));
}

} // namespace isol8::files
