// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QHostAddress>

namespace isol8::egress {

/*!
    Whether \a address is one of this machine's own, whatever range it is in: what listens there is as near as what
    listens on loopback, and no firewall in front of the machine stands before it. Asks the kernel's routes; nothing is
    sent.
*/
[[nodiscard]] bool isOwnAddress(const QHostAddress &address);

} // namespace isol8::egress
