// SPDX-License-Identifier: GPL-3.0-or-later
#include <desktop/manage/ContainerUsage.h>

#include <QFile>

using namespace Qt::StringLiterals;

namespace isol8::desktop {

namespace {

QByteArray contentOf(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly | QIODevice::Unbuffered) ? file.read(4096) : QByteArray();
}

// cgroup v1 has nanoseconds alone, v2 a table with microseconds.
qint64 cpuNsOf(const QByteArray &content)
{
    if (!content.startsWith("usage_usec "))
        return content.trimmed().toLongLong();
    return content.mid(11, content.indexOf('\n') - 11).toLongLong() * 1000;
}

} // namespace

ContainerUsage::ContainerUsage()
{
    m_clock.start();
}

ContainerUsage::Known ContainerUsage::find(const QString &id) const
{
    struct Layout
    {
        QString memory;
        QString cpu;
    };
    const QString root = u"/sys/fs/cgroup/"_s;
    const Layout layouts[] = {
        {root + u"memory/docker/%1/memory.usage_in_bytes"_s, root + u"cpuacct/docker/%1/cpuacct.usage"_s},
        {root + u"memory/docker/%1/memory.usage_in_bytes"_s, root + u"cpu,cpuacct/docker/%1/cpuacct.usage"_s},
        {root + u"system.slice/docker-%1.scope/memory.current"_s, root + u"system.slice/docker-%1.scope/cpu.stat"_s},
        {root + u"docker/%1/memory.current"_s, root + u"docker/%1/cpu.stat"_s},
    };
    Known known;
    for (const Layout &layout : layouts) {
        if (QFile::exists(layout.memory.arg(id)) && QFile::exists(layout.cpu.arg(id))) {
            known.memoryPath = layout.memory.arg(id);
            known.cpuPath = layout.cpu.arg(id);
            break;
        }
    }
    return known;
}

ContainerUsage::Sample ContainerUsage::sample(const QString &containerId)
{
    auto at = m_known.find(containerId);
    if (at == m_known.end())
        at = m_known.insert(containerId, find(containerId));
    Known &known = *at;
    known.isAsked = true;
    Sample sample;
    if (known.memoryPath.isEmpty())
        return sample;
    const QByteArray memory = contentOf(known.memoryPath);
    if (!memory.isEmpty())
        sample.memoryMB = memory.trimmed().toDouble() / (1024 * 1024);
    const QByteArray cpu = contentOf(known.cpuPath);
    if (cpu.isEmpty())
        return sample;
    const qint64 ns = cpuNsOf(cpu);
    const qint64 now = m_clock.nsecsElapsed();
    if (known.cpuNs >= 0 && now > known.atNs)
        sample.cpuPercent = double(ns - known.cpuNs) * 100 / double(now - known.atNs);
    known.cpuNs = ns;
    known.atNs = now;
    return sample;
}

void ContainerUsage::sweep()
{
    m_known.removeIf([](auto entry) { return !entry.value().isAsked; });
    for (Known &known : m_known)
        known.isAsked = false;
}

} // namespace isol8::desktop
