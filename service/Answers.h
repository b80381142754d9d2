// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Callback.h>
#include <service/http/Exchange.h>

#include <QUrlQuery>

#include <optional>

namespace isol8::service {

//! What is wrong, with the status that fits to what is done with files, sessions and images.
void answerError(Exchange *exchange, const Error &error);
void answerBadRequest(Exchange *exchange, const QString &sentence);

//! For requests that have nothing else to tell: `{"ok":true}`.
[[nodiscard]] Callback<void> okTo(Exchange *exchange);

//! What stands behind '?'; forms write a blank as '+'.
class Query
{
public:
    explicit Query(const Exchange *exchange);

    [[nodiscard]] QString value(const QString &key) const { return m_query.queryItemValue(key, QUrl::FullyDecoded); }
    //! The same of a file's path, which may be any bytes (base/FileNames.h).
    [[nodiscard]] QString path(const QString &key = QStringLiteral("path")) const;
    //! bad_request for what is neither true, false, 1 nor 0; false where it is missing.
    [[nodiscard]] Result<bool> flag(const QString &key) const;
    //! Permission bits in octal, as `?mode=0755`; null where they are missing. bad_request.
    [[nodiscard]] Result<std::optional<uint>> mode() const;
    //! bad_request for what is no whole number in that range; null where it is missing.
    [[nodiscard]] Result<std::optional<qint64>> number(const QString &key, qint64 least, qint64 most) const;

private:
    QUrlQuery m_query;
};

} // namespace isol8::service
