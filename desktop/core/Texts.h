// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/execution/RunResult.h>

#include <QDateTime>
#include <QString>
#include <QStringList>

namespace isol8::desktop {

//! Words for people, in their language.
namespace texts {
[[nodiscard]] QString reason(Reason reason);
[[nodiscard]] QString duration(qint64 ms);
[[nodiscard]] QString bytes(qint64 size);
[[nodiscard]] QString megabytes(double size);
[[nodiscard]] QString age(qint64 seconds);
[[nodiscard]] QString when(const QDateTime &time);
//! One sentence about how it ended: "Completed, exit code 0, in 1.2 s".
[[nodiscard]] QString summary(const RunResult &result);

//! For fields of text: what one lays out in a moment. Lines are cut at MaxLine, which Qt wraps in quadratic time, and
//! all of it at \a most characters.
[[nodiscard]] QString clipped(const QString &text, qsizetype most = 400'000);
inline constexpr qsizetype MaxLine = 4000;
//! For what strangers wrote: Qt takes what looks like HTML for it, and reads the files that it names.
[[nodiscard]] QString plainToolTip(const QString &text);

//! What is wrong, in a person's language, and where in the app it is mended.
struct Advice
{
    QString sentence;
    QString page; //!< an action's id
};
//! By an error's stable code; where that is not known the error's own sentence, and no page.
[[nodiscard]] Advice advice(const QString &code, const QString &message);
} // namespace texts

} // namespace isol8::desktop
