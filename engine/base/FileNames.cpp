// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/base/FileNames.h>

#include <algorithm>

namespace isol8 {

namespace {

constexpr char16_t FirstEscape = 0xdc80;
constexpr char16_t LastEscape = 0xdcff;

// How long the UTF-8 character at the beginning of \a bytes is; 0: there is none.
qsizetype characterSize(QByteArrayView bytes)
{
    const auto first = static_cast<unsigned char>(bytes[0]);
    const qsizetype size = first < 0x80   ? 1
                           : first < 0xc2 ? 0
                           : first < 0xe0 ? 2
                           : first < 0xf0 ? 3
                           : first < 0xf5 ? 4
                                          : 0;
    return size > 0 && size <= bytes.size() && QUtf8StringView(bytes.first(size)).isValidUtf8() ? size : 0;
}

} // namespace

QString fileNameFromBytes(const QByteArray &bytes)
{
    if (QUtf8StringView(bytes).isValidUtf8())
        return QString::fromUtf8(bytes);
    QString name;
    for (qsizetype at = 0; at < bytes.size();) {
        const qsizetype size = characterSize(QByteArrayView(bytes).sliced(at));
        if (size > 0)
            name += QString::fromUtf8(bytes.sliced(at, size));
        else
            name += QChar(char16_t(0xdc00 + static_cast<unsigned char>(bytes[at])));
        at += std::max<qsizetype>(size, 1);
    }
    return name;
}

QByteArray fileNameToBytes(const QString &name)
{
    QByteArray bytes;
    qsizetype plain = 0; // what was not taken yet begins there
    for (qsizetype at = 0; at < name.size(); ++at) {
        if (name[at].isHighSurrogate() && at + 1 < name.size() && name[at + 1].isLowSurrogate()) {
            ++at;
            continue;
        }
        const char16_t c = name[at].unicode();
        if (c < FirstEscape || c > LastEscape)
            continue;
        bytes += name.sliced(plain, at - plain).toUtf8() + char(c - 0xdc00);
        plain = at + 1;
    }
    return bytes + name.sliced(plain).toUtf8();
}

QString shownFileName(const QString &name)
{
    return QString::fromUtf8(fileNameToBytes(name));
}

} // namespace isol8
