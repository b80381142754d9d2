// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Units.h>
#include <isol8/egress/HostsFile.h>
#include <isol8/egress/Resolver.h>

#include <QObject>
#include <QStringList>

namespace isol8::egress {

struct ResolverOptions
{
    QStringList servers; //!< "10.0.0.1", "127.0.0.1:5353", "[::1]:53"; empty: those of /etc/resolv.conf
    QString hostsFile = QStringLiteral("/etc/hosts"); //!< empty: none
    milliseconds timeout{2000};                       //!< for a server's answer; twice as long for each further round
    int tries = 3;                                    //!< of each server
    milliseconds patience{12'000};                    //!< in all
    milliseconds otherFamily{250}; //!< that is waited for addresses of one protocol when the other's are there
};

/*!
    Names as this machine has them: /etc/hosts, then its name servers, asked for IPv4 and IPv6 at once, over UDP and,
    where that is too small, over TCP. Search domains are tried for names without a dot only. Everything happens in the
   event loop, each lookup with sockets (and so source ports) of its own and the servers that /etc/resolv.conf has by
   then; deleting it, or the context of a callback, ends a lookup at once.
*/
class SystemResolver : public QObject, public Resolver
{
    Q_OBJECT

public:
    explicit SystemResolver(ResolverOptions options = {});
    ~SystemResolver() override;

    void resolve(const QString &host, const Callback<QList<QHostAddress>> &done) override;

private:
    ResolverOptions m_options;
    HostsFile m_hosts;
};

} // namespace isol8::egress
