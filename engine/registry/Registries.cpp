// SPDX-License-Identifier: GPL-3.0-or-later
#include <isol8/registry/Registries.h>

#include <isol8/base/Paths.h>
#include <isol8/egress/SystemResolver.h>

using namespace Qt::StringLiterals;

namespace isol8::registry {

Install::Install(std::shared_ptr<InstallState> state, const InstallKey &key)
    : m_state(std::move(state))
    , m_key(key)
    , m_npm(std::make_unique<RegistryOrigin>(RegistryKind::Npm, m_state))
    , m_pypi(std::make_unique<RegistryOrigin>(RegistryKind::Pypi, m_state))
{
}

Install::~Install() = default;

QMap<QByteArray, egress::Origin *> Install::origins() const
{
    return {{NpmHost.toByteArray(), m_npm.get()},
            {DenoHost.toByteArray(), m_npm.get()},
            {PypiHost.toByteArray(), m_pypi.get()}};
}

QMap<QString, QString> Install::environment() const
{
    QStringList extra;
    for (qsizetype i = 1; i < m_state->pypi->settings().registries.size(); ++i)
        extra.append(u"http://%1/extra/%2/"_s.arg(QLatin1StringView(PypiHost)).arg(i));
    return extra.isEmpty() ? QMap<QString, QString>()
                           : QMap<QString, QString>{{u"PIP_EXTRA_INDEX_URL"_s, extra.join(u' ')}};
}

void Install::succeeded()
{
    if (!m_state->cache || m_state->used.isEmpty())
        return;
    m_state->saved = true;
    m_state->cache->save(m_key, m_state->used);
}

InstallStatistics Install::statistics() const
{
    return m_state->statistics;
}

QStringList Install::problems() const
{
    return m_state->problems;
}

Registries::Registries(const RegistrySettings &settings, const QString &cacheFolder, const CacheLimits &limits,
                       std::shared_ptr<egress::Resolver> resolver)
    : m_resolver(std::move(resolver))
    , m_signer(std::make_shared<UrlSigner>())
{
    if (!m_resolver)
        m_resolver = std::make_shared<egress::SystemResolver>();
    if (!cacheFolder.isEmpty())
        m_cache = std::make_shared<InstallCache>(cacheFolder, limits);
    setSettings(settings);
}

void Registries::setSettings(const RegistrySettings &settings)
{
    m_settings = settings;
    // Also where the settings are the same: the files that they name may have changed.
    m_npmTls = std::make_shared<SharedTls::element_type>();
    m_pypiTls = std::make_shared<SharedTls::element_type>();
}

std::unique_ptr<Install> Registries::install(const QString &runtime, const QString &imageId,
                                             const QStringList &packages) const
{
    InstallKey key{runtime, imageId, packages, {}};
    const auto add = [&](const ClientSettings &settings) {
        for (const QUrl &url : settings.registries)
            key.registries.append(url.toString(QUrl::FullyEncoded));
        for (auto it = settings.scopes.begin(); it != settings.scopes.end(); ++it)
            key.registries.append(it.key() + u' ' + it->toString(QUrl::FullyEncoded));
    };
    add(m_settings.npm);
    add(m_settings.pypi);

    auto state = std::make_shared<InstallState>();
    for (const QString &problem : m_settings.problems)
        state->addProblem(problem.endsWith(u'.') ? problem.chopped(1) : problem);
    state->npm = Upstream::create(m_settings.npm, m_npmTls, m_rules, m_resolver);
    state->pypi = Upstream::create(m_settings.pypi, m_pypiTls, m_rules, m_resolver);
    state->signer = m_signer;
    state->cache = m_cache;
    if (m_cache)
        state->kept = m_cache->load(key);
    return std::make_unique<Install>(std::move(state), key);
}

QString installCacheFolder()
{
    return cacheDirectory() + u"/installs"_s;
}

} // namespace isol8::registry
