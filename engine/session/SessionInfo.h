// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDateTime>
#include <QJsonObject>
#include <QString>

namespace isol8 {

//! What a session's owner may know of it.
struct SessionInfo
{
    QString id;
    QString runtime;
    QString containerId;
    bool isActive = false; //!< a run is under way or waits
    bool isPaused = false; //!< its processes are stopped until the next run
    QDateTime createdAt;
    QDateTime lastAccessedAt;

    friend bool operator==(const SessionInfo &, const SessionInfo &) = default;
};

//! As `GET /sessions` shows it: the specification's section 9.
[[nodiscard]] QJsonObject toJson(const SessionInfo &info);
//! What is missing or wrong stays as it is by default.
[[nodiscard]] SessionInfo sessionInfoFromJson(const QJsonObject &object);

} // namespace isol8
