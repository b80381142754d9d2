// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/output/TerminalColours.h>

namespace isol8::desktop {

QColor terminalColour(int index, bool dark)
{
    static constexpr QRgb onLight[16] = {0x1e1e1e, 0xb3261e, 0x1b7a35, 0x8a6100, 0x1a56b8, 0x8a2a9a,
                                         0x0b7480, 0x5f6368, 0x4a4a4a, 0xd03a2f, 0x23923f, 0xa87800,
                                         0x2f6fde, 0xa23cb4, 0x118c9a, 0x80868b};
    static constexpr QRgb onDark[16] = {0x6b6f76, 0xf28b82, 0x81c995, 0xfdd663, 0x8ab4f8, 0xd7aefb, 0x78d9ec, 0xe8eaed,
                                        0x9aa0a6, 0xf6aea9, 0xa8dab5, 0xfde293, 0xaecbfa, 0xe9d2fd, 0xa1e4f2, 0xffffff};
    if (index < 16)
        return QColor(dark ? onDark[index] : onLight[index]);
    if (index < 232) {
        const int n = index - 16;
        const auto level = [](int v) { return v == 0 ? 0 : 55 + v * 40; };
        return QColor(level(n / 36), level(n / 6 % 6), level(n % 6));
    }
    const int grey = 8 + (index - 232) * 10;
    return QColor(grey, grey, grey);
}

bool isDark(const QPalette &palette)
{
    return palette.color(QPalette::Base).lightness() < 128;
}

QColor errorColour(bool dark)
{
    return terminalColour(1, dark);
}

QColor noteColour(bool dark)
{
    return terminalColour(4, dark);
}

QColor goodColour(bool dark)
{
    return terminalColour(2, dark);
}

} // namespace isol8::desktop
