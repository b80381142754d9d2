// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArrayView>
#include <QString>

namespace isol8::egress {

/*!
    What can be told of an RE2 expression by reading it once: how large it will be, and whether it asks for what no host
    name has. Pure. It is no parser: what is wrong with an expression's syntax, RE2 says.
*/
struct PatternOutline
{
    int cost = 0;    //!< about the steps of the compiled expression; repetitions are multiplied out
    QString problem; //!< a sentence's end, or empty

    [[nodiscard]] static PatternOutline of(QByteArrayView expression);
};

} // namespace isol8::egress
