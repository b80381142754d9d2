// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>

#include <QJsonObject>
#include <QList>
#include <QString>
#include <QUrl>

namespace isol8::desktop {

//! Where runs may go: this machine's Docker, this user's background engine, or a service.
struct ConnectionSpec
{
    enum class Kind { Local, Background, Service };

    QString id; //!< stable; "local" and "background" are those of this machine
    QString name;
    Kind kind = Kind::Local;
    QUrl url; //!< of a service: http or https, host, port

    friend bool operator==(const ConnectionSpec &, const ConnectionSpec &) = default;
};

inline constexpr QStringView LocalId = u"local";
inline constexpr QStringView BackgroundId = u"background";

//! bad_value for a text that is no http or https address of a service.
[[nodiscard]] Result<QUrl> serviceUrl(const QString &text);

//! The services in a file; a file that is not there has none.
[[nodiscard]] QList<ConnectionSpec> readConnections(const QString &path);
[[nodiscard]] Result<void> writeConnections(const QString &path, const QList<ConnectionSpec> &services);

} // namespace isol8::desktop
