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

//! "python" of a program's first line; empty where it does not tell. Pure.
[[nodiscard]] QString runtimeOfFirstLine(QByteArrayView code, const RuntimeRegistry &registry);

//! Whether \a path is a script that is run by isol8 itself, by its first line.
[[nodiscard]] bool isIsol8Script(const QString &path);

} // namespace isol8::cli
