// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>

QT_BEGIN_NAMESPACE
class QSslConfiguration;
QT_END_NAMESPACE

namespace isol8::http {

//! Sets certificates and key from a folder as DOCKER_CERT_PATH names one; what is missing there is left as it is.
//! file_error where something cannot be read.
[[nodiscard]] Result<void> loadCertificates(const QString &folder, QSslConfiguration &configuration);

//! Trusts the certificates of the file, too. file_error where it cannot be read, or holds none.
[[nodiscard]] Result<void> addAuthorities(const QString &path, QSslConfiguration &configuration);

} // namespace isol8::http
