// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/egress/Resolver.h>

namespace isol8::egress {

Resolver::~Resolver() = default;

} // namespace isol8::egress
