// SPDX-License-Identifier: GPL-3.0-or-later
#include <cli/FolderTransfer.h>

#include <cli/Terminal.h>
#include <isol8/archive/MemberRules.h>
#include <isol8/archive/TarWriter.h>
#include <isol8/base/FileNames.h>

#include <QDir>
#include <QFileInfo>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace Qt::StringLiterals;
using isol8::archive::TarMember;
using isol8::archive::TarReader;

namespace isol8::cli {

namespace {

constexpr qint64 FolderPart = 64 * KiB;
constexpr int MostMembers = 100000;
constexpr qsizetype MostNotes = 20;

QString errnoText(int code)
{
    return QString::fromLocal8Bit(std::strerror(code));
}

// Wherever the folder lies, and whatever it is called: the name that it has here is one that no link can hold.
bool leadsOut(const TarMember &link)
{
    const QByteArray folder("/\0", 2);
    return link.target.startsWith('/') || archive::linkLeadsOut(link, folder, {folder});
}

// What leads out is left out here, by its name.
archive::TarLimits readerLimits()
{
    archive::TarLimits limits;
    limits.linksMayLeave = true;
    return limits;
}

void note(QStringList *notes, const QByteArray &name, QStringView why)
{
    if (notes->size() < MostNotes)
        notes->append(u"%1 %2 and is left out."_s.arg(printableName(fileNameFromBytes(name)), why));
}

timespec timeOfMs(qint64 ms)
{
    return {time_t(ms / 1000), long(ms % 1000) * 1000000};
}

} // namespace

FolderPut::FolderPut(Upload *upload, const QString &folder, QObject *parent)
    : QObject(parent)
    , m_upload(upload)
    , m_folder(QFile::encodeName(folder))
{
    upload->setParent(this);
    connect(upload, &Upload::taken, this, &FolderPut::pump);
    connect(upload, &Upload::finished, this, &FolderPut::end);
    if (const Error error = add({}); !error.code.isEmpty())
        QMetaObject::invokeMethod(
            this, [this, error] { end(error); }, Qt::QueuedConnection);
}

Error FolderPut::cannotRead(const QByteArray &name, const QString &why) const
{
    return {errors::FileError.toString(),
            u"Cannot read %1: %2."_s.arg(fileNameFromBytes(name.isEmpty() ? m_folder : m_folder + '/' + name), why),
            {}};
}

Error FolderPut::list(const QByteArray &name)
{
    DIR *const folder = ::opendir((name.isEmpty() ? m_folder : m_folder + '/' + name).constData());
    if (!folder)
        return cannotRead(name, errnoText(errno));
    QByteArrayList names;
    while (const dirent *entry = ::readdir(folder)) {
        const QByteArray found(entry->d_name);
        if (found != "." && found != "..")
            names.append(name.isEmpty() ? found : name + '/' + found);
    }
    ::closedir(folder);
    std::sort(names.begin(), names.end());
    for (const QByteArray &each : std::as_const(names)) {
        if (const Error error = add(each); !error.code.isEmpty())
            return error;
    }
    return {};
}

// The folder itself has no name.
Error FolderPut::add(const QByteArray &name)
{
    const QByteArray path = name.isEmpty() ? m_folder : m_folder + '/' + name;
    struct stat status = {};
    if ((name.isEmpty() ? ::stat(path.constData(), &status) : ::lstat(path.constData(), &status)) != 0)
        return cannotRead(name, errnoText(errno));
    if (m_members.size() >= MostMembers)
        return {errors::TooLarge.toString(),
                u"There are more than %1 files in %2."_s.arg(MostMembers).arg(fileNameFromBytes(m_folder)),
                {}};
    TarMember member;
    member.name = name;
    member.mode = status.st_mode & 0777;
    member.mtimeMs = std::max<qint64>(0, status.st_mtim.tv_sec * qint64(1000) + status.st_mtim.tv_nsec / 1000000);
    if (S_ISREG(status.st_mode)) {
        m_members.append(member);
    } else if (S_ISDIR(status.st_mode)) {
        member.kind = TarMember::Kind::Directory;
        m_members.append(member);
        return list(name);
    } else if (S_ISLNK(status.st_mode)) {
        QByteArray target(4096, Qt::Uninitialized);
        const ssize_t size = ::readlink(path.constData(), target.data(), size_t(target.size()));
        if (size < 0)
            return cannotRead(name, errnoText(errno));
        target.truncate(size);
        member.kind = TarMember::Kind::Symlink;
        member.target = target;
        if (leadsOut(member))
            note(&m_notes, name, u"points out of the folder");
        else
            m_members.append(member);
    } else {
        note(&m_notes, name, u"is no file");
    }
    return {};
}

void FolderPut::pump()
{
    while (!m_ended && m_upload->bytesPending() < Upload::HighWater) {
        Error error;
        if (m_file.isOpen()) {
            error = sendPart();
        } else if (m_next < m_members.size()) {
            error = begin(m_members[m_next++]);
        } else {
            m_ended = true;
            m_upload->write(archive::endOfTar());
            m_upload->finish();
        }
        if (!error.code.isEmpty())
            return end(error);
    }
}

// A file has the size that it has when it is opened.
Error FolderPut::begin(TarMember member)
{
    if (member.kind == TarMember::Kind::File) {
        const QByteArray path = m_folder + '/' + member.name;
        const int fd = ::open(path.constData(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        struct stat status = {};
        if (fd < 0 || ::fstat(fd, &status) != 0 || !m_file.open(fd, QIODevice::ReadOnly, QFileDevice::AutoCloseHandle))
            return cannotRead(member.name, errnoText(errno));
        if (!S_ISREG(status.st_mode))
            return cannotRead(member.name, u"it is no file any more"_s);
        m_left = member.size = status.st_size;
    }
    m_upload->write(archive::tarHeader(member));
    if (m_left == 0)
        m_file.close();
    return {};
}

Error FolderPut::sendPart()
{
    const QByteArray part = m_file.read(std::min(m_left, FolderPart));
    const QByteArray &name = m_members[m_next - 1].name;
    if (part.isEmpty())
        return cannotRead(name, m_file.error() != QFileDevice::NoError ? m_file.errorString()
                                                                       : u"it became shorter meanwhile"_s);
    m_upload->write(part);
    m_left -= part.size();
    if (m_left == 0) {
        m_upload->write(archive::tarPadding(m_file.pos()));
        m_file.close();
    }
    return {};
}

void FolderPut::end(const Error &error)
{
    m_upload->disconnect(this);
    deleteLater();
    Q_EMIT finished(error);
}

FolderGet::FolderGet(Download *download, const QString &folder, QObject *parent)
    : QObject(parent)
    , m_download(download)
    , m_signals({SIGINT, SIGTERM})
    , m_folder(folder)
    , m_reader(readerLimits())
{
    download->setParent(this);
    connect(&m_signals, &Signals::received, this, [this] {
        end({errors::Cancelled.toString(), u"%1 was not brought."_s.arg(m_folder), {}});
    });
    connect(download, &Download::opened, this, [this] {
        m_opened = true;
        check(open());
    });
    connect(download, &Download::data, this, [this](const QByteArray &bytes) { check(feed(bytes)); });
    connect(download, &Download::finished, this,
            [this](const Error &error) { end(error.code.isEmpty() ? finish() : error); });
}

FolderGet::~FolderGet()
{
    if (!m_temporary.isEmpty())
        QDir(QFileInfo(m_folder).path() + u'/' + QFile::decodeName(m_temporary)).removeRecursively();
}

void FolderGet::check(const Error &error)
{
    if (!error.code.isEmpty())
        end(error);
}

void FolderGet::end(const Error &error)
{
    m_download->disconnect(this);
    m_signals.disconnect(this);
    deleteLater();
    Q_EMIT finished(error);
}

Error FolderGet::cannotWrite(const QByteArray &name) const
{
    return {errors::FileError.toString(),
            u"Cannot write %1: %2."_s.arg(name.isEmpty() ? m_folder : m_folder + u'/' + fileNameFromBytes(name),
                                          errnoText(errno)),
            {}};
}

Error FolderGet::open()
{
    const QFileInfo target(m_folder);
    if (target.exists() || target.isSymLink())
        return {errors::Exists.toString(), u"%1 is there already, and no folder is replaced."_s.arg(m_folder), {}};
    m_leaf = QFile::encodeName(target.fileName());
    m_parent.reset(::open(QFile::encodeName(target.path()).constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const QByteArray name = ".isol8-" + QByteArray::number(::getpid()) + ".tmp";
    if (!m_parent || ::mkdirat(m_parent.get(), name.constData(), 0700) != 0)
        return cannotWrite({});
    m_temporary = name;
    m_root.reset(::openat(m_parent.get(), name.constData(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    return m_root ? Error() : cannotWrite({});
}

Error FolderGet::feed(const QByteArray &bytes)
{
    QByteArrayView rest(bytes);
    while (true) {
        const TarReader::Step step = m_reader.feed(rest);
        rest = rest.sliced(step.consumed);
        Error error;
        switch (step.event) {
        case TarReader::Event::NeedMore:
            return {};
        case TarReader::Event::Failed:
            return m_reader.error();
        case TarReader::Event::Member:
            error = begin();
            break;
        case TarReader::Event::Data:
            for (qsizetype at = 0; m_file && at < step.data.size();) {
                const ssize_t n = ::write(m_file.get(), step.data.data() + at, size_t(step.data.size() - at));
                if (n < 0 && errno != EINTR)
                    return cannotWrite(m_member.name);
                at += std::max<ssize_t>(n, 0);
            }
            if (m_file && m_reader.left() == 0)
                error = endFile();
            break;
        }
        if (!error.code.isEmpty())
            return error;
    }
}

// Of the folders above only the first that is left out is told of.
bool FolderGet::isLeftOut(const QByteArray &name)
{
    const QByteArrayList parts = name.split('/');
    QByteArray path;
    for (const QByteArray &part : parts) {
        path += (path.isEmpty() ? "" : "/") + part;
        if (m_leftOut.contains(path))
            return true;
        if (!part.startsWith('.') && part != "isol8.config.json")
            continue;
        m_leftOut.insert(path);
        note(&m_notes, path, part.startsWith('.') ? u"is hidden" : u"is isol8's configuration");
        return true;
    }
    return false;
}

// The folder that \a name is in, without following a link; it is there, for archives have folders before what is in
// them.
Descriptor FolderGet::parentOf(const QByteArray &name) const
{
    Descriptor folder(::dup(m_root.get()));
    QByteArrayList parts = name.split('/');
    parts.removeLast();
    for (const QByteArray &part : std::as_const(parts)) {
        if (!folder)
            break;
        (void)::mkdirat(folder.get(), part.constData(), 0700);
        folder.reset(::openat(folder.get(), part.constData(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    }
    return folder;
}

Error FolderGet::begin()
{
    m_member = m_reader.member();
    if (m_member.name.isEmpty()) {
        m_folders.append(m_member);
        return {};
    }
    if (isLeftOut(m_member.name))
        return {};
    const Descriptor parent = parentOf(m_member.name);
    const QByteArray leaf = m_member.name.mid(m_member.name.lastIndexOf('/') + 1);
    if (!parent)
        return cannotWrite(m_member.name);
    switch (m_member.kind) {
    case TarMember::Kind::Directory:
        m_folders.append(m_member);
        return ::mkdirat(parent.get(), leaf.constData(), 0700) == 0 || errno == EEXIST ? Error()
                                                                                       : cannotWrite(m_member.name);
    case TarMember::Kind::Symlink:
        if (leadsOut(m_member))
            note(&m_notes, m_member.name, u"points out of the folder");
        else if (::symlinkat(m_member.target.constData(), parent.get(), leaf.constData()) != 0)
            return cannotWrite(m_member.name);
        return {};
    case TarMember::Kind::HardLink:
        note(&m_notes, m_member.name, u"is another name of a file");
        return {};
    case TarMember::Kind::File:
        break;
    }
    m_file.reset(::openat(parent.get(), leaf.constData(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!m_file)
        return cannotWrite(m_member.name);
    return m_reader.left() == 0 ? endFile() : Error();
}

Error FolderGet::endFile()
{
    const Descriptor file = std::move(m_file);
    const timespec times[2] = {{0, UTIME_OMIT}, timeOfMs(m_member.mtimeMs)};
    if (::fchmod(file.get(), m_member.mode & 0777) != 0 || ::futimens(file.get(), times) != 0)
        return cannotWrite(m_member.name);
    return {};
}

Error FolderGet::finish()
{
    if (const Error error = m_reader.finish(); !error.code.isEmpty())
        return error;
    // The archive of a folder need not say what it is itself.
    if (std::none_of(m_folders.begin(), m_folders.end(), [](const TarMember &one) { return one.name.isEmpty(); })) {
        const mode_t mask = ::umask(0);
        ::umask(mask);
        if (::fchmod(m_root.get(), 0777 & ~mask) != 0)
            return cannotWrite({});
    }
    // The deepest first: a folder that shuts its owner out is shut last.
    std::sort(m_folders.begin(), m_folders.end(),
              [](const TarMember &a, const TarMember &b) { return a.name > b.name; });
    for (const TarMember &folder : std::as_const(m_folders)) {
        const QByteArray leaf = folder.name.mid(folder.name.lastIndexOf('/') + 1);
        Descriptor it = folder.name.isEmpty() ? Descriptor(::dup(m_root.get())) : parentOf(folder.name);
        if (!folder.name.isEmpty() && it)
            it.reset(::openat(it.get(), leaf.constData(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        const timespec times[2] = {{0, UTIME_OMIT}, timeOfMs(folder.mtimeMs)};
        if (!it || ::futimens(it.get(), times) != 0 || ::fchmod(it.get(), folder.mode & 0777) != 0)
            return cannotWrite(folder.name);
    }
    int result =
        ::renameat2(m_parent.get(), m_temporary.constData(), m_parent.get(), m_leaf.constData(), RENAME_NOREPLACE);
    if (result != 0 && errno == EINVAL) // a file system that knows no flags
        result = ::renameat(m_parent.get(), m_temporary.constData(), m_parent.get(), m_leaf.constData());
    if (result != 0)
        return cannotWrite({});
    m_temporary.clear();
    return {};
}

} // namespace isol8::cli
