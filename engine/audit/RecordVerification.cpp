// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/audit/RecordVerification.h>

#include <isol8/audit/RecordFolder.h>

#include <QFile>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace isol8::audit {

namespace {

constexpr int LockTries = 200;
constexpr int LockPauseMs = 10;

struct OpenFile
{
    QString name;
    std::unique_ptr<QFile> file;
    qint64 size = 0;
};

struct Snapshot
{
    std::optional<ChainEnds> ends;
    std::vector<OpenFile> files;
};

// All that there is at one moment: what is written, renamed or deleted later changes nothing of it.
Result<Snapshot> openAll(const QString &folder)
{
    const QString chainPath = folder + u'/' + QLatin1StringView(ChainFile);
    const int chain = ::open(QFile::encodeName(chainPath).constData(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool locked = chain < 0;
    for (int i = 0; i < LockTries && !locked; ++i) {
        locked = ::flock(chain, LOCK_SH | LOCK_NB) == 0;
        if (!locked)
            ::poll(nullptr, 0, LockPauseMs);
    }
    Snapshot snapshot;
    QByteArray ends;
    if (chain >= 0) {
        QFile file;
        if (file.open(chain, QIODevice::ReadOnly, QFileDevice::DontCloseHandle))
            ends = file.read(4096);
    }
    snapshot.ends = ChainEnds::fromBytes(ends);
    QString unreadable;
    for (const QString &name : recordFiles(folder)) {
        auto file = std::make_unique<QFile>(folder + u'/' + name);
        if (!file->open(QIODevice::ReadOnly))
            unreadable = name;
        const qint64 size = file->size();
        snapshot.files.push_back({name, std::move(file), size});
    }
    if (chain >= 0)
        ::close(chain);
    if (!locked)
        return fail(errors::FileError,
                    u"The audit log in %1 is locked by a process that does not go on."_s.arg(folder));
    if (!unreadable.isEmpty())
        return fail(errors::FileError, u"%1/%2 cannot be read."_s.arg(folder, unreadable));
    return snapshot;
}

} // namespace

Result<Verification> verifyRecords(const QString &folder, const QByteArray &known)
{
    auto snapshot = openAll(folder);
    if (!snapshot)
        return fail(snapshot.error());
    if (snapshot->files.empty() && !snapshot->ends)
        return fail(errors::NotFound, u"There are no records in %1."_s.arg(folder));
    Verification verification;
    verification.files = qint64(snapshot->files.size());
    verification.first = snapshot->ends ? snapshot->ends->first : ChainPoint();
    verification.knowsHash = known.isEmpty();
    ChainCheck check(snapshot->ends ? std::optional(snapshot->ends->first) : std::nullopt);
    bool fits = true;
    for (const OpenFile &open : snapshot->files) {
        ChainCheck::Place place{open.name, 0};
        while (fits && open.file->pos() < open.size) {
            QByteArray line = open.file->readLine(std::min(open.size - open.file->pos(), LongestLine) + 1);
            ++place.line;
            const bool whole = line.endsWith('\n');
            if (whole)
                line.chop(1);
            if (!whole && &open == &snapshot->files.back() && open.file->pos() >= open.size) {
                verification.unfinished = true;
                break;
            }
            fits = check.feed(line, place);
            if (!known.isEmpty() && fits && check.point().hash == known)
                verification.knowsHash = true;
            if (line.isEmpty() && !whole)
                break;
        }
    }
    if (fits && snapshot->ends)
        check.finish(snapshot->ends->last);
    verification.problem = check.problem();
    if (!verification.problem && !snapshot->ends)
        verification.problem = ChainCheck::Problem{
            {QString::fromLatin1(ChainFile), 0},
            u"This file says where the records begin and end, and it is gone; some may be missing."_s};
    verification.records = check.records();
    verification.torn = check.torn();
    verification.lost = check.lost();
    verification.last = check.point();
    return verification;
}

} // namespace isol8::audit
