// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/execution/SessionFiles.h>

#include <isol8/base/FileNames.h>
#include <isol8/execution/Validate.h>
#include <isol8/sandbox/FileOperation.h>
#include <isol8/sandbox/Sandbox.h>
#include <isol8/session/Session.h>

using namespace Qt::StringLiterals;

namespace isol8::sessionfiles {

namespace {

constexpr int MostEntries = 50000;

Callback<void> telling(const Session *session, const Callback<void> &done)
{
    return {done.context(), [done, id = session->id()](const Result<void> &result) {
                if (result)
                    done({});
                else
                    done(fail(told(result.error(), id)));
            }};
}

} // namespace

Result<Place> placeIn(Session *session, const QString &path)
{
    auto inside = sandboxPath(path);
    if (!inside)
        return fail(inside.error());
    if (session->isLost())
        return fail(errors::SessionLost, u"The session %1 is lost: its sandbox ended."_s.arg(session->id()));
    if (!session->sandbox())
        return fail(
            errors::UnknownSession,
            u"The session %1 is still starting; its files are there when its first run begins."_s.arg(session->id()));
    session->touch();
    const SandboxSpec &spec = session->sandbox()->spec();
    return Place{session->sandbox()->channel(), std::move(*inside), spec.sandboxSize + spec.tmpSize};
}

Error told(const Error &error, const QString &sessionId)
{
    if (error.code != errors::SandboxLost)
        return error;
    return {errors::SessionLost.toString(), u"The session %1 has ended meanwhile."_s.arg(sessionId), error.message};
}

SessionFile fileOf(const guest::FileEntryMessage &entry)
{
    SessionFile file;
    file.path = fileNameFromBytes(QByteArray::fromStdString(entry.path));
    file.type = entry.kind == 'f'   ? SessionFile::Type::File
                : entry.kind == 'd' ? SessionFile::Type::Directory
                : entry.kind == 'l' ? SessionFile::Type::Link
                                    : SessionFile::Type::Other;
    file.size = qint64(std::min<quint64>(entry.size, quint64(1) << 53)); // what JSON can tell exactly
    file.mode = entry.mode & 07777;
    file.mtimeMs = qint64(std::min<quint64>(entry.mtimeMs, quint64(1) << 53));
    file.target = fileNameFromBytes(QByteArray::fromStdString(entry.target));
    return file;
}

void put(Session *session, const QString &path, const QByteArray &content, std::optional<uint> mode,
         const Callback<void> &done)
{
    if (const auto place = placeIn(session, path); !place)
        done(fail(place.error()));
    else
        files::put(place->channel, place->path, content, {mode, 0}, telling(session, done));
}

void get(Session *session, const QString &path, qint64 limit, const Callback<QByteArray> &done)
{
    const auto place = placeIn(session, path);
    if (!place) {
        done(fail(place.error()));
        return;
    }
    files::get(place->channel, place->path, limit,
               {done.context(), [done, id = session->id()](const Result<files::Content> &content) {
                    if (content)
                        done(content->bytes);
                    else
                        done(fail(told(content.error(), id)));
                }});
}

void list(Session *session, const QString &path, bool recursive, const Callback<QList<SessionFile>> &done)
{
    const auto place = placeIn(session, path);
    if (!place) {
        done(fail(place.error()));
        return;
    }
    files::list(place->channel, place->path, {MostEntries, recursive},
                {done.context(), [done, id = session->id()](const Result<QList<guest::FileEntryMessage>> &entries) {
                     if (!entries) {
                         done(fail(told(entries.error(), id)));
                         return;
                     }
                     QList<SessionFile> found;
                     for (const guest::FileEntryMessage &entry : *entries)
                         found.append(fileOf(entry));
                     done(found);
                 }});
}

void remove(Session *session, const QString &path, const Callback<void> &done)
{
    if (const auto place = placeIn(session, path); !place)
        done(fail(place.error()));
    else if (place->path == u"/sandbox" || place->path == u"/tmp")
        done(fail(errors::FileError,
                  u"%1 itself stays as long as its session; remove what is in it."_s.arg(place->path)));
    else
        files::remove(place->channel, place->path, telling(session, done));
}

void makeDirectory(Session *session, const QString &path, std::optional<uint> mode, const Callback<void> &done)
{
    if (const auto place = placeIn(session, path); !place)
        done(fail(place.error()));
    else
        files::makeDirectory(place->channel, place->path, {mode, 0}, telling(session, done));
}

} // namespace isol8::sessionfiles
