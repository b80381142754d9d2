// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>
#include <isol8/http/Socket.h>

#include <QByteArray>
#include <QProcessEnvironment>
#include <QString>

namespace isol8::remote {

//! An isol8 service elsewhere: where it is, who vouches for it, and the key that it is asked with.
struct ServiceEndpoint
{
    http::Address address; //!< Tcp or Tls; \c authorities: a file of certificates that are trusted besides the system's
    QByteArray prefix;     //!< "/isol8", percent-encoded: stands before the path of each route; empty: nothing does
    QByteArray key;        //!< empty: none is sent

    /*!
        Of "https://host:port/prefix" or "http://…". bad_value for everything else: no scheme, a user or password in it
        (a key is no part of an address), a query.
    */
    [[nodiscard]] static Result<ServiceEndpoint> parse(const QString &url);

    //! The address as people write it, without the key: the same for each way of writing it.
    [[nodiscard]] QString toString() const;
    //! Whether nobody on the way can read the key: TLS, or a loopback address.
    [[nodiscard]] bool isConfidential() const;
};

//! Whether \a key can be sent: printable ASCII without blanks. bad_value without showing it.
[[nodiscard]] Result<void> checkKey(const QByteArray &key);

/*!
    The proxy that the \a environment names for the endpoint: https_proxy, http_proxy (in small letters only, for CGI
    programs have HTTP_PROXY from strangers), all_proxy; none for what no_proxy names ("*", a host, ".domain",
    host:port) and for loopback. Empty: none. Other proxies than http:// ones are not used.
*/
[[nodiscard]] QUrl proxyFor(const ServiceEndpoint &endpoint, const QProcessEnvironment &environment);

//! Codes of what only an engine elsewhere can meet; the first three are a service's own, too.
namespace errors {
inline constexpr QStringView Unauthorized = u"missing_key";      //!< it wants a key, and none was sent
inline constexpr QStringView Forbidden = u"bad_key";             //!< it does not take the key
inline constexpr QStringView Untrusted = u"service_untrusted";   //!< its certificate is not trusted
inline constexpr QStringView TooMany = u"over_quota";            //!< over a quota or rate of the key
inline constexpr QStringView NeedsSocket = u"websocket_refused"; //!< no WebSocket gets through, and the run needs one
} // namespace errors

} // namespace isol8::remote
