// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Callback.h>
#include <isol8/sandbox/GuestChannel.h>

#include <QByteArray>
#include <QList>

namespace isol8 {

/*!
    Files of a sandbox, over its stream; inside, a process of the sandbox user reads and writes them. One-shots after
    base/Callback.h, several may be under way at once; they are carried out in order. Errors: not_found, bad_path
   (outside /sandbox and /tmp after resolving links), too_large (more than the limit), oom, file_error (no
   space, no regular file, denied: the sentence says which), sandbox_lost.
*/
namespace files {

//! Writes a whole file; parents are made. \a content is shared, not copied, until it is sent.
void put(GuestChannel *channel, const QString &path, const QByteArray &content, uint mode, Callback<void> done);

//! Reads a whole regular file of at most \a limit bytes.
void get(GuestChannel *channel, const QString &path, qint64 limit, Callback<QByteArray> done);

//! What a path or glob names, sorted; at most \a limit entries (more: too_large).
void list(GuestChannel *channel, const QString &pattern, int limit, Callback<QList<guest::FileEntryMessage>> done);

//! Makes a directory and its parents; one that is there is success.
void makeDirectory(GuestChannel *channel, const QString &path, Callback<void> done);

} // namespace files

} // namespace isol8
