// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>
#include <QStringList>

namespace isol8::egress {

//! The hosts of something well known, under a name: what "preset:NAME" in a list of patterns stands for.
struct HostPreset
{
    QString name;
    QString description;
    QStringList hosts; //!< patterns
};

//! All that there are (resources/network/presets.json), by name.
[[nodiscard]] const QList<HostPreset> &hostPresets();

//! Whether \a pattern asks for one: it begins with "preset:".
[[nodiscard]] bool asksForPreset(QStringView pattern);
//! The one that \a pattern asks for; null where there is none of that name.
[[nodiscard]] const HostPreset *presetOf(QStringView pattern);

} // namespace isol8::egress
