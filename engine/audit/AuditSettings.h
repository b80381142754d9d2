// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QJsonObject>
#include <QString>

namespace isol8::audit {

//! The configuration's `audit`.
struct Settings
{
    bool enabled = false;
    bool toStdout = false;
    QString folder;        //!< absolute
    QString postLogScript; //!< absolute; empty: none
    bool trackResources = true;
    int retentionDays = 90;
    bool includeCode = false;
    bool includeOutput = false;
    friend bool operator==(const Settings &, const Settings &) = default;

    //! \a audit is Config::audit, with its defaults; relative paths in it count from \a base, "~/" is the home.
    [[nodiscard]] static Settings fromJson(const QJsonObject &audit, const QString &base);
};

} // namespace isol8::audit
