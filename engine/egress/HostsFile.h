// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArrayView>
#include <QDateTime>
#include <QHash>
#include <QHostAddress>
#include <QList>
#include <QString>

namespace isol8::egress {

//! Name in lower case -> its addresses, in the file's order.
using HostTable = QHash<QByteArray, QList<QHostAddress>>;

//! The lines of an /etc/hosts; what is no line of one is passed over. Pure.
[[nodiscard]] HostTable parseHosts(QByteArrayView text);

/*!
    A file of hosts that is read again when it has changed. What is larger than \c SizeLimit, or cannot be read, has no
    names.
*/
class HostsFile
{
public:
    explicit HostsFile(QString path)
        : m_path(std::move(path))
    {
    }

    [[nodiscard]] QList<QHostAddress> find(const QString &host);

    static constexpr qint64 SizeLimit = 8 * 1024 * 1024;

private:
    QString m_path;
    HostTable m_table;
    QDateTime m_changed;
    qint64 m_size = -1;
};

} // namespace isol8::egress
