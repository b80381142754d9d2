// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/config/Config.h>

#include <QByteArray>
#include <QString>
#include <QStringList>

#include <functional>

namespace isol8 {

/*!
    What an engine must have in common with its caller, so that a run through it is the run that the caller meant: the
    version, the Docker daemon, and of the configuration the network rules, what code may be fetched, and the audit log
    where one is kept. All else a caller says with its request (execution/Explicit.h), its own languages included.

    A caller sends the token of its own as EngineContextField; an engine that differs answers 412 `other_engine`, names
    what is different, and runs nothing.
*/
struct EngineContext
{
    QString version; //!< of isol8
    QString docker;  //!< docker::Endpoint::toString()
    Config config;
    //! registry::RegistrySettings::digest() of a caller whose run installs packages: an engine that was started with
    //! other settings of npm and pip would fetch them from elsewhere. Empty: it does not matter.
    QByteArray registries = {};

    //! Digests of what must be the same, each by its name; without a secret, and fit for a field of HTTP.
    [[nodiscard]] QByteArray token() const;
    //! In what an engine of this context differs from a caller who sent \a token: "docker", "network.whitelist".
    //! Nothing: it is one for that caller. \a ownRegistries is asked for the engine's own digest where the caller's
    //! run depends on it.
    [[nodiscard]] QStringList differences(const QByteArray &token,
                                          const std::function<QByteArray()> &ownRegistries) const;
};

inline constexpr char EngineContextField[] = "Isol8-Context";

} // namespace isol8
