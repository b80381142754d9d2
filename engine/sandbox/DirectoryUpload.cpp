// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/sandbox/DirectoryUpload.h>

#include <isol8/base/Units.h>
#include <isol8/sandbox/FileRequest.h>

#include <QIODevice>

using namespace Qt::StringLiterals;
using isol8::archive::TarMember;
using isol8::archive::TarReader;
using isol8::guest::FrameType;

namespace isol8 {

namespace {

// Many small files are on their way at once, but no more of them than the guest takes in one go.
constexpr qsizetype MaxJobs = 256;
constexpr qint64 MaxJobBytes = 1 * MiB;

} // namespace

DirectoryUpload::DirectoryUpload(GuestChannel *channel, const archive::TarLimits &limits, QObject *parent)
    : QObject(parent)
    , m_channel(channel)
    , m_directory(limits.directory)
    , m_reader(limits)
{
}

DirectoryUpload::~DirectoryUpload() = default;

void DirectoryUpload::start()
{
    Q_ASSERT(m_state == State::Fresh);
    m_state = State::Members;
    if (m_channel) { // between two members nothing else tells of its end
        connect(m_channel, &GuestChannel::lost, this, &DirectoryUpload::end);
        connect(m_channel, &QObject::destroyed, this, &DirectoryUpload::channelGone);
    }
    auto *job = new FileRequest(m_channel, m_directory, this);
    watch(job, 0);
    guest::FileMkdirMessage message;
    message.path = m_directory.toStdString();
    job->start(FrameType::FileMkdir, message.encode());
    work();
}

void DirectoryUpload::start(QIODevice *source)
{
    m_source = source;
    m_total = source->size();
    start();
}

void DirectoryUpload::write(const QByteArray &bytes)
{
    if (m_state == State::Over || m_finishing || bytes.isEmpty())
        return;
    m_queue.enqueue(bytes);
    m_pending += bytes.size();
    work();
}

void DirectoryUpload::finish()
{
    m_finishing = true;
    work();
}

void DirectoryUpload::cancel()
{
    end({errors::Cancelled.toString(),
         u"The transfer into %1 was cancelled."_s.arg(QString::fromUtf8(m_directory)),
         {}});
}

QByteArray DirectoryUpload::placeOf(const QByteArray &name) const
{
    return name.isEmpty() ? m_directory : QByteArray(m_directory + '/' + name);
}

bool DirectoryUpload::isBlocked() const
{
    return m_jobs.size() >= MaxJobs || (!m_file && m_bytes >= MaxJobBytes) || (m_file && m_file->bytesPending() > 0);
}

void DirectoryUpload::work()
{
    if (m_state != State::Members || m_working)
        return;
    m_working = true;
    while (m_state == State::Members && !isBlocked() && (!m_queue.isEmpty() || refill())) {
        if (!look())
            break;
    }
    m_working = false;
    if (m_state != State::Members || !m_finishing || !m_queue.isEmpty())
        return;
    if (const Error error = m_reader.finish(); !error.code.isEmpty())
        end(error);
    else if (m_jobs.isEmpty())
        setFolders();
}

bool DirectoryUpload::refill()
{
    if (!m_source || m_finishing)
        return false;
    const QByteArray bytes = m_source->read(guest::DataChunk);
    if (bytes.isEmpty() && !m_source->atEnd()) {
        end({errors::FileError.toString(), u"The archive cannot be read: %1."_s.arg(m_source->errorString()), {}});
        return false;
    }
    m_finishing = bytes.isEmpty();
    if (m_finishing)
        return false;
    m_queue.enqueue(bytes);
    m_pending += bytes.size();
    return true;
}

// One step through what has come. False at the end of all.
bool DirectoryUpload::look()
{
    const QByteArray head = m_queue.head(); // alive while events are told
    const QByteArrayView bytes =
        QByteArrayView(head).sliced(m_at, std::min<qsizetype>(head.size() - m_at, guest::DataChunk));
    const TarReader::Step step = m_reader.feed(bytes);
    m_at += step.consumed;
    m_pending -= step.consumed;
    m_done += step.consumed;
    if (m_at == head.size()) {
        m_queue.dequeue();
        m_at = 0;
    }
    switch (step.event) {
    case TarReader::Event::NeedMore:
        break;
    case TarReader::Event::Failed:
        end(m_reader.error());
        return false;
    case TarReader::Event::Member:
        begin(m_reader.member());
        break;
    case TarReader::Event::Data:
        if (m_file) {
            m_file->write(step.data.toByteArray());
            if (m_reader.left() == 0)
                std::exchange(m_file, nullptr)->finish();
        }
        break;
    }
    return true;
}

void DirectoryUpload::begin(const TarMember &member)
{
    ++m_members;
    switch (member.kind) {
    case TarMember::Kind::File:
        return beginFile(member);
    case TarMember::Kind::Directory:
        m_folders.insert(member.name, member);
        return makeFolder(member, false);
    case TarMember::Kind::Symlink:
    case TarMember::Kind::HardLink:
        return makeLink(member);
    }
}

void DirectoryUpload::beginFile(const TarMember &member)
{
    FileUpload::Target target;
    target.path = placeOf(member.name);
    target.mode = member.mode;
    target.mtimeMs = member.mtimeMs;
    target.size = member.size;
    target.sparse = m_sparse;
    target.replace = true;
    auto *job = new FileUpload(m_channel, target, this);
    watch(job, member.size);
    connect(job, &FileUpload::taken, this, &DirectoryUpload::goOn);
    job->start();
    if (member.size == 0)
        job->finish();
    else
        m_file = job;
}

// At first so that things can be made in it.
void DirectoryUpload::makeFolder(const TarMember &member, bool isLast)
{
    guest::FileMkdirMessage message;
    message.path = placeOf(member.name).toStdString();
    message.mode = isLast ? member.mode : member.mode | 0700;
    message.mtimeMs = isLast ? quint64(member.mtimeMs) : 0;
    auto *job = new FileRequest(m_channel, placeOf(member.name), this);
    watch(job, 0);
    job->start(FrameType::FileMkdir, message.encode());
}

void DirectoryUpload::makeLink(const TarMember &member)
{
    const bool hard = member.kind == TarMember::Kind::HardLink;
    guest::FileSymlinkMessage message;
    message.path = placeOf(member.name).toStdString();
    message.target = (hard ? placeOf(member.target) : member.target).toStdString();
    message.mtimeMs = quint64(member.mtimeMs);
    message.flags = hard ? quint32(guest::FileSymlinkMessage::Hard) : 0;
    auto *job = new FileRequest(m_channel, placeOf(member.name), this);
    watch(job, 0);
    job->start(FrameType::FileSymlink, message.encode());
}

// The deepest first: a folder that shuts its owner out is shut last.
void DirectoryUpload::setFolders()
{
    m_state = State::Folders;
    while (m_jobs.size() < MaxJobs && !m_folders.isEmpty())
        makeFolder(m_folders.take(m_folders.lastKey()), true);
    if (m_jobs.isEmpty())
        end({});
}

void DirectoryUpload::watch(FileJob *job, qint64 bytes)
{
    m_jobs.insert(job);
    m_bytes += bytes;
    connect(job, &FileJob::finished, this, [this, job, bytes](const Error &error) { jobFinished(job, bytes, error); });
}

void DirectoryUpload::jobFinished(FileJob *job, qint64 bytes, const Error &error)
{
    m_jobs.remove(job);
    m_bytes -= bytes;
    job->deleteLater();
    if (job == m_file)
        m_file = nullptr;
    if (m_state == State::Over)
        return;
    if (!error.code.isEmpty())
        return end(error);
    if (m_state == State::Folders)
        setFolders();
    else
        goOn();
}

// There is room again.
void DirectoryUpload::goOn()
{
    const qint64 before = m_done;
    work();
    if (m_done == before || m_state == State::Over)
        return;
    const QPointer<DirectoryUpload> self(this);
    Q_EMIT progress(m_done, m_total);
    if (self && m_state == State::Members && !m_finishing)
        Q_EMIT taken();
}

void DirectoryUpload::channelGone()
{
    end({errors::SandboxLost.toString(), u"The sandbox was ended."_s, {}});
}

void DirectoryUpload::end(const Error &error)
{
    if (m_state == State::Over)
        return;
    m_state = State::Over;
    m_queue.clear();
    m_pending = 0;
    m_file = nullptr;
    for (FileJob *job : std::exchange(m_jobs, {})) {
        job->disconnect(this);
        job->cancel();
        job->deleteLater();
    }
    QMetaObject::invokeMethod(
        this, [this, error] { Q_EMIT finished(error); }, Qt::QueuedConnection);
}

} // namespace isol8
