// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Callback.h>
#include <isol8/execution/Transfer.h>

namespace isol8 {

class Session;

/*!
    The transfers of a session's files, of any size. A session's end is theirs, with session_lost; while one is under
    way the session is not idle.
*/
namespace sessionfiles {

//! Calls back with a session, or says why there is none.
using Lookup = std::function<void(Callback<Session *>)>;

[[nodiscard]] Upload *upload(const Lookup &lookup, const UploadTarget &target, QObject *parent);
[[nodiscard]] Upload *uploadFolder(const Lookup &lookup, const QString &path, QObject *parent);
[[nodiscard]] Download *download(const Lookup &lookup, const QString &path, QObject *parent);
[[nodiscard]] Download *downloadFolder(const Lookup &lookup, const QString &path, QObject *parent);

} // namespace sessionfiles

} // namespace isol8
