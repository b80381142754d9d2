// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/egress/HostsFile.h>

#include <isol8/base/Paths.h>

#include <QFileInfo>

namespace isol8::egress {

HostTable parseHosts(QByteArrayView text)
{
    HostTable table;
    for (const QByteArray &whole : text.toByteArray().split('\n')) {
        const QByteArray line = whole.left(whole.contains('#') ? whole.indexOf('#') : whole.size()).simplified();
        const QList<QByteArray> words = line.split(' ');
        QHostAddress address;
        if (words.size() < 2 || !address.setAddress(QString::fromLatin1(words.first())))
            continue;
        for (qsizetype i = 1; i < words.size(); ++i) {
            QByteArray name = words[i].toLower();
            if (name.endsWith('.'))
                name.chop(1);
            if (name.isEmpty())
                continue;
            QList<QHostAddress> &addresses = table[name];
            if (!addresses.contains(address))
                addresses.append(address);
        }
    }
    return table;
}

QList<QHostAddress> HostsFile::find(const QString &host)
{
    if (m_path.isEmpty())
        return {};
    QFileInfo info(m_path);
    info.setCaching(false);
    if (info.size() != m_size || info.lastModified() != m_changed) {
        m_size = info.size();
        m_changed = info.lastModified();
        const auto content = readFile(m_path, SizeLimit);
        m_table = content ? parseHosts(*content) : HostTable();
    }
    return m_table.value(host.toLower().toLatin1());
}

} // namespace isol8::egress
