// SPDX-License-Identifier: GPL-3.0-or-later
#include "Tree.h"

#include <cerrno>
#include <cstring>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

namespace isol8::guest {

namespace {

constexpr std::size_t Batch = 4096; // names held in memory at a time

// Some names of a folder, read from its beginning. False when it cannot be read.
bool readNames(int folder, std::size_t limit, std::vector<std::string> *names)
{
    names->clear();
    const int own = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = own >= 0 ? ::fdopendir(own) : nullptr;
    if (!dir) {
        if (own >= 0)
            ::close(own);
        return false;
    }
    while (names->size() < limit) {
        const dirent *entry = ::readdir(dir);
        if (!entry)
            break;
        if (std::strcmp(entry->d_name, ".") != 0 && std::strcmp(entry->d_name, "..") != 0)
            names->emplace_back(entry->d_name);
    }
    ::closedir(dir);
    return true;
}

bool removeSimple(int folder, const char *name)
{
    return ::unlinkat(folder, name, 0) == 0 || ::unlinkat(folder, name, AT_REMOVEDIR) == 0 || errno == ENOENT;
}

// Its owner may do all with it again. Through /proc, so that no link is followed.
void openUp(int folder, const char *name)
{
    const Fd object(::openat(folder, name, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC));
    if (object)
        (void)::chmod(("/proc/self/fd/" + toText(std::uint64_t(object.get()))).c_str(), 0700);
}

class Emptier
{
public:
    Emptier(int folder, std::uint64_t deadlineMs, std::string *problem)
        : m_folder(folder)
        , m_deadlineMs(deadlineMs)
        , m_problem(problem)
    {
    }

    bool run()
    {
        std::vector<std::string> names;
        do {
            if (!readNames(m_folder, Batch, &names))
                return fails("it cannot be read");
            for (const std::string &name : names) {
                if (nowMs() > m_deadlineMs)
                    return fails("it takes too long");
                if (!removeSimple(m_folder, name.c_str()) && !removeTree(name.c_str()))
                    return false;
            }
        } while (!names.empty());
        return true;
    }

private:
    // Of a folder with something in it: what is below its children comes up into m_folder, for a later turn.
    bool removeTree(const char *name)
    {
        const int first = errno; // what the first try said, should it be no folder at all
        openUp(m_folder, name);
        const Fd tree(::openat(m_folder, name, O_RDONLY | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC));
        if (!tree)
            return fails(errorText(errno == ENOTDIR ? first : errno).c_str());
        std::vector<std::string> names;
        do {
            if (!readNames(tree.get(), Batch, &names))
                return fails("a folder in it cannot be read");
            for (const std::string &child : names) {
                if (nowMs() > m_deadlineMs)
                    return fails("it takes too long");
                if (!removeSimple(tree.get(), child.c_str()) && !moveUp(tree.get(), child.c_str()))
                    return false;
            }
        } while (!names.empty());
        return removeSimple(m_folder, name) || fails(errorText(errno).c_str());
    }

    bool moveUp(int from, const char *child)
    {
        openUp(from, child);
        for (int tries = 0; tries < 100; ++tries) {
            const std::string name = ".isol8-removed-" + toText(m_next++);
            if (::renameat2(from, child, m_folder, name.c_str(), RENAME_NOREPLACE) == 0 || errno == ENOENT)
                return true;
            if (errno != EEXIST)
                break;
        }
        return fails(errorText(errno).c_str());
    }

    bool fails(const char *why)
    {
        *m_problem = why;
        return false;
    }

    const int m_folder;
    const std::uint64_t m_deadlineMs;
    std::string *const m_problem;
    std::uint64_t m_next = 0;
};

} // namespace

bool emptyFolder(int folder, std::uint64_t deadlineMs, std::string *problem)
{
    return Emptier(folder, deadlineMs, problem).run();
}

bool isEmptyFolder(int folder)
{
    std::vector<std::string> names;
    return readNames(folder, 1, &names) && names.empty();
}

} // namespace isol8::guest
