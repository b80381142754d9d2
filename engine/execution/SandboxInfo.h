// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDateTime>
#include <QJsonObject>
#include <QString>

#include <optional>

namespace isol8 {

//! A sandbox that an engine has now.
struct SandboxInfo
{
    QString id;          //!< what ends it by: the run's, the session's, or of the pool's the container's
    QString containerId; //!< empty before there is one
    QString purpose;     //!< "run", "session", "pool"
    QString owner;
    QString runtime;
    QString image;
    QString state;     //!< starting, running; of a session also idle, paused, lost; of the pool ready, resetting
    QString sessionId; //!< of a session
    QDateTime createdAt;
    qint64 memoryLimit = 0;           //!< bytes
    double cpuLimit = 0;              //!< CPUs
    std::optional<qint64> cpuMs;      //!< since its start
    std::optional<double> cpuPercent; //!< of one CPU, since this was asked before
    std::optional<double> memoryMB;   //!< now, what the kernel could give back not counted

    friend bool operator==(const SandboxInfo &, const SandboxInfo &) = default;
};

//! As GET /sandboxes shows it; \a withOwner: to the operator.
[[nodiscard]] QJsonObject toJson(const SandboxInfo &info, bool withOwner);
//! What is missing or wrong stays as it is by default.
[[nodiscard]] SandboxInfo sandboxInfoFromJson(const QJsonObject &object);

} // namespace isol8
