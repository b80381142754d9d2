// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QJsonObject>
#include <QList>
#include <QString>

namespace isol8 {

//! One thing that a check-up looked at.
struct CheckItem
{
    enum class Level {
        Ok,
        Advice, //!< sandboxes run, but something is weaker or slower than it could be
        Problem //!< runs will be refused until it is mended
    };

    QString id; //!< stable: "memory_limit"
    Level level = Level::Ok;
    QString found;  //!< a sentence: how it is
    QString advice; //!< a sentence: what to do; empty when all is well

    friend bool operator==(const CheckItem &, const CheckItem &) = default;
};

/*!
    What `docker info` tells about whether sandboxes can stand on this daemon: its system and architecture, the limits
    that its kernel enforces, seccomp, the room on its disk (\a freeBytes; -1: not known, a remote daemon's). Pure.
*/
[[nodiscard]] QList<CheckItem> checkDocker(const QJsonObject &info, qint64 freeBytes);

} // namespace isol8
