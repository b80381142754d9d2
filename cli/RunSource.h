// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>
#include <isol8/runtime/Runtime.h>

#include <QByteArray>
#include <QString>

namespace isol8::cli {

//! A program as it lies on this machine.
struct ProgramFile
{
    QByteArray code;
    QString name; //!< of the file, "hello.py"; empty where it has none that could be used (a pipe)
    Runtime runtime;
};

/*!
    Reads \a path. Its runtime is \a runtimeName, else its extension's, else that of its first line, "#!/usr/bin/env -S
   isol8 run -r python" or
    "#!/usr/bin/python3". file_error, unknown_runtime, or bad_request for a file that holds no program.
*/
[[nodiscard]] Result<ProgramFile> readProgram(const QString &path, const QString &runtimeName,
                                              const RuntimeRegistry &registry);

//! Where \a file lies below \a folder, "src/app.py", by the links that the folders on the way are; empty where it does
//! not.
[[nodiscard]] QString placeBelow(const QString &folder, const QString &file);

//! \a code without the mark that some editors put before UTF-8 text and that bash, for one, takes for a word. Pure.
[[nodiscard]] QByteArray withoutMark(const QByteArray &code);

//! "python" of a program's first line; empty where it does not tell. Pure.
[[nodiscard]] QString runtimeOfFirstLine(QByteArrayView code, const RuntimeRegistry &registry);

//! Whether \a path is a script that is run by isol8 itself, by its first line.
[[nodiscard]] bool isIsol8Script(const QString &path);

} // namespace isol8::cli
