// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>

namespace isol8::archive {

//! One member of a tar archive.
struct TarMember
{
    enum class Kind { File, Directory, Symlink, HardLink };

    Kind kind = Kind::File;
    //! Relative, as Unix has it, without "." and without a slash at its end. Empty: the folder that was packed itself.
    QByteArray name;
    QByteArray target;  //!< of a symlink as it stands, of a hard link the name of a file before it
    uint mode = 0644;   //!< permission bits
    qint64 mtimeMs = 0; //!< since 1970
    qint64 size = 0;    //!< bytes of a file's content

    friend bool operator==(const TarMember &, const TarMember &) = default;
};

} // namespace isol8::archive
