// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <isol8/runtime/Packages.h>

namespace isol8 {

/*!
    Whether something that was made with \a has serves who asks for \a wanted: the same package; with the same version
    or range, or with one version (numpy==1.26.4, lodash@4.17.21) that lies in the range asked for; with the extras
    asked for. Asked for without a version, every one will do; the other way round none. Pure.

    Ranges are understood as far as they are plain: of npm "4", "4.17", "4.x", "^4.1", "~4.1", ">=4 <5"; of PEP 440
    release numbers with ==, ===, !=, <=, >=, <, >, ~= and "==1.*". What is not understood does not serve.
*/
[[nodiscard]] bool packageServes(PackageSyntax syntax, const QString &has, const QString &wanted);

//! Whether each of \a wanted is served by one of \a has.
[[nodiscard]] bool packagesServe(PackageSyntax syntax, const QStringList &has, const QStringList &wanted);

//! Sorted, each once, written as registries compare them (Python's names in small letters with '-'): two lists that
//! mean the same are the same.
[[nodiscard]] QStringList normalPackages(PackageSyntax syntax, const QStringList &packages);

} // namespace isol8
