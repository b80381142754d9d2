// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/execution/RunRequest.h>
#include <isol8/execution/RunResult.h>
#include <isol8/session/SessionFile.h>

#include <QByteArray>
#include <QList>
#include <QString>

#include <optional>

namespace isol8::desktop {

//! A file that is there after a run.
struct SandboxFile
{
    enum class Change { None, Added, Changed };

    QString path; //!< absolute
    Change change = Change::None;
    qint64 size = 0;
    std::optional<QByteArray> content; //!< not set: to be fetched from its session
    std::optional<QByteArray> before;  //!< what was given to the run
};

//! Of a run whose sandbox is gone: what it left against what it was given. The program itself is in neither.
[[nodiscard]] QList<SandboxFile> filesOf(const RunResult &result, const RunRequest &request);
//! Of a session: what is there now against what was there before the run.
[[nodiscard]] QList<SandboxFile> filesOf(const QList<SessionFile> &now, const QList<SessionFile> &before,
                                         const RunRequest &request);

//! A line of a comparison.
struct DiffLine
{
    enum class Kind { Same, Removed, Added };
    Kind kind = Kind::Same;
    QString text;
    friend bool operator==(const DiffLine &, const DiffLine &) = default;
};

//! By lines; the shortest where both have at most a few thousand, else all that differs in the middle. Pure.
[[nodiscard]] QList<DiffLine> diff(const QString &before, const QString &after);
[[nodiscard]] bool isText(const QByteArray &content);

} // namespace isol8::desktop
