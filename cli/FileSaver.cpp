// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/FileSaver.h>

#include <cli/NewLocalFile.h>
#include <cli/SaveRecord.h>
#include <isol8/base/Error.h>
#include <isol8/base/FileNames.h>
#include <isol8/execution/Validate.h>

#include <QFile>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace isol8::cli {

namespace {

constexpr mode_t NewFolderMode = 0777; // less the umask

QString reason(int code)
{
    return QString::fromLocal8Bit(std::strerror(code));
}

// "a/b.csv" of "/sandbox/a/b.csv"; empty for what is below neither of the two, or climbs.
QByteArray relativePath(const QByteArray &path)
{
    for (const QByteArrayView root : {QByteArrayView("/sandbox/"), QByteArrayView("/tmp/")}) {
        if (!path.startsWith(root))
            continue;
        const QByteArray place = path.sliced(root.size());
        const QByteArrayList parts = place.split('/');
        const auto isWrong = [](const QByteArray &part) { return part.isEmpty() || part == "." || part == ".."; };
        return std::any_of(parts.begin(), parts.end(), isWrong) ? QByteArray() : place;
    }
    return {};
}

} // namespace

class FileSaver::Private
{
public:
    Private(const QString &folder, const FilesToSave &request, const QString &records)
        : m_request(request)
        , m_record(records, folder)
        , m_root(::open(QFile::encodeName(folder).constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC))
    {
        if (!m_root)
            problem(u"No file was brought, since %1 cannot be opened: %2."_s.arg(folder, reason(errno)));
        for (const QString &pattern : request.wanted) {
            if (const auto path = sandboxPath(pattern))
                m_named.append(*path);
        }
    }

    void begin(const RunFile &file);
    void write(const QByteArray &bytes);
    void end(const QString &why);
    SavedFiles finish();

private:
    // The file that comes now.
    struct Current
    {
        QString path;
        QByteArray place;
        QByteArray leaf;
        RunFile file;
        bool named = false;
        bool isGiven = false; //!< so far it is as the run was given it, and nothing is written yet
        qint64 taken = 0;
        Descriptor parent;
        std::optional<mode_t> old; //!< of what is here already
        std::optional<NewLocalFile> made;
    };

    [[nodiscard]] bool open(Current *current);
    [[nodiscard]] bool enterFolders(Current *current, const QByteArrayList &folders);
    void add(Current *current, const QByteArray &bytes);
    [[nodiscard]] bool allowed(const QByteArray &place, bool named);
    [[nodiscard]] bool isInTheWay(const Current &current);
    [[nodiscard]] bool settle(Current *current);
    [[nodiscard]] static QString shown(const Current &current) { return QString::fromUtf8(current.place); }

    enum class Replace { No, Yes, Same };
    [[nodiscard]] Replace mayReplace(const Current &current, const QByteArray &hash) const;

    void problem(const QString &sentence) { m_saved.problems.append(sentence); }
    void note(const QString &sentence) { m_saved.notes.append(sentence); }

    const FilesToSave m_request;
    SaveRecord m_record;
    Descriptor m_root;
    QStringList m_named;                 //!< --get by absolute paths
    QMap<QByteArray, QByteArray> m_from; //!< what was brought, by the place here
    std::optional<Current> m_current;
    SavedFiles m_saved;
};

void FileSaver::Private::begin(const RunFile &file)
{
    m_current.reset();
    const QByteArray place = relativePath(file.path);
    if (place.isEmpty() || !m_root)
        return;
    if (const auto first = m_from.constFind(place); first != m_from.constEnd()) {
        problem(u"%1 and %2 both belong at ./%3; only the first was brought. Get them one by one."_s.arg(
            QString::fromUtf8(*first), QString::fromUtf8(file.path), QString::fromUtf8(place)));
        return;
    }
    Current current;
    current.path = QString::fromUtf8(file.path);
    current.place = place;
    current.file = file;
    current.named = m_named.contains(current.path);
    const auto given = m_request.given.constFind(current.path);
    current.isGiven = given != m_request.given.constEnd() && given->size() == file.size;
    if (current.isGiven || open(&current))
        m_current.emplace(std::move(current));
}

// Where /sandbox has a file that /tmp has a folder for, or the other way round.
bool FileSaver::Private::isInTheWay(const Current &current)
{
    const QByteArray below = current.place + '/';
    auto first = m_from.lowerBound(below);
    if (first != m_from.end() && !first.key().startsWith(below))
        first = m_from.end();
    for (qsizetype slash = below.indexOf('/'); first == m_from.end() && slash < current.place.size();
         slash = below.indexOf('/', slash + 1))
        first = m_from.find(below.left(slash));
    if (first == m_from.end())
        return false;
    problem(
        u"%1 and %2 cannot both be here, as one of ./%3 and ./%4 would be a folder; only the first was brought. Get "
        u"them one by one."_s.arg(QString::fromUtf8(*first), current.path, QString::fromUtf8(first.key()),
                                  shown(current)));
    return true;
}

// Says so where it cannot come here.
bool FileSaver::Private::open(Current *current)
{
    if (!allowed(current->place, current->named) || isInTheWay(*current))
        return false;
    QByteArrayList parts = current->place.split('/');
    current->leaf = parts.takeLast();
    if (!enterFolders(current, parts))
        return false;
    struct stat status = {};
    const bool exists = ::fstatat(current->parent.get(), current->leaf.constData(), &status, AT_SYMLINK_NOFOLLOW) == 0;
    if (exists && !S_ISREG(status.st_mode)) {
        problem(u"./%1 was not brought: what is there is %2; move it out of the way."_s.arg(
            shown(*current), S_ISDIR(status.st_mode)   ? u"a folder"_s
                             : S_ISLNK(status.st_mode) ? u"a symbolic link"_s
                                                       : u"no file"_s));
        return false;
    }
    if (exists)
        current->old = status.st_mode;
    current->made.emplace();
    if (const int code =
            current->made->open(current->parent.get(), current->file.info.mode, NewLocalFile::Hashed::Yes)) {
        problem(u"./%1 cannot be written: %2."_s.arg(shown(*current), reason(code)));
        return false;
    }
    return true;
}

bool FileSaver::Private::enterFolders(Current *current, const QByteArrayList &folders)
{
    Descriptor parent(::fcntl(m_root.get(), F_DUPFD_CLOEXEC, 3));
    for (const QByteArray &name : folders) {
        if (::mkdirat(parent.get(), name.constData(), NewFolderMode) != 0 && errno != EEXIST) {
            problem(u"./%1 cannot be written: %2."_s.arg(shown(*current), reason(errno)));
            return false;
        }
        parent.reset(::openat(parent.get(), name.constData(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (!parent) {
            problem(
                errno == ENOTDIR || errno == ELOOP
                    ? u"./%1 was not brought: on the way to it lies a file or a symbolic link."_s.arg(shown(*current))
                    : u"./%1 cannot be written: %2."_s.arg(shown(*current), reason(errno)));
            return false;
        }
    }
    current->parent = std::move(parent);
    return true;
}

bool FileSaver::Private::allowed(const QByteArray &place, bool named)
{
    const QByteArrayList parts = place.split('/');
    const QByteArray &name = parts.constLast();
    const QString here = QString::fromUtf8(place);
    for (const char *own : {"isol8.config.json", ".isol8ignore"}) {
        if (name.compare(own, Qt::CaseInsensitive) == 0) {
            problem(u"./%1 was not brought: it would tell isol8 what to do here."_s.arg(here));
            return false;
        }
    }
    const auto isHidden = [](const QByteArray &part) { return part.startsWith('.'); };
    if (std::any_of(parts.cbegin(), parts.cend() - 1, isHidden)) {
        note(u"./%1 was not brought: isol8 writes nothing into hidden folders."_s.arg(here));
        return false;
    }
    if (isHidden(name) && !named) {
        note(u"./%1 was not brought: a hidden file comes only by its full name."_s.arg(here));
        return false;
    }
    return true;
}

void FileSaver::Private::write(const QByteArray &bytes)
{
    if (!m_current)
        return;
    const qint64 before = std::exchange(m_current->taken, m_current->taken + bytes.size());
    if (m_current->taken > m_current->file.size)
        return end(u"more came than it holds."_s);
    if (m_current->isGiven) {
        const QByteArray given = m_request.given.value(m_current->path);
        if (bytes.size() <= given.size() - before && QByteArrayView(given).sliced(before, bytes.size()) == bytes)
            return;
        m_current->isGiven = false;
        if (!open(&*m_current))
            return m_current.reset();
        add(&*m_current, given.left(before));
    }
    if (m_current)
        add(&*m_current, bytes);
}

void FileSaver::Private::add(Current *current, const QByteArray &bytes)
{
    if (const int code = current->made->write(bytes)) {
        problem(u"./%1 cannot be written: %2."_s.arg(shown(*current), reason(code)));
        m_current.reset();
    }
}

void FileSaver::Private::end(const QString &why)
{
    if (!m_current)
        return;
    if (!why.isEmpty() || m_current->taken != m_current->file.size)
        problem(u"./%1 was not brought: %2"_s.arg(shown(*m_current), why.isEmpty() ? u"not all of it came."_s : why));
    else if (settle(&*m_current))
        m_from.insert(m_current->place, m_current->file.path);
    m_current.reset();
}

// All of it has come. True when it is here now.
bool FileSaver::Private::settle(Current *current)
{
    const bool unchanged = current->isGiven;
    if (unchanged && !current->named)
        return false;
    if (unchanged) {
        if (!open(current))
            return false;
        add(current, m_request.given.value(current->path));
        if (!m_current)
            return false;
    }
    const QByteArray hash = current->made->hash();
    if (current->old) {
        const Replace replace = mayReplace(*current, hash);
        if (replace == Replace::Same)
            return true;
        if (unchanged)
            return false;
        if (replace == Replace::No) {
            problem(u"./%1 was not replaced: it is here already, and not from isol8 as it is. Remove it, or name "
                    u"it: --get %1"_s.arg(shown(*current)));
            return false;
        }
    }
    if (const int code = current->made->publish(current->leaf, current->old, current->file.info.mtimeMs)) {
        problem(u"./%1 cannot be written: %2."_s.arg(shown(*current), reason(code)));
        return false;
    }
    m_record.add(shown(*current), hash);
    return true;
}

FileSaver::Private::Replace FileSaver::Private::mayReplace(const Current &current, const QByteArray &hash) const
{
    const Descriptor file(
        ::openat(current.parent.get(), current.leaf.constData(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    const QByteArray old = file ? contentHash(file.get()) : QByteArray();
    if (!old.isEmpty() && old == hash)
        return Replace::Same;
    if (current.named)
        return Replace::Yes;
    if (old.isEmpty())
        return Replace::No;
    const bool handedOver =
        m_request.replaceable.contains(current.path) && contentHash(m_request.given.value(current.path)) == old;
    return handedOver || m_record.holds(shown(current), old) ? Replace::Yes : Replace::No;
}

SavedFiles FileSaver::Private::finish()
{
    if (m_current)
        end(u"not all of it came."_s);
    m_record.store();
    return std::move(m_saved);
}

FileSaver::FileSaver(const QString &folder, const FilesToSave &request, const QString &records)
    : d(std::make_unique<Private>(folder, request, records))
{
}

FileSaver::~FileSaver() = default;

void FileSaver::begin(const RunFile &file)
{
    d->begin(file);
}

void FileSaver::write(const QByteArray &bytes)
{
    d->write(bytes);
}

void FileSaver::end(const QString &problem)
{
    d->end(problem);
}

SavedFiles FileSaver::finish()
{
    return d->finish();
}

SavedFiles saveFiles(const QString &folder, const FilesToSave &request, const QString &records)
{
    FileSaver saver(folder, request, records);
    for (auto it = request.files.cbegin(); it != request.files.cend(); ++it) {
        saver.begin({fileNameToBytes(it.key()), it->size(), request.info.value(it.key(), {0666, 0})});
        saver.write(*it);
        saver.end();
    }
    return saver.finish();
}

} // namespace isol8::cli
