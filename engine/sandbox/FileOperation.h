// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Callback.h>
#include <isol8/sandbox/GuestChannel.h>

#include <QByteArray>
#include <QList>

#include <optional>

namespace isol8 {

/*!
    Files of a sandbox, over its stream; inside, a process of the sandbox user reads and writes them. One-shots after
    base/Callback.h, several may be under way at once; they begin in order. For large files: FileUpload, FileDownload.
   Errors: not_found, bad_path (outside /sandbox and /tmp after resolving links), too_large (more than the limit), oom,
   disk_full, file_error (no regular file, denied: the sentence says which), sandbox_lost.
*/
namespace files {

struct Attributes
{
    std::optional<uint> mode = {}; //!< permission bits; without them 0644 of a file, 0755 of a new directory
    qint64 mtimeMs = 0;            //!< since 1970; 0: as it comes
};

//! Writes a whole file; parents are made. \a content is shared, not copied, until it is sent.
void put(GuestChannel *channel, const QString &path, const QByteArray &content, const Attributes &attributes,
         Callback<void> done);

struct Content
{
    QByteArray bytes;
    uint mode = 0;      //!< permission bits
    qint64 mtimeMs = 0; //!< since 1970
};

//! Reads a whole regular file of at most \a limit bytes.
void get(GuestChannel *channel, const QString &path, qint64 limit, Callback<Content> done);

struct ListOptions
{
    int limit = 4096;       //!< entries; more: too_large
    bool recursive = false; //!< also all that is below the folders
};

//! What a path or glob names, sorted; of a folder what is in it. Links are entries, and are not followed.
void list(GuestChannel *channel, const QString &pattern, const ListOptions &options,
          Callback<QList<guest::FileEntryMessage>> done);

//! Makes a directory and its parents; one that is there is success, and gets the attributes.
void makeDirectory(GuestChannel *channel, const QString &path, const Attributes &attributes, Callback<void> done);

//! Removes a file, a link itself, or a directory with all that is in it; /sandbox and /tmp themselves cannot be.
void remove(GuestChannel *channel, const QString &path, Callback<void> done);

//! Makes a symbolic link that holds \a target as it is, in place of what has its name (a directory: file_error).
void makeLink(GuestChannel *channel, const QString &path, const QString &target, Callback<void> done);

} // namespace files

} // namespace isol8
