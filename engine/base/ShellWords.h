// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>

#include <QStringList>
#include <QStringView>

namespace isol8 {

/*!
    The words of \a text as a POSIX shell separates and unquotes them: spaces, tabs and line ends, '…', "…" and \.
    Nothing else has a meaning: no variable, pattern or comment. bad_value where a quotation does not end.
*/
[[nodiscard]] Result<QStringList> splitShellWords(QStringView text);

//! The words as a POSIX shell would have to be given them: each in '…'.
[[nodiscard]] QString quoteShellWords(const QStringList &words);

} // namespace isol8
