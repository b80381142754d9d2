// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QByteArrayView>

#include <span>

namespace isol8::fuzz {

/*!
    A parser of foreign bytes. \c run takes any bytes, and ends the program (Q_ASSERT's qFatal, or whatever the fault
   is) where the parser breaks its word: what it gives depends on how the input was cut, it consumes more than it got,
   it does not accept its own writing. \c words are pieces of valid inputs, for the mutator.
*/
struct Target
{
    const char *name; //!< and the folder of its corpus
    void (*run)(QByteArrayView input);
    std::span<const char *const> words;
};

[[nodiscard]] std::span<const Target> targets();
//! Null: there is none.
[[nodiscard]] const Target *findTarget(QByteArrayView name);

} // namespace isol8::fuzz
