// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/config/Config.h>

#include <QByteArray>
#include <QString>

#include <functional>

namespace isol8 {

/*!
    What an engine must have in common with its caller, so that a run through it is the run that the caller meant: the
    version, the Docker daemon, and of the configuration the runtimes, the network rules and what code may be fetched.
   All else a caller can say in its request (execution/Explicit.h).

    A caller sends the token of its own as EngineContextField; an engine that differs answers 412 `other_engine` and
    runs nothing.
*/
struct EngineContext
{
    QString version; //!< of isol8
    QString docker;  //!< docker::Endpoint::toString()
    Config config;
    //! registry::RegistrySettings::digest() of a caller whose run installs packages: an engine that was started with
    //! other settings of npm and pip would fetch them from elsewhere. Empty: it does not matter.
    QByteArray registries = {};

    //! Opaque.
    [[nodiscard]] QByteArray token() const;
    //! Whether an engine of this context is one for a caller who sent \a token. \a ownRegistries is asked for the
    //! engine's own digest where the caller's run depends on it.
    [[nodiscard]] bool fits(const QByteArray &token, const std::function<QByteArray()> &ownRegistries) const;
};

inline constexpr char EngineContextField[] = "Isol8-Context";

} // namespace isol8
