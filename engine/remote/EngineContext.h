// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/config/Config.h>

#include <QByteArray>
#include <QString>

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

    //! Opaque.
    [[nodiscard]] QByteArray token() const;
};

inline constexpr char EngineContextField[] = "Isol8-Context";

} // namespace isol8
