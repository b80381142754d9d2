// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>

#include <QStringList>

namespace isol8::cli {

//! The script of the values of --setup: each is commands, or the name of a file that has them. file_error, bad_request.
[[nodiscard]] Result<QString> readSetupScript(const QStringList &values);

} // namespace isol8::cli
