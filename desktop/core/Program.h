// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/execution/RunRequest.h>
#include <isol8/runtime/Runtime.h>

#include <QJsonObject>
#include <QString>

namespace isol8::desktop {

/*!
    What the Run view holds and a `.isol8` document keeps: a program, how it is to be run and where. Secrets are part of
    it while it is open, and of no document, history or draft: their names are, so that the values can be asked for.
*/
struct Program
{
    RunRequest request;
    RunOptions options;
    QString connection; //!< a ConnectionSpec's id; empty: this computer
    QString path;       //!< the file it was opened from or saved to

    friend bool operator==(const Program &, const Program &) = default;

    [[nodiscard]] QString code() const { return QString::fromUtf8(request.code.value_or(QByteArray())); }
    //! The first line that says something, for lists.
    [[nodiscard]] QString title() const;
    [[nodiscard]] QJsonObject toJson() const;
    [[nodiscard]] static Result<Program> fromJson(const QJsonObject &object);
};

//! A `.isol8` document, or a script whose runtime its name tells. file_error, unknown_runtime, bad_request.
[[nodiscard]] Result<Program> openProgram(const QString &path, const RuntimeRegistry &registry);
//! Takes out of it what would open the sandbox's walls, and says what by its wire names: a document may be a
//! stranger's, and not all of it is to be seen in the window.
[[nodiscard]] QStringList closeWalls(Program *program);
[[nodiscard]] Result<void> saveProgram(const QString &path, const Program &program);

//! The same run for a shell, for curl against a service, and in C++. Secrets stand as names.
//! \a service: its address; empty: this computer. Files that are given to the program are in curl's alone.
[[nodiscard]] QString asCommandLine(const Program &program, const QString &service = {});
[[nodiscard]] QString asCurl(const Program &program, const QString &url);
[[nodiscard]] QString asCpp(const Program &program);

} // namespace isol8::desktop
