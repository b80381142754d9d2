// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>

/*!
    The bytes of a file that isol8_embed() (resources/cmake/Isol8Common.cmake) put into this library. Declare it at
    global scope, then call isol8_embedded_NAME(): a view of read-only data that is always valid.
*/
#define ISOL8_DECLARE_EMBEDDED(name)                                                                                   \
    extern "C" const char isol8_embedded_##name##_begin[];                                                             \
    extern "C" const char isol8_embedded_##name##_end[];                                                               \
    inline QByteArray isol8_embedded_##name()                                                                          \
    {                                                                                                                  \
        return QByteArray::fromRawData(isol8_embedded_##name##_begin,                                                  \
                                       isol8_embedded_##name##_end - isol8_embedded_##name##_begin);                   \
    }
