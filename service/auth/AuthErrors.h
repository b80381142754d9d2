// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStringView>

//! The codes of errors that have to do with keys (base/Error.h has the others).
namespace isol8::service::autherrors {
inline constexpr QStringView MissingKey = u"missing_key";              //!< 401: the request has none
inline constexpr QStringView BadKey = u"bad_key";                      //!< 403: nobody's
inline constexpr QStringView ExpiredKey = u"expired_key";              //!< 403
inline constexpr QStringView RevokedKey = u"revoked_key";              //!< 403
inline constexpr QStringView OverQuota = u"over_quota";                //!< 429: the key's quota is used up for now
inline constexpr QStringView TooManySessions = u"too_many_sessions";   //!< 429: the tenant has as many as it may
inline constexpr QStringView TooManySnapshots = u"too_many_snapshots"; //!< 429: the tenant has as many as it may
inline constexpr QStringView AuthDisabled = u"auth_disabled";          //!< 400: no key database is kept
inline constexpr QStringView AuthUnavailable = u"auth_unavailable";    //!< 503: the key database does not answer
inline constexpr QStringView AuthDatabase = u"auth_database";          //!< the key database cannot be used as it is
} // namespace isol8::service::autherrors
