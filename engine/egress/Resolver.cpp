// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/egress/Resolver.h>

#include <QCoreApplication>
#include <QHostInfo>

using namespace Qt::StringLiterals;

namespace isol8::egress {

Resolver::~Resolver() = default;

void SystemResolver::resolve(const QString &host, const Callback<QList<QHostAddress>> &done)
{
    // Answers from Qt's cache come by a queued call, too.
    QHostInfo::lookupHost(host, QCoreApplication::instance(), [done](const QHostInfo &info) {
        if (info.error() != QHostInfo::NoError || info.addresses().isEmpty())
            return done(fail(errors::NotFound, info.errorString()));
        done(info.addresses());
    });
}

} // namespace isol8::egress
