// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/http/Message.h>

namespace isol8::http {

QByteArray ResponseHead::value(QByteArrayView name) const
{
    for (const Header &header : headers) {
        if (header.name.compare(name, Qt::CaseInsensitive) == 0)
            return header.value.isNull() ? QByteArray("") : header.value;
    }
    return {};
}

bool ResponseHead::hasToken(QByteArrayView name, QByteArrayView token) const
{
    for (const Header &header : headers) {
        if (header.name.compare(name, Qt::CaseInsensitive) != 0)
            continue;
        const QList<QByteArray> items = header.value.split(',');
        for (const QByteArray &item : items) {
            if (item.trimmed().compare(token, Qt::CaseInsensitive) == 0)
                return true;
        }
    }
    return false;
}

} // namespace isol8::http
