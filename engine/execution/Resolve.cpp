// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/execution/Resolve.h>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

// Of a terminal nothing is kept, and one that fell silent would be of no use: as good as no limit.
constexpr qint64 TerminalOutput = 1024 * 1024 * MiB;

// One amount after the other: what was asked for, what there is otherwise, and the ceiling.
class Resolver
{
public:
    Resolver(const Runtime &runtime, const Config &config, LimitsApplied limits)
        : m_defaults(runtime.defaults)
        , m_config(config)
        , m_limits(limits)
    {
    }

    QStringList limited;

    template<class T> T amount(const QString &key, const std::optional<T> &asked, T fallback, T ceiling)
    {
        T value = asked.value_or(runtimeDefault(key, fallback));
        const bool applies = m_limits == LimitsApplied::All ||
                             (m_limits == LimitsApplied::Configured && m_config.limitKeys.contains(key));
        if (applies && ceiling > T{} && value > ceiling) {
            value = ceiling;
            if (asked)
                limited.append(key);
        }
        return value;
    }

private:
    qint64 runtimeDefault(const QString &key, qint64 fallback) const
    {
        const QJsonValue value = m_defaults.value(key);
        if (value.isString())
            return parseSize(value.toString()).value_or(fallback);
        return value.isDouble() ? qint64(value.toDouble()) : fallback;
    }
    int runtimeDefault(const QString &key, int fallback) const { return m_defaults.value(key).toInt(fallback); }
    double runtimeDefault(const QString &key, double fallback) const
    {
        return m_defaults.value(key).toDouble(fallback);
    }
    milliseconds runtimeDefault(const QString &key, milliseconds fallback) const
    {
        return milliseconds(runtimeDefault(key, qint64(fallback.count())));
    }

    const QJsonObject &m_defaults;
    const Config &m_config;
    LimitsApplied m_limits;
};

} // namespace

ResolvedOptions resolve(const RunRequest &request, const RunOptions &options, const Runtime &runtime,
                        const Config &config, LimitsApplied limits, double hostCpus)
{
    const Config::Defaults &defaults = config.defaults;
    const Config::Limits &most = config.limits;
    Resolver resolver(runtime, config, limits);
    ResolvedOptions resolved;
    resolved.timeout = resolver.amount(u"timeoutMs"_s, request.timeout ? request.timeout : options.timeout,
                                       defaults.timeout, most.timeout);
    resolved.memoryLimit =
        resolver.amount(u"memoryLimit"_s, options.memoryLimit, defaults.memoryLimit, most.memoryLimit);
    resolved.cpuLimit = resolver.amount(u"cpuLimit"_s, options.cpuLimit, defaults.cpuLimit,
                                        most.cpuLimit > 0 ? most.cpuLimit : hostCpus);
    resolved.pidsLimit = resolver.amount(u"pidsLimit"_s, options.pidsLimit, defaults.pidsLimit, most.pidsLimit);
    resolved.sandboxSize =
        resolver.amount(u"sandboxSize"_s, options.sandboxSize, defaults.sandboxSize, most.sandboxSize);
    resolved.tmpSize = resolver.amount(u"tmpSize"_s, options.tmpSize, defaults.tmpSize, most.tmpSize);
    const bool isTerminal = options.pty && !options.collectOutput;
    resolved.maxOutputSize = resolver.amount(u"maxOutputSize"_s, options.maxOutputSize,
                                             isTerminal ? TerminalOutput : defaults.maxOutputSize, most.maxOutputSize);
    resolved.limited = resolver.limited;

    resolved.readonlyRootFs = options.readonlyRootFs.value_or(defaults.readonlyRootFs);
    resolved.network = options.network.value_or(defaults.network);
    resolved.networkRules = config.network;
    if (options.whitelist)
        resolved.networkRules.whitelist = *options.whitelist;
    if (options.blacklist)
        resolved.networkRules.blacklist += *options.blacklist;
    resolved.seccomp = options.seccomp.value_or(config.security.seccomp);
    if (resolved.seccomp == SeccompMode::Custom)
        resolved.customProfilePath =
            options.customProfilePath.isEmpty() ? config.security.customProfilePath : options.customProfilePath;
    resolved.image = options.image.isEmpty() ? runtime.image : options.image;
    resolved.isolation = options.isolation == u"default" ? QString() : options.isolation;
    return resolved;
}

} // namespace isol8
