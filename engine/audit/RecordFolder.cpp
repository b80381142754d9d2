// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/audit/RecordFolder.h>

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QRegularExpression>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace isol8::audit {

namespace {

constexpr qsizetype EndsSize = 512;

const QRegularExpression &fileName()
{
    static const QRegularExpression pattern(u"^executions-(\\d{4}-\\d\\d-\\d\\d)(?:\\.(\\d{1,6}))?\\.log$"_s);
    return pattern;
}

QByteArray readAt(int file, qint64 from, qint64 size)
{
    QByteArray bytes(qsizetype(size), Qt::Uninitialized);
    qsizetype have = 0;
    while (have < bytes.size()) {
        const ssize_t n = ::pread(file, bytes.data() + have, size_t(bytes.size() - have), from + have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        have += n;
    }
    bytes.truncate(have);
    return bytes;
}

// The last whole line of a file, without its line feed.
QByteArray lastLine(const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly | QIODevice::Unbuffered) || file.size() == 0)
        return {};
    for (qint64 length = 64 * 1024;; length *= 4) {
        const qint64 from = std::max<qint64>(file.size() - length, 0);
        file.seek(from);
        QByteArray tail = file.read(length);
        const qsizetype end = tail.lastIndexOf('\n');
        const qsizetype begin = end > 0 ? tail.lastIndexOf('\n', end - 1) : -1;
        if (begin >= 0 || from == 0 || length > LongestLine)
            return end < 0 ? QByteArray() : tail.mid(begin + 1, end - begin - 1);
    }
}

std::optional<qint64> sequenceOf(QByteArrayView line)
{
    const QJsonObject object = QJsonDocument::fromJson(line.toByteArray()).object();
    const qint64 sequence = object.value(u"sequence"_s).toInteger();
    return sequence > 0 ? std::optional(sequence) : std::nullopt;
}

// One write(), unless the kernel takes only a part: then nothing of it stays.
bool writeLine(int file, const QByteArray &line)
{
    const off_t before = ::lseek(file, 0, SEEK_END);
    ssize_t n = -1;
    do {
        n = ::write(file, line.constData(), size_t(line.size()));
    } while (n < 0 && errno == EINTR);
    if (n == line.size())
        return true;
    const int code = n < 0 ? errno : ENOSPC;
    if (n > 0 && ::ftruncate(file, before) != 0)
        return errno = code, false; // closed by the next that writes
    errno = code;
    return false;
}

} // namespace

QDate dayOf(const QString &name)
{
    return QDate::fromString(fileName().match(name).captured(1), Qt::ISODate);
}

QStringList recordFiles(const QString &folder)
{
    QStringList names = QDir(folder).entryList({u"executions-*.log"_s}, QDir::Files | QDir::Hidden, QDir::NoSort);
    names.removeIf([](const QString &name) { return !dayOf(name).isValid(); });
    const auto key = [](const QString &name) {
        return std::pair(dayOf(name), fileName().match(name).captured(2).toInt());
    };
    std::sort(names.begin(), names.end(), [&](const QString &a, const QString &b) { return key(a) < key(b); });
    if (QFileInfo::exists(folder + u'/' + QLatin1StringView(CurrentFile)))
        names.append(QString::fromLatin1(CurrentFile));
    return names;
}

QByteArray ChainEnds::toBytes() const
{
    const QJsonObject object{{u"firstSequence"_s, first.sequence},  {u"firstHash"_s, QString::fromLatin1(first.hash)},
                             {u"lastSequence"_s, last.sequence},    {u"lastHash"_s, QString::fromLatin1(last.hash)},
                             {u"day"_s, day.toString(Qt::ISODate)}, {u"size"_s, size}};
    return QJsonDocument(object).toJson(QJsonDocument::Compact).leftJustified(EndsSize - 1, ' ') + '\n';
}

std::optional<ChainEnds> ChainEnds::fromBytes(const QByteArray &bytes)
{
    const QJsonObject object = QJsonDocument::fromJson(bytes).object();
    const auto point = [&](const QString &name) {
        return ChainPoint{object.value(name + u"Sequence"_s).toInteger(-1),
                          object.value(name + u"Hash"_s).toString().toLatin1()};
    };
    ChainEnds ends{point(u"first"_s), point(u"last"_s),
                   QDate::fromString(object.value(u"day"_s).toString(), Qt::ISODate),
                   object.value(u"size"_s).toInteger(-1)};
    const bool good = ends.first.sequence >= 0 && ends.last.sequence >= 0 && ends.first.hash.size() == 64 &&
                      ends.last.hash.size() == 64 && ends.day.isValid() && ends.size >= 0;
    return good ? std::optional(ends) : std::nullopt;
}

RecordFolder::RecordFolder(QString path, int retentionDays)
    : m_path(std::move(path))
    , m_retentionDays(retentionDays)
{
}

RecordFolder::~RecordFolder()
{
    close();
}

void RecordFolder::close()
{
    for (int *descriptor : {&m_folder, &m_chain}) {
        if (*descriptor >= 0)
            ::close(std::exchange(*descriptor, -1));
    }
}

Error RecordFolder::failure(const char *what, int code)
{
    m_full = code == ENOSPC || code == EDQUOT;
    return {errors::FileError.toString(),
            u"The audit log in %1 cannot be %2: %3."_s.arg(m_path, QString::fromLatin1(what),
                                                           QString::fromLocal8Bit(std::strerror(code))),
            {}};
}

Result<void> RecordFolder::open()
{
    close();
    QDir().mkpath(QFileInfo(m_path).absolutePath());
    const QByteArray path = QFile::encodeName(m_path);
    if (::mkdir(path.constData(), 0700) != 0 && errno != EEXIST)
        return fail(failure("made", errno));
    m_folder = ::open(path.constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat info = {};
    if (m_folder < 0 || ::fstat(m_folder, &info) != 0)
        return fail(failure("opened", errno));
    if (info.st_uid != ::geteuid())
        return fail(errors::FileError, u"The audit log's folder %1 is another user's."_s.arg(m_path));
    if ((info.st_mode & 0777) != 0700 && ::fchmod(m_folder, 0700) != 0)
        return fail(failure("opened", errno));
    m_chain = ::openat(m_folder, ChainFile, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (m_chain < 0)
        return fail(failure("opened", errno));
    if (::fstat(m_chain, &info) != 0 || !S_ISREG(info.st_mode) || ::fchmod(m_chain, 0600) != 0)
        return fail(failure("opened", EINVAL));
    return {};
}

// False: another process has it. A folder that was removed meanwhile is made anew.
Result<bool> RecordFolder::lock()
{
    for (int attempt = 0; attempt < 3; ++attempt) {
        if (m_chain < 0) {
            if (auto opened = open(); !opened)
                return fail(opened.error());
        }
        int locked = -1;
        do {
            locked = ::flock(m_chain, LOCK_EX | LOCK_NB);
        } while (locked != 0 && errno == EINTR);
        if (locked != 0 && errno == EWOULDBLOCK)
            return false;
        if (locked != 0)
            return fail(failure("locked", errno));
        struct stat info = {};
        if (::fstat(m_chain, &info) == 0 && info.st_nlink > 0)
            return true;
        close();
    }
    return fail(failure("locked", ENOENT));
}

Result<RecordFolder::Outcome> RecordFolder::append(const QJsonObject &record, qint64 *unsaid, const QDate &today)
{
    const auto locked = lock();
    if (!locked)
        return fail(locked.error());
    if (!*locked)
        return Outcome::Locked;
    auto written = write(record, unsaid, today);
    if (m_chain >= 0)
        ::flock(m_chain, LOCK_UN);
    if (!written)
        return fail(written.error());
    return Outcome::Written;
}

int RecordFolder::openRecords() const
{
    const int file =
        ::openat(m_folder, CurrentFile, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    struct stat info = {};
    if (file < 0)
        return -1;
    if (::fstat(file, &info) == 0 && S_ISREG(info.st_mode) && info.st_uid == ::geteuid() && ::fchmod(file, 0600) == 0)
        return file;
    ::close(file);
    errno = EINVAL;
    return -1;
}

//! Closes the file of records, whichever it is by then.
struct RecordFolder::Writer
{
    int file = -1;
    ~Writer()
    {
        if (file >= 0)
            ::close(file);
    }
    [[nodiscard]] qint64 size() const
    {
        struct stat info = {};
        return ::fstat(file, &info) == 0 ? qint64(info.st_size) : 0;
    }
    bool write(const QByteArray &before, const QJsonObject &object, ChainEnds *ends)
    {
        ChainPoint point = ends->last;
        const QByteArray line = before + chained(object, &point) + '\n';
        if (!writeLine(file, line))
            return false;
        ends->last = point;
        ends->size = size();
        return true;
    }
};

Result<void> RecordFolder::write(const QJsonObject &record, qint64 *unsaid, const QDate &today)
{
    Writer writer;
    writer.file = openRecords();
    if (writer.file < 0)
        return fail(failure("written to", errno));
    auto found = readEnds();
    const bool headLost = !found && (writer.size() > 0 || recordFiles(m_path).size() > 1);
    ChainEnds ends = found ? *found : headLost ? endsFromFiles() : ChainEnds{{}, {}, today, 0};
    const auto note = [](QStringView event, const QString &key, const QJsonValue &value) {
        return QJsonObject{{u"event"_s, event.toString()},
                           {key, value},
                           {u"timestamp"_s, QDateTime::currentDateTimeUtc().toString(Qt::ISODateWithMs)}};
    };

    if (const QByteArray torn = takeOver(writer.file, writer.size(), &ends); !torn.isEmpty()) {
        const QString hash = QString::fromLatin1(hashOf(torn));
        if (!writer.write("\n", note(events::Torn, u"lineHash"_s, hash), &ends))
            return fail(failure("written to", errno));
    }
    if (writer.size() > 0 && ends.day < today) {
        if (!rotate(ends.day))
            return fail(failure("rotated", errno));
        ::close(writer.file);
        writer.file = openRecords();
        if (writer.file < 0)
            return fail(failure("written to", errno));
    }
    ends.size = writer.size();
    if (ends.size == 0)
        ends.day = today;
    if (m_pruned != today)
        prune(&ends, today);
    m_pruned = today;
    bool good = !headLost || writer.write({}, note(events::HeadLost, u"reason"_s, u"no executions.chain"_s), &ends);
    if (good && *unsaid > 0) {
        good = writer.write({}, note(events::Lost, u"count"_s, *unsaid), &ends);
        *unsaid = good ? 0 : *unsaid;
    }
    good = good && writer.write({}, record, &ends);
    const int code = errno;
    if (!writeEnds(ends) && good)
        return fail(failure("written to", errno));
    return good ? Result<void>() : fail(failure("written to", code));
}

std::optional<ChainEnds> RecordFolder::readEnds() const
{
    return ChainEnds::fromBytes(readAt(m_chain, 0, EndsSize));
}

bool RecordFolder::writeEnds(const ChainEnds &ends) const
{
    const QByteArray bytes = ends.toBytes();
    return ::pwrite(m_chain, bytes.constData(), size_t(bytes.size()), 0) == bytes.size();
}

// Where nothing says so: the chain goes on behind the last line that there is.
ChainEnds RecordFolder::endsFromFiles() const
{
    ChainEnds ends;
    const QStringList names = recordFiles(m_path);
    const QString current = QString::fromLatin1(CurrentFile);
    for (const QString &name : names) {
        const QByteArray line = lastLine(m_path + u'/' + name);
        if (const auto sequence = sequenceOf(line))
            ends.last = {*sequence, hashOf(line)};
        ends.day = dayOf(name).isValid() ? dayOf(name) : ends.day;
    }
    const QFileInfo file(m_path + u'/' + current);
    ends.size = file.size();
    const QDate modified = file.lastModified().toUTC().date();
    ends.day = ends.size > 0 || !ends.day.isValid() ? modified : ends.day;
    QFile content(file.filePath());
    // What is not finished is closed as after a kill.
    if (ends.size > 0 && content.open(QIODevice::ReadOnly)) {
        const QByteArray tail =
            content.seek(std::max<qint64>(ends.size - LongestLine, 0)) ? content.readAll() : QByteArray();
        ends.size -= tail.size() - (tail.lastIndexOf('\n') + 1);
    }
    return ends;
}

// Lines that a writer did not live to tell of. Returns what it did not finish.
QByteArray RecordFolder::takeOver(int file, qint64 size, ChainEnds *ends) const
{
    if (size <= ends->size || size - ends->size > LongestLine)
        return {};
    const QByteArray rest = readAt(file, ends->size, size - ends->size);
    qsizetype at = 0;
    ChainCheck check(ends->last);
    bool fits = true;
    for (qsizetype end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n', at)) {
        fits = fits && check.feed(QByteArrayView(rest).sliced(at, end - at), {});
        at = end + 1;
    }
    if (check.point().sequence > ends->last.sequence)
        ends->last = check.point();
    ends->size += at;
    return rest.sliced(at);
}

bool RecordFolder::rotate(const QDate &day) const
{
    const QString base = u"executions-"_s + day.toString(Qt::ISODate);
    for (int number = 1;; ++number) {
        const QByteArray name =
            QFile::encodeName(base + (number > 1 ? u'.' + QString::number(number) : QString()) + u".log"_s);
        if (::faccessat(m_folder, name.constData(), F_OK, AT_SYMLINK_NOFOLLOW) == 0)
            continue;
        return ::renameat(m_folder, CurrentFile, m_folder, name.constData()) == 0;
    }
}

void RecordFolder::prune(ChainEnds *ends, const QDate &today) const
{
    const QDate oldest = today.addDays(-m_retentionDays);
    for (const QString &name : recordFiles(m_path)) {
        const QDate day = dayOf(name);
        if (!day.isValid() || day >= oldest)
            return;
        // First what is to remain, then the deletion: a kill in between leaves a file too many.
        const QByteArray line = lastLine(m_path + u'/' + name);
        if (const auto sequence = sequenceOf(line))
            ends->first = {*sequence, hashOf(line)};
        if (!writeEnds(*ends) || ::unlinkat(m_folder, QFile::encodeName(name).constData(), 0) != 0)
            return;
    }
}

} // namespace isol8::audit
