// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/base/Error.h>

#include <QMap>
#include <QString>
#include <QStringList>

#include <optional>

namespace isol8 {

struct Runtime;

//! How an installer wants its packages named, and so which registry it asks.
enum class PackageSyntax {
    Unknown, //!< the configuration's own runtime does not say: any printable text that is no option
    Npm,     //!< NAME, @SCOPE/NAME, either with @VERSION, @RANGE or @TAG
    Pypi,    //!< PEP 508 without URLs and markers: NAME, NAME[EXTRA], NAME>=1,<2
    Deno,    //!< as Npm, with or without "npm:" before it
};

//! As manifests write it: "npm", "pypi", "deno".
[[nodiscard]] std::optional<PackageSyntax> packageSyntax(QStringView text);
//! Empty for Unknown.
[[nodiscard]] QString toString(PackageSyntax syntax);

inline constexpr qsizetype MaxPackages = 256;

/*!
    The argument by which an installer is told of \a package: itself, or for deno with "npm:" before it. Pure.

    Only names that a registry answers for are taken. Options, paths, files, URLs, git and other sources, whatever an
    installer would make of them, are bad_request, with one sentence that names the package.
*/
[[nodiscard]] Result<QString> packageArgument(PackageSyntax syntax, const QString &package);

//! How packages are installed: one program of the setup phase.
struct InstallPlan
{
    QStringList argv;
    QMap<QString, QString> env; //!< goes over the runtime's own variables, for this program alone

    friend bool operator==(const InstallPlan &, const InstallPlan &) = default;
};

//! Pure. bad_request: a package's name, too many of them, or a runtime that has no installer.
[[nodiscard]] Result<InstallPlan> planInstall(const Runtime &runtime, const QStringList &packages);

//! The same for packages that go into an image, below \a root. Pure.
[[nodiscard]] Result<InstallPlan> planBake(const Runtime &runtime, const QStringList &packages, const QString &root);

} // namespace isol8
