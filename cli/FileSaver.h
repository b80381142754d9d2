// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/execution/RunResult.h>

#include <QByteArray>
#include <QMap>
#include <QSet>
#include <QString>
#include <QStringList>

#include <memory>

namespace isol8::cli {

//! What --get is to bring.
struct FilesToSave
{
    QMap<QString, QByteArray> files; //!< of saveFiles(): by their paths in the sandbox, as the run gives them
    QStringList wanted;              //!< --get, as written
    QMap<QString, QByteArray> given; //!< what this run put into the sandbox, by path
    QSet<QString> replaceable; //!< paths of those that come from --files: the user hands them over to be worked on
    QMap<QString, FileInfo> info = {}; //!< of files, as far as it is known
};

struct SavedFiles
{
    QStringList problems; //!< sentences: files that should have come and did not
    QStringList notes;    //!< sentences: files that are left inside on purpose
};

/*!
    Writes a run's files below a folder as their bytes come, at the places that they have below /sandbox or /tmp;
    folders are made as they are needed, no link is followed. A file appears when it is complete, and not before: also
    when this process is killed no part of it stays, where the file system knows files without names. Times are kept,
   and of files that are new here permission bits, less the umask; holes stay holes. The program inside chooses what is
   in the files and, where --get has a wildcard or names a folder, their names, so it is the user's files that are
   guarded here:

    - a file that the run was given and did not change is not brought;
    - isol8.config.json, .isol8ignore and what lies in hidden folders are never written, other hidden files only by
      their full name;
    - an existing file is replaced where --get names it in full; else only when nothing is lost: it is as --files gave
      it to the run, or as isol8 has brought it here before, by its records.
*/
class FileSaver
{
public:
    //! Of \a request all but the files. \a records: a folder of isol8's own.
    FileSaver(const QString &folder, const FilesToSave &request, const QString &records);
    ~FileSaver();
    Q_DISABLE_COPY_MOVE(FileSaver)

    //! A file begins, whatever was before it.
    void begin(const RunFile &file);
    void write(const QByteArray &bytes);
    //! \a problem: why it is not whole; empty: that was all of it.
    void end(const QString &problem = {});
    //! Once, when all has come.
    [[nodiscard]] SavedFiles finish();

private:
    class Private;
    std::unique_ptr<Private> d;
};

//! The same with files that are in memory.
[[nodiscard]] SavedFiles saveFiles(const QString &folder, const FilesToSave &request, const QString &records);

} // namespace isol8::cli
