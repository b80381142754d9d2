// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/execution/SandboxList.h>

#include <isol8/base/Units.h>
#include <isol8/docker/Client.h>

#include <cmath>
#include <memory>

namespace isol8 {

namespace {

// Whoever asks twice at once gets what was known.
constexpr qint64 LeastSpanMs = 100;

std::optional<qint64> cpuNsOf(const QJsonObject &stats)
{
    const QJsonValue total = stats.value(u"cpu_stats").toObject().value(u"cpu_usage").toObject().value(u"total_usage");
    if (!total.isDouble() || !stats.value(u"memory_stats").toObject().value(u"usage").isDouble())
        return {}; // of one that does not run all is zero
    return total.toInteger();
}

} // namespace

std::optional<qint64> SandboxList::cpuMsOf(const QJsonObject &stats)
{
    const auto ns = cpuNsOf(stats);
    return ns ? std::optional(*ns / 1000000) : std::nullopt;
}

SandboxList::SandboxList(docker::Client *client, QObject *parent)
    : QObject(parent)
    , m_client(client)
{
    m_clock.start();
}

void SandboxList::measure(QList<SandboxInfo> sandboxes, Callback<QList<SandboxInfo>> done)
{
    struct Round
    {
        QList<SandboxInfo> sandboxes;
        qsizetype left = 1;
    };
    auto round = std::make_shared<Round>();
    round->sandboxes = std::move(sandboxes);
    const auto counted = [round, done] {
        if (--round->left == 0)
            done(round->sandboxes);
    };
    m_samples.removeIf([&](const auto &sample) {
        return std::none_of(round->sandboxes.cbegin(), round->sandboxes.cend(),
                            [&](const SandboxInfo &info) { return info.containerId == sample.key(); });
    });
    for (qsizetype i = 0; i < round->sandboxes.size(); ++i) {
        if (round->sandboxes[i].containerId.isEmpty())
            continue;
        ++round->left;
        m_client->containerStats(round->sandboxes[i].containerId,
                                 {this, [this, round, i, counted](const Result<QJsonObject> &stats) {
                                      if (stats)
                                          take(&round->sandboxes[i], *stats);
                                      counted();
                                  }});
    }
    QMetaObject::invokeMethod(this, counted, Qt::QueuedConnection);
}

void SandboxList::take(SandboxInfo *sandbox, const QJsonObject &stats)
{
    const QJsonObject memory = stats.value(u"memory_stats").toObject();
    const QJsonValue usage = memory.value(u"usage");
    if (usage.isDouble()) {
        const QJsonObject kinds = memory.value(u"stats").toObject();
        // As `docker stats` counts: cgroup v1 and v2 name it differently.
        const QJsonValue cache =
            kinds.value(kinds.contains(u"total_inactive_file") ? u"total_inactive_file" : u"inactive_file");
        const double bytes = std::max(usage.toDouble() - cache.toDouble(), 0.0);
        sandbox->memoryMB = std::round(bytes / double(MiB) * 10) / 10;
    }
    const auto cpuNs = cpuNsOf(stats);
    if (!cpuNs)
        return;
    const Sample now{*cpuNs, m_clock.elapsed()};
    sandbox->cpuMs = now.cpuNs / 1000000;
    const auto before = m_samples.constFind(sandbox->containerId);
    if (before != m_samples.constEnd()) {
        const qint64 span = now.at - before->at;
        if (span < LeastSpanMs)
            return;
        sandbox->cpuPercent =
            std::round(double(std::max<qint64>(now.cpuNs - before->cpuNs, 0)) / double(span) / 1e6 * 1000) / 10;
    }
    m_samples.insert(sandbox->containerId, now);
}

} // namespace isol8
