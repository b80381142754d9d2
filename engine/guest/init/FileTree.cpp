// SPDX-License-Identifier: GPL-3.0-or-later
#include "FileTree.h"

#include "Resolve.h"
#include "Tree.h"

#include <cerrno>
#include <climits>

#include <fcntl.h>

namespace isol8::guest {

namespace {

constexpr std::uint64_t RemoveMs = 60000;
constexpr mode_t FolderMode = 0755;

struct Times
{
    explicit Times(std::uint64_t mtimeMs)
        : values{{0, UTIME_OMIT}, {time_t(mtimeMs / 1000), long(mtimeMs % 1000) * 1000000}}
    {
    }
    timespec values[2];
};

// O_PATH descriptors can be changed through it alone.
std::string procPath(const Fd &object)
{
    return "/proc/self/fd/" + toText(std::uint64_t(object.get()));
}

FileDoneMessage outcome(int result)
{
    return result == 0 ? FileDoneMessage() : fileFailure(errno);
}

FileDoneMessage failure(Place &place)
{
    return {place.error, std::move(place.message)};
}

FileDoneMessage adjustFolder(const Fd &folder, const FileMkdirMessage &request)
{
    const std::string path = procPath(folder);
    if (request.mode != FileMkdirMessage::AsIs && ::chmod(path.c_str(), request.mode & 0777) != 0)
        return fileFailure(errno);
    if (request.mtimeMs && ::utimensat(AT_FDCWD, path.c_str(), Times(request.mtimeMs).values, 0) != 0)
        return fileFailure(errno);
    return {};
}

} // namespace

FileDoneMessage fileFailure(int code)
{
    return {fileError(code), errorText(code)};
}

bool setTime(const Fd &file, std::uint64_t mtimeMs)
{
    return ::futimens(file.get(), Times(mtimeMs).values) == 0;
}

FileDoneMessage removeTree(const PathMessage &request)
{
    Place place = resolve(request.path, {false, false, false});
    if (!place.ok())
        return failure(place);
    if (place.isRoot() || !place.parent)
        return {FileError::Denied, "This folder cannot be removed."};
    const char *name = place.leaf.c_str();
    if (!S_ISDIR(place.status.st_mode))
        return outcome(::unlinkat(place.parent.get(), name, 0));
    if (::unlinkat(place.parent.get(), name, AT_REMOVEDIR) == 0)
        return {};
    (void)::chmod(procPath(place.object).c_str(), 0700);
    const Fd folder(::openat(place.object.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    std::string problem = errorText(errno);
    if (!folder || !emptyFolder(folder.get(), nowMs() + RemoveMs, &problem))
        return {FileError::Failed, std::move(problem)};
    return outcome(::unlinkat(place.parent.get(), name, AT_REMOVEDIR));
}

FileDoneMessage makeFolder(const FileMkdirMessage &request)
{
    Place place = resolve(request.path, {true, true, true});
    if (!place.ok())
        return failure(place);
    if (place.object) {
        if (!S_ISDIR(place.status.st_mode))
            return {FileError::Failed, errorText(EEXIST)};
        return place.isRoot() ? FileDoneMessage() : adjustFolder(place.object, request);
    }
    if (::mkdirat(place.parent.get(), place.leaf.c_str(), FolderMode) != 0)
        return fileFailure(errno);
    const Fd made(::openat(place.parent.get(), place.leaf.c_str(), O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC));
    return made ? adjustFolder(made, request) : fileFailure(errno);
}

FileDoneMessage makeLink(const FileSymlinkMessage &request)
{
    const bool hard = request.flags & FileSymlinkMessage::Hard;
    if (request.target.empty() || request.target.size() >= PATH_MAX || request.target.find('\0') != std::string::npos)
        return {FileError::Failed, "The link's target is empty, too long, or holds a zero byte."};
    Place target;
    if (hard) {
        target = resolve(request.target, {false, false, false});
        if (!target.ok())
            return failure(target);
        if (!S_ISREG(target.status.st_mode))
            return {FileError::NotRegular, "The link's target is not a regular file."};
    }
    Place place = resolve(request.path, {false, true, true});
    if (!place.ok())
        return failure(place);
    const char *name = place.leaf.c_str();
    if (place.object) {
        if (S_ISDIR(place.status.st_mode))
            return {FileError::NotRegular, "There is a folder under this name."};
        if (hard && place.status.st_ino == target.status.st_ino && place.status.st_dev == target.status.st_dev)
            return {};
        if (::unlinkat(place.parent.get(), name, 0) != 0)
            return fileFailure(errno);
    }
    if (hard)
        return outcome(
            ::linkat(AT_FDCWD, procPath(target.object).c_str(), place.parent.get(), name, AT_SYMLINK_FOLLOW));
    if (::symlinkat(request.target.c_str(), place.parent.get(), name) != 0)
        return fileFailure(errno);
    if (request.mtimeMs)
        (void)::utimensat(place.parent.get(), name, Times(request.mtimeMs).values, AT_SYMLINK_NOFOLLOW);
    return {};
}

} // namespace isol8::guest
