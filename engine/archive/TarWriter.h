// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/archive/TarMember.h>

namespace isol8::archive {

/*!
    The pieces of a tar archive, POSIX ustar with pax headers where a name, size or time needs one: for each member its
    header, then its content, then padding(); endOfArchive() last. Pure. Owner is the sandbox user.
*/
[[nodiscard]] QByteArray tarHeader(const TarMember &member);
//! Zeros after \a size bytes of content.
[[nodiscard]] QByteArray tarPadding(qint64 size);
[[nodiscard]] QByteArray endOfTar();
//! A header that belongs to no member; readers pass over it. First in an archive.
[[nodiscard]] QByteArray tarComment(const QByteArray &text);

} // namespace isol8::archive
