// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Callback.h>

#include <QHostAddress>
#include <QList>

namespace isol8::egress {

//! Where names become addresses.
class Resolver
{
public:
    virtual ~Resolver();

    //! The addresses of \a host, which is a name in the form of egress::Host, best first. not_found where it has none,
    //! timeout where nobody answers, name_servers where they fail. Callback's rules: once, never from inside the call;
    //! when its context goes, nothing is asked any more.
    virtual void resolve(const QString &host, const Callback<QList<QHostAddress>> &done) = 0;
};

} // namespace isol8::egress
