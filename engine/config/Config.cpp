// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/config/Config.h>

#include <isol8/base/Nearest.h>
#include <isol8/config/ConfigCheck.h>
#include <isol8/config/ConfigSchema.h>
#include <isol8/egress/HostRules.h>
#include <isol8/remotecode/CodePolicy.h>
#include <isol8/runtime/Runtime.h>

#include <QSet>

using namespace Qt::StringLiterals;

namespace isol8 {

namespace {

// Copies members into fields. The object has passed the schema, so types are right; what a type cannot say is checked
// here.
class Section
{
public:
    Section(const QJsonObject &object, const QString &path, std::optional<ConfigProblem> *problem)
        : m_object(object)
        , m_path(path)
        , m_problem(problem)
    {
    }

    void read(const QString &key, int *field) const
    {
        if (has(key))
            *field = m_object.value(key).toInt();
    }
    void read(const QString &key, double *field) const
    {
        if (has(key))
            *field = m_object.value(key).toDouble();
    }
    void read(const QString &key, bool *field) const
    {
        if (has(key))
            *field = m_object.value(key).toBool();
    }
    void read(const QString &key, QString *field) const
    {
        if (has(key))
            *field = m_object.value(key).toString();
    }
    void read(const QString &key, milliseconds *field) const
    {
        if (has(key))
            *field = milliseconds(qint64(m_object.value(key).toDouble()));
    }
    void read(const QString &key, QStringList *field) const
    {
        if (!has(key))
            return;
        field->clear();
        const QJsonArray array = m_object.value(key).toArray();
        for (const QJsonValue &item : array)
            field->append(item.toString());
    }
    void read(const QString &key, QList<int> *field) const
    {
        if (!has(key))
            return;
        field->clear();
        const QJsonArray array = m_object.value(key).toArray();
        for (const QJsonValue &item : array)
            field->append(item.toInt());
    }
    void readSize(const QString &key, qint64 *field) const
    {
        if (!has(key))
            return;
        const QJsonValue value = m_object.value(key);
        if (value.isDouble()) {
            *field = qint64(value.toDouble());
            return;
        }
        if (const auto size = parseSize(value.toString()))
            *field = *size;
        else
            complain(key, u"%1: %2"_s.arg(pathOf(key), size.error().message));
    }
    void complain(const QString &key, const QString &sentence) const
    {
        if (!*m_problem)
            *m_problem = ConfigProblem{pathOf(key), sentence};
    }
    [[nodiscard]] bool has(const QString &key) const { return m_object.contains(key); }
    [[nodiscard]] QString pathOf(const QString &key) const { return m_path.isEmpty() ? key : m_path + u'.' + key; }
    [[nodiscard]] QJsonObject object(const QString &key) const { return m_object.value(key).toObject(); }
    [[nodiscard]] QString text(const QString &key) const { return m_object.value(key).toString(); }
    [[nodiscard]] Section section(const QString &key) const { return {object(key), pathOf(key), m_problem}; }

private:
    QJsonObject m_object;
    QString m_path;
    std::optional<ConfigProblem> *m_problem;
};

template<class T> void readAmounts(const Section &section, T *amounts)
{
    section.read(u"timeoutMs"_s, &amounts->timeout);
    section.readSize(u"memoryLimit"_s, &amounts->memoryLimit);
    section.read(u"cpuLimit"_s, &amounts->cpuLimit);
    section.read(u"pidsLimit"_s, &amounts->pidsLimit);
    section.readSize(u"sandboxSize"_s, &amounts->sandboxSize);
    section.readSize(u"tmpSize"_s, &amounts->tmpSize);
    section.readSize(u"maxOutputSize"_s, &amounts->maxOutputSize);
    const auto notBelow = [&](const QString &key, qint64 value, qint64 least) {
        if (value < least)
            section.complain(
                key, u"%1 is too low; nothing starts with less than %2."_s.arg(section.pathOf(key), formatSize(least)));
    };
    notBelow(u"memoryLimit"_s, amounts->memoryLimit, MinimumMemory);
    notBelow(u"sandboxSize"_s, amounts->sandboxSize, MinimumTmpfs);
    notBelow(u"tmpSize"_s, amounts->tmpSize, MinimumTmpfs);
}

template<class T> QJsonObject writeAmounts(const T &amounts)
{
    return {{u"timeoutMs"_s, qint64(amounts.timeout.count())},
            {u"memoryLimit"_s, formatSize(amounts.memoryLimit)},
            {u"cpuLimit"_s, amounts.cpuLimit},
            {u"pidsLimit"_s, amounts.pidsLimit},
            {u"sandboxSize"_s, formatSize(amounts.sandboxSize)},
            {u"tmpSize"_s, formatSize(amounts.tmpSize)},
            {u"maxOutputSize"_s, amounts.maxOutputSize}};
}

void checkEach(const Section &section, const QString &key, const QStringList &entries,
               QString (*problemOf)(const QString &))
{
    for (qsizetype i = 0; i < entries.size(); ++i) {
        const QString name = u"%1[%2]"_s.arg(key).arg(i);
        const QString problem = problemOf(entries[i]);
        if (!problem.isEmpty())
            section.complain(name, u"%1 is \"%2\", which cannot be used: %3."_s.arg(section.pathOf(name),
                                                                                    entries[i].left(64), problem));
    }
}

void readNetwork(const Section &section, Config::NetworkRules *network)
{
    section.read(u"whitelist"_s, &network->whitelist);
    section.read(u"blacklist"_s, &network->blacklist);
    for (const auto &[key, patterns] :
         {std::pair{u"whitelist"_s, network->whitelist}, std::pair{u"blacklist"_s, network->blacklist}}) {
        checkEach(section, key, patterns, egress::patternProblem);
    }
    section.read(u"allowPrivate"_s, &network->allowPrivate);
    checkEach(section, u"allowPrivate"_s, network->allowPrivate, egress::allowPrivateProblem);
    section.read(u"ports"_s, &network->ports);
    section.read(u"maxConnections"_s, &network->maxConnections);
    section.read(u"maxTotalConnections"_s, &network->maxTotalConnections);
    section.readSize(u"maxBytes"_s, &network->maxBytes);
    section.read(u"idleTimeoutMs"_s, &network->idleTimeout);
}

void readSecurity(const Section &section, Config::Security *security)
{
    if (section.has(u"seccomp"_s))
        security->seccomp = seccompFromString(section.text(u"seccomp"_s)).value_or(SeccompMode::Strict);
    section.read(u"customProfilePath"_s, &security->customProfilePath);
    const bool custom = security->seccomp == SeccompMode::Custom;
    if (custom && security->customProfilePath.isEmpty())
        section.complain(
            u"seccomp"_s,
            u"security.seccomp is \"custom\", but security.customProfilePath does not say which profile."_s);
    if (!custom && !security->customProfilePath.isEmpty())
        section.complain(
            u"customProfilePath"_s,
            u"security.customProfilePath is given, but would not be used; set security.seccomp to \"custom\"."_s);
}

// \a file over the defaults of a section that is kept as JSON; sizes are checked and become bytes.
void overlay(const Section &root, const QString &key, QJsonObject *target, const QStringList &sizes = {})
{
    const Section section = root.section(key);
    const QJsonObject file = root.object(key);
    for (auto it = file.begin(); it != file.end(); ++it)
        target->insert(it.key(), it.value());
    for (const QString &size : sizes) {
        if (!section.has(size))
            continue;
        qint64 bytes = 0;
        section.readSize(size, &bytes);
        target->insert(size, bytes);
    }
}

void checkCodeHosts(const Section &section)
{
    const auto check = [&](const QString &key, QString (*problemOf)(const QString &)) {
        QStringList entries;
        section.read(key, &entries);
        for (qsizetype i = 0; i < entries.size(); ++i) {
            const QString name = u"%1[%2]"_s.arg(key).arg(i);
            if (const QString problem = problemOf(entries[i]); !problem.isEmpty())
                section.complain(name, u"%1 is \"%2\", which cannot be used: %3."_s.arg(section.pathOf(name),
                                                                                        entries[i].left(64), problem));
        }
    };
    check(u"allowedHosts"_s, &egress::patternProblem);
    check(u"blockedHosts"_s, &remotecode::blockedHostProblem);
}

void checkImages(const Section &root, const QJsonArray &images, const QStringList &runtimes)
{
    QSet<QString> tags;
    for (qsizetype i = 0; i < images.size(); ++i) {
        const QString path = u"prebuiltImages[%1]"_s.arg(i);
        const QString runtime = images[i][u"runtime"].toString();
        const QString tag = images[i][u"tag"].toString();
        if (!runtimes.contains(runtime))
            root.complain(path + u".runtime"_s,
                          u"%1.runtime is \"%2\"; there are %3.%4"_s.arg(path, runtime.left(64), runtimes.join(u", "_s),
                                                                         didYouMean(runtime, runtimes)));
        if (tags.contains(tag))
            root.complain(path + u".tag"_s, u"%1.tag is \"%2\", as another image's is."_s.arg(path, tag.left(64)));
        tags.insert(tag);
    }
}

} // namespace

std::variant<Config, ConfigProblem> checkConfig(const QJsonObject &object)
{
    if (auto problem = checkAgainstSchema(object))
        return *problem;

    Config config;
    std::optional<ConfigProblem> problem;
    const Section root(object, {}, &problem);
    root.read(u"maxConcurrent"_s, &config.maxConcurrent);
    readAmounts(root.section(u"defaults"_s), &config.defaults);
    const Section defaults = root.section(u"defaults"_s);
    defaults.read(u"readonlyRootFs"_s, &config.defaults.readonlyRootFs);
    if (defaults.has(u"network"_s))
        config.defaults.network = networkFromString(defaults.text(u"network"_s)).value_or(Network::None);
    readAmounts(root.section(u"limits"_s), &config.limits);
    config.limitsConfigured = root.has(u"limits"_s);
    config.limitKeys = root.object(u"limits"_s).keys();
    readNetwork(root.section(u"network"_s), &config.network);

    const Section cleanup = root.section(u"cleanup"_s);
    cleanup.read(u"autoPrune"_s, &config.cleanup.autoPrune);
    cleanup.read(u"maxContainerAgeMs"_s, &config.cleanup.maxContainerAge);
    cleanup.read(u"pauseAfterMs"_s, &config.cleanup.pauseAfter);

    if (root.text(u"poolStrategy"_s) == u"fast")
        config.poolStrategy = Config::PoolStrategy::Fast;
    if (object.value(u"poolSize"_s).isDouble()) {
        root.read(u"poolSize"_s, &config.poolSize.clean);
        root.read(u"poolSize"_s, &config.poolSize.dirty);
    } else {
        root.section(u"poolSize"_s).read(u"clean"_s, &config.poolSize.clean);
        root.section(u"poolSize"_s).read(u"dirty"_s, &config.poolSize.dirty);
    }
    readSecurity(root.section(u"security"_s), &config.security);
    overlay(root, u"remoteCode"_s, &config.remoteCode, {u"maxCodeSize"_s});
    checkCodeHosts(root.section(u"remoteCode"_s));
    overlay(root, u"audit"_s, &config.audit);
    overlay(root, u"auth"_s, &config.auth);
    overlay(root, u"service"_s, &config.service);
    config.prebuiltImages = object.value(u"prebuiltImages"_s).toArray();
    config.runtimes = object.value(u"runtimes"_s).toObject();
    root.read(u"debug"_s, &config.debug);

    const auto registry = RuntimeRegistry::builtIn().extendedBy(config.runtimes);
    if (!registry) {
        // Its sentences begin with the key's path.
        const QString sentence = registry.error().message;
        problem = problem.value_or(ConfigProblem{sentence.section(u' ', 0, 0), sentence});
    } else {
        checkImages(root, config.prebuiltImages, registry->names());
    }
    if (problem)
        return *problem;
    return config;
}

Result<Config> Config::fromJson(const QJsonObject &object)
{
    auto checked = checkConfig(object);
    if (const auto *problem = std::get_if<ConfigProblem>(&checked))
        return fail(errors::BadConfig, problem->sentence);
    return std::get<Config>(std::move(checked));
}

QJsonObject Config::toJson() const
{
    QJsonArray ports;
    for (const int port : network.ports)
        ports.append(port);
    QJsonObject defaultsObject = writeAmounts(defaults);
    defaultsObject.insert(u"network"_s, toString(defaults.network));
    defaultsObject.insert(u"readonlyRootFs"_s, defaults.readonlyRootFs);
    return {{u"maxConcurrent"_s, maxConcurrent},
            {u"defaults"_s, defaultsObject},
            {u"limits"_s, writeAmounts(limits)},
            {u"network"_s, QJsonObject{{u"whitelist"_s, QJsonArray::fromStringList(network.whitelist)},
                                       {u"blacklist"_s, QJsonArray::fromStringList(network.blacklist)},
                                       {u"allowPrivate"_s, QJsonArray::fromStringList(network.allowPrivate)},
                                       {u"ports"_s, ports},
                                       {u"maxConnections"_s, network.maxConnections},
                                       {u"maxTotalConnections"_s, network.maxTotalConnections},
                                       {u"maxBytes"_s, formatSize(network.maxBytes)},
                                       {u"idleTimeoutMs"_s, qint64(network.idleTimeout.count())}}},
            {u"cleanup"_s, QJsonObject{{u"autoPrune"_s, cleanup.autoPrune},
                                       {u"maxContainerAgeMs"_s, qint64(cleanup.maxContainerAge.count())},
                                       {u"pauseAfterMs"_s, qint64(cleanup.pauseAfter.count())}}},
            {u"poolStrategy"_s, poolStrategy == PoolStrategy::Fast ? u"fast"_s : u"secure"_s},
            {u"poolSize"_s, QJsonObject{{u"clean"_s, poolSize.clean}, {u"dirty"_s, poolSize.dirty}}},
            {u"security"_s, QJsonObject{{u"seccomp"_s, toString(security.seccomp)},
                                        {u"customProfilePath"_s, security.customProfilePath}}},
            {u"remoteCode"_s, remoteCode},
            {u"audit"_s, audit},
            {u"auth"_s, auth},
            {u"service"_s, service},
            {u"prebuiltImages"_s, prebuiltImages},
            {u"runtimes"_s, runtimes},
            {u"debug"_s, debug}};
}

QJsonObject configSectionDefaults(const QString &section)
{
    return schemaDefaults(section);
}

} // namespace isol8
