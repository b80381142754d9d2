// SPDX-License-Identifier: GPL-3.0-or-later
#include "Resolve.h"

#include <cerrno>
#include <climits>

#include <fcntl.h>

namespace isol8::guest {

namespace {

constexpr int MaxLinks = 40;

// The components of \a path, before those that are left, the next one last.
void pushComponents(std::vector<std::string> *rest, std::string_view path)
{
    std::size_t end = path.size();
    while (end > 0) {
        const std::size_t slash = path.rfind('/', end - 1);
        const std::size_t begin = slash == std::string_view::npos ? 0 : slash + 1;
        const std::string_view component = path.substr(begin, end - begin);
        if (!component.empty() && component != ".")
            rest->emplace_back(component);
        end = slash == std::string_view::npos ? 0 : slash;
    }
}

std::string procPath(const Fd &fd)
{
    return "/proc/self/fd/" + toText(std::uint64_t(fd.get()));
}

std::string realPath(const Fd &fd)
{
    char target[PATH_MAX];
    const ssize_t n = ::readlink(procPath(fd).c_str(), target, sizeof target);
    return n > 0 && n < ssize_t(sizeof target) ? std::string(target, std::size_t(n)) : std::string();
}

bool isInside(std::string_view path)
{
    for (const std::string_view root : {std::string_view("/sandbox"), std::string_view("/tmp")}) {
        if (path.substr(0, root.size()) == root && (path.size() == root.size() || path[root.size()] == '/'))
            return true;
    }
    return false;
}

Place failed(FileError error, std::string message)
{
    Place place;
    place.error = error;
    place.message = std::move(message);
    return place;
}

Place failed(int code)
{
    return failed(fileError(code), errorText(code));
}

Place outside()
{
    return failed(FileError::Outside, "The path leaves /sandbox and /tmp.");
}

Fd openRoot()
{
    return Fd(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

class Walk
{
public:
    Walk(const std::string &path, const Follow &follow)
        : m_follow(follow)
        , m_folder(openRoot())
    {
        pushComponents(&m_rest, path);
    }

    Place run()
    {
        while (!m_rest.empty()) {
            const std::string name = std::move(m_rest.back());
            m_rest.pop_back();
            if (name.size() > NAME_MAX)
                return failed(ENAMETOOLONG);
            if (name == "..") {
                m_folder.reset(::openat(m_folder.get(), "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
                if (!m_folder)
                    return failed(errno);
            } else if (!enter(name)) {
                return std::move(m_place);
            }
        }
        m_place.object = std::move(m_folder); // "/", or a path that ends in ".."
        m_place.parent.reset();
        return finished();
    }

private:
    // False when the walk is at its end, one way or the other.
    bool enter(const std::string &name)
    {
        const bool last = m_rest.empty();
        Fd next(::openat(m_folder.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
        if (!next)
            return missing(name, errno, last);
        struct stat status
        {
        };
        if (::fstat(next.get(), &status) != 0)
            return stop(failed(errno));
        if (S_ISLNK(status.st_mode) && (!last || m_follow.lastLink))
            return followLink(next);
        if (last) {
            m_place.parent = std::move(m_folder);
            m_place.leaf = name;
            m_place.object = std::move(next);
            return stop(finished());
        }
        if (!S_ISDIR(status.st_mode))
            return stop(isInside(realPath(m_folder)) ? failed(ENOTDIR) : outside());
        m_folder = std::move(next);
        return true;
    }

    bool missing(const std::string &name, int code, bool last)
    {
        const std::string folder = realPath(m_folder);
        if (!isInside(folder))
            return stop(outside());
        if (code != ENOENT)
            return stop(failed(code));
        if (last && m_follow.mayBeMissing) {
            m_place.parent = std::move(m_folder);
            m_place.leaf = name;
            m_place.path = folder;
            return false;
        }
        if (last || !m_follow.makeParents)
            return stop(failed(code));
        if (::mkdirat(m_folder.get(), name.c_str(), 0755) != 0 && errno != EEXIST)
            return stop(failed(errno));
        Fd next(::openat(m_folder.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC));
        if (!next)
            return stop(failed(errno));
        m_folder = std::move(next);
        return true;
    }

    bool followLink(const Fd &link)
    {
        char target[PATH_MAX];
        const ssize_t n = ::readlinkat(link.get(), "", target, sizeof target);
        if (n <= 0 || n == ssize_t(sizeof target))
            return stop(failed(n < 0 ? errno : n == 0 ? ENOENT : ENAMETOOLONG));
        if (++m_links > MaxLinks)
            return stop(failed(ELOOP));
        if (target[0] == '/')
            m_folder = openRoot();
        pushComponents(&m_rest, {target, std::size_t(n)});
        return true;
    }

    Place finished()
    {
        m_place.path = realPath(m_place.object);
        if (!isInside(m_place.path))
            return outside();
        if (::fstat(m_place.object.get(), &m_place.status) != 0)
            return failed(errno);
        return std::move(m_place);
    }

    bool stop(Place place)
    {
        m_place = std::move(place);
        return false;
    }

    const Follow m_follow;
    Fd m_folder;
    std::vector<std::string> m_rest;
    int m_links = 0;
    Place m_place;
};

} // namespace

Place resolve(const std::string &path, const Follow &follow)
{
    if (path.empty() || path[0] != '/')
        return failed(FileError::Outside, "The path is not absolute.");
    if (path.size() >= PATH_MAX)
        return failed(ENAMETOOLONG);
    if (path.find('\0') != std::string::npos)
        return failed(FileError::Failed, "The path holds a zero byte.");
    return Walk(path, follow).run();
}

Fd reopen(const Fd &object, int flags)
{
    return Fd(::open(procPath(object).c_str(), flags | O_CLOEXEC));
}

FileError fileError(int code)
{
    switch (code) {
    case ENOENT:
    case ENOTDIR:
        return FileError::NotFound;
    case ENOSPC:
    case EDQUOT:
        return FileError::NoSpace;
    case EACCES:
    case EPERM:
    case EROFS:
        return FileError::Denied;
    case EISDIR:
        return FileError::NotRegular;
    default:
        return FileError::Failed;
    }
}

} // namespace isol8::guest
