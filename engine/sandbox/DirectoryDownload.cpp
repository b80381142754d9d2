// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/sandbox/DirectoryDownload.h>

#include <isol8/archive/TarWriter.h>
#include <isol8/sandbox/FileRequest.h>

#include <numeric>
#include <utility>

using namespace Qt::StringLiterals;
using isol8::archive::TarMember;

namespace isol8 {

namespace {

// What is asked for ahead of its turn.
constexpr std::size_t MaxAhead = 32;
constexpr qint64 MaxAheadBytes = 1 * MiB;
constexpr qsizetype Piece = 64 * 1024; // of the archive
constexpr qsizetype MaxReasons = 20;

// Without empty parts and "."; empty where it climbs or is not absolute.
QByteArray tidyPath(const QByteArray &path)
{
    QByteArray tidy;
    for (const QByteArray &part : path.split('/')) {
        if (part == "..")
            return {};
        if (!part.isEmpty() && part != ".")
            tidy += '/' + part;
    }
    return path.startsWith('/') ? tidy : QByteArray();
}

TarMember memberOf(const guest::FileEntryMessage &entry, const std::string &name, TarMember::Kind kind)
{
    TarMember member;
    member.kind = kind;
    member.name = QByteArray::fromStdString(name);
    member.target = QByteArray::fromStdString(entry.target);
    member.mode = entry.mode & 0777;
    member.mtimeMs = qint64(std::min<quint64>(entry.mtimeMs, 1'000'000'000'000'000));
    member.size = kind == TarMember::Kind::File ? qint64(entry.size) : 0;
    return member;
}

} // namespace

DirectoryDownload::DirectoryDownload(GuestChannel *channel, const QByteArray &directory, Limits limits, QObject *parent)
    : QObject(parent)
    , m_channel(channel)
    , m_directory(directory)
    , m_limits(limits)
{
}

DirectoryDownload::~DirectoryDownload() = default;

void DirectoryDownload::start()
{
    const QByteArray tidy = tidyPath(m_directory);
    if (tidy.isEmpty()) {
        end({errors::BadPath.toString(),
             u"%1 is not inside /sandbox or /tmp."_s.arg(QString::fromUtf8(m_directory)),
             {}});
        return;
    }
    m_directory = tidy;
    m_listing = new TreeListing(m_channel, m_directory, m_limits.maxEntries, this);
    connect(m_listing, &FileJob::finished, this, &DirectoryDownload::listed);
    m_listing->start();
}

void DirectoryDownload::cancel()
{
    end({errors::Cancelled.toString(), u"The transfer of %1 was cancelled."_s.arg(QString::fromUtf8(m_directory)), {}});
}

void DirectoryDownload::setPaused(bool paused)
{
    const bool was = std::exchange(m_paused, paused);
    if (paused && !m_items.empty() && m_items.front().file)
        m_items.front().file->setPaused(true);
    if (!was || paused)
        return;
    QMetaObject::invokeMethod(this, &DirectoryDownload::work, Qt::QueuedConnection);
}

void DirectoryDownload::listed(const Error &error)
{
    if (m_over)
        return;
    if (!error.code.isEmpty())
        return end(error);
    m_entries = m_listing->takeEntries();
    m_listedAll = true;
    for (const guest::FileEntryMessage &entry : std::as_const(m_entries)) {
        const quint64 size = entry.kind == 'f' ? entry.size : 0;
        if (size > quint64(m_limits.maxBytes - m_total))
            return end({errors::TooLarge.toString(),
                        u"The files in %1 are larger than %2 together."_s.arg(QString::fromUtf8(m_directory),
                                                                              formatSize(m_limits.maxBytes)),
                        {}});
        m_total += qint64(size);
    }
    if (m_limits.whole) {
        if (const Error problem = checkWhole(); !problem.code.isEmpty())
            return end(problem);
    } else if (const QString deep = m_listing->tooDeep(); !deep.isEmpty()) {
        m_skipped.append(deep);
    }
    const QPointer<DirectoryDownload> self(this);
    Q_EMIT progress(0, m_total);
    if (self)
        work();
}

// All is the sandbox user's own, so that its mode says who may read it.
Error DirectoryDownload::checkWhole() const
{
    const auto wrong = [](const QString &sentence) { return Error{errors::FileError.toString(), sentence, {}}; };
    if (const QString deep = m_listing->tooDeep(); !deep.isEmpty())
        return wrong(u"%1 Move or remove them."_s.arg(deep));
    QStringList shut;
    qsizetype more = 0;
    archive::MemberRules rules(*m_limits.whole);
    for (const guest::FileEntryMessage &entry : m_entries) {
        const uint needed = entry.kind == 'f' ? 0400 : entry.kind == 'd' ? 0500 : 0;
        const QString name = archive::shownName(m_directory + '/' + QByteArray::fromStdString(entry.path));
        if ((entry.mode & needed) != needed && shut.size() < MaxReasons)
            shut.append(name);
        else if ((entry.mode & needed) != needed)
            ++more;
        if (entry.kind == 'o' || (entry.kind == 'l' && entry.target.empty()))
            continue;
        TarMember member = memberOf(entry, entry.path,
                                    entry.kind == 'f'   ? TarMember::Kind::File
                                    : entry.kind == 'd' ? TarMember::Kind::Directory
                                                        : TarMember::Kind::Symlink);
        if (const Error refused = rules.check(&member); !refused.code.isEmpty())
            return wrong(u"%1 could not be unpacked again: %2"_s.arg(name, refused.message));
    }
    if (shut.isEmpty())
        return {};
    QString names = shut.join(u", "_s);
    if (more > 0)
        names += u" and %1 more"_s.arg(more);
    return wrong(u"The sandbox user may not read %1; make it readable (chmod u+rX), or remove it."_s.arg(names));
}

// Starts what may be started, writes what is there in its order, and ends when all is written.
void DirectoryDownload::work()
{
    if (m_over || m_working || !m_listedAll || m_paused)
        return;
    const QPointer<DirectoryDownload> self(this);
    m_working = true;
    bool moves = true;
    while (moves && !m_paused) {
        while (startNext()) {
        }
        moves = !m_items.empty() && advance(&m_items.front());
        if (moves)
            m_items.pop_front();
        if (m_over || !flush(Piece) || !self || m_over)
            break;
    }
    if (!self)
        return;
    m_working = false;
    if (m_over || m_paused)
        return;
    if (m_items.empty() && m_next == m_entries.size() && !std::exchange(m_ended, true))
        m_out += archive::endOfTar();
    if (flush(1) && self && !m_over && m_ended && !m_paused)
        end({});
}

bool DirectoryDownload::startNext()
{
    if (m_next == m_entries.size() || m_items.size() > MaxAhead)
        return false;
    const auto add = [](qint64 sum, const Item &item) { return sum + (item.file ? qint64(item.entry.size) : 0); };
    const qint64 ahead = std::accumulate(m_items.begin(), m_items.end(), qint64(0), add);
    if (!m_items.empty() && ahead + qint64(m_entries[m_next].size) > MaxAheadBytes)
        return false;
    Item &item = m_items.emplace_back();
    item.entry = std::exchange(m_entries[m_next++], {});
    if (item.entry.kind == 'f')
        startFile(&item);
    return true;
}

void DirectoryDownload::startFile(Item *item)
{
    const QByteArray path = m_directory + '/' + QByteArray::fromStdString(item->entry.path);
    auto *file = new FileDownload(m_channel, path, m_limits.maxBytes, this);
    item->file = file;
    file->setPaused(true); // until its turn
    connect(file, &FileDownload::opened, this, &DirectoryDownload::work, Qt::QueuedConnection);
    connect(file, &FileDownload::data, this, &DirectoryDownload::take);
    connect(file, &FileJob::finished, this, [this, file](const Error &error) { fileEnded(file, error); });
    file->start();
}

// The entry in front: true when it is done with.
bool DirectoryDownload::advance(Item *item)
{
    switch (item->entry.kind) {
    case 'f':
        return advanceFile(item);
    case 'd':
        if ((item->entry.mode & 0500) != 0500)
            skip(*item, u"may not be looked into by the sandbox user"_s);
        m_out += archive::tarHeader(memberOf(item->entry, item->entry.path, TarMember::Kind::Directory));
        return true;
    case 'l':
        if (item->entry.target.empty())
            skip(*item, u"has vanished meanwhile"_s);
        else
            m_out += archive::tarHeader(memberOf(item->entry, item->entry.path, TarMember::Kind::Symlink));
        return true;
    default:
        skip(*item, u"is a socket, pipe or device"_s);
        return true;
    }
}

bool DirectoryDownload::advanceFile(Item *item)
{
    const bool isOpen = item->file->isOpened();
    if (item->ended && !item->error.code.isEmpty()) {
        const bool canGo = item->error.code == errors::NotFound || item->error.code == errors::FileError ||
                           item->error.code == errors::BadPath;
        if (isOpen || !canGo || (m_limits.whole && item->error.code != errors::NotFound)) {
            end(item->error);
            return false;
        }
        skip(*item, item->error.code == errors::FileError ? u"could not be read"_s : u"has vanished meanwhile"_s);
        item->file->deleteLater();
        return true;
    }
    if (!isOpen)
        return false;
    if (!std::exchange(item->begun, true)) {
        const TarMember member = memberOf(item->file->entry(), item->entry.path, TarMember::Kind::File);
        m_opened += member.size;
        if (m_opened > m_limits.maxBytes) {
            end({errors::TooLarge.toString(),
                 u"The files in %1 are larger than %2 together."_s.arg(QString::fromUtf8(m_directory),
                                                                       formatSize(m_limits.maxBytes)),
                 {}});
            return false;
        }
        m_out += archive::tarHeader(member);
    }
    item->file->setPaused(false);
    if (!item->ended)
        return false;
    m_out += archive::tarPadding(qint64(item->file->entry().size));
    item->file->deleteLater();
    return true;
}

void DirectoryDownload::take(const QByteArray &bytes)
{
    if (m_over)
        return;
    m_out += bytes;
    m_done += bytes.size();
    const QPointer<DirectoryDownload> self(this);
    if (flush(Piece) && self)
        Q_EMIT progress(m_done, std::max(m_done, m_total));
}

void DirectoryDownload::fileEnded(FileDownload *file, const Error &error)
{
    if (Item *item = itemOf(file)) {
        item->ended = true;
        item->error = error;
        work();
    }
}

DirectoryDownload::Item *DirectoryDownload::itemOf(const FileDownload *file)
{
    for (Item &item : m_items) {
        if (item.file == file)
            return &item;
    }
    return nullptr;
}

void DirectoryDownload::skip(const Item &item, const QString &why)
{
    if (m_skipped.size() < MaxReasons)
        m_skipped.append(u"%1 %2."_s.arg(QString::fromStdString(item.entry.path), why));
    else
        ++m_moreSkipped;
}

QStringList DirectoryDownload::skipped() const
{
    return m_moreSkipped ? m_skipped + QStringList{u"%1 more were left out."_s.arg(m_moreSkipped)} : m_skipped;
}

// Hands out what is written when it is at least as much. False when this is gone or over by that.
bool DirectoryDownload::flush(qsizetype least)
{
    if (m_paused || m_out.size() < least)
        return true;
    const QPointer<DirectoryDownload> self(this);
    Q_EMIT data(std::exchange(m_out, {}));
    return self && !m_over;
}

void DirectoryDownload::end(const Error &error)
{
    if (std::exchange(m_over, true))
        return;
    if (m_listing) {
        m_listing->disconnect(this);
        m_listing->deleteLater();
    }
    for (Item &item : m_items) {
        if (!item.file)
            continue;
        item.file->disconnect(this);
        item.file->cancel();
        item.file->deleteLater();
    }
    m_items.clear();
    m_entries.clear();
    m_out.clear();
    QMetaObject::invokeMethod(
        this, [this, error] { Q_EMIT finished(error); }, Qt::QueuedConnection);
}

} // namespace isol8
