// SPDX-License-Identifier: GPL-3.0-or-later
// Prints what "Copy as C++" puts onto the clipboard; the build compiles it, tst_desktoprun runs it.
#include "desktop/CopiedProgram.h"

#include <cstdio>

int main()
{
    const QByteArray text = isol8::desktop::asCpp(desktoptest::copiedProgram()).toUtf8();
    return std::fwrite(text.constData(), 1, size_t(text.size()), stdout) == size_t(text.size()) ? 0 : 1;
}
