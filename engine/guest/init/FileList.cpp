// SPDX-License-Identifier: GPL-3.0-or-later
#include "FileList.h"

#include <isol8/guest/Glob.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

#include <dirent.h>
#include <fcntl.h>

namespace isol8::guest {

namespace {

constexpr std::size_t MostEntries = 100000; // whatever the host asks for: they are held in memory to be sorted

// What the link \a name in \a folder holds; with an empty name, \a folder itself is the link.
std::string linkTarget(const Fd &folder, const char *name)
{
    char target[PATH_MAX];
    const ssize_t n = ::readlinkat(folder.get(), name, target, sizeof target);
    return n > 0 ? std::string(target, std::size_t(n)) : std::string();
}

std::string join(const std::string &folder, const std::string &name)
{
    return folder.empty() || folder.back() == '/' ? folder + name : folder + "/" + name;
}

// A folder below \a base, entered one component at a time so that no link is followed.
Fd openBelow(const Fd &base, const std::string &relative)
{
    Fd folder(::openat(base.get(), ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
    std::size_t at = 0;
    while (folder && at < relative.size()) {
        const std::size_t slash = std::min(relative.find('/', at), relative.size());
        const std::string component = relative.substr(at, slash - at);
        folder.reset(::openat(folder.get(), component.c_str(), O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC));
        at = slash + 1;
    }
    if (folder)
        folder.reset(::openat(folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return folder;
}

class Lister
{
public:
    Lister(const FileListMessage &request, const std::function<bool()> &interrupted)
        : m_interrupted(interrupted)
        , m_recursive(request.flags & FileListMessage::Recursive)
        , m_most(std::min<std::size_t>(request.maxEntries, MostEntries))
    {
    }

    FileListing plain(const std::string &shown, const Place &place)
    {
        if (!S_ISDIR(place.status.st_mode))
            add(shown, place.status, place.object, "");
        else
            walk(place.object, shown, nullptr);
        return finish();
    }

    FileListing glob(const std::string &shown, const Fd &base, const Glob &pattern)
    {
        walk(base, shown, &pattern);
        return finish();
    }

private:
    struct Folder
    {
        std::string relative;
        Glob::State state = 0;
        bool all = false; //!< below a match: everything is listed
    };

    void walk(const Fd &base, const std::string &shown, const Glob *pattern)
    {
        std::vector<Folder> open{{{}, pattern ? pattern->start() : 0, !pattern}};
        while (!open.empty() && m_listing.error == FileError::None) {
            const Folder folder = std::move(open.back());
            open.pop_back();
            const Fd fd = openBelow(base, folder.relative);
            if (fd)
                read(fd, folder, shown, pattern, &open);
            else if (folder.relative.empty())
                fail(fileError(errno), errorText(errno));
        }
    }

    void read(const Fd &fd, const Folder &folder, const std::string &shown, const Glob *pattern,
              std::vector<Folder> *open)
    {
        const int own = ::fcntl(fd.get(), F_DUPFD_CLOEXEC, 3);
        DIR *dir = own >= 0 ? ::fdopendir(own) : nullptr;
        if (!dir)
            return;
        while (m_listing.error == FileError::None) {
            const dirent *entry = ::readdir(dir);
            if (!entry)
                break;
            if (std::strcmp(entry->d_name, ".") == 0 || std::strcmp(entry->d_name, "..") == 0)
                continue;
            if ((++m_seen & 0xff) == 0 && m_interrupted())
                fail(FileError::Aborted, "The host gave it up.");
            visit(fd, entry->d_name, folder, shown, pattern, open);
        }
        ::closedir(dir);
    }

    void visit(const Fd &fd, const std::string &name, const Folder &folder, const std::string &shown,
               const Glob *pattern, std::vector<Folder> *open)
    {
        struct stat status
        {
        };
        if (::fstatat(fd.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
            return; // gone meanwhile
        const Glob::State state = pattern && !folder.all ? pattern->step(folder.state, name) : 0;
        const bool matches = folder.all || (pattern && pattern->accepts(state));
        std::string relative = join(folder.relative, name);
        if (shown.size() + 1 + relative.size() >= PATH_MAX) { // no path leads there
            if (m_recursive && m_left++ == 0)
                m_tooDeep = folder.relative;
            return;
        }
        if (matches)
            add(join(shown, relative), status, fd, name.c_str());
        const bool all = matches && m_recursive;
        if (S_ISDIR(status.st_mode) && (all || (pattern && !folder.all && pattern->descends(state))))
            open->push_back({std::move(relative), state, all});
    }

    void add(std::string path, const struct stat &status, const Fd &folder, const char *name)
    {
        if (m_listing.entries.size() >= m_most)
            return fail(FileError::TooMany, "More than " + toText(m_most) + " files match.");
        m_listing.entries.push_back(entryOf(std::move(path), status));
        if (S_ISLNK(status.st_mode))
            m_listing.entries.back().target = linkTarget(folder, name);
    }

    void fail(FileError error, std::string message)
    {
        m_listing.error = error;
        m_listing.message = std::move(message);
    }

    FileListing finish()
    {
        if (m_listing.error != FileError::None)
            m_listing.entries.clear();
        else if (m_left > 0)
            m_listing.message = toText(m_left) + " names lie too deep for any path, the first below " +
                                m_tooDeep.substr(0, 100) + "...";
        std::sort(m_listing.entries.begin(), m_listing.entries.end(),
                  [](const FileEntryMessage &a, const FileEntryMessage &b) { return a.path < b.path; });
        return std::move(m_listing);
    }

    const std::function<bool()> &m_interrupted;
    const bool m_recursive;
    const std::size_t m_most;
    std::uint64_t m_seen = 0;
    std::uint64_t m_left = 0; //!< too deep to be listed
    std::string m_tooDeep;    //!< the folder of the first of them
    FileListing m_listing;
};

// The path as the caller wrote it, tidied; the real one where it climbs, for ".." means nothing behind a link.
std::string shownPath(std::string_view path, const Place &place)
{
    std::string tidy;
    std::size_t at = 0;
    while (at < path.size()) {
        const std::size_t slash = std::min(path.find('/', at), path.size());
        const std::string_view component = path.substr(at, slash - at);
        at = slash + 1;
        if (component == "..")
            return place.path;
        if (!component.empty() && component != ".")
            tidy.append("/").append(component);
    }
    return tidy;
}

FileListing failed(FileError error, std::string message)
{
    return {error, std::move(message), {}};
}

} // namespace

FileEntryMessage entryOf(std::string path, const struct stat &status)
{
    FileEntryMessage entry;
    entry.path = std::move(path);
    entry.kind = S_ISREG(status.st_mode) ? 'f' : S_ISDIR(status.st_mode) ? 'd' : S_ISLNK(status.st_mode) ? 'l' : 'o';
    entry.mode = status.st_mode & 07777;
    entry.size = std::uint64_t(status.st_size);
    const std::int64_t ms = std::int64_t(status.st_mtim.tv_sec) * 1000 + status.st_mtim.tv_nsec / 1000000;
    entry.mtimeMs = ms > 0 ? std::uint64_t(ms) : 0;
    return entry;
}

FileListing listFiles(const FileListMessage &request, const std::function<bool()> &interrupted)
{
    // A path that exists is meant as it stands, whatever characters it holds. Its last link is an entry, unless it
    // ends in a slash.
    const Follow follow{request.pattern.size() > 1 && request.pattern.back() == '/', false, false};
    const Place place = resolve(request.pattern, follow);
    if (place.ok())
        return Lister(request, interrupted).plain(shownPath(request.pattern, place), place);
    Glob pattern;
    if (!pattern.parse(request.pattern))
        return failed(FileError::Outside, "The pattern is not absolute, climbs behind a wildcard, or is too long.");
    if (pattern.isPlain())
        return failed(place.error, place.message);
    const Place base = resolve(pattern.base(), {});
    if (base.error == FileError::NotFound)
        return {};
    if (!base.ok())
        return failed(base.error, base.message);
    if (!S_ISDIR(base.status.st_mode))
        return {};
    return Lister(request, interrupted).glob(shownPath(pattern.base(), base), base.object, pattern);
}

} // namespace isol8::guest
