// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "Cgroup.h"

#include <isol8/guest/protocol.h>

namespace isol8::guest {

//! What init finds of its own walls (HelloMessage lists the keys). What cannot be read is left empty or out.
[[nodiscard]] HelloMessage collectFacts(const Cgroup &cgroup, const std::string &door);

} // namespace isol8::guest
