// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/registry/RegistrySettings.h>

namespace isol8::registry {

[[nodiscard]] ClientSettings readNpmSettings(const SettingsSources &sources, QStringList *problems);
[[nodiscard]] ClientSettings readPipSettings(const SettingsSources &sources, QStringList *problems);

//! Empty where there is no such file, or one that cannot be read.
[[nodiscard]] QString settingsFile(const QString &path);

//! Tells of files of client certificates that cannot be read. \a setting: "npm's setting …".
void checkCertificates(const ClientSettings &settings, const QString &setting, QStringList *problems);

//! With "http://" where no scheme is given; null for what is no URL.
[[nodiscard]] QUrl proxyUrl(const QString &text);

} // namespace isol8::registry
