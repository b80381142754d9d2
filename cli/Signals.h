// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/UnixSignals.h>

namespace isol8::cli {

using Signals = UnixSignals;

} // namespace isol8::cli
