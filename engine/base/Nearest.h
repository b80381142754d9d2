// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>
#include <QStringView>

namespace isol8 {

//! The one of \a candidates that \a word was most likely meant to be, by edit distance (a swap of neighbours counts as
//! one) and without regard to case; empty where none is near enough to be worth suggesting.
[[nodiscard]] QString nearest(QStringView word, const QStringList &candidates);

//! " Did you mean "memoryLimit"?", or nothing. To be put after a sentence.
[[nodiscard]] QString didYouMean(QStringView word, const QStringList &candidates);

} // namespace isol8
