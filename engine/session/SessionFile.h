// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QJsonObject>
#include <QString>

namespace isol8 {

//! An entry of a session's /sandbox or /tmp.
struct SessionFile
{
    enum class Type { File, Directory, Link, Other };

    QString path; //!< absolute
    Type type = Type::File;
    qint64 size = 0;    //!< bytes
    uint mode = 0;      //!< permission bits
    qint64 mtimeMs = 0; //!< since 1970
    QString target;     //!< of a link, as it was made; links are not followed

    friend bool operator==(const SessionFile &, const SessionFile &) = default;
};

//! "file", "directory", "link", "other".
[[nodiscard]] QString toString(SessionFile::Type type);
//! As `GET /session/:id/files` shows it: {path, type, size, mode, mtimeMs}, and a link's target.
[[nodiscard]] QJsonObject toJson(const SessionFile &file);
//! What is missing or wrong stays as it is by default.
[[nodiscard]] SessionFile sessionFileFromJson(const QJsonObject &object);

} // namespace isol8
